/**
 * Dropout without a random-number state: whether an element is kept is a hash of (run seed, step, place, element),
 * so a mask can be drawn on any engine, in any order, and again after a resumed run, always with the same bits.
 */

import type { Tensor, Tensor1D } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';

/** 2³²/φ, odd: spreads consecutive numbers over all 32 bits (Knuth's multiplicative hashing). */
const GOLDEN = 0x9e3779b1;
/** Multipliers of a bias-minimised 32-bit mixer (C. Wellons, "Prospecting for hash functions"). */
export const MIX = [0x21f0aaad, 0x735a2d97] as const;
export const MIX_SHIFT = 15;

/** Mixes 32 bits: every bit of the result depends on every bit of `x`. */
function mix(x: number): number {
  let h = x >>> 0;
  h = Math.imul(h ^ (h >>> 16), MIX[0]);
  h = Math.imul(h ^ (h >>> MIX_SHIFT), MIX[1]);
  return (h ^ (h >>> MIX_SHIFT)) >>> 0;
}

/** One key for each place of a model that drops, as the `[places]` int32 input `dropoutKeys` of its program. */
export function dropoutKeys(seed: number, step: number, places: number): Int32Array {
  return Int32Array.from({ length: places }, (_, place) =>
    mix(mix(mix(seed) + step) + Math.imul(place + 1, GOLDEN)),
  );
}

/** Element numbers, spread over 32 bits; what a mask's key is mixed with. */
export function elementHashes(count: number): Uint32Array {
  const hashes = new Uint32Array(count);
  for (let i = 0; i < count; i++) hashes[i] = Math.imul(i + 1, GOLDEN);
  return hashes;
}

/** An element is dropped where its hash is below this. */
export function dropThreshold(rate: number): number {
  return Math.round(rate * 2 ** 32);
}

/** The mask of one place: 0 with probability `rate`, else 1 / (1 − rate). */
export function dropoutMask(key: number, count: number, rate: number): Float32Array {
  const mask = new Float32Array(count);
  const threshold = dropThreshold(rate);
  const kept = 1 / (1 - rate);
  for (let i = 0; i < count; i++) {
    let h = Math.imul(Math.imul(i + 1, GOLDEN) ^ key, MIX[0]);
    h = Math.imul(h ^ (h >>> MIX_SHIFT), MIX[1]);
    mask[i] = h >>> 0 < threshold ? 0 : kept;
  }
  return mask;
}

/** Name of the kernel behind `dropout`; the tracing backend registers its own. */
export const DROPOUT_MASK = 'DropoutMask';
export interface DropoutMaskAttributes extends tf.NamedAttrMap {
  shape: number[];
  rate: number;
}

/** `x` with elements dropped at `rate` by the key of this `place`; the rest is scaled by 1 / (1 − rate). */
export function dropout<T extends Tensor>(x: T, rate: number, keys: Tensor1D, place: number): T {
  if (rate === 0) return x;
  const attributes: DropoutMaskAttributes = { shape: x.shape, rate };
  const mask = tf
    .engine()
    .runKernel(DROPOUT_MASK, { key: tf.slice(keys, [place], [1]) }, attributes) as Tensor;
  return tf.mul(x, mask) as T;
}
