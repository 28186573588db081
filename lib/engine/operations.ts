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
 * The rows of `x [N, D]` at distinct places `[W]`: `[W, D]`.
 * @param rowOfPlace `[N]`: which of the W rows is that of each place, W where it is none of them. Gradient by x: the row of dy
 * that belongs to each place, and zeros elsewhere, read and not scattered.
 */
export function rowsAt(x: Tensor2D, places: Tensor1D, rowOfPlace: Tensor1D): Tensor2D {
  const gather = tf.customGrad(x => ({
    value: tf.gather(x as Tensor2D, places),
    gradFunc: (dy: Tensor) => {
      const none = tf.zeros([1, dy.shape[1] as number]);
      return tf.gather(tf.concat([dy as Tensor2D, none as Tensor2D], 0), rowOfPlace);
    },
  }));
  return gather(x) as Tensor2D;
}

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

const SQRT_HALF = Math.SQRT1_2;
/** ln(2 / √π) */
const LN_TWO_OVER_SQRT_PI = Math.log(2 / Math.sqrt(Math.PI));

/**
 * `GELU(x W₁ᵀ + b₁) W₂ᵀ + b₂` for `x [N, D]`, with GELU in its exact form `h · Φ(h)`, Φ the normal distribution function.
 *
 * With `u = h / √2` it is `GELU(h) = v / √2` for `v = u · (1 + erf u)`. Both factors 1 / √2 are taken into the products of
 * matrices, where they cost nothing. Gradient of the middle: `dv / du = 1 + erf u + 2 / √π · u · exp(−u²)`.
 */
export const feedForward = tf.customGrad((...operands) => {
  const [x, weight1, bias1, weight2, bias2, save] = operands as [
    Tensor2D,
    Tensor2D,
    Tensor1D,
    Tensor2D,
    Tensor1D,
    tf.GradSaveFunc,
  ];
  const run = (x: Tensor, weight: Tensor, bias: Tensor) =>
    tf.engine().runKernel(LINEAR, { x, weight, bias }) as Tensor2D;
  const u = tf.mul(run(x, weight1, bias1), SQRT_HALF);
  const p = tf.add(tf.erf(u), 1);
  const v = tf.mul(u, p);
  const value = tf.mul(run(v, weight2, tf.mul(bias2, Math.SQRT2)), SQRT_HALF);
  save([x, weight1, weight2, u, p, v]);
  const gradFunc = (dy: Tensor, saved: Tensor[]) => {
    const [x, weight1, weight2, u, p, v] = saved;
    const half = (product: Tensor) => tf.mul(product, SQRT_HALF);
    const density = tf.exp(tf.sub(LN_TWO_OVER_SQRT_PI, tf.square(u)));
    const du = tf.mul(half(tf.matMul(dy, weight2)), tf.add(p, tf.mul(u, density)));
    return [
      half(tf.matMul(du, weight1)),
      half(tf.matMul(du, x, true, false)),
      half(tf.sum(du, 0)),
      half(tf.matMul(dy, v, true, false)),
      tf.sum(dy, 0),
    ];
  };
  return { value, gradFunc };
}) as (x: Tensor2D, weight1: Tensor2D, bias1: Tensor1D, weight2: Tensor2D, bias2: Tensor1D) => Tensor2D;

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
