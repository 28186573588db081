/**
 * Dynamic quantisation to 8 bits: weights are stored as whole numbers with a scale, the numbers that they meet are rounded to
 * whole numbers when they are there, and products are of whole numbers. A third to a quarter of the size, and several times
 * as fast where a processor has instructions for it.
 *
 * What a weight meets has a scale for each token. onnxruntime's `quantize_dynamic` takes one for the whole batch, which is a
 * fifth faster and makes a sentence's tags depend on what stands beside it, and on its padding: the same file would find one
 * thing in `predict` and another in transformers.js, which reads sentences one by one.
 */

import {
  attributeOf,
  floatsOf,
  int64Tensor,
  node,
  type OnnxGraph,
  type OnnxNode,
  type OnnxTensor,
  ownNode,
  shapeOf,
  tensor,
  typeNumber,
  withoutUnread,
} from '../engine/onnx/onnx-graph';
import type { ModelConfig } from '../model/config';
import { modelNames } from '../model/parameters';

/**
 * Largest whole number of a weight: 7 bits and the sign would give 127. Processors with AVX2 but without VNNI add two
 * products with numbers of up to 255 in 16 bits, which 2 · 255 · 127 would overflow and 2 · 255 · 64 does not.
 */
const MOST_OF_PRODUCT = 64;
/** Of rows that are looked up and meet no product. */
const MOST_OF_TABLE = 127;
/** Tables of fewer rows are left as they are: there is nothing to save. */
const FEWEST_ROWS = 64;

