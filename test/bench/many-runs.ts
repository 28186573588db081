/**
 * Time of what reads a store, against its number of runs: `node --require ./lib/loader.cjs test/bench/many-runs.ts seeds 500 1000 2000`, or `betas`.
 * The runs are those of one plan, with weights as they were drawn and predictions with errors drawn from a
 * seed, in place of trained ones: the store does not tell them from others.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { main as commandLine } from 'ner-distill/cli';
import { formatConll } from 'ner-distill/corpus/formats/conll';
import type { Sentence } from 'ner-distill/corpus/sentence';
import { countSpans } from 'ner-distill/evaluation/scores';
import { totalCounts } from 'ner-distill/experiment/metrics';
import { StudySession } from 'ner-distill/experiment/paper';
import { planOf, type StudyPlan } from 'ner-distill/experiment/plan';
import { silentProgress } from 'ner-distill/experiment/progress';
import { initialParameters } from 'ner-distill/model/parameters';
import { Random } from 'ner-distill/random';
import { writeOutputs } from 'ner-distill/report/outputs';

const RUNS_A_SEED = 21;
const SHARE_WRONG = 0.1;

/** Of one seed and many β, or of many seeds. */
function planOfRuns(runs: number, shape: 'seeds' | 'betas'): StudyPlan {
  const base = planOf('smoke');
  const betas = shape === 'seeds' ? (RUNS_A_SEED - 3) / 2 : Math.round((runs - 3) / 2);
  const tiny = { layers: 1, hiddenSize: 32, heads: 2, intermediateSize: 64 };
  return {
    ...base,
    limit: { train: 16, valid: 4, test: 8 },
    tokenizer: { vocabularySize: 300, lowercase: false, caseMarks: false },
    teacher: { ...base.teacher, ...tiny },
    students: [{ ...base.students[0], ...tiny }],
    distillation: {
      ...base.distillation,
      betas: Array.from({ length: betas + 1 }, (_, i) => i / (betas + 1)),
    },
    maxLength: 24,
    seeds: Array.from({ length: shape === 'seeds' ? Math.round(runs / RUNS_A_SEED) : 1 }, (_, i) => i + 1),
    engine: 'onnx',
    threads: 1,
  };
}

function predicted(sentences: readonly Sentence[], random: Random): string {
  const tags = sentences.map(sentence => sentence.tags.map(tag => (random.chance(SHARE_WRONG) ? 'O' : tag)));
  return formatConll(sentences, tags);
}

async function fill(session: StudySession): Promise<void> {
  const { store, corpus, tokenizer, encoded } = session;
  const gold = corpus.valid.map(({ tags }) => tags);
  const epoch = totalCounts(countSpans(gold, gold));
  for (const [i, { id, config, part }] of session.planned().entries()) {
    const random = new Random(i);
    store.keepPart(id, part);
    store.finish(id, config, {
      checkpoint: { config: config.model, parameters: initialParameters(config.model, 1) },
      tokenizer,
      history: [{ step: 1, epoch: 1, learningRate: 0, gradientNorm: 1, loss: 1 }],
      predictions: { validation: predicted(corpus.valid, random), test: predicted(corpus.test, random) },
      record: { threads: 1, epochs: [epoch], truncated: encoded.test.truncated, notes: [] },
    });
  }
}

/** Seconds of processor time, which a busy machine changes little. */
async function timed<T>(work: () => Promise<T> | T): Promise<[number, T]> {
  const start = process.cpuUsage();
  const result = await work();
  const { user, system } = process.cpuUsage(start);
  return [(user + system) / 1e6, result];
}

/** Seconds of processor time of each reader of a store with that many runs, and of `filling` it; and how many `runs` it has. */
export async function measureStore(runs: number, shape: 'seeds' | 'betas'): Promise<Record<string, number>> {
  const out = mkdtempSync(join(tmpdir(), 'many-runs-'));
  const plan = planOfRuns(runs, shape);
  const open = () => StudySession.open(plan, out, { progress: silentProgress });
  try {
    const session = await open();
    const [filling] = await timed(() => fill(session));
    mkdirSync(out, { recursive: true });
    writeFileSync(join(out, 'plan.json'), JSON.stringify(plan));
    const { write } = process.stdout;
    const command = async (...args: string[]) => {
      process.stdout.write = () => true;
      const seconds = await timed(() => commandLine(['node', 'ner-distill', ...args, '--results', out]));
      process.stdout.write = write;
      return seconds;
    };
    const [list] = await command('runs', 'list');
    const [clean] = await command('runs', 'clean');
    const [status] = await command('status');
    const [select] = await command('select');
    const anew = await open();
    const [planning, planned] = await timed(() => anew.planned());
    const [results, study] = await timed(() => anew.results());
    const configs = new Map(planned.map(({ id, config }) => [id, config]));
    const evidence = {
      plan,
      configOf: ({ id }: { id: string }) => configs.get(id),
      predictionsOf: anew.predictions.bind(anew),
    };
    const [outputs] = await timed(() => writeOutputs(study, out, '', evidence));
    const times = { filling, planning, results, outputs, list, clean, status, select };
    return { runs: planned.length, ...times };
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
}

async function main(): Promise<void> {
  const [shape = 'seeds', ...sizes] = process.argv.slice(2);
  for (const size of sizes.length > 0 ? sizes.map(Number) : [250, 500, 1000, 2000]) {
    const rounded = Object.entries(await measureStore(size, shape as 'seeds' | 'betas')).map(
      ([name, value]) => [name, Number(value.toFixed(2))],
    );
    console.log(JSON.stringify(Object.fromEntries(rounded)));
  }
}

if (require.main === module) void main();
