import { Random } from 'ner-distill/random';
import { describe, expect, it } from 'vitest';

function draws(seed: number, count: number): number[] {
  const random = new Random(seed);
  return Array.from({ length: count }, () => random.next());
}

describe('Random', () => {
  it('repeats itself for the same seed and differs for neighbouring seeds', () => {
    expect(draws(7, 100)).toEqual(draws(7, 100));
    expect(draws(7, 100)).not.toEqual(draws(8, 100));
  });

  it('draws uniformly from [0, 1)', () => {
    const numbers = draws(1, 20_000);
    expect(numbers.every(x => x >= 0 && x < 1)).toBe(true);
    const mean = numbers.reduce((sum, x) => sum + x, 0) / numbers.length;
    const square = numbers.reduce((sum, x) => sum + x * x, 0) / numbers.length;
    expect(mean).toBeCloseTo(1 / 2, 2);
    expect(square).toBeCloseTo(1 / 3, 2);
  });

  it('gives neighbouring seeds uncorrelated sequences', () => {
    const a = draws(100, 20_000);
    const b = draws(101, 20_000);
    const covariance = a.reduce((sum, x, i) => sum + (x - 0.5) * (b[i] - 0.5), 0) / a.length;
    expect(Math.abs(covariance * 12)).toBeLessThan(0.03);
  });

  it('draws standard normal numbers', () => {
    const random = new Random(2);
    const numbers = Array.from({ length: 20_000 }, () => random.normal());
    const mean = numbers.reduce((sum, x) => sum + x, 0) / numbers.length;
    const variance = numbers.reduce((sum, x) => sum + (x - mean) ** 2, 0) / numbers.length;
    expect(Math.abs(mean)).toBeLessThan(0.03);
    expect(variance).toBeCloseTo(1, 1);
  });

  it('draws whole numbers below n, each of them', () => {
    const random = new Random(3);
    const seen = new Set(Array.from({ length: 200 }, () => random.integer(6)));
    expect([...seen].sort()).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it('picks by weight and never an item of weight 0', () => {
    const random = new Random(4);
    const counts = { a: 0, b: 0, c: 0 };
    for (let i = 0; i < 10_000; i++) counts[random.weighted(['a', 'b', 'c'] as const, [3, 0, 1])]++;
    expect(counts.b).toBe(0);
    expect(counts.a / 10_000).toBeCloseTo(0.75, 1);
  });

  it('shuffles a copy that holds the same items', () => {
    const items = [1, 2, 3, 4, 5, 6, 7, 8];
    const shuffled = new Random(5).shuffle(items);
    expect(shuffled).not.toEqual(items);
    expect([...shuffled].sort()).toEqual(items);
    expect(items).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });

  it('forks generators by purpose that do not repeat one another', () => {
    const [a, b] = [new Random(6).fork('names'), new Random(6).fork('text')];
    expect(a.next()).not.toBe(b.next());
    expect(new Random(6).fork('names').next()).toBe(new Random(6).fork('names').next());
  });
});
