/**
 * The safetensors format (https://github.com/huggingface/safetensors#format): an 8-byte length, a JSON header that says of
 * each tensor its type, shape and place, then the tensors' bytes. A header is checked as a whole, against the size of its
 * file too, before any tensor is read: nothing is allocated that the file does not hold.
 */
import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { endianness } from 'node:os';
import { sha256OfAll } from '../digest';
import { sizeOf } from '../engine/engine';
import { InputError, reasonOf } from '../errors';
import { parseJson, repeatedKey } from '../json';
import { inBrief, listed } from '../listed';
import { FLOATS, type StoredTensor } from './number-types';
import type { FilePlace, Parameter, Parameters } from './parameters';

/** What a header says of a tensor; its bytes are those from `begin` to before `end`, counted behind the header. */
export interface TensorEntry {
  readonly type: string;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

/** A file whose header was read. */
export interface TensorFile {
  readonly file: string;
  /** By name, in the order of the header. */
  readonly entries: ReadonlyMap<string, TensorEntry>;
  /**
   * Reads tensors of floats by name, in the order asked for; those of 64 or 16 bits become 32.
   * @throws InputError where one is of another type, or holds what is no finite number
   */
  read(names: Iterable<string>): Parameters;
  /** Where a tensor of 32-bit floats stands; `undefined` of any other, and of one that does not begin at a whole float. */
  placeOf(name: string): FilePlace | undefined;
}

/** The reference implementation's bound on the header, 100 MB: a longer one is a damaged or hostile file. */
const MAX_HEADER_BYTES = 100_000_000;
/** Its types, with the bits of one element. */
const BITS: Readonly<Record<string, number>> = {
  ...{ BOOL: 8, U8: 8, I8: 8, U16: 16, I16: 16, U32: 32, I32: 32, U64: 64, I64: 64 },
  ...{ F16: 16, BF16: 16, F32: 32, F64: 64, C64: 64, F4: 4, F6_E2M3: 6, F6_E3M2: 6 },
  ...{ F8_E5M2: 8, F8_E4M3: 8, F8_E8M0: 8, F8_E4M3FNUZ: 8, F8_E5M2FNUZ: 8 },
};
const METADATA = '__metadata__';

if (endianness() !== 'LE') throw new Error('safetensors is a little-endian format and this machine is not');

type StoredTensors = Readonly<Record<string, StoredTensor>>;

/**
 * The bytes of a safetensors file. Tensors stand in the order given, so equal parameters give equal bytes.
 * @param metadata goes into the header
 */
export function encodeSafetensors(
  tensors: StoredTensors,
  metadata?: Readonly<Record<string, string>>,
): Buffer {
  const data = Object.values(tensors).map(({ values }) => bytesOf(values));
  return Buffer.concat([safetensorsHeader(tensors, metadata), ...data]);
}

/** What stands before the tensors' bytes. */
export function safetensorsHeader(
  tensors: StoredTensors,
  metadata?: Readonly<Record<string, string>>,
): Buffer {
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
  const json = JSON.stringify({ [METADATA]: { format: 'pt', ...metadata }, ...entries });
  const text = Buffer.from(json.padEnd(json.length + ((8 - (Buffer.byteLength(json) % 8)) % 8)));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([length, text]);
}

/** Reads all tensors of a file's bytes, as `loadSafetensors` does. */
export function decodeSafetensors(bytes: Buffer, file: string): Parameters {
  const source: Source = {
    size: bytes.length,
    read: (target, at) => target.set(bytes.subarray(at, at + target.length)),
  };
  const { entries, start } = readHeader(source, file);
  return readTensors(source, file, start, entries);
}

/** Reads all tensors of a file; an `InputError` names the file and what is wrong in it. */
export function loadSafetensors(file: string): Parameters {
  const { entries, read } = openSafetensors(file);
  return read(entries.keys());
}

/** Reads a file's header; an `InputError` names the file and what is wrong in it. */
export function openSafetensors(file: string): TensorFile {
  const { entries, start } = withSource(file, source => readHeader(source, file));
  const entryOf = (name: string): [string, TensorEntry] => [name, entries.get(name)!];
  return {
    file,
    entries,
    read: names => withSource(file, source => readTensors(source, file, start, [...names].map(entryOf))),
    placeOf(name) {
      const { type, begin } = entries.get(name)!;
      const offset = start + begin;
      return type === 'F32' && offset % Float32Array.BYTES_PER_ELEMENT === 0 ? { file, offset } : undefined;
    },
  };
}

/** SHA-256 over names, shapes and values, in hexadecimal: the identity of a state of a model. */
export function digestOfParameters(parameters: Parameters): string {
  return sha256OfAll(
    Object.entries(parameters).flatMap(([name, { shape, values }]) => [`${name}[${shape}]`, values]),
  );
}

/** Where bytes come from: a file, or memory. */
interface Source {
  /** In bytes. */
  readonly size: number;
  /** Fills the target with the bytes from a place on. */
  read(target: Uint8Array, at: number): void;
}

function withSource<T>(file: string, use: (source: Source) => T): T {
  // Before it is opened: a pipe would wait for a writer.
  let descriptor: number;
  try {
    const stats = statSync(file, { throwIfNoEntry: false });
    if (!stats) throw new InputError(`${file}: no such file`);
    if (!stats.isFile()) throw new InputError(`${file}: found no plain file, expected one in safetensors`);
    descriptor = openSync(file, 'r');
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw new InputError(`${file}: the file cannot be read (${reasonOf(error)})`);
  }
  try {
    return use({
      size: fstatSync(descriptor).size,
      read(target, at) {
        for (let done = 0; done < target.length; ) {
          const read = readSync(descriptor, target, done, target.length - done, at + done);
          if (read === 0) throw new InputError(`${file}: the file has become shorter while it was read`);
          done += read;
        }
      },
    });
  } finally {
    closeSync(descriptor);
  }
}

function readHeader(
  source: Source,
  file: string,
): { readonly entries: ReadonlyMap<string, TensorEntry>; readonly start: number } {
  const refuse = (why: string): never => {
    throw new InputError(`${file}: not a safetensors file (${why})`);
  };
  const prefix = Buffer.alloc(8);
  if (source.size >= 8) source.read(prefix, 0);
  const length = Number(prefix.readBigUInt64LE(0));
  const start = 8 + length;
  if (length < 2 || length > MAX_HEADER_BYTES || start > source.size)
    refuse(`a header of ${length} bytes in a file of ${source.size}`);
  const bytes = Buffer.alloc(length);
  source.read(bytes, 8);
  const text = bytes.toString('utf8');
  const header = parseJson(text, { file, what: 'not a safetensors file, its header is not JSON' });
  if (!header || typeof header !== 'object' || Array.isArray(header))
    refuse('its header is not a JSON object');
  const twice = repeatedKey(text);
  if (twice !== undefined)
    throw new InputError(`${file}: tensor ${inBrief(twice)} stands twice in the header`);
  const tensors = Object.entries(header as object).filter(([name]) => name !== METADATA);
  const entries = new Map(
    tensors.map(([name, entry]) => [name, entryOf(file, name, entry, source.size - start)]),
  );
  checkPlaces(file, entries, source.size - start);
  return { entries, start };
}

function entryOf(file: string, name: string, entry: unknown, dataBytes: number): TensorEntry {
  const { dtype, shape, data_offsets } = (entry ?? {}) as Record<string, unknown>;
  if (typeof dtype !== 'string' || !Object.hasOwn(BITS, dtype))
    throw new InputError(
      `${file}: tensor ${inBrief(name)} is of type ${inBrief(dtype)}, which is none of safetensors`,
    );
  const isShape = Array.isArray(shape) && shape.every(size => Number.isSafeInteger(size) && size >= 0);
  const [begin, end] = Array.isArray(data_offsets) ? (data_offsets as number[]) : [];
  const isRange = Number.isInteger(begin) && Number.isInteger(end) && begin >= 0 && end <= dataBytes;
  if (!isShape || !isRange || (end - begin) * 8 !== sizeOf(shape as number[]) * BITS[dtype])
    throw new InputError(
      `${file}: tensor ${inBrief(name)} has shape ${inBrief(shape)} and bytes ${inBrief(data_offsets)}, which do not fit each other or the file`,
    );
  return { type: dtype, shape: shape as number[], begin, end };
}

/** The tensors must fill the data: no two share bytes, and none are left over, as the format says. */
function checkPlaces(file: string, entries: ReadonlyMap<string, TensorEntry>, dataBytes: number): void {
  let filled = 0;
  let before = '';
  for (const [name, { begin, end }] of [...entries].sort(
    ([, a], [, b]) => a.begin - b.begin || a.end - b.end,
  )) {
    if (begin < filled)
      throw new InputError(`${file}: tensors ${inBrief(before)} and ${inBrief(name)} have bytes in common`);
    if (begin > filled)
      throw new InputError(`${file}: bytes ${filled} to ${begin} of the data belong to no tensor`);
    [filled, before] = [end, name];
  }
  if (filled < dataBytes)
    throw new InputError(`${file}: bytes ${filled} to ${dataBytes} of the data belong to no tensor`);
}

function readTensors(
  source: Source,
  file: string,
  start: number,
  entries: Iterable<readonly [string, TensorEntry]>,
): Parameters {
  return Object.fromEntries(
    [...entries].map(([name, { type, shape, begin, end }]): [string, Parameter] => {
      if (!Object.hasOwn(FLOATS, type))
        throw new InputError(
          `${file}: tensor ${inBrief(name)} is of type ${type}, expected ${listed(Object.keys(FLOATS), 'or')}`,
        );
      const bytes = new ArrayBuffer(end - begin);
      source.read(new Uint8Array(bytes), start + begin);
      const values = FLOATS[type](bytes);
      const wrong = firstNotFinite(values);
      if (wrong >= 0)
        throw new InputError(
          `${file}: tensor ${inBrief(name)} holds ${values[wrong]} as its value ${wrong + 1} of ${values.length}, expected finite numbers; the file is damaged, or its training diverged`,
        );
      return [name, { shape, values }];
    }),
  );
}

/** Of a float that is no finite number, all these bits are set. */
const EXPONENT = 0x7f800000;

/** Index of the first value that is infinite or NaN, −1 where there is none; a tenth of a second for 66 million. */
function firstNotFinite({ buffer, byteOffset, length }: Float32Array): number {
  const bits = new Int32Array(buffer, byteOffset, length);
  for (let i = 0; i < length; i++) if ((bits[i] & EXPONENT) === EXPONENT) return i;
  return -1;
}

function bytesOf(values: StoredTensor['values']): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}
