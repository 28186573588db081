/** Every operation that can be recorded as ONNX, against the plain JavaScript kernels of tfjs. */
import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import type { Arrays, Engine } from 'ner-distill/engine/engine';
import { TRACE_BACKEND } from 'ner-distill/engine/onnx/trace';
import { layerNorm, linear } from 'ner-distill/engine/operations';
import { openEngine } from 'ner-distill/engine/select';
import { Random } from 'ner-distill/random';
import { beforeAll, describe, expect, it } from 'vitest';
import { expectClose, integers, normals } from './fixtures';

type Operands = Readonly<Record<string, Tensor>>;
interface Case {
  readonly inputs: Arrays;
  readonly operation: (operands: Operands) => Tensor;
}

const random = new Random(11);
const normal = (...shape: number[]) => normals(random, shape);
const positive = (...shape: number[]) => {
  const { values } = normals(random, shape);
  return { shape, values: values.map(value => Math.abs(value) + 0.1) };
};
/** Few different numbers, so that comparisons meet equal ones. */
const repeated = (...shape: number[]) => ({
  shape,
  values: Float32Array.from(integers(random, shape, 3).values),
});
const whole = (n: number, ...shape: number[]) => integers(random, shape, n);

const unary =
  (operation: (x: Tensor) => Tensor, draw = normal) =>
  (): Case[] =>
    [[], [7], [3, 4], [2, 3, 4], [2, 3, 1, 5]].map(shape => ({
      inputs: { x: draw(...shape) },
      operation: ({ x }) => operation(x),
    }));

/** Equal shapes, scalars, missing and single dimensions on either side. */
const PAIRS = [
  [
    [3, 4],
    [3, 4],
  ],
  [[3, 4], []],
  [[], [5]],
  [[3, 4], [4]],
  [[3, 1], [4]],
  [
    [2, 1, 3, 1],
    [4, 1, 5],
  ],
];
const binary =
  (operation: (a: Tensor, b: Tensor) => Tensor, drawA = normal, drawB = drawA) =>
  (): Case[] =>
    PAIRS.map(([a, b]) => ({
      inputs: { a: drawA(...a), b: drawB(...b) },
      operation: ({ a, b }) => operation(a, b),
    }));

const comparison = (operation: (a: Tensor, b: Tensor) => Tensor) =>
  binary((a, b) => tf.cast(operation(a, b), 'float32'), repeated);

const reduction = (operation: (x: Tensor, axis?: number | number[], keepDims?: boolean) => Tensor) => () =>
  (
    [
      [[], undefined],
      [[6], undefined],
      [[3, 4], undefined],
      [[3, 4], 0],
      [[3, 4], -1],
      [[2, 3, 4], 1],
      [
        [2, 3, 4],
        [0, 2],
      ],
      [
        [2, 3, 4, 5],
        [-1, 1],
      ],
      [[2, 1, 4], 1],
    ] as [number[], number | number[] | undefined][]
  ).flatMap(([shape, axis]) =>
    [false, true].map(keepDims => ({
      inputs: { x: normal(...shape) },
      operation: ({ x }: Operands) => operation(x, axis, keepDims),
    })),
  );

const overLastAxis = (operation: (x: Tensor) => Tensor) => (): Case[] =>
  [[5], [3, 4], [2, 3, 4], [2, 2, 3, 4]].map(shape => ({
    inputs: { x: normal(...shape) },
    operation: ({ x }) => operation(x),
  }));

const one = (inputs: Arrays, operation: (operands: Operands) => Tensor): Case => ({ inputs, operation });

