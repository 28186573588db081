/** Names, shapes and fresh values of the parameters, against the published counts and the documented distributions. */
import type { ModelConfig } from 'ner-distill/model/config';
import {
  checkShapes,
  initialParameters,
  isDecayed,
  type Parameters,
  parameterShapes,
} from 'ner-distill/model/parameters';
import { countParameters } from 'ner-distill/resources/parameters';
import { describe, expect, it } from 'vitest';
import golden from '../fixtures/golden.json';

const CONLL_TAGS = ['O', 'B-PER', 'I-PER', 'B-ORG', 'I-ORG', 'B-LOC', 'I-LOC', 'B-MISC', 'I-MISC'];

const BERT_BASE: ModelConfig = {
  architecture: 'bert',
  vocabularySize: 30522,
  hiddenSize: 768,
  layers: 12,
  heads: 12,
  intermediateSize: 3072,
  maxPositions: 512,
  dropout: 0.1,
  attentionDropout: 0.1,
  tags: CONLL_TAGS,
};
const DISTILBERT_BASE: ModelConfig = { ...BERT_BASE, architecture: 'distilbert', layers: 6 };
const SMALL: ModelConfig = {
  ...BERT_BASE,
  vocabularySize: 500,
  hiddenSize: 48,
  layers: 2,
  heads: 4,
  intermediateSize: 96,
  maxPositions: 40,
};

const count = (config: ModelConfig) => countParameters(Object.values(parameterShapes(config)));

/** Offset from position 15 to that of the highest score in each head, where no word is read but positions alone. */
function offsetsOfHeads(parameters: Parameters, config: ModelConfig, layer: number): number[] {
  const { hiddenSize: width, heads, maxPositions } = config;
  const positions = parameters['bert.embeddings.position_embeddings.weight'].values;
  const projected = (part: string, position: number, row: number) => {
    const { values } = parameters[`bert.encoder.layer.${layer}.attention.self.${part}.weight`];
    let sum = 0;
    for (let i = 0; i < width; i++) sum += values[row * width + i] * positions[position * width + i];
    return sum;
  };
  const rows = (head: number) => Array.from({ length: width / heads }, (_, i) => (head * width) / heads + i);
  return Array.from({ length: heads }, (_, head) => {
    const queries = rows(head).map(row => projected('query', 15, row));
    const scores = Array.from({ length: maxPositions }, (_, position) =>
      rows(head).reduce((sum, row, i) => sum + queries[i] * projected('key', position, row), 0),
    );
    return scores.indexOf(Math.max(...scores)) - 15;
  });
}

describe('the number of parameters', () => {
  it("is the study's for both of its models", () => {
    expect(count(BERT_BASE)).toBe(golden.parameterCounts['bert-base-uncased']);
    expect(count(DISTILBERT_BASE)).toBe(golden.parameterCounts['distilbert-base-uncased']);
  });

  it('of a small model is the sum of its parts', () => {
    const [d, f, classes] = [48, 96, 9];
    const layer = 4 * (d * d + d) + (f * d + f) + (d * f + d) + 2 * 2 * d;
    const embeddings = 500 * d + 40 * d + 2 * d;
    const classifier = classes * d + classes;
    expect(count(SMALL)).toBe(embeddings + 2 * d + 2 * layer + classifier);
    // DistilBERT has no token types.
    expect(count({ ...SMALL, architecture: 'distilbert' })).toBe(count(SMALL) - 2 * d);
  });
});

