/** `ner-distill distill`: one student from its teacher. */
import type { Command } from 'commander';
import { decimal } from './arguments';
import { lazily } from './lazily';
import { addPlanOptions } from './plan-options';
import { addWaitOption } from './wait-option';

const lossNamed = lazily(() => require('./losses').lossNamed);
const lossesHelp = lazily(() => require('./losses').lossesHelp);

export function declare(command: Command): void {
  command
    .option('--loss <loss>', 'vanilla, logits, weighted or another of those below', lossNamed, 'vanilla')
    .option(
      '--beta <β>',
      'weight of a loss that has one, such as logits and weighted, where it is needed',
      decimal,
    )
    .option('--student <name>', 'which student of the plan (default: its first)')
    .option('--out <folder>', 'where the run is kept', 'results')
    .option('--json', 'print JSON: the run of each seed, with its scores and the folder of its model', false)
    .addHelpText('after', lossesHelp);
  addPlanOptions(addWaitOption(command)).action(lazily(() => require('./actions/distill').distill));
}
