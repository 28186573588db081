/**
 * Entity-level precision, recall and F1, by counting spans sentence by sentence: the counts add up, so that the scores
 * of any selection of sentences come from sums.
 */
import { bioReader, checkAligned, type ReadingMode } from './spans';

/** Counts and their ratios (fractions, 0–1). A ratio is `null` where both gold and prediction are empty. */
export interface Score {
  readonly precision: number | null;
  readonly recall: number | null;
  readonly f1: number | null;
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
  const bioOf = bioReader(mode);
  const goldBio = gold.map(bioOf);
  const predictedBio = predicted.map(bioOf);
  const types = typesOf([...goldBio, ...predictedBio]);
  const rowOf = new Map(types.map((type, t) => [`B-${type}`, 3 * t]));
  const stride = 3 * types.length;
  const spans = new Int32Array(gold.length * stride);
  const tokens = new Int32Array(gold.length * 2);
  for (let s = 0; s < gold.length; s++) {
    countSentence(goldBio[s], predictedBio[s], rowOf, spans, s * stride);
    tokens[2 * s] = gold[s].length;
    tokens[2 * s + 1] = countEqual(gold[s], predicted[s]);
  }
  return { types, sentences: gold.length, spans, tokens };
}

/**
 * The scores of counts.
 * @param selection indices of sentences, each counted as often as it is listed (as a bootstrap draws them); default all.
 */
export function scoresOfCounts(
  counts: SpanCounts,
  critical: readonly string[],
  selection?: Iterable<number>,
): Scores {
  const { types } = counts;
  const stride = 3 * types.length;
  const sums = new Float64Array(stride);
  const tokenSums = [0, 0];
  for (const s of selection ?? Array(counts.sentences).keys()) {
    for (let k = 0; k < stride; k++) sums[k] += counts.spans[s * stride + k];
    tokenSums[0] += counts.tokens[2 * s];
    tokenSums[1] += counts.tokens[2 * s + 1];
  }
  const scoreOf = (indices: readonly number[]): Score => {
    const [support, predicted, correct] = [0, 1, 2].map(k =>
      indices.reduce((sum, t) => sum + sums[3 * t + k], 0),
    );
    return score(support, predicted, correct);
  };
  const all = types.map((_, t) => t);
  const ofCritical = scoreOf(all.filter(t => critical.includes(types[t])));
  return {
    overall: scoreOf(all),
    byType: Object.fromEntries(types.map((type, t) => [type, scoreOf([t])])),
    critical: ofCritical,
    coverage: ofCritical.recall,
    accuracy: tokenSums[0] === 0 ? null : tokenSums[1] / tokenSums[0],
  };
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
 * Adds up the spans of a sentence in `counts`, from `at` on. It walks through gold and prediction at once: a span is
 * correct where both begin at one token with one type and both end at one token.
 */
function countSentence(
  gold: readonly string[],
  predicted: readonly string[],
  rowOf: ReadonlyMap<string, number>,
  counts: Int32Array,
  at: number,
): void {
  /** Where the counts of the type are that gold and prediction began together; −1 where they did not. */
  let together = -1;
  for (let i = 0; i <= gold.length; i++) {
    const g = i < gold.length ? gold[i] : 'O';
    const p = i < gold.length ? predicted[i] : 'O';
    const goldGoesOn = g.charCodeAt(0) === INSIDE;
    const predictedGoesOn = p.charCodeAt(0) === INSIDE;
    if (together >= 0) {
      if (!goldGoesOn && !predictedGoesOn) counts[together + 2]++;
      if (!goldGoesOn || !predictedGoesOn) together = -1;
    }
    if (g !== 'O' && !goldGoesOn) {
      const row = at + rowOf.get(g)!;
      counts[row]++;
      if (g === p) together = row;
    }
    if (p !== 'O' && !predictedGoesOn) counts[at + rowOf.get(p)! + 1]++;
  }
}

const INSIDE = 'I'.charCodeAt(0);

function countEqual(a: readonly string[], b: readonly string[]): number {
  let equal = 0;
  for (let i = 0; i < a.length; i++) if (a[i] === b[i]) equal++;
  return equal;
}

/** The types of entities, by name. */
function typesOf(bio: Iterable<readonly string[]>): string[] {
  const begins = new Set<string>();
  for (const tags of bio) for (const tag of tags) if (tag.charCodeAt(0) === BEGIN) begins.add(tag);
  return [...begins].map(tag => tag.slice(2)).sort();
}

const BEGIN = 'B'.charCodeAt(0);
