/** The named parameters of a token classifier: their names and shapes (Hugging Face's), and a seeded start. */
import type { NumericArray } from '../engine/engine';
import { sizeOf } from '../engine/engine';
import { InputError } from '../errors';
import { Random } from '../random';
import { type ModelConfig, TOKEN_TYPES } from './config';

export interface Parameter extends NumericArray {
  readonly values: Float32Array;
}
/** Parameters by their Hugging Face names, in the order of the model. */
export type Parameters = Readonly<Record<string, Parameter>>;
export type ParameterShapes = Readonly<Record<string, readonly number[]>>;

/** Names of one layer's parts; each stands for a `.weight` and a `.bias`. */
export interface LayerNames {
  readonly query: string;
  readonly key: string;
  readonly value: string;
  readonly attentionOutput: string;
  readonly attentionNorm: string;
  readonly intermediate: string;
  readonly output: string;
  readonly outputNorm: string;
}

export interface ModelNames {
  readonly wordEmbeddings: string;
  readonly positionEmbeddings: string;
  /** BERT only. */
  readonly tokenTypeEmbeddings?: string;
  readonly embeddingNorm: string;
  readonly layers: readonly LayerNames[];
  readonly classifier: string;
}

/** Where each part of an architecture is found under Hugging Face's names. */
export function modelNames(config: Pick<ModelConfig, 'architecture' | 'layers'>): ModelNames {
  const bert = config.architecture === 'bert';
  const embeddings = `${config.architecture}.embeddings`;
  const layer = (index: number): LayerNames => {
    const at = bert ? `bert.encoder.layer.${index}` : `distilbert.transformer.layer.${index}`;
    return bert
      ? {
          query: `${at}.attention.self.query`,
          key: `${at}.attention.self.key`,
          value: `${at}.attention.self.value`,
          attentionOutput: `${at}.attention.output.dense`,
          attentionNorm: `${at}.attention.output.LayerNorm`,
          intermediate: `${at}.intermediate.dense`,
          output: `${at}.output.dense`,
          outputNorm: `${at}.output.LayerNorm`,
        }
      : {
          query: `${at}.attention.q_lin`,
          key: `${at}.attention.k_lin`,
          value: `${at}.attention.v_lin`,
          attentionOutput: `${at}.attention.out_lin`,
          attentionNorm: `${at}.sa_layer_norm`,
          intermediate: `${at}.ffn.lin1`,
          output: `${at}.ffn.lin2`,
          outputNorm: `${at}.output_layer_norm`,
        };
  };
  return {
    wordEmbeddings: `${embeddings}.word_embeddings.weight`,
    positionEmbeddings: `${embeddings}.position_embeddings.weight`,
    tokenTypeEmbeddings: bert ? `${embeddings}.token_type_embeddings.weight` : undefined,
    embeddingNorm: `${embeddings}.LayerNorm`,
    layers: Array.from({ length: config.layers }, (_, index) => layer(index)),
    classifier: 'classifier',
  };
}

/** Name and shape of every parameter. Their sizes add up to the model's parameter count. */
export function parameterShapes(config: ModelConfig): ParameterShapes {
  const names = modelNames(config);
  const { hiddenSize: d, intermediateSize: f } = config;
  const shapes: Record<string, readonly number[]> = {};
  const linear = (name: string, outputs: number, inputs: number) => {
    shapes[`${name}.weight`] = [outputs, inputs];
    shapes[`${name}.bias`] = [outputs];
  };
  const norm = (name: string) => {
    shapes[`${name}.weight`] = [d];
    shapes[`${name}.bias`] = [d];
  };
  shapes[names.wordEmbeddings] = [config.vocabularySize, d];
  shapes[names.positionEmbeddings] = [config.maxPositions, d];
  if (names.tokenTypeEmbeddings) shapes[names.tokenTypeEmbeddings] = [TOKEN_TYPES, d];
  norm(names.embeddingNorm);
  for (const layer of names.layers) {
    for (const projection of [layer.query, layer.key, layer.value, layer.attentionOutput])
      linear(projection, d, d);
    norm(layer.attentionNorm);
    linear(layer.intermediate, f, d);
    linear(layer.output, d, f);
    norm(layer.outputNorm);
  }
  linear(names.classifier, config.tags.length, d);
  return shapes;
}

