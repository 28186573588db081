/**
 * Measures saved models on this machine, in this process, in turn: latency by the protocol for each setting, energy of the
 * timed batches, and apart from them tokenisation and the making of sessions. `measurement.ts` runs it in a process of its own.
 */
import { LabelSet } from '../corpus/labels';
import { openEngine } from '../engine/select';
import { InputError } from '../errors';
import { InferenceModel } from '../inference/inference-model';
import { DEFAULT_PRECISION, type Precision } from '../inference/precision';
import { loadCheckpoint, tokenizerBeside } from '../model/checkpoint';
import { type Energy, EnergyMeter, measureIdleWatts } from '../resources/energy';
import {
  checkProtocol,
  type LatencyProtocol,
  type LatencySummary,
  measureInTurn,
} from '../resources/latency';
import { type MachineLoad, watchLoad } from '../resources/load';
import { type EncodedSentence, encodeSplit } from '../tokenization/align';
import { batchesByLength } from '../tokenization/batch';
import type { SpecialTokens } from '../tokenization/tokenizer';
import { numberOfParameters } from './model-size';

/**
 * Which batches are timed. `real`: the sentences in the order of their corpus, one batch after another and round again.
 * `median`: always the same one, of median length. A number: always the same one, of pieces of the corpus strung together
 * to sequences of just this length, `[CLS]` and `[SEP]` included.
 */
export type BatchLength = 'real' | 'median' | number;

export interface MeasurementSetting {
  readonly protocol: LatencyProtocol;
  readonly length: BatchLength;
}

export interface ModelToMeasure {
  /** Folder with `config.json`, `model.safetensors` and a tokenizer. */
  readonly model: string;
  readonly engine: string;
  /** Default `fp32`. */
  readonly precision?: Precision;
}

export interface MeasurementRequest {
  /** All are in memory at once, and take turns. */
  readonly models: readonly ModelToMeasure[];
  /** The words of the sentences from which batches are taken, the test part. */
  readonly sentences: readonly (readonly string[])[];
  /** Longest sequence in pieces; `null` is what the model can take. */
  readonly maxLength: number | null;
  /** Of the onnx engine; `null` is all cores. */
  readonly threads: number | null;
  readonly settings: readonly MeasurementSetting[];
  /** For the estimate of energy where it cannot be measured. */
  readonly wattsPerCore: number;
}

/** Latency and energy of one setting. */
export interface ModelLatency extends LatencySummary {
  /** When the session began in which it was measured, in ISO 8601: only latencies of one session are paired. */
  readonly session: string;
  readonly length: BatchLength;
  /** Lengths, in pieces, that the timed batches were padded to, ascending. */
  readonly paddedLengths: readonly number[];
  /** Seconds to make the model ready, which is done once for batches of all sizes. */
  readonly sessionSeconds: number;
  /** Seconds to tokenise as many sentences as a batch has, on average over all of them; a word is looked up once. */
  readonly tokenizationSeconds: number;
  /** Of the timed batches. */
  readonly energy: Energy;
  readonly joulesPer1000Sentences: number;
  /** What else the machine did while all models were measured in this setting. */
  readonly load: MachineLoad;
}

export interface ModelMeasurement {
  readonly model: string;
  readonly parameters: number;
  readonly engine: string;
  readonly threads: number;
  readonly precision: Precision;
  /** Seconds to read the model's files. */
  readonly readingSeconds: number;
  /** One for each setting that was asked for. */
  readonly latencies: readonly ModelLatency[];
}

/**
 * A session: in each setting all models take turns.
 * @returns of each model, in their order
 * @throws InputError for files that cannot be read and settings that cannot be met, before anything is timed.
 */
export async function measureModels(request: MeasurementRequest): Promise<ModelMeasurement[]> {
  const { sentences, settings, threads, wattsPerCore } = request;
  for (const { protocol } of settings) checkBatchFits(protocol, sentences.length);
  if (threads !== null && threads < 1)
    throw new InputError(`the engine has ${threads} threads, expected at least 1`);
  if (!(wattsPerCore > 0)) throw new InputError(`a busy core draws ${wattsPerCore} W, expected more than 0`);
  const session = new Date().toISOString();
  const models: OpenModel[] = [];
  for (const model of request.models) models.push(await openModel(model, request));
  const idleWatts = await measureIdleWatts({ wattsPerCore });
  const latencies: ModelLatency[][] = models.map(() => []);
  for (const [s, { protocol, length }] of settings.entries()) {
    const runs = models.map(
      ({ batches, inference, padId }) =>
        async (batch: number) =>
          void (await inference.ofBatch(batches[s][batch % batches[s].length], padId)),
    );
    const meters: EnergyMeter[] = [];
    const onRepeat = (m: number) => {
      if (meters[m]) meters[m].resume();
      else meters[m] = new EnergyMeter({ wattsPerCore, idleWatts });
      return () => meters[m].pause();
    };
    const endLoad = watchLoad();
    const summaries = await measureInTurn(runs, protocol, { onRepeat });
    const load = endLoad();
    for (const [m, summary] of summaries.entries()) {
      const { batches, sessionSeconds, tokenizationSeconds } = models[m];
      const energy = meters[m].stop();
      const timedSentences = summary.repeats * summary.batches * summary.batchSize;
      latencies[m].push({
        ...summary,
        session,
        length,
        paddedLengths: [...new Set(batches[s].map(longest))].sort((a, b) => a - b),
        sessionSeconds,
        tokenizationSeconds: tokenizationSeconds * summary.batchSize,
        energy,
        joulesPer1000Sentences: (1000 * energy.joules) / timedSentences,
        load,
      });
    }
  }
  for (const { inference } of models) await inference.dispose();
  return models.map(({ measured }, m) => ({ ...measured, latencies: latencies[m] }));
}

