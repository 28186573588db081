/** A graph that is open in onnxruntime, in that of Node or in that of a browser. */
import type * as Ort from 'onnxruntime-node';
import { type Arrays, type GraphSession, sizeOf } from '../engine';

export function graphSession(
  { Tensor }: Pick<typeof Ort, 'Tensor'>,
  session: Ort.InferenceSession,
): GraphSession {
  return {
    async run(data) {
      const tensors = session.inputNames.map(name => [
        name,
        new Tensor('int64', data[name].values, data[name].shape),
      ]);
      return fromOrt(await session.run(Object.fromEntries(tensors)));
    },
    dispose: () => session.release(),
  };
}

export function fromOrt(results: Ort.InferenceSession.OnnxValueMapType): Arrays {
  return Object.fromEntries(
    Object.entries(results).map(([name, value]) => {
      const tensor = value as Ort.Tensor;
      const values = tensor.data as Float32Array | Int32Array;
      return [name, { shape: tensor.dims, values: values.subarray(0, sizeOf(tensor.dims)) as Float32Array }];
    }),
  );
}
