/** Dynamic quantisation: how far off a product in 8 bits can be, and what is left as it was. */

import { encodeOnnx, node, type OnnxGraph, tensor, valueInfo } from 'ner-distill/engine/onnx/onnx-graph';
import { LOGITS } from 'ner-distill/inference/graph-inputs';
import { inferenceGraph } from 'ner-distill/inference/inference-graph';
import { quantize } from 'ner-distill/inference/quantize';
import { initialParameters } from 'ner-distill/model/parameters';
import { Random } from 'ner-distill/random';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { normals } from '../engine/fixtures';
import { tinyModel } from '../model/fixtures';

const FLOAT = 1;
const session = (graph: OnnxGraph) => InferenceSession.create(encodeOnnx(graph), { logSeverityLevel: 4 });
const typesOf = ({ constants }: OnnxGraph) =>
  Object.fromEntries([...constants].map(([name, { dataType }]) => [name, dataType]));
const INT8 = 3;

describe('a product in 8 bits', () => {
  const random = new Random(5);
  const [rows, inputs, outputs] = [6, 40, 7];
  const [x, w, b] = [
    normals(random, [rows, inputs]),
    normals(random, [outputs, inputs], 0.3),
    normals(random, [outputs]),
  ];
  // A column of zeros, whose scale is 0.
  w.values.fill(0, 0, inputs);
  const graph: OnnxGraph = {
    nodes: [node('Gemm', ['x', 'w', 'b'], 'y', { transB: 1, alpha: { float: 0.5 }, beta: { float: 2 } })],
    constants: new Map([
      ['w', tensor('w', w.shape, w.values)],
      ['b', tensor('b', b.shape, b.values)],
    ]),
    inputs: [valueInfo('x', 'float32', ['n', 'k'])],
    outputs: [valueInfo('y', 'float32', ['n', 'm'])],
  };

  it('is no further from that of floats than the rounding of each number allows', async () => {
    const { y } = await (await session(quantize(graph))).run({
      x: new Tensor('float32', x.values, [rows, inputs]),
    });
    let rounded = 0;
    for (let row = 0; row < rows; row++) {
      // 127 steps from 0 to the greatest of a row, by magnitude.
      const xStep = Math.max(...x.values.subarray(row * inputs, (row + 1) * inputs).map(Math.abs)) / 127;
      for (let column = 0; column < outputs; column++) {
        const weights = w.values.subarray(column * inputs, (column + 1) * inputs);
        const wStep = Math.max(...weights.map(Math.abs)) / 64;
        let [expected, bound] = [2 * b.values[column], 1e-5];
        weights.forEach((weight, i) => {
          const value = x.values[row * inputs + i];
          expected += 0.5 * value * weight;
          bound +=
            0.5 * ((Math.abs(value) * wStep) / 2 + (Math.abs(weight) * xStep) / 2 + (wStep * xStep) / 4);
        });
        const error = Math.abs((y.data as Float32Array)[row * outputs + column] - expected);
        expect(error).toBeLessThanOrEqual(bound);
        if (error > 1e-4) rounded++;
      }
    }
    expect(rounded).toBeGreaterThan(0);
  });

  it('has weights of at most 64, so that no sum of two products overflows 16 bits', () => {
    const integers = quantize(graph).constants.get('w_quantized')!;
    const values = new Int8Array(integers.rawData!);
    expect(Math.max(...values.map(Math.abs))).toBe(64);
    expect(2 * 255 * 64).toBeLessThan(2 ** 15);
    // Turned: [inputs, outputs].
    expect(integers.dims).toEqual([inputs, outputs]);
  });

  it("gives the same numbers with onnxruntime's own operator", async () => {
    const run = async (fused: boolean) => {
      const feeds = { x: new Tensor('float32', x.values, [rows, inputs]) };
      return (await (await session(quantize(graph, { fused }))).run(feeds)).y.data as Float32Array;
    };
    expect(await run(true)).toEqual(await run(false));
  });

  it('leaves what it is told to keep, and products of what is computed', () => {
    expect(quantize(graph, { keep: ['w'] })).toEqual(graph);
    const computed = { ...graph, nodes: [node('MatMul', ['x', 'x'], 'y')], constants: new Map() };
    expect(quantize(computed)).toEqual(computed);
  });
});

describe('a model in 8 bits', () => {
  const config = {
    ...tinyModel('bert-tiny').config,
    vocabularySize: 500,
    hiddenSize: 64,
    intermediateSize: 256,
  };
  const parameters = initialParameters(config, 1);
  const floats = inferenceGraph(config, parameters);
  const eight = quantize(floats, { keep: ['classifier.weight'] });

  it('has every matrix of its layers and the words in 8 bits, all else in floats', () => {
    const inEight = Object.entries(typesOf(eight)).filter(([, type]) => type === INT8);
    const layers = Object.keys(parameters).filter(name =>
      /layer\.\d+\..*(query|key|value|dense)\.weight$/.test(name),
    );
    expect(layers).toHaveLength(6 * config.layers);
    expect(inEight.map(([name]) => name).sort()).toEqual(
      ['bert.embeddings.word_embeddings.weight', ...layers].map(name => `${name}_quantized`).sort(),
    );
    expect(typesOf(eight)['classifier.weight']).toBe(FLOAT);
    expect(encodeOnnx(eight).length).toBeLessThan(encodeOnnx(floats).length / 2.5);
  });

  it('rounds what several products read once', () => {
    const quantized = eight.nodes.filter(({ opType }) => opType === 'QuantizeLinear');
    // Query, key and value read the same; then the output of attention, and two of the feed-forward.
    expect(quantized).toHaveLength(4 * config.layers);
  });

  it('gives nearly the same logits', async () => {
    const shape = [3, 11];
    const ids = BigInt64Array.from({ length: 33 }, (_, i) => BigInt((i * 37) % config.vocabularySize));
    const feeds = {
      input_ids: new Tensor('int64', ids, shape),
      attention_mask: new Tensor('int64', new BigInt64Array(33).fill(1n), shape),
      token_type_ids: new Tensor('int64', new BigInt64Array(33), shape),
    };
    const [exact, near] = await Promise.all(
      [floats, eight].map(
        async graph => (await (await session(graph)).run(feeds))[LOGITS].data as Float32Array,
      ),
    );
    const size = Math.max(...exact.map(Math.abs));
    const worst = Math.max(...exact.map((value, i) => Math.abs(value - near[i])));
    expect(worst).toBeGreaterThan(0);
    expect(worst / size).toBeLessThan(0.1);
  });
});
