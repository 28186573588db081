/** How each tfjs operation is written in ONNX: one entry a kernel, for the operations that programs use. */
import * as tf from '@tensorflow/tfjs';
import { InputError } from '../../errors';
import { sizeOf } from '../engine';
import { LAYER_NORM, type LayerNormAttributes, LINEAR } from '../operations';
import { type Attributes, type ElementType, outputOf } from './graph';
import { TRACE_BACKEND, tracer } from './trace';

type Inputs = Record<string, tf.TensorInfo>;
type Info = tf.TensorInfo;
/** Attributes as tfjs hands them over; each kernel knows which it has. */
type KernelAttributes = Record<string, unknown>;

/** Operations of onnxruntime's own that have no equal in the standard set. */
const MICROSOFT = 'com.microsoft';

/** @param record what stands for the result, or of an operation with several for each */
function kernel(
  kernelName: string,
  record: (inputs: Inputs, attributes: KernelAttributes) => Info | Info[],
): void {
  tf.registerKernel({
    kernelName,
    backendName: TRACE_BACKEND,
    kernelFunc: ({ inputs, attrs }) => {
      // Not the tensor itself where an input is returned: tfjs would take the operation for a loop and add its
      // gradient twice.
      const another = ({ dataId, shape, dtype }: Info): Info => {
        if (Object.values(inputs).some(input => input?.dataId === dataId)) tracer.incRef(dataId);
        return { dataId, shape, dtype };
      };
      const recorded = record(inputs as unknown as Inputs, (attrs ?? {}) as KernelAttributes);
      return Array.isArray(recorded) ? recorded.map(another) : another(recorded);
    },
  });
}

/** Records a node over tensors (named here) and constants (already named) and describes its result. */
function node(
  operator: string,
  inputs: readonly (Info | string)[],
  shape: readonly number[],
  dtype: tf.DataType,
  attributes: Attributes = {},
  domain = '',
  outputs = 1,
): Info {
  const names = inputs.map(input => (typeof input === 'string' ? input : tracer.nameOf(input)));
  return tracer.add({
    name: tracer.graph.node(operator, names, attributes, domain, outputs),
    shape: [...shape],
    dtype,
  });
}

/** The same data under another shape. */
function reshape(x: Info, shape: readonly number[]): Info {
  if (x.shape.length === shape.length && x.shape.every((size, i) => size === shape[i])) return x;
  const { values, fill } = tracer.get(x);
  if (values || fill !== undefined) return tracer.add({ shape: [...shape], dtype: x.dtype, values, fill });
  return node('Reshape', [x, tracer.graph.integers(shape)], shape, x.dtype);
}

function fill(shape: readonly number[], value: number, dtype: tf.DataType): Info {
  return tracer.add({ shape: [...shape], dtype, fill: value });
}

const broadcast = (a: Info, b: Info): number[] =>
  tf.broadcast_util.assertAndGetBroadcastShape(a.shape, b.shape);

function expand(x: Info, shape: readonly number[]): Info {
  if (sizeOf(x.shape) === sizeOf(shape)) return reshape(x, shape);
  return node('Expand', [x, tracer.graph.integers(shape)], shape, x.dtype);
}

// Element by element, two operands.
for (const [name, operator, dtype] of [
  ['Add', 'Add'],
  ['Sub', 'Sub'],
  ['RealDiv', 'Div'],
  ['Maximum', 'Max'],
  ['Minimum', 'Min'],
  ['Pow', 'Pow'],
  ['Equal', 'Equal', 'bool'],
  ['Greater', 'Greater', 'bool'],
  ['GreaterEqual', 'GreaterOrEqual', 'bool'],
  ['Less', 'Less', 'bool'],
  ['LessEqual', 'LessOrEqual', 'bool'],
  ['LogicalAnd', 'And', 'bool'],
  ['LogicalOr', 'Or', 'bool'],
] as const)
  kernel(name, ({ a, b }) => node(operator, [a, b], broadcast(a, b), dtype ?? a.dtype));

kernel('AddN', inputs => Object.values(inputs).reduce((a, b) => node('Add', [a, b], a.shape, a.dtype)));
kernel('NotEqual', ({ a, b }) => not(node('Equal', [a, b], broadcast(a, b), 'bool')));

