/**
 * What models cost on this machine: their latency by the plan's protocol and their energy. All models of a study are
 * measured in one session, in turn, in a process of its own; models that differ in nothing that takes time share what was
 * measured of one of them. A session is kept in the store beside the runs, and not in them, since another machine measures
 * something else; it stays until the next one is complete.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { sha256 } from '../digest';
import type { Engine } from '../engine/engine';
import { InputError, TryAgainError } from '../errors';
import { DEFAULT_PRECISION } from '../inference/precision';
import { canonicalJson } from '../json';
import { counted } from '../listed';
import type { LatencyProtocol } from '../resources/latency';
import { describeLoad, disturbanceOf, MOST_SESSIONS } from '../resources/load';
import { describeMachine, type Machine } from '../resources/machine';
import {
  checkBatchFits,
  type MeasurementRequest,
  type MeasurementSetting,
  type ModelLatency,
  type ModelMeasurement,
  measureModels,
} from './measure-model';
import type { Progress } from './progress';
import type { RunStore } from './runs';
import { DamagedFileError, readSealedJson, writeSealedJson } from './sealed';
import { isOfThisSource, quantizationDigest } from './source-digest';
import { latencyFile, type StoreFile } from './store-files';
import type { ModelOfRun, StudyRun } from './study';
import { startWorker } from './worker-process';

/** What one busy core is taken to draw, in watts, where energy cannot be measured: an assumption, not a measurement. */
const ASSUMED_WATTS_PER_CORE = 10;

/** What the measuring process sends back. */
export type MeasurementReply =
  | { readonly measurements: ModelMeasurement[] }
  /** Of the input, in a sentence. */
  | { readonly mistake: string }
  | { readonly failure: string };

/**
 * Measures models in a process of its own, which the heap and the threads of this one do not disturb. It ends with
 * this process, or when the signal says so.
 * @throws InputError for files that cannot be read and settings that cannot be met; TryAgainError where the process is killed;
 * the reason of the signal
 */
