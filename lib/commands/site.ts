/** `ner-distill site`: the executed notebooks and the documents as a web site. */
import type { Command } from 'commander';
import { lazily } from './lazily';

export function declare(command: Command): void {
  command
    .option(
      '--results <folder>',
      'of the study to show, with its report (default: the notebooks as they come)',
    )
    .option('--out <folder>', 'where the pages go', 'site')
    .action(lazily(() => require('./actions/site').writeSite));
}
