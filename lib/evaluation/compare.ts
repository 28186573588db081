/** Two models on one test set: both scores, how sure the difference is, and which critical facts one has and the other has not. */

import type { FileOptions } from '../corpus/formats';
import { InputError } from '../errors';
import type { ScoredSentence } from './errors';
import { type FactCountsRow, type FactRow, factCounts, factsTable } from './facts';
import { type ByMeasure, byMeasure, MEASURES, scoreOf } from './measures';
import { checkReadOnce, checkSameWords, type Predictions, readModels, readPredictions } from './predictions';
import { countSpans, type Scores, scoresOfCounts } from './scores';
import {
  type BootstrapOptions,
  type CorrectedDifference,
  corrected,
  pairedDifferences,
} from './significance';
import type { ReadingMode } from './spans';

/** One measure of the two models; fractions. All measures are tested together. */
export interface Difference extends CorrectedDifference {
  readonly first: number | null;
  readonly second: number | null;
}

export interface Comparison {
  readonly first: Scores;
  readonly second: Scores;
  readonly differences: ByMeasure<Difference>;
  readonly factCounts: readonly FactCountsRow[];
  /** Every gold critical entity; `teacher` is the first model, `student` the second. */
  readonly facts: readonly FactRow[];
}

export interface CompareOptions extends BootstrapOptions {
  readonly critical: readonly string[];
  /** Default `lenient`. */
  readonly mode?: ReadingMode;
}

/**
 * Compares what two models made of the same sentences.
 * @throws InputError as `scores` and `approximateRandomization` do.
 */
export function compareModels(
  first: readonly ScoredSentence[],
  second: readonly ScoredSentence[],
  { critical, mode, ...resampling }: CompareOptions,
): Comparison {
  const gold = first.map(sentence => sentence.gold);
  const [a, b] = [first, second].map(sentences => sentences.map(({ predicted }) => predicted));
  const [countsA, countsB] = [a, b].map(predicted => countSpans(gold, predicted, mode));
  const [scoresA, scoresB] = [countsA, countsB].map(counts => scoresOfCounts(counts, critical));
  const found = pairedDifferences(countsA, countsB, critical, resampling);
  const tested = corrected(MEASURES.map(({ key }) => found[key]));
  const facts = factsTable(
    { words: first.map(({ words }) => words), gold, teacher: a, student: b },
    critical,
    mode,
  );
  return {
    first: scoresA,
    second: scoresB,
    differences: byMeasure((measure, m) => ({
      first: scoreOf(measure, scoresA),
      second: scoreOf(measure, scoresB),
      ...tested[m],
    })),
    factCounts: factCounts(facts),
    facts,
  };
}

/**
 * The predictions of two models, from files with predicted tags in the last column and one with the gold tags; or, without
 * it, from files that have gold and predicted tags in their last two columns.
 * @throws InputError `file:line: …` as `readPredictions` does, and where the two have not the same words and gold tags.
 */
export function readPair(
  files: readonly [string, string],
  gold: string | undefined,
  mode?: ReadingMode,
  reading: Pick<FileOptions, 'tagColumn' | 'labels'> = {},
): [Predictions, Predictions] {
  if (gold !== undefined) return readModels(gold, files, { mode, ...reading }) as [Predictions, Predictions];
  checkReadOnce(files);
  const [first, second] = files.map(file => readPredictions({ file, ...reading }, mode));
  checkSameWords(first.sentences, second.sentences, files);
  first.sentences.forEach((sentence, s) => {
    const other = second.sentences[s];
    const at = sentence.gold.findIndex((tag, i) => tag !== other.gold[i]);
    if (at >= 0)
      throw new InputError(
        `${files[1]}:${other.lines[at]}: found the gold tag "${other.gold[at]}", expected ` +
          `"${sentence.gold[at]}" as in ${files[0]}:${sentence.lines[at]}`,
      );
  });
  return [first, second];
}
