/**
 * A program recorded for batches of any size and length. The tracer writes the sizes that it sees into shapes and slices,
 * as numbers. So a program is recorded at three sizes; what is the same in all is kept, and each number that varies is
 * replaced by what it is made of, computed in the graph from the shape of an input. A number that is not explained stops it.
 */
import { onnx } from 'onnx-proto';
import { InputError } from '../../errors';
import type { AnySize, BatchSize } from '../engine';
import { int64Tensor, integersOf, node, type OnnxGraph, type OnnxNode, type OnnxTensor } from './onnx-graph';

/** Primes, and so large that a number of a model's own is hardly one of them or a product. */
const SIZES: readonly BatchSize[] = [
  { batch: 1009, length: 1013, places: 1039 },
  { batch: 1019, length: 1021, places: 1049 },
  { batch: 1031, length: 1033, places: 1051 },
];
/** The longest of these. */
export const LONGEST_RECORDED = Math.max(...SIZES.map(({ length }) => length));

/** What a number of a shape may be made of, apart from a summand that is always the same. */
const QUANTITIES = {
  batch: ({ batch }: BatchSize) => batch,
  length: ({ length }: BatchSize) => length,
  tokens: ({ batch, length }: BatchSize) => batch * length,
  places: ({ places }: BatchSize) => places,
};
type Quantity = keyof typeof QUANTITIES;

/** What stands before each complaint: a loss of one's own may be at fault. */
const ONE_FOR_ALL =
  'a program is recorded once for batches of every size, expected their size in the shapes of tensors only';

/** The value of the graph that holds it. */
const sizeName = (quantity: Quantity): string => `number of ${quantity}`;

/**
 * @param recordAt the program's ONNX model at a batch size, always of the same operations
 * @param told the inputs that tell the size; without places, nothing may be made of their number
 * @throws InputError where the recordings differ in more than shapes, or a number of theirs is none of the quantities
 */
export function recordAtAnySize(
  recordAt: (size: BatchSize) => Uint8Array,
  { tokens, places }: Partial<AnySize['told']> & Pick<AnySize['told'], 'tokens'>,
): OnnxGraph {
  const recordings = SIZES.map(size => onnx.ModelProto.decode(recordAt(size)).graph!);
  const [first, ...others] = recordings;
  const operations = ({ node, initializer }: onnx.IGraphProto) =>
    JSON.stringify([node, initializer!.map(({ name }) => name)]);
  if (others.some(other => operations(other) !== operations(first)))
    throw new InputError(`${ONE_FOR_ALL}; found operations that depend on it`);
  const constants = new Map<string, OnnxTensor>();
  const computed: OnnxNode[] = [
    node('Shape', [tokens], sizeName('batch'), { start: 0, end: 1 }),
    node('Shape', [tokens], sizeName('length'), { start: 1, end: 2 }),
    node('Mul', [sizeName('batch'), sizeName('length')], sizeName('tokens')),
    ...(places === undefined ? [] : [node('Shape', [places], sizeName('places'))]),
  ];
  first.initializer!.forEach((tensor, i) => {
    const name = tensor.name!;
    const recorded = [tensor, ...others.map(({ initializer }) => initializer![i])];
    if (new Set(recorded.map(each => JSON.stringify(each))).size === 1) constants.set(name, tensor);
    else {
      const parts = partsOf(recorded, name);
      for (const [part, values] of parts.constants) constants.set(part, int64Tensor(part, values));
      computed.push(...parts.nodes, node('Concat', parts.names, name, { axis: 0 }));
    }
  });
  const described = (what: 'input' | 'output') =>
    first[what]!.map((_, i) => sized(recordings.map(recording => recording[what]![i])));
  return {
    nodes: [...computed, ...first.node!],
    constants,
    inputs: described('input'),
    outputs: described('output'),
  };
}

/** A value whose sizes, where they vary, are named by what they are made of. */
function sized(recorded: readonly onnx.IValueInfoProto[]): onnx.IValueInfoProto {
  const [{ name, type }] = recorded;
  if (!type?.tensorType?.shape) return recorded[0];
  const { elemType, shape } = type.tensorType;
  const dim = shape.dim!.map((_, axis) => {
    const values = recorded.map(({ type }) => Number(type!.tensorType!.shape!.dim![axis].dimValue));
    if (values.every(other => other === values[0])) return { dimValue: values[0] };
    const { quantity, offset } = explain(values, name!);
    return { dimParam: offset === 0 ? quantity : `${quantity}+${offset}` };
  });
  return { name, type: { tensorType: { elemType, shape: { dim } } } };
}

/** The elements of a vector that varies: values of the graph, one an element, whose concatenation it is. */
function partsOf(recorded: readonly OnnxTensor[], name: string) {
  const vectors = recorded.map(integersOf);
  if (vectors.some(vector => vector?.length !== vectors[0]?.length) || vectors[0] === undefined)
    throw new InputError(`${ONE_FOR_ALL}; found numbers made of it (${name})`);
  const constants = new Map<string, readonly number[]>();
  const nodes: OnnxNode[] = [];
  const constant = (value: number): string => {
    constants.set(`size_${value}`, [value]);
    return `size_${value}`;
  };
  const names = vectors[0].map((value, element) => {
    const values = vectors.map(vector => vector![element]);
    if (values.every(other => other === value)) return constant(value);
    const { quantity, offset } = explain(values, name);
    if (offset === 0) return sizeName(quantity);
    const sum = `${name}.${element}`;
    nodes.push(node('Add', [sizeName(quantity), constant(offset)], sum));
    return sum;
  });
  return { names, nodes, constants };
}

function explain(values: readonly number[], name: string): { quantity: Quantity; offset: number } {
  const found = (Object.keys(QUANTITIES) as Quantity[]).flatMap(quantity => {
    const offsets = values.map((value, i) => value - QUANTITIES[quantity](SIZES[i]));
    return offsets.every(offset => offset === offsets[0]) ? [{ quantity, offset: offsets[0] }] : [];
  });
  if (found.length !== 1)
    throw new InputError(
      `${ONE_FOR_ALL}; found ${values.join(', ')} in one (${name}), which is no sum of a size and a number`,
    );
  return found[0];
}
