/** Scores the tags that stand in files, just as they stand there. */
import type { ByMeasure } from './measures';
import { type OverlapScores, overlapScores } from './overlap';
import { criticalTypes, type PredictionFiles, type Predictions, readPredictions } from './predictions';
import { averagesOf, countSpans, type Ratios, type Scores, type SpanCounts, scoresOfCounts } from './scores';
import { type BootstrapInterval, type BootstrapOptions, bootstrapIntervals } from './significance';
import type { ReadingMode } from './spans';

export interface EvaluationInput extends PredictionFiles {
  /** Default: PER and ORG, the study's, whether or not the files have them. */
  readonly critical?: readonly string[];
  /** Default `lenient`. */
  readonly mode?: ReadingMode;
  /** Scores with credit for overlaps as well. */
  readonly overlap?: { readonly minOverlapPercent?: number };
  /** Bootstrap intervals as well. */
  readonly intervals?: BootstrapOptions;
}

export interface Evaluation extends Scores {
  readonly macro: Ratios;
  readonly weighted: Ratios;
  readonly overlap?: OverlapScores;
  readonly intervals?: ByMeasure<BootstrapInterval | null>;
}

/**
 * The scores of the predictions in files.
 * @returns also the counts that they were made of, which `formatConlleval` prints, and what was read
 * @throws InputError for a file that cannot be read, for what is no tag, for words that differ between the files, and
 * where neither file has a critical type that was asked for.
 */
export function evaluate(input: EvaluationInput): {
  evaluation: Evaluation;
  counts: SpanCounts;
  read: Predictions;
} {
  const {
    file,
    gold: goldFile,
    predicted: predictedFile,
    tagColumn,
    labels,
    mode,
    overlap,
    intervals,
  } = input;
  const read = readPredictions({ file, gold: goldFile, predicted: predictedFile, tagColumn, labels }, mode);
  const { sentences } = read;
  const gold = sentences.map(sentence => sentence.gold);
  const predicted = sentences.map(sentence => sentence.predicted);
  const counts = countSpans(gold, predicted, mode);
  const critical = criticalTypes(input.critical, counts.types, input);
  const scores = scoresOfCounts(counts, critical);
  const evaluation = {
    ...scores,
    ...averagesOf(scores.byType),
    ...(overlap && { overlap: overlapScores(gold, predicted, { ...overlap, mode }) }),
    ...(intervals && { intervals: bootstrapIntervals(counts, critical, intervals) }),
  };
  return { evaluation, counts, read };
}