interface OpenModel {
  readonly inference: InferenceModel;
  readonly padId: number;
  /** Of each setting. */
  readonly batches: readonly EncodedSentence[][][];
  readonly sessionSeconds: number;
  /** Of a sentence, on average. */
  readonly tokenizationSeconds: number;
  readonly measured: Omit<ModelMeasurement, 'latencies'>;
}

async function openModel(
  { model, engine: engineName, precision = DEFAULT_PRECISION }: ModelToMeasure,
  { sentences, settings, threads: asked, maxLength: most }: MeasurementRequest,
): Promise<OpenModel> {
  const engine = await openEngine(engineName, { threads: asked ?? undefined });
  const reading = stopwatch();
  const { config, parameters } = loadCheckpoint(model, { onDemand: engine.openGraph !== undefined });
  const readingSeconds = reading();
  const tokenizer = tokenizerBeside(model, config);
  const maxLength = Math.min(most ?? config.maxPositions, config.maxPositions);

  const tokenizing = stopwatch();
  const unlabelled = sentences.map(words => ({ words, tags: words.map(() => 'O'), document: 0 }));
  const encoded = encodeSplit(unlabelled, tokenizer, new LabelSet([]), maxLength).sentences;
  const tokenizationSeconds = tokenizing() / sentences.length;
  const batches = settings.map(setting => batchesOf(setting, encoded, tokenizer.special, maxLength));

  const opening = stopwatch();
  const inference = await InferenceModel.open(engine, config, parameters, { precision });
  const sessionSeconds = opening();
  const parameterCount = numberOfParameters(config);
  const { name, threads } = engine;
  const measured = { model, parameters: parameterCount, engine: name, threads, precision, readingSeconds };
  return { inference, padId: tokenizer.special.pad, batches, sessionSeconds, tokenizationSeconds, measured };
}

/** @throws InputError for a protocol that times nothing, or a batch that the sentences do not fill. */
export function checkBatchFits(protocol: LatencyProtocol, sentences: number): void {
  checkProtocol(protocol);
  if (protocol.batchSize > sentences)
    throw new InputError(
      `latency protocol: a batch of ${protocol.batchSize} is larger than the test part (${sentences} sentences)`,
    );
}

/** The batches of a setting, full ones only. */
function batchesOf(
  { length, protocol: { batchSize } }: MeasurementSetting,
  sentences: readonly EncodedSentence[],
  special: SpecialTokens,
  maxLength: number,
): EncodedSentence[][] {
  if (length === 'median') {
    const full = batchesByLength(sentences, batchSize).filter(batch => batch.length === batchSize);
    return [full[Math.floor(full.length / 2)].map(i => sentences[i])];
  }
  if (length === 'real')
    return Array.from({ length: Math.floor(sentences.length / batchSize) }, (_, i) =>
      sentences.slice(i * batchSize, (i + 1) * batchSize),
    );
  return [
    Array.from({ length: batchSize }, (_, row) => sequenceOf(length, row, sentences, special, maxLength)),
  ];
}

/** A sequence of so many pieces, taken from the sentences one after another; each row begins elsewhere. */
function sequenceOf(
  length: number,
  row: number,
  sentences: readonly EncodedSentence[],
  special: SpecialTokens,
  maxLength: number,
): EncodedSentence {
  if (!Number.isInteger(length) || length < 3 || length > maxLength)
    throw new InputError(
      `latency: sequences of ${length} pieces were asked for, expected a whole number from 3 to the model's ${maxLength}`,
    );
  if (!sentences.some(({ firstPieces }) => firstPieces.length > 0))
    throw new InputError(
      `latency: no sentence begins with a word of at most ${maxLength - 2} pieces, so that nothing fills a sequence of ${length}`,
    );
  const pieces: number[] = [];
  for (let i = row; pieces.length < length - 2; i++)
    pieces.push(...sentences[i % sentences.length].ids.subarray(1, -1));
  const ids = Int32Array.from([special.start, ...pieces.slice(0, length - 2), special.end]);
  const firstPieces = Int32Array.from({ length: length - 2 }, (_, i) => i + 1);
  return { ids, firstPieces, labels: new Int32Array(length - 2) };
}

function longest(sentences: readonly EncodedSentence[]): number {
  return Math.max(...sentences.map(({ ids }) => ids.length));
}

/** Starts now; gives the seconds since. */
function stopwatch(): () => number {
  const start = performance.now();
  return () => (performance.now() - start) / 1000;
}
