/** The operations with gradients of their own, against finite differences of plain double-precision formulas. */
import type { Tensor, Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import type { Tensors } from 'ner-distill/engine/engine';
import { attention, feedForward, layerNorm, linear } from 'ner-distill/engine/operations';
import { openEngine } from 'ner-distill/engine/select';
import { Random } from 'ner-distill/random';
import { beforeAll, describe, expect, it } from 'vitest';
import { expectClose, type Floats, normals } from './fixtures';

type Numbers = Readonly<Record<string, Float64Array>>;

interface Operation {
  readonly inputs: Readonly<Record<string, Floats>>;
  readonly outputShape: readonly number[];
  readonly program: (variables: Tensors) => Tensor;
  /** The same in plain arithmetic, row-major. */
  readonly formula: (inputs: Numbers) => number[];
}

const random = new Random(21);
const normal = (shape: number[], scale = 1) => normals(random, shape, scale);
const range = (count: number) => Array.from({ length: count }, (_, i) => i);
const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);
const grid = <T>(rows: number, columns: number, value: (row: number, column: number) => T) =>
  range(rows).flatMap(row => range(columns).map(column => value(row, column)));

/** erf x = 2/√π · Σ (−1)ⁿ x²ⁿ⁺¹ / (n! (2n + 1)), to double precision for the small x here. */
function erf(x: number): number {
  let [term, total] = [x, x];
  for (let n = 1; n < 100; n++) {
    term *= (-x * x) / n;
    total += term / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * total;
}

const EPSILON = 1e-3;
const [BATCH, HEADS, LENGTH, WIDTH] = [2, 3, 4, 5];
/** The last token of the second sentence is padding. */
const BIAS = [0, 0, 0, 0, 0, 0, 0, -1e9];
/** What drops: a fixed mask. */
const MASK = Array.from({ length: BATCH * HEADS * LENGTH * LENGTH }, (_, i) => (i % 5 === 0 ? 0 : 1.25));
const heads = () => normal([BATCH, HEADS, LENGTH, WIDTH]);

const OPERATIONS: Record<string, Operation> = {
  linear: {
    inputs: { x: normal([3, 4]), weight: normal([5, 4]), bias: normal([5]) },
    outputShape: [3, 5],
    program: ({ x, weight, bias }) => linear(x as Tensor2D, weight as Tensor2D, bias as Tensor1D),
    formula: ({ x, weight, bias }) =>
      grid(3, 5, (n, o) => bias[o] + sum(range(4).map(i => x[n * 4 + i] * weight[o * 4 + i]))),
  },
  layerNorm: {
    inputs: { x: normal([3, 6], 2), gamma: normal([6]), beta: normal([6]) },
    outputShape: [3, 6],
    program: ({ x, gamma, beta }) => layerNorm(x as Tensor2D, gamma as Tensor1D, beta as Tensor1D, EPSILON),
    formula: ({ x, gamma, beta }) =>
      grid(3, 6, (n, i) => {
        const row = [...x.subarray(n * 6, n * 6 + 6)];
        const mean = sum(row) / 6;
        const variance = sum(row.map(value => (value - mean) ** 2)) / 6;
        return ((row[i] - mean) / Math.sqrt(variance + EPSILON)) * gamma[i] + beta[i];
      }),
  },
  feedForward: {
    inputs: {
      x: normal([3, 4]),
      weight1: normal([6, 4], 0.5),
      bias1: normal([6]),
      weight2: normal([5, 6]),
      bias2: normal([5]),
    },
    outputShape: [3, 5],
    program: ({ x, weight1, bias1, weight2, bias2 }) =>
      feedForward(
        x as Tensor2D,
        weight1 as Tensor2D,
        bias1 as Tensor1D,
        weight2 as Tensor2D,
        bias2 as Tensor1D,
      ),
    formula: ({ x, weight1, bias1, weight2, bias2 }) => {
      const hidden = grid(
        3,
        6,
        (n, o) => bias1[o] + sum(range(4).map(i => x[n * 4 + i] * weight1[o * 4 + i])),
      );
      const gelu = hidden.map(value => (value * (1 + erf(value / Math.SQRT2))) / 2);
      return grid(3, 5, (n, o) => bias2[o] + sum(range(6).map(i => gelu[n * 6 + i] * weight2[o * 6 + i])));
    },
  },
  'operations that change nothing': {
    inputs: { x: normal([3, 4]) },
    outputShape: [3, 4],
    program: ({ x }) =>
      tf.reshape(tf.mul(tf.mul(tf.cast(tf.clone(x), 'float32'), 1), tf.ones([3, 4])), [3, 4]),
    formula: ({ x }) => [...x],
  },
  attention: {
    inputs: { query: heads(), key: heads(), value: heads() },
    outputShape: [BATCH, HEADS, LENGTH, WIDTH],
    program: ({ query, key, value }) =>
      attention(
        query as Tensor4D,
        key as Tensor4D,
        value as Tensor4D,
        tf.tensor(BIAS, [BATCH, 1, 1, LENGTH]) as Tensor4D,
        probabilities => tf.mul(probabilities, tf.tensor(MASK, [BATCH, HEADS, LENGTH, LENGTH])) as Tensor4D,
      ),
    formula: ({ query, key, value }) =>
      grid(BATCH, HEADS, (b, h) => {
        const head = b * HEADS + h;
        const at = (token: number, i: number) => (head * LENGTH + token) * WIDTH + i;
        return range(LENGTH).flatMap(q => {
          const scores = range(LENGTH).map(
            k =>
              sum(range(WIDTH).map(i => query[at(q, i)] * key[at(k, i)])) / Math.sqrt(WIDTH) +
              BIAS[b * LENGTH + k],
          );
          const total = sum(scores.map(Math.exp));
          const weights = scores.map(
            (score, k) => (Math.exp(score) / total) * MASK[(head * LENGTH + q) * LENGTH + k],
          );
          return range(WIDTH).map(i => sum(weights.map((weight, k) => weight * value[at(k, i)])));
        });
      }).flat(),
  },
};

/** Central differences of Σ w · formula, one input number at a time. */
function finiteDifferences({ inputs, formula }: Operation, weights: Float32Array): Record<string, Floats> {
  const step = 1e-5;
  const point = Object.fromEntries(
    Object.entries(inputs).map(([name, { values }]) => [name, Float64Array.from(values)]),
  );
  const loss = () => sum(formula(point).map((value, i) => value * weights[i]));
  return Object.fromEntries(
    Object.entries(inputs).map(([name, { shape, values }]) => {
      const gradient = Float32Array.from(values, (centre, i) => {
        point[name][i] = centre + step;
        const above = loss();
        point[name][i] = centre - step;
        const below = loss();
        point[name][i] = centre;
        return (above - below) / (2 * step);
      });
      return [name, { shape, values: gradient }];
    }),
  );
}

describe.each(['cpu', 'wasm', 'onnx'])('on the engine %s', engineName => {
  describe.each(Object.keys(OPERATIONS))('%s', name => {
    const operation = OPERATIONS[name];
    const weights = normals(new Random(22), operation.outputShape);
    let value: Floats;
    let gradients: Record<string, Float32Array>;

    beforeAll(async () => {
      const engine = await openEngine(engineName, { threads: 1 });
      gradients = Object.fromEntries(
        Object.entries(operation.inputs).map(([name, { values }]) => [name, new Float32Array(values.length)]),
      );
      const differentiation = engine.differentiation((variables, { weights }) => {
        const y = operation.program(variables);
        return { loss: tf.sum(tf.mul(y, weights)), y };
      });
      const outputs = await differentiation.run(operation.inputs, { weights }, gradients);
      value = outputs.y as Floats;
      await differentiation.dispose();
    });

    it('has the values of its formula', () => {
      const point = Object.fromEntries(
        Object.entries(operation.inputs).map(([name, { values }]) => [name, Float64Array.from(values)]),
      );
      const expected = Float32Array.from(operation.formula(point));
      expectClose(value, { shape: operation.outputShape, values: expected }, 1e-5);
    });

    it('has the gradients of finite differences', () => {
      const expected = finiteDifferences(operation, weights.values);
      expect(Object.keys(gradients)).toEqual(Object.keys(expected));
      for (const [input, gradient] of Object.entries(expected))
        expectClose({ shape: gradient.shape, values: gradients[input] }, gradient, 1e-5, input);
    });
  });
});