describe('fresh parameters', () => {
  const fresh = initialParameters(SMALL, 7);

  it('have the names and shapes of the model, in its order', () => {
    const shapes = Object.fromEntries(Object.entries(fresh).map(([name, { shape }]) => [name, shape]));
    expect(shapes).toEqual(parameterShapes(SMALL));
    expect(Object.keys(fresh)).toEqual(Object.keys(parameterShapes(SMALL)));
    for (const { shape, values } of Object.values(fresh))
      expect(values).toHaveLength(countParameters([shape]));
  });

  it('repeat themselves for the same seed and differ for another', () => {
    expect(initialParameters(SMALL, 7)).toEqual(fresh);
    const name = 'bert.embeddings.word_embeddings.weight';
    expect(initialParameters(SMALL, 8)[name].values).not.toEqual(fresh[name].values);
  });

  it('have biases 0 and LayerNorm scales 1', () => {
    const all = (pattern: RegExp, value: number) => {
      const fitting = Object.entries(fresh).filter(([name]) => pattern.test(name));
      expect(fitting.length).toBeGreaterThan(4);
      for (const [name, { values }] of fitting)
        expect(
          values.every(each => each === value),
          name,
        ).toBe(true);
    };
    all(/\.bias$/, 0);
    all(/LayerNorm\.weight$/, 1);
  });

  it.each([
    [768, 0.02],
    [192, 0.04],
    [48, 0.08],
    [1536, 0.02],
  ])('at width %i have weights of mean 0 and standard deviation %f', (hiddenSize, expected) => {
    const config = { ...SMALL, hiddenSize, vocabularySize: 64, maxPositions: 4, layers: 1 };
    for (const name of [
      'bert.embeddings.word_embeddings.weight',
      'bert.encoder.layer.0.output.dense.weight',
    ]) {
      const { values } = initialParameters(config, 3)[name];
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
      const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
      // Four standard errors of each estimate.
      expect(Math.abs(mean)).toBeLessThan((4 * expected) / Math.sqrt(values.length));
      expect(Math.abs(Math.sqrt(variance) / expected - 1)).toBeLessThan(4 / Math.sqrt(2 * values.length));
    }
  });

  it('have positions as waves: sines and cosines of growing wavelength, in the dimensions of a head', () => {
    const { values } = fresh['bert.embeddings.position_embeddings.weight'];
    const at = (position: number, dimension: number) => values[position * 48 + dimension];
    // Heads of 12 dimensions have 6 waves; each adds a², all of them as much as words and token types: 2 · 48 · 0.08².
    const a = Math.sqrt((2 * 48 * 0.08 ** 2) / 6);
    expect([at(0, 0), at(0, 1), at(0, 11)]).toEqual([0, Math.fround(a), Math.fround(a)]);
    expect(at(3, 0)).toBeCloseTo(a * Math.sin(2 * 3), 6);
    expect(at(3, 1)).toBeCloseTo(a * Math.cos(2 * 3), 6);
    // Half of the waves on, the wavelength has grown by the square root of 20.
    expect(at(7, 6)).toBeCloseTo(a * Math.sin((2 * 7) / Math.sqrt(20)), 6);
    expect(at(7, 7)).toBeCloseTo(a * Math.cos((2 * 7) / Math.sqrt(20)), 6);
    for (let dimension = 12; dimension < 48; dimension++) expect(at(5, dimension)).toBe(0);
  });

  it.each([
    [2, []],
    [4, [-1, 1]],
    [8, [-1, 1, -2, 2, -3, 3]],
    [16, [-1, 1, -2, 2, -3, 3]],
  ])('of %i heads have some that attend to neighbours %j in the first layer', (heads, neighbours) => {
    const config = { ...SMALL, hiddenSize: 32 * heads, heads, maxPositions: 30 };
    const looked = (layer: number) => offsetsOfHeads(initialParameters(config, 5), config, layer);
    expect(looked(0).slice(0, neighbours.length)).toEqual(neighbours);
    // The others, and those of the second layer, may look anywhere, but not each at its own neighbour.
    expect(looked(1).slice(0, 2)).not.toEqual([-1, 1]);
    expect(looked(0).slice(-2)).not.toEqual([-1, 1]);
  });
});

it.each([
  ['bert.encoder.layer.0.attention.self.query.weight', true],
  ['bert.embeddings.word_embeddings.weight', true],
  ['classifier.weight', true],
  ['classifier.bias', false],
  ['bert.encoder.layer.0.output.LayerNorm.weight', false],
  ['distilbert.transformer.layer.0.sa_layer_norm.weight', false],
  ['distilbert.transformer.layer.0.output_layer_norm.bias', false],
])('weight decay of %s: %s', (name, decayed) => {
  expect(isDecayed(name)).toBe(decayed);
});

describe('parameters that are not those of the model', () => {
  const config = { ...SMALL, architecture: 'distilbert' as const };
  const right = parameterShapes(config);
  const without = (...names: string[]) =>
    Object.fromEntries(Object.entries(right).filter(([name]) => !names.includes(name)));

  it.each([
    ['one missing', without('classifier.bias'), 'tensor "classifier.bias" is missing; '],
    [
      'two missing',
      without('classifier.weight', 'classifier.bias'),
      '"classifier.weight" is missing (and 1 more)',
    ],
    ['one misshaped', { ...right, 'classifier.bias': [2] }, '"classifier.bias" has shape [2], expected [9]'],
  ])('are refused: %s', (_, shapes, message) => {
    expect(() => checkShapes(shapes, right, 'the/file')).toThrow(`the/file: `);
    expect(() => checkShapes(shapes, right, 'the/file')).toThrow(message);
  });

  it('are not refused where they are right, whatever there is beside them', () => {
    expect(() => checkShapes({ ...right, 'pooler.bias': [2] }, right, 'the/file')).not.toThrow();
  });
});
