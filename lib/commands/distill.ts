/** `ner-distill distill`: one student from its teacher. */
import { type Command, Option } from 'commander';
import { decimal } from './arguments';
import { lazily } from './lazily';
import { addPlanOptions } from './plan-options';

export function addDistill(program: Command): void {
  const command = program
    .command('distill')
    .description('distil one student of a plan from its teacher, which is trained first where it is missing')
    .addOption(
      new Option(
        '--loss <loss>',
        'vanilla; or constrained by logit matching on critical tokens, or by class weights',
      )
        .choices(['vanilla', 'logits', 'weighted'])
        .default('vanilla'),
    )
    .option('--beta <β>', 'weight of the critical loss; needed for logits and weighted', decimal)
    .option('--student <name>', 'which student of the plan (default: its first)')
    .option('--out <folder>', 'where the run is kept', 'results')
    .option('--json', 'print JSON: the run of each seed, with its scores and the folder of its model', false);
  addPlanOptions(command).action(lazily(() => require('./actions/distill').distill));
}
