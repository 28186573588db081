/** Training from the first step to the last: it learns, repeats itself, can be stopped and resumed. */

import { openEngine } from 'ner-distill/engine/select';
import { InferenceModel } from 'ner-distill/inference/inference-model';
import type { ModelConfig } from 'ner-distill/model/config';
import { initialParameters, type Parameters } from 'ner-distill/model/parameters';
import { Random } from 'ner-distill/random';
import { type EncodedSentence, UNLABELLED } from 'ner-distill/tokenization/align';
import { criticalLogitsLoss } from 'ner-distill/training/losses/critical-logits';
import { crossEntropyLoss } from 'ner-distill/training/losses/cross-entropy';
import {
  learningRateAt,
  type TrainingSettings,
  type TrainingState,
  type TrainingTask,
  train,
} from 'ner-distill/training/trainer';
import { describe, expect, it } from 'vitest';

const TAGS = ['O', 'B-PER', 'B-LOC'];
const CONFIG: ModelConfig = {
  architecture: 'distilbert',
  vocabularySize: 30,
  hiddenSize: 16,
  layers: 1,
  heads: 2,
  intermediateSize: 32,
  maxPositions: 16,
  dropout: 0.1,
  attentionDropout: 0.1,
  tags: TAGS,
};
const SPECIAL = { pad: 0, unknown: 1, start: 2, end: 3 };
const SETTINGS: TrainingSettings = {
  epochs: 3,
  batchSize: 8,
  learningRate: 0.02,
  warmup: 0.1,
  weightDecay: 0.01,
  maxNorm: 1,
  wordDropout: 0.1,
  subwordDropout: 0,
  accumulation: 1,
  seed: 71,
};

/** A toy: words 10–19 are outside, 20–24 are persons, 25–29 are places. */
const labelOf = (id: number) => (id < 20 ? 0 : id < 25 ? 1 : 2);
const SENTENCES: EncodedSentence[] = (() => {
  const random = new Random(72);
  return Array.from({ length: 60 }, () => {
    const words = Array.from({ length: 3 + random.integer(9) }, () => 10 + random.integer(20));
    return {
      ids: Int32Array.of(SPECIAL.start, ...words, SPECIAL.end),
      firstPieces: Int32Array.from(words, (_, i) => i + 1),
      labels: Int32Array.from(words, labelOf),
    };
  });
})();
/** A teacher that is sure of the right labels. */
const TEACHER = SENTENCES.map(({ labels }) =>
  Float32Array.from({ length: labels.length * 3 }, (_, i) => (labels[Math.floor(i / 3)] === i % 3 ? 4 : -2)),
);
const INITIAL = initialParameters(CONFIG, 73);

async function taskWith(
  settings: Partial<TrainingSettings> = {},
  engineName = 'onnx',
): Promise<TrainingTask<number>> {
  let validations = 0;
  return {
    engine: await openEngine(engineName, { threads: 1 }),
    config: CONFIG,
    initial: INITIAL,
    loss: criticalLogitsLoss({ beta: 0.2 }),
    critical: [false, true, false],
    sentences: SENTENCES,
    maxLength: CONFIG.maxPositions,
    special: SPECIAL,
    teacher: { logits: TEACHER },
    settings: { ...SETTINGS, ...settings },
    validate: async () => ++validations,
  };
}

const digits = (parameters: Parameters) =>
  Object.entries(parameters).map(([name, { values }]) => [
    name,
    Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('hex'),
  ]);

