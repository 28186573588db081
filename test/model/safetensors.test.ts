/** The safetensors format: bits there and back, and files that are damaged or that lie. */
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { InputError } from 'ner-distill/errors';
import {
  decodeSafetensors,
  digestOfParameters,
  encodeSafetensors,
  loadSafetensors,
  openSafetensors,
} from 'ner-distill/model/safetensors';
import { describe, expect, it } from 'vitest';

const anyTensor = fc
  .array(fc.integer({ min: 0, max: 4 }), { maxLength: 3 })
  .chain(shape => {
    const size = shape.reduce((product, side) => product * side, 1);
    return fc.tuple(
      fc.constant(shape),
      fc.float32Array({ minLength: size, maxLength: size, noNaN: true, noDefaultInfinity: true }),
    );
  })
  .map(([shape, values]) => ({ shape, values }));
const tensorName = fc
  .string({ unit: 'grapheme' })
  .filter(name => !['__metadata__', '__proto__'].includes(name));
const anyParameters = fc.dictionary(tensorName, anyTensor, { noNullPrototype: true });

/** The bytes of a safetensors file with this header and so many bytes of data. */
function fileOf(header: unknown, dataBytes: number): Buffer {
  const text = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([length, text, Buffer.alloc(dataBytes)]);
}

