/** Weights as they are stored: in 32-bit floats as they were trained, or rounded to the nearest number of 16 bits. */
import { InputError } from '../errors';
import type { Parameters } from '../model/parameters';
import type { StoredTensor } from '../model/safetensors';

export const NUMBER_TYPES = ['float32', 'float16', 'bfloat16'] as const;
export type NumberType = (typeof NUMBER_TYPES)[number];

/**
 * Tensors for a safetensors file.
 * @throws InputError where a number is too large for the type
 */
export function storedAs(parameters: Parameters, type: NumberType): Readonly<Record<string, StoredTensor>> {
  if (type === 'float32') return parameters;
  const { name: stored, round, infinity } = HALVES[type];
  return Object.fromEntries(
    Object.entries(parameters).map(([name, { shape, values }]) => {
      const halves = round(values);
      const overflow = halves.findIndex(bits => (bits & 0x7fff) >= infinity);
      if (overflow >= 0)
        throw new InputError(
          `tensor "${name}" holds ${values[overflow]}, which ${type} cannot hold; expected --dtype float32`,
        );
      return [name, { shape, values: halves, type: stored }];
    }),
  );
}

/** `name`: safetensors'. `infinity`: its bits; those above it are no numbers. */
const HALVES = {
  float16: { name: 'F16', round: toFloat16, infinity: 0x7c00 },
  bfloat16: { name: 'BF16', round: toBfloat16, infinity: 0x7f80 },
};

/** The bits of each number as an IEEE 754 binary16 (5 bits of exponent, 10 of fraction), rounded half to even. */
export function toFloat16(values: Float32Array): Uint16Array {
  return rounded(values, (magnitude, value) => {
    // Below 2⁻¹⁴ the numbers of binary16 are the multiples of 2⁻²⁴.
    if (magnitude < 0x38800000) return roundHalfToEven(Math.abs(value) * 2 ** 24);
    if (magnitude >= 0x47800000) return magnitude > 0x7f800000 ? 0x7e00 : 0x7c00;
    // The exponent's bias is 127 there and 15 here; 13 bits of fraction are dropped.
    return roundHalfToEven((magnitude - (112 << 23)) / 2 ** 13);
  });
}

/** The bits of each number as a bfloat16, the upper half of its 32, rounded half to even. */
export function toBfloat16(values: Float32Array): Uint16Array {
  return rounded(values, magnitude =>
    magnitude > 0x7f800000 ? 0x7fc0 : roundHalfToEven(magnitude / 2 ** 16),
  );
}

/** Each sign, with what becomes of the other 31 bits of the number. */
function rounded(values: Float32Array, round: (magnitude: number, value: number) => number): Uint16Array {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const result = new Uint16Array(values.length);
  for (let i = 0; i < values.length; i++)
    result[i] = ((bits[i] >>> 16) & 0x8000) | round(bits[i] & 0x7fffffff, values[i]);
  return result;
}

function roundHalfToEven(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  return rest > 0.5 || (rest === 0.5 && below % 2 === 1) ? below + 1 : below;
}
