/**
 * An ONNX graph that is being rewritten: plain protocol buffers, and the few ways in which nodes and tensors are made here.
 * A graph keeps its weights as initializers, which a runtime may lay out once for its products.
 */
import { onnx } from 'onnx-proto';
import { InputError } from '../../errors';
import { sizeOf } from '../engine';
import { type Attributes, encodeAttribute } from './graph';

export type OnnxNode = onnx.INodeProto;
export type OnnxTensor = onnx.ITensorProto;

export interface OnnxGraph {
  readonly nodes: readonly OnnxNode[];
  /** By name. */
  readonly constants: ReadonlyMap<string, OnnxTensor>;
  readonly inputs: readonly onnx.IValueInfoProto[];
  readonly outputs: readonly onnx.IValueInfoProto[];
}

/** ONNX's numbers of the types that are used here, with the arrays that hold them. */
const TYPES = {
  float32: [onnx.TensorProto.DataType.FLOAT, Float32Array],
  int8: [onnx.TensorProto.DataType.INT8, Int8Array],
  uint8: [onnx.TensorProto.DataType.UINT8, Uint8Array],
  int64: [onnx.TensorProto.DataType.INT64, BigInt64Array],
} as const;
export type OnnxType = keyof typeof TYPES;

export const typeNumber = (type: OnnxType): number => TYPES[type][0];

/** Version 18 of the operators, which onnxruntime has for Node, browsers and Python; and the format version of its time. */
const OPERATOR_SET = 18;
const FORMAT_VERSION = 8;
/** Of onnxruntime's own operators, which other runtimes do not know. */
const OWN_DOMAIN = 'com.microsoft';
/** A protocol buffer holds 2 GB at most; the nodes take a small part of it. */
const MOST_BYTES = 2 ** 31 - 2 ** 20;

/** A node with one output. */
export function node(
  opType: string,
  input: readonly string[],
  output: string,
  attributes: Attributes = {},
): OnnxNode {
  const attribute = Object.entries(attributes).map(([name, value]) => encodeAttribute(name, value));
  return { opType, name: output, input: [...input], output: [output], attribute };
}

/** A node with an operator of onnxruntime's own. */
export function ownNode(opType: string, input: readonly string[], output: string): OnnxNode {
  return { ...node(opType, input, output), domain: OWN_DOMAIN };
}

/** A tensor over the memory of the given numbers. */
export function tensor(
  name: string,
  shape: readonly number[],
  values: Float32Array | Int8Array | Uint8Array | BigInt64Array,
): OnnxTensor {
  const [dataType] = Object.values(TYPES).find(([, Kind]) => values instanceof Kind)!;
  const rawData = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return { name, dataType, dims: [...shape], rawData };
}

export function int64Tensor(name: string, values: readonly number[]): OnnxTensor {
  return tensor(name, [values.length], BigInt64Array.from(values, BigInt));
}

/** An input or output of a graph. @param shape sizes, and names of those that are free */
export function valueInfo(
  name: string,
  type: OnnxType,
  shape: readonly (number | string)[],
): onnx.IValueInfoProto {
  const dim = shape.map(size => (typeof size === 'number' ? { dimValue: size } : { dimParam: size }));
  return { name, type: { tensorType: { elemType: typeNumber(type), shape: { dim } } } };
}

/** The numbers of a tensor of 32-bit floats or of 64-bit whole numbers; `undefined` of any other. */
export function floatsOf({ dataType, rawData }: OnnxTensor): Float32Array | undefined {
  return dataType === typeNumber('float32') ? new Float32Array(aligned(rawData!)) : undefined;
}
export function integersOf({ dataType, rawData }: OnnxTensor): number[] | undefined {
  if (dataType !== typeNumber('int64')) return undefined;
  return Array.from(new BigInt64Array(aligned(rawData!)), Number);
}

/** The same bytes at the beginning of a buffer. */
function aligned(bytes: Uint8Array): ArrayBuffer {
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
}

export function shapeOf({ dims }: OnnxTensor): number[] {
  return dims!.map(Number);
}

/** The value of a node's attribute that is a number, or what holds where it has none. */
export function attributeOf({ attribute }: OnnxNode, name: string, otherwise: number): number {
  const found = attribute!.find(each => each.name === name);
  if (!found) return otherwise;
  return found.type === onnx.AttributeProto.AttributeType.FLOAT ? found.f! : Number(found.i);
}

/** Names of all values that nodes read. */
export function valuesRead(nodes: readonly OnnxNode[]): Set<string> {
  return new Set(nodes.flatMap(({ input }) => input!));
}

/** The graph without constants that no node reads. */
export function withoutUnread(graph: OnnxGraph): OnnxGraph {
  const read = valuesRead(graph.nodes);
  return { ...graph, constants: new Map([...graph.constants].filter(([name]) => read.has(name))) };
}

/**
 * The bytes of an ONNX file.
 * @throws InputError where it would be longer than such a file can be
 */
export function encodeOnnx({ nodes, constants, inputs, outputs }: OnnxGraph): Uint8Array {
  const initializer = [...constants.values()];
  checkOnnxSize(initializer.filter(each => !each.externalData).reduce((sum, each) => sum + bytesOf(each), 0));
  const graph = { name: 'model', node: [...nodes], initializer, input: [...inputs], output: [...outputs] };
  return onnx.ModelProto.encode({
    irVersion: FORMAT_VERSION,
    producerName: 'ner-distill',
    opsetImport: [
      { domain: '', version: OPERATOR_SET },
      ...(nodes.some(({ domain }) => domain) ? [{ domain: OWN_DOMAIN, version: 1 }] : []),
    ],
    graph,
  } as onnx.IModelProto).finish();
}

export function bytesOf({ dataType, dims }: OnnxTensor): number {
  const [, Kind] = Object.values(TYPES).find(([type]) => type === dataType)!;
  return Kind.BYTES_PER_ELEMENT * sizeOf(dims!.map(Number));
}

/** @throws InputError where weights of so many bytes do not fit into an ONNX file */
export function checkOnnxSize(bytes: number): void {
  if (bytes > MOST_BYTES)
    throw new InputError(
      `the weights take ${(bytes / 2 ** 30).toFixed(1)} GiB, expected less than 2 GiB, the most that an ONNX file holds`,
    );
}
