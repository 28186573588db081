/**
 * A model at work: encoded sentences in, what it makes of each word out. `InferenceModel.open` is the door of everything that
 * asks a model without training it, at a precision; the batch loop is here once. The onnx engine runs the model's inference
 * graph, which gives what the files of an export give, at the words' first pieces; the others run the forward pass that trains.
 */
import { realpathSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Engine, GraphSession, NumericArray } from '../engine/engine';
import { encodeOnnx } from '../engine/onnx/onnx-graph';
import { InputError } from '../errors';
import type { ModelConfig } from '../model/config';
import type { FilePlace, Parameters } from '../model/parameters';
import {
  forward,
  lookups,
  type Outputs,
  PLACES,
  programData,
  programVariables,
} from '../model/token-classifier';
import type { EncodedSentence } from '../tokenization/align';
import {
  type BatchCosts,
  batchesByLength,
  batchesOfLeastCost,
  type EncodedBatch,
  padBatch,
  placesOf,
} from '../tokenization/batch';
import { graphInputs } from './graph-inputs';
import { withWeightsOutside } from './graph-weights';
import { inferenceGraph } from './inference-graph';
import { DEFAULT_PRECISION, type Precision } from './precision';
import { quantizedGraph } from './quantize';

export interface InferenceOptions {
  /** Default: `fp32`. */
  readonly precision?: Precision;
  /** What it is asked for: logits `[words, C]` (default), or the last layer's output `[words, D]`. */
  readonly output?: keyof Outputs;
}

export interface BatchOptions {
  readonly batchSize: number;
  readonly padId: number;
  readonly signal?: AbortSignal;
  readonly onBatch?: (done: number, total: number) => void;
}

/** How an engine runs one batch: the output `[W, …]` at places among its B · S. */
interface BatchRunner {
  /** How its batches are cut; without it they are as large as they may be, which is best for a GPU. */
  readonly costs?: BatchCosts;
  run(batch: EncodedBatch, places: Int32Array): Promise<NumericArray>;
  dispose(): Promise<void>;
}

/**
 * What lies between two products of 640 rows stays in the cache of a core. At width 768 a sentence of 20 pieces takes 4.5 ms in
 * 2 layers in batches of 320 and 640 pieces, 4.8 ms in those of 1280, 5.1 ms in those of 80, 8.5 ms alone: a batch costs of
 * itself what 10 to 20 pieces do, and more in a narrow model.
 */
const ON_A_PROCESSOR: BatchCosts = { mostPieces: 640, piecesOfBatch: 24 };

/** Of all pieces of a batch, `[B, S, C]`. */
interface Logits {
  readonly values: Float32Array;
  /** C. */
  readonly classes: number;
}

export class InferenceModel {
  private constructor(private readonly runner: BatchRunner) {}

  /**
   * Makes a model ready to be asked; `dispose` frees what the engine made of it.
   * @param parameters on the onnx engine not needed any more once the model is open
   * @throws InputError for a precision that the engine does not have
   */
  static async open(
    engine: Engine,
    config: ModelConfig,
    parameters: Parameters,
    { precision = DEFAULT_PRECISION, output = 'logits' }: InferenceOptions = {},
  ): Promise<InferenceModel> {
    if (engine.openGraph) {
      const graph = inferenceGraph(config, parameters, { output, atPlaces: true });
      const whole = precision === 'int8' ? quantizedGraph(graph, config, { fused: true }) : graph;
      const { folder, places } = onDisk(parameters);
      const { graph: bare, weights: bytes } = withWeightsOutside(whole, places);
      return new InferenceModel(
        graphRunner(await engine.openGraph(encodeOnnx(bare), { bytes, folder }), output),
      );
    }
    if (precision !== 'fp32')
      throw new InputError(
        `precision ${precision} is one of the engine onnx, found the engine ${engine.name}`,
      );
    return new InferenceModel(forwardRunner(engine, config, parameters, output));
  }

