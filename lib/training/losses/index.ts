/** The losses that plans and commands know by name; a new one is a file and a line here. */
import { criticalClassWeightsLoss } from './critical-class-weights';
import { criticalLogitsLoss } from './critical-logits';
import { crossEntropyLoss } from './cross-entropy';
import { DISTILLATION_SETTINGS, vanillaDistillation } from './distillation';
import { hiddenStatesLoss } from './hidden-states';
import type { Loss, LossKind, Settings } from './loss';

export const LOSSES: readonly LossKind[] = [
  crossEntropyLoss,
  vanillaDistillation,
  criticalLogitsLoss,
  criticalClassWeightsLoss,
  hiddenStatesLoss,
];

/** The losses that have a dial β, by which a plan sweeps them: the forms of the critical loss, and any other. */
export const SWEPT_LOSSES = LOSSES.filter(({ settings }) => 'beta' in settings);

export function lossKind(name: string): LossKind | undefined {
  return LOSSES.find(({ lossName }) => lossName === name);
}

/** A loss with the settings that it has among those given; the others, such as κ for one without it, are no concern of it. */
export function lossWith(kind: LossKind, given: Settings): Loss {
  return kind(Object.fromEntries(Object.entries(given).filter(([setting]) => setting in kind.settings)));
}

/** The study's α, T and κ, which every loss has by default. */
export const STUDY_SETTINGS = {
  alpha: DISTILLATION_SETTINGS.alpha.default,
  temperature: DISTILLATION_SETTINGS.temperature.default,
  kappa: criticalClassWeightsLoss.settings.kappa.default,
};
