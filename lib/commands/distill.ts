/** `ner-distill distill`: one student from its teacher. */
import { type Command, Option } from 'commander';
import { decimal } from './arguments';
import { addPlanOptions, type PlanFlags, planFromFlags } from './plan-options';
import { stopSignal } from './reproduce';
import { makeRuns } from './results';

interface DistillFlags extends PlanFlags {
  readonly out: string;
  readonly loss: 'vanilla' | 'logits' | 'weighted';
  readonly beta?: number;
  readonly student?: string;
  readonly json: boolean;
}

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
  addPlanOptions(command).action(({ out, loss, beta, student, json, ...flags }: DistillFlags) => {
    const { InputError } = require('../errors') as typeof import('../errors');
    if (loss === 'vanilla' && beta !== undefined)
      throw new InputError(
        'the vanilla loss has no β: expected --loss logits or --loss weighted with --beta',
      );
    if (loss !== 'vanilla' && (beta === undefined || beta < 0))
      throw new InputError(`the ${loss} loss needs its weight: expected --beta with a number from 0 on`);
    return makeRuns(planFromFlags(flags), { out, json, signal: stopSignal() }, (session, seed) =>
      loss === 'vanilla'
        ? session.vanilla({ seed, student })
        : session.constrained(loss, beta as number, { seed, student }),
    );
  });
}
