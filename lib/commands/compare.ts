/** `ner-distill compare`: two models' predictions on one test set. */
import type { Command } from 'commander';
import { lazily } from './lazily';
import { addReadingOptions, addResamplingOptions } from './prediction-options';

export function declare(command: Command): void {
  command
    .argument(
      '<first>',
      'a corpus file of any format (see convert) with the predicted tags of the first model (the teacher)',
    )
    .argument('<second>', 'the same words with those of the second (the student)')
    .option('--gold <path>', 'one with gold tags (default: the last column but one of both files)');
  addReadingOptions(command);
  addResamplingOptions(command)
    .option(
      '--facts <csv>',
      'write every critical entity with who found it, such as lost-facts.csv; - for the standard output, in the place of the text',
    )
    .option('--json', 'print JSON with fractions', false)
    .action(lazily(() => require('./actions/compare').compare));
}
