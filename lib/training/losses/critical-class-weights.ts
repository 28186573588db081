/**
 * The critical loss, form 2 (the study's): vanilla distillation in whose cross-entropy the classes of critical types weigh
 * more. κ, how much β weighs, is ours, since the paper gives none.
 *
 *   L = α · CE_w + (1 − α) · T² · KL,   CE_w = Σ w · CE / Σ w,   w = 1 + β · κ on critical classes, else 1
 */
import * as tf from '@tensorflow/tfjs';
import { crossEntropy, logLikelihood } from './cross-entropy';
import { DISTILLATION_SETTINGS, distillationProgram, distillationTerm, mixed } from './distillation';
import { defineLoss, LABELLED, type LabelledToken, type Settings, weightedMean } from './loss';

/** w: what a token weighs in the cross-entropy. */
export function criticalClassWeight(
  { critical }: { readonly critical: boolean },
  { beta, kappa }: Settings<'beta' | 'kappa'>,
): number {
  return critical ? 1 + beta * kappa : 1;
}

/** CE_w of tokens. */
export function criticalClassWeights(
  tokens: readonly LabelledToken[],
  settings: Settings<'beta' | 'kappa'>,
): number {
  return weightedMean(
    tokens,
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
  means: { labelled: LABELLED, weighted: { weight: criticalClassWeight } },
  scalar(tokens, settings) {
    const { alpha, temperature } = settings;
    const distillation = weightedMean(tokens, ({ logits, teacher }) =>
      distillationTerm(teacher!.logits, logits, temperature),
    );
    return alpha * criticalClassWeights(tokens, settings) + (1 - alpha) * distillation;
  },
  program(inputs, { alpha, temperature }) {
    const crossEntropy = tf.neg(inputs.mean.weighted(logLikelihood(inputs.logits, inputs.gold)));
    return mixed(crossEntropy, distillationProgram(inputs, temperature), alpha);
  },
  file: __filename,
});
