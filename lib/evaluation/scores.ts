/**
 * Entity-level precision, recall and F1, by counting spans sentence by sentence: the counts add up, so that they are
 * drawn, exchanged and pooled instead of the sentences.
 */
import { sum } from 'd3-array';
import { checkAligned, type ReadingMode, SpanReader } from './spans';

/** Fractions; `null` where both gold and prediction are empty. */
export interface Ratios {
  readonly precision: number | null;
  readonly recall: number | null;
  readonly f1: number | null;
}

/** Counts and their ratios. */
export interface Score extends Ratios {
  /** Gold spans. */
  readonly support: number;
  /** Predicted spans. */
  readonly predicted: number;
  /** Spans that are in both, with the same type, start and end. */
  readonly correct: number;
}

/** What `evaluate` says of one set of predictions; also what a run keeps in `metrics.json`. */
export interface Scores {
  readonly overall: Score;
  readonly byType: Readonly<Record<string, Score>>;
  readonly critical: Score;
  /** Recovered ÷ gold critical spans. */
  readonly coverage: number | null;
  /** Share of tokens whose tag is right. */
  readonly accuracy: number | null;
}

export interface ScoreOptions {
  /** The entity types whose loss hurts, over which `critical` and `coverage` are taken. */
  readonly critical: readonly string[];
  /** Default `lenient`. */
  readonly mode?: ReadingMode;
}

/**
 * Entity-level scores of predictions, micro-averaged over all sentences. A span is right where its type, start and end
 * are (CoNLL-2003 shared task, Tjong Kim Sang and De Meulder 2003).
 * @param gold one sequence of tags a sentence; `predicted` likewise.
 * @throws InputError where gold and prediction differ in length, or for what is no tag.
 */
export function scores(
  gold: readonly (readonly string[])[],
  predicted: readonly (readonly string[])[],
  options: ScoreOptions,
): Scores {
  return scoresOfCounts(countSpans(gold, predicted, options.mode), options.critical);
}

/** Counts of spans of every sentence: sums over any selection of sentences are the counts of that selection. */
export interface SpanCounts {
  /** Types that occur in gold or prediction, by name. */
  readonly types: readonly string[];
  readonly sentences: number;
  /** `[sentences, types, 3]`: gold, predicted and correct spans. */
  readonly spans: Int32Array;
  /** `[sentences, 2]`: tokens, and tokens whose tag is right. */
  readonly tokens: Int32Array;
}

/** Counts gold, predicted and correct spans in every sentence; throws as `scores` does. */
export function countSpans(
  gold: readonly (readonly string[])[],
  predicted: readonly (readonly string[])[],
  mode: ReadingMode = 'lenient',
): SpanCounts {
  checkAligned(gold, predicted);
  const reader = new SpanReader(mode);
  /** Triples: the sentence, the id of the type, and which of the three counts grows. */
  const found: number[] = [];
  const tokens = new Int32Array(gold.length * 2);
  let sentence = 0;
  /** Ends and types of the sentence's gold spans, by where they start. */
  const ends: number[] = [];
  const typeIds: number[] = [];
  const onGold = (type: number, start: number, end: number): void => {
    found.push(sentence, type, 0);
    ends[start] = end;
    typeIds[start] = type;
  };
  const onPredicted = (type: number, start: number, end: number): void => {
    found.push(sentence, type, 1);
    if (ends[start] === end && typeIds[start] === type) found.push(sentence, type, 2);
  };
  for (; sentence < gold.length; sentence++) {
    ends.fill(0);
    reader.read(gold[sentence], onGold);
    reader.read(predicted[sentence], onPredicted);
    tokens[2 * sentence] = gold[sentence].length;
    tokens[2 * sentence + 1] = countEqual(gold[sentence], predicted[sentence]);
  }

  const ids = [...new Set(found.filter((_, i) => i % 3 === 1))];
  const types = ids.map(id => reader.types[id]).sort();
  const stride = 3 * types.length;
  const columns = reader.types.map(type => 3 * types.indexOf(type));
  const spans = new Int32Array(gold.length * stride);
  for (let i = 0; i < found.length; i += 3) spans[found[i] * stride + columns[found[i + 1]] + found[i + 2]]++;
  return { types, sentences: gold.length, spans, tokens };
}

/** `countSpans` of sentences that have both. */
export function countSentences(
  sentences: readonly { readonly gold: readonly string[]; readonly predicted: readonly string[] }[],
  mode?: ReadingMode,
): SpanCounts {
  const gold = sentences.map(sentence => sentence.gold);
  const predicted = sentences.map(sentence => sentence.predicted);
  return countSpans(gold, predicted, mode);
}

/** The scores of counts. */
export function scoresOfCounts(counts: SpanCounts, critical: readonly string[]): Scores {
  const { types } = counts;
  const sums = columnSums(counts.spans, 3 * types.length);
  const [tokens, rightTokens] = columnSums(counts.tokens, 2);
  const scoreOf = (indices: readonly number[]): Score => {
    const [support, predicted, correct] = [0, 1, 2].map(k => sum(indices, t => sums[3 * t + k]));
    return score(support, predicted, correct);
  };
  const all = types.map((_, t) => t);
  const ofCritical = scoreOf(all.filter(t => critical.includes(types[t])));
  return {
    overall: scoreOf(all),
    byType: Object.fromEntries(types.map((type, t) => [type, scoreOf([t])])),
    critical: ofCritical,
    coverage: ofCritical.recall,
    accuracy: tokens === 0 ? null : rightTokens / tokens,
  };
}

/** The sums of the columns of numbers that lie row by row. */
export function columnSums(values: Int32Array, columns: number): Float64Array {
  const sums = new Float64Array(columns);
  for (let i = 0; i < values.length; i++) sums[i % columns] += values[i];
  return sums;
}

/** Precision, recall and F1 of counts: `null` where there is neither gold nor prediction, 0 where one is missing. */
export function score(support: number, predicted: number, correct: number): Score {
  const empty = support === 0 && predicted === 0;
  return {
    precision: empty ? null : predicted === 0 ? 0 : correct / predicted,
    recall: empty ? null : support === 0 ? 0 : correct / support,
    // The harmonic mean of correct/predicted and correct/support.
    f1: empty ? null : (2 * correct) / (support + predicted),
    support,
    predicted,
    correct,
  };
}

/**
 * The other averages of seqeval beside the micro-average, which is `overall`: `macro` gives each type of gold or prediction the
 * same weight, `weighted` its number of gold spans; that is 0 for a type that only the prediction has. `null` where there is no type.
 */
export function averagesOf(byType: Scores['byType']): { macro: Ratios; weighted: Ratios } {
  const ofTypes = Object.values(byType).filter(({ support, predicted }) => support + predicted > 0);
  const average = (weightOf: (of: Score) => number): Ratios => {
    const weight = sum(ofTypes, weightOf);
    const mean = (ratio: keyof Ratios): number | null => {
      if (ofTypes.length === 0) return null;
      return weight === 0 ? 0 : sum(ofTypes, of => weightOf(of) * of[ratio]!) / weight;
    };
    return { precision: mean('precision'), recall: mean('recall'), f1: mean('f1') };
  };
  return { macro: average(() => 1), weighted: average(of => of.support) };
}

function countEqual(a: readonly string[], b: readonly string[]): number {
  let equal = 0;
  for (let i = 0; i < a.length; i++) if (a[i] === b[i]) equal++;
  return equal;
}
