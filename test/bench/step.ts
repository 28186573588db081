/** One distillation step, optimizer included: this library's engines, PyTorch, and the machine's rate of products. */
import { setTimeout } from 'node:timers/promises';
import * as tf from '@tensorflow/tfjs';
import type { Engine, NumericArray } from 'ner-distill/engine/engine';
import { openEngine } from 'ner-distill/engine/select';
import { initialParameters, parameterShapes } from 'ner-distill/model/parameters';
import { lookups } from 'ner-distill/model/token-classifier';
import { DropoutMasks } from 'ner-distill/training/dropout';
import { vanillaDistillation } from 'ner-distill/training/losses/distillation';
import { totalsOf } from 'ner-distill/training/losses/loss';
import { AdamW } from 'ner-distill/training/optimizer';
import { stepData, stepProgram, stepSizes } from 'ner-distill/training/step-program';
import { median } from './measure';
import { type BenchModel, benchBatch, benchModel, denseParameters, STUDENT } from './models';
import { ms, type Row } from './rows';
import { TorchPeer } from './torch';

const VANILLA = vanillaDistillation();

export interface StepTimes {
  /** Seconds of forward and backward pass. */
  readonly gradients: number;
  /** Seconds of clipping and update. */
  readonly optimizer: number;
}

export interface StepOptions {
  readonly model: BenchModel;
  readonly batchSize: number;
  readonly length: number;
}

/** Takes one step a call. */
type Stepper = () => Promise<StepTimes>;

/** Steps of this library on one engine. */
export function ourSteps(
  engine: Engine,
  { model, batchSize, length }: StepOptions,
): Stepper & { dispose(): Promise<void> } {
  const { config } = model;
  const { batch, targets } = benchBatch(config, batchSize, length);
  const tables = lookups(config, batch);
  const rows = Object.fromEntries(tables.map(({ table, ids }) => [table, ids.length]));
  const optimizer = new AdamW(initialParameters(config, 1), rows);
  const masks = new DropoutMasks();
  const differentiation = engine.differentiation(stepProgram(config, VANILLA), stepSizes(config, VANILLA));
  const places = Int32Array.from({ length: batchSize * length }, (_, place) => place);
  let steps = 0;
  const step: Stepper = async () => {
    const start = performance.now();
    await differentiation.run(
      optimizer.variables(tables),
      stepData(
        config,
        VANILLA,
        { batch, places, targets, draw: { seed: 1, step: steps++ } },
        totalsOf(VANILLA, targets),
        masks,
      ),
      optimizer.gradients(tables),
    );
    const middle = performance.now();
    optimizer.step(tables, 5e-5);
    const end = performance.now();
    return { gradients: (middle - start) / 1000, optimizer: (end - middle) / 1000 };
  };
  return Object.assign(step, { dispose: () => differentiation.dispose() });
}

function torchSteps(peer: TorchPeer, { model, batchSize, length }: StepOptions): Stepper {
  const { batch, targets } = benchBatch(model.config, batchSize, length);
  const rows = (values: ArrayLike<number>, width: number): number[][] =>
    Array.from({ length: values.length / width }, (_, i) =>
      Array.from(values).slice(i * width, (i + 1) * width),
    );
  const request = {
    ids: rows(batch.inputIds, length),
    labels: rows(targets.labels, length),
    teacher: rows(targets.teacher!.logits!.values, model.config.tags.length),
  };
  return () => peer.step(request);
}

/** Products of matrices of one size through onnxruntime; each call gives the rate of one, in operations a second. */
async function gemms(threads: number, [rows, inner, columns]: readonly [number, number, number]) {
  const engine = await openEngine('onnx', { threads });
  const product = engine.evaluation(({ a, b }) => ({
    c: tf.matMul(a as tf.Tensor2D, b as tf.Tensor2D, false, true),
  }));
  const array = (shape: number[]): NumericArray => ({
    shape,
    values: new Float32Array(shape[0] * shape[1]).fill(0.5),
  });
  const operands = { a: array([rows, inner]), b: array([columns, inner]) };
  const rate = async () => {
    const start = performance.now();
    await product.run(operands, {});
    return (2 * rows * inner * columns) / ((performance.now() - start) / 1000);
  };
  return Object.assign(rate, { dispose: () => product.dispose() });
}

/** Arithmetic of forward and backward pass: 6 operations a dense parameter and token. */
export function stepOperations({ model, batchSize, length }: StepOptions): number {
  return 6 * denseParameters(parameterShapes(model.config)) * batchSize * length;
}

