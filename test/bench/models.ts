/** Models and a batch for benchmarks: sizes as in practice, numbers without meaning. */
import type { ModelConfig } from 'ner-distill/model/config';
import type { EncodedBatch } from 'ner-distill/tokenization/batch';
import type { Targets } from 'ner-distill/training/losses/loss';

const TAGS = ['O', 'B-PER', 'I-PER', 'B-ORG', 'I-ORG', 'B-LOC', 'I-LOC', 'B-MISC', 'I-MISC'];

export interface BenchModel {
  readonly name: string;
  readonly config: ModelConfig;
}

export function benchModel(
  name: string,
  layers: number,
  hiddenSize: number,
  vocabularySize: number,
): BenchModel {
  return {
    name,
    config: {
      architecture: 'distilbert',
      vocabularySize,
      hiddenSize,
      layers,
      heads: Math.max(1, hiddenSize / 64),
      intermediateSize: 4 * hiddenSize,
      maxPositions: 512,
      dropout: 0.1,
      attentionDropout: 0.1,
      tags: TAGS,
    },
  };
}

/** The study's student, 66.4 M parameters. */
export const STUDENT = benchModel('distilbert-base', 6, 768, 30522);

/** The study's teacher, 108.9 M parameters. */
export const TEACHER: BenchModel = {
  name: 'bert-base',
  config: { ...benchModel('', 12, 768, 30522).config, architecture: 'bert' },
};

/** A full batch of distinct and repeated pieces, every one of them labelled, with teacher logits. */
export function benchBatch(
  config: ModelConfig,
  batchSize: number,
  length: number,
): { batch: EncodedBatch; targets: Targets } {
  const count = batchSize * length;
  const classes = config.tags.length;
  const number = (i: number, range: number) => (Math.imul(i + 1, 0x9e3779b1) >>> 0) % range;
  return {
    batch: {
      batchSize,
      length,
      inputIds: Int32Array.from({ length: count }, (_, i) => number(i, config.vocabularySize)),
      attentionMask: new Float32Array(count).fill(1),
    },
    targets: {
      labels: Int32Array.from({ length: count }, (_, i) => number(i, classes)),
      critical: config.tags.map((_, id) => id >= 1 && id <= 4),
      teacher: {
        logits: {
          shape: [count, classes],
          values: Float32Array.from({ length: count * classes }, (_, i) => number(i, 2001) / 1000 - 1),
        },
      },
    },
  };
}

/** The part of the parameters that does arithmetic for every token: all but the embedding tables. */
export function denseParameters(shapes: Readonly<Record<string, readonly number[]>>): number {
  return Object.entries(shapes)
    .filter(([name]) => !name.includes('_embeddings.'))
    .reduce((sum, [, shape]) => sum + shape.reduce((product, size) => product * size, 1), 0);
}
