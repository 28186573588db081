/** Dropout by counter: its statistics, and that every engine draws the same bits. */
import type { Tensor1D } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { dropout, dropoutKeys, dropoutMask } from 'ner-distill/engine/dropout';
import { openEngine } from 'ner-distill/engine/select';
import { describe, expect, it } from 'vitest';

const COUNT = 40_000;
const RATE = 0.1;

function mask({ seed = 7, step = 3, place = 2, rate = RATE, count = COUNT } = {}): Float32Array {
  return dropoutMask(dropoutKeys(seed, step, place + 1)[place], count, rate);
}
const dropped = (values: Float32Array) => values.reduce((count, value) => count + (value === 0 ? 1 : 0), 0);

/** Pearson's correlation of the elements' being dropped. */
function correlation(a: Float32Array, b: Float32Array): number {
  const [p, q] = [dropped(a) / a.length, dropped(b) / b.length];
  let both = 0;
  for (let i = 0; i < a.length; i++) if (a[i] === 0 && b[i] === 0) both++;
  return (both / a.length - p * q) / Math.sqrt(p * (1 - p) * q * (1 - q));
}
const UNCORRELATED = 4 / Math.sqrt(COUNT);
const NEIGHBOURS = [0, 1, 2, 3, 4, 5, 6, 7];

describe('a dropout mask', () => {
  it.each([0.05, 0.1, 0.3, 0.5, 0.9])('drops a share close to the rate %f', rate => {
    // Four standard deviations of a binomial share.
    const allowed = 4 * Math.sqrt((rate * (1 - rate)) / COUNT);
    for (const step of NEIGHBOURS)
      expect(Math.abs(dropped(mask({ rate, step })) / COUNT - rate)).toBeLessThan(allowed);
  });

  it('scales what it keeps by 1 / (1 − rate), and has no other values', () => {
    expect(new Set(mask({ rate: 0.25 }))).toEqual(new Set([0, Math.fround(4 / 3)]));
  });

  it('is the same for the same seed, step and place', () => {
    expect(mask()).toEqual(mask());
  });

  it('begins alike at every size, so that a longer padding changes no other element', () => {
    expect(mask({ count: 100 })).toEqual(mask().slice(0, 100));
  });

  it.each(['seed', 'step', 'place'])('is uncorrelated with those of a neighbouring %s', what => {
    const masks = NEIGHBOURS.map(value => mask({ [what]: value }));
    for (let a = 0; a < masks.length; a++)
      for (let b = 0; b < a; b++)
        expect(Math.abs(correlation(masks[a], masks[b])), `${what}s ${b}, ${a}`).toBeLessThan(UNCORRELATED);
  });

  it('is uncorrelated with that of the seed before at the step after', () => {
    const masks = NEIGHBOURS.map(i => mask({ seed: 100 + i, step: 100 - i }));
    for (let i = 1; i < masks.length; i++)
      expect(Math.abs(correlation(masks[i - 1], masks[i]))).toBeLessThan(UNCORRELATED);
  });

  it.each([1, 2, 3, 16, 64, 128, 768])('is uncorrelated with itself %i elements on', lag => {
    const values = mask({ count: COUNT + lag });
    const r = correlation(values.subarray(0, COUNT), values.subarray(lag));
    expect(Math.abs(r)).toBeLessThan(UNCORRELATED);
  });

  it('has a key of its own for each of many seeds, steps and places', () => {
    const keys = new Set<number>();
    for (let seed = 0; seed < 5; seed++)
      for (let step = 0; step < 200; step++) for (const key of dropoutKeys(seed, step, 38)) keys.add(key);
    // Of 38,000 random 32-bit keys about 0.17 pairs are equal.
    expect(keys.size).toBeGreaterThanOrEqual(38_000 - 2);
  });
});

describe.each(['cpu', 'wasm', 'onnx'])('on the engine %s', engineName => {
  it.each([0.1, 0.5])('ones dropped at the rate %f are the mask, bit for bit', async rate => {
    const engine = await openEngine(engineName, { threads: 2 });
    const shape = [20, 1000];
    const keys = { shape: [3], values: dropoutKeys(5, 8, 3) };
    const evaluation = engine.evaluation((_, { keys }) =>
      Object.fromEntries(
        [0, 1, 2].map(place => [place, dropout(tf.ones(shape), rate, keys as Tensor1D, place)]),
      ),
    );
    const outputs = await evaluation.run({}, { keys });
    await evaluation.dispose();
    for (const place of [0, 1, 2]) {
      expect(outputs[place].shape).toEqual(shape);
      expect(outputs[place].values).toEqual(dropoutMask(keys.values[place], 20_000, rate));
    }
  });

  it('values and their gradients are dropped by one mask', async () => {
    const engine = await openEngine(engineName, { threads: 2 });
    const keys = { shape: [1], values: dropoutKeys(5, 8, 1) };
    const x = { shape: [10, 10], values: Float32Array.from({ length: 100 }, (_, i) => i - 50) };
    const gradients = { x: new Float32Array(100) };
    const differentiation = engine.differentiation(({ x }, { keys }) => {
      const value = dropout(x, 0.5, keys as Tensor1D, 0);
      return { loss: tf.sum(value), value };
    });
    const { value } = await differentiation.run({ x }, { keys }, gradients);
    await differentiation.dispose();
    const expected = dropoutMask(keys.values[0], 100, 0.5);
    expect(gradients.x).toEqual(expected);
    expect([...value.values].map(Math.abs)).toEqual([...x.values].map((v, i) => Math.abs(v * expected[i])));
  });

  it('a rate of 0 leaves values as they are', async () => {
    const engine = await openEngine(engineName, { threads: 2 });
    const keys = { shape: [1], values: dropoutKeys(5, 8, 1) };
    const evaluation = engine.evaluation(({ x }, { keys }) => ({
      y: tf.add(dropout(x, 0, keys as Tensor1D, 0), 0),
    }));
    const { y } = await evaluation.run({ x: { shape: [3], values: Float32Array.of(1, -2, 3) } }, { keys });
    await evaluation.dispose();
    expect([...y.values]).toEqual([1, -2, 3]);
  });
});
