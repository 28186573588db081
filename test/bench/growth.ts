/**
 * Time and memory against size, as exponents: cost ∝ size^exponent, by least squares on the logarithms over the upper half of
 * the sizes, where what does not grow matters least. Each size is measured in a process of its own, and beside each stands
 * the exponent of the work itself, which is counted where it is not plainly linear.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readConll, scores } from 'ner-distill';
import { openEngine } from 'ner-distill/engine/select';
import { countSpans } from 'ner-distill/evaluation/scores';
import { bootstrapIntervals } from 'ner-distill/evaluation/significance';
import type { ModelConfig } from 'ner-distill/model/config';
import { initialParameters } from 'ner-distill/model/parameters';
import { renderSvg } from 'ner-distill/report/render';
import { encodeWords } from 'ner-distill/tokenization/align';
import { WordTokenizer } from 'ner-distill/tokenization/tokenizer';
import { trainWordPiece } from 'ner-distill/tokenization/wordpiece-trainer';
import { crossEntropyLoss } from 'ner-distill/training/losses/cross-entropy';
import { train } from 'ner-distill/training/trainer';
import { growthFigure } from './growth-figure';
import { measureStore } from './many-runs';
import { median, type PowerLaw, powerLaw } from './measure';
import { benchModel } from './models';
import type { Row } from './rows';
import { ourSteps, type StepOptions, stepOperations } from './step';

const LOADER = require.resolve('../../lib/loader.cjs');
const SAMPLE = join(__dirname, '../../data/sample/train.txt');

/** Something that can be made larger. */
interface Dimension {
  readonly name: string;
  /** What is done at each size. */
  readonly what: string;
  readonly sizes: readonly number[];
  /** Operations of the work itself at a size, in any unit; default: the size. */
  readonly operations?: (size: number) => number;
  /** Does it and gives the seconds that count. */
  readonly measure: (size: number, threads: number) => Promise<number>;
}

/** Of a training step, or of what comes before the second. */
function stepDimension(
  name: string,
  of: 'step' | 'first step',
  sizes: readonly number[],
  optionsOf: (size: number) => StepOptions,
): Dimension {
  const [first] = sizes.map(optionsOf);
  return {
    name,
    what: `${of === 'step' ? 'a distillation step' : 'tracing a graph and its first step'}, ${first.model.name}`,
    sizes,
    operations: size => stepOperations(optionsOf(size)) + attentionOperations(optionsOf(size)),
    measure: async (size, threads) => {
      const steps = ourSteps(await openEngine('onnx', { threads }), optionsOf(size));
      const start = performance.now();
      await steps();
      if (of === 'first step') return (performance.now() - start) / 1000;
      await steps();
      const times: number[] = [];
      const end = performance.now() + STEPS_MILLISECONDS;
      while (times.length < LEAST_STEPS || performance.now() < end) times.push((await steps()).step);
      return median(times);
    },
  };
}

const LEAST_STEPS = 3;
const STEPS_MILLISECONDS = 300;

/** Of the two products of attention, forward and backward: quadratic in the length. */
function attentionOperations({ model: { config }, batchSize, length }: StepOptions): number {
  return 12 * config.layers * config.hiddenSize * batchSize * length ** 2;
}

const step = (model: StepOptions['model'], length = 32): StepOptions => ({ model, batchSize: 16, length });

/** A model of the width 128 with that many tags. */
function withLabels(labels: number): StepOptions {
  const { config } = benchModel('', 2, 128, 4000);
  const tags = Array.from({ length: labels }, (_, i) =>
    i === 0 ? 'O' : `${'BI'[(i + 1) % 2]}-T${(i + 1) >> 1}`,
  );
  return step({ name: '2 × 128', config: { ...config, tags } });
}

