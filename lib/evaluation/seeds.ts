/**
 * How far a difference between two *methods* can be trusted, each of which trained several models, one a seed. Another test
 * set would have other sentences, and another training another model: both are noise, and resampling sentences alone knows
 * nothing of the second. Here seeds and sentences are crossed random effects (Owen 2007): every model reads every sentence.
 *
 *   variance of the mean difference = training ÷ seeds + (method × sentence) ÷ sentences + rest ÷ (seeds · sentences)
 *
 * Training noise is the residual mean square of the scores in blocks of seeds, over all methods of a sweep together
 * (a randomised block design: the runs of a seed have one initial state, order and teacher). The part of sentences is the
 * jackknife's (Efron and Stein 1981). The difference over its standard error is Student's t with the degrees of freedom of
 * Satterthwaite (1946). Percentiles of resampled seeds are no way round this: three seeds drawn from three make intervals
 * that are far too short. `npm run simulate` shows what either holds.
 */
import { deviation, mean, sum } from 'd3-array';
import { jStat } from 'jstat';
import { InputError } from '../errors';
import { type ByMeasure, byMeasure, type KnownMeasure, MEASURES, type Measure, scoreOf } from './measures';
import { columnSums, type SpanCounts } from './scores';
import { COLUMNS, columnsOf, type Interval, pairedColumns, scoresOfSums } from './significance';

/** A measure of one method less that of another, over seeds and sentences. */
export interface DifferenceOverSeeds {
  /** Mean over the seeds, a fraction, −1 to 1; `null` where gold has no such entity, or has them in one sentence alone. */
  readonly difference: number | null;
  readonly interval: Interval | null;
  /** Two-sided; `null` for a difference that is the same in all sentences and seeds. */
  readonly pValue: number | null;
  /**
   * Of the exact test that exchanges the two models of each seed, which supposes nothing but cannot be below 2 ÷ 2^seeds;
   * `null` beyond `MOST_PERMUTED` seeds.
   */
  readonly pPermutation: number | null;
  /** The difference that such a study finds in 80 of 100 cases at the 5 % level, before any correction; a fraction. */
  readonly detectable: number | null;
}

/** With more seeds the exact test adds nothing. */
export const MOST_PERMUTED = 12;
const POWER = 0.8;
const LEVEL = 0.05;
const CONFIDENCE = 0.95;

/**
 * Several methods against one, each trained with the same seeds.
 * @param baseline of each seed; at least two
 * @param methods of each method, of each seed in the same order
 * @throws InputError where models were not scored against the same gold tags, or a method lacks a seed
 */
export function differencesOverSeeds(
  baseline: readonly SpanCounts[],
  methods: readonly (readonly SpanCounts[])[],
  critical: readonly string[],
  confidence = CONFIDENCE,
): ByMeasure<DifferenceOverSeeds>[] {
  const seeds = baseline.length;
  if (seeds < 2) throw new InputError(`training noise is told from at least 2 seeds, found ${seeds}`);
  for (const method of methods) {
    if (method.length !== seeds)
      throw new InputError(`a method was trained with ${method.length} seeds, the other with ${seeds}`);
    method.forEach((counts, s) => void pairedColumns(baseline[s], counts, critical));
  }
  const models = [baseline, ...methods].map(method => method.map(counts => jackknife(counts, critical)));
  const of = byMeasure((_, m) => {
    const measured = models.map(method => method.map(each => each[m]));
    return compare(measured, confidence);
  });
  return methods.map((_, i) => byMeasure(({ key }) => of[key][i]));
}

/**
 * Intervals of the mean score of a method's models over seeds and sentences; `null` where a score is not defined.
 * @param counts of each seed; at least two
 */
