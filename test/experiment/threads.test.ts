/** With how many threads a model is trained: by its width alone, so that nothing that is made beside it matters. */
import { threadsOf } from 'ner-distill/experiment/threads';
import { expect, it } from 'vitest';

it.each([
  [32, 16, 1],
  [128, 16, 1],
  [255, 2, 1],
  [256, 2, 2],
  [768, 16, 16],
  [768, 1, 1],
])('a width of %i has, of %i threads, %i', (hiddenSize, most, threads) => {
  expect(threadsOf({ hiddenSize }, most)).toBe(threads);
});
