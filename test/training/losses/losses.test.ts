/** The losses: reference numbers, hand arithmetic, and what they must not depend on. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Tensor2D } from '@tensorflow/tfjs';
import { openEngine } from 'ner-distill/engine/select';
import { Random } from 'ner-distill/random';
import { IGNORED } from 'ner-distill/tokenization/align';
import { LOSSES as REGISTERED, SWEPT_LOSSES } from 'ner-distill/training/losses';
import {
  criticalClassWeights,
  criticalClassWeightsLoss,
} from 'ner-distill/training/losses/critical-class-weights';
import { criticalLogits, criticalLogitsLoss } from 'ner-distill/training/losses/critical-logits';
import { crossEntropy } from 'ner-distill/training/losses/cross-entropy';
import {
  distillationTerm,
  klDivergence,
  softmax,
  vanillaDistillation,
} from 'ner-distill/training/losses/distillation';
import {
  type LabelledToken,
  type Loss,
  lossData,
  lossOf,
  type Targets,
  type Totals,
  totalsOf,
} from 'ner-distill/training/losses/loss';
import { describe, expect, it } from 'vitest';
import { type Floats, normals } from '../../engine/fixtures';

const golden = JSON.parse(readFileSync(join(__dirname, '../../fixtures/golden.json'), 'utf8'))
  .distillation as {
  student: number[];
  teacher: number[];
  crossEntropyLabel0: number;
  crossEntropyLabel2: number;
  byTemperature: Record<string, { kl: number; scaled: number; gradient: number }>;
};
const TEMPERATURES = Object.keys(golden.byTemperature).map(Number);

const vanilla = vanillaDistillation();
const constrained = (form: 'logits' | 'weighted', beta: number): Loss =>
  form === 'logits' ? criticalLogitsLoss({ beta }) : criticalClassWeightsLoss({ beta });
/** Every loss that is registered, with its defaults. */
const LOSSES: Readonly<Record<string, Loss>> = Object.fromEntries(
  REGISTERED.map(kind => [kind.lossName, kind()]),
);
const SWEPT = SWEPT_LOSSES.map(kind => [kind.lossName, kind] as const);

/** The parts of a loss, and its gradient by the logits. */
async function evaluate(
  loss: Loss,
  logits: Floats,
  targets: Targets,
  totals: Totals = totalsOf(loss, targets),
  engineName = 'cpu',
) {
  const engine = await openEngine(engineName, { threads: 1 });
  // The hidden states are the logits: as wide, and the teacher's in `batch` too.
  const differentiation = engine.differentiation(({ z }, data) =>
    lossOf(loss, { logits: z as Tensor2D, hidden: z as Tensor2D }, data),
  );
  const gradient = new Float32Array(logits.values.length);
  const outputs = await differentiation.run({ z: logits }, lossData(loss, targets, totals), { z: gradient });
  await differentiation.dispose();
  const parts = Object.fromEntries(Object.entries(outputs).map(([name, { values }]) => [name, values[0]]));
  return { parts, gradient };
}
const floats = (shape: number[], ...values: number[]): Floats => ({
  shape,
  values: Float32Array.from(values),
});

describe('on plain numbers', () => {
  it('cross-entropy is −ln of the probability of the label', () => {
    expect(crossEntropy(golden.student, 2)).toBeCloseTo(golden.crossEntropyLabel2, 9);
    expect(crossEntropy(golden.student, 0)).toBeCloseTo(golden.crossEntropyLabel0, 9);
    expect(crossEntropy([1000, 0], 1)).toBe(1000);
  });

  it.each(TEMPERATURES)('the divergence from the teacher at temperature %f', T => {
    const { kl, scaled } = golden.byTemperature[T];
    expect(klDivergence(softmax(golden.teacher, T), softmax(golden.student, T))).toBeCloseTo(kl, 9);
    expect(distillationTerm(golden.teacher, golden.student, T)).toBeCloseTo(scaled, 9);
  });

  it('a distribution does not diverge from itself, and impossible classes count 0', () => {
    expect(klDivergence([0.2, 0.8], [0.2, 0.8])).toBe(0);
    expect(klDivergence([0, 1], [0.5, 0.5])).toBeCloseTo(Math.LN2, 12);
  });

  it('softmax adds up to 1 and does not overflow', () => {
    expect(softmax([1000, 1000])).toEqual([0.5, 0.5]);
    expect(softmax([0, Math.log(3)])).toEqual([expect.closeTo(0.25, 12), expect.closeTo(0.75, 12)]);
  });
});