export function intervalsOverSeeds(
  counts: readonly SpanCounts[],
  critical: readonly string[],
  confidence = CONFIDENCE,
): ByMeasure<Interval | null> {
  if (counts.length < 2)
    throw new InputError(`training noise is told from at least 2 seeds, found ${counts.length}`);
  const models = counts.map(each => jackknife(each, critical));
  return byMeasure((_, m) => {
    const seeds = models.map(model => model[m]);
    if (!seeds.every(isMeasured)) return null;
    const training = deviation(seeds, ({ value }) => value)! ** 2;
    const error = standardError(
      seeds.map(({ deleted }) => deleted),
      training / seeds.length,
      seeds.length - 1,
    );
    return intervalAround(mean(seeds, ({ value }) => value)!, error, confidence, 0);
  });
}

/**
 * One measure of some models less one of others, which may be another measure of the same; with one seed over sentences alone.
 * @param first of each seed; `second` likewise, in the same order
 * @param sweep other methods, of each seed in the same order, that tell training noise with the two; of the second's measure
 */
export function contrast(
  first: readonly SpanCounts[],
  second: readonly SpanCounts[],
  critical: readonly string[],
  [of, less]: readonly [Measure, Measure],
  sweep: readonly (readonly SpanCounts[])[] = [],
  confidence = CONFIDENCE,
): DifferenceOverSeeds {
  for (const method of [second, ...sweep])
    for (const [s, counts] of first.entries()) pairedColumns(counts, method[s], critical);
  const models = [first, second, ...sweep].map((seeds, i) => {
    const m = MEASURES.findIndex(({ key }) => key === (i === 0 ? of : less));
    return seeds.map(counts => jackknife(counts, critical)[m]);
  });
  return compare(models, confidence)[0];
}

/** One measure of one model. */
interface Measured {
  readonly value: number;
  /** By sentence: how the value changes without it, so scaled that the sum of squares is the jackknife's variance. */
  readonly deleted: Float64Array;
}
type MaybeMeasured = Measured | null;

const isMeasured = (measured: MaybeMeasured): measured is Measured => measured !== null;

/** In the order of the measures; `null` where one is not defined, with all sentences or without one of them. */
function jackknife(counts: SpanCounts, critical: readonly string[]): MaybeMeasured[] {
  const columns = columnsOf(counts, critical);
  const { sentences } = counts;
  const totals = columnSums(columns, COLUMNS);
  const scores = scoresOfSums(totals, 0);
  const without = new Float64Array(COLUMNS);
  const values = byMeasure(() => new Float64Array(sentences));
  const undefinedIn = new Set<KnownMeasure>();
  for (let s = 0; s < sentences; s++) {
    for (let k = 0; k < COLUMNS; k++) without[k] = totals[k] - columns[s * COLUMNS + k];
    const left = scoresOfSums(without, 0);
    byMeasure(measure => {
      const value = scores[measure.over].support === 0 ? null : scoreOf(measure, left);
      if (value === null) undefinedIn.add(measure);
      else values[measure.key][s] = value;
    });
  }
  return Object.values(
    byMeasure((measure): MaybeMeasured => {
      const value = scoreOf(measure, scores);
      if (value === null || undefinedIn.has(measure)) return null;
      const all = values[measure.key];
      const center = mean(all)!;
      const scale = Math.sqrt((sentences - 1) / sentences);
      return { value, deleted: all.map(each => scale * (each - center)) };
    }),
  );
}

/** @param models by method, the first of which the others are compared with, and by seed */
function compare(models: readonly (readonly MaybeMeasured[])[], confidence: number): DifferenceOverSeeds[] {
  const [first, ...others] = models;
  const defined = models.flatMap(method => (method.every(isMeasured) ? [method] : []));
  const seeds = first.length;
  const training = (2 * residualMeanSquare(defined.map(method => method.map(({ value }) => value)))) / seeds;
  const freedom = (defined.length - 1) * (seeds - 1);
  return others.map(other => {
    if (!first.every(isMeasured) || !other.every(isMeasured)) return NOTHING;
    const differences = other.map(({ value }, s) => value - first[s].value);
    const error = standardError(
      other.map(({ deleted }, s) => deleted.map((value, i) => value - first[s].deleted[i])),
      training,
      freedom,
    );
    const difference = mean(differences)!;
    return {
      difference,
      interval: intervalAround(difference, error, confidence, -1),
      // The series of the distribution can end a little above ½.
      pValue: pValueOf(difference, error),
      pPermutation: seeds > 1 ? exchanged(differences) : null,
      detectable:
        error &&
        error.value *
          (jStat.studentt.inv(1 - LEVEL / 2, error.freedom) + jStat.studentt.inv(POWER, error.freedom)),
    };
  });
}

