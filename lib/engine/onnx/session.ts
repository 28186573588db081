/** The onnx engine: a program is recorded once for each set of shapes, and onnxruntime executes the recording. */
import type * as Ort from 'onnxruntime-node';
import { InputError } from '../../errors';
import type { Arrays, Differentiation, Engine, Evaluation, NumericArray, Program } from '../engine';
import { dataTypeOf, sizeOf } from '../engine';
import './kernels';
import { gradientOutput, type Recording, record } from './trace';

/** Each padded length is a shape and so a session; more than this many at a time is a sign of unpadded data. */
const MAX_SESSIONS = 24;

interface Compiled {
  readonly session: Ort.InferenceSession;
  readonly recording: Recording;
}

let ort: typeof Ort;

/** Loaded late: where onnxruntime has no binary for this system, the other engines still work. */
function loadRuntime(): void {
  try {
    ort = require('onnxruntime-node');
  } catch (error) {
    throw new InputError(`engine "onnx" cannot be used here: ${(error as Error).message.split('\n')[0]}`);
  }
  ort.env.logLevel = 'error';
}

/**
 * @param threads threads that share one operation
 * @throws InputError where onnxruntime cannot be loaded
 */
export function onnxEngine(threads: number): Engine {
  loadRuntime();

  /** Sessions of one program by the shapes of its inputs, the least recently used one dropped first. */
  function sessionCache(program: Program, gradients: boolean) {
    const sessions = new Map<string, Compiled>();
    return {
      async of(variables: Arrays, data: Arrays): Promise<Compiled> {
        const key = [...Object.values(variables), ...Object.values(data)]
          .map(({ shape }) => shape.join('×'))
          .join();
        let compiled = sessions.get(key);
        sessions.delete(key);
        if (!compiled) {
          if (sessions.size >= MAX_SESSIONS) {
            const [oldest, { session }] = sessions.entries().next().value as [string, Compiled];
            sessions.delete(oldest);
            await session.release();
          }
          const recording = record(program, variables, data, { gradients });
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

  function differentiation(program: Program): Differentiation {
    const cache = sessionCache(program, true);
    return {
      async run(variables, data, gradients) {
        const variableOf = new Map(Object.keys(variables).map(name => [gradientOutput(name), name]));
        const { session, recording } = await cache.of(variables, data);
        const fetches: Record<string, Ort.Tensor | null> = {};
        for (const [name, shape] of Object.entries(recording.outputs)) {
          // onnxruntime writes a given tensor in place.
          const variable = variableOf.get(name);
          fetches[name] =
            variable !== undefined ? new ort.Tensor('float32', gradients[variable], shape) : null;
        }
        const results = await session.run(feeds(session, variables, data), fetches);
        for (const output of variableOf.keys()) delete (results as Record<string, unknown>)[output];
        return fromOrt(results);
      },
      dispose: () => cache.dispose(),
    };
  }

  return { name: 'onnx', threads, evaluation, differentiation };
}

function createSession(model: Uint8Array, threads: number): Promise<Ort.InferenceSession> {
  return ort.InferenceSession.create(model, {
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    logSeverityLevel: 3,
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

function fromOrt(results: Ort.InferenceSession.OnnxValueMapType): Arrays {
  return Object.fromEntries(
    Object.entries(results).map(([name, value]) => {
      const tensor = value as Ort.Tensor;
      const values = tensor.data as Float32Array | Int32Array;
      return [name, { shape: tensor.dims, values: values.subarray(0, sizeOf(tensor.dims)) as Float32Array }];
    }),
  );
}
