/** Nothing is left behind: tensors of the eager engines and of tracing, and sessions of onnxruntime. */
import { createRequire } from 'node:module';
import * as tf from '@tensorflow/tfjs';
import type { Arrays, Tensors } from 'ner-distill/engine/engine';
import { record } from 'ner-distill/engine/onnx/trace';
import { openEngine } from 'ner-distill/engine/select';
import type { ModelConfig } from 'ner-distill/model/config';
import { initialParameters } from 'ner-distill/model/parameters';
import {
  dropoutPlaces,
  forward,
  lookups,
  programData,
  programVariables,
} from 'ner-distill/model/token-classifier';
import { DropoutMasks } from 'ner-distill/training/dropout';
import { criticalLogitsLoss } from 'ner-distill/training/losses/critical-logits';
import { lossData, lossOf, totalsOf } from 'ner-distill/training/losses/loss';
import { describe, expect, it, vi } from 'vitest';

const CONFIG: ModelConfig = {
  architecture: 'distilbert',
  vocabularySize: 30,
  hiddenSize: 8,
  layers: 1,
  heads: 2,
  intermediateSize: 16,
  maxPositions: 64,
  dropout: 0.1,
  attentionDropout: 0.1,
  tags: ['O', 'B-PER', 'I-PER'],
};
const LOSS = criticalLogitsLoss({ beta: 0.2 });
const program = (variables: Tensors, data: Tensors) => lossOf(LOSS, forward(CONFIG, variables, data), data);

function step(length: number, number = 0) {
  const count = 2 * length;
  const batch = {
    batchSize: 2,
    length,
    inputIds: Int32Array.from({ length: count }, (_, i) => i % 30),
    attentionMask: new Float32Array(count).fill(1),
  };
  const targets = {
    labels: Int32Array.from({ length: count }, (_, i) => i % 3),
    critical: [false, true, true],
    teacher: { logits: { shape: [count, 3], values: new Float32Array(count * 3) } },
  };
  const variables = programVariables(initialParameters(CONFIG, 1), lookups(CONFIG, batch));
  const data = {
    ...programData(batch),
    ...new DropoutMasks().draw(dropoutPlaces(CONFIG, { batch: 2, length, places: count }), {
      seed: 1,
      step: number,
    }),
    ...lossData(LOSS, targets, totalsOf(LOSS, targets)),
  };
  return { variables, data, gradients: arraysLike(variables) };
}

const arraysLike = (arrays: Arrays) =>
  Object.fromEntries(
    Object.entries(arrays).map(([name, { values }]) => [name, new Float32Array(values.length)]),
  );

describe.each(['cpu', 'wasm', 'onnx'])('on the engine %s', engineName => {
  it('the number of live tensors stays flat over steps of several shapes', async () => {
    const engine = await openEngine(engineName, { threads: 1 });
    const differentiation = engine.differentiation(program);
    const evaluation = engine.evaluation((variables, data) => ({
      logits: forward(CONFIG, variables, data).logits,
    }));
    const counts: number[] = [];
    for (let i = 0; i < 9; i++) {
      const { variables, data, gradients } = step(4 + (i % 3), i);
      await differentiation.run(variables, data, gradients);
      await evaluation.run(variables, data);
      counts.push(tf.memory().numTensors);
    }
    await differentiation.dispose();
    await evaluation.dispose();
    expect(new Set(counts)).toEqual(new Set([counts[0]]));
  });

  it('a program that throws leaves no tensors', async () => {
    const engine = await openEngine(engineName, { threads: 1 });
    const evaluation = engine.evaluation(({ x }) => ({ y: tf.reshape(tf.square(x), [7, 7]) }));
    const x = { shape: [4], values: new Float32Array(4) };
    const before = tf.memory().numTensors;
    for (let i = 0; i < 3; i++) await expect(evaluation.run({ x }, {})).rejects.toThrow(/Size/);
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('recording a program', () => {
  it('leaves no tensors, whatever the shapes, and returns to the backend that was set', async () => {
    await tf.setBackend('cpu');
    const before = tf.memory().numTensors;
    for (const length of [4, 5, 6, 4, 5, 6]) {
      const { variables, data } = step(length);
      record(program, variables, data, { gradients: true });
      record(program, variables, data, { gradients: false });
      expect(tf.getBackend()).toBe('cpu');
      expect(tf.memory().numTensors).toBe(before);
    }
  });

  it('leaves a backend that computes where none was set', () => {
    // As it is before the first operation of a process.
    tf.engine().backendName = null as unknown as string;
    const { variables, data } = step(4);
    record(program, variables, data, { gradients: true });
    expect(tf.getBackend()).toBe('cpu');
    expect([...tf.square([3, 4]).dataSync()]).toEqual([9, 16]);
  });

  it('gives equal bytes for equal shapes', () => {
    const models = [step(5), step(5, 9)].map(
      ({ variables, data }) => record(program, variables, data, { gradients: true }).model,
    );
    expect(Buffer.from(models[0]).equals(Buffer.from(models[1]))).toBe(true);
  });
});

describe('sessions of the onnx engine', () => {
  it('are made once for a shape, are at most 24, and are all released at the end', async () => {
    const { InferenceSession } = createRequire(__filename)('onnxruntime-node');
    const live = new Set<unknown>();
    const { create } = InferenceSession;
    let made = 0;
    const spy = vi.spyOn(InferenceSession, 'create').mockImplementation(async (...args: unknown[]) => {
      const session = await create.apply(InferenceSession, args);
      live.add(session);
      made++;
      const release = session.release.bind(session);
      session.release = async () => {
        live.delete(session);
        await release();
      };
      return session;
    });
    try {
      const engine = await openEngine('onnx', { threads: 1 });
      const evaluation = engine.evaluation(({ x }) => ({ y: tf.square(x) }));
      const run = async (size: number) => {
        const { y } = await evaluation.run(
          { x: { shape: [size], values: new Float32Array(size).fill(3) } },
          {},
        );
        expect([...y.values]).toEqual(new Array(size).fill(9));
      };
      for (let size = 1; size <= 24; size++) await run(size);
      for (let size = 1; size <= 24; size++) await run(size);
      expect(made).toBe(24);
      // The shape that was used longest ago goes first, so the one just used stays.
      for (let size = 25; size <= 40; size++) {
        await run(24);
        await run(size);
        expect(live.size).toBe(24);
      }
      expect(made).toBe(40);
      await evaluation.dispose();
      expect(live.size).toBe(0);
    } finally {
      spy.mockRestore();
    }
  });
});
