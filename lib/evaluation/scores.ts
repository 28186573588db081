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
  /**
   * `[rows, 5]`: sentence and type, both counted from 0, and their gold, predicted and correct spans. A sentence has rows of
   * no other types than its own; rows of the same sentence and type add up.
   */
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
  const rows: number[] = [];
  /** Where the last row of each type stands, by its id; those before `firstRow` are of earlier sentences. */
  const rowOfType: number[] = [];
  let firstRow = 0;
  const tokens = new Int32Array(gold.length * 2);
  let sentence = 0;
  const count = (type: number, which: 0 | 1 | 2): void => {
    if (!(rowOfType[type] >= firstRow)) {
      rowOfType[type] = rows.length;
      rows.push(sentence, type, 0, 0, 0);
    }
    rows[rowOfType[type] + 2 + which]++;
  };
  /** Ends and types of the gold spans, by where they start, and the sentence that they are of. */
  const ends: number[] = [];
  const typeIds: number[] = [];
  const sentenceOf: number[] = [];
  const onGold = (type: number, start: number, end: number): void => {
    count(type, 0);
    ends[start] = end;
    typeIds[start] = type;
    sentenceOf[start] = sentence;
  };
  const onPredicted = (type: number, start: number, end: number): void => {
    count(type, 1);
    if (sentenceOf[start] === sentence && ends[start] === end && typeIds[start] === type) count(type, 2);
  };
  for (; sentence < gold.length; sentence++) {
    firstRow = rows.length;
    reader.read(gold[sentence], onGold);
    reader.read(predicted[sentence], onPredicted);
    tokens[2 * sentence] = gold[sentence].length;
    tokens[2 * sentence + 1] = countEqual(gold[sentence], predicted[sentence]);
  }

  const types = reader.types.filter((_, id) => rowOfType[id] !== undefined).sort();
  const places = new Map(types.map((type, t) => [type, t]));
  const spans = Int32Array.from(rows);
  for (let row = 0; row < spans.length; row += ROW) spans[row + 1] = places.get(reader.types[rows[row + 1]])!;
  return { types, sentences: gold.length, spans, tokens };
}

/** Numbers in a row of `SpanCounts`. */
export const ROW = 5;

/** Counts of spans over all sentences: `[types, 3]` gold, predicted, correct; tokens, and those whose tag is right. */
export interface TotalCounts {
  readonly types: readonly string[];
  readonly spans: readonly number[];
  readonly tokens: readonly number[];
}

export function totalCounts({ types, spans, tokens }: SpanCounts): TotalCounts {
  const sums = new Array<number>(3 * types.length).fill(0);
  for (let row = 0; row < spans.length; row += ROW)
    for (let k = 0; k < 3; k++) sums[3 * spans[row + 1] + k] += spans[row + 2 + k];
  return { types, spans: sums, tokens: Array.from(columnSums(tokens, 2)) };
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
  return scoresOfTotals(totalCounts(counts), critical);
}

export function scoresOfTotals(counts: TotalCounts, critical: readonly string[]): Scores {
  const { types, spans: sums } = counts;
  const [tokens, rightTokens] = counts.tokens;
  const scoreOf = (indices: readonly number[]): Score => {
    const [support, predicted, correct] = [0, 1, 2].map(k => sum(indices, t => sums[3 * t + k]));
    return score(support, predicted, correct);
  };
  const all = types.map((_, t) => t);
  const isCritical = new Set(critical);
  const ofCritical = scoreOf(all.filter(t => isCritical.has(types[t])));
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
