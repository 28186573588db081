/** Random numbers for tests of engines, and how close two engines must be. */
import type { NumericArray } from 'ner-distill/engine/engine';
import { sizeOf } from 'ner-distill/engine/engine';
import type { Random } from 'ner-distill/random';
import { expect } from 'vitest';

export interface Floats extends NumericArray {
  readonly values: Float32Array;
}

/** Standard normal numbers. */
export function normals(random: Random, shape: readonly number[], scale = 1): Floats {
  return { shape, values: Float32Array.from({ length: sizeOf(shape) }, () => random.normal() * scale) };
}

/** Whole numbers from 0 to n − 1. */
export function integers(random: Random, shape: readonly number[], n: number) {
  return { shape, values: Int32Array.from({ length: sizeOf(shape) }, () => random.integer(n)) };
}

/** Asserts equal shapes and values that differ by no more than `tolerance · (1 + |expected|)`. */
export function expectClose(
  actual: NumericArray,
  expected: NumericArray,
  tolerance: number,
  about = '',
): void {
  expect(actual.shape, about).toEqual(expected.shape);
  expect(actual.values.length, about).toBe(expected.values.length);
  let worst = 0;
  for (let i = 0; i < expected.values.length; i++) {
    const difference = Math.abs(actual.values[i] - expected.values[i]) / (1 + Math.abs(expected.values[i]));
    if (!(difference <= worst)) worst = difference;
  }
  expect(worst, about).toBeLessThanOrEqual(tolerance);
}
