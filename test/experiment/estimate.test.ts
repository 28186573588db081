/** The arithmetic of an estimate: which lengths batches are padded to, and what they take. */
import { paddedLengths, secondsOf } from 'ner-distill/experiment/estimate';
import { describe, expect, it } from 'vitest';

const sentences = [5, 16, 17, 33, 90].map(length => ({ ids: Array.from({ length }, () => 0) })) as never;

describe('padded lengths', () => {
  it('are those of the longest sentence of each batch, and no more than the model has positions', () => {
    expect([...paddedLengths([[0, 1], [1, 0], [1, 2], [2, 3], [4]], sentences, 64)]).toEqual([
      [16, 2],
      [17, 1],
      [33, 1],
      [64, 1],
    ]);
  });
});

describe('seconds', () => {
  const timings = [
    { length: 32, seconds: 1, preparation: 0.5 },
    { length: 64, seconds: 3, preparation: 0.7 },
  ];

  it('are those of every batch, and of preparing the engine once', () => {
    expect(secondsOf(timings, new Map([[32, 10]]), 3)).toBeCloseTo(30 + 0.7, 12);
    expect(
      secondsOf(
        timings,
        new Map([
          [32, 10],
          [64, 2],
        ]),
        1,
      ),
    ).toBeCloseTo(10 + 6 + 0.7, 12);
  });

  it('are none where there is nothing to do, as with text that a study does not have', () => {
    expect(secondsOf(timings, new Map(), 1)).toBe(0);
  });

  it('lie on a line between measured lengths, and beyond them grow with the length', () => {
    expect(secondsOf(timings, new Map([[48, 1]]), 1)).toBeCloseTo(2 + 0.7, 12);
    expect(secondsOf(timings, new Map([[128, 1]]), 1)).toBeCloseTo(6 + 0.7, 12);
    expect(secondsOf(timings, new Map([[16, 1]]), 1)).toBeCloseTo(0.5 + 0.7, 12);
  });
});
