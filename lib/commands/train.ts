/** `ner-distill train`: one model by cross-entropy, without a teacher. */
import { type Command, Option } from 'commander';
import { lazily } from './lazily';
import { addPlanOptions } from './plan-options';
import { addWaitOption } from './wait-option';

export function declare(command: Command): void {
  command
    .addOption(
      new Option(
        '--model <which>',
        'teacher or student (default: teacher, or student where --student is given)',
      ).choices(['teacher', 'student']),
    )
    .option('--student <name>', 'which student of the plan (default: its first)')
    .option('--out <folder>', 'where the run is kept', 'results')
    .option('--json', 'print JSON: the run of each seed, with its scores and the folder of its model', false);
  addPlanOptions(addWaitOption(command)).action(lazily(() => require('./actions/train').train));
}
