/** What a recorded graph becomes as a model: which nodes, and in which order. */
import { Graph } from 'ner-distill/engine/onnx/graph';
import { onnx } from 'onnx-proto';
import { describe, expect, it } from 'vitest';

/** x → a → b → c, and two side results: p of a and b, q of b and c. */
function recorded() {
  const graph = new Graph();
  const x = graph.input('x', 'float32', [2]);
  const a = graph.node('Neg', [x]);
  const b = graph.node('Exp', [a]);
  const p = graph.node('Mul', [a, b]);
  const c = graph.node('Abs', [b]);
  const q = graph.node('Mul', [b, c]);
  return { graph, a, b, c, p, q };
}

const value = (name: string) => ({ name, type: 'float32' as const, shape: [2] });
const namesOf = (model: Uint8Array) => onnx.ModelProto.decode(model).graph!.node!.map(({ name }) => name);

describe('a recorded graph', () => {
  it('records equal nodes once', () => {
    const { graph, a, b, p } = recorded();
    expect(graph.node('Mul', [a, b])).toBe(p);
    expect(graph.node('Mul', [b, a])).not.toBe(p);
  });

  it('leaves out what its outputs do not need', () => {
    const { graph, a, b, p } = recorded();
    expect(namesOf(graph.serialise({ p: value(p) }))).toEqual([a, b, p, 'output p']);
  });

  it('has nodes that only outputs read at the end, the latest first, after all that they read', () => {
    const { graph, a, b, c, p, q } = recorded();
    const outputs = { q: value(q), p: value(p), b: value(b) };
    expect(namesOf(graph.serialise(outputs))).toEqual([a, b, c, q, p, 'output q', 'output p', 'output b']);
  });
});
