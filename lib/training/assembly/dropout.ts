/**
 * Dropout masks in AssemblyScript, four elements at a time. `npm run assemble` compiles this file to `../dropout-wasm.ts`.
 */

/** 2³²/φ, odd: spreads consecutive numbers over all 32 bits (Knuth's multiplicative hashing). */
const GOLDEN: u32 = 0x9e3779b1;
/** Multipliers of a bias-minimised 32-bit mixer (C. Wellons, "Prospecting for hash functions"). */
const MIX_1: u32 = 0x21f0aaad;
const MIX_2: u32 = 0x735a2d97;
const MIX_SHIFT: i32 = 15;

/**
 * Writes `count` floats (rounded up to four) from the address `mask` on: 0 where the element's hash is below `threshold`,
 * else `kept`. The hash mixes the element's number with the key.
 */
export function dropoutMask(mask: usize, count: usize, key: u32, threshold: u32, kept: f32): void {
  let number = i32x4.mul(i32x4(1, 2, 3, 4), i32x4.splat(GOLDEN));
  const next = i32x4.splat(4 * GOLDEN);
  const keys = i32x4.splat(key);
  const thresholds = i32x4.splat(threshold);
  const value = f32x4.splat(kept);
  const end = mask + count * 4;
  for (; mask < end; mask += 16) {
    let hash = i32x4.mul(v128.xor(number, keys), i32x4.splat(MIX_1));
    hash = i32x4.mul(v128.xor(hash, i32x4.shr_u(hash, MIX_SHIFT)), i32x4.splat(MIX_2));
    v128.store(mask, v128.and(value, i32x4.ge_u(hash, thresholds)));
    number = i32x4.add(number, next);
  }
}
