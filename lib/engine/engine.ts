/**
 * What an engine is: something that evaluates a *program*, a pure function over named tensors written in tfjs
 * operations, and its gradients. Models, losses and the trainer know this interface and no engine in particular.
 */
import type { Tensor } from '@tensorflow/tfjs';

/** Numbers outside of any engine: row-major values and their shape. The class of the array is the data type. */
export interface NumericArray {
  readonly shape: readonly number[];
  readonly values: Float32Array | Int32Array;
}
export type Arrays = Readonly<Record<string, NumericArray>>;
export type Tensors = Readonly<Record<string, Tensor>>;

/**
 * A pure function over named tensors: `variables` are what one differentiates by, `data` is the rest.
 * It must not read tensor values, since an engine may run it once to record it and then execute the recording.
 */
export type Program = (variables: Tensors, data: Tensors) => Tensors;

/** Runs a program: outputs by name. */
export interface Evaluation {
  run(variables: Arrays, data: Arrays): Promise<Arrays>;
  dispose(): Promise<void>;
}

/** How large a batch is. */
export interface BatchSize {
  /** B, sentences. */
  readonly batch: number;
  /** S, pieces of each. */
  readonly length: number;
  /** W, places of the batch whose outputs are asked for. */
  readonly places: number;
}

/** What a program reads at every size of a batch, so that an engine can prepare it once for all sizes. */
export interface AnySize {
  /** Names of the data that tell the size: one of shape `[B, S]`, one of shape `[W]`. */
  readonly told: { readonly tokens: string; readonly places: string };
  /** Shapes and data types at a size; the values may be empty. */
  at(size: BatchSize): { readonly variables: Arrays; readonly data: Arrays };
}

/** Runs a program whose scalar output `loss` is differentiated by every variable. */
export interface Differentiation {
  /**
   * @param gradients where the gradient of each variable is written, arrays of the variables' sizes
   * @returns the program's outputs, `loss` among them
   */
  run(variables: Arrays, data: Arrays, gradients: Readonly<Record<string, Float32Array>>): Promise<Arrays>;
  dispose(): Promise<void>;
}

export interface Engine {
  /** Such as `onnx` or `eager (wasm)`; part of a run's identity. */
  readonly name: string;
  readonly threads: number;
  /** What a user should know, such as why a faster engine could not be used. */
  readonly note?: string;
  evaluation(program: Program): Evaluation;
  /** @param sizes without them the program is prepared anew for each set of shapes */
  differentiation(program: Program, sizes?: AnySize): Differentiation;
  /**
   * Only of an engine that runs ONNX graphs: makes a file's bytes ready to run, which lays its weights out once.
   * @param weights constants that stand outside of it: bytes by name, and the folder of the files that it names
   */
  openGraph?(model: Uint8Array, weights?: OutsideWeights): Promise<GraphSession>;
}

export interface OutsideWeights {
  readonly bytes?: Readonly<Record<string, Uint8Array>>;
  readonly folder?: string;
}

/** A graph with its weights, for inputs of all sizes that it takes. */
export interface GraphSession {
  /** @param data 64-bit whole numbers by name; what the graph does not read is passed over */
  run(data: Readonly<Record<string, IntegerArray>>): Promise<Arrays>;
  dispose(): Promise<void>;
}

export interface IntegerArray {
  readonly shape: readonly number[];
  readonly values: BigInt64Array;
}

/** The data type that tfjs and ONNX give to an array. */
export function dataTypeOf(array: NumericArray): 'float32' | 'int32' {
  return array.values instanceof Float32Array ? 'float32' : 'int32';
}

/** Number of elements of a shape. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}
