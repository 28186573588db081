/** Batches: their shapes, which sentences stand in them, and where their words begin. */
import fc from 'fast-check';
import { Random } from 'ner-distill/random';
import type { EncodedSentence } from 'ner-distill/tokenization/align';
import {
  batchesByLength,
  batchesOfLeastCost,
  padBatch,
  placesOf,
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

describe('a padded batch', () => {
  const sentences = [sentenceOf([1, 2]), sentenceOf([1]), sentenceOf([])];
  const batch = padBatch(sentences, 7);

  it('is as long as its longest sentence, with the padding token after each other', () => {
    expect([batch.batchSize, batch.length]).toEqual([3, 5]);
    // biome-ignore format: a row a line
    expect([...batch.inputIds]).toEqual([
      2, 11, 12, 13, 3,
      2, 11, 3, 7, 7,
      2, 3, 7, 7, 7,
    ]);
    // biome-ignore format: a row a line
    expect([...batch.attentionMask]).toEqual([
      1, 1, 1, 1, 1,
      1, 1, 1, 0, 0,
      1, 1, 0, 0, 0,
    ]);
  });

  it('has its words where their first pieces stand, sentence by sentence', () => {
    expect([...placesOf(sentences, batch)]).toEqual([1, 2, 6]);
    fc.assert(
      fc.property(someSentences, some => {
        const { inputIds, length } = padBatch(some, 0);
        const ids = [...placesOf(some, { length })].map(place => inputIds[place]);
        expect(ids).toEqual(
          some.flatMap(({ ids, firstPieces }) => [...firstPieces].map(piece => ids[piece])),
        );
      }),
    );
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
    // However dear a batch is, none has padding.
    const costs = { mostPieces: 100, piecesOfBatch: 100, oneLength: true };
    expect(batchesOfLeastCost(sentences, 5, costs)).toEqual([[1, 3], [2], [0], [4]]);
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
    // 64 batches are sorted at a time, so in one pool of 128 sentences every batch of 2 holds neighbours.
    const sentences = sentencesOfLengths(Array.from({ length: 128 }, (_, i) => 2 + i));
    for (const [a, b] of shuffledBatches(sentences, 2, new Random(5))) expect(Math.abs(a - b)).toBe(1);
  });
});
