/**
 * How far a score can be trusted: bootstrap intervals, a randomisation test between two models, and Holm's correction.
 * The unit is the sentence. Spans are counted once (`countSpans`), and it is these counts that are drawn again and again.
 */
import { range } from 'd3-array';
import { InputError } from '../errors';
import { Random } from '../random';
import { quantile } from '../resources/quantile';
import { type ByMeasure, byMeasure, MEASURES, type MeasuredScores, scoreOf } from './measures';
import { columnSums, ROW, type SpanCounts, score } from './scores';

export interface ResamplingOptions {
  /** Drives every draw; default 0. */
  readonly seed?: number;
  /** How many times the sentences are drawn, or exchanged; default 10,000. */
  readonly resamples?: number;
}

export interface BootstrapOptions extends ResamplingOptions {
  /** Default 0.95. */
  readonly confidence?: number;
}

/** Both ends are fractions (of a difference, from −1 to 1). */
export interface Interval {
  readonly low: number;
  readonly high: number;
  readonly confidence: number;
}

export interface BootstrapInterval extends Interval {
  readonly resamples: number;
}

export interface RandomizationTest {
  /** The second model's score less the first's, a fraction; `null` where gold has no such entity. */
  readonly difference: number | null;
  /** Two-sided; `null` where `difference` is. */
  readonly pValue: number | null;
  readonly resamples: number;
}

const DEFAULT_RESAMPLES = 10_000;
const DEFAULT_CONFIDENCE = 0.95;

/**
 * Percentile intervals (Efron and Tibshirani 1993, chapter 13) of the scores of one model: as many sentences as there are
 * are drawn with replacement. Resamples in which a score is not defined are left out of its interval, which is `null` where
 * none is left.
 * @throws InputError for a confidence that is not between 0 and 1, or fewer than one resample.
 */
export function bootstrapIntervals(
  counts: SpanCounts,
  critical: readonly string[],
  options: BootstrapOptions = {},
): ByMeasure<BootstrapInterval | null> {
  const columns = columnsOf(counts, critical);
  return intervals(columns, COLUMNS, sums => valuesOf(sums, 0), options);
}

/**
 * Percentile intervals of the second model's scores less the first's. The bootstrap is paired: each resample takes the
 * same sentences for both.
 * @throws InputError as `bootstrapIntervals` does, and where the two were not scored against the same gold tags.
 */
export function bootstrapDifferences(
  first: SpanCounts,
  second: SpanCounts,
  critical: readonly string[],
  options: BootstrapOptions = {},
): ByMeasure<BootstrapInterval | null> {
  const [a, b] = pairedColumns(first, second, critical);
  const sentences = first.sentences;
  const both = new Int32Array(sentences * 2 * COLUMNS);
  for (let s = 0; s < sentences; s++) {
    both.set(a.subarray(s * COLUMNS, (s + 1) * COLUMNS), 2 * s * COLUMNS);
    both.set(b.subarray(s * COLUMNS, (s + 1) * COLUMNS), (2 * s + 1) * COLUMNS);
  }
  const differences = (sums: Float64Array): Values => {
    const ofFirst = valuesOf(sums, 0);
    return valuesOf(sums, COLUMNS).map((value, m) => minus(value, ofFirst[m]));
  };
  return intervals(both, 2 * COLUMNS, differences, options);
}

/**
 * Approximate randomisation (Noreen 1989; Yeh 2000): were the models alike, each sentence's two predictions could change
 * places. They do, with probability ½ each; p = (1 + how often the difference is at least as large as the observed one) ÷
 * (1 + resamples).
 * @throws InputError where the two were not scored against the same gold tags, or for fewer than one resample.
 */
