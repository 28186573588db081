/**
 * Models on disk in Hugging Face's layout, `config.json` and `model.safetensors`, and the safetensors format itself
 * (https://github.com/huggingface/safetensors#format): an 8-byte length, a JSON header, then the tensors' bytes.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, statSync } from 'node:fs';
import { endianness } from 'node:os';
import { join } from 'node:path';
import type { LabelSet } from '../corpus/labels';
import { sizeOf } from '../engine/engine';
import { InputError } from '../errors';
import { writeFileAtomically } from '../files';
import { fromHuggingFace, type ModelConfig, toHuggingFace } from './config';
import { checkParameters, type Parameter, type Parameters } from './parameters';

export interface Checkpoint {
  readonly config: ModelConfig;
  readonly parameters: Parameters;
}

export const CONFIG_FILE = 'config.json';
export const WEIGHTS_FILE = 'model.safetensors';

/** The reference implementation's bound on the header, 100 MB: a longer one is a damaged or hostile file. */
const MAX_HEADER_BYTES = 100_000_000;

if (endianness() !== 'LE') throw new Error('safetensors is a little-endian format and this machine is not');

/** A tensor as a file has it: 32-bit floats, unless another of the format's types is named. */
export interface StoredTensor {
  readonly shape: readonly number[];
  readonly values: Float32Array | Uint16Array;
  readonly type?: string;
}

/** The bytes of a safetensors file. Tensors stand in the order given, so equal parameters give equal bytes. */
export function encodeSafetensors(tensors: Readonly<Record<string, StoredTensor>>): Buffer {
  let offset = 0;
  const entries = Object.fromEntries(
    Object.entries(tensors).map(([name, { shape, values, type = 'F32' }]) => {
      const entry = { dtype: type, shape, data_offsets: [offset, offset + values.byteLength] };
      offset += values.byteLength;
      return [name, entry];
    }),
  );
  // Padded with spaces so that the tensors are aligned to 8 bytes.
  // transformers reads files only that say where their tensors come from.
  const json = JSON.stringify({ __metadata__: { format: 'pt' }, ...entries });
  const text = Buffer.from(json.padEnd(json.length + ((8 - (Buffer.byteLength(json) % 8)) % 8)));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([length, text, ...Object.values(tensors).map(({ values }) => bytesOf(values))]);
}

/**
 * Reads a safetensors file of 32-bit floats; an `InputError` names the file and what is wrong in it.
 * @param keep tensors of other names are left out, whatever their type
 */
export function decodeSafetensors(
  bytes: Buffer,
  file: string,
  keep: (name: string) => boolean = () => true,
): Parameters {
  const length = bytes.length >= 8 ? Number(bytes.readBigUInt64LE(0)) : 0;
  if (length < 2 || length > MAX_HEADER_BYTES || 8 + length > bytes.length)
    throw new InputError(
      `${file}: not a safetensors file (a header of ${length} bytes in a file of ${bytes.length})`,
    );
  let header: Record<string, { dtype?: unknown; shape?: unknown; data_offsets?: unknown } | null>;
  try {
    header = JSON.parse(bytes.subarray(8, 8 + length).toString('utf8'));
  } catch {
    throw new InputError(`${file}: not a safetensors file (its header is not JSON)`);
  }
  if (!header || typeof header !== 'object' || Array.isArray(header))
    throw new InputError(`${file}: not a safetensors file (its header is not a JSON object)`);
  const data = bytes.subarray(8 + length);
  const parameters: Record<string, Parameter> = {};
  for (const [name, entry] of Object.entries(header)) {
    if (name === '__metadata__' || !keep(name)) continue;
    const { dtype, shape, data_offsets } = entry ?? {};
    if (dtype !== 'F32')
      throw new InputError(`${file}: tensor "${name}" is of type ${String(dtype)}, expected F32`);
    const isShape = Array.isArray(shape) && shape.every(size => Number.isInteger(size) && size >= 0);
    const [begin, end] = Array.isArray(data_offsets) ? (data_offsets as number[]) : [];
    const isRange = Number.isInteger(begin) && begin >= 0 && end <= data.length;
    if (!isShape || !isRange || end - begin !== sizeOf(shape as number[]) * 4)
      throw new InputError(
        `${file}: tensor "${name}" has shape ${JSON.stringify(shape)} and bytes ${JSON.stringify(data_offsets)}, which do not fit each other or the file`,
      );
    const values = new Float32Array((end - begin) / 4);
    bytesOf(values).set(data.subarray(begin, end));
    parameters[name] = { shape: shape as number[], values };
  }
  return parameters;
}

/** Saves a model so that Hugging Face's transformers and `loadCheckpoint` read it. */
export function saveCheckpoint(folder: string, { config, parameters }: Checkpoint): void {
  mkdirSync(folder, { recursive: true });
  writeFileAtomically(join(folder, WEIGHTS_FILE), encodeSafetensors(parameters));
  writeFileAtomically(join(folder, CONFIG_FILE), `${JSON.stringify(toHuggingFace(config), null, 2)}\n`);
}

/** Loads a model; an `InputError` names a tensor that is missing, extra or of the wrong shape. */
export function loadCheckpoint(folder: string, labels?: LabelSet): Checkpoint {
  const configFile = join(folder, CONFIG_FILE);
  const weightsFile = join(folder, WEIGHTS_FILE);
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(configFile, 'utf8'));
  } catch (error) {
    throw new InputError(`${configFile}: cannot be read as JSON (${(error as Error).message})`);
  }
  const config = fromHuggingFace(json, configFile, labels);
  const parameters = loadSafetensors(weightsFile);
  checkParameters(parameters, config, weightsFile);
  return { config, parameters };
}

/** Reads a safetensors file from disk, as `decodeSafetensors` does. */
export function loadSafetensors(file: string, keep?: (name: string) => boolean): Parameters {
  if (!statSync(file, { throwIfNoEntry: false })?.isFile()) throw new InputError(`${file}: no such file`);
  return decodeSafetensors(readFileSync(file), file, keep);
}

/** SHA-256 over names, shapes and values, in hexadecimal: the identity of a state of a model. */
export function digestOfParameters(parameters: Parameters): string {
  const hash = createHash('sha256');
  for (const [name, { shape, values }] of Object.entries(parameters))
    hash.update(`${name}[${shape}]`).update(bytesOf(values));
  return hash.digest('hex');
}

function bytesOf(values: Float32Array | Uint16Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}