kernel('Multiply', ({ a, b }) => {
  // tfjs's gradients multiply by tensors of ones to broadcast; that is no arithmetic.
  const shape = broadcast(a, b);
  if (tracer.get(a).fill === 1) return expand(b, shape);
  if (tracer.get(b).fill === 1) return expand(a, shape);
  const { fill: factor } = tracer.get(b);
  const { times } = tracer.get(a);
  if (times && factor !== undefined && b.shape.length === 0) return times(factor);
  return node('Mul', [a, b], shape, a.dtype);
});
kernel('SquaredDifference', ({ a, b }) => {
  const difference = node('Sub', [a, b], broadcast(a, b), a.dtype);
  return node('Mul', [difference, difference], difference.shape, a.dtype);
});

// Element by element, one operand.
for (const [name, operator] of [
  ['Exp', 'Exp'],
  ['Log', 'Log'],
  ['Sqrt', 'Sqrt'],
  ['Erf', 'Erf'],
  ['Neg', 'Neg'],
  ['Abs', 'Abs'],
  ['Tanh', 'Tanh'],
  ['Relu', 'Relu'],
  ['Sigmoid', 'Sigmoid'],
  ['Softplus', 'Softplus'],
  ['Reciprocal', 'Reciprocal'],
  ['Sign', 'Sign'],
  ['Floor', 'Floor'],
  ['Ceil', 'Ceil'],
] as const)
  kernel(name, ({ x }) => node(operator, [x], x.shape, x.dtype));

kernel('Square', ({ x }) => node('Mul', [x, x], x.shape, x.dtype));
kernel('Rsqrt', ({ x }) => node('Reciprocal', [node('Sqrt', [x], x.shape, x.dtype)], x.shape, x.dtype));
/** 1 above 0, else `alpha`; the gradient of an absolute value has it with −1. */
kernel('Step', ({ x }, { alpha }) => {
  const { graph } = tracer;
  const positive = node('Greater', [x, graph.scalar(0, x.dtype as ElementType)], x.shape, 'bool');
  return alpha
    ? node('Where', [positive, graph.scalar(1), graph.scalar(alpha as number)], x.shape, 'float32')
    : cast(positive, 'float32');
});
const not = (x: Info): Info => node('Not', [x], x.shape, 'bool');
kernel('LogicalNot', ({ x }) => not(x));
kernel('Identity', ({ x }) => ({ ...x }));
kernel('Cast', ({ x }, { dtype }) => cast(x, dtype as tf.DataType));
function cast(x: Info, dtype: tf.DataType): Info {
  if (x.dtype === dtype) return { ...x };
  return node('Cast', [x], x.shape, dtype, { to: { float32: 1, int32: 6, bool: 9 }[dtype as 'int32'] });
}
kernel('ZerosLike', ({ x }) => fill(x.shape, 0, x.dtype));
kernel('OnesLike', ({ x }) => fill(x.shape, 1, x.dtype));
kernel('Fill', (_, { shape, value, dtype }) =>
  fill(shape as number[], value as number, (dtype as tf.DataType) ?? 'float32'),
);

