/** Distils a student of a plan by one loss, with each seed. */
import { InputError } from '../../errors';
import { planOf } from '../../experiment/plan';
import { makeRuns, type PlanFlags } from './results';

interface DistillFlags extends PlanFlags {
  readonly out: string;
  readonly loss: 'vanilla' | 'logits' | 'weighted';
  readonly beta?: number;
  readonly student?: string;
  readonly json: boolean;
}

export function distill({ out, loss, beta, student, json, preset, ...changes }: DistillFlags): Promise<void> {
  if (loss === 'vanilla' && beta !== undefined)
    throw new InputError('the vanilla loss has no β: expected --loss logits or --loss weighted with --beta');
  if (loss !== 'vanilla' && (beta === undefined || beta < 0))
    throw new InputError(`the ${loss} loss needs its weight: expected --beta with a number from 0 on`);
  return makeRuns(planOf(preset, changes), { out, json }, (session, seed) =>
    loss === 'vanilla'
      ? session.vanilla({ seed, student })
      : session.constrained(loss, beta as number, { seed, student }),
  );
}
