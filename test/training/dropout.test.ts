/** Dropout by counter: its statistics, and the bits of the compiled loop. */
import { DropoutMasks, dropoutKey } from 'ner-distill/training/dropout';
import { describe, expect, it } from 'vitest';

const COUNT = 40_000;
const RATE = 0.1;

function mask({ seed = 7, step = 3, place = 2, rate = RATE, count = COUNT } = {}): Float32Array {
  const places = Array.from({ length: place + 1 }, (_, i) => ({ name: `${i}`, shape: [count], rate }));
  return new DropoutMasks().draw(places, { seed, step })[place].values as Float32Array;
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
      for (let step = 0; step < 200; step++)
        for (let place = 0; place < 38; place++) keys.add(dropoutKey(seed, step, place));
    // Of 38,000 random 32-bit keys about 0.17 pairs are equal.
    expect(keys.size).toBeGreaterThanOrEqual(38_000 - 2);
  });
});

/** The hash of the documentation, element by element, in plain JavaScript. */
function maskByHand(key: number, count: number, rate: number): Float32Array {
  return Float32Array.from({ length: count }, (_, i) => {
    let h = Math.imul(Math.imul(i + 1, 0x9e3779b1) ^ key, 0x21f0aaad);
    h = Math.imul(h ^ (h >>> 15), 0x735a2d97);
    return h >>> 0 < Math.round(rate * 2 ** 32) ? 0 : 1 / (1 - rate);
  });
}

describe('the masks of one draw', () => {
  it('are refused in a sentence where no memory has room for them', () => {
    const place = { name: 'mask', shape: [2 ** 15, 2 ** 16], rate: 0.1 };
    expect(() => new DropoutMasks().draw([place], { seed: 1, step: 0 })).toThrow(
      'the dropout masks of a step take 8.0 GiB, more than the 4 that there can be: expected a smaller batch, or --accumulation',
    );
  });

  const places = [
    { name: 'a', shape: [20, 1000], rate: 0.1 },
    { name: 'b', shape: [7], rate: 0.5 },
    { name: 'c', shape: [3, 5, 7], rate: 0.3 },
  ];

  it('are those of the hash, bit for bit, at sizes that four does not divide', () => {
    const masks = new DropoutMasks().draw(places, { seed: 5, step: 8 });
    places.forEach(({ name, shape, rate }, place) => {
      const count = shape.reduce((product, size) => product * size, 1);
      expect(masks[name].shape).toEqual(shape);
      expect(masks[name].values).toEqual(maskByHand(dropoutKey(5, 8, place), count, rate));
    });
  });

  it('stand untouched by the draws of others, and come again after a larger draw', () => {
    const [ours, others] = [new DropoutMasks(), new DropoutMasks()];
    const first = ours.draw(places, { seed: 1, step: 1 });
    const kept = Object.values(first).map(({ values }) => values.slice());
    others.draw(places, { seed: 2, step: 1 });
    expect(Object.values(first).map(({ values }) => values)).toEqual(kept);
    ours.draw([{ name: 'large', shape: [1_000_000], rate: 0.5 }], { seed: 1, step: 2 });
    const again = ours.draw(places, { seed: 1, step: 1 });
    expect(Object.values(again).map(({ values }) => values)).toEqual(kept);
  });
});