// Shapes.
kernel('Reshape', ({ x }, { shape }) =>
  reshape(x, tf.util.inferFromImplicitShape(shape as number[], sizeOf(x.shape))),
);
kernel('ExpandDims', ({ input }, { dim }) => {
  const shape = [...input.shape];
  shape.splice((dim as number) < 0 ? shape.length + (dim as number) + 1 : (dim as number), 0, 1);
  return reshape(input, shape);
});
kernel('Transpose', ({ x }, { perm }) => {
  const axes = perm as number[];
  return node(
    'Transpose',
    [x],
    axes.map(axis => x.shape[axis]),
    x.dtype,
    { perm: axes },
  );
});
kernel('Concat', (inputs, { axis }) => concat(Object.values(inputs), axis as number));
function concat(parts: readonly Info[], axis: number): Info {
  const at = tf.util.parseAxisParam(axis, parts[0].shape)[0];
  const shape = [...parts[0].shape];
  shape[at] = parts.reduce((total, part) => total + part.shape[at], 0);
  return node('Concat', parts, shape, parts[0].dtype, { axis: at });
}
kernel('Pack', (inputs, { axis }) => {
  const parts = Object.values(inputs);
  const { shape } = parts[0];
  const at = (axis as number) < 0 ? shape.length + 1 + (axis as number) : (axis as number);
  const withAxis = [...shape.slice(0, at), 1, ...shape.slice(at)];
  return concat(
    parts.map(part => reshape(part, withAxis)),
    at,
  );
});
kernel('SplitV', ({ x }, { numOrSizeSplits, axis }) => {
  const at = tf.util.parseAxisParam(axis as number, x.shape)[0];
  const sizes = tf.backend_util.prepareSplitSize(x as tf.Tensor, numOrSizeSplits as number | number[], at);
  return partsOf(x, sizes, at);
});
kernel('Unpack', ({ value }, { axis }) => {
  const at = tf.util.parseAxisParam(axis as number, value.shape)[0];
  const shape = value.shape.filter((_, i) => i !== at);
  return partsOf(value, new Array<number>(value.shape[at]).fill(1), at).map(part => reshape(part, shape));
});
/** A tensor cut along an axis into parts of these sizes. */
function partsOf(x: Info, sizes: readonly number[], axis: number): Info[] {
  let start = 0;
  return sizes.map(size => {
    const begin = x.shape.map((_, i) => (i === axis ? start : 0));
    start += size;
    return slice(
      x,
      begin,
      x.shape.map((whole, i) => (i === axis ? size : whole)),
    );
  });
}
kernel('Slice', ({ x }, { begin, size }) => slice(x, begin as number[], size as number[]));
function slice(x: Info, starts: readonly number[], size: readonly number[]): Info {
  const sizes = size.map((length, i) => (length < 0 ? x.shape[i] - starts[i] : length));
  if (sizes.every((length, i) => length === x.shape[i])) return { ...x };
  const { graph } = tracer;
  const ends = starts.map((start, i) => start + sizes[i]);
  return node(
    'Slice',
    [x, graph.integers(starts), graph.integers(ends), graph.integers(starts.map((_, i) => i))],
    sizes,
    x.dtype,
  );
}
kernel('PadV2', ({ x }, { paddings, constantValue }) => {
  const pads = paddings as [number, number][];
  const amounts = tracer.graph.integers([...pads.map(pad => pad[0]), ...pads.map(pad => pad[1])]);
  const shape = x.shape.map((size, i) => size + pads[i][0] + pads[i][1]);
  return node('Pad', [x, amounts, tracer.graph.scalar(constantValue as number)], shape, x.dtype);
});
kernel('Tile', ({ x }, { reps }) => {
  const repeats = reps as number[];
  return node(
    'Tile',
    [x, tracer.graph.integers(repeats)],
    x.shape.map((size, i) => size * repeats[i]),
    x.dtype,
  );
});

// Reductions.
for (const [name, operator, key] of [
  ['Sum', 'ReduceSum', 'x'],
  ['Mean', 'ReduceMean', 'x'],
  ['Max', 'ReduceMax', 'x'],
  ['Min', 'ReduceMin', 'x'],
] as const)
  kernel(name, (inputs, { axis, reductionIndices, keepDims }) => {
    // Of whole numbers a mean is none.
    const x = name === 'Mean' ? cast(inputs[key], 'float32') : inputs[key];
    const axes = tf.util.parseAxisParam((axis ?? reductionIndices) as number | number[], x.shape);
    if (name === 'Sum' && x.shape.length === 2 && axes.join() === '0' && x.dtype === 'float32')
      return sumOfRows(x, Boolean(keepDims));
    const shape = keepDims
      ? x.shape.map((size, i) => (axes.includes(i) ? 1 : size))
      : x.shape.filter((_, i) => !axes.includes(i));
    return node(operator, [x, tracer.graph.integers(axes)], shape, x.dtype, { keepdims: keepDims ? 1 : 0 });
  });
kernel('Softmax', ({ logits }, { dim }) =>
  node('Softmax', [logits], logits.shape, logits.dtype, {
    axis: tf.util.parseAxisParam(dim as number, logits.shape)[0],
  }),
);

