/** What is measured: batches of a fixed length, and models that cannot be. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { measureModels } from 'ner-distill/experiment/measure-model';
import { trainWordPiece } from 'ner-distill/tokenization/wordpiece-trainer';
import { expect, it } from 'vitest';
import { saveModel } from '../prediction/model';

it('refuses a length that no sentence can fill, as every word is cut off', async () => {
  const { folder, tokenizer } = saveModel(['aaa']);
  const word = 'a'.repeat(20);
  expect(tokenizer.pieces(word).length).toBeGreaterThan(4);
  const measured = measureModels({
    models: [{ model: folder, engine: 'cpu' }],
    sentences: [[word], [word]],
    maxLength: 6,
    threads: null,
    settings: [{ protocol: { warmup: 0, batches: 1, repeats: 1, batchSize: 1 }, length: 5 }],
    wattsPerCore: 10,
  });
  await expect(measured).rejects.toThrow(
    'latency: no sentence begins with a word of at most 4 pieces, so that nothing fills a sequence of 5',
  );
});

it('refuses a tokenizer with more pieces than the model has rows for', async () => {
  const { folder, tokenizer } = saveModel(['ab']);
  writeFileSync(join(folder, 'tokenizer.json'), trainWordPiece(['abc', 'defg']));
  const measured = measureModels({
    models: [{ model: folder, engine: 'cpu' }],
    sentences: [['ab']],
    maxLength: null,
    threads: null,
    settings: [],
    wattsPerCore: 10,
  });
  // 5 special tokens, and each of the seven letters at the start of a word or inside of it.
  await expect(measured).rejects.toThrow(
    `${folder}: the tokenizer has 12 pieces, the model ${tokenizer.vocabularySize}`,
  );
});
