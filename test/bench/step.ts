/** One distillation step, optimizer included: this library's engines, PyTorch, and the machine's rate of products. */

import * as tf from '@tensorflow/tfjs';
import type { Engine, NumericArray } from 'ner-distill/engine/engine';
import { openEngine } from 'ner-distill/engine/select';
import { initialParameters, parameterShapes } from 'ner-distill/model/parameters';
import {
  dropoutPlaces,
  forward,
  lookups,
  programData,
  programVariables,
} from 'ner-distill/model/token-classifier';
import { DropoutMasks } from 'ner-distill/training/dropout';
import { type Loss, lossData, lossOf, STUDY_LOSS, totalsOf } from 'ner-distill/training/losses';
import { AdamW } from 'ner-distill/training/optimizer';
import { median } from './measure';
import { type BenchModel, benchBatch, denseParameters } from './models';
import type { TorchPeer } from './torch';

const VANILLA: Loss = { kind: 'vanilla', alpha: STUDY_LOSS.alpha, temperature: STUDY_LOSS.temperature };

export interface StepTimes {
  /** Seconds of forward and backward pass, median. */
  readonly gradients: number;
  /** Seconds of clipping and update, median. */
  readonly optimizer: number;
}

export interface StepOptions {
  readonly model: BenchModel;
  readonly batchSize: number;
  readonly length: number;
  readonly rounds: number;
  readonly threads: number;
}

/** Times steps of this library on one engine. */
export async function timeStep(
  engine: Engine,
  options: StepOptions,
): Promise<StepTimes & { peakBytes: number }> {
  const { config } = options.model;
  const { batch, targets } = benchBatch(config, options.batchSize, options.length);
  const tables = lookups(config, batch);
  const optimizer = new AdamW(
    initialParameters(config, 1),
    Object.fromEntries(tables.map(({ table, ids }) => [table, ids.length])),
  );
  const differentiation = engine.differentiation((variables, data) =>
    lossOf(VANILLA, forward(config, variables, data), data),
  );
  const masks = new DropoutMasks();
  const gradients: number[] = [];
  const update: number[] = [];
  for (let round = 0; round <= options.rounds; round++) {
    const start = performance.now();
    optimizer.prepare(tables);
    await differentiation.run(
      programVariables(optimizer.parameters, tables),
      {
        ...programData(batch),
        ...masks.draw(dropoutPlaces(config, batch), { seed: 1, step: round }),
        ...lossData(VANILLA, targets, totalsOf(VANILLA, targets)),
      },
      optimizer.gradients(tables),
    );
    const middle = performance.now();
    optimizer.step(tables, 5e-5);
    const end = performance.now();
    if (round === 0) continue;
    gradients.push((middle - start) / 1000);
    update.push((end - middle) / 1000);
  }
  await differentiation.dispose();
  return {
    gradients: median(gradients),
    optimizer: median(update),
    peakBytes: process.resourceUsage().maxRSS * 1024,
  };
}

export async function timeTorchStep(
  peer: TorchPeer,
  { model, batchSize, length, rounds, threads }: StepOptions,
) {
  const { batch, targets } = benchBatch(model.config, batchSize, length);
  const rows = <T>(values: ArrayLike<T>, width: number): T[][] =>
    Array.from({ length: values.length / width }, (_, i) =>
      Array.from(values).slice(i * width, (i + 1) * width),
    );
  const about = await peer.open(model.config, threads);
  const request = {
    ids: rows(batch.inputIds, length),
    labels: rows(targets.labels, length),
    teacher: rows(targets.teacherLogits as Float32Array, model.config.tags.length),
  };
  const times: StepTimes[] = [];
  for (let round = 0; round <= rounds; round++) {
    const time = await peer.step(request);
    if (round > 0) times.push(time);
  }
  return {
    about,
    gradients: median(times.map(time => time.gradients)),
    optimizer: median(times.map(time => time.optimizer)),
  };
}

/** Arithmetic of forward and backward pass: 6 operations a dense parameter and token. */
export function stepOperations({ model, batchSize, length }: StepOptions): number {
  return 6 * denseParameters(parameterShapes(model.config)) * batchSize * length;
}

/** The best rate, in operations a second, of matrix products of this size through onnxruntime. */
export async function gemmRate(
  threads: number,
  rows: number,
  inner: number,
  columns: number,
): Promise<number> {
  const engine = await openEngine('onnx', { threads });
  const product = engine.evaluation(({ a, b }) => ({
    c: tf.matMul(a as tf.Tensor2D, b as tf.Tensor2D, false, true),
  }));
  const array = (shape: number[]): NumericArray => ({
    shape,
    values: new Float32Array(shape[0] * shape[1]).fill(0.5),
  });
  const operands = { a: array([rows, inner]), b: array([columns, inner]) };
  const seconds: number[] = [];
  for (let round = 0; round < 30; round++) {
    const start = performance.now();
    await product.run(operands, {});
    seconds.push((performance.now() - start) / 1000);
  }
  await product.dispose();
  return (2 * rows * inner * columns) / Math.min(...seconds);
}
