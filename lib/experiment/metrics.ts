/**
 * The scores of a run, derived from the predictions that it keeps. They are cached in `metrics.json` together with what they
 * were derived by, and derived anew where that has changed: so a new measure is there for every run of the past.
 */
import { readPredictions } from '../evaluation/predictions';
import {
  countSentences,
  type Scores,
  scoresOfCounts,
  scoresOfTotals,
  type TotalCounts,
} from '../evaluation/scores';
import { bootstrapIntervals } from '../evaluation/significance';
import { numberOfParameters } from './model-size';
import type { GivenConfig, RunConfig } from './run-config';
import { scoringDigest } from './source-digest';
import type { RunIntervals } from './study';

/** `metrics.json`: nothing in it depends on the clock or on chance, so that two runs of one id are equal in bytes. */
export interface RunMetrics {
  /** `null` of a teacher of which only logits were given. */
  readonly parameters: number | null;
  readonly validation: Scores;
  readonly test: Scores;
  readonly intervals: RunIntervals;
  /** On validation, after each epoch. */
  readonly epochs: readonly Scores[];
  /** What the longest sequence cut off in the test part. */
  readonly truncated: { readonly words: number; readonly entities: number };
  /** What else bears on the scores, in sentences: what of the corpus was made up, skipped or cut off. */
  readonly notes: readonly string[];
  /** What they hold for: the critical types, and a digest of the code that derived them. */
  readonly derived: { readonly criticalTypes: readonly string[]; readonly by: string };
}

export { scoresOfTotals, type TotalCounts, totalCounts } from '../evaluation/scores';

/** `training.json`: what happened in training that its other files do not say. */
export interface TrainingRecord {
  /** That it was trained with; `null` where it was not trained here. */
  readonly threads: number | null;
  /** Counts on validation after each epoch. */
  readonly epochs: readonly TotalCounts[];
  readonly truncated: RunMetrics['truncated'];
  readonly notes: RunMetrics['notes'];
  /** Number of scalar parameters, of a model that is none of this library; `null` where it is not known. */
  readonly parameters?: number | null;
}

/** What `metrics.json` must say to be read; the order of critical types is no matter. */
export function derivation(criticalTypes: readonly string[]): RunMetrics['derived'] {
  return { criticalTypes: [...criticalTypes].sort(), by: scoringDigest() };
}

/** @param predictions files in CoNLL columns with gold and predicted tags, as a run keeps them */
export function deriveMetrics(
  predictions: Readonly<Record<'validation' | 'test', string>>,
  { model }: Pick<RunConfig | GivenConfig, 'model'>,
  { epochs, truncated, notes, parameters = null }: TrainingRecord,
  criticalTypes: readonly string[],
): RunMetrics {
  const derived = derivation(criticalTypes);
  const counts = {
    validation: countSentences(readPredictions({ file: predictions.validation }).sentences),
    test: countSentences(readPredictions({ file: predictions.test }).sentences),
  };
  return {
    parameters: model ? numberOfParameters(model) : parameters,
    validation: scoresOfCounts(counts.validation, derived.criticalTypes),
    test: scoresOfCounts(counts.test, derived.criticalTypes),
    intervals: {
      validation: bootstrapIntervals(counts.validation, derived.criticalTypes),
      test: bootstrapIntervals(counts.test, derived.criticalTypes),
    },
    epochs: epochs.map(totals => scoresOfTotals(totals, derived.criticalTypes)),
    truncated,
    notes,
    derived,
  };
}
