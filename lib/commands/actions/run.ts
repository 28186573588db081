/** Makes one run of a plan. */
import type { Wait } from '../wait-option';
import { makeRuns, type PlanFlags } from './results';

interface RunFlags extends PlanFlags {
  readonly out: string;
  readonly json: boolean;
  readonly wait: Wait;
}

export function makeOne(id: string, { out, json, wait, ...changes }: RunFlags): Promise<void> {
  return makeRuns(changes, { out, json, wait, planOfFolder: true, id }, async session => [
    await session.one(id),
  ]);
}
