/** The eager engine: tfjs executes a program operation by operation on one of its own backends. */
import * as tf from '@tensorflow/tfjs';
import { InputError } from '../errors';
import { registerOwnKernels } from './eager-kernels';
import type { Arrays, Differentiation, Engine, Evaluation, Program, Tensors } from './engine';
import { dataTypeOf } from './engine';

export type EagerBackend = 'tensorflow' | 'wasm' | 'cpu';

/** Loads a backend; throws an `InputError` where it is not installed or does not start. */
export async function eagerEngine(backend: EagerBackend): Promise<Engine> {
  try {
    if (backend === 'tensorflow') requireTensorFlow();
    if (backend === 'wasm') require('@tensorflow/tfjs-backend-wasm');
    if (!(await tf.setBackend(backend))) throw new Error('it did not initialise');
  } catch (error) {
    const reason = (error as Error).message.split('\n')[0];
    throw new InputError(`engine "${backend}" cannot be used here: ${reason}`);
  }
  registerOwnKernels(backend);

  const toTensors = (arrays: Arrays): Tensors =>
    Object.fromEntries(
      Object.entries(arrays).map(([name, array]) => [
        name,
        tf.tensor(array.values, [...array.shape], dataTypeOf(array)),
      ]),
    );

  function evaluation(program: Program): Evaluation {
    return {
      async run(variables, data) {
        void tf.setBackend(backend);
        return tf.tidy(() => hold(toArrays(program(toTensors(variables), toTensors(data)))));
      },
      async dispose() {},
    };
  }

  function differentiation(program: Program): Differentiation {
    return {
      async run(variables, data, gradients) {
        void tf.setBackend(backend);
        return tf.tidy(() => {
          const { outputs, gradients: tensors } = valueAndGradients(
            program,
            toTensors(variables),
            toTensors(data),
          );
          for (const [name, tensor] of Object.entries(tensors))
            gradients[name].set(tensor.dataSync() as Float32Array);
          return hold(toArrays(outputs));
        });
      },
      async dispose() {},
    };
  }

  return { name: `eager (${backend})`, threads: 1, evaluation, differentiation };
}

/**
 * A program's outputs, and the gradient of its output `loss` by every variable.
 * Both engines call this: the eager one inside a tidy, the tracing one while it records.
 */
export function valueAndGradients(
  program: Program,
  variables: Tensors,
  data: Tensors,
): { outputs: Tensors; gradients: Tensors } {
  const names = Object.keys(variables);
  let outputs: Tensors = {};
  const loss = (...values: tf.Tensor[]): tf.Scalar => {
    outputs = program(Object.fromEntries(names.map((name, i) => [name, values[i]])), data);
    // Outputs besides the loss would be disposed at the end of the differentiated scope.
    for (const output of Object.values(outputs)) tf.keep(output);
    return outputs.loss as tf.Scalar;
  };
  const values = names.map(name => variables[name]);
  const { grads } = tf.engine().gradients<tf.Scalar>(() => loss(...values), values, undefined, true);
  if (grads.every(gradient => !gradient))
    throw new InputError('the loss depends on no parameter of the model, so that there is nothing to learn');
  // What the loss does not reach has no gradient: a classifier, where hidden states alone are compared.
  return {
    outputs,
    gradients: Object.fromEntries(names.map((name, i) => [name, grads[i] ?? tf.zerosLike(values[i])])),
  };
}

/** Reads tensors and disposes them; two names may stand for the same one. */
function toArrays(tensors: Tensors): Arrays {
  const arrays = Object.entries(tensors).map(([name, tensor]) => {
    const values = tensor.dataSync().slice() as Float32Array;
    return [name, { shape: tensor.shape, values }];
  });
  tf.dispose(Object.values(tensors));
  return Object.fromEntries(arrays);
}

/** Types plain arrays as something that a tidy may return: it holds no tensors. */
function hold(arrays: Arrays): Arrays & tf.TensorContainerObject {
  return arrays as unknown as Arrays & tf.TensorContainerObject;
}

function requireTensorFlow(): void {
  // tfjs-node 4.22 calls util.isNullOrUndefined, which Node 23 removed.
  const util = require('node:util') as { isNullOrUndefined?: (value: unknown) => boolean };
  util.isNullOrUndefined ??= value => value === null || value === undefined;
  require('@tensorflow/tfjs-node-gpu');
}
