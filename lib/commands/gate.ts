/** `ner-distill gate`: whether a model keeps what must be kept, for a build that must fail where it does not. */
import { type Command, Option } from 'commander';
import { DEFAULT_PRECISION, PRECISIONS } from '../inference/precision';
import { confidence } from './arguments';
import { addBoundOptions } from './bound-options';
import { lazily } from './lazily';

export function declare(command: Command): void {
  command
    .requiredOption('--run <id>', 'id of the run, or its beginning')
    .option('--results <folder>', 'of the study that has the run', 'results');
  addBoundOptions(command)
    .option(
      '--confidence <share>',
      'hold the worse end of the bootstrap interval of this confidence, such as 0.95, against the bounds (default: the scores themselves)',
      confidence,
    )
    .addOption(
      new Option(
        '--precision <precision>',
        'of the model: as it was trained, or int8, in 8 bits, as "export" writes it; what that predicts is kept beside the run',
      )
        .choices(PRECISIONS)
        .default(DEFAULT_PRECISION),
    )
    .option('--json', 'print JSON', false)
    .action(lazily(() => require('./actions/gate').gate));
}
