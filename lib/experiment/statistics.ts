/**
 * How far the differences of a study can be trusted: each β against the vanilla student, paired on the same test
 * sentences. The unit is the sentence: with several seeds its counts are added up over them, so that the models of all
 * seeds change places together and a sentence that is hard for all of them counts once.
 */
import { group, sum } from 'd3-array';
import { type ByMeasure, byMeasure } from '../evaluation/measures';
import { readPredictions } from '../evaluation/predictions';
import { countSentences, ROW, type SpanCounts } from '../evaluation/scores';
import {
  type BootstrapInterval,
  bootstrapIntervals,
  type CorrectedDifference,
  corrected,
  type PairedDifference,
  pairedDifferences,
} from '../evaluation/significance';
import {
  type Comparison,
  gatherSeeds,
  type PooledIntervals,
  type QuantizationEffect,
  type StudyRun,
} from './study';

type CountsOf = (run: StudyRun) => SpanCounts;

/** Every loss that one student was distilled with, against its vanilla student with the same seeds. */
export function compareWithVanilla(
  runs: readonly StudyRun[],
  criticalTypes: readonly string[],
  countsOf: CountsOf,
): Comparison[] {
  const vanilla = new Map(runs.filter(({ role }) => role === 'vanilla').map(run => [run.seed, run]));
  const distilled = runs.filter(({ form, seed }) => form !== null && vanilla.has(seed));
  const points = [...group(distilled, ({ form, beta }) => `${form} ${beta}`).values()];
  const tests = points.map(point => {
    const ours = addCounts(point.map(countsOf));
    const theirs = addCounts(point.map(({ seed }) => countsOf(vanilla.get(seed)!)));
    return { point, differences: pairedDifferences(theirs, ours, criticalTypes) };
  });
  const family = correctedTogether(tests.map(({ differences }) => differences));
  return tests.map(({ point }, i) => ({
    form: point[0].form!,
    beta: point[0].beta,
    seeds: point.map(({ seed }) => seed),
    of: family[i],
  }));
}

/** Every model in 8 bits against the same runs as they were trained. */
export function compareWithFloat(
  quantized: readonly StudyRun[],
  runs: readonly StudyRun[],
  criticalTypes: readonly string[],
  countsOf: CountsOf,
): QuantizationEffect[] {
  const trained = new Map(runs.map(run => [run.id, run]));
  const models = gatherSeeds(quantized);
  const differences = models.map(model => {
    const before = addCounts(model.map(({ id }) => countsOf(trained.get(id)!)));
    return pairedDifferences(before, addCounts(model.map(countsOf)), criticalTypes);
  });
  const family = correctedTogether(differences);
  return models.map((model, i) => ({ runs: model.map(({ id }) => id), of: family[i] }));
}

/** Differences of several models, each measure a family of tests. */
function correctedTogether(models: readonly ByMeasure<PairedDifference>[]): ByMeasure<CorrectedDifference>[] {
  const family = byMeasure(({ key }) => corrected(models.map(differences => differences[key])));
  return models.map((_, i) => byMeasure(({ key }) => family[key][i]));
}

/** Intervals of one model's runs together. */
export function pooledIntervals(
  runs: readonly StudyRun[],
  criticalTypes: readonly string[],
  countsOf: CountsOf,
): PooledIntervals {
  return {
    runs: runs.map(({ id }) => id),
    precision: runs[0].precision,
    of: bootstrapIntervals(addCounts(runs.map(countsOf)), criticalTypes),
  };
}

/** The counts of several models on the same sentences, together. */
export function addCounts(counts: readonly SpanCounts[]): SpanCounts {
  if (counts.length === 1) return counts[0];
  const types = [...new Set(counts.flatMap(each => each.types))].sort();
  const places = new Map(types.map((type, t) => [type, t]));
  const { sentences } = counts[0];
  const spans = new Int32Array(sum(counts, each => each.spans.length));
  const tokens = new Int32Array(sentences * 2);
  let next = 0;
  for (const each of counts) {
    const typeOf = each.types.map(type => places.get(type)!);
    spans.set(each.spans, next);
    for (let row = next; row < next + each.spans.length; row += ROW) spans[row + 1] = typeOf[spans[row + 1]];
    next += each.spans.length;
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
  const { sentences } = readPredictions({ file: predictionsFile });
  return bootstrapIntervals(countSentences(sentences), criticalTypes, { confidence });
}