describe('safetensors', () => {
  it('gives back names, shapes and bits of what was written', () => {
    fc.assert(
      fc.property(anyParameters, parameters => {
        const read = decodeSafetensors(encodeSafetensors(parameters), 'file');
        expect(Object.keys(read)).toEqual(Object.keys(parameters));
        for (const [name, { shape, values }] of Object.entries(parameters)) {
          expect(read[name].shape).toEqual(shape);
          expect(Buffer.from(read[name].values.buffer)).toEqual(
            Buffer.from(values.buffer, values.byteOffset, values.byteLength),
          );
        }
      }),
    );
  });

  it('is laid out as the format says, with the tensors aligned to eight bytes', () => {
    fc.assert(
      fc.property(anyParameters, parameters => {
        const bytes = encodeSafetensors(parameters);
        const length = Number(bytes.readBigUInt64LE(0));
        expect((8 + length) % 8).toBe(0);
        const values = Object.values(parameters).reduce((sum, tensor) => sum + tensor.values.length, 0);
        expect(bytes).toHaveLength(8 + length + 4 * values);
        expect(bytes[8]).toBe('{'.charCodeAt(0));
      }),
    );
    const two = encodeSafetensors({
      a: { shape: [2], values: Float32Array.of(1, -2) },
      b: { shape: [], values: Float32Array.of(0.5) },
    });
    const length = Number(two.readBigUInt64LE(0));
    expect(JSON.parse(two.subarray(8, 8 + length).toString())).toEqual({
      __metadata__: { format: 'pt' },
      a: { dtype: 'F32', shape: [2], data_offsets: [0, 8] },
      b: { dtype: 'F32', shape: [], data_offsets: [8, 12] },
    });
    expect([0, 4, 8].map(at => two.readFloatLE(8 + length + at))).toEqual([1, -2, 0.5]);
  });

  it('may carry metadata, which is not a tensor', () => {
    const header = { __metadata__: { format: 'pt' }, a: { dtype: 'F32', shape: [1], data_offsets: [0, 4] } };
    expect(decodeSafetensors(fileOf(header, 4), 'file')).toEqual({
      a: { shape: [1], values: Float32Array.of(0) },
    });
  });

  const tensor = { dtype: 'F32', shape: [2], data_offsets: [0, 8] };
  const whole = encodeSafetensors({ a: { shape: [2], values: Float32Array.of(1, 2) } });
  it.each([
    ['an empty file', Buffer.alloc(0), 'not a safetensors file (a header of 0 bytes in a file of 0)'],
    ['a text', Buffer.from('version https://git-lfs.github.com/spec/v1\n'), 'not a safetensors file'],
    ['a header longer than the file', whole.subarray(0, 20), /a header of \d+ bytes in a file of 20/],
    [
      'a header that is not JSON',
      fileOf('{"a": ', 0),
      'not a safetensors file, its header is not JSON (found the end',
    ],
    ['a header that is a list', fileOf([tensor], 8), 'not a safetensors file'],
    ['a header that is null', fileOf('null', 8), 'not a safetensors file'],
    ['a tensor that is null', fileOf({ a: null }, 8), 'tensor "a"'],
    [
      'a file cut off in its data',
      whole.subarray(0, -1),
      'tensor "a" has shape [2] and bytes [0,8], which do not fit',
    ],
    [
      'whole numbers',
      fileOf({ a: { ...tensor, dtype: 'I32' } }, 8),
      'tensor "a" is of type I32, expected F64, F32, F16 or BF16',
    ],
    [
      'an unknown type',
      fileOf({ a: { ...tensor, dtype: 'F31' } }, 8),
      'tensor "a" is of type "F31", which is none of safetensors',
    ],
    ['no type', fileOf({ a: { ...tensor, dtype: undefined } }, 8), 'tensor "a" is of type undefined'],
    [
      'the name of a method as a type',
      fileOf({ a: { ...tensor, dtype: 'toString' } }, 8),
      'is of type "toString"',
    ],
    [
      'bytes that two tensors share',
      fileOf({ a: tensor, b: { dtype: 'F32', shape: [2], data_offsets: [4, 12] } }, 12),
      'tensors "a" and "b" have bytes in common',
    ],
    [
      'bytes that no tensor has, between two',
      fileOf({ a: tensor, b: { ...tensor, data_offsets: [12, 20] } }, 20),
      'bytes 8 to 12 of the data belong to no tensor',
    ],
    [
      'bytes that no tensor has, at the end',
      fileOf({ a: tensor }, 16),
      'bytes 8 to 16 of the data belong to no tensor',
    ],
    [
      'a name that stands twice',
      fileOf(`{"a":${JSON.stringify(tensor)},"\\u0061":${JSON.stringify(tensor)}}`, 8),
      'tensor "a" stands twice in the header',
    ],
    [
      'a shape beyond all numbers',
      fileOf({ a: { ...tensor, shape: [2 ** 31, 2 ** 31, 2 ** 31] } }, 8),
      'tensor "a" has shape [2147483648,2147483648,2147483648]',
    ],
    [
      'a shape in fractions',
      fileOf({ a: { ...tensor, shape: [0.5, 4] } }, 8),
      'tensor "a" has shape [0.5,4]',
    ],
    [
      'a shape of ten thousand depths',
      fileOf(
        `{"a":{"dtype":"F32","data_offsets":[0,8],"shape":${'['.repeat(10_000)}${']'.repeat(10_000)}}}`,
        8,
      ),
      'found more than 100 brackets open',
    ],
    [
      'a header that says it has 100 GB',
      Buffer.from('00e40b5402000000', 'hex'),
      /a header of 10000000000 bytes/,
    ],
    ['a shape that is none', fileOf({ a: { ...tensor, shape: [-2] } }, 8), 'tensor "a" has shape [-2]'],
    ['no shape', fileOf({ a: { dtype: 'F32', data_offsets: [0, 8] } }, 8), 'tensor "a" has shape undefined'],
    [
      'too many bytes for a shape',
      fileOf({ a: { ...tensor, shape: [1] } }, 8),
      'which do not fit each other',
    ],
    [
      'no bytes',
      fileOf({ a: { dtype: 'F32', shape: [2] } }, 8),
      'tensor "a" has shape [2] and bytes undefined',
    ],
    ['bytes before the data', fileOf({ a: { ...tensor, data_offsets: [-8, 0] } }, 8), 'bytes [-8,0]'],
    ['bytes in fractions', fileOf({ a: { ...tensor, data_offsets: [0.5, 8.5] } }, 9), 'bytes [0.5,8.5]'],
    ['bytes as text', fileOf({ a: { ...tensor, data_offsets: ['0', '8'] } }, 8), 'bytes ["0","8"]'],
  ])('is refused with the name of the file: %s', (_, bytes, message) => {
    expect(() => decodeSafetensors(bytes, 'the/file')).toThrow(InputError);
    expect(() => decodeSafetensors(bytes, 'the/file')).toThrow(message);
    expect(() => decodeSafetensors(bytes, 'the/file')).toThrow(/^the\/file: /);
  });
});

