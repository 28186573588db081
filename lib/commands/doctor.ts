/** `ner-distill doctor`: whether everything that the laboratory needs is here, and what to do where it is not. */
import type { Command } from 'commander';
import { lazily } from './lazily';

export function addDoctor(program: Command): void {
  program
    .command('doctor')
    .description('look whether this machine has what is needed: Node, engine, packages, Jupyter, disk')
    .option('--results <folder>', 'the output folder that is to be written', 'results')
    .option('--json', 'print JSON', false)
    .addHelpText(
      'after',
      '\nExits with 0 where studies can be run, with 1 where not. Jupyter is not needed for that.',
    )
    .action(lazily(() => require('./actions/doctor').doctor));
}
