/** This project's own kernels on a tfjs backend that executes: each is composed of the backend's kernels. */

import type { KernelFunc, TensorInfo } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { DROPOUT_MASK, type DropoutMaskAttributes, dropoutMask } from './dropout';
import { sizeOf } from './engine';
import { LINEAR } from './operations';

const linear: KernelFunc = ({ inputs, backend }) => {
  const { x, weight, bias } = inputs as Record<string, TensorInfo>;
  const run = (kernel: string, inputs: Record<string, TensorInfo>, attrs = {}) =>
    tf.getKernel(kernel, tf.getBackend()).kernelFunc({ inputs, attrs, backend }) as TensorInfo;
  // Not tfjs's own fused product: that of its wasm backend (4.22) adds a wrong bias.
  const product = run(
    'BatchMatMul',
    { a: asBatch(x), b: asBatch(weight) },
    { transposeA: false, transposeB: true },
  );
  const sum = run('Add', { a: { ...product, shape: product.shape.slice(1) }, b: bias });
  (backend as tf.KernelBackend).disposeData(product.dataId);
  return sum;
};

/** The same matrix as a batch of one. */
function asBatch(matrix: TensorInfo): TensorInfo {
  return { ...matrix, shape: [1, ...matrix.shape] };
}

const mask: KernelFunc = ({ inputs, attrs, backend }) => {
  const { shape, rate } = attrs as DropoutMaskAttributes;
  const host = backend as tf.KernelBackend;
  const [key] = host.readSync(inputs.key!.dataId) as Int32Array;
  const values = dropoutMask(key, sizeOf(shape), rate);
  return { dataId: host.write(values, shape, 'float32') as tf.DataId, shape, dtype: 'float32' };
};

/** Makes this project's operations known to a backend. */
export function registerOwnKernels(backendName: string): void {
  for (const [kernelName, kernelFunc] of [
    [LINEAR, linear],
    [DROPOUT_MASK, mask],
  ] as const)
    if (!tf.getKernel(kernelName, backendName)) tf.registerKernel({ kernelName, backendName, kernelFunc });
}