// Products.
kernel('BatchMatMul', ({ a, b }, { transposeA, transposeB }) =>
  matMul(a, b, Boolean(transposeA), Boolean(transposeB)),
);
kernel(LINEAR, ({ x, weight, bias }) => matMul(x, weight, false, true, bias));

/**
 * One product of matrices is a Gemm; a batch of them is onnxruntime's FusedMatMul, which transposes as it reads.
 * A product that is only read times a factor is recorded with that factor, and not without.
 */
function matMul(a: Info, b: Info, transposeA: boolean, transposeB: boolean, bias?: Info, factor = 1): Info {
  const rows = a.shape[a.shape.length - (transposeA ? 1 : 2)];
  const columns = b.shape[b.shape.length - (transposeB ? 2 : 1)];
  const batch = tf.broadcast_util.assertAndGetBroadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
  const shape = [...batch, rows, columns];
  const [transA, transB, alpha] = [Number(transposeA), Number(transposeB), { float: factor }];
  let product: Info;
  if (sizeOf(batch) === 1) {
    const matrices = [reshape(a, a.shape.slice(-2)), reshape(b, b.shape.slice(-2)), ...(bias ? [bias] : [])];
    const attributes = { transA, transB, alpha, ...(bias && { beta: alpha }) };
    product = reshape(node('Gemm', matrices, [rows, columns], a.dtype, attributes), shape);
  } else if (transA || transB || factor !== 1)
    product = node('FusedMatMul', [a, b], shape, a.dtype, { transA, transB, alpha }, MICROSOFT);
  else product = node('MatMul', [a, b], shape, a.dtype);
  tracer.get(product).times = further => matMul(a, b, transposeA, transposeB, bias, factor * further);
  return product;
}

/** As a product with a row of ones, several times as fast as onnxruntime's ReduceSum over the first axis. */
function sumOfRows(x: Info, keepDims: boolean): Info {
  const [rows, columns] = x.shape;
  const sum = matMul(fill([1, rows], 1, 'float32'), x, false, false);
  return keepDims ? sum : reshape(sum, [columns]);
}

tf.registerKernel({
  kernelName: LAYER_NORM,
  backendName: TRACE_BACKEND,
  kernelFunc: ({ inputs, attrs }) => {
    const { x, gamma, beta } = inputs as Inputs;
    const { epsilon } = attrs as unknown as LayerNormAttributes;
    const attributes = { axis: -1, epsilon: { float: epsilon } };
    const value = node('LayerNormalization', [x, gamma, beta], x.shape, x.dtype, attributes, '', 3);
    const statistic = (i: number) =>
      tracer.add({ name: outputOf(tracer.nameOf(value), i), shape: [x.shape[0], 1], dtype: x.dtype });
    return [value, statistic(1), statistic(2)];
  },
});

// Choosing.
kernel('Select', ({ condition, t, e }) => {
  const tail = t.shape.length - condition.shape.length;
  const aligned =
    tail > 0 ? reshape(condition, [...condition.shape, ...new Array<number>(tail).fill(1)]) : condition;
  return node('Where', [aligned, t, e], t.shape, t.dtype);
});
kernel('OneHot', ({ indices }, { depth, onValue, offValue }) => {
  const { graph } = tracer;
  // onnxruntime has OneHot for 64-bit indices only.
  const ids = graph.node('Cast', [tracer.nameOf(indices)], { to: 7 });
  const values = graph.constant('float32', [offValue as number, onValue as number], [2]);
  const shape = [...indices.shape, depth as number];
  return node('OneHot', [ids, graph.integers([depth as number]), values], shape, 'float32', { axis: -1 });
});
kernel('GatherV2', ({ x, indices }, { axis, batchDims }) => {
  if (batchDims)
    throw new InputError('the onnx engine gathers without batchDims alone; --engine cpu has them');
  const at = tf.util.parseAxisParam(axis as number, x.shape)[0];
  return node(
    'Gather',
    [x, indices],
    [...x.shape.slice(0, at), ...indices.shape, ...x.shape.slice(at + 1)],
    x.dtype,
    { axis: at },
  );
});
