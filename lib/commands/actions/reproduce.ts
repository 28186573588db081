/** The whole study, with its progress on the standard output. */
import { planWithModels } from '../../experiment/plan';
import { withoutRewrites } from '../../experiment/progress';
import { type ReproduceOptions, reproduce } from '../../notebook/reproduce';
import { hubMessages } from '../hub-messages';
import { type PlanFlags, stopSignal } from './results';

type ReproduceFlags = PlanFlags & Pick<ReproduceOptions, 'out' | 'dryRun'>;

export async function reproduceStudy({ out, dryRun, preset, ...changes }: ReproduceFlags): Promise<void> {
  const write = (text: string) => void process.stdout.write(text);
  await reproduce({
    plan: await planWithModels(preset, changes, hubMessages()),
    out,
    dryRun,
    signal: stopSignal(),
    print: process.stdout.isTTY ? write : withoutRewrites(write),
  });
}