function products(): Case[] {
  const shapes = [
    [
      [3, 4],
      [4, 5],
    ],
    [
      [1, 4],
      [4, 1],
    ],
    [
      [1, 3, 4],
      [1, 4, 5],
    ],
    [
      [2, 3, 4],
      [2, 4, 5],
    ],
    [
      [2, 3, 4],
      [1, 4, 5],
    ],
    [
      [2, 3, 4, 5],
      [2, 3, 5, 6],
    ],
    [
      [2, 3, 4, 5],
      [1, 1, 5, 6],
    ],
  ];
  const turned = (shape: number[]) => [
    ...shape.slice(0, -2),
    shape[shape.length - 1],
    shape[shape.length - 2],
  ];
  return shapes.flatMap(([a, b]) =>
    [
      [false, false],
      [false, true],
      [true, false],
      [true, true],
    ].map(([transposeA, transposeB]) =>
      one(
        { a: normal(...(transposeA ? turned(a) : a)), b: normal(...(transposeB ? turned(b) : b)) },
        ({ a, b }) => tf.matMul(a, b, transposeA, transposeB),
      ),
    ),
  );
}

/** For each recorded kernel, operations that go through it. */
const CASES: Record<string, () => Case[]> = {
  Add: binary(tf.add),
  AddN: () => [one({ a: normal(2, 3), b: normal(2, 3) }, ({ a, b }) => tf.addN([a, b, a]))],
  Sub: binary(tf.sub),
  RealDiv: binary(tf.div, normal, positive),
  Maximum: binary(tf.maximum),
  Minimum: binary(tf.minimum),
  Pow: binary(tf.pow, positive, normal),
  Multiply: () => [
    ...binary(tf.mul)(),
    one({ x: normal(3, 1) }, ({ x }) => tf.mul(x, tf.ones([3, 4]))),
    one({ x: normal(4) }, ({ x }) => tf.mul(tf.onesLike(tf.zeros([2, 3, 4])), x)),
    one({ x: normal(2, 3) }, ({ x }) => tf.mul(x, 1)),
  ],
  SquaredDifference: binary(tf.squaredDifference),
  Equal: comparison(tf.equal),
  Greater: comparison(tf.greater),
  GreaterEqual: comparison(tf.greaterEqual),
  Less: comparison(tf.less),
  LessEqual: comparison(tf.lessEqual),
  LogicalOr: comparison((a, b) => tf.logicalOr(tf.greater(a, 0), tf.greater(b, 1))),
  LogicalNot: unary(x => tf.cast(tf.logicalNot(tf.greater(x, 0)), 'float32')),
  NotEqual: comparison(tf.notEqual),
  LogicalAnd: comparison((a, b) => tf.logicalAnd(tf.greater(a, 0), tf.greater(b, 1))),
  Exp: unary(tf.exp),
  Log: unary(tf.log, positive),
  Sqrt: unary(tf.sqrt, positive),
  Rsqrt: unary(tf.rsqrt, positive),
  Erf: unary(tf.erf),
  Neg: unary(tf.neg),
  Abs: unary(tf.abs),
  Tanh: unary(tf.tanh),
  Relu: unary(tf.relu),
  Sigmoid: unary(tf.sigmoid),
  Softplus: unary(tf.softplus),
  Reciprocal: unary(tf.reciprocal, positive),
  Sign: unary(tf.sign),
  Floor: unary(tf.floor),
  Ceil: unary(tf.ceil),
  Square: unary(tf.square),
  Step: () => [...unary(x => tf.step(x))(), ...unary(x => tf.step(x, -0.25))()],
  Identity: unary(x => tf.clone(x)),
  ZerosLike: unary(x => tf.add(tf.zerosLike(x), x)),
  OnesLike: unary(x => tf.add(tf.onesLike(x), x)),
  Fill: unary(x => tf.add(tf.fill(x.shape, 2.5), x)),
  Cast: () => [
    ...unary(x => tf.cast(tf.cast(tf.mul(x, 3), 'int32'), 'float32'))(),
    ...unary(x => tf.cast(tf.cast(x, 'bool'), 'float32'), repeated)(),
    one({ i: whole(9, 3, 4) }, ({ i }) => tf.mul(tf.cast(i, 'float32'), 0.5)),
    one({ x: normal(3) }, ({ x }) => tf.cast(x, 'float32')),
  ],
  Reshape: () => [
    one({ x: normal(3, 4) }, ({ x }) => tf.reshape(x, [2, 6])),
    one({ x: normal(2, 3, 4) }, ({ x }) => tf.reshape(x, [-1, 4])),
    one({ x: normal(1) }, ({ x }) => tf.reshape(x, [])),
    one({ x: normal(6) }, ({ x }) => tf.add(tf.reshape(tf.ones([2, 3]), [6]), x)),
    one({ i: whole(9, 6) }, ({ i }) => tf.reshape(i, [3, 2])),
  ],
  ExpandDims: () =>
    [0, 1, 2, -1, -2].map(axis => one({ x: normal(3, 4) }, ({ x }) => tf.expandDims(x, axis))),
  Transpose: () => [
    one({ x: normal(3, 4) }, ({ x }) => tf.transpose(x)),
    one({ x: normal(2, 3, 4) }, ({ x }) => tf.transpose(x, [1, 0, 2])),
    one({ x: normal(2, 3, 4, 5) }, ({ x }) => tf.transpose(x, [0, 2, 1, 3])),
    one({ x: normal(2, 3, 4, 5) }, ({ x }) => tf.transpose(x, [3, 0, 2, 1])),
    one({ i: whole(9, 3, 4) }, ({ i }) => tf.transpose(i, [1, 0])),
  ],
  Concat: () => [
    one({ a: normal(2), b: normal(3) }, ({ a, b }) => tf.concat([a, b])),
    one({ a: normal(2, 3), b: normal(4, 3) }, ({ a, b }) => tf.concat([a, b], 0)),
    one({ a: normal(2, 1, 3), b: normal(2, 4, 3), c: normal(2, 2, 3) }, ({ a, b, c }) =>
      tf.concat([a, b, c], -2),
    ),
    one({ a: normal(2, 3, 4), b: normal(2, 3, 1) }, ({ a, b }) => tf.concat([a, b, a], -1)),
  ],
  Pack: () =>
    [0, 1, 2, -1].map(axis =>
      one({ a: normal(2, 3), b: normal(2, 3) }, ({ a, b }) => tf.stack([a, b, a], axis)),
    ),
  SplitV: () => [
    one({ x: normal(6, 2) }, ({ x }) => tf.concat(tf.split(x, 3).reverse(), 1)),
    one({ x: normal(2, 6) }, ({ x }) => tf.concat(tf.split(x, [1, 2, 3], -1).reverse(), -1)),
  ],
  Unpack: () => [
    one({ x: normal(3, 4) }, ({ x }) => tf.addN(tf.unstack(x))),
    one({ x: normal(3, 1, 4) }, ({ x }) => tf.unstack(x, 1)[0]),
  ],
  Slice: () => [
    one({ x: normal(7) }, ({ x }) => tf.slice(x, [2], [3])),
    one({ x: normal(3, 4) }, ({ x }) => tf.slice(x, [1, 0], [-1, 2])),
    one({ x: normal(2, 3, 4) }, ({ x }) => tf.slice(x, [0, 1, 3], [2, 2, 1])),
    one({ x: normal(3, 4) }, ({ x }) => tf.slice(x, [0, 0], [3, 4])),
    one({ i: whole(9, 5) }, ({ i }) => tf.slice(i, [4], [1])),
  ],
  PadV2: () => [
    one({ x: normal(3) }, ({ x }) => tf.pad(x, [[1, 2]])),
    one({ x: normal(2, 3) }, ({ x }) =>
      tf.pad(
        x,
        [
          [0, 1],
          [2, 0],
        ],
        -1.5,
      ),
    ),
    one({ x: normal(1, 2, 3) }, ({ x }) =>
      tf.pad(x, [
        [1, 1],
        [0, 0],
        [0, 2],
      ]),
    ),
  ],
  Tile: () => [
    one({ x: normal(3) }, ({ x }) => tf.tile(x, [2])),
    one({ x: normal(2, 3) }, ({ x }) => tf.tile(x, [3, 1])),
    one({ x: normal(2, 1, 3) }, ({ x }) => tf.tile(x, [1, 4, 2])),
  ],
  Sum: reduction(tf.sum),
  Mean: () => [
    ...reduction(tf.mean)(),
    one({ i: whole(9, 3, 4) }, ({ i }) => tf.mean(i, 1)),
    one({ x: normal(3, 4) }, ({ x }) => tf.mean(tf.greater(x, 0), 0)),
  ],
  Max: reduction(tf.max),
  Min: reduction(tf.min),
  Softmax: overLastAxis(x => tf.softmax(x)),
  BatchMatMul: products,
  Linear: () =>
    [
      [3, 4, 5],
      [1, 6, 2],
      [7, 1, 3],
    ].map(([rows, inputs, outputs]) =>
      one(
        { x: normal(rows, inputs), weight: normal(outputs, inputs), bias: normal(outputs) },
        ({ x, weight, bias }) => linear(x as Tensor2D, weight as Tensor2D, bias as Tensor1D),
      ),
    ),
  LayerNorm: () =>
    [
      [3, 4],
      [1, 6],
      [7, 33],
    ].map(([rows, width]) =>
      one({ x: normal(rows, width), gamma: normal(width), beta: normal(width) }, ({ x, gamma, beta }) =>
        layerNorm(x as Tensor2D, gamma as Tensor1D, beta as Tensor1D, 1e-5),
      ),
    ),
  Select: () => [
    ...binary((a, b) => tf.where(tf.greater(tf.add(a, b), 0), tf.add(a, b), tf.sub(a, b)))(),
    one({ i: whole(2, 3, 4), a: normal(3, 4), b: normal(3, 4) }, ({ i, a, b }) =>
      tf.where(tf.greater(i, 0), a, b),
    ),
  ],
  OneHot: () => [
    one({ i: whole(5, 7) }, ({ i }) => tf.cast(tf.oneHot(i, 5), 'float32')),
    one({ i: whole(3, 2, 4) }, ({ i }) => tf.cast(tf.oneHot(i, 3), 'float32')),
    one({ i: whole(4, 2, 3, 2) }, ({ i }) => tf.oneHot(i, 4, 0.75, -0.25, 'float32')),
  ],
  GatherV2: () => [
    one({ x: normal(6), i: whole(6, 9) }, ({ x, i }) => tf.gather(x, i as Tensor1D)),
    one({ x: normal(6, 3), i: whole(6, 9) }, ({ x, i }) => tf.gather(x, i as Tensor1D)),
    one({ x: normal(6, 3), i: whole(6, 2, 4) }, ({ x, i }) => tf.gather(x, i as Tensor1D)),
    one({ x: normal(2, 6, 3), i: whole(6, 4) }, ({ x, i }) => tf.gather(x, i as Tensor1D, 1)),
    one({ x: normal(2, 3, 5), i: whole(5, 4) }, ({ x, i }) => tf.gather(x, i as Tensor1D, -1)),
  ],
};

