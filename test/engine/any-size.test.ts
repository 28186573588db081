/** Recording for any size: which numbers of a recording are understood, and that all others are refused. */
import type { BatchSize } from 'ner-distill/engine/engine';
import { recordAtAnySize } from 'ner-distill/engine/onnx/any-size';
import {
  encodeOnnx,
  int64Tensor,
  node,
  type OnnxTensor,
  tensor,
  valueInfo,
} from 'ner-distill/engine/onnx/onnx-graph';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';

/** A recording of `ids` reshaped, with the shape, or another constant, that `make` gives at a size. */
const recorded = (make: (size: BatchSize) => OnnxTensor, operator = (_: BatchSize) => 'Reshape') =>
  recordAtAnySize(
    size =>
      encodeOnnx({
        nodes: [node(operator(size), ['ids', 'shape'], 'out')],
        constants: new Map([['shape', make(size)]]),
        inputs: [valueInfo('ids', 'int64', [size.batch, size.length])],
        outputs: [valueInfo('out', 'int64', [1])],
      }),
    { tokens: 'ids' },
  );
const shaped = (make: (size: BatchSize) => number[]) => recorded(size => int64Tensor('shape', make(size)));

async function reshaped(make: (size: BatchSize) => number[], [batch, length]: [number, number]) {
  const model = encodeOnnx({
    ...shaped(make),
    inputs: [valueInfo('ids', 'int64', ['b', 's'])],
    outputs: [
      valueInfo(
        'out',
        'int64',
        make({ batch, length, places: 1 }).map((_, i) => `d${i}`),
      ),
    ],
  });
  const session = await InferenceSession.create(model, { logSeverityLevel: 4 });
  const ids = BigInt64Array.from({ length: batch * length }, (_, i) => BigInt(i));
  const { out } = await session.run({ ids: new Tensor('int64', ids, [batch, length]) });
  return out.dims;
}

describe('a program recorded for any size', () => {
  it.each<[string, (size: BatchSize) => number[], [number, number], number[]]>([
    ['batch, length and what is fixed', s => [s.batch, 1, s.length], [2, 5], [2, 1, 5]],
    ['their product', s => [s.batch * s.length, 1], [3, 4], [12, 1]],
    ['one more than one of them, cut again', s => [s.length, s.batch], [3, 4], [4, 3]],
  ])('computes %s from its input', async (_, make, size, expected) => {
    expect(await reshaped(make, size)).toEqual(expected);
  });

  it('adds what a number has beside a size, as the rows before the first position', () => {
    const { nodes, constants } = shaped(({ length }) => [length + 2]);
    expect(nodes.map(({ opType, input }) => [opType, input])).toEqual([
      ['Shape', ['ids']],
      ['Shape', ['ids']],
      ['Mul', ['number of batch', 'number of length']],
      ['Add', ['number of length', 'size_2']],
      ['Concat', ['shape.0']],
      ['Reshape', ['ids', 'shape']],
    ]);
    expect([...constants.keys()]).toEqual(['size_2']);
  });

  it('keeps what is the same at all sizes', () => {
    const { nodes, constants } = shaped(() => [-1, 4]);
    expect(nodes.map(({ opType }) => opType)).toEqual(['Shape', 'Shape', 'Mul', 'Reshape']);
    expect([...constants.keys()]).toEqual(['shape']);
  });

  it('refuses what it cannot explain', () => {
    expect(() => shaped(({ length }) => [length ** 2])).toThrow('which is no sum of a size and a number');
    expect(() => shaped(({ batch, length }) => [batch + length])).toThrow(
      'which is no sum of a size and a number',
    );
    expect(() => shaped(({ length }) => new Array<number>(length).fill(1))).toThrow(
      'found numbers made of it (shape)',
    );
    expect(() => recorded(({ length }) => tensor('shape', [1], Float32Array.of(length)))).toThrow(
      'found numbers made of it (shape)',
    );
    expect(() =>
      recorded(
        () => int64Tensor('shape', [1]),
        ({ batch }) => (batch > 1010 ? 'Reshape' : 'Expand'),
      ),
    ).toThrow('found operations that depend on it');
  });
});
