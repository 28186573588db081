/** One distillation step, optimizer included: this library's engines, PyTorch, and the machine's rate of products. */
import { setTimeout } from 'node:timers/promises';
import * as tf from '@tensorflow/tfjs';
import type { Engine, NumericArray } from 'ner-distill/engine/engine';
import { openEngine } from 'ner-distill/engine/select';
import { initialParameters, parameterShapes } from 'ner-distill/model/parameters';
import { lookups } from 'ner-distill/model/token-classifier';
import { describeMachine } from 'ner-distill/resources/machine';
import { DropoutMasks } from 'ner-distill/training/dropout';
import { vanillaDistillation } from 'ner-distill/training/losses/distillation';
import { totalsOf } from 'ner-distill/training/losses/loss';
import { AdamW } from 'ner-distill/training/optimizer';
import { stepData, stepProgram, stepSizes } from 'ner-distill/training/step-program';
import { median } from './measure';
import { type BenchModel, benchBatch, benchModel, denseParameters, STUDENT } from './models';
import { missing } from './python';
import { duration, type Row, spread, timesAsFast } from './rows';
import { TorchPeer } from './torch';

const VANILLA = vanillaDistillation();

export interface StepTimes {
  /** Seconds of the whole. */
  readonly step: number;
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

const timesOf = (gradients: number, optimizer: number): StepTimes => ({
  step: gradients + optimizer,
  gradients,
  optimizer,
});

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
    return timesOf((middle - start) / 1000, (end - middle) / 1000);
  };
  return Object.assign(step, { dispose: () => differentiation.dispose() });
}

function torchSteps(peer: TorchPeer, { model, batchSize, length }: StepOptions, bfloat16: boolean): Stepper {
  const { batch, targets } = benchBatch(model.config, batchSize, length);
  const rows = (values: ArrayLike<number>, width: number): number[][] =>
    Array.from({ length: values.length / width }, (_, i) =>
      Array.from(values).slice(i * width, (i + 1) * width),
    );
  const request = {
    ids: rows(batch.inputIds, length),
    labels: rows(targets.labels, length),
    teacher: rows(targets.teacher!.logits!.values, model.config.tags.length),
    bfloat16,
  };
  return async () => {
    const { gradients, optimizer } = await peer.step(request);
    return timesOf(gradients, optimizer);
  };
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
  { model: STUDENT, gemm: [512, 768, 3072], target: 1.08, share: 0.9 },
  { model: benchModel('4 × 256', 4, 256, 8000), gemm: [512, 256, 1024], target: 1.5, share: 0.8 },
  { model: benchModel('3 × 128', 3, 128, 4000), gemm: [512, 128, 512], target: 1.8, share: 0.75 },
  { model: benchModel('2 × 128', 2, 128, 4000), gemm: [512, 128, 512], target: 1.8, share: 0.75 },
] as const;

export async function stepRows(options: { rounds: number; threads: number; wasm: boolean }): Promise<Row[]> {
  const { threads } = options;
  const rows: Row[] = [];
  const peer = TorchPeer.start();
  for (const { model, gemm, target, share } of SIZES) {
    const size: StepOptions = { model, batchSize: 16, length: 32 };
    // Several in a row, as in training; the first of them find caches cold.
    const [inARow, cold, products] = model === STUDENT ? [4, 1, 30] : [30, 5, 300];
    const ours = ourSteps(await openEngine('onnx', { threads }), size);
    const product = await gemms(threads, gemm);
    const about = await peer?.open(model.config, threads);
    const steppers: Record<string, Stepper> = {
      ours,
      ...(peer && { torch: torchSteps(peer, size, false), bfloat16: torchSteps(peer, size, true) }),
    };
    const rounds: Record<string, StepTimes[]> = Object.fromEntries(
      Object.keys(steppers).map(name => [name, []]),
    );
    const limits: number[] = [];
    // In turn, so that a noisy neighbour slows all alike; the first round warms up.
    for (let round = 0; round <= options.rounds; round++) {
      for (const [name, stepper] of Object.entries(steppers)) {
        const times = (await inSequence(stepper, inARow)).slice(cold);
        if (round > 0) rounds[name].push(medians(times));
      }
      const rates = await inSequence(product, products);
      if (round > 0) limits.push(Math.max(...rates));
    }
    await ours.dispose();
    await product.dispose();
    const of = (name: string, part: keyof StepTimes) => rounds[name].map(times => times[part]);
    const against = (what: string, part: keyof StepTimes, name: string, aim?: string): Row => ({
      what,
      ours: duration(of('ours', part)),
      peer: `${duration(of(name, part))} ${name === 'torch' ? about?.version : `the same in ${name} autocast`}`,
      ratio: timesAsFast(of('ours', part), of(name, part)),
      target: aim,
    });
    const what = `distillation step, ${model.name}, 16 × 32`;
    if (about)
      rows.push(
        against(what, 'step', 'torch', `≥ ${target} ×`),
        against('  forward and backward', 'gradients', 'torch'),
        against('  clipping and AdamW', 'optimizer', 'torch'),
        against('  beside it, for information', 'step', 'bfloat16'),
      );
    else
      rows.push({
        what,
        ours: duration(of('ours', 'step')),
        peer: missing('PyTorch', 'torch transformers'),
        ratio: null,
      });
    const operations = stepOperations(size);
    const rates = of('ours', 'gradients').map(seconds => operations / seconds);
    const shares = rates.map((rate, round) => rate / limits[round]);
    rows.push({
      what: `  share of the best rate of products, ${spread(shares, '', 2)}`,
      ours: gigaflops(rates),
      peer: `${gigaflops(limits)} onnxruntime ${onnxruntimeVersion()} Gemm ${gemm.join(' × ')}`,
      ratio: median(shares),
      target: `≥ ${share} ×`,
    });
    if (model === STUDENT && options.wasm) rows.push(await wasmRow(what, size, of('ours', 'step')));
  }
  peer?.close();
  return rows;
}

const gigaflops = (rates: readonly number[]) =>
  spread(
    rates.map(rate => rate / 1e9),
    ' GFLOP/s',
    0,
  );

const onnxruntimeVersion = () => describeMachine().packages['onnxruntime-node'];

function medians(times: readonly StepTimes[]): StepTimes {
  const of = (part: keyof StepTimes) => median(times.map(time => time[part]));
  return { step: of('step'), gradients: of('gradients'), optimizer: of('optimizer') };
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
async function wasmRow(what: string, size: StepOptions, ours: readonly number[]): Promise<Row> {
  const steps = ourSteps(await openEngine('wasm'), size);
  await steps();
  const { step } = await steps();
  await steps.dispose();
  const peer = `${duration([step])} our wasm engine, tfjs ${describeMachine().packages['@tensorflow/tfjs']}`;
  return { what, ours: duration(ours), peer, ratio: timesAsFast(ours, [step]) };
}
