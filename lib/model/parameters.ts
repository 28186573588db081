/** The named parameters of a token classifier: their names and shapes (Hugging Face's), and a seeded start. */
import type { NumericArray } from '../engine/engine';
import { sizeOf } from '../engine/engine';
import { InputError } from '../errors';
import { Random } from '../random';
import { ARCHITECTURES } from './architectures';
import type { LayerNames, ModelNames } from './architectures/architecture';
import { firstPosition, type ModelConfig } from './config';

export interface Parameter extends NumericArray {
  readonly values: Float32Array;
  /** Where just these numbers stand on disk, if they do: a runtime may map them from there. */
  readonly place?: FilePlace;
}

/** 32-bit floats, one after another, in a file. */
export interface FilePlace {
  readonly file: string;
  /** In bytes. */
  readonly offset: number;
}
/** Parameters by their Hugging Face names, in the order of the model. */
export type Parameters = Readonly<Record<string, Parameter>>;
export type ParameterShapes = Readonly<Record<string, readonly number[]>>;

/** Where each part of a model is found under Hugging Face's names. */
export function modelNames({
  architecture,
  layers,
}: Pick<ModelConfig, 'architecture' | 'layers'>): ModelNames {
  return ARCHITECTURES[architecture].names(layers);
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
  shapes[names.positionEmbeddings] = [firstPosition(config) + config.maxPositions, d];
  const { tokenTypes } = ARCHITECTURES[config.architecture];
  if (names.tokenTypeEmbeddings) shapes[names.tokenTypeEmbeddings] = [tokenTypes, d];
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
/** Radians a position of the shortest wave among fresh position rows; in the longest it is less by nearly the base. */
const SHORTEST_WAVE = 2;
const WAVE_BASE = 20;
/** Where fresh heads of the first layer look, in pieces from their own; the last two heads look nowhere in particular. */
const NEIGHBOURS = [-1, 1, -2, 2, -3, 3];
const FREE_HEADS = 2;
/** Attention score of such a neighbour; the pieces beside it have 0.7 of that, the next ones 0.3. */
const NEIGHBOUR_SCORE = 24;
/** What the first layer reads from neighbours starts larger by this factor, squared, to count beside the piece itself. */
const NEIGHBOUR_VALUE = 1.5;

/**
 * Fresh parameters: weights from a normal distribution, biases 0, LayerNorm scales 1, as BERT's authors do. Three things
 * are ours, because a small model on a small corpus learns little without them:
 * - narrower models get larger weights: deviation 0.02 · √(768 / D), so that a layer's output varies as in BERT-base;
 * - positions start as sine waves (Vaswani et al. 2017), in as many dimensions as a head has;
 * - heads of the first layer start by attending to the neighbours −1, +1, −2, …, as a convolution would: the end of a
 *   rare word, and the company that it keeps, need not be found by chance. The idea of a start that imitates what is
 *   learned otherwise is Trockman and Kolter's (2023, "Mimetic Initialization of Self-Attention Layers").
 */
export function initialParameters(config: ModelConfig, seed: number): Parameters {
  const random = new Random(seed);
  const { positionEmbeddings, layers } = modelNames(config);
  const { hiddenSize } = config;
  const deviation = INITIALIZER_RANGE * Math.max(1, Math.sqrt(BERT_WIDTH / hiddenSize));
  const parameters = Object.fromEntries(
    Object.entries(parameterShapes(config)).map(([name, shape]) => {
      const values = new Float32Array(sizeOf(shape));
      if (isNormScale(name)) values.fill(1);
      else if (shape.length === 2 && name !== positionEmbeddings)
        for (let i = 0; i < values.length; i++) values[i] = random.normal() * deviation;
      return [name, { shape, values }];
    }),
  );
  const waves = wavesOf(config);
  // Half of the variance of BERT's embeddings: words and token types have D · deviation² each, a wave amplitude².
  const amplitude = deviation * Math.sqrt((2 * hiddenSize) / waves.length);
  fillWithWaves(parameters[positionEmbeddings].values, hiddenSize, waves, amplitude);
  if (layers.length > 0) attendToNeighbours(parameters, layers[0], config, waves);
  return parameters;
}

/** Radians a position of each wave, a sine and a cosine: two dimensions a wave, as many dimensions as a head has. */
function wavesOf({ hiddenSize, heads }: ModelConfig): number[] {
  const count = Math.floor(hiddenSize / heads / 2);
  return Array.from({ length: count }, (_, wave) => SHORTEST_WAVE / WAVE_BASE ** (wave / count));
}

function fillWithWaves(rows: Float32Array, width: number, waves: readonly number[], amplitude: number): void {
  for (let position = 0; position < rows.length / width; position++)
    for (const [wave, frequency] of waves.entries()) {
      const at = position * width + 2 * wave;
      rows[at] = amplitude * Math.sin(frequency * position);
      rows[at + 1] = amplitude * Math.cos(frequency * position);
    }
}

/**
 * Adds to a layer's keys the waves of their position p, and to the queries those of p + offset, which are a rotation of
 * p's own: (sin, cos)(ω(p + o)) = (cos ωo · sin ωp + sin ωo · cos ωp, cos ωo · cos ωp − sin ωo · sin ωp).
 * The score of a key is then Σ cos ω(p + offset − its position), highest where that is 0.
 */
function attendToNeighbours(
  parameters: Parameters,
  layer: LayerNames,
  { hiddenSize, heads }: ModelConfig,
  waves: readonly number[],
): void {
  const headWidth = hiddenSize / heads;
  const [query, key] = [layer.query, layer.key].map(name => parameters[`${name}.weight`].values);
  // The squares of a normalised embedding add up to D, those of its waves to D / 2: the score is gain² · D / 2 / √d.
  const gain = Math.sqrt((2 * NEIGHBOUR_SCORE * Math.sqrt(headWidth)) / hiddenSize);
  for (const [head, offset] of NEIGHBOURS.slice(0, Math.max(0, heads - FREE_HEADS)).entries())
    for (const [wave, frequency] of waves.entries()) {
      const sine = (head * headWidth + 2 * wave) * hiddenSize + 2 * wave;
      const cosine = sine + hiddenSize;
      key[sine] += gain;
      key[cosine + 1] += gain;
      query[sine] += gain * Math.cos(frequency * offset);
      query[sine + 1] += gain * Math.sin(frequency * offset);
      query[cosine] -= gain * Math.sin(frequency * offset);
      query[cosine + 1] += gain * Math.cos(frequency * offset);
    }
  for (const name of [layer.value, layer.attentionOutput]) {
    const { values } = parameters[`${name}.weight`];
    for (let i = 0; i < values.length; i++) values[i] *= NEIGHBOUR_VALUE;
  }
}

const isNorm = (name: string): boolean => /(LayerNorm|layer_norm)\.(weight|bias)$/.test(name);
const isNormScale = (name: string): boolean => isNorm(name) && name.endsWith('.weight');

/** AdamW decays every parameter but biases and those of LayerNorm. */
export function isDecayed(name: string): boolean {
  return !name.endsWith('.bias') && !isNorm(name);
}

/** Throws an `InputError` unless all that is expected is found, in name and shape. */
export function checkShapes(found: ParameterShapes, expected: ParameterShapes, file: string): void {
  const missing = Object.keys(expected).filter(name => !Object.hasOwn(found, name));
  if (missing.length > 0)
    throw new InputError(
      `${file}: tensor "${missing[0]}" is missing${others(missing)}; the model's config.json asks for it`,
    );
  for (const [name, shape] of Object.entries(expected))
    if (found[name].join() !== shape.join())
      throw new InputError(
        `${file}: tensor "${name}" has shape [${found[name]}], expected [${shape}] by the model's config.json`,
      );
}

/** " (and 3 more)" behind the first of them. */
export function others(names: readonly string[]): string {
  return names.length > 1 ? ` (and ${names.length - 1} more)` : '';
}

/** The same names, shapes and values in memory of their own. */
export function copyParameters(parameters: Parameters): Parameters {
  return Object.fromEntries(
    Object.entries(parameters).map(([name, { shape, values }]) => [name, { shape, values: values.slice() }]),
  );
}
