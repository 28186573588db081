/** Weights as files store them: in 32-bit floats as they were trained, or in 64 or 16 bits, which are made 32 and back. */
import { InputError } from '../errors';
import type { Parameters } from './parameters';

/** A tensor to be written: 32-bit floats, unless another of the format's types is named. */
export interface StoredTensor {
  readonly shape: readonly number[];
  readonly values: Float32Array | Uint16Array;
  readonly type?: string;
}

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

/** The types of floats that checkpoints come in, by their names in safetensors, each with how its bytes become 32-bit floats. */
export const FLOATS: Readonly<Record<string, (bytes: ArrayBuffer) => Float32Array>> = {
  F64: bytes => new Float32Array(new Float64Array(bytes)),
  F32: bytes => new Float32Array(bytes),
  F16(bytes) {
    ofFloat16 ??= numbersOfFloat16();
    const halves = new Uint16Array(bytes);
    const values = new Float32Array(halves.length);
    for (let i = 0; i < values.length; i++) values[i] = ofFloat16[halves[i]];
    return values;
  },
  BF16(bytes) {
    const halves = new Uint16Array(bytes);
    const bits = new Uint32Array(halves.length);
    for (let i = 0; i < bits.length; i++) bits[i] = halves[i] << 16;
    return new Float32Array(bits.buffer);
  },
};

/** The number of each IEEE 754 binary16; made when the first is read, which is seldom. */
let ofFloat16: Float32Array | undefined;

function numbersOfFloat16(): Float32Array {
  return Float32Array.from({ length: 1 << 16 }, (_, bits) => {
    const exponent = (bits >>> 10) & 0x1f;
    const fraction = bits & 0x3ff;
    const magnitude =
      exponent === 0
        ? fraction * 2 ** -24
        : exponent === 0x1f
          ? fraction === 0
            ? Number.POSITIVE_INFINITY
            : Number.NaN
          : (1 + fraction / 1024) * 2 ** (exponent - 15);
    return bits >>> 15 ? -magnitude : magnitude;
  });
}
