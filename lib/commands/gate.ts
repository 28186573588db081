/** `ner-distill gate`: whether a model keeps what must be kept, for a build that must fail where it does not. */
import type { Command } from 'commander';
import { confidence } from './arguments';
import { addBoundOptions } from './bound-options';
import { lazily } from './lazily';

export function addGate(program: Command): void {
  const command = program
    .command('gate')
    .description('check a run against bounds on the test part; the exit code is 1 where one is broken')
    .requiredOption('--run <id>', 'id of the run, or its beginning')
    .option('--results <folder>', 'of the study that has the run', 'results');
  addBoundOptions(command)
    .option(
      '--confidence <share>',
      'hold the worse end of the bootstrap interval of this confidence, such as 0.95, against the bounds (default: the scores themselves)',
      confidence,
    )
    .option('--json', 'print JSON', false)
    .action(lazily(() => require('./actions/gate').gate));
}
