/** A model's weights in an ONNX graph: as its constants, and outside of it, where bytes need not be copied. */
import { basename } from 'node:path';
import { onnx } from 'onnx-proto';
import { bytesOf, type OnnxGraph, type OnnxTensor, tensor, typeNumber } from '../engine/onnx/onnx-graph';
import type { FilePlace, Parameter } from '../model/parameters';

/** A tensor over a parameter's numbers, which are not asked for before they are used. */
export function parameterTensor(name: string, parameter: Parameter): OnnxTensor {
  const { shape } = parameter;
  return {
    name,
    dataType: typeNumber('float32'),
    dims: [...shape],
    get rawData() {
      return tensor(name, shape, parameter.values).rawData;
    },
  };
}

/** Smaller constants than this stay in the graph, where a runtime can compute with them beforehand. */
const FEWEST_BYTES_OUTSIDE = 1024;

/**
 * The graph without its large constants, and these: not copied into a file's bytes and out of them again.
 * @param places of constants that a runtime may map from a file; onnxruntime takes all from files or all from memory
 */
export function withWeightsOutside(
  graph: OnnxGraph,
  places: ReadonlyMap<string, FilePlace>,
): { graph: OnnxGraph; weights: Record<string, Uint8Array> } {
  const weights: Record<string, Uint8Array> = {};
  const isLarge = (each: OnnxTensor) => bytesOf(each) >= FEWEST_BYTES_OUTSIDE;
  const areOnDisk = [...graph.constants].every(([name, each]) => !isLarge(each) || places.has(name));
  const constants = [...graph.constants].map(([name, each]): [string, OnnxTensor] => {
    if (!isLarge(each)) return [name, each];
    const place = areOnDisk ? places.get(name) : undefined;
    if (!place) weights[name] = each.rawData!;
    const where = { location: place ? basename(place.file) : name, offset: `${place?.offset ?? 0}` };
    const externalData = Object.entries({ ...where, length: `${bytesOf(each)}` }).map(([key, value]) => ({
      key,
      value,
    }));
    const { dataType, dims } = each;
    const dataLocation = onnx.TensorProto.DataLocation.EXTERNAL;
    return [name, { name, dataType, dims, dataLocation, externalData }];
  });
  return { graph: { ...graph, constants: new Map(constants) }, weights };
}
