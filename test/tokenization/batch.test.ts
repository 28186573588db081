/** Batches: their shapes, which sentences stand in them, and what is spread over their tokens. */
import fc from 'fast-check';
import { Random } from 'ner-distill/random';
import type { EncodedSentence } from 'ner-distill/tokenization/align';
import {
  atFirstPieces,
  BUCKETS,
  batchesByLength,
  batchesOfLeastCost,
  batchLabels,
  bucketOf,
  IGNORED,
  padBatch,
  shuffledBatches,
} from 'ner-distill/tokenization/batch';
import { describe, expect, it } from 'vitest';

/** A sentence of words with so many pieces each; ids count up from 10, labels from 0. */
function sentenceOf(pieces: readonly number[]): EncodedSentence {
  const ids = [2];
  const firstPieces: number[] = [];
  for (const count of pieces) {
    firstPieces.push(ids.length);
    for (let i = 0; i < count; i++) ids.push(10 + ids.length);
  }
  return {
    ids: Int32Array.from([...ids, 3]),
    firstPieces: Int32Array.from(firstPieces),
    labels: Int32Array.from(pieces.map((_, word) => word)),
  };
}

const anySentence = fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 6 }).map(sentenceOf);
const someSentences = fc.array(anySentence, { minLength: 1, maxLength: 5 });
const sentencesOfLengths = (lengths: readonly number[]) =>
  lengths.map(length => sentenceOf(length > 2 ? [length - 2] : []));

describe('lengths', () => {
  it.each([
    [1, 128, 8],
    [8, 128, 8],
    [16, 128, 16],
    [17, 128, 20],
    [25.3, 128, 32],
    [97, 128, 128],
    [65, 80, 80],
    [9, 12, 12],
    [513, 600, 600],
  ])('a length of %f with at most %i is padded to %i', (length, maxLength, bucket) => {
    expect(bucketOf(length, maxLength)).toBe(bucket);
  });

  it('fall into buckets that grow', () => {
    expect([...BUCKETS].sort((a, b) => a - b)).toEqual([...BUCKETS]);
  });
});

describe('a padded batch', () => {
  const sentences = [sentenceOf([1, 2]), sentenceOf([1])];
  const batch = padBatch(sentences, 3, 6, 7);

  it('has a fixed shape, the padding token after each sentence, and empty rows at the end', () => {
    expect([batch.batchSize, batch.length]).toEqual([3, 6]);
    // biome-ignore format: a row a line
    expect([...batch.inputIds]).toEqual([
      2, 11, 12, 13, 3, 7,
      2, 11, 3, 7, 7, 7,
      7, 7, 7, 7, 7, 7,
    ]);
    // biome-ignore format: a row a line
    expect([...batch.attentionMask]).toEqual([
      1, 1, 1, 1, 1, 0,
      1, 1, 1, 0, 0, 0,
      0, 0, 0, 0, 0, 0,
    ]);
  });

  it('has labels at first pieces only, −100 everywhere else', () => {
    expect(IGNORED).toBe(-100);
    const none = IGNORED;
    // biome-ignore format: a row a line
    expect([...batchLabels(sentences, batch)]).toEqual([
      none, 0, 1, none, none, none,
      none, 0, none, none, none, none,
      none, none, none, none, none, none,
    ]);
  });

  it('has as many labels as its sentences have words', () => {
    fc.assert(
      fc.property(someSentences, some => {
        const gold = batchLabels(some, padBatch(some, 6, 32, 0));
        const words = some.reduce((sum, { firstPieces }) => sum + firstPieces.length, 0);
        expect(gold.filter(label => label !== IGNORED)).toHaveLength(words);
      }),
    );
  });
});

describe('values at first pieces', () => {
  it('stand where the labels stand, 0 elsewhere', () => {
    const sentences = [sentenceOf([2, 1])];
    const batch = padBatch(sentences, 2, 5, 0);
    // biome-ignore format: a token a line
    expect([...atFirstPieces(sentences, [Float32Array.of(1, 2, 3, 4)], 2, batch)]).toEqual([
      0, 0,  1, 2,  0, 0,  3, 4,  0, 0,
      0, 0,  0, 0,  0, 0,  0, 0,  0, 0,
    ]);
  });
});

describe('the sentences of batches', () => {
  const lengths = fc.array(fc.integer({ min: 2, max: 40 }), { minLength: 1, maxLength: 300 });
  const batchSize = fc.integer({ min: 1, max: 9 });

  it('by length are the longest first, equal ones in their order', () => {
    const sentences = sentencesOfLengths([3, 9, 5, 9, 2]);
    expect(batchesByLength(sentences, 2)).toEqual([[1, 3], [2, 0], [4]]);
  });

  it('are cut where padding costs more than another batch', () => {
    const sentences = sentencesOfLengths([3, 9, 5, 9, 2]);
    const cut = (mostPieces: number, piecesOfBatch: number, size = 4) =>
      batchesOfLeastCost(sentences, size, { mostPieces, piecesOfBatch });
    // Batches for nothing: no padding at all. Dear batches: as few as may be.
    expect(cut(100, 0)).toEqual([[1, 3], [2], [0], [4]]);
    expect(cut(100, 100, 5)).toEqual([[1, 3, 2, 0, 4]]);
    // 9 + 9, 5 + 3 + 2 with 5 pieces of padding, where two batches would cost 3 more each.
    expect(cut(100, 3)).toEqual([[1, 3], [2], [0, 4]]);
    // 5 · 3 are 15; 9 · 2 are more.
    expect(cut(15, 100)).toEqual([[1], [3], [2, 0, 4]]);
    expect(cut(4, 1, 2)).toEqual([[1], [3], [2], [0], [4]]);
  });

  it.each([
    ['shuffled', (some: EncodedSentence[], size: number) => shuffledBatches(some, size, new Random(1))],
    ['by length', batchesByLength],
  ])('%s are all of them, each once, in batches of which one may not be full', (_, batchesOf) => {
    fc.assert(
      fc.property(lengths, batchSize, (of, size) => {
        const batches = batchesOf(sentencesOfLengths(of), size);
        expect(batches.flat().sort((a, b) => a - b)).toEqual(of.map((_, i) => i));
        expect(batches).toHaveLength(Math.ceil(of.length / size));
        expect(batches.filter(batch => batch.length !== size).length).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('shuffled follow from the seed', () => {
    const sentences = sentencesOfLengths(Array.from({ length: 50 }, (_, i) => 2 + (i % 7)));
    const batches = (seed: number) => shuffledBatches(sentences, 4, new Random(seed));
    expect(batches(3)).toEqual(batches(3));
    expect(batches(3)).not.toEqual(batches(4));
  });

  it('shuffled have similar lengths within a batch', () => {
    // 32 batches are sorted at a time, so in one pool of 64 sentences every batch of 2 holds neighbours.
    const sentences = sentencesOfLengths(Array.from({ length: 64 }, (_, i) => 2 + i));
    for (const [a, b] of shuffledBatches(sentences, 2, new Random(5))) expect(Math.abs(a - b)).toBe(1);
  });
});
