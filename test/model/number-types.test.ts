/** 16-bit numbers against the encodings that IEEE 754 gives, halfway cases among them. */
import { FLOATS, storedAs, toBfloat16, toFloat16 } from 'ner-distill/model/number-types';
import { describe, expect, it } from 'vitest';

const hex = (bits: Uint16Array) => [...bits].map(each => each.toString(16).padStart(4, '0'));

describe('float16', () => {
  it.each([
    [0, '0000'],
    [-0, '8000'],
    [1, '3c00'],
    [-2, 'c000'],
    [65504, '7bff'],
    [1 / 3, '3555'],
    // The smallest normal number, the largest and the smallest of those below it.
    [2 ** -14, '0400'],
    [2 ** -14 - 2 ** -24, '03ff'],
    [2 ** -24, '0001'],
    // Halfway: to the even neighbour.
    [1 + 2 ** -11, '3c00'],
    [1 + 3 * 2 ** -11, '3c02'],
    [2 ** -25, '0000'],
    [3 * 2 ** -25, '0002'],
    [65519, '7bff'],
    [65520, '7c00'],
    [Number.POSITIVE_INFINITY, '7c00'],
    [Number.NaN, '7e00'],
  ])('of %d is %s', (value, bits) => {
    expect(hex(toFloat16(Float32Array.of(value)))).toEqual([bits]);
  });
});

describe('bfloat16', () => {
  it.each([
    [0, '0000'],
    [1, '3f80'],
    [-1.5, 'bfc0'],
    [1 / 3, '3eab'],
    [1 + 2 ** -8, '3f80'],
    [1 + 3 * 2 ** -8, '3f82'],
    [3.4e38, '7f80'],
    [2 ** -130, '0008'],
    [Number.NaN, '7fc0'],
  ])('of %d is %s', (value, bits) => {
    expect(hex(toBfloat16(Float32Array.of(value)))).toEqual([bits]);
  });
});

describe('weights', () => {
  const weights = (value: number) => ({ w: { shape: [1], values: Float32Array.of(value) } });

  it('are stored under the names of safetensors', () => {
    expect(storedAs(weights(1), 'float32').w).toEqual({ shape: [1], values: Float32Array.of(1) });
    expect(storedAs(weights(1), 'float16').w).toEqual({
      shape: [1],
      values: Uint16Array.of(0x3c00),
      type: 'F16',
    });
    expect(storedAs(weights(1), 'bfloat16').w).toEqual({
      shape: [1],
      values: Uint16Array.of(0x3f80),
      type: 'BF16',
    });
  });

  it('that the type cannot hold are refused', () => {
    expect(() => storedAs(weights(-70000), 'float16')).toThrow(
      'tensor "w" holds -70000, which float16 cannot hold; expected --dtype float32',
    );
    expect(() => storedAs(weights(Number.NaN), 'bfloat16')).toThrow('holds NaN');
  });
});

describe('floats of a file', () => {
  const read = (type: string, values: ArrayBufferView) => [...FLOATS[type](values.buffer as ArrayBuffer)];

  it('are those that IEEE 754 gives for their bits', () => {
    expect(
      read('F16', Uint16Array.of(0x0000, 0x3c00, 0xc000, 0x7bff, 0x0400, 0x03ff, 0x8001, 0x3555)),
    ).toEqual([...[0, 1, -2, 65504, 2 ** -14, 2 ** -14 - 2 ** -24, -(2 ** -24), 0.333251953125]]);
    expect(read('F16', Uint16Array.of(0x7c00, 0xfc00, 0x7e00))).toEqual([Infinity, -Infinity, Number.NaN]);
    expect(read('BF16', Uint16Array.of(0x3f80, 0xbfc0, 0x3eab, 0x7f80))).toEqual([
      1,
      -1.5,
      0.333984375,
      Infinity,
    ]);
    expect(read('F64', Float64Array.of(0.1, -2, 1e300))).toEqual([Math.fround(0.1), -2, Infinity]);
    expect(read('F32', Float32Array.of(0.1))).toEqual([Math.fround(0.1)]);
  });

  it.each([
    ['F16', toFloat16, 0x7c00],
    ['BF16', toBfloat16, 0x7f80],
  ] as const)('of 16 bits stay what they are there and back: %s', (type, to, infinity) => {
    const finite = Uint16Array.from({ length: 1 << 16 }, (_, bits) => bits).filter(
      bits => (bits & 0x7fff) < infinity,
    );
    expect(to(FLOATS[type](finite.slice().buffer))).toEqual(finite);
  });
});
