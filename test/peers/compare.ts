/**
 * Ours and the peers on the same work: students of one teacher, from the same start, at the same settings; each command a
 * process of its own, one after the other. Prints a row for each: scores of the test part by this project's measures, wall
 * time of the whole command (start, teacher's answers, scoring after each epoch), peak resident memory. See README.md.
 */
import { execFileSync, spawn } from 'node:child_process';
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { readPredictions } from 'ner-distill/evaluation/predictions';
import { countSentences, scoresOfCounts } from 'ner-distill/evaluation/scores';
import { COMPARED, type Compared } from './found';

const { values: given } = parseArgs({
  options: {
    teacher: { type: 'string' },
    data: { type: 'string' },
    out: { type: 'string' },
    python: { type: 'string', default: 'python3' },
    layers: { type: 'string', default: '3' },
    rate: { type: 'string', default: '5e-5' },
    epochs: { type: 'string', default: '3' },
    seeds: { type: 'string', default: '1' },
    methods: { type: 'string', default: 'vanilla,logits 0.2,weighted 0.2' },
    threads: { type: 'string', default: '2' },
    tools: { type: 'string', default: 'ner-distill,torch,textbrewer' },
  },
});
const { layers, rate, epochs, threads, python } = given;
const required = (name: 'teacher' | 'data' | 'out'): string => {
  const value = given[name];
  if (value === undefined) throw new Error(`expected --${name}`);
  return resolve(value);
};
const [teacher, data, out] = [required('teacher'), required('data'), required('out')];
/** A loss, with its β where it has one. */
const METHODS = given.methods.split(',');

/** Of what the peers are made of, such as `torch 2.13.0`. */
function versionsIn(python: string): string[] {
  const code =
    "from importlib.metadata import version\nfor name in ('torch', 'transformers', 'textbrewer'): print(name, version(name))";
  return execFileSync(python, ['-c', code], { encoding: 'utf8' }).trim().split('\n');
}

interface Command {
  readonly tool: string;
  readonly method: string;
  readonly seed: string;
  readonly run: readonly string[];
  /** Where its predictions are, from what it printed. */
  readonly predictions: (printed: string) => string;
}

function commandsOf(seed: string): Command[] {
  const here = __dirname;
  const ours = METHODS.map((method): Command => {
    const [loss, beta] = method.split(' ');
    const study = ['--preset', 'paper', '--data', data, '--teacher-model', teacher, '--seed', seed];
    const student = ['--student-initial', 'teacher-layers', '--student-layers', layers];
    const training = ['--learning-rate', rate, '--student-epochs', epochs, '--threads', threads];
    const kind = ['--loss', loss, ...(beta === undefined ? [] : ['--beta', beta])];
    const run = [join(here, '../../lib/bin.cjs'), 'distill', ...study, ...student, ...training, ...kind];
    // A folder each, so that none finds the teacher's answers of another.
    const folder = join(out, `ours-${method.replace(' ', '-')}-${seed}`);
    return {
      tool: 'ner-distill',
      method,
      seed,
      run: [process.execPath, ...run, '--out', folder, '--json'],
      predictions: printed => join(JSON.parse(printed)[0].model, '../predictions.conll'),
    };
  });
  const peers = [
    ...METHODS.map(method => ({ library: 'torch', method })),
    { library: 'textbrewer', method: 'vanilla' },
  ].map(({ library, method }): Command => {
    const [loss, beta = '0'] = method.split(' ');
    const folder = join(out, `${library}-${method.replace(' ', '-')}-${seed}`);
    const study = ['--teacher', teacher, '--data', data, '--out', folder, '--library', library];
    const training = ['--rates', rate, '--epochs', epochs, '--seeds', seed, '--threads', threads];
    const kind = ['--methods', loss, '--betas', beta, '--layers', layers];
    return {
      tool: library,
      method,
      seed,
      run: [python, join(here, 'conll_peers.py'), ...study, ...training, ...kind],
      predictions: () => {
        const file = readdirSync(folder).find(name => name.endsWith('.conll'));
        return join(folder, file!);
      },
    };
  });
  return [...ours, ...peers].filter(({ tool }) => given.tools.split(',').includes(tool));
}

interface Measured {
  readonly seconds: number;
  readonly peakBytes: number;
  readonly printed: string;
}

/** Runs a command to its end; the memory is that of its processes together, looked at five times a second. */
async function measure([file, ...args]: readonly string[]): Promise<Measured> {
  const began = performance.now();
  const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let [printed, peakBytes] = ['', 0];
  child.stdout.on('data', text => {
    printed += text;
  });
  const timer = setInterval(() => {
    peakBytes = Math.max(peakBytes, residentBytes(child.pid!));
  }, 200);
  const code = await new Promise<number | null>((done, failed) => {
    child.on('error', failed).on('close', done);
  });
  clearInterval(timer);
  if (code !== 0) throw new Error(`${[file, ...args].join(' ')}: ended with ${code}`);
  return { seconds: (performance.now() - began) / 1000, peakBytes, printed };
}

/** Of a process and all that it started (Linux). */
function residentBytes(pid: number): number {
  const folder = `/proc/${pid}`;
  if (!existsSync(folder)) return 0;
  try {
    const own = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(join(folder, 'status'), 'utf8'))?.[1] ?? 0) * 1024;
    const children = readFileSync(join(folder, 'task', String(pid), 'children'), 'utf8');
    return children
      .split(' ')
      .filter(Boolean)
      .reduce((sum, each) => sum + residentBytes(Number(each)), own);
  } catch {
    // It has ended meanwhile.
    return 0;
  }
}

async function main(): Promise<void> {
  if (existsSync(out))
    throw new Error(`${out}: is there, expected a new folder: what is trained already takes no time`);
  mkdirSync(out, { recursive: true });
  const versions = versionsIn(python);
  console.log('| tool | method | seed | F1 | F1_critical | Coverage | seconds | peak memory, MB |');
  console.log('|---|---|---|---|---|---|---|---|');
  for (const seed of given.seeds.split(','))
    for (const { tool, method, run, predictions } of commandsOf(seed)) {
      const { seconds, peakBytes, printed } = await measure(run);
      const { sentences } = readPredictions({ file: predictions(printed) });
      const { overall, critical, coverage } = scoresOfCounts(countSentences(sentences), ['PER', 'ORG']);
      const fractions = { f1: overall.f1 ?? 0, f1Critical: critical.f1 ?? 0, coverage: coverage ?? 0 };
      const percents = Object.values(fractions).map(value => (100 * value).toFixed(2));
      const cells = [tool, method, seed, ...percents, seconds.toFixed(0), (peakBytes / 1e6).toFixed(0)];
      console.log(`| ${cells.join(' | ')} |`);
      const settings = {
        rate: Number(rate),
        epochs: Number(epochs),
        threads: Number(threads),
        teacher,
        versions,
      };
      const which = { tool, method, seed: Number(seed), ...settings };
      const row: Compared = { ...which, ...fractions, seconds, peakBytes };
      appendFileSync(join(out, COMPARED), `${JSON.stringify(row)}\n`);
    }
}

main();
