/**
 * The losses of the study. First on plain numbers, for reading and for toys; then as the program that is trained.
 *
 * With student logits z, teacher logits z′, temperature T and softmax σ:
 *   vanilla               L = α · CE(y, σ(z)) + (1 − α) · T² · KL(σ(z′/T) ‖ σ(z/T))
 *   constrained, logits   L = vanilla + β · mean (z − z′)², over the first pieces of gold critical spans and classes
 *   constrained, weighted L = vanilla with each CE term weighted by 1 + β · κ on critical classes, else 1
 * (Hinton et al. 2015, "Distilling the Knowledge in a Neural Network", for the first; the study for the others.)
 */

import type { Tensor1D, Tensor2D } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import type { Arrays, Tensors } from '../engine/engine';
import { IGNORED } from '../tokenization/batch';

// ---------------------------------------------------------------------------------------------- on plain numbers

/** σ(z/T): logits as probabilities; a higher temperature makes them softer. */
export function softmax(logits: readonly number[], temperature = 1): number[] {
  const highest = Math.max(...logits);
  const exponentials = logits.map(logit => Math.exp((logit - highest) / temperature));
  const total = exponentials.reduce((sum, value) => sum + value, 0);
  return exponentials.map(value => value / total);
}

/** CE(y, σ(z)) = −ln σ(z)_y, in nats. */
export function crossEntropy(logits: readonly number[], label: number): number {
  const highest = Math.max(...logits);
  return (
    highest - logits[label] + Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit - highest), 0))
  );
}

/** KL(p ‖ q) = Σ p ln(p / q), in nats; terms with p = 0 are 0. */
export function klDivergence(p: readonly number[], q: readonly number[]): number {
  return p.reduce((sum, value, i) => sum + (value > 0 ? value * Math.log(value / q[i]) : 0), 0);
}

/** T² · KL(σ(z′/T) ‖ σ(z/T)): what distillation adds for one token; T² keeps its gradient's size when T changes. */
export function distillationTerm(
  teacher: readonly number[],
  student: readonly number[],
  temperature: number,
): number {
  return temperature ** 2 * klDivergence(softmax(teacher, temperature), softmax(student, temperature));
}

// ---------------------------------------------------------------------------------------------- as a program

/** Which loss trains a model. */
export type Loss =
  | { readonly kind: 'fine-tuning' }
  | { readonly kind: 'vanilla'; readonly alpha: number; readonly temperature: number }
  | {
      readonly kind: 'constrained';
      readonly form: 'logits' | 'weighted';
      readonly alpha: number;
      readonly temperature: number;
      readonly beta: number;
      /** κ: how much β weighs in the weighted form. */
      readonly kappa: number;
    };

/** The study's settings; κ is ours, since the paper does not give it. */
export const STUDY_LOSS = { alpha: 0.5, temperature: 2, kappa: 10 } as const;

/** Gold labels `[N]` of the tokens of a batch, `IGNORED` where there is none, and which count as critical. */
export interface Targets {
  readonly labels: Int32Array;
  /** Whether a class id is `B-` or `I-` of a critical type. */
  readonly critical: readonly boolean[];
  /** `[N · C]`, row by row; only for distillation. */
  readonly teacherLogits?: Float32Array;
}

/** Denominators of the means in a loss: over the valid tokens of a whole effective batch. */
export interface Totals {
  readonly valid: number;
  readonly critical: number;
  /** Sum of the class weights of the valid tokens. */
  readonly weight: number;
}

/** Weight of a class in the cross-entropy. */
function classWeight(loss: Loss, critical: boolean): number {
  return loss.kind === 'constrained' && loss.form === 'weighted' && critical ? 1 + loss.beta * loss.kappa : 1;
}

/** Counts the denominators; those of the parts of one optimizer step are added up. */
export function totalsOf(loss: Loss, { labels, critical }: Targets): Totals {
  let [valid, criticalCount, weight] = [0, 0, 0];
  for (const label of labels) {
    if (label === IGNORED) continue;
    valid++;
    if (critical[label]) criticalCount++;
    weight += classWeight(loss, critical[label]);
  }
  return { valid, critical: criticalCount, weight };
}