interface Matrix {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** What takes the place of a node, with constants that it reads. */
interface Replacement {
  readonly nodes: readonly OnnxNode[];
  readonly constants: readonly OnnxTensor[];
}

export interface QuantizationOptions {
  /** Names of constants that stay as they are. */
  readonly keep?: readonly string[];
  /** With an operator of onnxruntime's own, which gives the same numbers and makes the whole a fifteenth faster. */
  readonly fused?: boolean;
}

/** A model's graph in 8 bits. The classifier is small, and its rounding would go into the logits as it is. */
export function quantizedGraph(
  graph: OnnxGraph,
  config: Pick<ModelConfig, 'architecture' | 'layers'>,
  options: Pick<QuantizationOptions, 'fused'> = {},
): OnnxGraph {
  return quantize(graph, { ...options, keep: [`${modelNames(config).classifier}.weight`] });
}

/** The graph with every product with a constant matrix, and every large table that is looked up, in 8 bits. */
export function quantize(
  graph: OnnxGraph,
  { keep = [], fused = false }: QuantizationOptions = {},
): OnnxGraph {
  const matrix = (name: string): Matrix | undefined => {
    const found = graph.constants.get(name);
    const values = found && !keep.includes(name) && shapeOf(found).length === 2 ? floatsOf(found) : undefined;
    return values && { name, shape: shapeOf(found!), values };
  };
  const replacements = graph.nodes.map(
    each => replacementOf(each, matrix, fused) ?? { nodes: [each], constants: [] },
  );
  const made = replacements.flatMap(({ constants }) => constants);
  // What several products read is rounded once: query, key and value have the same input.
  const nodes = new Map(replacements.flatMap(each => each.nodes.map(node => [node.output![0], node])));
  return withoutUnread({
    ...graph,
    nodes: [...nodes.values()],
    constants: new Map([...graph.constants, ...made.map((each): [string, OnnxTensor] => [each.name!, each])]),
  });
}

function replacementOf(
  each: OnnxNode,
  matrix: (name: string) => Matrix | undefined,
  fused: boolean,
): Replacement | undefined {
  if (
    each.opType === 'Gemm' &&
    attributeOf(each, 'transA', 0) === 0 &&
    attributeOf(each, 'transB', 0) === 1
  ) {
    const weight = matrix(each.input![1]);
    return weight && product(each, weight, fused);
  }
  if (each.opType === 'Gather' && attributeOf(each, 'axis', 0) === 0) {
    const table = matrix(each.input![0]);
    return table && table.shape[0] >= FEWEST_ROWS ? lookup(each, table) : undefined;
  }
  return undefined;
}

/** `α x Wᵀ + β b` as `α · scale_x · scale_W · (x₈ W₈ᵀ) + β b`: a scale for each row of x, and one for each of W's outputs. */
function product(gemm: OnnxNode, weight: Matrix, fused: boolean): Replacement {
  const [x, , bias] = gemm.input!;
  const [output] = gemm.output!;
  const { integers, scales } = quantizeRows(weight, MOST_OF_PRODUCT);
  const [alpha, beta] = [attributeOf(gemm, 'alpha', 1), attributeOf(gemm, 'beta', 1)];
  const turned = { shape: [...weight.shape].reverse(), values: transposed(integers, weight.shape) };
  const [w8, scale, factor] = [`${weight.name}_quantized`, `${output}_weight_scale`, `${output}_beta`];
  const at = (what: string) => `${output}_${what}`;
  const rounded = roundedRows(x);
  const nodes = [
    ...rounded.nodes,
    ...(fused
      ? [ownProduct(rounded.integers, w8, scale, at('of_weight'))]
      : standardProduct(rounded.integers, w8, scale, at)),
    node('Mul', [at('of_weight'), rounded.scale], bias === undefined ? output : at('product')),
  ];
  if (bias !== undefined)
    nodes.push(node('Mul', [bias, factor], at('bias')), node('Add', [at('product'), at('bias')], output));
  const scaled = scales.map(each => alpha * each);
  return {
    nodes,
    constants: [
      ...rounded.constants,
      tensor(w8, turned.shape, turned.values),
      tensor(scale, [scaled.length], scaled),
      tensor(factor, [], Float32Array.of(beta)),
    ],
  };
}

/** What stands for 0 among the rounded rows: products take unsigned numbers on their left. */
const ZERO_POINT = 'zero_point';
const ONE = 'one';
const MOST_OF_ROW = 127;
/** A row of zeros is divided by this. */
const LEAST_OF_ROW = 1e-30;

/** Each row of `x [N, D]` as whole numbers, and what they are to be multiplied with, `[N, 1]`. */
function roundedRows(x: string) {
  const at = (what: string) => `${x}_${what}`;
  const [last, least, most] = ['last_axis', 'least_of_row', 'most_of_row'];
  const number = (name: string, value: number) => tensor(name, [], Float32Array.of(value));
  return {
    integers: at('quantized'),
    scale: at('scale'),
    nodes: [
      node('ReduceMax', [x, last], at('greatest')),
      node('ReduceMin', [x, last], at('smallest')),
      node('Neg', [at('smallest')], at('depth')),
      node('Max', [at('greatest'), at('depth'), least], at('extent')),
      node('Div', [at('extent'), most], at('scale')),
      node('Div', [most, at('extent')], at('factor')),
      node('Mul', [x, at('factor')], at('scaled')),
      node('QuantizeLinear', [at('scaled'), ONE, ZERO_POINT], at('quantized')),
    ],
    constants: [
      int64Tensor(last, [-1]),
      number(least, LEAST_OF_ROW),
      number(most, MOST_OF_ROW),
      number(ONE, 1),
      tensor(ZERO_POINT, [], Uint8Array.of(MOST_OF_ROW + 1)),
    ],
  };
}

/** A product of whole numbers, as floats, times the scales of its columns. */
function standardProduct(x: string, weight: string, scale: string, at: (what: string) => string): OnnxNode[] {
  return [
    node('MatMulInteger', [x, weight, ZERO_POINT], at('integers')),
    node('Cast', [at('integers')], at('floats'), { to: typeNumber('float32') }),
    node('Mul', [at('floats'), scale], at('of_weight')),
  ];
}

function ownProduct(x: string, weight: string, scale: string, output: string): OnnxNode {
  return ownNode('MatMulIntegerToFloat', [x, weight, ONE, scale, ZERO_POINT], output);
}

/** `T[ids]` as `scale[ids] · T₈[ids]`, with a scale for each row. */
function lookup(gather: OnnxNode, table: Matrix): Replacement {
  const [, ids] = gather.input!;
  const [output] = gather.output!;
  const { integers, scales } = quantizeRows(table, MOST_OF_TABLE);
  const [t8, scale] = [`${table.name}_quantized`, `${table.name}_scale`];
  const at = (what: string) => `${output}_${what}`;
  return {
    nodes: [
      node('Gather', [t8, ids], at('integers')),
      node('Cast', [at('integers')], at('floats'), { to: typeNumber('float32') }),
      node('Gather', [scale, ids], at('scale')),
      node('Mul', [at('floats'), at('scale')], output),
    ],
    constants: [tensor(t8, table.shape, integers), tensor(scale, [scales.length, 1], scales)],
  };
}

/**
 * Whole numbers from −most to most, and what those of each row of `[N, D]` are to be multiplied with; 0 where all of a row
 * are 0.
 */
function quantizeRows({ shape: [rows, width], values }: Matrix, most: number) {
  const integers = new Int8Array(rows * width);
  const scales = new Float32Array(rows);
  for (let row = 0; row < rows; row++) {
    const [begin, end] = [row * width, (row + 1) * width];
    let greatest = 0;
    for (let i = begin; i < end; i++) greatest = Math.max(greatest, Math.abs(values[i]));
    scales[row] = greatest / most;
    if (greatest > 0) for (let i = begin; i < end; i++) integers[i] = Math.round(values[i] / scales[row]);
  }
  return { integers, scales };
}

/** `[rows, columns]` as `[columns, rows]`. */
function transposed(values: Int8Array, [rows, columns]: readonly number[]): Int8Array {
  const result = new Int8Array(values.length);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++)
      result[column * rows + row] = values[row * columns + column];
  return result;
}
