/**
 * The critical loss, form 1 (the study's): vanilla distillation, and on the tokens of critical entities the teacher's very
 * logits. With K the first pieces of gold critical spans, and in text without labels of those that the teacher finds, and C
 * classes:
 *
 *   L = vanilla + β · 1 / (|K| · C) · Σ over t ∈ K and c of (z_tc − z′_tc)²;   the sum is 0 where K is empty
 */
import * as tf from '@tensorflow/tfjs';
import { DISTILLATION_SETTINGS, vanillaProgram, vanillaScalar } from './distillation';
import { defineLoss, LABELLED, type LabelledToken, meanSquare, TAUGHT, weightedMean } from './loss';

const isCritical = ({ critical }: { readonly critical: boolean }): number => Number(critical);

/** What β multiplies: the mean of (z − z′)² over the critical tokens and over classes. */
export function criticalLogits(tokens: readonly LabelledToken[]): number {
  return weightedMean(tokens, ({ logits, teacher }) => meanSquare(logits, teacher!.logits), isCritical);
}

export const criticalLogitsLoss = defineLoss({
  name: 'logits',
  title: 'logit matching on critical tokens',
  settings: { ...DISTILLATION_SETTINGS, beta: { default: 0.2, least: 0 } },
  teacher: ['logits'],
  means: {
    labelled: LABELLED,
    taught: TAUGHT,
    critical: { weight: isCritical, over: 'logits', unlabelled: true },
  },
  scalar: (tokens, settings) => vanillaScalar(tokens, settings) + settings.beta * criticalLogits(tokens),
  program(inputs, settings) {
    const vanilla = vanillaProgram(inputs, settings);
    // Left out rather than multiplied by 0.
    if (settings.beta === 0) return vanilla;
    const criticalMatching = inputs.mean.critical(tf.square(tf.sub(inputs.logits, inputs.teacher.logits)));
    const loss = tf.add(vanilla.loss, tf.mul(criticalMatching, settings.beta));
    return { ...vanilla, loss, criticalMatching };
  },
  file: __filename,
});
