/** Which engine a name means here. `auto` takes a GPU where one can be used, else onnx, else wasm, else plain tfjs. */
import { cpus } from 'node:os';
import { InputError } from '../errors';
import { type EagerBackend, eagerEngine } from './eager';
import type { Engine } from './engine';

export const ENGINE_NAMES = ['auto', 'onnx', 'tensorflow', 'wasm', 'cpu'] as const;
export type EngineName = (typeof ENGINE_NAMES)[number];

export interface EngineOptions {
  /** Threads of the onnx engine; default: all cores. */
  threads?: number;
}

/** Opens an engine; an `InputError` says why the one that was asked for cannot be used. */
export async function openEngine(name: string = 'auto', options: EngineOptions = {}): Promise<Engine> {
  if (!(ENGINE_NAMES as readonly string[]).includes(name))
    throw new InputError(`unknown engine "${name}": expected one of ${ENGINE_NAMES.join(', ')}`);
  const threads = options.threads ?? cpus().length;
  if (name === 'onnx') return openOnnx(threads);
  if (name !== 'auto') return eagerEngine(name as EagerBackend);
  const candidates = [
    () => gpuEngine(),
    () => openOnnx(threads),
    () => eagerEngine('wasm'),
    () => eagerEngine('cpu'),
  ];
  for (const open of candidates) {
    const engine = await open().catch(() => undefined);
    if (engine) return engine;
  }
  throw new InputError('no engine can be used here: even tfjs on the CPU does not start');
}

async function openOnnx(threads: number): Promise<Engine> {
  // Loaded late: where onnxruntime has no binary for this system, the other engines still work.
  const { onnxEngine } = await import('./onnx/session');
  return onnxEngine(threads);
}

/** TensorFlow only where it sees a GPU: on a CPU, onnxruntime is the faster of the two. */
async function gpuEngine(): Promise<Engine | undefined> {
  const engine = await eagerEngine('tensorflow');
  const tf = await import('@tensorflow/tfjs');
  const backend = tf.backend() as { isUsingGpuDevice?: boolean };
  return backend.isUsingGpuDevice ? engine : undefined;
}
