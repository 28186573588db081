/** The whole of training against PyTorch: logits, losses, gradients and one optimizer step, on every engine. */
import { openEngine } from 'ner-distill/engine/select';
import { forward, lookups, programData, programVariables } from 'ner-distill/model/token-classifier';
import { criticalClassWeightsLoss } from 'ner-distill/training/losses/critical-class-weights';
import { criticalLogitsLoss } from 'ner-distill/training/losses/critical-logits';
import { crossEntropyLoss } from 'ner-distill/training/losses/cross-entropy';
import { vanillaDistillation } from 'ner-distill/training/losses/distillation';
import { type Loss, lossData, lossOf, totalsOf } from 'ner-distill/training/losses/loss';
import { ADAMW_DEFAULTS, AdamW } from 'ner-distill/training/optimizer';
import { describe, expect, it } from 'vitest';
import { summary, TINY_MODELS, tinyModel } from '../model/fixtures';

const LOSSES: Record<string, Loss> = {
  crossEntropy: crossEntropyLoss(),
  vanilla: vanillaDistillation({ alpha: 0.5, temperature: 2 }),
  constrainedLogits: criticalLogitsLoss({ alpha: 0.5, temperature: 2, beta: 0.2 }),
  constrainedWeighted: criticalClassWeightsLoss({ alpha: 0.5, temperature: 2, beta: 0.2, kappa: 10 }),
};

describe.each(['cpu', 'wasm', 'onnx'])('on the engine %s', engineName => {
  describe.each(TINY_MODELS)('%s', name => {
    const { config, parameters, expected, batch, targets } = tinyModel(name);

    async function differentiate(loss: Loss, optimizer: AdamW) {
      const engine = await openEngine(engineName);
      const differentiation = engine.differentiation((variables, data) => {
        const outputs = forward(config, variables, data);
        return { ...lossOf(loss, outputs, data), ...outputs };
      });
      const tables = lookups(config, batch);
      const data = { ...programData(batch), ...lossData(loss, targets, totalsOf(loss, targets)) };
      const gradients = optimizer.gradients(tables);
      const outputs = await differentiation.run(programVariables(parameters, tables), data, gradients);
      await differentiation.dispose();
      return { outputs, gradients, tables };
    }
    const openOptimizer = (options = {}) => {
      const tables = Object.fromEntries(lookups(config, batch).map(({ table, ids }) => [table, ids.length]));
      return new AdamW(parameters, tables, { ...ADAMW_DEFAULTS, ...options });
    };

    it.each(Object.keys(LOSSES))('has the logits and the loss %s of PyTorch', async key => {
      const { outputs } = await differentiate(LOSSES[key], openOptimizer());
      const want = expected.logits.flat(2);
      const classes = config.tags.length;
      const worst = Math.max(
        ...want.map((value, i) =>
          batch.attentionMask[Math.floor(i / classes)] ? Math.abs(value - outputs.logits.values[i]) : 0,
        ),
      );
      expect(worst).toBeLessThan(1e-5);
      expect(Math.abs(outputs.loss.values[0] / expected.losses[key] - 1)).toBeLessThan(1e-5);
    });

    it.skipIf(!expected.hidden)('has the last hidden states of PyTorch', async () => {
      const { outputs } = await differentiate(LOSSES.crossEntropy, openOptimizer());
      const { values, shape } = outputs.hidden;
      expect(shape).toEqual([batch.attentionMask.length, config.hiddenSize]);
      const tokens = (values as Float32Array).filter(
        (_, i) => batch.attentionMask[Math.floor(i / config.hiddenSize)],
      );
      const { l2, first } = summary(tokens);
      expect(Math.abs(l2 / expected.hidden!.l2 - 1)).toBeLessThan(1e-5);
      for (const [i, value] of first.entries()) expect(value).toBeCloseTo(expected.hidden!.first[i], 5);
    });

    it('has the parts of the logit-matching loss', async () => {
      const { outputs } = await differentiate(LOSSES.constrainedLogits, openOptimizer());
      expect(outputs.crossEntropy.values[0]).toBeCloseTo(expected.losses.crossEntropy, 5);
      expect(outputs.distillation.values[0]).toBeCloseTo(expected.losses.distillation, 5);
      expect(outputs.criticalMatching.values[0]).toBeCloseTo(expected.losses.criticalLogits, 4);
    });

    it('has every gradient within 1e-4 of the global norm, and the parameters after one step', async () => {
      const optimizer = openOptimizer();
      const { gradients, tables } = await differentiate(LOSSES.constrainedLogits, optimizer);
      const allowed = 1e-4 * expected.gradientNorm;
      for (const [parameter, { l2, first }] of Object.entries(expected.gradients)) {
        const lookup = tables.find(({ table }) => table === parameter);
        const { shape } = parameters[parameter];
        const dense = lookup ? scatter(gradients[parameter], lookup.ids, shape) : gradients[parameter];
        const actual = summary(dense);
        expect(Math.abs(actual.l2 - l2), parameter).toBeLessThan(allowed);
        for (const [i, value] of first.entries())
          expect(Math.abs(actual.first[i] - value), parameter).toBeLessThan(allowed);
      }
      const norm = optimizer.step(tables, 1e-3);
      optimizer.flush();
      expect(Math.abs(norm / expected.gradientNorm - 1)).toBeLessThan(1e-5);
      for (const [parameter, { l2, first }] of Object.entries(expected.afterStep)) {
        // The true gradient of key biases is 0; AdamW magnifies what rounding leaves of it.
        const tolerance = /key\.bias|k_lin\.bias/.test(parameter) ? 1e-3 : 2e-5;
        const actual = summary(optimizer.parameters[parameter].values);
        expect(Math.abs(actual.l2 - l2), parameter).toBeLessThan(tolerance * 10);
        for (const [i, value] of first.entries())
          expect(Math.abs(actual.first[i] - value), parameter).toBeLessThan(tolerance);
      }
    });
  });
});

/** The dense gradient of a table: rows of equal id added up. */
function scatter(rows: Float32Array, ids: Int32Array, [count, width]: readonly number[]): Float32Array {
  const dense = new Float32Array(count * width);
  ids.forEach((id, row) => {
    for (let i = 0; i < width; i++) dense[id * width + i] += rows[row * width + i];
  });
  return dense;
}
