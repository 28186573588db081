/** Distils a student of a plan by one loss, with each seed. */
import { InputError } from '../../errors';
import { listed } from '../../listed';
import { lossKind, SWEPT_LOSSES } from '../../training/losses';
import type { Wait } from '../wait-option';
import { makeRuns, ofEachSeed, type PlanFlags } from './results';

interface DistillFlags extends PlanFlags {
  readonly out: string;
  readonly loss: string;
  readonly beta?: number;
  readonly student?: string;
  readonly json: boolean;
  readonly wait: Wait;
}

export function distill({ out, loss, beta, student, json, wait, ...changes }: DistillFlags): Promise<void> {
  const swept = SWEPT_LOSSES.map(({ lossName }) => lossName);
  if (!swept.includes(loss) && beta !== undefined)
    throw new InputError(`the ${loss} loss has no β: expected --loss ${listed(swept, 'or')} with --beta`);
  if (swept.includes(loss) && (beta === undefined || beta < 0))
    throw new InputError(`the ${loss} loss needs its weight: expected --beta with a number from 0 on`);
  return makeRuns(
    changes,
    { out, json, wait },
    ofEachSeed((session, seed) =>
      loss === 'vanilla'
        ? session.vanilla({ seed, student })
        : beta === undefined
          ? session.distil({ loss: lossKind(loss)!(), seed, student })
          : session.constrained(loss, beta, { seed, student }),
    ),
  );
}
