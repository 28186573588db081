/** `ner-distill errors`: what went wrong in the predictions of any tool, as text, JSON or a page to look at. */
import type { Command } from 'commander';
import { wholeNumber } from './arguments';
import { lazily } from './lazily';
import { addFileOptions, addReadingOptions } from './prediction-options';

const errorsHelp = lazily(() => require('./help').errorsHelp);

export function declare(command: Command): void {
  addFileOptions(command).option(
    '--train <path>',
    'what the model learnt from, a corpus file of any format (see convert): adds scores of seen and unseen entities',
  );
  addReadingOptions(command)
    .option(
      '--out <page>',
      'write a page (HTML, needs no network) with the sentences behind every number; - for the standard output, in the place of the text',
    )
    .option(
      '--most-sentences <n>',
      'sentences on the page at most, those with errors first (default: 3000)',
      wholeNumber,
    )
    .option(
      '--notebook <file>',
      'execute notebooks/05-error-analysis.ipynb on these files and write it here, or -',
    )
    .option('--json', 'print JSON: scores, outcomes, confusion, slices and every error with its text', false)
    .addHelpText('after', errorsHelp)
    .action(lazily(() => require('./actions/errors').errors));
}