export function approximateRandomization(
  first: SpanCounts,
  second: SpanCounts,
  critical: readonly string[],
  options: ResamplingOptions = {},
): ByMeasure<RandomizationTest> {
  const { seed = 0, resamples = DEFAULT_RESAMPLES } = options;
  checkResamples(resamples);
  const [a, b] = pairedColumns(first, second, critical);
  const totals = [a, b].map(columns => columnSums(columns, COLUMNS));
  const observed = differencesOf(totals[0], totals[1]);

  // Exchanging a sentence in which both models have the same counts changes nothing.
  const changes = range(first.sentences).map(s =>
    range(s * COLUMNS, (s + 1) * COLUMNS).map(place => b[place] - a[place]),
  );
  const differing = changes.filter(change => change.some(difference => difference !== 0));
  const change = Int32Array.from(differing.flat());

  const random = new Random(seed);
  const atLeast = observed.map(() => 0);
  const ofFirst = new Float64Array(COLUMNS);
  const ofSecond = new Float64Array(COLUMNS);
  for (let r = 0; r < resamples; r++) {
    ofFirst.set(totals[0]);
    ofSecond.set(totals[1]);
    let bits = 0;
    for (let i = 0; i < differing.length; i++) {
      bits = i % 32 === 0 ? random.uint32() : bits >>> 1;
      if ((bits & 1) === 0) continue;
      for (let k = 0; k < COLUMNS; k++) {
        ofFirst[k] += change[i * COLUMNS + k];
        ofSecond[k] -= change[i * COLUMNS + k];
      }
    }
    const differences = differencesOf(ofFirst, ofSecond);
    observed.forEach((difference, m) => {
      if (difference !== null && Math.abs(differences[m]!) >= Math.abs(difference) - ROUNDING) atLeast[m]++;
    });
  }
  return byMeasure((_, m) => ({
    difference: observed[m],
    pValue: observed[m] === null ? null : (1 + atLeast[m]) / (1 + resamples),
    resamples,
  }));
}

/** One measure of the second model less that of the first; all `null` where gold has no such entity. */
export interface PairedDifference {
  /** A fraction, −1 to 1. */
  readonly difference: number | null;
  readonly interval: Interval | null;
  /** Two-sided. */
  readonly pValue: number | null;
}

/** A difference that was tested together with others. */
export type CorrectedDifference<Of extends PairedDifference = PairedDifference> = Of & {
  /** The p-value, corrected by Holm. */
  readonly pHolm: number | null;
};

/**
 * Differences of the second model from the first, with intervals by the bootstrap and p-values by approximate
 * randomisation; throws as these do.
 */
export function pairedDifferences(
  first: SpanCounts,
  second: SpanCounts,
  critical: readonly string[],
  options: BootstrapOptions = {},
): ByMeasure<PairedDifference> {
  const tests = approximateRandomization(first, second, critical, options);
  const intervals = bootstrapDifferences(first, second, critical, options);
  return byMeasure(({ key }) => {
    const { difference, pValue } = tests[key];
    return { difference, interval: difference === null ? null : intervals[key], pValue };
  });
}

/** Differences of one family of tests, with their p-values corrected; one that was not tested is no part of it. */
export function corrected<Of extends PairedDifference>(family: readonly Of[]): CorrectedDifference<Of>[] {
  const tested = family.flatMap(({ pValue }) => pValue ?? []);
  const adjusted = holm(tested);
  let next = 0;
  return family.map(of => ({ ...of, pHolm: of.pValue === null ? null : adjusted[next++] }));
}

/**
 * Holm's step-down correction (1979): p-values of a family of tests, adjusted so that rejecting those at or below a level
 * keeps the chance of any false rejection at that level. They come back in the order in which they were given.
 */
export function holm(pValues: readonly number[]): number[] {
  const order = pValues.map((_, i) => i).sort((i, j) => pValues[i] - pValues[j]);
  const adjusted = new Array<number>(pValues.length);
  let highest = 0;
  order.forEach((i, rank) => {
    highest = Math.max(highest, Math.min(1, (pValues.length - rank) * pValues[i]));
    adjusted[i] = highest;
  });
  return adjusted;
}

/** Equal differences that were reached by different sums may differ by this much. */
const ROUNDING = 1e-12;
/** Columns of a sentence: gold, predicted and correct spans of all types, then of the critical ones. */
export const COLUMNS = 6;

