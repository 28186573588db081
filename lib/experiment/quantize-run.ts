/**
 * Rounds the model of a finished run to 8 bits and has it predict what the run predicted: of the run's own files, so that any
 * run can be asked, whatever its study.
 */
import { readFileSync } from 'node:fs';
import { sha256 } from '../digest';
import { encodeOnnx } from '../engine/onnx/onnx-graph';
import { openEngine } from '../engine/select';
import { type PredictedRows, readPredictions } from '../evaluation/predictions';
import { atEachWord } from '../inference/each-word';
import { inferenceGraph } from '../inference/inference-graph';
import { InferenceModel } from '../inference/inference-model';
import { quantizedGraph } from '../inference/quantize';
import { tagsOf } from '../inference/tags';
import { withLock } from '../lock';
import { tokenizerBeside } from '../model/checkpoint';
import type { ModelConfig } from '../model/config';
import { type EncodedSentence, encodeWords } from '../tokenization/align';
import type { WordTokenizer } from '../tokenization/tokenizer';
import { PREDICTION_BATCH } from './make-run';
import type { QuantizedRun } from './quantized-run';
import type { StoredConfig } from './run-config';
import type { RunStore } from './runs';

/** A model of a hundred million parameters takes a minute. */
const PATIENCE_MS = 600_000;

/**
 * What a run's model in 8 bits predicts: read where it is there and as it was written, else made and kept beside the run.
 * @throws InputError where the run is damaged or in work, or onnxruntime cannot be loaded
 */
export async function quantizeRun(
  store: RunStore,
  id: string,
  { threads, signal }: { readonly threads?: number; readonly signal?: AbortSignal } = {},
): Promise<QuantizedRun> {
  const known = store.quantized(id);
  if (known) return known;
  const work = async () => {
    if (store.quantized(id)) return;
    signal?.throwIfAborted();
    const engine = await openEngine('onnx', { threads });
    const { config, parameters } = store.checkpoint(id);
    const reading = readingOf(store.config(id), config);
    const tokenizer = tokenizerBeside(store.modelFolder(id), config);
    const file = encodeOnnx(quantizedGraph(inferenceGraph(config, parameters), config));
    const model = await InferenceModel.open(engine, config, parameters, { precision: 'int8' });
    const predict = async (predictions: string) => {
      const { sentences } = readPredictions({ file: predictions });
      const tags = await tagsBy(model, { config, tokenizer, ...reading }, sentences, signal);
      return withPredicted(readFileSync(predictions, 'utf8'), sentences, tags);
    };
    try {
      store.keepQuantized(
        id,
        { bytes: file.length, sha256: sha256(file) },
        {
          validation: await predict(store.validationFile(id)),
          test: await predict(store.predictionsFile(id)),
        },
      );
    } finally {
      await model.dispose();
    }
  };
  await withLock(store.lockFile(id), `the run ${id}`, work, { patience: PATIENCE_MS });
  return store.quantized(id)!;
}

/** What a model needs beside its weights to read words. */
export interface Reading {
  readonly config: Pick<ModelConfig, 'tags'>;
  readonly tokenizer: WordTokenizer;
  /** Longest sequence in pieces. */
  readonly maxLength: number;
  /** Whether longer sentences are read in windows, as a given teacher reads, or cut off. */
  readonly inWindows: boolean;
}

/** How the model of a run read what the run predicted. */
export function readingOf(
  run: StoredConfig,
  { maxPositions }: Pick<ModelConfig, 'maxPositions'>,
): Pick<Reading, 'maxLength' | 'inWindows'> {
  return 'given' in run
    ? { maxLength: maxPositions, inWindows: true }
    : { maxLength: run.maxLength, inWindows: false };
}

/** The tags that a model gives to each word, in the batches in which runs predict. */
export async function tagsBy(
  model: InferenceModel,
  { config, tokenizer, maxLength, inWindows }: Reading,
  sentences: readonly { readonly words: readonly string[] }[],
  signal?: AbortSignal,
): Promise<string[][]> {
  const ask = (encoded: readonly EncodedSentence[]) =>
    model.outputs(encoded, { batchSize: PREDICTION_BATCH, padId: tokenizer.special.pad, signal });
  const cutOff = () =>
    sentences.map(({ words }) => ({
      ...encodeWords(words, tokenizer, maxLength),
      labels: new Int32Array(0),
    }));
  const logits = await (inWindows ? atEachWord(sentences, tokenizer, maxLength, ask) : ask(cutOff()));
  const { tags } = config;
  return tagsOf(sentences, logits, { size: tags.length, tag: id => tags[id] });
}

/** The text of a run's predictions with other tags in its last column. */
function withPredicted(
  text: string,
  sentences: readonly PredictedRows[],
  tags: readonly (readonly string[])[],
): string {
  const rows = text.split('\n');
  sentences.forEach(({ lines }, s) => {
    lines.forEach((line, word) => {
      rows[line - 1] = rows[line - 1].replace(/[^ \t]+$/, tags[s][word]);
    });
  });
  return rows.join('\n');
}
