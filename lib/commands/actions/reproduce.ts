/** The whole study, with its progress on the standard output. */
import { planWithModels } from '../../experiment/plan';
import { withoutRewrites } from '../../experiment/progress';
import { type ReproduceOptions, reproduce } from '../../notebook/reproduce';
import { hubMessages } from '../hub-messages';
import { checkStudyFolder, type PlanFlags, stopSignal } from './results';

type ReproduceFlags = PlanFlags & Pick<ReproduceOptions, 'out' | 'dryRun'>;

export async function reproduceStudy({ out, dryRun, preset, ...changes }: ReproduceFlags): Promise<void> {
  const plan = await planWithModels(preset, changes, hubMessages());
  checkStudyFolder(out, plan, changes.plan);
  const write = (text: string) => void process.stdout.write(text);
  await reproduce({
    plan,
    out,
    dryRun,
    signal: stopSignal(),
    print: process.stdout.isTTY ? write : withoutRewrites(write),
  });
}
