/**
 * A whole job, from the start of a process to the saved model: the vanilla student of a preset, distilled by this project's
 * command and by a plain script of PyTorch and transformers from the same teacher, which is there already.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { evaluate } from 'ner-distill/evaluation/evaluate';
import { planOf, type StudyPlan } from 'ner-distill/experiment/plan';
import { median } from './measure';
import { missing, pythonWith } from './python';
import { duration, type Row, spread, timesAsFast } from './rows';

const PROJECT = join(__dirname, '../..');
const SAMPLE = join(PROJECT, 'data/sample');

/** A command's seconds, and the highest resident memory of any process that it started, in bytes. */
interface Cost {
  readonly seconds: number;
  readonly bytes: number;
}

/** Runs a command and tells, in its last line, what it took: Node does not say what a child's memory was. */
const WATCH = `
import resource, subprocess, sys, time
start = time.perf_counter()
code = subprocess.call(sys.argv[1:], stdout=sys.stderr)
print(time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024)
sys.exit(code)
`;

function costOf(python: string, command: readonly string[]): Cost {
  const { stdout, stderr, status } = spawnSync(python, ['-c', WATCH, ...command], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command.join(' ')}\n${stderr}`);
  const [seconds, bytes] = stdout.trim().split(' ').map(Number);
  return { seconds, bytes };
}

/** What is run, and where it leaves its predictions for the test part. */
interface Job {
  readonly cost: Cost;
  readonly predictions: string;
}

export interface JobOptions {
  readonly rounds: number;
  readonly threads: number;
  /** Whose student it is. */
  readonly preset: string;
}

export async function jobRows({ rounds, threads, preset }: JobOptions): Promise<Row[]> {
  const plan = planOf(preset);
  const [student] = plan.students;
  const what = `job: vanilla student of "${preset}", ${student.layers} × ${student.hiddenSize}, process start to saved model`;
  const python = pythonWith('torch', 'transformers');
  if (!python)
    return [
      { what, ours: '', peer: missing('PyTorch with transformers', 'torch transformers'), ratio: null },
    ];
  const folder = mkdtempSync(join(tmpdir(), 'bench-job-'));
  try {
    const prepared = prepare(folder, python.command, plan, threads);
    const peer = (of: number) => () =>
      theirs(join(folder, 'peer'), python.command, prepared, { plan, threads: of });
    // Each has had a round that does not count; the peer's two tell whether one thread or all are best for it.
    const [one, all] = [1, threads].map(of => ({ threads: of, seconds: peer(of)().cost.seconds }));
    const best = threads > 1 && all.seconds < one.seconds ? all.threads : 1;
    const jobs = { ours: [] as Job[], theirs: [] as Job[] };
    for (let round = 0; round < Math.min(rounds, 3); round++) {
      jobs.ours.push(ours(join(folder, `ours ${round}`), python.command, prepared, { plan, threads }));
      jobs.theirs.push(peer(best)());
    }
    const [mine, other] = [jobs.ours, jobs.theirs].map(all => all.map(({ cost }) => cost.seconds));
    const [myBytes, otherBytes] = [jobs.ours, jobs.theirs].map(all => all.map(({ cost }) => cost.bytes));
    const version = `PyTorch ${python.versions[0]}, transformers ${python.versions[1]} (sdpa, fused AdamW), ${best === 1 ? 'one thread' : `${best} threads`}`;
    return [
      {
        what,
        ours: duration(mine),
        peer: `${duration(other)} ${version}`,
        ratio: timesAsFast(mine, other),
      },
      {
        what: '  its peak memory',
        ours: megabytes(myBytes),
        peer: `${megabytes(otherBytes)} the same`,
        ratio: median(otherBytes) / median(myBytes),
      },
      {
        what: '  F1 of its student on the test part, one seed',
        ours: percent(jobs.ours[0]),
        peer: `${percent(jobs.theirs[0])} the same`,
        ratio: null,
      },
    ];
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** What both start from. */
interface Prepared {
  /** A store with the teacher alone. */
  readonly store: string;
  readonly teacher: string;
  /** A student's folder in Hugging Face's layout, for its config and tokenizer. */
  readonly student: string;
  readonly initial: string;
}

/** Trains the teacher, and once the student, which leaves the initial state that both start from. */
function prepare(folder: string, python: string, plan: StudyPlan, threads: number): Prepared {
  const [store, whole] = [join(folder, 'store'), join(folder, 'whole')];
  costOf(python, [...ownCommand('train', plan, store, threads), '--model', 'teacher']);
  cpSync(store, whole, { recursive: true });
  costOf(python, ownCommand('distill', plan, whole, threads));
  const [teacher] = readdirSync(join(store, 'runs'));
  const before = new Set(readdirSync(join(store, 'initial')));
  const [initial] = readdirSync(join(whole, 'initial')).filter(file => !before.has(file));
  return {
    store,
    teacher: join(store, 'runs', teacher, 'model'),
    student: join(studentRun(whole, teacher), 'model'),
    initial: join(whole, 'initial', initial),
  };
}

function ownCommand(command: string, { preset }: StudyPlan, out: string, threads: number): string[] {
  const bin = join(PROJECT, 'lib/bin.cjs');
  return [process.execPath, bin, command, '--preset', preset, '--threads', String(threads), '--out', out];
}

function studentRun(store: string, teacher: string): string {
  const runs = readdirSync(join(store, 'runs'));
  return join(store, 'runs', runs.find(id => id !== teacher)!);
}

interface Doing {
  readonly plan: StudyPlan;
  readonly threads: number;
}

function ours(folder: string, python: string, { store }: Prepared, { plan, threads }: Doing): Job {
  cpSync(store, folder, { recursive: true });
  const cost = costOf(python, ownCommand('distill', plan, folder, threads));
  const [teacher] = readdirSync(join(store, 'runs'));
  return { cost, predictions: join(studentRun(folder, teacher), 'predictions.conll') };
}

function theirs(out: string, python: string, prepared: Prepared, { plan, threads }: Doing): Job {
  mkdirSync(out, { recursive: true });
  const { alpha, temperature } = plan.distillation;
  const file = join(out, 'job.json');
  const job = {
    out,
    threads,
    teacher: prepared.teacher,
    config: prepared.student,
    initial: prepared.initial,
    files: Object.fromEntries(['train', 'valid', 'test'].map(part => [part, join(SAMPLE, `${part}.txt`)])),
    limit: plan.limit ?? {},
    maxLength: plan.maxLength,
    training: { ...plan.students[0].training, seed: plan.seeds[0] },
    alpha,
    temperature,
  };
  writeFileSync(file, JSON.stringify(job));
  const cost = costOf(python, [python, join(__dirname, 'train_peer.py'), file]);
  return { cost, predictions: join(out, 'predictions.conll') };
}

/** Scored alike: the gold tags stand beside the predicted ones. */
function percent({ predictions }: Job): string {
  const { f1 } = evaluate({ file: predictions, critical: [] }).evaluation.overall;
  return `${(100 * (f1 ?? 0)).toFixed(2)} %`;
}

const megabytes = (bytes: readonly number[]) =>
  spread(
    bytes.map(each => each / 1e6),
    ' MB',
    0,
  );
