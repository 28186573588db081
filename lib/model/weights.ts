/**
 * The weights of a folder in Hugging Face's layout: one safetensors file, or several with an index that says which tensor
 * stands in which (https://huggingface.co/docs/transformers/big_models#sharded-checkpoints).
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { group } from 'd3-array';
import { InputError } from '../errors';
import { readJson } from '../json';
import { inBrief } from '../listed';
import type { Parameters } from './parameters';
import { openSafetensors, type TensorEntry, type TensorFile } from './safetensors';

export const WEIGHTS_FILE = 'model.safetensors';
const INDEX_FILE = `${WEIGHTS_FILE}.index.json`;
const PICKLED_FILE = 'pytorch_model.bin';

/** Makes a safetensors file of a pickled one; tensors that share memory are taken apart, as the format wants them. */
const CONVERSION = `pip install torch safetensors && python -c 'import torch, safetensors.torch as s; s.save_file({k: v.clone() for k, v in torch.load("${PICKLED_FILE}", weights_only=True).items()}, "${WEIGHTS_FILE}", {"format": "pt"})'`;

/**
 * Opens the weights of a folder; nothing but headers is read until tensors are asked for.
 * @throws InputError where there are none, in a form that only Python reads, or where index and files do not agree
 */
export function openWeights(folder: string): TensorFile {
  const [whole, index, pickled] = [WEIGHTS_FILE, INDEX_FILE, PICKLED_FILE].map(name => join(folder, name));
  if (existsSync(whole)) return openSafetensors(whole);
  if (existsSync(index)) return openShards(folder, index);
  if (existsSync(pickled))
    throw new InputError(
      `${pickled}: weights that only Python reads; there this makes others: ${CONVERSION}`,
    );
  throw new InputError(`${whole}: no such file`);
}

function openShards(folder: string, file: string): TensorFile {
  const places = weightMap(file);
  const shards = new Map(
    [...new Set(places.values())].map(name => [name, openSafetensors(join(folder, name))]),
  );
  const entries = new Map(
    [...places].map(([tensor, name]): [string, TensorEntry] => {
      const entry = shards.get(name)!.entries.get(tensor);
      if (!entry)
        throw new InputError(`${file}: tensor ${inBrief(tensor)} is not in ${name}, where the index has it`);
      return [tensor, entry];
    }),
  );
  return {
    file,
    entries,
    read(names) {
      const wanted = [...names];
      const read: Parameters = Object.assign(
        {},
        ...[...group(wanted, tensor => places.get(tensor)!)].map(([name, tensors]) =>
          shards.get(name)!.read(tensors),
        ),
      );
      return Object.fromEntries(wanted.map(tensor => [tensor, read[tensor]]));
    },
    placeOf: tensor => shards.get(places.get(tensor)!)!.placeOf(tensor),
  };
}

/** The file of each tensor. A name of a file that leads elsewhere is none. */
function weightMap(file: string): ReadonlyMap<string, string> {
  const { weight_map: map } = (readJson(file) ?? {}) as { weight_map?: unknown };
  if (typeof map !== 'object' || map === null || Array.isArray(map))
    throw new InputError(`${file}: found no "weight_map", expected an object with the file of each tensor`);
  for (const [tensor, name] of Object.entries(map))
    if (typeof name !== 'string' || !/^[\w-][\w.-]*\.safetensors$/.test(name))
      throw new InputError(
        `${file}: tensor ${inBrief(tensor)} is in ${inBrief(name)}, expected the name of a safetensors file of this folder`,
      );
  return new Map(Object.entries(map as Record<string, string>));
}
