/**
 * What the tests and intervals of a study hold, on models of which the truth is known: `npm run simulate`. With files of
 * predictions as arguments, of one method with different seeds, also how often three of these "differ" from three others.
 */
import { range } from 'd3-array';
import { InputError } from 'ner-distill/errors';
import { readPredictions } from 'ner-distill/evaluation/predictions';
import { countSentences, type SpanCounts, scoresOfCounts } from 'ner-distill/evaluation/scores';
import { differencesOverSeeds } from 'ner-distill/evaluation/seeds';
import {
  approximateRandomization,
  bootstrapIntervals,
  pairedColumns,
} from 'ner-distill/evaluation/significance';
import { Random } from 'ner-distill/random';
import { drawModels, type World } from './random-models';

const CRITICAL = ['PER', 'ORG'];
const LEVEL = 0.05;
const STUDIES = 400;
const RESAMPLES = 400;

/** Ways to test a method against another, each with its p-value for the F1 of all types. */
const TESTS = {
  'pooled over seeds, randomised over sentences': (a: Seeds, b: Seeds) =>
    approximateRandomization(together(a), together(b), CRITICAL, { resamples: RESAMPLES }).f1.pValue!,
  'percentiles, seeds then sentences resampled': (a: Seeds, b: Seeds) => hierarchical(a, b, new Random(1)),
  'over seeds and sentences, the pair alone': (a: Seeds, b: Seeds) =>
    differencesOverSeeds(a, [b], CRITICAL)[0].f1.pValue ?? 1,
};
type Seeds = readonly SpanCounts[];

function main(files: readonly string[]): void {
  const models = modelsIn(files);
  console.log(`Rejections at ${LEVEL} where two methods are alike, ${STUDIES} studies of 400 sentences`);
  console.log(`(95 % of right tests lie between ${percent(0.05 - 0.0214)} and ${percent(0.05 + 0.0214)})\n`);
  const worlds: [string, Omit<World, 'sentences'>][] = [
    ['no training noise', { training: 0, methodBySentence: 0 }],
    ['some', { training: 0.1, methodBySentence: 0 }],
    ['much', { training: 0.3, methodBySentence: 0 }],
    ['some, and methods differ by sentence', { training: 0.1, methodBySentence: 0.7 }],
  ];
  for (const seeds of [3, 5])
    for (const [name, world] of worlds) {
      const random = new Random(seeds);
      const rejected = new Map<string, number>();
      const count = (test: string, p: number) =>
        rejected.set(test, (rejected.get(test) ?? 0) + (p <= LEVEL ? 1 : 0));
      for (let study = 0; study < STUDIES; study++) {
        const [baseline, ...methods] = drawModels(random, { ...world, sentences: 400 }, 7, seeds);
        for (const [test, pOf] of Object.entries(TESTS)) count(test, pOf(baseline, methods[0]));
        count(
          'over seeds and sentences, in a sweep of six',
          differencesOverSeeds(baseline, methods, CRITICAL)[0].f1.pValue ?? 1,
        );
      }
      console.log(`${seeds} seeds, training noise: ${name}`);
      for (const [test, times] of rejected) console.log(`  ${percent(times / STUDIES)}  ${test}`);
    }

  console.log('\nHow often a 95 % percentile interval of one model holds the F1 of endlessly many sentences');
  for (const sentences of [100, 400])
    console.log(`  ${percent(coverage(sentences))}  ${sentences} sentences`);

  if (models.length > 0) {
    console.log(`\n${models.length} real models of one method, three against three:`);
    const pairs = disjointTriples(models.length);
    for (const [test, pOf] of Object.entries(TESTS)) {
      const ps = pairs.map(([a, b]) =>
        pOf(
          a.map(i => models[i]),
          b.map(i => models[i]),
        ),
      );
      console.log(
        `  ${percent(ps.filter(p => p <= LEVEL).length / pairs.length)} of ${pairs.length}  ${test}`,
      );
    }
  }
}

