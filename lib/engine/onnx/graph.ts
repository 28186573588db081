/**
 * An ONNX graph while it is being recorded: nodes, constants and inputs, and its serialisation.
 * Equal nodes are recorded once (a value is named by what computes it), and nodes that nothing reads are left out.
 */
import { onnx } from 'onnx-proto';

export type ElementType = 'float32' | 'int32' | 'int64' | 'bool';
export type AttributeValue = number | string | readonly number[] | { readonly float: number };
export type Attributes = Readonly<Record<string, AttributeValue>>;

/** ONNX's TensorProto.DataType. */
const ELEMENT_TYPES: Record<ElementType, number> = { float32: 1, int32: 6, int64: 7, bool: 9 };
/** Version 18 of the operators: reductions take their axes as an input. */
const OPERATOR_SET = 18;
/** The format version that goes with it. */
const FORMAT_VERSION = 8;

/** Name of an output that is an empty sequence; session.ts tells what it is for. */
export const NO_COPIES = 'no copies';

export interface GraphInput {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly number[];
}

export class Graph {
  readonly inputs: GraphInput[] = [];
  private readonly nodes: onnx.INodeProto[] = [];
  private readonly constants = new Map<string, onnx.ITensorProto>();
  private readonly known = new Map<string, string>();
  private count = 0;

  input(name: string, type: ElementType, shape: readonly number[]): string {
    this.inputs.push({ name, type, shape: [...shape] });
    return name;
  }

  /** Records `operator(inputs)` and returns the name of its output; `outputOf` names others, where it has several. */
  node(
    operator: string,
    inputs: readonly string[],
    attributes: Attributes = {},
    domain = '',
    outputs = 1,
  ): string {
    const key = `${domain}:${operator}(${inputs.join()})${JSON.stringify(attributes)}`;
    return this.once(key, () => {
      const name = this.fresh(operator);
      const attribute = Object.entries(attributes).map(([attribute, value]) =>
        encodeAttribute(attribute, value),
      );
      const output = Array.from({ length: outputs }, (_, i) => outputOf(name, i));
      this.nodes.push({ opType: operator, domain, name, input: [...inputs], output, attribute });
      return name;
    });
  }

  /** A constant with the given values. Small ones are shared by all that have the same. */
  constant(type: ElementType, values: ArrayLike<number>, shape: readonly number[]): string {
    if (values.length > 16) return this.addConstant(type, values, shape);
    return this.once(`${type}[${shape.join()}]=${Array.from(values).join()}`, () =>
      this.addConstant(type, values, shape),
    );
  }

  /** The value that `make` records, recorded at the first call with this key only. */
  once(key: string, make: () => string): string {
    const name = this.known.get(key) ?? make();
    this.known.set(key, name);
    return name;
  }

  private addConstant(type: ElementType, values: ArrayLike<number>, shape: readonly number[]): string {
    const name = this.fresh('constant');
    this.constants.set(name, {
      name,
      dataType: ELEMENT_TYPES[type],
      dims: [...shape],
      rawData: encodeValues(type, values),
    });
    return name;
  }

  scalar(value: number, type: ElementType = 'float32'): string {
    return this.constant(type, [value], []);
  }

  /** A vector of 64-bit integers, the form of shapes and axes. */
  integers(values: readonly number[]): string {
    return this.constant('int64', values, [values.length]);
  }

  /** The model whose outputs, `NO_COPIES` first if asked for, are the given values, named by the keys. */
  serialise(
    outputs: Readonly<Record<string, { name: string; type: ElementType; shape: readonly number[] }>>,
    { noCopies = false } = {},
  ): Uint8Array {
    const { nodes, read } = this.reachable(Object.values(outputs).map(({ name }) => name));
    for (const [output, { name }] of Object.entries(outputs))
      nodes.push({
        opType: 'Identity',
        name: `output ${output}`,
        input: [name],
        output: [output],
        attribute: [],
      });
    if (noCopies) nodes.push({ opType: 'SequenceEmpty', name: NO_COPIES, input: [], output: [NO_COPIES] });
    const emptySequence = {
      name: NO_COPIES,
      type: { sequenceType: { elemType: { tensorType: { elemType: ELEMENT_TYPES.float32 } } } },
    };
    const valueInfo = (name: string, type: ElementType, shape: readonly number[]): onnx.IValueInfoProto => ({
      name,
      type: {
        tensorType: {
          elemType: ELEMENT_TYPES[type],
          shape: { dim: shape.map(size => ({ dimValue: size })) },
        },
      },
    });
    return onnx.ModelProto.encode({
      irVersion: FORMAT_VERSION,
      producerName: 'ner-distill',
      opsetImport: [
        { domain: '', version: OPERATOR_SET },
        { domain: 'com.microsoft', version: 1 },
      ],
      graph: {
        name: 'program',
        node: nodes,
        initializer: [...this.constants.values()].filter(({ name }) => read.has(name as string)),
        input: this.inputs.map(({ name, type, shape }) => valueInfo(name, type, shape)),
        output: [
          ...(noCopies ? [emptySequence] : []),
          ...Object.entries(outputs).map(([name, { type, shape }]) => valueInfo(name, type, shape)),
        ],
      },
    } as onnx.IModelProto).finish();
  }

  /**
   * The nodes that lead to the given values, and all values that they read. Nodes that no other reads stand last, the latest
   * recorded first: onnxruntime begins with all that leads to its last node, goes on with what leads to the one before,
   * and so on. Thus the gradient of a weight is computed as soon as its operands are there. In the order of recording the
   * whole backward pass would come first, and a small model's step take a twentieth longer, its operands gone from the cache.
   */
  private reachable(values: readonly string[]): { nodes: onnx.INodeProto[]; read: Set<string> } {
    const [read, inside] = [new Set(values), new Set<string>()];
    const [inner, last]: [onnx.INodeProto[], onnx.INodeProto[]] = [[], []];
    for (const node of [...this.nodes].reverse()) {
      if (!node.output!.some(output => read.has(output))) continue;
      (node.output!.some(output => inside.has(output)) ? inner : last).push(node);
      for (const input of node.input!) {
        read.add(input);
        inside.add(input);
      }
    }
    return { nodes: [...inner.reverse(), ...last], read };
  }

  private fresh(prefix: string): string {
    return `${prefix}_${this.count++}`;
  }
}

/** The name of a node's `i`-th output. */
export function outputOf(node: string, i: number): string {
  return i === 0 ? node : `${node}.${i}`;
}

/** An attribute as ONNX has it. */
export function encodeAttribute(name: string, value: AttributeValue): onnx.IAttributeProto {
  const { FLOAT, INT, STRING, INTS } = onnx.AttributeProto.AttributeType;
  if (typeof value === 'number') return { name, type: INT, i: value };
  if (typeof value === 'string') return { name, type: STRING, s: Buffer.from(value) };
  if ('float' in value) return { name, type: FLOAT, f: value.float };
  return { name, type: INTS, ints: [...value] };
}

function encodeValues(type: ElementType, values: ArrayLike<number>): Uint8Array {
  const array =
    type === 'float32'
      ? Float32Array.from(values)
      : type === 'int32'
        ? Int32Array.from(values)
        : type === 'int64'
          ? BigInt64Array.from(Array.from(values, BigInt))
          : Uint8Array.from(values);
  return new Uint8Array(array.buffer);
}
