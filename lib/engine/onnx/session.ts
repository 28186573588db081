/** The onnx engine: a program is recorded once for each set of shapes, and onnxruntime executes the recording. */
import type * as Ort from 'onnxruntime-node';
import { InputError } from '../../errors';
import type {
  AnySize,
  Arrays,
  Differentiation,
  Engine,
  Evaluation,
  GraphSession,
  NumericArray,
  OutsideWeights,
  Program,
} from '../engine';
import { dataTypeOf, sizeOf } from '../engine';
import { recordAtAnySize } from './any-size';
import { NO_COPIES } from './graph';
import { fromOrt, graphSession } from './graph-session';
import './kernels';
import { encodeOnnx } from './onnx-graph';
import { gradientOutput, type Recording, record } from './trace';

/** Each padded length is a shape and so a session; more than this many at a time is a sign of unpadded data. */
const MAX_SESSIONS = 24;

/**
 * How long a thread that has nothing to do spins before it sleeps. Between the operations of a small model it is awakened
 * every few microseconds, and spinning saves a seventh of a step. Beside others that want all cores it costs a quarter;
 * onnxruntime's own duration, a millisecond and more, costs them and us half of the time.
 */
const SPIN_MICROSECONDS = '50';

interface Compiled {
  readonly session: Ort.InferenceSession;
  readonly recording: Recording;
}

let ort: typeof Ort;

/** Loaded late: where onnxruntime has no binary for this system, the other engines still work. */
export function loadRuntime(): typeof Ort {
  try {
    ort = require('onnxruntime-node');
  } catch (error) {
    throw new InputError(`engine "onnx" cannot be used here: ${(error as Error).message.split('\n')[0]}`);
  }
  ort.env.logLevel = 'error';
  return ort;
}

/**
 * @param threads threads that share one operation
 * @throws InputError where onnxruntime cannot be loaded
 */
export function onnxEngine(threads: number): Engine {
  loadRuntime();

  /** Sessions of one program by the shapes of its inputs, the least recently used one dropped first; or one for all sizes. */
  function sessionCache(program: Program, gradients: boolean, sizes?: AnySize) {
    const sessions = new Map<string, Compiled>();
    return {
      async of(variables: Arrays, data: Arrays): Promise<Compiled> {
        const key = sizes
          ? 'any size'
          : [...Object.values(variables), ...Object.values(data)].map(({ shape }) => shape.join('×')).join();
        let compiled = sessions.get(key);
        sessions.delete(key);
        if (!compiled) {
          if (sessions.size >= MAX_SESSIONS) {
            const [oldest, { session }] = sessions.entries().next().value as [string, Compiled];
            sessions.delete(oldest);
            await session.release();
          }
          const recording = sizes
            ? recordedAtAnySize(program, sizes, gradients)
            : record(program, variables, data, { gradients });
          compiled = { recording, session: await createSession(recording.model, threads) };
        }
        sessions.set(key, compiled);
        return compiled;
      },
      async dispose() {
        for (const { session } of sessions.values()) await session.release();
        sessions.clear();
      },
    };
  }

  function evaluation(program: Program): Evaluation {
    const cache = sessionCache(program, false);
    return {
      async run(variables, data) {
        const { session } = await cache.of(variables, data);
        return fromOrt(await session.run(feeds(session, variables, data)));
      },
      dispose: () => cache.dispose(),
    };
  }

  function differentiation(program: Program, sizes?: AnySize): Differentiation {
    const cache = sessionCache(program, true, sizes);
    return {
      async run(variables, data, gradients) {
        const variableOf = new Map(Object.keys(variables).map(name => [gradientOutput(name), name]));
        const { session, recording } = await cache.of(variables, data);
        // onnxruntime writes a given tensor in place.
        const fetches: Record<string, Ort.Tensor | null> = { [NO_COPIES]: null };
        const outputs: Record<string, NumericArray> = {};
        for (const [name, shape] of Object.entries(recording.outputs)) {
          const variable = variableOf.get(name);
          if (variable !== undefined) {
            fetches[name] = new ort.Tensor('float32', gradients[variable], variables[variable].shape);
            continue;
          }
          const values = new Float32Array(sizeOf(shape));
          outputs[name] = { shape, values };
          fetches[name] = new ort.Tensor('float32', values, shape);
        }
        await runInPlace(session, feeds(session, variables, data), fetches);
        return outputs;
      },
      dispose: () => cache.dispose(),
    };
  }

  async function openGraph(model: Uint8Array, weights?: OutsideWeights): Promise<GraphSession> {
    return graphSession(ort, await createSession(model, threads, weights));
  }

  return { name: 'onnx', threads, evaluation, differentiation, openGraph };
}

/** One recording for batches of all sizes. Its outputs, gradients apart, are of the same shape at every size. */
function recordedAtAnySize(program: Program, { told, at }: AnySize, gradients: boolean): Recording {
  let outputs: Recording['outputs'] = {};
  const graph = recordAtAnySize(size => {
    const { variables, data } = at(size);
    const recording = record(program, variables, data, { gradients });
    outputs = recording.outputs;
    return recording.model;
  }, told);
  return { model: encodeOnnx(graph), outputs };
}

/**
 * Runs into the given tensors. onnxruntime-node 1.30 would also return a fresh copy of each, which for the gradients of a
 * large model costs a fifth of the step. It converts outputs in the order of the model and stops with an error at one that
 * is no tensor; so `NO_COPIES`, an empty sequence, is the first output of every model that is run here.
 */
async function runInPlace(
  session: Ort.InferenceSession,
  inputs: Record<string, Ort.Tensor>,
  outputs: Record<string, Ort.Tensor | null>,
): Promise<void> {
  try {
    await session.run(inputs, outputs);
  } catch (error) {
    if (!/^Non tensor type/.test((error as Error).message)) throw error;
  }
}

function createSession(
  model: Uint8Array,
  threads: number,
  { bytes = {}, folder }: OutsideWeights = {},
): Promise<Ort.InferenceSession> {
  const externalData = Object.entries(bytes).map(([path, data]) => ({ path, data }));
  const files = folder !== undefined && { model_external_initializers_file_folder_path: folder };
  return ort.InferenceSession.create(model, {
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    logSeverityLevel: 3,
    extra: { session: { intra_op: { spin_duration_us: SPIN_MICROSECONDS }, ...files } },
    ...(externalData.length > 0 && { externalData }),
    // Each shape has a session, and an arena for each would keep the largest step of every one of them.
    enableCpuMemArena: false,
    enableMemPattern: false,
  });
}

/** Only what the recording reads: onnxruntime refuses others. */
function feeds(session: Ort.InferenceSession, ...arrays: Arrays[]): Record<string, Ort.Tensor> {
  const given: Arrays = Object.assign({}, ...arrays);
  return Object.fromEntries(session.inputNames.map(name => [name, toOrt(given[name])]));
}

function toOrt(array: NumericArray): Ort.Tensor {
  return new ort.Tensor(dataTypeOf(array) as 'float32', array.values as Float32Array, array.shape);
}
