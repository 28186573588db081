/** The whole study, with its progress on the standard output. */
import { planOf } from '../../experiment/plan';
import { withoutRewrites } from '../../experiment/progress';
import { reproduce } from '../../notebook/reproduce';
import { type PlanFlags, stopSignal } from './results';

interface ReproduceFlags extends PlanFlags {
  readonly out: string;
  readonly dryRun: boolean;
}

export async function reproduceStudy({ out, dryRun, preset, ...changes }: ReproduceFlags): Promise<void> {
  const plan = planOf(preset, changes);
  const write = (text: string) => void process.stdout.write(text);
  await reproduce({
    plan,
    out,
    dryRun,
    signal: stopSignal(),
    print: process.stdout.isTTY ? write : withoutRewrites(write),
  });
}