describe('a safetensors file on disk', () => {
  const folder = mkdtempSync(join(tmpdir(), 'safetensors-'));
  const file = join(folder, 'two.safetensors');
  const tensors = {
    a: { shape: [2], values: Float32Array.of(1, -2) },
    b: { shape: [], values: Float32Array.of(0.5) },
  };
  writeFileSync(file, encodeSafetensors(tensors));

  it('is read as from memory, whole or by names', () => {
    expect(loadSafetensors(file)).toEqual(tensors);
    const { entries, read } = openSafetensors(file);
    expect([...entries]).toEqual([
      ['a', { type: 'F32', shape: [2], begin: 0, end: 8 }],
      ['b', { type: 'F32', shape: [], begin: 8, end: 12 }],
    ]);
    expect(read(['b'])).toEqual({ b: tensors.b });
  });

  it('may hold tensors of other types, as long as they are not asked for', () => {
    const bytes = encodeSafetensors({ ...tensors, ids: { shape: [2], values: Float32Array.of(0, 0) } });
    const whole = Buffer.from(bytes.toString('latin1').replace(/F32(?!.*F32)/s, 'I32'), 'latin1');
    writeFileSync(join(folder, 'ids.safetensors'), whole);
    const { entries, read } = openSafetensors(join(folder, 'ids.safetensors'));
    expect(entries.get('ids')).toMatchObject({ type: 'I32' });
    expect(read(['a', 'b'])).toEqual(tensors);
    expect(() => read(['ids'])).toThrow('tensor "ids" is of type I32, expected F64, F32, F16 or BF16');
  });

  it.each([
    [Number.NaN, 'NaN'],
    [Infinity, 'Infinity'],
    [-Infinity, '-Infinity'],
  ])('is refused by the name of the tensor that holds %s', (value, text) => {
    const damaged = { ...tensors, b: { shape: [3], values: Float32Array.of(0, value, 1) } };
    const at = join(folder, 'damaged.safetensors');
    writeFileSync(at, encodeSafetensors(damaged));
    expect(() => loadSafetensors(at)).toThrow(InputError);
    expect(() => loadSafetensors(at)).toThrow(
      `${at}: tensor "b" holds ${text} as its value 2 of 3, expected finite numbers`,
    );
    expect(openSafetensors(at).read(['a'])).toEqual({ a: tensors.a });
  });

  it('may hold the largest numbers and the smallest', () => {
    const edges = {
      a: { shape: [4], values: Float32Array.of(3.4028234663852886e38, -3.4028234663852886e38, 1e-45, -0) },
    };
    expect(decodeSafetensors(encodeSafetensors(edges), 'file')).toEqual(edges);
  });

  it('is refused where there is none, or a folder', () => {
    mkdirSync(join(folder, 'folder'));
    expect(() => loadSafetensors(join(folder, 'none'))).toThrow(`${join(folder, 'none')}: no such file`);
    expect(() => loadSafetensors(join(folder, 'folder'))).toThrow(
      `${join(folder, 'folder')}: found no plain file, expected one in safetensors`,
    );
  });
});

it('a digest of parameters changes with a single value, a shape or a name', () => {
  const bias = { shape: [3], values: Float32Array.of(0, 0, 0) };
  const digest = digestOfParameters({ bias });
  expect(digest).toMatch(/^[0-9a-f]{64}$/);
  expect(digestOfParameters({ bias: { ...bias, values: bias.values.slice() } })).toBe(digest);
  expect(digestOfParameters({ bias: { ...bias, values: Float32Array.of(0, 0, 1e-30) } })).not.toBe(digest);
  expect(digestOfParameters({ bias: { ...bias, shape: [3, 1] } })).not.toBe(digest);
  expect(digestOfParameters({ bias2: bias })).not.toBe(digest);
});