const DIMENSIONS: readonly Dimension[] = [
  {
    name: 'sentences of an epoch',
    what: 'training 1 × 64 for an epoch, batches of 16',
    sizes: [500, 1000, 2000, 4000, 8000],
    measure: trainSentences,
  },
  {
    name: 'sentences of a file',
    what: 'reading, tokenization, scoring, 100 bootstrap resamples',
    sizes: [10_000, 20_000, 40_000, 80_000, 160_000],
    measure: handleSentences,
  },
  stepDimension('sequence length, pieces', 'step', [32, 64, 128, 256, 512], length =>
    step(benchModel('3 × 128', 3, 128, 4000), length),
  ),
  stepDimension('layers', 'step', [1, 2, 4, 8, 16], layers =>
    step(benchModel('width 128', layers, 128, 4000)),
  ),
  stepDimension('layers of a new graph', 'first step', [1, 2, 4, 8, 16], layers =>
    step(benchModel('width 128', layers, 128, 4000)),
  ),
  stepDimension('width', 'step', [64, 128, 256, 512, 1024], width =>
    step(benchModel('2 layers', 2, width, 4000)),
  ),
  stepDimension('labels', 'step', [9, 33, 129, 513, 2049], withLabels),
  {
    name: 'values of β, one seed',
    what: 'reading, testing and reporting a study of small models',
    sizes: [12, 24, 48, 96],
    measure: betas => readStudy(2 * betas + 3, 'betas'),
  },
  {
    name: 'seeds, 21 models each',
    what: 'reading, testing and reporting a study of small models',
    sizes: [2, 4, 8, 16],
    measure: seeds => readStudy(21 * seeds, 'seeds'),
  },
];

/** What a store's readers take of processor time, without the filling of the store. */
async function readStudy(runs: number, shape: 'seeds' | 'betas'): Promise<number> {
  const { filling: _, runs: __, ...times } = await measureStore(runs, shape);
  return Object.values(times).reduce((sum, seconds) => sum + seconds, 0);
}

/** As many sentences as are asked for, the sample's over and over, as a file. */
function textOf(sentences: number): Buffer {
  const own = readFileSync(SAMPLE, 'utf8')
    .split('\n\n')
    .filter(block => block !== '' && !block.startsWith('-DOCSTART-'));
  return Buffer.from(
    Array.from({ length: sentences }, (_, i) => `${own[i % own.length].trim()}\n\n`).join(''),
  );
}

function tokenizerOf(words: readonly string[]): WordTokenizer {
  return new WordTokenizer(trainWordPiece(words, { size: 1000 }), SAMPLE);
}

async function handleSentences(count: number): Promise<number> {
  const tokenizer = tokenizerOf(readConll(textOf(500), { file: SAMPLE }).flatMap(({ words }) => words));
  const text = textOf(count);
  const start = performance.now();
  const sentences = readConll(text, { file: SAMPLE });
  for (const { words } of sentences) encodeWords(words, tokenizer, 128);
  const gold = sentences.map(({ tags }) => tags);
  const critical = ['PER', 'ORG'];
  scores(gold, gold, { critical });
  bootstrapIntervals(countSpans(gold, gold), critical, { resamples: 100, seed: 1 });
  return (performance.now() - start) / 1000;
}

async function trainSentences(count: number, threads: number): Promise<number> {
  const sentences = readConll(textOf(count), { file: SAMPLE });
  const tokenizer = tokenizerOf(sentences.slice(0, 500).flatMap(({ words }) => words));
  const config: ModelConfig = benchModel('', 1, 64, tokenizer.vocabularySize).config;
  const encoded = sentences.map(({ words, tags }) => {
    const inPieces = encodeWords(words, tokenizer, 128);
    return {
      ...inPieces,
      labels: Int32Array.from(inPieces.firstPieces, (_, word) => config.tags.indexOf(tags[word])),
    };
  });
  const start = performance.now();
  await train({
    engine: await openEngine('onnx', { threads }),
    config,
    initial: initialParameters(config, 1),
    loss: crossEntropyLoss(),
    critical: config.tags.map(() => false),
    sentences: encoded,
    maxLength: 128,
    special: tokenizer.special,
    settings: {
      epochs: 1,
      batchSize: 16,
      learningRate: 1e-3,
      warmup: 0.1,
      weightDecay: 0.01,
      maxNorm: 1,
      wordDropout: 0,
      subwordDropout: 0,
      accumulation: 1,
      seed: 1,
    },
    validate: async () => null,
  });
  return (performance.now() - start) / 1000;
}