function pValueOf(difference: number, error: StandardError | null): number | null {
  if (!error) return difference === 0 ? 1 : null;
  // Rounding takes twice a half above 1.
  return Math.min(1, 2 * jStat.studentt.cdf(-Math.abs(difference) / error.value, error.freedom));
}

const NOTHING: DifferenceOverSeeds = {
  difference: null,
  interval: null,
  pValue: null,
  pPermutation: null,
  detectable: null,
};

/** Of scores by method and seed: what neither the method nor the seed explains. */
function residualMeanSquare(scores: readonly (readonly number[])[]): number {
  const [methods, seeds] = [scores.length, scores[0]?.length ?? 0];
  if (methods < 2 || seeds < 2) return 0;
  const ofMethods = scores.map(values => mean(values)!);
  const ofSeeds = scores[0].map((_, s) => mean(scores, values => values[s])!);
  const all = mean(ofMethods)!;
  const squares = scores.flatMap((values, m) =>
    values.map((value, s) => (value - ofMethods[m] - ofSeeds[s] + all) ** 2),
  );
  return sum(squares) / ((methods - 1) * (seeds - 1));
}

interface StandardError {
  readonly value: number;
  /** Degrees of freedom. */
  readonly freedom: number;
}

/**
 * Of a mean over seeds; `null` where nothing varies.
 * @param deleted by seed and sentence, as in `Measured`
 * @param training the variance of the mean between seeds, which has a share of the sentences' in it
 */
function standardError(
  deleted: readonly Float64Array[],
  training: number,
  freedom: number,
): StandardError | null {
  const [seeds, sentences] = [deleted.length, deleted[0].length];
  let together = 0;
  let apart = 0;
  for (let i = 0; i < sentences; i++) {
    const center = mean(deleted, of => of[i])!;
    together += center ** 2;
    if (seeds > 1) apart += sum(deleted, of => (of[i] - center) ** 2) / (seeds - 1) / seeds;
  }
  // What the seeds' sentences have of their own varies between seeds as well, and is counted once.
  const ofSeeds = Math.max(training, apart);
  const ofSentences = Math.max(0, together - apart);
  const variance = ofSeeds + ofSentences;
  if (!(variance > ROUNDING)) return null;
  return {
    value: Math.sqrt(variance),
    freedom: variance ** 2 / ((seeds > 1 ? ofSeeds ** 2 / freedom : 0) + ofSentences ** 2 / (sentences - 1)),
  };
}

/** A variance of fractions below this is that of rounding. */
const ROUNDING = 1e-24;

function intervalAround(
  center: number,
  error: StandardError | null,
  confidence: number,
  least: -1 | 0,
): Interval {
  const reach = error ? error.value * jStat.studentt.inv((1 + confidence) / 2, error.freedom) : 0;
  return { low: Math.max(least, center - reach), high: Math.min(1, center + reach), confidence };
}

/** How often the mean is at least as large when the two models of a seed may change places, over all ways to do so. */
function exchanged(differences: readonly number[]): number | null {
  if (differences.length > MOST_PERMUTED) return null;
  const ways = 2 ** differences.length;
  const observed = Math.abs(sum(differences));
  let atLeast = 0;
  for (let way = 0; way < ways; way++) {
    const total = sum(differences, (difference, s) => ((way >> s) & 1 ? -difference : difference));
    if (Math.abs(total) >= observed - 1e-12) atLeast++;
  }
  return atLeast / ways;
}
