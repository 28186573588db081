/**
 * The measures that decide between models, each once: tables, figures, intervals, tests, comparisons and bounds are made
 * for every entry of this list. To add a measure, add an entry.
 */
import type { Score } from './scores';

/** One measure: a number from 0 to 1 of the entities of all types, or of the critical ones. */
interface MeasureDefinition {
  /** Its field in JSON and in results. */
  readonly key: string;
  /** What its columns in tables and, with hyphens, its flags are made of. */
  readonly name: string;
  /** For people. */
  readonly title: string;
  /** Within a sentence, where `title` alone could be taken for another. */
  readonly long: string;
  /** In figures, with HTML for what is set low; the unit is put behind. */
  readonly figureTitle: string;
  /** Fractions are shown in this unit, which ends the names of columns. */
  readonly unit: 'percent';
  readonly better: 'higher' | 'lower';
  /** The types whose entities count. Where gold has none of them, two models do not differ. */
  readonly over: 'overall' | 'critical';
  /** Of counts and ratios; `null` where it is not defined (see `score`). */
  readonly value: (score: Score) => number | null;
  /** Figures of the paper that have a panel of it: 1 and 2 compare models, 4 sweeps over β. */
  readonly figures: readonly (1 | 2 | 4)[];
}

const LIST = [
  {
    key: 'f1',
    name: 'f1',
    title: 'F1',
    long: 'F1 over all types',
    figureTitle: 'F1, all types',
    unit: 'percent',
    better: 'higher',
    over: 'overall',
    value: score => score.f1,
    figures: [1, 4],
  },
  {
    key: 'f1Critical',
    name: 'f1_critical',
    title: 'F1_critical',
    long: 'F1_critical',
    figureTitle: 'F1<sub>critical</sub>',
    unit: 'percent',
    better: 'higher',
    over: 'critical',
    value: score => score.f1,
    figures: [2, 4],
  },
  {
    key: 'coverage',
    name: 'coverage',
    title: 'Coverage',
    long: 'Coverage',
    figureTitle: 'Coverage',
    unit: 'percent',
    better: 'higher',
    over: 'critical',
    // The share of gold critical entities that are found exactly.
    value: score => score.recall,
    figures: [2],
  },
] as const satisfies readonly MeasureDefinition[];

export type Measure = (typeof LIST)[number]['key'];
export type MeasureName = (typeof LIST)[number]['name'];

/** An entry of the list. */
export interface KnownMeasure extends MeasureDefinition {
  readonly key: Measure;
  readonly name: MeasureName;
}

export const MEASURES: readonly KnownMeasure[] = LIST;

/** The measure that decides where one must: the choice of β, the best model, the Pareto front. */
export const DECIDING: Measure = 'f1Critical';

/** One thing for each measure. */
export type ByMeasure<T> = Readonly<Record<Measure, T>>;

/** What `make` gives for each measure; `index` is its place in `MEASURES`. */
export function byMeasure<T>(make: (measure: KnownMeasure, index: number) => T): ByMeasure<T> {
  return Object.fromEntries(MEASURES.map((measure, i) => [measure.key, make(measure, i)])) as Record<
    Measure,
    T
  >;
}

const BY_KEY = byMeasure(measure => measure);

export function measureOf(key: Measure): KnownMeasure {
  return BY_KEY[key];
}

/** Scores over all types and over the critical ones. */
export type MeasuredScores = Readonly<Record<MeasureDefinition['over'], Score>>;

/** The value of a measure, a fraction. */
export function scoreOf({ over, value }: KnownMeasure, scores: MeasuredScores): number | null {
  return value(scores[over]);
}

/** The same number for either direction: the more the better. What is not defined is worse than any value. */
export function merit({ better }: KnownMeasure, value: number | null): number {
  if (value === null) return -2;
  return better === 'higher' ? value : -value;
}

/** The end of an interval that lies on the worse side: what a bound is held against. */
export function worseEnd(
  { better }: KnownMeasure,
  { low, high }: { readonly low: number; readonly high: number },
): number {
  return better === 'higher' ? low : high;
}

/** By how much a value misses a bound: 0 where it keeps it. A value that is not defined counts as the worst. */
export function shortfall({ better }: KnownMeasure, value: number | null, bound: number): number {
  return Math.max(0, better === 'higher' ? bound - (value ?? 0) : (value ?? 1) - bound);
}
