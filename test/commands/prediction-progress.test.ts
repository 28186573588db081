/** How far a prediction is, in words. */
import { describeWork } from 'ner-distill/commands/prediction-progress';
import { expect, it } from 'vitest';

it.each([
  [
    { sentences: 2048, read: 1_500_000, total: 6_000_000, seconds: 5 },
    '410 a second; 1.5 MB of 6.0 MB, 15 s left',
  ],
  [{ sentences: 2048, read: 6e6, total: 6e6, seconds: 4 }, '512 a second; 6.0 MB of 6.0 MB, 0 s left'],
  // A file that grew while it was read.
  [{ sentences: 2048, read: 7e6, total: 6e6, seconds: 4 }, '512 a second; 7.0 MB of 6.0 MB, 0 s left'],
  [{ sentences: 2048, read: 1_500_000, seconds: 4 }, '512 a second; 1.5 MB read'],
])('%j', (work, text) => {
  expect(describeWork(work)).toBe(`2,048 sentences, ${text}`);
});