/** Of models of one method, to be set three against three. */
function modelsIn(files: readonly string[]): SpanCounts[] {
  if (files.length > 0 && files.length < 6)
    throw new InputError(
      `found ${files.length} files of predictions, expected at least 6: three against three`,
    );
  const models = files.map(file => countSentences(readPredictions({ file }).sentences));
  for (const [i, model] of models.entries())
    try {
      pairedColumns(models[0], model, CRITICAL);
    } catch (error) {
      throw new InputError(`${files[0]} and ${files[i]}: ${(error as Error).message}`);
    }
  return models;
}

/** The counts of all seeds, sentence by sentence, as if they were one model's. */
function together(seeds: Seeds): SpanCounts {
  const types = [...new Set(seeds.flatMap(each => each.types))].sort();
  const spans = seeds.flatMap(each =>
    Array.from(each.spans, (value, i) => (i % 5 === 1 ? types.indexOf(each.types[value]) : value)),
  );
  return { ...seeds[0], types, spans: Int32Array.from(spans) };
}

/** Two-sided, from the share of resampled differences on the other side of 0. */
function hierarchical(a: Seeds, b: Seeds, random: Random): number {
  const [ofA, ofB] = [a, b].map(seeds => seeds.map(bySentence));
  const { sentences } = a[0];
  let [below, above] = [0, 0];
  for (let r = 0; r < RESAMPLES; r++) {
    const drawnSeeds = a.map(() => random.integer(a.length));
    const drawn = range(sentences).map(() => random.integer(sentences));
    const f1 = (models: readonly Int32Array[], s: number) => {
      const sums = [0, 0, 0];
      for (const i of drawn) for (let k = 0; k < 3; k++) sums[k] += models[s][3 * i + k];
      return (2 * sums[2]) / (sums[0] + sums[1]);
    };
    const difference = drawnSeeds.reduce((total, s) => total + f1(ofB, s) - f1(ofA, s), 0);
    if (difference <= 0) below++;
    if (difference >= 0) above++;
  }
  return Math.min(1, (2 * Math.min(below, above)) / RESAMPLES);
}

/** `[sentences, 3]`. */
function bySentence({ spans, sentences }: SpanCounts): Int32Array {
  const counts = new Int32Array(3 * sentences);
  for (let row = 0; row < spans.length; row += 5)
    for (let k = 0; k < 3; k++) counts[3 * spans[row] + k] += spans[row + 2 + k];
  return counts;
}

function coverage(sentences: number): number {
  const random = new Random(4);
  const world = { training: 0, seed: 0, methodBySentence: 0 };
  const truth = scoresOfCounts(drawModels(random, { ...world, sentences: 200_000 }, 1, 1)[0][0], CRITICAL);
  const draws = 1000;
  let held = 0;
  for (let draw = 0; draw < draws; draw++) {
    const [[model]] = drawModels(random, { ...world, sentences }, 1, 1);
    const { low, high } = bootstrapIntervals(model, CRITICAL, { resamples: 1000 }).f1!;
    if (low <= truth.overall.f1! && truth.overall.f1! <= high) held++;
  }
  return held / draws;
}

/** Every two sets of three that share none; at most 280 of them, evenly chosen. */
function disjointTriples(models: number): [number[], number[]][] {
  const triples = range(models).flatMap(i =>
    range(i + 1, models).flatMap(j => range(j + 1, models).map(k => [i, j, k])),
  );
  const pairs = triples.flatMap((a, i) =>
    triples.slice(i + 1).flatMap((b): [number[], number[]][] => (b.some(x => a.includes(x)) ? [] : [[a, b]])),
  );
  const step = Math.max(1, pairs.length / 280);
  return range(0, pairs.length, step).map(i => pairs[Math.floor(i)]);
}

function percent(fraction: number): string {
  return `${(100 * fraction).toFixed(1).padStart(5)} %`;
}

try {
  main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof InputError)) throw error;
  console.error(`error: ${error.message}`);
  process.exitCode = 1;
}
