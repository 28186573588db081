/** Losses as values: their settings, their labels, what is known of them, and the list of them. */
import * as tf from '@tensorflow/tfjs';
import { InputError } from 'ner-distill/errors';
import { LOSSES, lossKind, lossWith, SWEPT_LOSSES } from 'ner-distill/training/losses';
import { criticalClassWeightsLoss } from 'ner-distill/training/losses/critical-class-weights';
import { crossEntropyLoss } from 'ner-distill/training/losses/cross-entropy';
import { vanillaDistillation } from 'ner-distill/training/losses/distillation';
import {
  defineLoss,
  LABELLED,
  type LossInputs,
  lossData,
  lossOf,
  type Mean,
  totalsOf,
} from 'ner-distill/training/losses/loss';
import { beforeAll, describe, expect, it } from 'vitest';

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

describe('what a loss of one’s own does wrong', () => {
  type Inputs = LossInputs<'labelled' | 'classes'>;
  const ofProgram = (program: (inputs: Inputs) => unknown) =>
    defineLoss({
      name: 'own',
      settings: {},
      teacher: [],
      means: { labelled: LABELLED, classes: { ...LABELLED, over: 'logits' } },
      scalar: () => 0,
      program: program as never,
    })();
  const right = ({ logits, mean }: Inputs) => mean.classes(logits);
  /** The program on two tokens of three classes. */
  const run = (program: (inputs: Inputs) => unknown) => {
    const loss = ofProgram(program);
    const targets = { labels: Int32Array.of(0, 2), critical: [false, false, false] };
    const data = Object.fromEntries(
      Object.entries(lossData(loss, targets, totalsOf(loss, targets))).map(([name, { shape, values }]) => [
        name,
        tf.tensor(values, [...shape], values instanceof Int32Array ? 'int32' : 'float32'),
      ]),
    );
    const outputs = { logits: tf.ones([2, 3]) as tf.Tensor2D, hidden: tf.ones([2, 4]) as tf.Tensor2D };
    return lossOf(loss, outputs, data);
  };

  beforeAll(() => tf.setBackend('cpu'));

  it('is nothing where it gives scalars, the loss among them', () => {
    const outputs = run(inputs => ({ loss: right(inputs), term: tf.reshape(right(inputs), [1]) }));
    expect(Object.keys(outputs)).toEqual(['loss', 'term']);
    expect(outputs.loss.dataSync()[0]).toBeCloseTo(1, 6);
  });

  it.each<[string, (inputs: Inputs) => unknown, string]>([
    [
      'gives no loss',
      inputs => ({ lost: right(inputs) }),
      'the program of the loss "own" gives no "loss", expected a scalar tensor',
    ],
    [
      'gives nothing',
      () => undefined,
      'the program of the loss "own" gives no "loss", expected a scalar tensor',
    ],
    [
      'gives the tensor itself',
      right,
      'the program of the loss "own" gives no "loss", expected a scalar tensor',
    ],
    [
      'gives a number of another kind',
      inputs => ({ loss: right(inputs), term: tf.scalar(3, 'int32') }),
      'the program of the loss "own" gives as "term" a tensor of int32, expected a scalar tensor of float32',
    ],
    [
      'gives a loss for each token',
      ({ logits }) => ({ loss: tf.sum(logits, -1) }),
      'the program of the loss "own" gives as "loss" a tensor of shape [2], expected a scalar tensor of float32',
    ],
    [
      'gives a term that is a number',
      inputs => ({ loss: right(inputs), term: 3 }),
      'the program of the loss "own" gives as "term" 3, expected a scalar tensor of float32',
    ],
    [
      'gives a term for each logit',
      inputs => ({ loss: right(inputs), term: inputs.logits }),
      'the program of the loss "own" gives as "term" a tensor of shape [2, 3], expected a scalar tensor of float32',
    ],
    [
      'calls a term as a column that history.csv has',
      inputs => ({ loss: right(inputs), epoch: right(inputs) }),
      'the program of the loss "own" calls a term "epoch", expected a name other than step, epoch, learningRate, gradientNorm and without commas, quotes and line ends',
    ],
    [
      'calls a term by what parts columns',
      inputs => ({ loss: right(inputs), 'a,b': right(inputs) }),
      'the program of the loss "own" calls a term "a,b", expected a name other than step, epoch, learningRate, gradientNorm and without commas, quotes and line ends',
    ],
    [
      'takes the mean over tokens of what has classes',
      ({ logits, mean }) => ({ loss: mean.labelled(logits) }),
      'the mean "labelled" of the loss "own" is of values [2], found [2, 3]; "over" is for means over logits or hidden units, too',
    ],
    [
      'takes the mean over classes of what has none',
      ({ logits, mean }) => ({ loss: mean.classes(tf.sum(logits, -1)) }),
      'the mean "classes" of the loss "own" is of values [2, 3], found [2]; "over" is for means over logits or hidden units, too',
    ],
    [
      'takes the mean over classes of hidden units',
      ({ hidden, mean }) => ({ loss: mean.classes(hidden) }),
      'the mean "classes" of the loss "own" is of values [2, 3], found [2, 4]; "over" is for means over logits or hidden units, too',
    ],
    [
      'reads what was not asked of the teacher',
      ({ teacher, mean }) => ({ loss: mean.classes(teacher.logits) }),
      'the loss "own" reads the teacher\'s logits, which are not among what it asks of the teacher: (nothing)',
    ],
  ])('is said where it %s', (_, program, sentence) => {
    expect(() => run(program)).toThrow(new InputError(sentence));
  });

  it.each([Number.NaN, -1, Number.POSITIVE_INFINITY])('is said where a token weighs %f', weight => {
    const means: { share: Mean } = { share: { weight: ({ critical }) => (critical ? weight : 1) } };
    const weighed = defineLoss({
      ...{ name: 'own', settings: {}, teacher: [], means },
      scalar: () => 0,
      program: ({ logits, mean }) => ({ loss: mean.share(tf.sum(logits, -1)) }),
    });
    expect(() => weighed()).toThrow(
      new InputError(
        `the mean "share" of the loss "own": found a weight of ${weight}, expected a number from 0 on`,
      ),
    );
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