/** Values in the order of `MEASURES`. */
type Values = (number | null)[];

/** `[sentences, COLUMNS]`. */
export function columnsOf({ types, sentences, spans }: SpanCounts, critical: readonly string[]): Int32Array {
  const columns = new Int32Array(sentences * COLUMNS);
  const named = new Set(critical);
  const isCritical = types.map(type => named.has(type));
  for (let row = 0; row < spans.length; row += ROW) {
    const at = spans[row] * COLUMNS;
    for (let k = 0; k < 3; k++) {
      const count = spans[row + 2 + k];
      columns[at + k] += count;
      if (isCritical[spans[row + 1]]) columns[at + 3 + k] += count;
    }
  }
  return columns;
}

export function pairedColumns(
  first: SpanCounts,
  second: SpanCounts,
  critical: readonly string[],
): Int32Array[] {
  if (first.sentences !== second.sentences)
    throw new InputError(
      `the first model was scored on ${first.sentences} sentences, the second on ${second.sentences}`,
    );
  const columns = [first, second].map(counts => columnsOf(counts, critical));
  for (let s = 0; s < first.sentences; s++) {
    for (const k of [0, 3]) {
      const [a, b] = columns.map(of => of[s * COLUMNS + k]);
      if (a !== b)
        throw new InputError(
          `sentence ${s + 1}: the first model was scored against ${a} gold entities, the second against ${b}`,
        );
    }
  }
  return columns;
}

function intervals(
  columns: Int32Array,
  stride: number,
  measured: (sums: Float64Array) => Values,
  { seed = 0, resamples = DEFAULT_RESAMPLES, confidence = DEFAULT_CONFIDENCE }: BootstrapOptions,
): ByMeasure<BootstrapInterval | null> {
  checkResamples(resamples);
  if (!(confidence > 0 && confidence < 1))
    throw new InputError(`found the confidence ${confidence}, expected a number between 0 and 1`);
  const sentences = columns.length / stride;
  const random = new Random(seed);
  const sums = new Float64Array(stride);
  const values: number[][] = MEASURES.map(() => []);
  for (let r = 0; r < resamples; r++) {
    sums.fill(0);
    for (let draw = 0; draw < sentences; draw++) {
      const at = random.integer(sentences) * stride;
      for (let k = 0; k < stride; k++) sums[k] += columns[at + k];
    }
    measured(sums).forEach((value, m) => {
      if (value !== null) values[m].push(value);
    });
  }
  const tail = (1 - confidence) / 2;
  return byMeasure((_, m) =>
    values[m].length === 0
      ? null
      : { low: quantile(values[m], tail), high: quantile(values[m], 1 - tail), confidence, resamples },
  );
}

function checkResamples(resamples: number): void {
  if (!Number.isInteger(resamples) || resamples < 1)
    throw new InputError(`found ${resamples} resamples, expected a whole number from 1 on`);
}

/** The scores of the sums from `at` on. */
export function scoresOfSums(sums: Float64Array, at: number): MeasuredScores {
  return {
    overall: score(sums[at], sums[at + 1], sums[at + 2]),
    critical: score(sums[at + 3], sums[at + 4], sums[at + 5]),
  };
}

function valuesOf(sums: Float64Array, at: number): Values {
  const scores = scoresOfSums(sums, at);
  return MEASURES.map(measure => scoreOf(measure, scores));
}

/** Second less first; `null` where gold has nothing, and so neither model anything to find. */
function differencesOf(first: Float64Array, second: Float64Array): Values {
  const [ofFirst, ofSecond] = [first, second].map(sums => scoresOfSums(sums, 0));
  return MEASURES.map(measure =>
    ofFirst[measure.over].support === 0 ? null : minus(scoreOf(measure, ofSecond), scoreOf(measure, ofFirst)),
  );
}

function minus(a: number | null, b: number | null): number | null {
  return a === null || b === null ? null : a - b;
}
