/**
 * How far the differences of a study can be trusted: each β against the vanilla student, paired on the same test
 * sentences. The unit is the sentence: with several seeds its counts are added up over them, so that the models of all
 * seeds change places together and a sentence that is hard for all of them counts once.
 */
import { readTagColumns, readUtf8File } from '../corpus/conll';
import { countSpans, type SpanCounts } from '../evaluation/scores';
import {
  approximateRandomization,
  type BootstrapInterval,
  type ByMeasure,
  bootstrapDifferences,
  bootstrapIntervals,
  holm,
} from '../evaluation/significance';
import type { CriticalForm, StudyRun } from './study';

/** The measures that decide between models. */
export const MEASURES = ['f1', 'f1Critical', 'coverage'] as const;
export type Measure = (typeof MEASURES)[number];

/** A constrained student less the vanilla one, in one measure. */
export interface Difference {
  /** A fraction, −1 to 1. */
  readonly difference: number | null;
  /** 95 % bootstrap interval of the difference. */
  readonly interval: BootstrapInterval | null;
  /** Two-sided, by approximate randomisation. */
  readonly pValue: number | null;
  /** After Holm's correction over all points of the sweep. */
  readonly adjusted: number | null;
}

/** A point of the sweep against the vanilla student. */
export interface Comparison {
  readonly form: CriticalForm;
  readonly beta: number;
  /** Seeds that both were run with. */
  readonly seeds: readonly number[];
  readonly of: ByMeasure<Difference>;
}

/** Intervals of a model that was run with several seeds, of its counts over all of them. */
export interface PooledIntervals {
  readonly runs: readonly string[];
  readonly of: ByMeasure<BootstrapInterval | null>;
}

type CountsOf = (run: StudyRun) => SpanCounts;

/** Every point of the sweep of one student that was run, against its vanilla student with the same seeds. */
export function compareWithVanilla(
  runs: readonly StudyRun[],
  criticalTypes: readonly string[],
  countsOf: CountsOf,
): Comparison[] {
  const vanilla = new Map(runs.filter(({ role }) => role === 'vanilla').map(run => [run.seed, run]));
  const points = new Map<string, StudyRun[]>();
  for (const run of runs) {
    if (run.role !== 'constrained' || !vanilla.has(run.seed)) continue;
    const key = `${run.form} ${run.beta}`;
    points.set(key, [...(points.get(key) ?? []), run]);
  }
  const tests = [...points.values()].map(point => {
    const ours = addCounts(point.map(countsOf));
    const theirs = addCounts(point.map(({ seed }) => countsOf(vanilla.get(seed)!)));
    return {
      point,
      test: approximateRandomization(theirs, ours, criticalTypes),
      intervals: bootstrapDifferences(theirs, ours, criticalTypes),
    };
  });
  const adjusted = Object.fromEntries(
    MEASURES.map(measure => [measure, holmOf(tests.map(({ test }) => test[measure].pValue))]),
  );
  return tests.map(({ point, test, intervals }, i) => {
    const of = (measure: Measure): Difference => ({
      difference: test[measure].difference,
      interval: intervals[measure],
      pValue: test[measure].pValue,
      adjusted: adjusted[measure][i],
    });
    return {
      form: point[0].form!,
      beta: point[0].beta!,
      seeds: point.map(({ seed }) => seed),
      of: { f1: of('f1'), f1Critical: of('f1Critical'), coverage: of('coverage') },
    };
  });
}

/** Intervals of one model's runs together. */
export function pooledIntervals(
  runs: readonly StudyRun[],
  criticalTypes: readonly string[],
  countsOf: CountsOf,
): PooledIntervals {
  return {
    runs: runs.map(({ id }) => id),
    of: bootstrapIntervals(addCounts(runs.map(countsOf)), criticalTypes),
  };
}

/** The counts of several models on the same sentences, added up sentence by sentence. */
export function addCounts(counts: readonly SpanCounts[]): SpanCounts {
  if (counts.length === 1) return counts[0];
  const types = [...new Set(counts.flatMap(each => each.types))].sort();
  const { sentences } = counts[0];
  const spans = new Int32Array(sentences * types.length * 3);
  const tokens = new Int32Array(sentences * 2);
  for (const each of counts) {
    each.types.forEach((type, from) => {
      const to = types.indexOf(type);
      for (let s = 0; s < sentences; s++)
        for (let k = 0; k < 3; k++)
          spans[(s * types.length + to) * 3 + k] += each.spans[(s * each.types.length + from) * 3 + k];
    });
    each.tokens.forEach((count, i) => {
      tokens[i] += count;
    });
  }
  return { types, sentences, spans, tokens };
}

/** Tests that have no p-value are no part of the family. */
function holmOf(pValues: readonly (number | null)[]): (number | null)[] {
  const given = pValues.flatMap((p, i) => (p === null ? [] : [{ p, i }]));
  const adjusted: (number | null)[] = pValues.map(() => null);
  holm(given.map(({ p }) => p)).forEach((p, k) => {
    adjusted[given[k].i] = p;
  });
  return adjusted;
}

/** Intervals of a run at another confidence than that of its metrics, from its predictions in CoNLL columns. */
export function intervalsOfRun(
  predictionsFile: string,
  criticalTypes: readonly string[],
  confidence: number,
): ByMeasure<BootstrapInterval | null> {
  const sentences = readTagColumns(readUtf8File(predictionsFile), { file: predictionsFile, tagColumns: 2 });
  const [gold, predicted] = [0, 1].map(column => sentences.map(({ columns }) => columns[column]));
  return bootstrapIntervals(countSpans(gold, predicted), criticalTypes, { confidence });
}
