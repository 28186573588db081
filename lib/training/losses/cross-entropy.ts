/**
 * Cross-entropy with the labels: fine-tuning, without a teacher.
 *
 *   L = mean over labelled tokens of CE(y, σ(z)),   CE(y, σ(z)) = −ln σ(z)_y
 */
import type { Tensor, Tensor2D } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { defineLoss, LABELLED, labelled, weightedMean } from './loss';

/** CE(y, σ(z)) = −ln σ(z)_y of one token, in nats. */
export function crossEntropy(logits: readonly number[], label: number): number {
  const highest = Math.max(...logits);
  return (
    highest - logits[label] + Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit - highest), 0))
  );
}

/** −CE of each token `[N]`, from logits and one-hot labels `[N, C]`. */
export function logLikelihood(logits: Tensor2D, gold: Tensor2D): Tensor {
  return tf.sum(tf.mul(gold, tf.logSoftmax(logits)), -1);
}

export const crossEntropyLoss = defineLoss({
  name: 'cross-entropy',
  settings: {},
  teacher: [],
  means: { labelled: LABELLED },
  scalar: tokens => weightedMean(labelled(tokens), ({ logits, label }) => crossEntropy(logits, label)),
  program({ logits, gold, mean }) {
    const crossEntropy = tf.neg(mean.labelled(logLikelihood(logits, gold)));
    return { loss: crossEntropy, crossEntropy };
  },
  file: __filename,
});