/** In tfjs, but for GatherV2, whose gradient is an operation that is not recorded, and is said not to be there. */
const WITHOUT_GRADIENT: readonly string[] = [
  'Equal',
  'NotEqual',
  'Greater',
  'Less',
  'LessEqual',
  'LogicalAnd',
  'LogicalOr',
  'LogicalNot',
  'OneHot',
  'GatherV2',
];

const recorded = () => tf.getKernelsForBackend(TRACE_BACKEND).map(({ kernelName }) => kernelName);

describe('the operations that the onnx engine records', () => {
  let engines: { onnx: Engine; cpu: Engine };
  beforeAll(async () => {
    engines = { onnx: await openEngine('onnx', { threads: 1 }), cpu: await openEngine('cpu') };
  });

  it('are each tested here', () => {
    expect(Object.keys(CASES).sort()).toEqual(recorded().sort());
  });

  it.each(Object.keys(CASES))('%s gives the numbers of tfjs', async name => {
    for (const { inputs, operation } of CASES[name]()) {
      const about = `${name} of ${Object.values(inputs).map(({ shape }) => `[${shape}]`)}`;
      const [actual, expected] = await Promise.all(
        [engines.onnx, engines.cpu].map(async engine => {
          const evaluation = engine.evaluation(variables => ({ y: operation(variables) }));
          const { y } = await evaluation.run(inputs, {});
          await evaluation.dispose();
          return y;
        }),
      );
      expectClose(actual, expected, 1e-5, about);
    }
  });

  it.each(Object.keys(CASES))('%s has the gradients of tfjs', async name => {
    let compared = 0;
    for (const { inputs, operation } of CASES[name]()) {
      const isFloat = ([, { values }]: [string, Arrays[string]]) => values instanceof Float32Array;
      const variables = Object.fromEntries(Object.entries(inputs).filter(isFloat));
      const data = Object.fromEntries(Object.entries(inputs).filter(input => !isFloat(input)));
      if (Object.keys(variables).length === 0) continue;
      const program = (variables: Operands, data: Operands) => ({
        loss: tf.sum(tf.square(operation({ ...variables, ...data }))),
      });
      const gradientsOf = async (engine: Engine) => {
        const differentiation = engine.differentiation(program);
        const gradients = Object.fromEntries(
          Object.entries(variables).map(([key, { values }]) => [key, new Float32Array(values.length)]),
        );
        await differentiation.run(variables, data, gradients).finally(() => differentiation.dispose());
        return gradients;
      };
      const expected = await gradientsOf(engines.cpu).catch((error: Error) => error);
      // tfjs has none, or none of these inputs is reached.
      if (expected instanceof Error) {
        expect(expected.message).toMatch(/gradient|depends on no parameter|passed to stack/);
        continue;
      }
      const actual = await gradientsOf(engines.onnx).catch((error: Error) => error);
      if (actual instanceof Error) {
        expect(actual.message).toContain('the onnx engine does not have the operation');
        continue;
      }
      compared++;
      for (const [key, values] of Object.entries(expected)) {
        const { shape } = inputs[key];
        expectClose(
          { shape, values: actual[key] },
          { shape, values },
          1e-4,
          `d ${name} by ${key} [${shape}]`,
        );
      }
    }
    expect(compared > 0 || WITHOUT_GRADIENT.includes(name)).toBe(true);
  });

  it('of others it is said that they are not there', async () => {
    const x = { shape: [2], values: Float32Array.of(0.5, 0.25) };
    const run = (program: (variables: Operands) => Tensor) =>
      engines.onnx.evaluation(variables => ({ y: program(variables) })).run({ x }, {});
    await expect(run(({ x }) => tf.acos(x))).rejects.toThrow(
      'the onnx engine does not have the operation Acos of tfjs: another way to write it, or --engine cpu',
    );
    const indices = tf.tensor2d([[0], [1]], [2, 1], 'int32');
    await expect(run(({ x }) => tf.gather(tf.reshape(x, [2, 1]), indices, 1, 1))).rejects.toThrow(
      'the onnx engine gathers without batchDims alone',
    );
    await expect(engines.onnx.evaluation(({ x }) => ({ x: tf.neg(x) })).run({ x }, {})).rejects.toThrow(
      'a program calls what it gives "x", which is the name of what it reads',
    );
  });

  it('Select takes whole rows where the condition is a vector', async () => {
    // By hand, since tfjs (4.22) gives every element of a row the number of its first.
    const evaluation = engines.onnx.evaluation(({ x, a, b }) => ({
      y: tf.engine().runKernel('Select', { condition: tf.greater(x, 0), t: a, e: b }) as Tensor,
    }));
    const floats = (shape: number[], ...values: number[]) => ({ shape, values: Float32Array.from(values) });
    const inputs = {
      x: floats([2], 1, -1),
      a: floats([2, 3], 1, 2, 3, 4, 5, 6),
      b: floats([2, 3], 10, 20, 30, 40, 50, 60),
    };
    const { y } = await evaluation.run(inputs, {});
    await evaluation.dispose();
    expect([...y.values]).toEqual([1, 2, 3, 40, 50, 60]);
  });

  it.each(Object.keys(CASES))('%s is really what its cases run', async name => {
    await tf.setBackend('cpu');
    const [{ inputs, operation }] = CASES[name]();
    const operands = Object.fromEntries(
      Object.entries(inputs).map(([key, { shape, values }]) => [key, tf.tensor(values, [...shape])]),
    );
    const { kernelNames } = await tf.profile(() => tf.tidy(() => operation(operands)));
    expect(kernelNames).toContain(name);
  });
});