const SIZES = [
  { model: STUDENT, gemm: [512, 768, 3072], share: 0.8 },
  { model: benchModel('4 × 256', 4, 256, 8000), gemm: [512, 256, 1024], share: 0.5 },
  { model: benchModel('3 × 128', 3, 128, 4000), gemm: [512, 128, 512], share: 0.5 },
  { model: benchModel('2 × 128', 2, 128, 4000), gemm: [512, 128, 512], share: 0.5 },
] as const;

export async function stepRows(options: { rounds: number; threads: number; wasm: boolean }): Promise<Row[]> {
  const { threads } = options;
  const rows: Row[] = [];
  const peer = TorchPeer.start();
  for (const { model, gemm, share } of SIZES) {
    const size: StepOptions = { model, batchSize: 16, length: 32 };
    // Several in a row, as in training; the first of them find caches cold.
    const [inARow, cold, products] = model === STUDENT ? [4, 1, 30] : [30, 5, 300];
    const name = `distillation step, ${model.name}, 16 × 32`;
    const ours = ourSteps(await openEngine('onnx', { threads }), size);
    const product = await gemms(threads, gemm);
    const about = await peer?.open(model.config, threads);
    const torch = peer && torchSteps(peer, size);
    const times = { ours: [] as StepTimes[], torch: [] as StepTimes[] };
    const limits: number[] = [];
    const shares: number[] = [];
    const operations = stepOperations(size);
    // In turn, so that a noisy neighbour slows all alike; the first round warms up.
    for (let round = 0; round <= options.rounds; round++) {
      const our = await inSequence(ours, inARow);
      const theirs = torch ? await inSequence(torch, inARow) : [];
      const rates = await inSequence(product, products);
      if (round === 0) continue;
      times.ours.push(...our.slice(cold));
      times.torch.push(...theirs.slice(cold));
      const limit = Math.max(...rates);
      limits.push(limit);
      shares.push(operations / median(our.slice(cold).map(time => time.gradients)) / limit);
    }
    await ours.dispose();
    await product.dispose();
    const gradients = median(times.ours.map(time => time.gradients));
    const optimizer = median(times.ours.map(time => time.optimizer));
    if (about) {
      const theirs = {
        gradients: median(times.torch.map(time => time.gradients)),
        optimizer: median(times.torch.map(time => time.optimizer)),
      };
      const total = theirs.gradients + theirs.optimizer;
      const torchName = `PyTorch ${about.version} (${about.build})`;
      const against = (what: string, mine: number, other: number, target?: string): Row => ({
        what,
        ours: ms(mine),
        peer: `${ms(other)} ${torchName}`,
        ratio: other / mine,
        target,
      });
      rows.push(
        against(name, gradients + optimizer, total, model === STUDENT ? '≥ 1.8 ×' : undefined),
        against('  forward and backward', gradients, theirs.gradients),
        against(
          '  clipping and AdamW',
          optimizer,
          theirs.optimizer,
          model === STUDENT ? '≤ 150 ms' : undefined,
        ),
      );
    } else
      rows.push({
        what: name,
        ours: ms(gradients + optimizer),
        peer: 'no PyTorch here (Debian: python3-torch)',
        ratio: null,
      });
    rows.push({
      what: `  share of the best rate of products, ${range(shares)} in the rounds`,
      ours: `${(operations / gradients / 1e9).toFixed(0)} GFLOP/s`,
      peer: `${(median(limits) / 1e9).toFixed(0)} GFLOP/s onnxruntime Gemm ${gemm.join(' × ')}`,
      ratio: median(shares),
      target: `≥ ${share} ×`,
    });
    if (model === STUDENT && options.wasm) rows.push(await wasmRow(name, size, gradients + optimizer));
  }
  peer?.close();
  return rows;
}

/** The lowest and the highest: far apart where the machine was not quiet. */
function range(values: readonly number[]): string {
  return `${Math.min(...values).toFixed(2)}–${Math.max(...values).toFixed(2)}`;
}

/** PyTorch's threads go on spinning for about a tenth of a second after their work, and would slow whoever comes next. */
const SETTLING_MILLISECONDS = 300;

async function inSequence<T>(work: () => Promise<T>, times: number): Promise<T[]> {
  await setTimeout(SETTLING_MILLISECONDS);
  const results: T[] = [];
  for (let i = 0; i < times; i++) results.push(await work());
  return results;
}

/** Two rounds are enough of what takes a minute each. */
async function wasmRow(what: string, size: StepOptions, ours: number): Promise<Row> {
  const steps = ourSteps(await openEngine('wasm'), size);
  await steps();
  const { gradients, optimizer } = await steps();
  await steps.dispose();
  const total = gradients + optimizer;
  return { what, ours: ms(ours), peer: `${ms(total)} our wasm engine (tfjs)`, ratio: total / ours };
}
