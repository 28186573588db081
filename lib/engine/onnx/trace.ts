/**
 * A tfjs backend that computes nothing: its kernels (kernels.ts) record each operation of a program as a node of an
 * ONNX graph. tfjs's own differentiation runs over the same tape, so the backward pass is recorded with the forward.
 */
import * as tf from '@tensorflow/tfjs';
import { InputError } from '../../errors';
import { valueAndGradients } from '../eager';
import type { Arrays, Program, Tensors } from '../engine';
import { dataTypeOf, sizeOf } from '../engine';
import { type ElementType, Graph } from './graph';

export const TRACE_BACKEND = 'onnx-trace';

/**
 * What stands behind a tensor while tracing: a value of the graph, or numbers that become a constant when read: `values`, or
 * the one that all elements have.
 */
interface Traced {
  readonly shape: number[];
  readonly dtype: tf.DataType;
  name?: string;
  values?: tf.backend_util.BackendValues;
  /** All elements have this value; lets kernels simplify (a product with ones is no product). */
  fill?: number;
  /** Of a product of matrices: the same times a factor, which the product takes along for nothing. */
  times?: (factor: number) => tf.TensorInfo;
  /** Tensors that stand for this value: tfjs counts a tensor as live until the last of them is disposed. */
  references?: number;
}

/** The tracing backend: keeps for each tensor of the current recording what it stands for. */
class TraceBackend extends tf.KernelBackend {
  graph = new Graph();
  private traced = new Map<object, Traced>();

  /** Starts a new recording and forgets the last. */
  begin(): Graph {
    this.graph = new Graph();
    this.traced = new Map();
    return this.graph;
  }

  add(entry: Traced): tf.TensorInfo {
    const dataId = {} as tf.DataId;
    this.traced.set(dataId, entry);
    return { dataId, shape: entry.shape, dtype: entry.dtype };
  }

  get(info: tf.TensorInfo): Traced {
    const entry = this.traced.get(info.dataId);
    if (!entry) throw new Error('a tensor made outside of the program was used in it: pass it in as data');
    return entry;
  }

  /** The graph's name of a tensor; numbers become a constant at their first use. */
  nameOf(info: tf.TensorInfo): string {
    const entry = this.get(info);
    entry.name ??= this.constant(entry);
    return entry.name;
  }

  private constant({ dtype, shape, values, fill }: Traced): string {
    const { graph } = this;
    if (values) return graph.constant(dtype as ElementType, values as Float32Array, shape);
    if (shape.length === 0) return graph.scalar(fill!, dtype as ElementType);
    // Not written out: a graph for any size has no constants of a batch's size.
    return graph.node('Expand', [graph.scalar(fill!, dtype as ElementType), graph.integers(shape)]);
  }

  // What tfjs asks of a backend.
  override write(values: tf.backend_util.BackendValues, shape: number[], dtype: tf.DataType): tf.DataId {
    const numbers = values as Float32Array;
    const fill = numbers.every(number => number === numbers[0]) ? numbers[0] : undefined;
    return this.add({ shape, dtype, values: fill === undefined ? values : undefined, fill })
      .dataId as tf.DataId;
  }
  override move(
    dataId: tf.DataId,
    values: tf.backend_util.BackendValues,
    shape: number[],
    dtype: tf.DataType,
  ): void {
    this.traced.set(dataId, { shape, dtype, values });
  }
  override readSync(dataId: tf.DataId): tf.backend_util.BackendValues {
    const { values, fill, shape } = this.traced.get(dataId) ?? {};
    if (fill !== undefined) return new Float32Array(sizeOf(shape!)).fill(fill);
    if (!values) throw new Error('a program read the value of a tensor; while it is recorded there is none');
    return values;
  }
  override async read(dataId: tf.DataId): Promise<tf.backend_util.BackendValues> {
    return this.readSync(dataId);
  }
  override disposeData(dataId: tf.DataId): boolean {
    this.decRef(dataId);
    return this.refCount(dataId) === 0;
  }
  override incRef(dataId: tf.DataId): void {
    const entry = this.traced.get(dataId);
    if (entry) entry.references = this.refCount(dataId) + 1;
  }
  decRef(dataId: tf.DataId): void {
    const entry = this.traced.get(dataId);
    if (entry) entry.references = this.refCount(dataId) - 1;
  }
  override refCount(dataId: tf.DataId): number {
    const entry = this.traced.get(dataId);
    return entry ? (entry.references ?? 1) : 0;
  }
  override numDataIds(): number {
    return this.traced.size;
  }
  override floatPrecision(): 32 {
    return 32;
  }
  override epsilon(): number {
    return 1e-7;
  }
  override memory() {
    return { unreliable: true, reasons: [] };
  }
}

export const tracer = new TraceBackend();
// Priority 0: tfjs never picks it by itself.
tf.registerBackend(TRACE_BACKEND, () => tracer, 0);

/** A recorded program, ready for onnxruntime. */
export interface Recording {
  readonly model: Uint8Array;
  /** Names of the program's outputs and their shapes; gradients are outputs named `d variable`. */
  readonly outputs: Readonly<Record<string, readonly number[]>>;
}

export const gradientOutput = (variable: string): string => `d ${variable}`;

/** Records a program at the shapes of the given arrays; their values are not looked at. */
export function record(
  program: Program,
  variables: Arrays,
  data: Arrays,
  options: { gradients: boolean },
): Recording {
  // None is set before the first operation; what comes after a recording must not land in it.
  const before = tf.getBackend() || 'cpu';
  void tf.setBackend(TRACE_BACKEND);
  try {
    return tf.tidy(() => {
      const graph = tracer.begin();
      const placeholders = (arrays: Arrays): Tensors =>
        Object.fromEntries(
          Object.entries(arrays).map(([name, array]) => {
            const dtype = dataTypeOf(array);
            graph.input(name, dtype, array.shape);
            const { dataId, shape } = tracer.add({ name, shape: [...array.shape], dtype });
            return [name, tf.engine().makeTensorFromDataId(dataId, shape, dtype)];
          }),
        );
      const [x, d] = [placeholders(variables), placeholders(data)];
      const results: Record<string, tf.Tensor> = {};
      if (options.gradients) {
        const { outputs, gradients } = valueAndGradients(program, x, d);
        Object.assign(results, outputs);
        for (const [name, gradient] of Object.entries(gradients)) results[gradientOutput(name)] = gradient;
      } else Object.assign(results, program(x, d));
      const taken = Object.keys(results).find(name => name in x || name in d);
      if (taken !== undefined)
        throw new InputError(`a program calls what it gives "${taken}", which is the name of what it reads`);

      const outputs = Object.entries(results).map(([name, tensor]) => [
        name,
        { name: tracer.nameOf(tensor), type: tensor.dtype as 'float32', shape: tensor.shape },
      ]);
      const model = graph.serialise(Object.fromEntries(outputs), { noCopies: options.gradients });
      const shapes = Object.fromEntries(Object.entries(results).map(([name, { shape }]) => [name, shape]));
      tf.dispose(results);
      return { model, outputs: shapes } as Recording & tf.TensorContainerObject;
    });
  } catch (error) {
    const [, operation] =
      /^Kernel '(\w+)' not registered for backend 'onnx-trace'/.exec((error as Error).message) ?? [];
    if (operation === undefined) throw error;
    throw new InputError(
      `the onnx engine does not have the operation ${operation} of tfjs: another way to write it, or --engine cpu (docs/extending.md)`,
    );
  } finally {
    tracer.begin();
    void tf.setBackend(before);
  }
}