describe('training', () => {
  it('learns a toy task: the loss falls and every word gets its label', async () => {
    const task = await taskWith({ epochs: 8 });
    const { history, parameters } = await train(task);
    const mean = (rows: typeof history) => rows.reduce((sum, { loss }) => sum + loss, 0) / rows.length;
    expect(mean(history.slice(-8))).toBeLessThan(mean(history.slice(0, 8)) / 4);

    const model = await InferenceModel.open(task.engine, CONFIG, parameters);
    const logits = await model.outputs(SENTENCES, { batchSize: 16, padId: SPECIAL.pad });
    await model.dispose();
    let right = 0;
    let words = 0;
    SENTENCES.forEach(({ labels }, i) => {
      labels.forEach((label, word) => {
        const scores = [...logits[i].subarray(word * 3, word * 3 + 3)];
        words++;
        if (scores.indexOf(Math.max(...scores)) === label) right++;
      });
    });
    expect(right / words).toBeGreaterThan(0.97);
  });

  it('records every step', async () => {
    const { history, epoch, validations } = await train(await taskWith());
    // ⌈60 / 8⌉ = 8 steps an epoch.
    expect(history.map(({ step }) => step)).toEqual(Array.from({ length: 24 }, (_, i) => i + 1));
    expect(history.map(row => row.epoch)).toEqual(
      Array.from({ length: 24 }, (_, i) => 1 + Math.floor(i / 8)),
    );
    expect([epoch, validations]).toEqual([3, [1, 2, 3]]);
    for (const row of history) {
      const sum = 0.5 * row.crossEntropy + 0.5 * row.distillation + 0.2 * row.criticalMatching;
      expect(row.loss).toBeCloseTo(sum, 5);
      expect(row.gradientNorm).toBeGreaterThan(0);
    }
  });

  it('leaves out what a loss does not have', async () => {
    const task: TrainingTask<number> = {
      ...(await taskWith({ epochs: 1 })),
      loss: crossEntropyLoss(),
      teacher: undefined,
    };
    const [row] = (await train(task)).history;
    expect(Object.keys(row).slice(4)).toEqual(['loss', 'crossEntropy']);
    expect(row.loss).toBe(row.crossEntropy);
  });

  it('gives the same bits for the same seed, and others for another', async () => {
    const [a, b, c] = [
      await train(await taskWith()),
      await train(await taskWith()),
      await train(await taskWith({ seed: 74 })),
    ];
    expect(digits(b.parameters)).toEqual(digits(a.parameters));
    expect(b.history).toEqual(a.history);
    expect(digits(c.parameters)).not.toEqual(digits(a.parameters));
  });

  it.each([2, 3, 8])('gives the same gradients when batches are computed in %i parts', async accumulation => {
    const settings = { epochs: 2, wordDropout: 0 };
    const still = { ...CONFIG, dropout: 0, attentionDropout: 0 };
    const [whole, parts] = [
      await train({ ...(await taskWith(settings)), config: still }),
      await train({ ...(await taskWith({ ...settings, accumulation })), config: still }),
    ];
    parts.history.forEach((row, step) => {
      expect(row.loss).toBeCloseTo(whole.history[step].loss, 4);
      expect(row.crossEntropy).toBeCloseTo(whole.history[step].crossEntropy, 4);
      expect(row.gradientNorm / whole.history[step].gradientNorm).toBeCloseTo(1, 3);
    });
    // The very first step, before rounding is magnified, is the same to the last digits of a float.
    expect(parts.history[0].gradientNorm / whole.history[0].gradientNorm).toBeCloseTo(1, 5);
  });

  it.each([2, 8])('gives the same gradients of labels and text together in %i parts', async accumulation => {
    const settings = { epochs: 2, wordDropout: 0 };
    const still = { ...CONFIG, dropout: 0, attentionDropout: 0 };
    // Of five sentences one has labels, so that there are parts of text alone.
    const sentences = SENTENCES.map((each, i) =>
      i % 5 === 0 ? each : { ...each, labels: each.labels.map(() => UNLABELLED) },
    );
    const [whole, parts] = [
      await train({ ...(await taskWith(settings)), config: still, sentences }),
      await train({ ...(await taskWith({ ...settings, accumulation })), config: still, sentences }),
    ];
    parts.history.forEach((row, step) => {
      for (const term of ['loss', 'crossEntropy', 'distillation', 'criticalMatching'])
        expect(row[term], term).toBeCloseTo(whole.history[step][term], 4);
      expect(row.gradientNorm / whole.history[step].gradientNorm).toBeCloseTo(1, 3);
    });
    expect(parts.history[0].gradientNorm / whole.history[0].gradientNorm).toBeCloseTo(1, 5);
  });

  it('drops other things in each part of a batch', async () => {
    const rates = { epochs: 1, wordDropout: 0 };
    const losses = await Promise.all(
      [1, 2].map(async accumulation => {
        const { history } = await train(await taskWith({ ...rates, accumulation }));
        return history[0].loss;
      }),
    );
    expect(losses[0]).not.toBe(losses[1]);
  });

  it('leaves the initial parameters as they are', async () => {
    const before = digits(INITIAL);
    await train(await taskWith({ epochs: 1 }));
    expect(digits(INITIAL)).toEqual(before);
  });

  it('goes on from any epoch as if it had never stopped', async () => {
    const states: TrainingState<number>[] = [];
    const whole = await train(await taskWith(), {
      onEpoch: state => {
        states.push(state());
      },
    });
    expect(states.map(({ epoch, history }) => [epoch, history.length])).toEqual([
      [1, 8],
      [2, 16],
      [3, 24],
    ]);
    expect(states.map(({ validations }) => validations)).toEqual([[1], [1, 2], [1, 2, 3]]);
    for (const resume of states) {
      const resumed = await train(await taskWith(), { resume });
      expect(digits(resumed.parameters)).toEqual(digits(whole.parameters));
      expect(resumed.history).toEqual(whole.history);
      expect(resumed.optimizer).toEqual(whole.optimizer);
      expect(resumed.validations.length).toBe(3);
    }
  });

  it('drops words by seed and step: the same ones when repeated', async () => {
    const settings = { epochs: 1, wordDropout: 0.5 };
    const [a, b, none] = [
      await train(await taskWith(settings)),
      await train(await taskWith(settings)),
      await train(await taskWith({ epochs: 1, wordDropout: 0 })),
    ];
    expect(digits(b.parameters)).toEqual(digits(a.parameters));
    expect(digits(none.parameters)).not.toEqual(digits(a.parameters));
  });

  it('trains on the engine wasm as on onnx', async () => {
    const settings = { epochs: 1, learningRate: 0.001 };
    const a = await train(await taskWith(settings, 'wasm'));
    const b = await train(await taskWith(settings, 'onnx'));
    a.history.forEach(({ loss, gradientNorm }, i) => {
      expect(b.history[i].loss).toBeCloseTo(loss, 3);
      expect(b.history[i].gradientNorm / gradientNorm).toBeCloseTo(1, 2);
    });
  });

  it('stops at a signal, and before the first step if that was given already', async () => {
    const controller = new AbortController();
    let steps = 0;
    const training = train(await taskWith(), {
      signal: controller.signal,
      onProgress: () => {
        if (++steps === 3) controller.abort();
      },
    });
    await expect(training).rejects.toMatchObject({ name: 'AbortError' });
    expect(steps).toBe(3);
    const late = train(await taskWith(), { signal: controller.signal, onProgress: () => steps++ });
    await expect(late).rejects.toMatchObject({ name: 'AbortError' });
    expect(steps).toBe(3);
  });

  it('tells how far it is', async () => {
    const seen: number[][] = [];
    await train(await taskWith({ epochs: 2 }), {
      onProgress: ({ epoch, epochs, step, steps, secondsLeft }) => {
        seen.push([epoch, epochs, step, steps]);
        expect(secondsLeft).toBeGreaterThanOrEqual(0);
      },
    });
    expect(seen[0]).toEqual([1, 2, 1, 16]);
    expect(seen.at(-1)).toEqual([2, 2, 16, 16]);
  });
});

describe('the learning rate', () => {
  const at = (step: number, warmup = 0.2) => learningRateAt(step, 10, { learningRate: 0.1, warmup });

  it('rises over the warm-up and falls linearly to 0 after the last step', () => {
    // Two of ten steps are warm-up: 1/2 and 2/2; then 8/8, 7/8, … 1/8.
    const expected = [0.05, 0.1, 0.1, 0.0875, 0.075, 0.0625, 0.05, 0.0375, 0.025, 0.0125];
    expected.forEach((rate, step) => {
      expect(at(step)).toBeCloseTo(rate, 12);
    });
    expect(at(10)).toBe(0);
  });

  it('starts at its highest without a warm-up', () => {
    expect(at(0, 0)).toBe(0.1);
    expect(at(9, 0)).toBeCloseTo(0.01, 12);
  });

  it('only rises where all steps are warm-up', () => {
    expect([0, 4, 9].map(step => at(step, 1))).toEqual([0.01, 0.05, 0.1]);
  });
});
