/**
 * How far the differences of a study can be trusted: each β against the vanilla student, paired on the same test
 * sentences. The unit is the sentence: with several seeds its counts are added up over them, so that the models of all
 * seeds change places together and a sentence that is hard for all of them counts once.
 */
import { readPredictions } from '../evaluation/predictions';
import { countSentences, type SpanCounts } from '../evaluation/scores';
import {
  type BootstrapInterval,
  type ByMeasure,
  bootstrapIntervals,
  corrected,
  MEASURES,
  pairedDifferences,
} from '../evaluation/significance';
import type { Comparison, PooledIntervals, StudyRun } from './study';

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
    return { point, differences: pairedDifferences(theirs, ours, criticalTypes) };
  });
  const [f1, f1Critical, coverage] = MEASURES.map(measure =>
    corrected(tests.map(({ differences }) => differences[measure])),
  );
  return tests.map(({ point }, i) => ({
    form: point[0].form!,
    beta: point[0].beta!,
    seeds: point.map(({ seed }) => seed),
    of: { f1: f1[i], f1Critical: f1Critical[i], coverage: coverage[i] },
  }));
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

/** Intervals of a run at another confidence than that of its metrics, from its predictions in CoNLL columns. */
export function intervalsOfRun(
  predictionsFile: string,
  criticalTypes: readonly string[],
  confidence: number,
): ByMeasure<BootstrapInterval | null> {
  const sentences = readPredictions({ file: predictionsFile });
  return bootstrapIntervals(countSentences(sentences), criticalTypes, { confidence });
}