/** What a size took. */
interface Taken {
  readonly size: number;
  readonly seconds: number;
  /** The highest resident memory, less that of the process before it began. */
  readonly bytes: number;
}

export interface Growth {
  readonly name: string;
  readonly what: string;
  readonly points: readonly Taken[];
  readonly time: PowerLaw;
  readonly memory: PowerLaw;
  /** Of the work itself. */
  readonly work: PowerLaw;
}

/** In a process of its own. */
async function measureHere(name: string, size: number, threads: number): Promise<void> {
  const dimension = DIMENSIONS.find(each => each.name === name)!;
  const before = process.memoryUsage.rss();
  const seconds = await dimension.measure(size, threads);
  const bytes = process.resourceUsage().maxRSS * 1024 - before;
  console.log(JSON.stringify({ size, seconds, bytes } satisfies Taken));
}

function measured({ name }: Dimension, size: number, threads: number): Taken {
  const args = ['--require', LOADER, __filename, name, String(size), String(threads)];
  const { stdout, stderr, status } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout.trim().split('\n').at(-1)!) as Taken;
}

function growthOf(dimension: Dimension, points: readonly Taken[]): Growth {
  const { name, what, operations = size => size } = dimension;
  const upper = points.slice(-Math.max(3, Math.ceil(points.length / 2)));
  const law = (of: (point: Taken) => number) => powerLaw(upper.map(point => [point.size, of(point)]));
  return {
    name,
    what,
    points,
    time: law(({ seconds }) => seconds),
    memory: law(({ bytes }) => bytes),
    work: law(({ size }) => operations(size)),
  };
}

export interface GrowthOptions {
  readonly rounds: number;
  readonly threads: number;
  /** An SVG file to draw the whole to. */
  readonly figure?: string;
  /** Leaves out the larger half of the sizes, to see that it works. */
  readonly small?: boolean;
}

/** Processes of each size: more change little, and take a minute each. */
const MOST_ROUNDS = 2;

export async function growthRows({ rounds, threads, figure, small }: GrowthOptions): Promise<Row[]> {
  const growths = DIMENSIONS.map(dimension => {
    process.stderr.write(`  ${dimension.name}\n`);
    const sizes = dimension.sizes.slice(0, small ? 3 : undefined);
    const turns = Array.from({ length: Math.min(rounds, MOST_ROUNDS) }, () =>
      sizes.map(size => measured(dimension, size, threads)),
    );
    // The lesser of two: what disturbs only adds.
    const points = sizes.map((size, i) => ({
      size,
      seconds: Math.min(...turns.map(turn => turn[i].seconds)),
      bytes: Math.min(...turns.map(turn => turn[i].bytes)),
    }));
    return growthOf(dimension, points);
  });
  if (figure) writeFileSync(figure, await renderSvg(growthFigure(growths)));
  return growths.map(({ name, what, points, time, memory, work }) => ({
    what: `growth with ${name}: ${what}`,
    ours: `time ^${shown(time)}, memory ^${shown(memory)}`,
    peer: `the work itself ^${work.exponent.toFixed(2)}; ${points.map(each => `${each.size}: ${inShort(each)}`).join(', ')}`,
    ratio: null,
    target: `time ≤ ^${Math.max(1, work.exponent).toFixed(2)}`,
  }));
}

/** With the standard error of the fit. */
const shown = ({ exponent, error }: PowerLaw) => `${exponent.toFixed(2)} ± ${error.toFixed(2)}`;
const inShort = ({ seconds, bytes }: Taken) =>
  `${(1000 * seconds).toPrecision(3)} ms, ${(bytes / 1e6).toFixed(0)} MB`;

if (require.main === module) {
  const [name, size, threads] = process.argv.slice(2);
  void measureHere(name, Number(size), Number(threads));
}
