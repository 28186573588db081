/** The whole study, with its progress on the standard output; or its runs as a list, or as jobs for Slurm. */
import { spawnSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import { max } from 'd3-array';
import { InputError, reasonOf } from '../../errors';
import { estimateRuns, type RunEstimate } from '../../experiment/estimate';
import { openStudy, PLAN_FILE, type StudySession } from '../../experiment/paper';
import { formatDuration, type Progress, withoutRewrites } from '../../experiment/progress';
import { inOrder } from '../../experiment/schedule';
import { type SlurmOptions, slurmFiles } from '../../experiment/slurm';
import { writeFileAtomically } from '../../files';
import { prettyJson } from '../../json';
import { counted, formatBytes } from '../../listed';
import { type ReproduceOptions, reproduce, secondsOfNotebooks } from '../../notebook/reproduce';
import { checkOutputFolder } from '../../output-checks';
import { tableText } from '../../report/table-view';
import { stopSignal } from '../../stop-signal';
import { checkAlone } from '../alone';
import { isQuiet, say } from '../said';
import { patienceOf, type Wait } from '../wait-option';
import { checkStudyFolder, type PlanFlags, planOfFlags } from './results';

interface ReproduceFlags
  extends PlanFlags,
    Pick<ReproduceOptions, 'out' | 'dryRun' | 'nodes' | 'cores' | 'jobs'>,
    Pick<SlurmOptions, 'partition' | 'account' | 'time' | 'memory'> {
  readonly wait: Wait;
  readonly listRuns: boolean;
  readonly json: boolean;
  readonly slurm?: string;
  readonly submit: boolean;
}

export async function reproduceStudy(flags: ReproduceFlags): Promise<void> {
  const { out, dryRun, nodes, cores, jobs, wait, listRuns, json, slurm, submit, ...rest } = flags;
  const { partition, account, time, memory, ...changes } = rest;
  checkForms(flags);
  const plan = await planOfFlags(changes, out);
  checkStudyFolder(out, plan, changes.plan);
  const signal = stopSignal();
  if (listRuns || slurm !== undefined) {
    const progress: Progress = { update() {}, line: say };
    const session = await openStudy({ plan, out, progress, signal });
    const estimates = inOrder(await estimateRuns(session, signal));
    if (slurm === undefined) printRuns(estimates, json);
    else {
      const options = { partition, account, time, memory };
      const script = writeJobs(session, estimates, resolve(slurm), resolve(out), options);
      if (submit) submitJobs(script);
      else process.stdout.write(`wrote ${script}\n`);
    }
    return;
  }
  // What is asked for by --dry-run is no progress.
  const write = (text: string) => void ((dryRun || !isQuiet()) && process.stdout.write(text));
  await reproduce({
    plan,
    out,
    dryRun,
    nodes,
    cores,
    jobs,
    columns: process.stdout.isTTY ? process.stdout.columns : undefined,
    patience: patienceOf(wait),
    signal,
    print: process.stdout.isTTY ? write : withoutRewrites(write),
  });
}

/** What is submitted is printed at once: where Slurm takes the one and not the next, its number is known. */
function submitJobs(script: string): void {
  const { status, error } = spawnSync('sh', [script], { stdio: ['ignore', 'inherit', 'inherit'] });
  if (error) throw new InputError(`${script}: cannot be run (${reasonOf(error)})`);
  if (status !== 0)
    throw new InputError(
      `${script}: not all jobs were submitted (exit code ${status}); those whose numbers are printed were, and "scancel" takes them back`,
    );
}

const ONE_WORD: readonly [RegExp, string] = [/^[\w.,:@%+-]+$/, 'what Slurm takes, in one word'];

/** What sbatch takes: minutes, minutes:seconds, hours:minutes:seconds, days-hours[:minutes[:seconds]]; kilobytes and more. */
const SLURM_FORMS = {
  partition: ONE_WORD,
  account: ONE_WORD,
  time: [
    /^(\d+(:\d+){0,2}|\d+-\d+(:\d+){0,2}|UNLIMITED|INFINITE)$/i,
    'a time as Slurm takes it, such as 2:00:00',
  ],
  memory: [/^\d+[KMGT]?$/i, 'a size as Slurm takes it, such as 8G'],
} as const;

function checkForms({ nodes, cores, listRuns, json, slurm, ...rest }: ReproduceFlags): void {
  checkAlone(json && !listRuns, '--json', '--list-runs');
  checkAlone(cores !== undefined && nodes === undefined, '--cores', '--nodes');
  checkAlone(rest.submit && slurm === undefined, '--submit', '--slurm');
  for (const name of ['partition', 'account', 'time', 'memory'] as const) {
    const [form, expected] = SLURM_FORMS[name];
    checkAlone(rest[name] !== undefined && slurm === undefined, `--${name}`, '--slurm');
    if (rest[name] !== undefined && !form.test(rest[name]))
      throw new InputError(`--${name}: found "${rest[name]}", expected ${expected}`);
  }
}

function printRuns(estimates: readonly RunEstimate[], json: boolean): void {
  const runs = estimates.map(({ id, name, kind, needs, seconds, memory, state, epochsLeft }) => {
    return { id, name, kind, needs, seconds, memory, state, epochsLeft, done: state === 'done' };
  });
  if (json) process.stdout.write(prettyJson(runs));
  else
    process.stdout.write(
      `${tableText(
        runs.map(({ id, name, kind, needs, seconds, memory, state }) => ({
          run: id,
          name,
          kind,
          needs: needs.join(' ') || null,
          time: state === 'done' ? null : formatDuration(seconds),
          memory: formatBytes(memory),
          state,
        })),
      )}\n`,
    );
}

/** Writes what submits the runs that are left, and gives its path. */
function writeJobs(
  session: StudySession,
  estimates: readonly RunEstimate[],
  folder: string,
  out: string,
  given: Pick<SlurmOptions, 'partition' | 'account' | 'time' | 'memory'>,
): string {
  checkOutputFolder(folder);
  const plan = join(folder, PLAN_FILE);
  const left = estimates.filter(({ state }) => state !== 'done');
  const report = {
    seconds: secondsOfNotebooks(session, estimates),
    // Beside this process there is a notebook's kernel, and at times one that measures a model.
    memory: 2 * max(estimates, ({ memory }) => memory)!,
  };
  const program = resolve(__dirname, '../../bin.cjs');
  const cores = max(left, ({ threads }) => threads) ?? session.engine.threads;
  const files = slurmFiles(left, report, { program, plan, out, folder, cores, ...given });
  writeFileAtomically(plan, prettyJson(session.plan));
  for (const [name, text] of Object.entries(files)) writeFileAtomically(join(folder, name), text);
  say(
    `${counted(left.length, 'run')} of ${estimates.length} to make, ${counted(cores, 'core')} each; results in ${out}`,
  );
  return join(folder, 'submit.sh');
}
