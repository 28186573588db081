/** A model that is asked: the same answers as the forward pass that trains, on every engine, in any company. */
import { openEngine } from 'ner-distill/engine/select';
import { InferenceModel, type InferenceOptions } from 'ner-distill/inference/inference-model';
import { ARCHITECTURES, type Architecture } from 'ner-distill/model/architectures';
import type { ModelConfig } from 'ner-distill/model/config';
import { initialParameters } from 'ner-distill/model/parameters';
import { forward, lookups, programData, programVariables } from 'ner-distill/model/token-classifier';
import { Random } from 'ner-distill/random';
import { padBatch } from 'ner-distill/tokenization/batch';
import { describe, expect, it } from 'vitest';

const PAD = 4;
const configOf = (architecture: Architecture): ModelConfig => ({
  architecture,
  vocabularySize: 90,
  hiddenSize: 32,
  layers: 3,
  heads: 4,
  intermediateSize: 64,
  maxPositions: 24,
  ...(ARCHITECTURES[architecture].positionsBehindPadding && { padId: PAD }),
  dropout: 0.1,
  attentionDropout: 0.1,
  tags: ['O', 'B-PER', 'I-PER'],
});

/** Of 2 to 24 pieces, words of one or two; one sentence has no word, and some have the same length. */
const random = new Random(3);
const sentences = Array.from({ length: 23 }, (_, i) => {
  const ids = Int32Array.from({ length: i === 5 ? 2 : 3 + random.integer(22) }, () => random.integer(90));
  const inner = Array.from({ length: ids.length - 2 }, (_, place) => place + 1);
  const firstPieces = Int32Array.from(inner.filter(place => place === 1 || random.integer(3) > 0));
  return { ids, firstPieces, labels: new Int32Array(firstPieces.length) };
});

async function opened(
  engineName: string,
  architecture: Architecture,
  options: InferenceOptions = {},
): Promise<InferenceModel> {
  const config = configOf(architecture);
  const engine = await openEngine(engineName, { threads: 1 });
  return InferenceModel.open(engine, config, initialParameters(config, 1), options);
}

async function outputs(
  engineName: string,
  architecture: Architecture,
  options?: InferenceOptions,
  batchSize = 5,
) {
  const model = await opened(engineName, architecture, options);
  return model.outputs(sentences, { batchSize, padId: PAD }).finally(() => model.dispose());
}

/** By the program that trains, each sentence alone, its whole output read at the first pieces. */
async function trained(architecture: Architecture, output: 'logits' | 'hidden'): Promise<number[][]> {
  const config = configOf(architecture);
  const parameters = initialParameters(config, 1);
  const engine = await openEngine('cpu');
  const evaluation = engine.evaluation((variables, data) => ({ ...forward(config, variables, data) }));
  const results: number[][] = [];
  for (const sentence of sentences) {
    const batch = padBatch([sentence], PAD);
    const variables = programVariables(parameters, lookups(config, batch));
    const { values, shape } = (await evaluation.run(variables, programData(batch)))[output];
    results.push(
      [...sentence.firstPieces].flatMap(place => [
        ...values.subarray(place * shape[1], (place + 1) * shape[1]),
      ]),
    );
  }
  return results;
}

function worst(found: readonly ArrayLike<number>[], expected: readonly ArrayLike<number>[]): number {
  return Math.max(
    ...found.flatMap((values, s) => {
      expect(values).toHaveLength(expected[s].length);
      return Array.from(values, (value, i) => Math.abs(value - expected[s][i]));
    }),
  );
}

describe.each(Object.keys(ARCHITECTURES) as Architecture[])('%s that is asked', architecture => {
  it.each(['onnx', 'cpu'])('gives what the forward pass gives, on the engine %s', async engine => {
    for (const output of ['logits', 'hidden'] as const)
      expect(
        worst(await outputs(engine, architecture, { output }), await trained(architecture, output)),
      ).toBeLessThan(1e-4);
  });

  it('gives the same bytes for the same input', async () => {
    for (const precision of ['fp32', 'int8'] as const)
      expect(await outputs('onnx', architecture, { precision })).toEqual(
        await outputs('onnx', architecture, { precision }),
      );
  });

  it('gives a sentence the same answer in any company, in 8 bits too', async () => {
    for (const precision of ['fp32', 'int8'] as const)
      expect(
        worst(
          await outputs('onnx', architecture, { precision }, 1),
          await outputs('onnx', architecture, { precision }, 23),
        ),
      ).toBeLessThan(1e-4);
  });
});

it('a model in 8 bits gives nearly the answers of floats', async () => {
  const [floats, eight] = [
    await outputs('onnx', 'bert'),
    await outputs('onnx', 'bert', { precision: 'int8' }),
  ];
  const most = Math.max(...floats.flatMap(values => [...values].map(Math.abs)));
  const difference = worst(eight, floats);
  expect(difference).toBeGreaterThan(0);
  expect(difference).toBeLessThan(0.1 * most);
});

it('an engine without 8 bits says so in a sentence', async () => {
  await expect(opened('cpu', 'bert', { precision: 'int8' })).rejects.toThrow(
    /^precision int8 is one of the engine onnx, found the engine eager \(cpu\)$/,
  );
});

it('tells of each batch, and stops between two when it is told to', async () => {
  const model = await opened('onnx', 'bert');
  const said: number[][] = [];
  const stop = new AbortController();
  const asked = model.outputs(sentences, {
    batchSize: 10,
    padId: PAD,
    signal: stop.signal,
    onBatch: (done, total) => {
      said.push([done, total]);
      if (done === 2) stop.abort(new Error('enough'));
    },
  });
  await expect(asked).rejects.toThrow('enough');
  expect(said.map(([done]) => done)).toEqual([1, 2]);
  expect(said[0][1]).toBeGreaterThan(2);
  await model.dispose();
});
