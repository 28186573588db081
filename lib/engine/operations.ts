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

/**
 * Layer normalisation over the last axis of `x [N, D]`: `x̂ · γ + β` with `x̂ = (x − mean) / √(variance + ε)`.
 * Gradient by x: `(g − mean(g) − x̂ · mean(g · x̂)) / √(variance + ε)`, where g is the gradient by x̂.
 */
export function layerNorm(x: Tensor2D, gamma: Tensor1D, beta: Tensor1D, epsilon: number): Tensor2D {
  const rowMean = (t: Tensor) => tf.mean(t, -1, true);
  const normalise = tf.customGrad((input, save) => {
    const centred = tf.sub(input as Tensor, rowMean(input as Tensor));
    const inverse = tf.rsqrt(tf.add(rowMean(tf.square(centred)), epsilon));
    const normal = tf.mul(centred, inverse);
    (save as tf.GradSaveFunc)([normal, inverse]);
    const gradFunc = (g: Tensor, saved: Tensor[]) => {
      const [xHat, scale] = saved;
      return tf.mul(tf.sub(tf.sub(g, rowMean(g)), tf.mul(xHat, rowMean(tf.mul(g, xHat)))), scale);
    };
    return { value: normal, gradFunc };
  });
  return tf.add(tf.mul(normalise(x), gamma), beta) as Tensor2D;
}

/**
 * GELU in its exact form, `x · Φ(x)` with Φ the normal distribution function, `(1 + erf(x / √2)) / 2`.
 * Gradient: `Φ(x) + x · φ(x)` with the normal density `φ(x) = exp(−x² / 2) / √(2π)`.
 */
export const gelu = tf.customGrad((input, save) => {
  const x = input as Tensor;
  const cumulative = tf.mul(tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1), 0.5);
  (save as tf.GradSaveFunc)([x, cumulative]);
  const gradFunc = (dy: Tensor, saved: Tensor[]) => {
    const [x, cumulative] = saved;
    const density = tf.mul(tf.exp(tf.mul(tf.square(x), -0.5)), 1 / Math.sqrt(2 * Math.PI));
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
