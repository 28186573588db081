/** `ner-distill site`: the executed notebooks and the documents as a web site. */
import type { Command } from 'commander';
import { lazily } from './lazily';

export function addSite(program: Command): void {
  program
    .command('site')
    .description(
      'make a web site of the executed notebooks and the documents, with live figures, for any server of files; by Sphinx (pip install -r docs/site/requirements.txt)',
    )
    .option(
      '--results <folder>',
      'of the study to show, with its report (default: the notebooks as they come)',
    )
    .option('--out <folder>', 'where the pages go', 'site')
    .action(lazily(() => require('./actions/site').writeSite));
}
