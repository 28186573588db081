/** The loss on hidden states: by hand, as a program, and with its gradient by finite differences. */
import type { Tensor2D } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { openEngine } from 'ner-distill/engine/select';
import { IGNORED } from 'ner-distill/tokenization/align';
import { hiddenStates, hiddenStatesLoss } from 'ner-distill/training/losses/hidden-states';
import {
  defineLoss,
  LABELLED,
  type LossDefinition,
  lossData,
  lossOf,
  type Targets,
  totalsOf,
} from 'ner-distill/training/losses/loss';
import { describe, expect, it } from 'vitest';
import type { Floats } from '../../engine/fixtures';

const floats = (shape: number[], ...values: number[]): Floats => ({
  shape,
  values: Float32Array.from(values),
});
/** Two labelled tokens and one without label, three hidden units; the logits are those of the teacher. */
const LOGITS = floats([3, 2], 1, 2, 3, 4, 5, 6);
const HIDDEN = floats([3, 3], 1, 2, 3, 0, 0, 0, 9, 9, 9);
const TARGETS: Targets = {
  labels: Int32Array.of(0, 1, IGNORED),
  critical: [false, true],
  teacher: { logits: LOGITS, hidden: floats([3, 3], 1, 0, 0, 1, 2, 2, 0, 0, 0) },
};
/** Squares 0 + 4 + 9 and 1 + 4 + 4 over two tokens and three units. */
const MEAN_SQUARE = (13 + 9) / 6;

describe.each(['cpu', 'onnx'])('on the engine %s', engineName => {
  it('adds β times the mean square over labelled tokens and units, and its gradient', async () => {
    const loss = hiddenStatesLoss({ beta: 0.5 });
    const engine = await openEngine(engineName, { threads: 1 });
    const differentiation = engine.differentiation(({ logits, hidden }, data) =>
      lossOf(loss, { logits: logits as Tensor2D, hidden: hidden as Tensor2D }, data),
    );
    const gradients = { logits: new Float32Array(6), hidden: new Float32Array(9) };
    const data = lossData(loss, TARGETS, totalsOf(loss, TARGETS));
    const outputs = await differentiation.run({ logits: LOGITS, hidden: HIDDEN }, data, gradients);
    await differentiation.dispose();
    const { values } = outputs.loss;
    expect(outputs.hiddenStates.values[0]).toBeCloseTo(MEAN_SQUARE, 5);
    expect(outputs.distillation.values[0]).toBeCloseTo(0, 6);
    expect(values[0]).toBeCloseTo(0.5 * outputs.crossEntropy.values[0] + 0.5 * MEAN_SQUARE, 5);
    // β · 2 (h − h′) / 6.
    [0, 2, 3, -1, -2, -2, 0, 0, 0].forEach((difference, i) => {
      expect(gradients.hidden[i]).toBeCloseTo((0.5 * 2 * difference) / 6, 6);
    });
  });
});

describe.each(['cpu', 'onnx'])('a loss of one’s own on the engine %s', engineName => {
  /** Σ of a program over the tokens and units above, by logits and hidden states. */
  async function run(program: LossDefinition<never, 'units'>['program'], teacher: ('logits' | 'hidden')[]) {
    const units = { ...LABELLED, over: 'hidden' as const };
    const loss = defineLoss({
      name: 'own',
      settings: {},
      teacher,
      means: { units },
      scalar: () => 0,
      program,
    })();
    const engine = await openEngine(engineName, { threads: 1 });
    const differentiation = engine.differentiation(({ logits, hidden }, data) =>
      lossOf(loss, { logits: logits as Tensor2D, hidden: hidden as Tensor2D }, data),
    );
    const gradients = { logits: new Float32Array(6).fill(9), hidden: new Float32Array(9) };
    const signals = Object.fromEntries(teacher.map(signal => [signal, TARGETS.teacher![signal]!]));
    const data = lossData(loss, { ...TARGETS, teacher: signals }, totalsOf(loss, TARGETS), 3);
    const outputs = await differentiation
      .run({ logits: LOGITS, hidden: HIDDEN }, data, gradients)
      .finally(() => differentiation.dispose());
    return { loss: outputs.loss.values[0], gradients };
  }

  it('may compare hidden states alone: what it does not reach has a gradient of 0', async () => {
    const { loss, gradients } = await run(
      ({ hidden, teacher, mean }) => ({ loss: mean.units(tf.squaredDifference(hidden, teacher.hidden)) }),
      ['hidden'],
    );
    expect(loss).toBeCloseTo(MEAN_SQUARE, 5);
    expect([...gradients.logits]).toEqual([0, 0, 0, 0, 0, 0]);
    expect(gradients.hidden[2]).toBeCloseTo((2 * 3) / 6, 6);
  });

  it('may have a mean over hidden units without asking the teacher for its own', async () => {
    const { loss } = await run(({ hidden, mean }) => ({ loss: mean.units(hidden) }), []);
    const of = HIDDEN.values.slice(0, 6).reduce((sum, value) => sum + value, 0);
    expect(loss).toBeCloseTo(of / 6, 5);
  });

  it('is refused where it depends on nothing that is trained', async () => {
    await expect(run(({ gold }) => ({ loss: tf.sum(gold) }), [])).rejects.toThrow(
      'the loss depends on no parameter of the model, so that there is nothing to learn',
    );
  });
});

it('is the same on plain numbers', () => {
  const token = (hidden: number[], teacher: number[]) => ({
    ...{ logits: [1, 2], label: 0, critical: false, hidden },
    teacher: { logits: [1, 2], hidden: teacher },
  });
  const tokens = [token([1, 2, 3], [1, 0, 0]), token([0, 0, 0], [1, 2, 2])];
  expect(hiddenStates(tokens)).toBeCloseTo(MEAN_SQUARE, 12);
  // CE of the lower of two logits that are 1 apart: ln(1 + e).
  const crossEntropy = Math.log(1 + Math.E);
  expect(hiddenStatesLoss({ beta: 2 }).scalar(tokens)).toBeCloseTo(0.5 * crossEntropy + 2 * MEAN_SQUARE, 12);
});
