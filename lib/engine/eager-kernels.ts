/** This project's own kernels on a tfjs backend that executes: each is composed of the backend's kernels. */

import type { KernelFunc, TensorInfo } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { LAYER_NORM, type LayerNormAttributes, LINEAR } from './operations';

type RunKernel = (kernel: string, inputs: Record<string, TensorInfo>, attributes?: object) => TensorInfo;

/** A kernel composed of others, which frees what these made on the way to its own results. */
function composed(
  results: (run: RunKernel, inputs: Record<string, TensorInfo>, attributes: object) => TensorInfo[],
): KernelFunc {
  return ({ inputs, attrs, backend }) => {
    const made: TensorInfo[] = [];
    const run: RunKernel = (kernel, inputs, attributes = {}) => {
      const attrs = attributes as tf.NamedAttrMap;
      const { kernelFunc } = tf.getKernel(kernel, tf.getBackend());
      const result = kernelFunc({ inputs, attrs, backend }) as TensorInfo;
      made.push(result);
      return result;
    };
    const kept = results(run, inputs as Record<string, TensorInfo>, attrs ?? {});
    for (const { dataId } of made)
      if (!kept.some(result => result.dataId === dataId)) (backend as tf.KernelBackend).disposeData(dataId);
    return kept.length === 1 ? kept[0] : kept;
  };
}

const linear = composed((run, { x, weight, bias }) => {
  // Not tfjs's own fused product: that of its wasm backend (4.22) adds a wrong bias.
  const product = run(
    'BatchMatMul',
    { a: asBatch(x), b: asBatch(weight) },
    { transposeA: false, transposeB: true },
  );
  return [run('Add', { a: { ...product, shape: product.shape.slice(1) }, b: bias })];
});

const layerNorm = composed((run, { x, gamma, beta }, attributes) => {
  const rows = { axis: [1], keepDims: true };
  const { epsilon } = attributes as LayerNormAttributes;
  const { dataId, shape, dtype } = tf.scalar(epsilon);
  const mean = run('Mean', { x }, rows);
  const centred = run('Sub', { a: x, b: mean });
  const variance = run('Mean', { x: run('Multiply', { a: centred, b: centred }) }, rows);
  const inverse = run('Rsqrt', { x: run('Add', { a: variance, b: { dataId, shape, dtype } }) });
  const normal = run('Multiply', { a: centred, b: inverse });
  return [run('Add', { a: run('Multiply', { a: normal, b: gamma }), b: beta }), mean, inverse];
});

/** The same matrix as a batch of one. */
function asBatch(matrix: TensorInfo): TensorInfo {
  return { ...matrix, shape: [1, ...matrix.shape] };
}

/** Makes this project's operations known to a backend. */
export function registerOwnKernels(backendName: string): void {
  for (const [kernelName, kernelFunc] of [
    [LINEAR, linear],
    [LAYER_NORM, layerNorm],
  ] as const)
    if (!tf.getKernel(kernelName, backendName)) tf.registerKernel({ kernelName, backendName, kernelFunc });
}