describe.each(['cpu', 'onnx'])('as a program on the engine %s', engineName => {
  it.each(TEMPERATURES)('the distillation term and its gradient at temperature %f', async T => {
    const { scaled, gradient: slope } = golden.byTemperature[T];
    const targets = {
      labels: Int32Array.of(2),
      critical: [false, false, false],
      teacher: { logits: floats([1, 3], ...golden.teacher) },
    };
    const loss = vanillaDistillation({ alpha: 0, temperature: T });
    const student = floats([1, 3], ...golden.student);
    const { parts, gradient } = await evaluate(loss, student, targets, undefined, engineName);
    expect(parts.distillation).toBeCloseTo(scaled, 5);
    expect(parts.loss).toBeCloseTo(scaled, 5);
    expect(parts.crossEntropy).toBeCloseTo(golden.crossEntropyLabel2, 5);
    // The student thinks too little of class 0 and too much of class 2.
    expect(gradient[0]).toBeCloseTo(-slope, 5);
    expect(gradient[1]).toBeCloseTo(0, 5);
    expect(gradient[2]).toBeCloseTo(slope, 5);
  });

  it('the weighted form divides by the sum of the weights', async () => {
    // Two classes, logits 0 and ln 3: probabilities 1/4 and 3/4. Label 1 is critical and weighs 1 + 0.2 · 10 = 3.
    const logits = floats([2, 2], 0, Math.log(3), 0, Math.log(3));
    const targets = {
      labels: Int32Array.of(0, 1),
      critical: [false, true],
      teacher: { logits },
    };
    const { parts } = await evaluate(constrained('weighted', 0.2), logits, targets, undefined, engineName);
    const expected = (1 * Math.log(4) + 3 * Math.log(4 / 3)) / (1 + 3);
    expect(parts.crossEntropy).toBeCloseTo(expected, 6);
    expect(parts.distillation).toBeCloseTo(0, 6);
    expect(parts.loss).toBeCloseTo(0.5 * expected, 6);
    expect(parts.criticalMatching).toBeUndefined();
  });

  it('the logits form adds β times the mean square over critical tokens and classes', async () => {
    // Token 0 is not critical; tokens 1 and 2 are: squares 1 + 4 and 0 + 9, over 2 tokens and 2 classes.
    const logits = floats([3, 2], 5, 5, 1, 2, 3, 4);
    const targets = {
      labels: Int32Array.of(0, 1, 1),
      critical: [false, true],
      teacher: { logits: floats([3, 2], 0, 0, 0, 0, 3, 1) },
    };
    const { parts } = await evaluate(constrained('logits', 0.2), logits, targets, undefined, engineName);
    expect(parts.criticalMatching).toBeCloseTo(14 / 4, 5);
    const sum = 0.5 * parts.crossEntropy + 0.5 * parts.distillation + 0.2 * (14 / 4);
    expect(parts.loss).toBeCloseTo(sum, 5);
  });

  it.each(SWEPT)('with β = 0 the loss %s is vanilla, bit for bit', async (_, kind) => {
    const { logits, targets } = batch();
    const [a, b] = [
      await evaluate(kind({ beta: 0 }), logits, targets, undefined, engineName),
      await evaluate(vanilla, logits, targets, undefined, engineName),
    ];
    expect(a).toEqual(b);
  });

  it.each(Object.keys(LOSSES))('%s is finite, and 0 where there is nothing to learn from', async name => {
    const { logits, targets } = batch();
    const nothing = { ...targets, labels: targets.labels.map(() => IGNORED) };
    const { parts, gradient } = await evaluate(LOSSES[name], logits, nothing, undefined, engineName);
    for (const value of Object.values(parts)) expect(Math.abs(value)).toBe(0);
    for (const value of gradient) expect(Math.abs(value)).toBe(0);
  });

  it('the logits form is vanilla in a batch without critical tokens', async () => {
    const { logits, targets } = batch();
    const outside = { ...targets, labels: targets.labels.map(label => (label > 0 ? 0 : label)) };
    const { parts, gradient } = await evaluate(
      constrained('logits', 0.2),
      logits,
      outside,
      undefined,
      engineName,
    );
    const expected = await evaluate(vanilla, logits, outside, undefined, engineName);
    expect(parts.criticalMatching).toBe(0);
    expect(parts.loss).toBe(expected.parts.loss);
    // Equal numbers; 0 and −0 are both 0.
    gradient.forEach((value, i) => {
      expect(value === expected.gradient[i]).toBe(true);
    });
  });
});

const CLASSES = 4;
const ofTeacher = (logits: Floats) => ({ logits, hidden: logits });
/** Twelve tokens, some of them without a label. */
function batch() {
  const random = new Random(61);
  const logits = normals(random, [12, CLASSES], 2);
  const targets: Targets = {
    labels: Int32Array.of(0, IGNORED, 1, 2, 3, 0, IGNORED, 0, 1, 0, 3, IGNORED),
    critical: [false, true, true, false],
    teacher: ofTeacher(normals(random, [12, CLASSES], 2)),
  };
  return { logits, targets };
}

