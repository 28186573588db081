/** `ner-distill doctor`: whether everything that the laboratory needs is here, and what to do where it is not. */
import type { Command } from 'commander';
import { lazily } from './lazily';

export function declare(command: Command): void {
  command
    .option('--results <folder>', 'the output folder that is to be written', 'results')
    .option('--json', 'print JSON', false)
    .addHelpText(
      'after',
      '\nExits with 0 where studies can be run, with 1 where not. Jupyter is not needed for that.',
    )
    .action(lazily(() => require('./actions/doctor').doctor));
}
