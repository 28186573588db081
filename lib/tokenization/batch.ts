/**
 * Batches of fixed shape: an engine compiles for each shape, so lengths are rounded up to a few buckets and a batch
 * that is not full is filled with empty rows, which attention and losses do not see.
 */
import type { Random } from '../random';
import { type EncodedSentence, IGNORED } from './align';

export { IGNORED };

/** What a model reads of a batch of B sentences padded to S tokens. */
export interface EncodedBatch {
  readonly batchSize: number;
  readonly length: number;
  /** `[B · S]` */
  readonly inputIds: Int32Array;
  /** `[B · S]`: 1 at tokens, 0 at padding. */
  readonly attentionMask: Float32Array;
}

/**
 * Lengths, in pieces, that batches are padded to. On CoNLL-2003, where half of the sentences have at most 15 pieces,
 * padding makes up 17 % of what is computed in training; exact lengths would need six times as many shapes for 6 %.
 */
export const BUCKETS: readonly number[] = [8, 12, 16, 20, 24, 32, 40, 48, 64, 96, 128, 192, 256, 384, 512];

/** The smallest bucket that holds the length, and no more than the longest sequence. */
export function bucketOf(length: number, maxLength: number): number {
  return Math.min(maxLength, BUCKETS.find(bucket => bucket >= length) ?? maxLength);
}

/** Indices of the sentences of each batch, similar lengths together, longest first (memory runs out early if at all). */
export function batchesByLength(sentences: readonly EncodedSentence[], batchSize: number): number[][] {
  return chunk(longestFirst(sentences), batchSize);
}

function longestFirst(sentences: readonly EncodedSentence[]): number[] {
  return sentences
    .map((_, i) => i)
    .sort((a, b) => sentences[b].ids.length - sentences[a].ids.length || a - b);
}

/** What bounds batches that are cut where padding is least. */
export interface BatchCosts {
  /** Most pieces of a batch, padding included; a single sentence may have more. */
  readonly mostPieces: number;
  /** As how many pieces a batch counts of itself, however small. */
  readonly piecesOfBatch: number;
}

/** The same, cut so that the pieces computed, padding included, and what batches cost of themselves are fewest. */
export function batchesOfLeastCost(
  sentences: readonly EncodedSentence[],
  batchSize: number,
  { mostPieces, piecesOfBatch }: BatchCosts,
): number[][] {
  const order = longestFirst(sentences);
  // From the end: the least cost of all sentences from each on, and where its first batch ends.
  const least = new Float64Array(order.length + 1);
  const end = new Int32Array(order.length);
  for (let begin = order.length - 1; begin >= 0; begin--) {
    const { length } = sentences[order[begin]].ids;
    const most = Math.min(batchSize, Math.max(1, Math.floor(mostPieces / length)), order.length - begin);
    least[begin] = Number.POSITIVE_INFINITY;
    for (let size = 1; size <= most; size++) {
      const cost = piecesOfBatch + size * length + least[begin + size];
      if (cost > least[begin]) continue;
      [least[begin], end[begin]] = [cost, begin + size];
    }
  }
  const batches: number[][] = [];
  for (let begin = 0; begin < order.length; begin = end[begin]) batches.push(order.slice(begin, end[begin]));
  return batches;
}

/** Batches in a pool that is sorted by length: enough to waste little padding, few enough to stay random. */
const POOL_BATCHES = 32;

/** The batches of one training epoch: shuffled, then grouped by length within pools, then shuffled again. */
export function shuffledBatches(
  sentences: readonly EncodedSentence[],
  batchSize: number,
  random: Random,
): number[][] {
  const order = random.shuffle(sentences.map((_, i) => i));
  const batches = chunk(order, batchSize * POOL_BATCHES).flatMap(pool =>
    chunk(
      pool.sort((a, b) => sentences[a].ids.length - sentences[b].ids.length),
      batchSize,
    ),
  );
  return random.shuffle(batches);
}

/** Runs of `size` items; the last may be shorter. */
export function chunk<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, i) =>
    items.slice(i * size, (i + 1) * size),
  );
}

/** The given sentences as a batch of `batchSize` rows, padded to `length`. */
export function padBatch(
  sentences: readonly EncodedSentence[],
  batchSize: number,
  length: number,
  padId: number,
): EncodedBatch {
  const inputIds = new Int32Array(batchSize * length).fill(padId);
  const attentionMask = new Float32Array(batchSize * length);
  sentences.forEach(({ ids }, row) => {
    inputIds.set(ids, row * length);
    attentionMask.fill(1, row * length, row * length + ids.length);
  });
  return { batchSize, length, inputIds, attentionMask };
}

/** Gold labels `[B · S]` of a batch: at first pieces, `IGNORED` elsewhere. */
export function batchLabels(
  sentences: readonly EncodedSentence[],
  { batchSize, length }: EncodedBatch,
): Int32Array {
  const labels = new Int32Array(batchSize * length).fill(IGNORED);
  sentences.forEach(({ firstPieces, labels: ids }, row) => {
    firstPieces.forEach((position, word) => {
      labels[row * length + position] = ids[word];
    });
  });
  return labels;
}

/** Spreads values `[words, width]` of each sentence over the first pieces of a batch: `[B · S, width]`, 0 elsewhere. */
export function atFirstPieces(
  sentences: readonly EncodedSentence[],
  values: readonly Float32Array[],
  width: number,
  { batchSize, length }: EncodedBatch,
): Float32Array {
  const spread = new Float32Array(batchSize * length * width);
  sentences.forEach(({ firstPieces }, row) => {
    firstPieces.forEach((position, word) => {
      spread.set(values[row].subarray(word * width, (word + 1) * width), (row * length + position) * width);
    });
  });
  return spread;
}
