/**
 * A token classifier as one ONNX graph of standard operators for batches of any size and length: ids in, logits out, its
 * weights constants. It is recorded from the forward pass that trains, so that there is no second copy of the model; what
 * other runtimes do not know is written in operators that they do.
 */
import * as tf from '@tensorflow/tfjs';
import type { Arrays, BatchSize, NumericArray, Program, Tensors } from '../engine/engine';
import '../engine/onnx/kernels';
import { LONGEST_RECORDED, recordAtAnySize } from '../engine/onnx/any-size';
import {
  attributeOf,
  node,
  type OnnxGraph,
  type OnnxNode,
  type OnnxTensor,
  tensor,
  valueInfo,
  valuesRead,
  withoutUnread,
} from '../engine/onnx/onnx-graph';
import { record } from '../engine/onnx/trace';
import { ARCHITECTURES } from '../model/architectures';
import { firstPosition, type ModelConfig } from '../model/config';
import { modelNames, type Parameters, parameterShapes } from '../model/parameters';
import { forward, MASK, type Outputs, PLACES } from '../model/token-classifier';
import { ATTENTION_MASK, INPUT_IDS, LOGITS, TOKEN_TYPE_IDS } from './graph-inputs';
import { parameterTensor } from './graph-weights';

/** What the graph of a model reads, each `[B, S]` of 64-bit whole numbers: segments only where the model tells them apart. */
export function inferenceInputs({ architecture }: Pick<ModelConfig, 'architecture'>): string[] {
  const { tokenTypes } = ARCHITECTURES[architecture];
  return [INPUT_IDS, ATTENTION_MASK, ...(tokenTypes > 1 ? [TOKEN_TYPE_IDS] : [])];
}

export interface GraphOptions {
  /** What comes out: logits (default), or the last layer's output. */
  readonly output?: keyof Outputs;
  /**
   * Whether the graph has the input `places [W]` and gives `[W, …]`, the output at these places alone. In CoNLL-2003 a
   * quarter of the pieces are none that a word begins with, and the last layer need not compute them further than their keys
   * and values. Default: it gives `[B, S, …]`, as other runtimes expect.
   */
  readonly atPlaces?: boolean;
}

/**
 * The graph of a model: `logits [B, S, C]` of `input_ids`, `attention_mask` (1 at tokens, 0 at padding, which stands at the
 * end) and, in BERT, `token_type_ids`, all `[B, S]` with S no more than the model's positions.
 * @param parameters constants of the graph, which is made over their memory
 */
export function inferenceGraph(
  config: ModelConfig,
  parameters: Parameters,
  { output = LOGITS, atPlaces = false }: GraphOptions = {},
): OnnxGraph {
  const standard = recordedGraph(config, { output, atPlaces });
  const weights = Object.entries(parameters).map(([name, parameter]): [string, OnnxTensor] => [
    name,
    parameterTensor(name, parameter),
  ]);
  const width = output === LOGITS ? config.tags.length : config.hiddenSize;
  return withoutUnread({
    ...standard,
    constants: new Map([...standard.constants, ...weights]),
    inputs: [
      ...inferenceInputs(config).map(name => valueInfo(name, 'int64', TOKENS)),
      ...(atPlaces ? [valueInfo(PLACES, 'int64', [PLACES])] : []),
    ],
    outputs: [valueInfo(output, 'float32', [...(atPlaces ? [PLACES] : TOKENS), width])],
  });
}

/** By configuration: a study opens a model at every epoch's end, and recording takes longer than a small one's prediction. */
const known = new Map<string, OnnxGraph>();

function recordedGraph(config: ModelConfig, options: Required<GraphOptions>): OnnxGraph {
  const key = JSON.stringify([config, options]);
  const graph =
    known.get(key) ??
    standardOperators(recordAtAnySize(size => recordForward(config, size, options), { tokens: INPUT_IDS }));
  known.set(key, graph);
  return graph;
}

