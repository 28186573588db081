/** The ONNX graph of a model against the engine that trains, and against what PyTorch gave, at sizes of all kinds. */
import { openEngine } from 'ner-distill/engine/select';
import { inferenceGraph, inferenceInputs, LOGITS } from 'ner-distill/inference/inference-graph';
import { encodeOnnx } from 'ner-distill/inference/onnx-graph';
import { forward, lookups, programData, programVariables } from 'ner-distill/model/token-classifier';
import { Random } from 'ner-distill/random';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { TINY_MODELS, tinyModel } from '../model/fixtures';

type Model = ReturnType<typeof tinyModel>;
type Batch = Model['batch'];

const options = { logSeverityLevel: 4, intraOpNumThreads: 1 } as const;
const sessionOf = ({ config, parameters }: Pick<Model, 'config' | 'parameters'>) =>
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
function randomBatch({ config }: Pick<Model, 'config'>, batchSize: number, length: number): Batch {
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

describe.each(TINY_MODELS)('the inference graph of %s', name => {
  const model = tinyModel(name);

  it('gives the logits of PyTorch', async () => {
    const session = await sessionOf(model);
    const logits = await logitsOf(session, model.batch);
    expect(logits.dims).toEqual([model.batch.batchSize, model.batch.length, model.config.tags.length]);
    // RoBERTa's positions at padding are not ours; nothing reads what it makes of them.
    const { attentionMask } = model.batch;
    const atTokens = (values: ArrayLike<number>) =>
      Array.from(values).filter((_, i) => attentionMask[Math.floor(i / model.config.tags.length)] === 1);
    expect(worst(atTokens(logits.data), atTokens(model.expected.logits.flat(2)))).toBeLessThan(1e-4);
  });

  it('gives those of the engine for any batch and length, padding included, up to the last position', async () => {
    const session = await sessionOf(model);
    const longest = model.config.maxPositions;
    for (const [batchSize, length] of [
      [1, 1],
      [1, 7],
      [2, 3],
      [3, 2],
      [5, longest - 1],
      [4, longest],
    ]) {
      const batch = randomBatch(model, batchSize, length);
      const logits = await logitsOf(session, batch);
      expect(logits.dims).toEqual([batchSize, length, model.config.tags.length]);
      expect(worst(logits.data, await engineLogits(model, batch)), `${batchSize} × ${length}`).toBeLessThan(
        1e-5,
      );
    }
    await expect(logitsOf(session, randomBatch(model, 2, longest + 1))).rejects.toThrow();
  });

  it('reads segments only where the model tells them apart', async () => {
    const session = await sessionOf(model);
    expect(session.inputNames).toEqual(inferenceInputs(model.config));
    expect(session.inputNames.includes('token_type_ids')).toBe(name === 'bert-tiny');
  });
});
