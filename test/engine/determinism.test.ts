/** A whole distillation step: equal on two engines, and bit for bit the same however often it is repeated. */
import type { Arrays, Engine } from 'ner-distill/engine/engine';
import { openEngine } from 'ner-distill/engine/select';
import type { ModelConfig } from 'ner-distill/model/config';
import { initialParameters } from 'ner-distill/model/parameters';
import {
  dropoutPlaces,
  forward,
  lookups,
  programData,
  programVariables,
} from 'ner-distill/model/token-classifier';
import { Random } from 'ner-distill/random';
import { IGNORED } from 'ner-distill/tokenization/align';
import { DropoutMasks } from 'ner-distill/training/dropout';
import { criticalLogitsLoss } from 'ner-distill/training/losses/critical-logits';
import { lossData, lossOf, totalsOf } from 'ner-distill/training/losses/loss';
import { describe, expect, it } from 'vitest';
import { normals } from './fixtures';

const TAGS = ['O', 'B-PER', 'I-PER', 'B-ORG', 'I-ORG', 'B-LOC', 'I-LOC'];
const CRITICAL = TAGS.map(tag => /PER|ORG/.test(tag));
const LOSS = criticalLogitsLoss({ beta: 0.2 });
const [BATCH, LENGTH] = [8, 24];
const REPEATS = 20;

const configOf = (architecture: ModelConfig['architecture']): ModelConfig => ({
  architecture,
  vocabularySize: 200,
  hiddenSize: 64,
  layers: 2,
  heads: 4,
  intermediateSize: 128,
  maxPositions: 32,
  dropout: 0.1,
  attentionDropout: 0.1,
  tags: TAGS,
});

/** Sentences of every length from few word pieces, each many times, so that table rows are looked up repeatedly. */
function task(config: ModelConfig) {
  const random = new Random(31);
  const count = BATCH * LENGTH;
  const inputIds = Int32Array.from({ length: count }, () => random.integer(12));
  const attentionMask = new Float32Array(count);
  const labels = new Int32Array(count).fill(IGNORED);
  for (let row = 0; row < BATCH; row++) {
    const length = LENGTH - 2 * row;
    attentionMask.fill(1, row * LENGTH, row * LENGTH + length);
    for (let i = 1; i < length; i++)
      if (random.chance(0.7)) labels[row * LENGTH + i] = random.integer(TAGS.length);
  }
  const batch = { batchSize: BATCH, length: LENGTH, inputIds, attentionMask };
  const teacher = { logits: normals(random, [count, TAGS.length], 2) };
  const targets = { labels, critical: CRITICAL, teacher };
  return { batch, targets, parameters: initialParameters(config, 32), tables: lookups(config, batch) };
}

/** The gradients and the loss of the step, computed `repeats` times in one session. */
async function steps(engine: Engine, config: ModelConfig, draws: { seed: number; step: number }[] | number) {
  const { batch, targets, parameters, tables } = task(config);
  const differentiation = engine.differentiation((variables, data) =>
    lossOf(LOSS, forward(config, variables, data), data),
  );
  const variables = programVariables(parameters, tables);
  const masks = new DropoutMasks();
  const results: { loss: number; gradients: Record<string, Float32Array> }[] = [];
  for (const draw of typeof draws === 'number' ? new Array<undefined>(draws).fill(undefined) : draws) {
    const gradients = emptyGradients(variables);
    const data = {
      ...programData(batch),
      ...(draw &&
        masks.draw(dropoutPlaces(config, { batch: BATCH, length: LENGTH, places: BATCH * LENGTH }), draw)),
      ...lossData(LOSS, targets, totalsOf(LOSS, targets)),
    };
    const { loss } = await differentiation.run(variables, data, gradients);
    results.push({ loss: loss.values[0], gradients });
  }
  await differentiation.dispose();
  return results;
}

const emptyGradients = (variables: Arrays) =>
  Object.fromEntries(
    Object.entries(variables).map(([name, { values }]) => [name, new Float32Array(values.length)]),
  );

const bytes = ({ buffer, byteOffset, byteLength }: Float32Array) =>
  Buffer.from(buffer, byteOffset, byteLength);

function differing(a: Record<string, Float32Array>, b: Record<string, Float32Array>): string[] {
  return Object.keys(a).filter(name => !bytes(a[name]).equals(bytes(b[name])));
}

function expectAgreement(actual: Record<string, Float32Array>, expected: Record<string, Float32Array>): void {
  expect(Object.keys(actual).sort()).toEqual(Object.keys(expected).sort());
  const norm = Math.hypot(...Object.values(expected).map(values => Math.hypot(...values)));
  expect(norm).toBeGreaterThan(0.1);
  for (const [name, values] of Object.entries(expected)) {
    const worst = values.reduce((most, value, i) => Math.max(most, Math.abs(value - actual[name][i])), 0);
    expect(worst, name).toBeLessThan(1e-4 * norm);
  }
}

describe.each(['distilbert', 'bert', 'roberta'] as const)(
  'a distillation step of a small %s',
  architecture => {
    const config = configOf(architecture);
    const openOnnx = () => openEngine('onnx', { threads: 2 });
    const openWasm = () => openEngine('wasm');

    it('has the same gradients on onnx and wasm, and repeats them bit for bit', async () => {
      const [first, ...others] = await steps(await openOnnx(), config, REPEATS);
      const [expected] = await steps(await openWasm(), config, 1);
      expect(first.loss).toBeCloseTo(expected.loss, 4);
      expectAgreement(first.gradients, expected.gradients);
      for (const other of others) {
        expect(other.loss).toBe(first.loss);
        expect(differing(other.gradients, first.gradients)).toEqual([]);
      }
    });

    it('with dropout has the same gradients on onnx and wasm, and repeats them bit for bit', async () => {
      const draw = { seed: 5, step: 17 };
      const [first, ...others] = await steps(await openOnnx(), config, new Array(REPEATS).fill(draw));
      const [expected] = await steps(await openWasm(), config, [draw]);
      expect(first.loss).toBeCloseTo(expected.loss, 4);
      expectAgreement(first.gradients, expected.gradients);
      for (const other of others) {
        expect(other.loss).toBe(first.loss);
        expect(differing(other.gradients, first.gradients)).toEqual([]);
      }
    });

    it('drops by seed and step alone: another session in another order has the same bits', async () => {
      const [a, b, c] = [
        { seed: 5, step: 0 },
        { seed: 5, step: 1 },
        { seed: 6, step: 0 },
      ];
      const forwards = await steps(await openOnnx(), config, [a, b, c]);
      const backwards = (await steps(await openOnnx(), config, [c, b, a])).reverse();
      for (const [i, { gradients }] of forwards.entries())
        expect(differing(gradients, backwards[i].gradients)).toEqual([]);
      expect(new Set(forwards.map(({ loss }) => loss)).size).toBe(3);
    });
  },
);
