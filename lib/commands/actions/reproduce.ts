/** The whole study, with its progress on the standard output. */
import { withoutRewrites } from '../../experiment/progress';
import { type ReproduceOptions, reproduce } from '../../notebook/reproduce';
import { checkStudyFolder, type PlanFlags, planOfFlags, stopSignal } from './results';

type ReproduceFlags = PlanFlags & Pick<ReproduceOptions, 'out' | 'dryRun'>;

export async function reproduceStudy({ out, dryRun, ...changes }: ReproduceFlags): Promise<void> {
  const plan = await planOfFlags(changes, out);
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