it.each<[string, object]>([
  ['cross-entropy', { labelled: 9 }],
  ['vanilla', { labelled: 9, taught: 9 }],
  ['logits', { labelled: 9, taught: 9, critical: 3 }],
  ['weighted', { weighted: 6 + 3 * 3, taught: 9 }],
  ['hidden', { labelled: 9, taught: 9, units: 9 }],
])('%s counts its denominators by hand', (name, counts) => {
  // Labels 1 and 2 are critical: three tokens of nine.
  expect(Object.fromEntries(totalsOf(LOSSES[name], batch().targets))).toEqual(counts);
});

describe.each(Object.keys(LOSSES))('%s', name => {
  const loss = LOSSES[name];

  it('does not depend on padding', async () => {
    const { logits, targets } = batch();
    const noise = normals(new Random(62), [8, CLASSES], 30).values;
    const padded: Targets = {
      ...targets,
      labels: Int32Array.of(...targets.labels, ...new Array<number>(8).fill(IGNORED)),
      teacher: ofTeacher(floats([20, CLASSES], ...targets.teacher!.logits!.values, ...noise)),
    };
    const short = await evaluate(loss, logits, targets);
    const long = await evaluate(
      loss,
      floats([20, CLASSES], ...logits.values, ...noise.map(value => -value)),
      padded,
    );
    for (const [part, value] of Object.entries(short.parts))
      expect(long.parts[part], part).toBeCloseTo(value, 5);
    short.gradient.forEach((value, i) => {
      expect(long.gradient[i]).toBeCloseTo(value, 6);
    });
    for (const value of long.gradient.subarray(12 * CLASSES)) expect(Math.abs(value)).toBe(0);
  });

  it('does not depend on how a batch is cut, when the denominators are added up', async () => {
    const { logits, targets } = batch();
    const whole = await evaluate(loss, logits, targets);
    const sums: Record<string, number> = {};
    const gradient: number[] = [];
    // The last part has labels but no critical ones.
    for (const [from, to] of [
      [0, 5],
      [5, 9],
      [9, 12],
    ]) {
      const part: Targets = {
        ...targets,
        labels: targets.labels.slice(from, to),
        teacher: ofTeacher(
          floats(
            [to - from, CLASSES],
            ...targets.teacher!.logits!.values.slice(from * CLASSES, to * CLASSES),
          ),
        ),
      };
      const z = floats([to - from, CLASSES], ...logits.values.slice(from * CLASSES, to * CLASSES));
      const result = await evaluate(loss, z, part, totalsOf(loss, targets));
      for (const [name, value] of Object.entries(result.parts)) sums[name] = (sums[name] ?? 0) + value;
      gradient.push(...result.gradient);
    }
    expect(Object.keys(sums)).toEqual(Object.keys(whole.parts));
    for (const [part, value] of Object.entries(whole.parts)) expect(sums[part], part).toBeCloseTo(value, 5);
    gradient.forEach((value, i) => {
      expect(value).toBeCloseTo(whole.gradient[i], 6);
    });
  });

  it('agrees with its form on plain numbers', async () => {
    const { logits, targets } = batch();
    const { parts } = await evaluate(loss, logits, targets);
    expect(parts.loss).toBeCloseTo(loss.scalar(tokensOf(logits, targets)), 5);
  });
});

/** The labelled tokens of a batch. */
function tokensOf(logits: Floats, { labels, critical, teacher }: Targets): LabelledToken[] {
  const row = ({ values }: { values: ArrayLike<number> }, i: number) =>
    Array.from({ length: CLASSES }, (_, c) => values[i * CLASSES + c]);
  return [...labels].flatMap((label, i) =>
    label === IGNORED
      ? []
      : [
          {
            logits: row(logits, i),
            hidden: row(logits, i),
            label,
            critical: critical[label],
            teacher: { logits: row(teacher!.logits!, i), hidden: row(teacher!.hidden!, i) },
          },
        ],
  );
}

describe('the critical losses on plain numbers', () => {
  const token = (label: number, logits: number[], teacher: number[]): LabelledToken => ({
    logits,
    label,
    critical: label === 1,
    teacher: { logits: teacher },
  });

  it('critical logits: the mean square over critical tokens and classes', () => {
    const tokens = [token(0, [5, 5], [0, 0]), token(1, [1, 2], [0, 0]), token(1, [3, 4], [3, 1])];
    expect(criticalLogits(tokens)).toBe((1 + 4 + 0 + 9) / 4);
    expect(criticalLogits(tokens.slice(0, 1))).toBe(0);
  });

  it('critical class weights: cross-entropy divided by the sum of the weights', () => {
    const logits = [0, Math.log(3)];
    const tokens = [token(0, logits, logits), token(1, logits, logits)];
    const expected = (1 * Math.log(4) + 3 * Math.log(4 / 3)) / (1 + 3);
    expect(criticalClassWeights(tokens, { beta: 0.2, kappa: 10 })).toBeCloseTo(expected, 12);
  });
});

it('distillation without a teacher is an error', () => {
  const { targets } = batch();
  const { labels, critical } = targets;
  expect(() => lossData(vanilla, { labels, critical }, totalsOf(vanilla, targets))).toThrow(/teacher/);
});
