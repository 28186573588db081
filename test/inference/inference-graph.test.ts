/** The ONNX graph of a model against the engine that trains, and against what PyTorch gave, at sizes of all kinds. */

import { encodeOnnx } from 'ner-distill/engine/onnx/onnx-graph';
import { openEngine } from 'ner-distill/engine/select';
import { LOGITS } from 'ner-distill/inference/graph-inputs';
import { inferenceGraph, inferenceInputs } from 'ner-distill/inference/inference-graph';
import { ARCHITECTURES, type Architecture } from 'ner-distill/model/architectures';
import type { ModelConfig } from 'ner-distill/model/config';
import { initialParameters } from 'ner-distill/model/parameters';
import { forward, lookups, programData, programVariables } from 'ner-distill/model/token-classifier';
import { Random } from 'ner-distill/random';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { TINY_MODELS, tinyModel } from '../model/fixtures';

type Model = Pick<ReturnType<typeof tinyModel>, 'config' | 'parameters'>;
type Batch = ReturnType<typeof tinyModel>['batch'];

const options = { logSeverityLevel: 4, intraOpNumThreads: 1 } as const;
const sessionOf = ({ config, parameters }: Model) =>
  InferenceSession.create(encodeOnnx(inferenceGraph(config, parameters)), options);

async function logitsOf(session: InferenceSession, { batchSize, length, inputIds, attentionMask }: Batch) {
  const values: Record<string, BigInt64Array> = {
    input_ids: BigInt64Array.from(inputIds, BigInt),
    attention_mask: BigInt64Array.from(attentionMask, BigInt),
    token_type_ids: new BigInt64Array(batchSize * length),
  };
  const inputs = session.inputNames.map(name => [
    name,
    new Tensor('int64', values[name], [batchSize, length]),
  ]);
  const { [LOGITS]: logits } = await session.run(Object.fromEntries(inputs));
  return logits as Tensor & { data: Float32Array };
}

/** Rows of lengths from 1 to all, the rest padding. */
function randomBatch({ config }: Model, batchSize: number, length: number): Batch {
  const random = new Random(batchSize * 1000 + length);
  const inputIds = Int32Array.from({ length: batchSize * length }, () =>
    random.integer(config.vocabularySize),
  );
  const attentionMask = new Float32Array(batchSize * length);
  for (let row = 0; row < batchSize; row++)
    attentionMask.fill(1, row * length, row * length + 1 + (row === 0 ? length - 1 : random.integer(length)));
  return { batchSize, length, inputIds, attentionMask };
}

async function engineLogits({ config, parameters }: Model, batch: Batch): Promise<Float32Array> {
  const engine = await openEngine('onnx', { threads: 1 });
  const evaluation = engine.evaluation((variables, data) => ({
    logits: forward(config, variables, data).logits,
  }));
  const variables = programVariables(parameters, lookups(config, batch));
  const { logits } = await evaluation.run(variables, programData(batch));
  await evaluation.dispose();
  return logits.values as Float32Array;
}

const worst = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Math.max(...Array.from(a, (value, i) => Math.abs(value - b[i])));

it.each(TINY_MODELS)('the inference graph of %s gives the logits of PyTorch', async name => {
  const model = tinyModel(name);
  const logits = await logitsOf(await sessionOf(model), model.batch);
  const classes = model.config.tags.length;
  expect(logits.dims).toEqual([model.batch.batchSize, model.batch.length, classes]);
  // RoBERTa's positions at padding are not ours; nothing reads what it makes of them.
  const atTokens = (values: ArrayLike<number>) =>
    Array.from(values).filter((_, i) => model.batch.attentionMask[Math.floor(i / classes)] === 1);
  expect(worst(atTokens(logits.data), atTokens(model.expected.logits.flat(2)))).toBeLessThan(1e-4);
});

const randomModel = (changes: Partial<ModelConfig>) => {
  const config: ModelConfig = {
    architecture: 'bert',
    vocabularySize: 50,
    hiddenSize: 12,
    layers: 2,
    heads: 3,
    intermediateSize: 20,
    maxPositions: 10,
    dropout: 0.1,
    attentionDropout: 0.1,
    tags: ['O', 'B-PER', 'I-PER'],
    ...changes,
  };
  return { config, parameters: initialParameters(config, 1) };
};

describe.each(Object.keys(ARCHITECTURES) as Architecture[])('the inference graph of %s', architecture => {
  const { tokenTypes, positionsBehindPadding } = ARCHITECTURES[architecture];
  const model = randomModel({ architecture, ...(positionsBehindPadding && { padId: 4 }) });
  const longest = model.config.maxPositions;

  it.each([
    [1, 1],
    [1, 7],
    [2, 3],
    [3, 2],
    [5, longest - 1],
    [4, longest],
  ])('gives the logits of the engine for a batch of %d × %d, padding included', async (batchSize, length) => {
    const batch = randomBatch(model, batchSize, length);
    const logits = await logitsOf(await sessionOf(model), batch);
    expect(logits.dims).toEqual([batchSize, length, model.config.tags.length]);
    expect(worst(logits.data, await engineLogits(model, batch))).toBeLessThan(1e-5);
  });

  it('refuses a sequence that is longer than its positions', async () => {
    await expect(logitsOf(await sessionOf(model), randomBatch(model, 2, longest + 1))).rejects.toThrow();
  });

  it('reads segments only where the model tells them apart', async () => {
    const { inputNames } = await sessionOf(model);
    expect(inputNames).toEqual(inferenceInputs(model.config));
    expect(inputNames.includes('token_type_ids')).toBe(tokenTypes > 1);
  });
});

it('an inference graph does not mistake sizes of its own for those of a batch', async () => {
  // Those at which it is recorded, and the smallest.
  const large = { vocabularySize: 1009, hiddenSize: 1013, heads: 1, layers: 1, intermediateSize: 1031 };
  const small = { hiddenSize: 2, heads: 1, layers: 1, intermediateSize: 1, maxPositions: 3 };
  for (const changes of [large, small]) {
    const model = randomModel(changes);
    const batch = randomBatch(model, 3, 2);
    const logits = await logitsOf(await sessionOf(model), batch);
    expect(worst(logits.data, await engineLogits(model, batch))).toBeLessThan(1e-5);
  }
});