  /**
   * A graph that was made elsewhere: it reads what `graphInputs` gives, and its logits `[B, S, C]` are of all pieces.
   * @param run gives these logits
   * @param oneLength whether it is only given sentences of one length together
   */
  static ofGraph(
    run: (batch: EncodedBatch) => Promise<Logits>,
    dispose: () => Promise<void>,
    oneLength: boolean,
  ): InferenceModel {
    const atWords = async (batch: EncodedBatch, places: Int32Array) => {
      const { values, classes } = await run(batch);
      const rows = new Float32Array(places.length * classes);
      places.forEach((place, word) => {
        rows.set(values.subarray(place * classes, (place + 1) * classes), word * classes);
      });
      return { shape: [places.length, classes], values: rows };
    };
    return new InferenceModel({ costs: { ...ON_A_PROCESSOR, oneLength }, run: atWords, dispose });
  }

  /** The output of each sentence at its words' first pieces; words that were cut off have none. */
  async outputs(
    sentences: readonly EncodedSentence[],
    { batchSize, padId, signal, onBatch }: BatchOptions,
  ): Promise<Float32Array[]> {
    const results = new Array<Float32Array>(sentences.length);
    const batches = this.runner.costs
      ? batchesOfLeastCost(sentences, batchSize, this.runner.costs)
      : batchesByLength(sentences, batchSize);
    for (const [index, members] of batches.entries()) {
      signal?.throwIfAborted();
      const values = await this.ofBatch(
        members.map(i => sentences[i]),
        padId,
      );
      values.forEach((value, row) => {
        results[members[row]] = value;
      });
      onBatch?.(index + 1, batches.length);
    }
    return results;
  }

  /** One batch, padded to its longest sentence: what a latency protocol times. */
  async ofBatch(sentences: readonly EncodedSentence[], padId: number): Promise<Float32Array[]> {
    const batch = padBatch(sentences, padId);
    const places = placesOf(sentences, batch);
    if (places.length === 0) return sentences.map(() => new Float32Array(0));
    const { values, shape } = await this.runner.run(batch, places);
    const [, width] = shape;
    let words = 0;
    return sentences.map(({ firstPieces }) => {
      const begin = words * width;
      words += firstPieces.length;
      return (values as Float32Array).slice(begin, words * width);
    });
  }

  dispose(): Promise<void> {
    return this.runner.dispose();
  }
}

/** Parameters that stand on disk as they are, all in one folder, which is what onnxruntime can be told. */
function onDisk(parameters: Parameters): { folder?: string; places: ReadonlyMap<string, FilePlace> } {
  const places = Object.entries(parameters).flatMap(([name, { place }]): [string, FilePlace][] =>
    // The Hub's cache has links: onnxruntime wants the files themselves in the folder.
    place ? [[name, { ...place, file: realpathSync(place.file) }]] : [],
  );
  const [folder, ...others] = new Set(places.map(([, { file }]) => dirname(file)));
  return folder === undefined || others.length > 0
    ? { places: new Map() }
    : { folder, places: new Map(places) };
}

function graphRunner(session: GraphSession, output: keyof Outputs): BatchRunner {
  return {
    costs: ON_A_PROCESSOR,
    async run(batch, places) {
      const values = BigInt64Array.from(places, BigInt);
      const data = { ...graphInputs(batch), [PLACES]: { shape: [places.length], values } };
      return (await session.run(data))[output];
    },
    dispose: () => session.dispose(),
  };
}

function forwardRunner(
  engine: Engine,
  config: ModelConfig,
  parameters: Parameters,
  output: keyof Outputs,
): BatchRunner {
  const evaluation = engine.evaluation((variables, data) => ({
    [output]: forward(config, variables, data)[output],
  }));
  return {
    async run(batch, places) {
      const variables = programVariables(parameters, lookups(config, batch));
      return (await evaluation.run(variables, programData(batch, places)))[output];
    },
    dispose: () => evaluation.dispose(),
  };
}
