/**
 * The operations that transformers are made of, as tfjs functions of tensors. Where tfjs would differentiate an
 * operation in a roundabout way, its gradient is given here, with the formula beside it.
 */

import type { Tensor, Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';

/** Name of the kernel behind `linear`: one operation of an engine. */
export const LINEAR = 'Linear';

/**
 * `x Wᵀ + b` for `x [N, in]`, `W [out, in]` (the layout of PyTorch's `Linear`), `b [out]`.
 * Gradients: `dy W` by x, `dyᵀ x` by W, the sum of dy's rows by b.
 */
export const linear = tf.customGrad((...operands) => {
  const [x, weight, bias, save] = operands as [Tensor2D, Tensor2D, Tensor1D, tf.GradSaveFunc];
  save([x, weight]);
  const value = tf.engine().runKernel(LINEAR, { x, weight, bias }) as Tensor2D;
  const gradFunc = (dy: Tensor, saved: Tensor[]) => {
    const [x, weight] = saved;
    return [tf.matMul(dy, weight), tf.matMul(dy, x, true, false), tf.sum(dy, 0)];
  };
  return { value, gradFunc };
}) as (x: Tensor2D, weight: Tensor2D, bias: Tensor1D) => Tensor2D;

/** Name of the kernel behind `layerNorm`: its value, and mean and 1 / √(variance + ε) of each row, both `[N, 1]`. */
export const LAYER_NORM = 'LayerNorm';
export interface LayerNormAttributes extends tf.NamedAttrMap {
  epsilon: number;
}

/**
 * Layer normalisation over the last axis of `x [N, D]`: `x̂ · γ + β` with `x̂ = (x − mean) / √(variance + ε)`.
 * Gradients: with g = dy · γ, `(g − mean(g) − x̂ · mean(g · x̂)) / √(variance + ε)` by x, the sum over rows of `dy · x̂`
 * by γ and of dy by β. The two means over D are products with γ / D: `mean(g) = dy γ / D`, `mean(g · x̂) = (dy · x̂) γ / D`.
 */
export function layerNorm(x: Tensor2D, gamma: Tensor1D, beta: Tensor1D, epsilon: number): Tensor2D {
  const attributes: LayerNormAttributes = { epsilon };
  const normalise = tf.customGrad((...operands) => {
    const [x, gamma, beta, save] = operands as [Tensor2D, Tensor1D, Tensor1D, tf.GradSaveFunc];
    const kernel = tf.engine().runKernel(LAYER_NORM, { x, gamma, beta }, attributes) as unknown;
    const [value, mean, inverse] = kernel as Tensor2D[];
    save([x, gamma, mean, inverse]);
    const gradFunc = (dy: Tensor, saved: Tensor[]) => {
      const [x, gamma, mean, inverse] = saved;
      const normal = tf.mul(tf.sub(x, mean), inverse);
      const product = tf.mul(dy, normal);
      const width = gamma.shape[0] as number;
      const weights = tf.reshape(tf.div(gamma, width), [width, 1]);
      const centred = tf.sub(tf.mul(dy, gamma), tf.matMul(dy, weights));
      const dx = tf.mul(tf.sub(centred, tf.mul(normal, tf.matMul(product, weights))), inverse);
      return [dx, tf.sum(product, 0), tf.sum(dy, 0)];
    };
    return { value, gradFunc };
  });
  return normalise(x, gamma, beta) as Tensor2D;
}

/** ln(1 / √(2π)), of the normal density. */
const LN_DENSITY = -0.5 * Math.log(2 * Math.PI);

/**
 * GELU in its exact form, `x · Φ(x)` with Φ the normal distribution function, `(1 + erf(x / √2)) / 2`.
 * Gradient: `Φ(x) + x · φ(x)` with the normal density `φ(x) = exp(−x² / 2) / √(2π)`.
 */
export const gelu = tf.customGrad((input, save) => {
  const x = input as Tensor;
  const scaled = tf.mul(x, Math.SQRT1_2);
  const cumulative = tf.mul(tf.add(tf.erf(scaled), 1), 0.5);
  (save as tf.GradSaveFunc)([x, scaled, cumulative]);
  const gradFunc = (dy: Tensor, saved: Tensor[]) => {
    const [x, scaled, cumulative] = saved;
    const density = tf.exp(tf.sub(LN_DENSITY, tf.square(scaled)));
    return tf.mul(dy, tf.add(cumulative, tf.mul(x, density)));
  };
  return { value: tf.mul(x, cumulative), gradFunc };
}) as (x: Tensor2D) => Tensor2D;

/**
 * Scaled dot-product attention.
 * @param query,key,value `[B, H, S, d]`
 * @param bias `[B, 1, 1, S]`, 0 at tokens and very negative at padding
 * @param drop applied to the attention probabilities `[B, H, S, S]`
 * @returns `[B, H, S, d]`
 */
export function attention(
  query: Tensor4D,
  key: Tensor4D,
  value: Tensor4D,
  bias: Tensor4D,
  drop: (probabilities: Tensor4D) => Tensor4D,
): Tensor4D {
  const scale = 1 / Math.sqrt(query.shape[3]);
  const scores = tf.add(tf.mul(tf.matMul(query, key, false, true), scale), bias);
  return tf.matMul(drop(tf.softmax(scores) as Tensor4D), value);
}
