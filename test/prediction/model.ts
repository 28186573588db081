/** A small model with random weights on disk, whose tags are arbitrary but always the same. */
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Checkpoint, saveCheckpoint } from 'ner-distill/model/checkpoint';
import type { ModelConfig } from 'ner-distill/model/config';
import { initialParameters } from 'ner-distill/model/parameters';
import { WordTokenizer } from 'ner-distill/tokenization/tokenizer';
import { trainWordPiece } from 'ner-distill/tokenization/wordpiece-trainer';

export interface SavedModel extends Checkpoint {
  /** A results folder with the model as the run `RUN`. */
  readonly results: string;
  readonly folder: string;
  readonly tokenizer: WordTokenizer;
}

export const RUN = '0123456789abcdef';

export function saveModel(words: readonly string[]): SavedModel {
  const definition = trainWordPiece(words, { size: 60 });
  const tokenizer = new WordTokenizer(definition, 'trained');
  const config: ModelConfig = {
    architecture: 'distilbert',
    vocabularySize: tokenizer.vocabularySize,
    hiddenSize: 16,
    layers: 1,
    heads: 2,
    intermediateSize: 32,
    maxPositions: 32,
    dropout: 0,
    attentionDropout: 0,
    tags: ['O', 'B-PER', 'I-PER', 'B-ORG', 'I-ORG'],
  };
  const drawn = initialParameters(config, 3);
  // Initial weights are small, so that every tag would be about as likely as any other.
  const parameters = Object.fromEntries(
    Object.entries(drawn).map(([name, { shape, values }]) => [
      name,
      { shape, values: values.map(v => 20 * v) },
    ]),
  );
  const results = mkdtempSync(join(tmpdir(), 'prediction-'));
  const folder = join(results, 'runs', RUN, 'model');
  mkdirSync(folder, { recursive: true });
  saveCheckpoint(folder, { config, parameters });
  writeFileSync(join(folder, 'tokenizer.json'), definition);
  return { config, parameters, tokenizer, results, folder };
}
