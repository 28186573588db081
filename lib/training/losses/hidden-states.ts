/**
 * Vanilla distillation, and the teacher's hidden states (Jiao et al. 2020, "TinyBERT", whose last layer this is; Sun et al.
 * 2019, "Patient Knowledge Distillation"). With h and h′ the last layers' outputs, D units wide in both models:
 *
 *   L = vanilla + β · mean over tokens, those of text without labels too, of 1 / D · Σ (h − h′)²
 */
import * as tf from '@tensorflow/tfjs';
import { DISTILLATION_SETTINGS, vanillaProgram, vanillaScalar } from './distillation';
import { defineLoss, LABELLED, type LabelledToken, meanSquare, TAUGHT, weightedMean } from './loss';

/** What β multiplies: the mean of (h − h′)² over tokens and hidden units. */
export function hiddenStates(tokens: readonly LabelledToken[]): number {
  return weightedMean(tokens, ({ hidden, teacher }) => meanSquare(hidden!, teacher!.hidden!));
}

export const hiddenStatesLoss = defineLoss({
  name: 'hidden',
  title: 'mean square of hidden states',
  settings: { ...DISTILLATION_SETTINGS, beta: { default: 1, least: 0 } },
  teacher: ['logits', 'hidden'],
  means: { labelled: LABELLED, taught: TAUGHT, units: { ...TAUGHT, over: 'hidden' } },
  scalar: (tokens, settings) => vanillaScalar(tokens, settings) + settings.beta * hiddenStates(tokens),
  program(inputs, settings) {
    const vanilla = vanillaProgram(inputs, settings);
    if (settings.beta === 0) return vanilla;
    const hiddenStates = inputs.mean.units(tf.square(tf.sub(inputs.hidden, inputs.teacher.hidden)));
    return { ...vanilla, loss: tf.add(vanilla.loss, tf.mul(hiddenStates, settings.beta)), hiddenStates };
  },
  file: __filename,
});
