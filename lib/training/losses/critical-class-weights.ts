/**
 * The critical loss, form 2 (the study's): vanilla distillation in whose cross-entropy the classes of critical types weigh
 * more. κ, how much β weighs, is ours, since the paper gives none.
 *
 *   L = α · CE_w + (1 − α) · T² · KL,   CE_w = Σ w · CE / Σ w,   w = 1 + β · κ on critical classes, else 1
 *
 * β weighs labels, so that in text without them it does nothing.
 */
import * as tf from '@tensorflow/tfjs';
import { crossEntropy, logLikelihood } from './cross-entropy';
import { DISTILLATION_SETTINGS, distillationProgram, distillationScalar, mixed } from './distillation';
import { defineLoss, type LabelledToken, labelled, type Settings, TAUGHT, weightedMean } from './loss';

/** w: what a token weighs in the cross-entropy. */
export function criticalClassWeight(
  { critical }: { readonly critical: boolean },
  { beta, kappa }: Settings<'beta' | 'kappa'>,
): number {
  return critical ? 1 + beta * kappa : 1;
}

/** CE_w of the labelled of the tokens. */
export function criticalClassWeights(
  tokens: readonly LabelledToken[],
  settings: Settings<'beta' | 'kappa'>,
): number {
  return weightedMean(
    labelled(tokens),
    ({ logits, label }) => crossEntropy(logits, label),
    token => criticalClassWeight(token, settings),
  );
}

export const criticalClassWeightsLoss = defineLoss({
  name: 'weighted',
  title: 'class-weighted cross-entropy',
  settings: {
    ...DISTILLATION_SETTINGS,
    beta: { default: 0.2, least: 0 },
    kappa: { default: 10, least: 0 },
  },
  teacher: ['logits'],
  means: { weighted: { weight: criticalClassWeight }, taught: TAUGHT },
  scalar(tokens, settings) {
    const { alpha, temperature } = settings;
    const distillation = distillationScalar(tokens, temperature);
    return alpha * criticalClassWeights(tokens, settings) + (1 - alpha) * distillation;
  },
  program(inputs, { alpha, temperature }) {
    const crossEntropy = tf.neg(inputs.mean.weighted(logLikelihood(inputs.logits, inputs.gold)));
    return mixed(crossEntropy, distillationProgram(inputs, temperature), alpha);
  },
  file: __filename,
});
