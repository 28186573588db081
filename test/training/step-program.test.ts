/** One recording for all sizes of a batch, and a last layer that computes first pieces only: the same step as without. */
import type { Arrays } from 'ner-distill/engine/engine';
import { openEngine } from 'ner-distill/engine/select';
import { ARCHITECTURES, type Architecture } from 'ner-distill/model/architectures';
import type { ModelConfig } from 'ner-distill/model/config';
import { initialParameters } from 'ner-distill/model/parameters';
import { lookups, programData, programVariables } from 'ner-distill/model/token-classifier';
import { Random } from 'ner-distill/random';
import { IGNORED } from 'ner-distill/tokenization/align';
import { DropoutMasks } from 'ner-distill/training/dropout';
import { criticalLogitsLoss } from 'ner-distill/training/losses/critical-logits';
import { LOSSES } from 'ner-distill/training/losses/index';
import { type Loss, lossData, totalsOf } from 'ner-distill/training/losses/loss';
import { type StepInputs, stepData, stepProgram, stepSizes } from 'ner-distill/training/step-program';
import { describe, expect, it } from 'vitest';

const configOf = (architecture: Architecture): ModelConfig => ({
  architecture,
  vocabularySize: 30,
  hiddenSize: 16,
  layers: 2,
  heads: 2,
  intermediateSize: 32,
  maxPositions: 24,
  ...(ARCHITECTURES[architecture].positionsBehindPadding && { padId: 1 }),
  dropout: 0.1,
  attentionDropout: 0.1,
  tags: ['O', 'B-PER', 'I-PER'],
});
const CRITICAL_LOGITS = criticalLogitsLoss({ beta: 0.5 });

function inputs(config: ModelConfig, batchSize: number, length: number): StepInputs {
  const random = new Random(batchSize * 100 + length);
  const count = batchSize * length;
  const attentionMask = Float32Array.from({ length: count }, (_, i) =>
    i % length < length - Math.floor(i / length) ? 1 : 0,
  );
  const places = Int32Array.from(
    [...attentionMask.keys()].filter(i => attentionMask[i] && random.chance(0.6)),
  );
  const signal = (width: number) => ({
    shape: [places.length, width],
    values: Float32Array.from({ length: places.length * width }, () => random.normal()),
  });
  return {
    batch: {
      batchSize,
      length,
      inputIds: Int32Array.from(attentionMask, on => (on ? 4 + random.integer(20) : 0)),
      attentionMask,
    },
    places,
    targets: {
      labels: Int32Array.from(places, () =>
        random.chance(0.1) ? IGNORED : random.integer(config.tags.length),
      ),
      critical: config.tags.map((_, id) => id === 1),
      teacher: { logits: signal(config.tags.length), hidden: signal(config.hiddenSize) },
    },
    draw: { seed: 1, step: length },
  };
}

/** Loss and gradients of steps of several sizes, one after the other in one differentiation. */
async function steps(engineName: string, architecture: Architecture, loss: Loss, anySize: boolean) {
  const config = configOf(architecture);
  const engine = await openEngine(engineName, { threads: 1 });
  const differentiation = engine.differentiation(
    stepProgram(config, loss),
    anySize ? stepSizes(config, loss) : undefined,
  );
  const masks = new DropoutMasks();
  const results: Record<string, ArrayLike<number>>[] = [];
  for (const [batchSize, length] of [
    [3, 9],
    [2, 5],
    [1, 12],
    [3, 9],
  ]) {
    const step = inputs(config, batchSize, length);
    const variables = programVariables(initialParameters(config, 3), lookups(config, step.batch));
    const gradients = like(variables);
    const data = stepData(config, loss, step, totalsOf(loss, step.targets), masks);
    const outputs = await differentiation.run(variables, data, gradients);
    results.push({ ...gradients, loss: outputs.loss.values });
  }
  await differentiation.dispose();
  return results;
}

const like = (arrays: Arrays) =>
  Object.fromEntries(
    Object.entries(arrays).map(([name, { values }]) => [name, new Float32Array(values.length)]),
  );

function expectAgreement(
  actual: Record<string, ArrayLike<number>>,
  expected: Record<string, ArrayLike<number>>,
): void {
  const norm = Math.hypot(...Object.values(expected).map(values => Math.hypot(...Array.from(values))));
  expect(norm).toBeGreaterThan(0.1);
  for (const [name, values] of Object.entries(expected)) {
    const worst = Array.from(values, (value, i) => Math.abs(value - actual[name][i]));
    expect(Math.max(...worst), name).toBeLessThan(1e-5 * norm);
  }
}

describe.each(Object.keys(ARCHITECTURES) as Architecture[])('of %s', architecture => {
  it('one recording for all sizes gives what a recording of each size gives', async () => {
    for (const loss of LOSSES.map(kind => kind())) {
      const once = await steps('onnx', architecture, loss, true);
      const each = await steps('onnx', architecture, loss, false);
      for (const [i, result] of once.entries()) expectAgreement(result, each[i]);
      // Equal batches give equal bits, whatever came between.
      expect(once[3]).toEqual(once[0]);
    }
  });

  it('and what tfjs gives, which knows nothing of sizes', async () => {
    const recorded = await steps('onnx', architecture, CRITICAL_LOGITS, true);
    const eager = await steps('cpu', architecture, CRITICAL_LOGITS, true);
    for (const [i, result] of recorded.entries()) expectAgreement(result, eager[i]);
  });

  it.each(['cpu', 'onnx'])('on the engine %s, places that are not asked for change nothing', async name => {
    const config = { ...configOf(architecture), dropout: 0, attentionDropout: 0 };
    const engine = await openEngine(name, { threads: 1 });
    const { batch, places, targets } = inputs(config, 3, 9);
    const count = batch.inputIds.length;
    const width = config.tags.length;
    const everywhere = {
      ...targets,
      labels: new Int32Array(count).fill(IGNORED),
      teacher: { logits: { shape: [count, width], values: new Float32Array(count * width) } },
    };
    places.forEach((place, row) => {
      everywhere.labels[place] = targets.labels[row];
      const { values } = targets.teacher!.logits!;
      everywhere.teacher.logits.values.set(values.subarray(row * width, (row + 1) * width), place * width);
    });
    const variables = programVariables(initialParameters(config, 3), lookups(config, batch));
    const results: Record<string, ArrayLike<number>>[] = [];
    for (const [asked, of] of [
      [places, targets],
      [undefined, everywhere],
    ] as const) {
      const gradients = like(variables);
      const differentiation = engine.differentiation(stepProgram(config, CRITICAL_LOGITS));
      const data = {
        ...programData(batch, asked),
        ...lossData(CRITICAL_LOGITS, of, totalsOf(CRITICAL_LOGITS, of)),
      };
      const outputs = await differentiation.run(variables, data, gradients);
      await differentiation.dispose();
      results.push({ ...gradients, loss: outputs.loss.values });
    }
    expectAgreement(results[0], results[1]);
  });
});
