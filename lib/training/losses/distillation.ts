/**
 * Vanilla distillation (Hinton et al. 2015, "Distilling the Knowledge in a Neural Network"): labels and the teacher's soft
 * targets. With student logits z, teacher logits z′, temperature T and softmax σ:
 *
 *   L = α · CE(y, σ(z)) + (1 − α) · T² · KL(σ(z′/T) ‖ σ(z/T))
 *
 * CE is the mean over labelled tokens, KL over these and, where a student learns from text without labels too, over its words.
 */
import type { Tensor } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { crossEntropy, logLikelihood } from './cross-entropy';
import {
  defineLoss,
  LABELLED,
  type LabelledToken,
  type LossInputs,
  labelled,
  type Settings,
  TAUGHT,
  weightedMean,
} from './loss';

/** σ(z/T): logits as probabilities; a higher temperature makes them softer. */
export function softmax(logits: readonly number[], temperature = 1): number[] {
  const highest = Math.max(...logits);
  const exponentials = logits.map(logit => Math.exp((logit - highest) / temperature));
  const total = exponentials.reduce((sum, value) => sum + value, 0);
  return exponentials.map(value => value / total);
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

/** The study's α and T; every loss that distils takes them. */
export const DISTILLATION_SETTINGS = {
  alpha: { default: 0.5, least: 0, most: 1 },
  temperature: { default: 2, above: 0 },
} as const;
type DistillationSettings = Settings<keyof typeof DISTILLATION_SETTINGS>;

/** The vanilla loss of tokens, to which other losses add. */
export function vanillaScalar(
  tokens: readonly LabelledToken[],
  { alpha, temperature }: DistillationSettings,
): number {
  const hard = weightedMean(labelled(tokens), ({ logits, label }) => crossEntropy(logits, label));
  return alpha * hard + (1 - alpha) * distillationScalar(tokens, temperature);
}

/** The mean of T² · KL of tokens. */
export function distillationScalar(tokens: readonly LabelledToken[], temperature: number): number {
  return weightedMean(tokens, ({ logits, teacher }) =>
    distillationTerm(teacher!.logits, logits, temperature),
  );
}

/** The mean of T² · KL. */
export function distillationProgram(
  { logits, teacher, mean }: LossInputs<'taught'>,
  temperature: number,
): Tensor {
  // KL(p ‖ q) = Σ p (ln p − ln q)
  const lnP = tf.logSoftmax(tf.div(teacher.logits, temperature));
  const lnQ = tf.logSoftmax(tf.div(logits, temperature));
  const divergence = tf.sum(tf.mul(tf.exp(lnP), tf.sub(lnP, lnQ)), -1);
  return tf.mul(mean.taught(divergence), temperature * temperature);
}

/** The vanilla loss and its terms, to which other losses add. */
export function vanillaProgram(inputs: LossInputs<'labelled' | 'taught'>, settings: DistillationSettings) {
  const { logits, gold, mean } = inputs;
  const crossEntropy = tf.neg(mean.labelled(logLikelihood(logits, gold)));
  return mixed(crossEntropy, distillationProgram(inputs, settings.temperature), settings.alpha);
}

/** α · CE + (1 − α) · T² · KL of the two terms, and the terms. */
export function mixed(crossEntropy: Tensor, distillation: Tensor, alpha: number) {
  const loss = tf.add(tf.mul(crossEntropy, alpha), tf.mul(distillation, 1 - alpha));
  return { loss, crossEntropy, distillation };
}

export const vanillaDistillation = defineLoss({
  name: 'vanilla',
  title: 'labels and soft targets of the teacher',
  settings: DISTILLATION_SETTINGS,
  teacher: ['logits'],
  means: { labelled: LABELLED, taught: TAUGHT },
  scalar: vanillaScalar,
  program: vanillaProgram,
  file: __filename,
});