/** Standard deviation of fresh weights in BERT-base, its `initializer_range`, and the width that it was chosen for. */
const INITIALIZER_RANGE = 0.02;
const BERT_WIDTH = 768;
/** Fresh position rows are waves of this amplitude and of wavelengths from 2π to 2π times this base. */
const POSITION_AMPLITUDE = 0.14;
const POSITION_BASE = 100;

/**
 * Fresh parameters: weights from a normal distribution, biases 0, LayerNorm scales 1, as BERT's authors do. Two things
 * are ours, because a small model on a small corpus learns little without them: narrower models get larger weights
 * (deviation 0.02 · √(768 / D), so that a layer's output varies as in BERT-base), and positions start as sine waves
 * (Vaswani et al. 2017), by which a neighbour is easy to attend to.
 */
export function initialParameters(config: ModelConfig, seed: number): Parameters {
  const random = new Random(seed);
  const { positionEmbeddings } = modelNames(config);
  const deviation = INITIALIZER_RANGE * Math.max(1, Math.sqrt(BERT_WIDTH / config.hiddenSize));
  return Object.fromEntries(
    Object.entries(parameterShapes(config)).map(([name, shape]) => {
      const values = new Float32Array(sizeOf(shape));
      if (isNormScale(name)) values.fill(1);
      else if (name === positionEmbeddings) fillWithWaves(values, shape[1]);
      else if (shape.length === 2)
        for (let i = 0; i < values.length; i++) values[i] = random.normal() * deviation;
      return [name, { shape, values }];
    }),
  );
}

function fillWithWaves(rows: Float32Array, width: number): void {
  for (let i = 0; i < rows.length; i++) {
    const [position, dimension] = [Math.floor(i / width), i % width];
    const angle = position / POSITION_BASE ** ((dimension - (dimension % 2)) / width);
    rows[i] = POSITION_AMPLITUDE * (dimension % 2 === 0 ? Math.sin(angle) : Math.cos(angle));
  }
}

const isNorm = (name: string): boolean => /(LayerNorm|layer_norm)\.(weight|bias)$/.test(name);
const isNormScale = (name: string): boolean => isNorm(name) && name.endsWith('.weight');

/** AdamW decays every parameter but biases and those of LayerNorm. */
export function isDecayed(name: string): boolean {
  return !name.endsWith('.bias') && !isNorm(name);
}

/** Throws an `InputError` unless the parameters are exactly those of the model, in name and shape. */
export function checkParameters(parameters: Parameters, config: ModelConfig, file: string): void {
  const expected = parameterShapes(config);
  const missing = Object.keys(expected).filter(name => !(name in parameters));
  if (missing.length > 0)
    throw new InputError(
      `${file}: tensor "${missing[0]}" is missing${others(missing)}; the model's config.json asks for it`,
    );
  const extra = Object.keys(parameters).filter(name => !(name in expected));
  if (extra.length > 0)
    throw new InputError(
      `${file}: tensor "${extra[0]}" is not part of this model${others(extra)}; check its config.json`,
    );
  for (const [name, { shape }] of Object.entries(parameters))
    if (shape.join() !== expected[name].join())
      throw new InputError(`${file}: tensor "${name}" has shape [${shape}], expected [${expected[name]}]`);
}

function others(names: readonly string[]): string {
  return names.length > 1 ? ` (and ${names.length - 1} more)` : '';
}

/** The same names, shapes and values in memory of their own. */
export function copyParameters(parameters: Parameters): Parameters {
  return Object.fromEntries(
    Object.entries(parameters).map(([name, { shape, values }]) => [name, { shape, values: values.slice() }]),
  );
}
