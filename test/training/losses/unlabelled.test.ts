/** Batches in which some words have labels and others only what the teacher says: PyTorch's numbers, and the means. */
import type { Tensor2D } from '@tensorflow/tfjs';
import { openEngine } from 'ner-distill/engine/select';
import { IGNORED, UNLABELLED } from 'ner-distill/tokenization/align';
import { LOSSES, lossWith } from 'ner-distill/training/losses';
import {
  defineLoss,
  type LabelledToken,
  type Loss,
  lossData,
  lossOf,
  TAUGHT,
  type Targets,
  totalsOf,
} from 'ner-distill/training/losses/loss';
import { describe, expect, it } from 'vitest';
import fixture from '../../fixtures/unlabelled.json';

const { labels, critical, student, teacher, settings, words } = fixture;
const CLASSES = critical.length;
const expected: Readonly<
  Record<string, { loss: number; terms: Readonly<Record<string, number>>; gradient: readonly number[] }>
> = fixture.expected;
const BY_NAME = LOSSES.map(kind => [kind.lossName, lossWith(kind, settings)] as const);

/** Rows of a table, from one token to another. */
const rows = (values: readonly number[], from = 0, to = labels.length) => ({
  shape: [to - from, CLASSES],
  values: Float32Array.from(values.slice(from * CLASSES, to * CLASSES)),
});
function targetsOf(from = 0, to = labels.length): Targets {
  const ofTeacher = rows(teacher, from, to);
  return {
    labels: Int32Array.from(labels.slice(from, to)),
    critical,
    teacher: { logits: ofTeacher, hidden: ofTeacher },
  };
}

/** The loss with its terms, and the gradient by the student's logits, which are its hidden states as well. */
async function evaluate(
  loss: Loss,
  { targets = targetsOf(), z = rows(student), totals = totalsOf(loss, targets) } = {},
  engineName = 'cpu',
) {
  const engine = await openEngine(engineName, { threads: 1 });
  const program = engine.differentiation(({ z }, data) =>
    lossOf(loss, { logits: z as Tensor2D, hidden: z as Tensor2D }, data),
  );
  const gradient = new Float32Array(z.values.length);
  const outputs = await program.run({ z }, lossData(loss, targets, totals), { z: gradient });
  await program.dispose();
  const terms = Object.fromEntries(Object.entries(outputs).map(([name, { values }]) => [name, values[0]]));
  return { terms, gradient: [...gradient] };
}

const close = (values: readonly number[]) => values.map(value => expect.closeTo(value, 5));

describe.each(Object.entries(expected))(
  '%s, where some words have no label',
  (name, { loss, ...reference }) => {
    it.each(['cpu', 'onnx'])(
      'is what PyTorch computes, as is its gradient, on the engine %s',
      async engine => {
        const { terms, gradient } = await evaluate(new Map(BY_NAME).get(name)!, {}, engine);
        expect(terms.loss).toBeCloseTo(loss, 5);
        for (const [term, value] of Object.entries(reference.terms))
          expect(terms[term], term).toBeCloseTo(value, 5);
        expect(gradient).toEqual(close(reference.gradient));
      },
    );
  },
);

describe.each(BY_NAME)('%s, where some words have no label', (_, loss) => {
  it('agrees with its form on plain numbers', async () => {
    const row = (values: readonly number[], i: number) => values.slice(i * CLASSES, (i + 1) * CLASSES);
    const tokens = labels.flatMap((label, i): LabelledToken[] => {
      if (label === IGNORED) return [];
      const ofTeacher = row(teacher, i);
      const found = label === UNLABELLED ? ofTeacher.indexOf(Math.max(...ofTeacher)) : label;
      return [
        {
          logits: row(student, i),
          hidden: row(student, i),
          label,
          critical: critical[found],
          teacher: { logits: ofTeacher, hidden: ofTeacher },
        },
      ];
    });
    expect(loss.scalar(tokens)).toBeCloseTo((await evaluate(loss)).terms.loss, 5);
  });

  it('does not depend on how a batch is cut, also into parts of text or of labels alone', async () => {
    const totals = totalsOf(loss, targetsOf());
    const whole = await evaluate(loss);
    const sums: Record<string, number> = {};
    const gradient: number[] = [];
    for (const [from, to] of [
      [0, 2],
      [2, 5],
      [5, 9],
      [9, 12],
    ]) {
      const part = { targets: targetsOf(from, to), z: rows(student, from, to), totals };
      const { terms, gradient: ofPart } = await evaluate(loss, part);
      for (const [term, value] of Object.entries(terms)) sums[term] = (sums[term] ?? 0) + value;
      gradient.push(...ofPart);
    }
    for (const [term, value] of Object.entries(whole.terms)) expect(sums[term], term).toBeCloseTo(value, 5);
    expect(gradient).toEqual(close(whole.gradient));
  });
});

it('each mean is over the words that it is of', () => {
  const count = (name: string) => Object.fromEntries(totalsOf(new Map(BY_NAME).get(name)!, targetsOf()));
  const { labelled, taught } = words;
  expect(count('cross-entropy')).toEqual({ labelled });
  expect(count('logits')).toEqual({ labelled, taught, critical: words.critical });
  // Labels 1 and 2, of two words, are critical and weigh 1 + 0.2 · 10.
  expect(count('weighted')).toEqual({ weighted: 3 + 2 * 3, taught });
});

it('a batch of text alone has no cross-entropy', async () => {
  const targets = targetsOf(5, 7);
  const vanilla = new Map(BY_NAME).get('vanilla')!;
  const { terms } = await evaluate(vanilla, { targets, z: rows(student, 5, 7) });
  expect(Math.abs(terms.crossEntropy)).toBe(0);
  expect(terms.loss).toBeCloseTo((1 - settings.alpha) * terms.distillation, 6);
});

it('only losses with a mean over words without labels learn from text', () => {
  const without = BY_NAME.filter(([name, { usesUnlabelled }]) => name in expected && !usesUnlabelled);
  expect(without.map(([name]) => name)).toEqual(['cross-entropy']);
});

it('what is critical in text needs the logits of the teacher', () => {
  const make = defineLoss({
    name: 'own',
    settings: {},
    teacher: ['hidden'],
    means: { all: TAUGHT, critical: { weight: ({ critical }) => Number(critical), unlabelled: true } },
    scalar: () => 0,
    program: ({ hidden, mean }) => ({ loss: mean.all(hidden) }),
  });
  expect(make).toThrow(
    'the mean "critical" of the loss "own" weighs critical words of text without labels by what the teacher finds: expected "logits" among what the loss asks of the teacher',
  );
});