export function measureInProcess(
  request: MeasurementRequest,
  signal?: AbortSignal,
): Promise<ModelMeasurement[]> {
  // The memory of a GPU belongs to the process that opened it first.
  if (request.models.some(({ engine }) => engine === 'tensorflow')) return measureModels(request);
  return new Promise((resolve, reject) => {
    const { child, lastWords } = startWorker('measure-process.ts', signal);
    // Where the signal has ended it, what the signal says is the reason, not Node's words on it.
    child.on('error', error => reject(signal?.aborted ? signal.reason : error));
    child.on('close', (code, how) => {
      const why = how === 'SIGKILL' ? ', as where memory runs out' : '';
      reject(
        how === null
          ? new Error(`the measuring process ended with exit code ${code}: ${lastWords()}`)
          : new TryAgainError(`the measuring process was ended by ${how}${why}`),
      );
    });
    child.on('message', (reply: MeasurementReply) => {
      if ('measurements' in reply) resolve(reply.measurements);
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

type NamedModel = ModelOfRun & Pick<StudyRun, 'name'>;

/** A session as it is kept. */
export interface MeasuringSession {
  /** How often these models were measured together; what is kept was disturbed least. */
  readonly attempts: number;
  readonly models: readonly MeasuredModel[];
}

interface MeasuredModel extends ModelOfRun {
  /** Of what its latency depends on: models that share it share the latency. */
  readonly kind: string;
  /** Of each setting. */
  readonly latencies: readonly ModelLatency[];
}

/** Measurements of the models of a study on this machine: made once, where the machine was quiet, then read. */
export class Measurements {
  private readonly machine: Machine;
  /** Files of the sessions that were made here: who compares what a notebook has measured gets one session. */
  private readonly made = new Set<string>();

  constructor(
    private readonly study: StudyToMeasure,
    private readonly measureModels = measureInProcess,
  ) {
    this.machine = describeMachine(study.engine.threads);
  }

  /** Latency by the plan's protocol that is in the store; `null` where no such model was measured here. */
  known(model: ModelOfRun): ModelLatency | null {
    if (!this.study.store.isDone(model.id)) return null;
    return find(this.session([this.ofPlan]), this.kindOf(model))?.latencies[0] ?? null;
  }

  /**
   * Measures models by the plan's protocol, on the test batch of median length, the same for every model: all again where one
   * of them was not measured, or, up to `MOST_SESSIONS` times, where the machine was not quiet.
   * @throws InputError where the test part is smaller than a batch.
   */
  async all(models: readonly NamedModel[], progress: Progress, signal?: AbortSignal): Promise<void> {
    const kinds = new Map<string, NamedModel[]>();
    for (const model of models) {
      const kind = this.kindOf(model);
      kinds.set(kind, [...(kinds.get(kind) ?? []), model]);
    }
    if (!this.mustMeasure([this.ofPlan], [...kinds.keys()])) return;
    progress.update(`measuring the latency of ${counted(kinds.size, 'model')} in turn`);
    await this.in([this.ofPlan], models, signal);
    for (const [{ name, ...model }, ...alike] of kinds.values()) {
      const { meanSeconds, stdSeconds, batchSize, load } = this.known(model)!;
      const others = alike.length > 0 ? ` (and ${alike.length} of the same size)` : '';
      const disturbed = load.quiet ? '' : `; ${describeLoad(load)}`;
      progress.line(
        `${name}${others}: latency ${(meanSeconds * 1000).toFixed(2)} ± ${(stdSeconds * 1000).toFixed(2)} ms a batch of ${batchSize}${disturbed}`,
      );
    }
  }

  /**
   * Measures models in turn in other settings than the plan's, one setting after another; or reads what is known.
   * @returns of each model, of each setting
   */
  async in(
    settings: readonly MeasurementSetting[],
    models: readonly ModelOfRun[],
    signal?: AbortSignal,
  ): Promise<(readonly ModelLatency[])[]> {
    const kinds = models.map(model => this.kindOf(model));
    if (this.mustMeasure(settings, kinds)) await this.measure(settings, models, signal);
    const session = this.session(settings);
    return kinds.map(kind => find(session, kind)!.latencies);
  }

  /** Throws an `InputError` where the test part is smaller than a batch; a study is told so before it trains. */
  check(): void {
    checkBatchFits(this.study.protocol, this.study.sentences.length);
  }

  private mustMeasure(settings: readonly MeasurementSetting[], kinds: readonly string[]): boolean {
    const session = this.session(settings);
    if (kinds.some(kind => !find(session, kind))) return true;
    if (session === null || this.made.has(this.fileOf(settings).path)) return false;
    return disturbance(session) > 1 && session.attempts < MOST_SESSIONS;
  }

  private async measure(
    settings: readonly MeasurementSetting[],
    asked: readonly ModelOfRun[],
    signal?: AbortSignal,
  ): Promise<void> {
    const { store, engine, sentences, maxLength } = this.study;
    const before = this.session(settings);
    const earlier = (before?.models ?? []).filter(
      ({ id }) => store.isDone(id) && store.damageOf(id) === null && isOfThisSource(store.config(id)),
    );
    const models = new Map<string, ModelOfRun>();
    for (const { id, precision = DEFAULT_PRECISION } of [...asked, ...earlier]) {
      const kind = this.kindOf({ id, precision });
      if (!models.has(kind)) models.set(kind, { id, precision });
    }
    const measurements = await this.measureModels(
      {
        models: [...models.values()].map(model => ({
          model: store.modelFolder(model.id),
          precision: model.precision,
          engine: this.engineOf(model).replace(/^eager \((.*)\)$/, '$1'),
        })),
        sentences,
        maxLength,
        threads: engine.threads,
        settings,
        wattsPerCore: ASSUMED_WATTS_PER_CORE,
      },
      signal,
    );
    const measured = [...models].map(([kind, model], m) => ({
      kind,
      ...model,
      latencies: measurements[m].latencies,
    }));
    const isAgain = before !== null && measured.every(({ kind }) => find(before, kind));
    const now: MeasuringSession = { attempts: isAgain ? before.attempts + 1 : 1, models: measured };
    const kept =
      isAgain && disturbance(before) < disturbance(now) ? { ...before, attempts: now.attempts } : now;
    const { path, of } = this.fileOf(settings);
    this.made.add(path);
    writeSealedJson(join(store.folder, path), of, kept);
  }

  /** Models in 8 bits are executed by onnxruntime, whatever the engine of the study. */
  private engineOf({ precision }: ModelOfRun): string {
    return precision === 'int8' ? 'onnx' : this.study.engine.name;
  }

  private get ofPlan(): MeasurementSetting {
    return { protocol: this.study.protocol, length: 'median' };
  }

  /** Digest of what the latency of a model depends on: not its weights, and not what only training looks at. */
  private kindOf({ id, precision }: ModelOfRun): string {
    const config = this.study.store.config(id);
    const { dropout: _, attentionDropout: __, ...model } = config.model ?? {};
    const of = {
      model,
      pieces: 'given' in config ? config.digest : config.tokenizer,
      source: config.source,
      ...(precision === 'int8' && { precision, by: quantizationDigest() }),
    };
    return sha256(canonicalJson(of));
  }

  /** `null` where there is none that can be trusted. */
  private session(settings: readonly MeasurementSetting[]): MeasuringSession | null {
    const { path, of } = this.fileOf(settings);
    const file = join(this.study.store.folder, path);
    if (!existsSync(file)) return null;
    try {
      return readSealedJson<MeasuringSession>(file, of);
    } catch (error) {
      if (!(error instanceof DamagedFileError)) throw error;
      this.study.store.say(`${error.message}: as if it had not been measured`);
      return null;
    }
  }

  private readonly files = new Map<string, StoreFile>();
  /** Of one machine, engine, set of settings and sentences: nothing else is comparable. */
  private fileOf(settings: readonly MeasurementSetting[]): StoreFile {
    const { machine } = this;
    const { engine, sentences, maxLength } = this.study;
    const key = canonicalJson(settings);
    let file = this.files.get(key);
    if (!file) {
      const wattsPerCore = ASSUMED_WATTS_PER_CORE;
      const conditions = { machine, engine: engine.name, settings, wattsPerCore, maxLength, sentences };
      file = latencyFile(sha256(canonicalJson(conditions)).slice(0, 12));
      this.files.set(key, file);
    }
    return file;
  }
}

function find(session: MeasuringSession | null, kind: string): MeasuredModel | undefined {
  return session?.models.find(model => model.kind === kind);
}

/** That of the setting in which it was the largest. */
function disturbance({ models }: MeasuringSession): number {
  return Math.max(...models.flatMap(({ latencies }) => latencies.map(({ load }) => disturbanceOf(load))));
}
