/** Which engine a name means here. `auto` takes a GPU where one can be used, else onnx, else wasm, else plain tfjs. */
import { availableParallelism } from 'node:os';
import * as tf from '@tensorflow/tfjs';
import { InputError } from '../errors';
import { type EagerBackend, eagerEngine } from './eager';
import type { Engine } from './engine';
import { onnxEngine } from './onnx/session';

export const ENGINE_NAMES = ['auto', 'onnx', 'tensorflow', 'wasm', 'cpu'] as const;

export interface EngineOptions {
  /** Threads of the onnx engine; default: all cores. */
  threads?: number;
}

/** Opens an engine; an `InputError` says why the one that was asked for cannot be used. */
export async function openEngine(name: string = 'auto', options: EngineOptions = {}): Promise<Engine> {
  if (!(ENGINE_NAMES as readonly string[]).includes(name))
    throw new InputError(`unknown engine "${name}": expected one of ${ENGINE_NAMES.join(', ')}`);
  const threads = options.threads ?? availableParallelism();
  if (name === 'onnx') return onnxEngine(threads);
  if (name !== 'auto') return eagerEngine(name as EagerBackend);
  const gpu = await gpuEngine();
  if (gpu) return gpu;
  try {
    return onnxEngine(threads);
  } catch (error) {
    const note = `${(error as Error).message}; the slower tfjs is used instead`;
    return { ...(await eagerEngine('wasm').catch(() => eagerEngine('cpu'))), note };
  }
}

/** TensorFlow only where it sees a GPU: on a CPU, onnxruntime is the faster of the two. */
async function gpuEngine(): Promise<Engine | undefined> {
  const engine = await eagerEngine('tensorflow').catch(() => undefined);
  const isUsingGpu = engine && (tf.backend() as { isUsingGpuDevice?: boolean }).isUsingGpuDevice;
  return isUsingGpu ? engine : undefined;
}
