/**
 * What a finished run's model costs on this machine: its latency by the plan's protocol and its energy, measured in a
 * process of its own and kept in the store beside the run. It is not in the run, since another machine measures
 * something else.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { sha256 } from '../digest';
import type { Engine } from '../engine/engine';
import { InputError } from '../errors';
import { canonicalJson } from '../json';
import type { LatencyProtocol } from '../resources/latency';
import { describeLoad } from '../resources/load';
import { describeMachine, type Machine } from '../resources/machine';
import {
  checkBatchFits,
  type MeasurementRequest,
  type MeasurementSetting,
  type ModelLatency,
  type ModelMeasurement,
  measureModel,
} from './measure-model';
import type { Progress } from './progress';
import type { RunStore } from './runs';
import { DamagedFileError, readSealedJson, writeSealedJson } from './sealed';
import { quantizationDigest } from './source-digest';
import { latencyFile, type StoreFile } from './store-files';
import type { ModelOfRun, StudyRun } from './study';
import { startWorker } from './worker-process';

/** What one busy core is taken to draw, in watts, where energy cannot be measured: an assumption, not a measurement. */
const ASSUMED_WATTS_PER_CORE = 10;

/** What the measuring process sends back. */
export type MeasurementReply =
  | { readonly measurement: ModelMeasurement }
  /** Of the input, in a sentence. */
  | { readonly mistake: string }
  | { readonly failure: string };

/**
 * Measures a model in a process of its own, which the heap and the threads of this one do not disturb. It ends with
 * this process, or when the signal says so.
 * @throws InputError for files that cannot be read and settings that cannot be met.
 */
export function measureInProcess(
  request: MeasurementRequest,
  signal?: AbortSignal,
): Promise<ModelMeasurement> {
  // The memory of a GPU belongs to the process that opened it first.
  if (request.engine === 'tensorflow') return measureModel(request);
  return new Promise((resolve, reject) => {
    const { child, lastWords } = startWorker('measure-process.ts', signal);
    child.on('error', reject);
    child.on('close', (code, how) =>
      reject(new Error(`the measuring process ended (${how ?? `exit code ${code}`}): ${lastWords()}`)),
    );
    child.on('message', (reply: MeasurementReply) => {
      if ('measurement' in reply) resolve(reply.measurement);
      else reject('mistake' in reply ? new InputError(reply.mistake) : new Error(reply.failure));
    });
    child.send(request);
  });
}

/** Of a study, what measuring its models needs. */
export interface StudyToMeasure {
  readonly store: RunStore;
  readonly engine: Engine;
  readonly protocol: LatencyProtocol;
  /** The words of the test part, from which batches are taken. */
  readonly sentences: readonly (readonly string[])[];
  /** Longest sequence in pieces. */
  readonly maxLength: number;
}

/** Measurements of the runs of a study on this machine: made once, then read. */
export class Measurements {
  private readonly machine: Machine;

  constructor(private readonly study: StudyToMeasure) {
    this.machine = describeMachine(study.engine.threads);
  }

  /** Latency by the plan's protocol that is in the store of a run; `null` where it was not measured here. */
  known(model: ModelOfRun): ModelLatency | null {
    return this.read(model, [this.ofPlan])?.[0] ?? null;
  }

  /**
   * Latency of a run's model by the plan's protocol, on the test batch of median length, the same for every model.
   * @throws InputError where the test part is smaller than a batch.
   */
  async of(
    run: ModelOfRun & Pick<StudyRun, 'name'>,
    progress: Progress,
    signal?: AbortSignal,
  ): Promise<ModelLatency> {
    const known = this.known(run);
    if (known) return known;
    progress.update(`${run.name}: measuring latency`);
    const [latency] = await this.in([this.ofPlan], run, signal);
    const { meanSeconds, stdSeconds, batchSize, load } = latency;
    const disturbed = load.quiet ? '' : `; ${describeLoad(load)}`;
    progress.line(
      `${run.name}: latency ${(meanSeconds * 1000).toFixed(2)} ± ${(stdSeconds * 1000).toFixed(2)} ms a batch of ${batchSize}${disturbed}`,
    );
    return latency;
  }

  /** Measures a run's model in other settings than the plan's, one after another; or reads what is known. */
  async in(
    settings: readonly MeasurementSetting[],
    model: ModelOfRun,
    signal?: AbortSignal,
  ): Promise<readonly ModelLatency[]> {
    const known = this.read(model, settings);
    if (known) return known;
    const { store, engine, sentences, maxLength } = this.study;
    const request: MeasurementRequest = {
      model: store.modelFolder(model.id),
      precision: model.precision,
      sentences,
      maxLength,
      engine: this.engineOf(model).replace(/^eager \((.*)\)$/, '$1'),
      threads: engine.threads,
      settings,
      wattsPerCore: ASSUMED_WATTS_PER_CORE,
    };
    const { latencies } = await measureInProcess(request, signal);
    const { path, of } = this.fileOf(model, settings);
    writeSealedJson(join(store.folder, path), of, { latencies });
    return latencies;
  }

  /** Throws an `InputError` where the test part is smaller than a batch; a study is told so before it trains. */
  check(): void {
    checkBatchFits(this.study.protocol, this.study.sentences.length);
  }

  /** Models in 8 bits are executed by onnxruntime, whatever the engine of the study. */
  private engineOf({ precision }: ModelOfRun): string {
    return precision === 'int8' ? 'onnx' : this.study.engine.name;
  }

  private get ofPlan(): MeasurementSetting {
    return { protocol: this.study.protocol, length: 'median' };
  }

  private read(model: ModelOfRun, settings: readonly MeasurementSetting[]): readonly ModelLatency[] | null {
    const { path, of } = this.fileOf(model, settings);
    const file = join(this.study.store.folder, path);
    if (!existsSync(file)) return null;
    try {
      return readSealedJson<{ readonly latencies: readonly ModelLatency[] }>(file, of).latencies;
    } catch (error) {
      if (!(error instanceof DamagedFileError)) throw error;
      this.study.store.say(`${error.message}: as if it had not been measured`);
      return null;
    }
  }

  /** Of one machine, engine, precision and set of settings: nothing else is comparable. */
  private fileOf(model: ModelOfRun, settings: readonly MeasurementSetting[]): StoreFile {
    const { id, precision } = model;
    const conditions = {
      machine: this.machine,
      engine: this.engineOf(model),
      settings,
      wattsPerCore: ASSUMED_WATTS_PER_CORE,
      ...(precision === 'int8' && { precision, by: quantizationDigest() }),
    };
    const key = sha256(canonicalJson(conditions)).slice(0, 12);
    return latencyFile(key, id);
  }
}
