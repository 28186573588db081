/** Losses as values: their settings, their labels, what is known of them, and the list of them. */
import { InputError } from 'ner-distill/errors';
import { LOSSES, lossKind, lossWith, SWEPT_LOSSES } from 'ner-distill/training/losses';
import { criticalClassWeightsLoss } from 'ner-distill/training/losses/critical-class-weights';
import { crossEntropyLoss } from 'ner-distill/training/losses/cross-entropy';
import { vanillaDistillation } from 'ner-distill/training/losses/distillation';
import { defineLoss, LABELLED } from 'ner-distill/training/losses/loss';
import { describe, expect, it } from 'vitest';

const own = defineLoss({
  name: 'margin',
  settings: { gap: { default: 1, above: 0 } },
  teacher: [],
  means: { labelled: LABELLED },
  scalar: () => 0,
  program: ({ logits, mean }, { gap }) => ({ loss: mean.labelled(logits.mul(gap)) }),
});

describe('a loss', () => {
  it('has the settings given, else the defaults of the study', () => {
    expect(vanillaDistillation().settings).toEqual({ alpha: 0.5, temperature: 2 });
    expect(criticalClassWeightsLoss({ beta: 0.5 }).settings).toEqual({
      alpha: 0.5,
      temperature: 2,
      beta: 0.5,
      kappa: 10,
    });
  });

  it.each([
    [{ alpha: 1.5 }, 'the loss "vanilla": found alpha 1.5, expected a number from 0 to 1'],
    [{ temperature: 0 }, 'the loss "vanilla": found temperature 0, expected a number above 0'],
    [{ temperature: Number.NaN }, 'the loss "vanilla": found temperature NaN, expected a number above 0'],
    [{ beta: 1 }, 'the loss "vanilla" has no setting "beta", expected one of alpha, temperature'],
  ])('refuses %j in one sentence', (settings, sentence) => {
    expect(() => vanillaDistillation(settings as never)).toThrow(new InputError(sentence));
  });

  it('is called by its name and what of its settings is not usual', () => {
    expect(own().label).toBe('margin');
    expect(own({ gap: 2 }).label).toBe('margin (gap 2)');
  });

  it('knows whether critical tokens count differently', () => {
    expect(crossEntropyLoss().usesCritical).toBe(false);
    expect(vanillaDistillation().usesCritical).toBe(false);
    expect(criticalClassWeightsLoss().usesCritical).toBe(true);
    expect(criticalClassWeightsLoss({ beta: 0 }).usesCritical).toBe(false);
  });

  it('of one’s own is known by the text of what it computes', () => {
    const { origin } = own();
    expect(origin).toEqual({ text: expect.stringContaining('mean.labelled(logits.mul(gap))') });
    const other = defineLoss({
      name: 'margin',
      settings: { gap: { default: 1, above: 0 } },
      teacher: [],
      means: { labelled: { weight: ({ critical }) => (critical ? 2 : 1) } },
      scalar: () => 0,
      program: ({ logits, mean }, { gap }) => ({ loss: mean.labelled(logits.mul(gap)) }),
    });
    expect(other().origin).not.toEqual(origin);
  });
});

describe('the list of losses', () => {
  it('has each under a name of its own', () => {
    const names = LOSSES.map(({ lossName }) => lossName);
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(lossKind(name)?.().name).toBe(name);
    expect(lossKind('focal')).toBeUndefined();
  });

  it('is swept by β where it has one', () => {
    const swept = SWEPT_LOSSES.map(({ lossName }) => lossName);
    expect(swept).toEqual(expect.arrayContaining(['logits', 'weighted', 'hidden']));
    for (const name of ['cross-entropy', 'vanilla']) expect(swept).not.toContain(name);
  });

  it('takes of a plan’s settings those that it has', () => {
    expect(lossWith(crossEntropyLoss, { alpha: 0.1, beta: 1 }).settings).toEqual({});
    expect(lossWith(vanillaDistillation, { alpha: 0.1, beta: 1 }).settings).toEqual({
      alpha: 0.1,
      temperature: 2,
    });
  });
});
