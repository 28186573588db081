/**
 * An encoder of BERT's family as a token classifier: one pure function from parameters and a batch to logits. What tells
 * the architectures apart stands in `architectures/`.
 */

import type { Tensor, Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import type { Arrays, BatchSize, Tensors } from '../engine/engine';
import { attention, feedForward, layerNorm, linear, rowsAt } from '../engine/operations';
import type { EncodedBatch } from '../tokenization/batch';
import { ARCHITECTURES } from './architectures';
import { firstPosition, type ModelConfig } from './config';
import { modelNames, type Parameters } from './parameters';

/** Added to the attention scores of padding. */
const MASKED = -1e9;

/** Rows of an embedding table that a batch looks up, and how often it may look up the same. */
export interface Lookup {
  readonly table: string;
  readonly ids: Int32Array;
}

/** Which rows of which tables a batch reads. */
export function lookups(config: ModelConfig, batch: EncodedBatch): Lookup[] {
  const names = modelNames(config);
  const first = firstPosition(config);
  return [
    { table: names.wordEmbeddings, ids: batch.inputIds },
    {
      table: names.positionEmbeddings,
      ids: Int32Array.from({ length: batch.length }, (_, index) => first + index),
    },
    ...(names.tokenTypeEmbeddings ? [{ table: names.tokenTypeEmbeddings, ids: Int32Array.of(0) }] : []),
  ];
}

/**
 * The variables of a program for one batch: all parameters, but of each embedding table only the rows that the batch
 * looks up. So a table is never moved or differentiated as a whole, and its gradient is as small as the batch.
 */
export function programVariables(parameters: Parameters, tables: readonly Lookup[]): Arrays {
  const variables: Record<string, Arrays[string]> = { ...parameters };
  for (const { table, ids } of tables) {
    const width = parameters[table].shape[1];
    const rows = new Float32Array(ids.length * width);
    for (let i = 0; i < ids.length; i++)
      rows.set(parameters[table].values.subarray(ids[i] * width, (ids[i] + 1) * width), i * width);
    variables[table] = { shape: [ids.length, width], values: rows };
  }
  return variables;
}

/**
 * The program's other inputs, but for the dropout masks.
 * @param places those whose outputs are asked for, `[W]`, ascending, among the B · S; without them all are
 */
export function programData({ batchSize, length, attentionMask }: EncodedBatch, places?: Int32Array): Arrays {
  const mask = { [MASK]: { shape: [batchSize, length], values: attentionMask } };
  if (!places) return mask;
  const rowOfPlace = new Int32Array(batchSize * length).fill(places.length);
  places.forEach((place, row) => {
    rowOfPlace[place] = row;
  });
  return {
    ...mask,
    [PLACES]: { shape: [places.length], values: places },
    [ROW_OF_PLACE]: { shape: [batchSize * length], values: rowOfPlace },
  };
}

/** A place of the model that drops: the name of its mask among a program's data, its shape, and the rate. */
export interface DropoutPlace {
  readonly name: string;
  readonly shape: readonly number[];
  readonly rate: number;
}

/**
 * Every place that drops in training on a batch of this size; a rate of 0 drops nowhere and has no place. What the last layer
 * makes of its attention is made, and dropped, at the W places only.
 */
export function dropoutPlaces(
  { architecture, layers, heads, hiddenSize, dropout, attentionDropout }: ModelConfig,
  { batch, length, places }: BatchSize,
): DropoutPlace[] {
  const tokens = batch * length;
  const hidden = (name: string, rows: number): DropoutPlace => ({
    name,
    shape: [rows, hiddenSize],
    rate: dropout,
  });
  const layerPlaces = (layer: number): DropoutPlace[] => {
    const rows = layer === layers - 1 ? places : tokens;
    return [
      { name: maskName.attention(layer), shape: [batch, heads, length, length], rate: attentionDropout },
      ...(ARCHITECTURES[architecture].dropsAttended ? [hidden(maskName.attended(layer), rows)] : []),
      hidden(maskName.transformed(layer), rows),
    ];
  };
  const every = Array.from({ length: layers }, (_, layer) => layerPlaces(layer)).flat();
  return [hidden(maskName.embeddings, tokens), ...every, hidden(maskName.output, places)].filter(
    ({ rate }) => rate > 0,
  );
}

/** Names among a program's data: which tokens are no padding, `[B, S]`; the places whose outputs are asked for, `[W]`. */
export const MASK = 'attentionMask';
export const PLACES = 'places';
/** Which of the W rows is that of each of the B · S places: what training needs to find the way back. */
const ROW_OF_PLACE = 'row of each place';

const maskName = {
  embeddings: 'dropout of embeddings',
  attention: (layer: number) => `dropout of attention ${layer}`,
  attended: (layer: number) => `dropout of attended ${layer}`,
  transformed: (layer: number) => `dropout of transformed ${layer}`,
  output: 'dropout of output',
};

/**
 * What a model makes of a batch: the last layer's output `[B · S, D]`, and of it the logits `[B · S, C]`; of the places that
 * are asked for, `[W, D]` and `[W, C]`.
 */
export interface Outputs {
  readonly logits: Tensor2D;
  readonly hidden: Tensor2D;
}

/**
 * The outputs of a batch.
 * @param variables as `programVariables` gives them
 * @param data as `programData` gives it; where it also has the masks of `dropoutPlaces`, the model drops; where it has
 * `PLACES`, nothing is computed of the others once the last attention has read them
 */
export function forward(config: ModelConfig, variables: Tensors, data: Tensors): Outputs {
  const names = modelNames(config);
  const { layerNormEpsilon } = ARCHITECTURES[config.architecture];
  const [batch, length] = data[MASK].shape;
  const { hiddenSize, heads } = config;
  const drop = <T extends Tensor>(x: T, mask: string): T => (data[mask] ? (tf.mul(x, data[mask]) as T) : x);
  const affine = (name: string) =>
    [variables[`${name}.weight`], variables[`${name}.bias`]] as [Tensor2D, Tensor1D];
  const project = (x: Tensor2D, name: string) => linear(x, ...affine(name));
  const norm = (x: Tensor2D, name: string) =>
    layerNorm(
      x,
      variables[`${name}.weight`] as Tensor1D,
      variables[`${name}.bias`] as Tensor1D,
      layerNormEpsilon,
    );
  /** `[B · S, D]` → `[B, H, S, d]` and back. */
  const split = (x: Tensor2D) =>
    tf.transpose(tf.reshape(x, [batch, length, heads, hiddenSize / heads]), [0, 2, 1, 3]) as Tensor4D;
  const merge = (x: Tensor4D) =>
    tf.reshape(tf.transpose(x, [0, 2, 1, 3]), [batch * length, hiddenSize]) as Tensor2D;

  // Embeddings: a word's row, plus that of its position, plus that of the first segment where there are token types.
  const words = tf.reshape(variables[names.wordEmbeddings], [batch, length, hiddenSize]);
  let embedded = tf.add(words, variables[names.positionEmbeddings]);
  if (names.tokenTypeEmbeddings) embedded = tf.add(embedded, variables[names.tokenTypeEmbeddings]);
  let x = drop(
    norm(tf.reshape(embedded, [batch * length, hiddenSize]), names.embeddingNorm),
    maskName.embeddings,
  );

  const bias = tf.mul(tf.sub(1, tf.reshape(data[MASK], [batch, 1, 1, length])), MASKED) as Tensor4D;
  for (const [index, layer] of names.layers.entries()) {
    const context = attention(
      split(project(x, layer.query)),
      split(project(x, layer.key)),
      split(project(x, layer.value)),
      bias,
      probabilities => drop(probabilities, maskName.attention(index)),
    );
    const asked = (rows: Tensor2D): Tensor2D =>
      index < names.layers.length - 1 ? rows : atPlaces(rows, data);
    const attended = project(asked(merge(context)), layer.attentionOutput);
    x = norm(tf.add(asked(x), drop(attended, maskName.attended(index))), layer.attentionNorm);
    const transformed = feedForward(x, ...affine(layer.intermediate), ...affine(layer.output));
    x = norm(tf.add(x, drop(transformed, maskName.transformed(index))), layer.outputNorm);
  }
  return { logits: project(drop(x, maskName.output), names.classifier), hidden: x };
}

/** The rows that are asked for: all, where no places are given. */
function atPlaces(rows: Tensor2D, { [PLACES]: places, [ROW_OF_PLACE]: rowOfPlace }: Tensors): Tensor2D {
  if (!places) return rows;
  return rowOfPlace
    ? rowsAt(rows, places as Tensor1D, rowOfPlace as Tensor1D)
    : tf.gather(rows, places as Tensor1D);
}