/** The forward pass at one size. Its ids are recorded as 32-bit numbers, the only ones that tfjs has. */
function recordForward(config: ModelConfig, size: BatchSize, options: Required<GraphOptions>): Uint8Array {
  // Whatever the model's own positions, there must be enough for the sizes at which it is recorded.
  const long = { ...config, maxPositions: Math.max(config.maxPositions, 2 * LONGEST_RECORDED) };
  const ofShape = (shape: readonly number[], values: NumericArray['values']): NumericArray => ({
    shape,
    values,
  });
  const none = { floats: new Float32Array(0), integers: new Int32Array(0) };
  const variables: Arrays = Object.fromEntries(
    Object.entries(parameterShapes(long)).map(([name, shape]) => [name, ofShape(shape, none.floats)]),
  );
  const data: Arrays = Object.fromEntries([
    ...inferenceInputs(config).map(name => [name, ofShape([size.batch, size.length], none.integers)]),
    ...(options.atPlaces ? [[PLACES, ofShape([size.places], none.integers)]] : []),
  ]);
  return record(inferenceProgram(config, size, options), variables, data, { gradients: false }).model;
}

/** From whole tables and ids to an output `[B, S, …]`, or `[W, …]` at places. */
function inferenceProgram(
  config: ModelConfig,
  { batch, length }: BatchSize,
  { output, atPlaces }: Required<GraphOptions>,
): Program {
  const names = modelNames(config);
  const { hiddenSize } = config;
  return (variables, data) => {
    const rows: Record<string, tf.Tensor> = {
      [names.wordEmbeddings]: tf.gather(variables[names.wordEmbeddings], data[INPUT_IDS]),
      [names.positionEmbeddings]: tf.slice(
        variables[names.positionEmbeddings],
        [firstPosition(config), 0],
        [length, hiddenSize],
      ),
    };
    if (names.tokenTypeEmbeddings) {
      const table = variables[names.tokenTypeEmbeddings];
      const ids = data[TOKEN_TYPE_IDS];
      rows[names.tokenTypeEmbeddings] = ids
        ? tf.gather(table, ids)
        : tf.slice(table, [0, 0], [1, hiddenSize]);
    }
    const mask = { [MASK]: tf.cast(data[ATTENTION_MASK], 'float32') };
    const inputs: Tensors = atPlaces ? { ...mask, [PLACES]: data[PLACES] } : mask;
    const { [output]: values } = forward(config, { ...variables, ...rows }, inputs);
    return { [output]: atPlaces ? values : tf.reshape(values, [batch, length, values.shape[1]]) };
  };
}

const TOKENS = ['batch_size', 'sequence_length'];

/** The same without onnxruntime's own operators, and without outputs that nothing reads. */
function standardOperators({ nodes, ...rest }: OnnxGraph): OnnxGraph {
  const constants = new Map(rest.constants);
  const standard = nodes.flatMap((each): OnnxNode[] => {
    if (!each.domain) return [each];
    if (each.opType !== 'FusedMatMul')
      throw new Error(`${each.opType} has no equal among ONNX's own operators`);
    const [output] = each.output!;
    const factor = `${output}.alpha`;
    constants.set(factor, tensor(factor, [], Float32Array.of(attributeOf(each, 'alpha', 1))));
    const scaled = `${output}.scaled`;
    const before = [node('Mul', [each.input![0], factor], scaled)];
    const operands = [scaled, each.input![1]].map((operand, i) => {
      if (attributeOf(each, i === 0 ? 'transA' : 'transB', 0) === 0) return operand;
      const transposed = `${output}.${i}`;
      // The only products of several matrices are those of attention, over [B, H, S, d].
      before.push(node('Transpose', [operand], transposed, { perm: [0, 1, 3, 2] }));
      return transposed;
    });
    return [...before, node('MatMul', operands, output)];
  });
  const read = valuesRead(standard);
  const needed = ({ output }: OnnxNode) =>
    output!.filter((_, i) => i === 0 || output!.slice(i).some(value => read.has(value)));
  return { ...rest, constants, nodes: standard.map(each => ({ ...each, output: needed(each) })) };
}
