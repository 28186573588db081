/** The tiny reference models of test/fixtures, with what PyTorch computed for them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadCheckpoint } from 'ner-distill/model/checkpoint';
import type { Targets } from 'ner-distill/training/losses/loss';

interface TensorSummary {
  readonly l2: number;
  readonly first: readonly number[];
}
interface Expected {
  readonly inputIds: number[][];
  readonly attentionMask: number[][];
  readonly labels: number[][];
  readonly teacherLogits: number[][][];
  readonly logits: number[][][];
  /** The last hidden states at tokens that are not padding; of the RoBERTa models. */
  readonly hidden?: TensorSummary;
  readonly losses: Readonly<Record<string, number>>;
  readonly gradientNorm: number;
  readonly gradients: Readonly<Record<string, TensorSummary>>;
  readonly afterStep: Readonly<Record<string, TensorSummary>>;
}

/** Sizes of RoBERTa are two: in `roberta-narrow`, padding is id 0, so that positions begin at row 1. */
export const TINY_MODELS = ['distilbert-tiny', 'bert-tiny', 'roberta-tiny', 'roberta-narrow'] as const;

export function tinyModel(name: (typeof TINY_MODELS)[number]) {
  const folder = join(__dirname, '../fixtures', name);
  const { config, parameters } = loadCheckpoint(folder);
  const expected = JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8')) as Expected;
  const batch = {
    batchSize: expected.inputIds.length,
    length: expected.inputIds[0].length,
    inputIds: Int32Array.from(expected.inputIds.flat()),
    attentionMask: Float32Array.from(expected.attentionMask.flat()),
  };
  const targets: Targets = {
    labels: Int32Array.from(expected.labels.flat()),
    critical: config.tags.map((_, id) => id >= 1 && id <= 4),
    teacher: {
      logits: {
        shape: [batch.inputIds.length, config.tags.length],
        values: Float32Array.from(expected.teacherLogits.flat(2)),
      },
    },
  };
  return { folder, config, parameters, expected, batch, targets };
}

/** The Euclidean norm and the first values of an array, as the fixtures keep them. */
export function summary(values: Float32Array): TensorSummary {
  return {
    l2: Math.sqrt(values.reduce((sum, value) => sum + value * value, 0)),
    first: [...values.slice(0, 6)],
  };
}
