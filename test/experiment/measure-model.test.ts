/** Batches of a fixed length, which are strung together from the sentences of a corpus. */
import { measureModel } from 'ner-distill/experiment/measure-model';
import { expect, it } from 'vitest';
import { saveModel } from '../prediction/model';

it('refuses a length that no sentence can fill, as every word is cut off', async () => {
  const { folder, tokenizer } = saveModel(['aaa']);
  const word = 'a'.repeat(20);
  expect(tokenizer.pieces(word).length).toBeGreaterThan(4);
  const measured = measureModel({
    model: folder,
    sentences: [[word], [word]],
    maxLength: 6,
    engine: 'cpu',
    threads: null,
    settings: [{ protocol: { warmup: 0, batches: 1, repeats: 1, batchSize: 1 }, length: 5 }],
    wattsPerCore: 10,
  });
  await expect(measured).rejects.toThrow(
    'latency: no sentence begins with a word of at most 4 pieces, so that nothing fills a sequence of 5',
  );
});