/** Of two parts of one effective batch. */
export function addTotals(a: Totals, b: Totals): Totals {
  return { valid: a.valid + b.valid, critical: a.critical + b.critical, weight: a.weight + b.weight };
}

/**
 * The data inputs of `lossOf` for one batch. All means become weighted sums here, so the result does not depend
 * on padding, nor on how an effective batch is cut.
 */
export function lossData(loss: Loss, targets: Targets, totals: Totals): Arrays {
  const { labels, critical, teacherLogits } = targets;
  const count = labels.length;
  const classes = critical.length;
  const [goldLabels, labelWeights] = [new Int32Array(count), new Float32Array(count)];
  const [teacherWeights, criticalWeights] = [new Float32Array(count), new Float32Array(count)];
  labels.forEach((label, i) => {
    if (label === IGNORED) return;
    goldLabels[i] = label;
    labelWeights[i] = classWeight(loss, critical[label]) / totals.weight;
    teacherWeights[i] = 1 / totals.valid;
    if (critical[label]) criticalWeights[i] = 1 / (totals.critical * classes);
  });
  const vector = (values: Float32Array | Int32Array) => ({ shape: [count], values });
  const data = { labels: vector(goldLabels), labelWeights: vector(labelWeights) };
  if (loss.kind === 'fine-tuning') return data;
  if (!teacherLogits) throw new Error('distillation needs the logits of a teacher');
  return {
    ...data,
    teacherLogits: { shape: [count, classes], values: teacherLogits },
    teacherWeights: vector(teacherWeights),
    ...(isLogitMatching(loss) && { criticalWeights: vector(criticalWeights) }),
  };
}

/** The logits form with β = 0 is vanilla, exactly: the term is left out rather than multiplied by 0. */
function isLogitMatching(loss: Loss): loss is Extract<Loss, { kind: 'constrained' }> {
  return loss.kind === 'constrained' && loss.form === 'logits' && loss.beta > 0;
}

/**
 * The loss of logits `z [N, C]` as tensors, in its parts: `crossEntropy` is CE, `distillation` T² · KL and
 * `criticalMatching` the mean square of the logits form; `loss` is their sum with α and β.
 */
export function lossOf(loss: Loss, z: Tensor2D, data: Tensors): Tensors {
  const classes = z.shape[1];
  /** Σ over tokens of weight · value. */
  const weightedSum = (values: tf.Tensor, weights: tf.Tensor) => tf.sum(tf.mul(values, weights));

  const gold = tf.oneHot(data.labels as Tensor1D, classes);
  const logLikelihood = tf.sum(tf.mul(gold, tf.logSoftmax(z)), -1);
  const crossEntropy = tf.neg(weightedSum(logLikelihood, data.labelWeights));
  if (loss.kind === 'fine-tuning') return { loss: crossEntropy, crossEntropy };

  const { alpha, temperature: T } = loss;
  const teacher = data.teacherLogits as Tensor2D;
  // KL(p ‖ q) = Σ p (ln p − ln q)
  const lnP = tf.logSoftmax(tf.div(teacher, T));
  const lnQ = tf.logSoftmax(tf.div(z, T));
  const divergence = tf.sum(tf.mul(tf.exp(lnP), tf.sub(lnP, lnQ)), -1);
  const distillation = tf.mul(weightedSum(divergence, data.teacherWeights), T * T);
  const vanilla = tf.add(tf.mul(crossEntropy, alpha), tf.mul(distillation, 1 - alpha));
  if (!isLogitMatching(loss)) return { loss: vanilla, crossEntropy, distillation };

  const squares = tf.sum(tf.square(tf.sub(z, teacher)), -1);
  const criticalMatching = weightedSum(squares, data.criticalWeights);
  return {
    loss: tf.add(vanilla, tf.mul(criticalMatching, loss.beta)),
    crossEntropy,
    distillation,
    criticalMatching,
  };
}
