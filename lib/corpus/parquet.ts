/**
 * Parquet files (https://parquet.apache.org/docs/file-format/), as data sets are kept in: columns of texts and whole numbers, and of
 * lists of them, in rows. The package `hyparquet` reads headers and encodings, synchronously by its parts; pages are put
 * together here, with bounds that no file can lift: what a file says of itself is compared with its size before memory is
 * taken for it.
 */
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import type { FileMetaData, PageHeader, SchemaTree } from 'hyparquet';
import { InputError } from '../errors';
import { counted, inBrief, listedBriefly } from '../listed';

/** What a file in Parquet begins and ends with. */
const MAGIC = 'PAR1';
/** What it ends with where even its footer is encrypted. */
const ENCRYPTED = 'PARE';
/** Bytes at the end: the length of the footer before them, and the magic. */
const TAIL = 8;

/**
 * What pages may unfold to, together: bytes and values for each byte of the file, and so many more. Text shrinks to a tenth or so;
 * sentences that are all alike shrink further.
 */
const MOST_PER_BYTE = 64;
const MOST_BYTES_BESIDE = 1 << 26;
const MOST_VALUES_BESIDE = 1 << 20;

type Value = string | number | null;
/** Of a column in one row. */
export type ParquetValue = Value | readonly Value[];

/** Whether bytes claim to be a Parquet file. */
export function isParquet(bytes: Uint8Array): boolean {
  return startsWith(bytes, MAGIC) || startsWith(bytes, ENCRYPTED);
}

function startsWith(bytes: Uint8Array, text: string, at = 0): boolean {
  return Buffer.from(bytes.buffer, bytes.byteOffset + at, Math.min(text.length, bytes.length - at)).equals(
    Buffer.from(text),
  );
}

/** Its parts that are used, which its own types do not describe one by one. */
interface Hyparquet {
  readonly parquetMetadata: (bytes: Uint8Array, options: { geoparquet: boolean }) => FileMetaData;
  readonly parquetSchema: (metadata: FileMetaData) => SchemaTree;
  readonly parquetHeader: (reader: Reader) => PageHeader;
  readonly decompressPage: (bytes: Uint8Array, size: number, codec: string, codecs: Codecs) => Uint8Array;
  readonly readPlain: (reader: Reader, type: string | undefined, count: number) => ArrayLike<unknown>;
  readonly readVarInt: (reader: Reader) => number;
  readonly byteStreamSplit: (reader: Reader, count: number, type: string | undefined) => ArrayLike<unknown>;
  readonly deltaBinaryUnpack: (reader: Reader, count: number, output: Int32Array | BigInt64Array) => void;
  readonly codecs: Codecs;
}
type Codecs = Readonly<Record<string, (bytes: Uint8Array, size: number) => Uint8Array>>;
interface Reader {
  readonly view: DataView;
  offset: number;
}

/** Loaded when the first file is read: few commands read one. */
function hyparquet(): Hyparquet {
  const part = (name: string) => require(`hyparquet/src/${name}.js`);
  const { decompressZstd, decompressLz4, decompressLz4Raw } = require('hyparquet-compressors');
  return {
    ...require('hyparquet'),
    ...part('column'),
    ...part('datapage'),
    ...part('plain'),
    ...part('thrift'),
    ...part('encoding'),
    ...part('delta'),
    // Each is told how much it may write, which Node's and those of the package keep to.
    codecs: {
      GZIP: (bytes, size) => gunzipSync(bytes, { maxOutputLength: Math.max(1, size) }),
      BROTLI: (bytes, size) => brotliDecompressSync(bytes, { maxOutputLength: Math.max(1, size) }),
      ZSTD: (bytes, size) => decompressZstd(bytes, new Uint8Array(size)),
      LZ4: decompressLz4,
      LZ4_RAW: decompressLz4Raw,
    } satisfies Codecs,
  };
}

/** A column of values, or of lists of values. */
interface Column {
  readonly name: string;
  /** Where its chunk stands among those of each row group. */
  readonly index: number;
  readonly type: string;
  /** Definition levels: of a value, and of an item of a list, which may be null; no list where the latter is `null`. */
  readonly valueLevel: number;
  readonly itemLevel: number | null;
}

/** A file whose footer was read. */
export class ParquetFile {
  /** Of all columns, those too that cannot be read. */
  readonly columnNames: readonly string[];
  private readonly columns = new Map<string, Column>();
  private readonly metadata: FileMetaData;
  private readonly parts = hyparquet();
  private bytesLeft: number;
  private valuesLeft: number;

  /**
   * @param file named in errors
   * @throws InputError where the footer is none of a Parquet file
   */
  constructor(
    private readonly bytes: Uint8Array,
    private readonly file: string,
  ) {
    this.bytesLeft = MOST_BYTES_BESIDE + MOST_PER_BYTE * bytes.length;
    this.valuesLeft = MOST_VALUES_BESIDE + MOST_PER_BYTE * bytes.length;
    this.checkEnds();
    const { parts } = this;
    const [metadata, tree] = this.whole('the footer', () => {
      const read = parts.parquetMetadata(bytes, { geoparquet: false });
      return [read, parts.parquetSchema(read)] as const;
    });
    this.metadata = metadata;
    this.columnNames = tree.children.map(({ element }) => element.name);
    let index = 0;
    for (const child of tree.children) {
      const column = columnOf(child, index);
      if (column) this.columns.set(column.name, column);
      index += leavesOf(child);
    }
  }

  /** A text that whoever wrote the file has put beside the columns. */
  note(key: string): string | undefined {
    return this.metadata.key_value_metadata?.find(each => each.key === key)?.value;
  }

  /** Whether a column has texts or whole numbers, or lists of them. */
  canRead(name: string): boolean {
    return this.columns.has(name);
  }

  /**
   * Rows with the columns that are named, as far as the file has them; what is null is left out.
   * @throws InputError where the file is damaged, encrypted or compressed in a way that is not known
   */
  *rows(names: readonly string[]): Generator<Readonly<Record<string, ParquetValue>>> {
    const wanted = names.flatMap(name => this.columns.get(name) ?? []);
    for (const [g, { columns: chunks, num_rows }] of this.metadata.row_groups.entries()) {
      const read = wanted.map(column => {
        const place = `the column ${inBrief(column.name)}${g === 0 ? '' : ` in row group ${g + 1}`}`;
        const values = this.whole(place, () => this.valuesOf(column, chunks[column.index]));
        if (values.length !== Number(num_rows))
          throw new InputError(
            `${this.file}: ${place} has ${counted(values.length, 'row')}, where ${num_rows} are announced`,
          );
        return values;
      });
      for (let row = 0; row < Number(num_rows) && read.length > 0; row++) {
        const object: Record<string, ParquetValue> = {};
        wanted.forEach(({ name }, c) => {
          if (read[c][row] !== null) object[name] = read[c][row];
        });
        yield object;
      }
    }
  }

  private checkEnds(): void {
    const { bytes, file } = this;
    const end = bytes.length - ENCRYPTED.length;
    if (end > 0 && startsWith(bytes, ENCRYPTED, end))
      throw new InputError(`${file}: the Parquet file is encrypted`);
    if (!startsWith(bytes, MAGIC))
      throw new InputError(
        `${file}: found ${inBrief(Buffer.from(bytes.subarray(0, MAGIC.length)).toString('latin1'))} at the beginning, expected "${MAGIC}" of a Parquet file`,
      );
    if (bytes.length < MAGIC.length + TAIL || !startsWith(bytes, MAGIC, end))
      throw new InputError(`${file}: the Parquet file is cut off: it does not end in "${MAGIC}"`);
    const length = view(bytes).getUint32(bytes.length - TAIL, true);
    if (length > bytes.length - MAGIC.length - TAIL)
      throw new InputError(
        `${file}: the Parquet file is damaged: its footer is said to have ${length} bytes, the file has ${bytes.length}`,
      );
  }

  /** The values of a chunk of a column, row by row. */
  private valuesOf(
    column: Column,
    chunk: FileMetaData['row_groups'][number]['columns'][number],
  ): ParquetValue[] {
    const { meta_data: meta, file_path, crypto_metadata } = chunk;
    if (crypto_metadata !== undefined) this.refuse('it is encrypted');
    if (meta === undefined || file_path) this.refuse('its data are said to be in another file');
    const { codec, data_page_offset, dictionary_page_offset } = meta;
    const start = Number(dictionary_page_offset || data_page_offset);
    const end = start + Number(meta.total_compressed_size);
    if (!(start >= MAGIC.length && start <= end && end <= this.bytes.length - TAIL))
      this.refuse(`it is said to stand at the bytes ${start} to ${end} of ${this.bytes.length}`);
    const { parquetHeader, decompressPage, codecs } = this.parts;
    const reader: Reader = { view: view(this.bytes.subarray(start, end)), offset: 0 };
    const rows = new RowAssembly(column);
    let dictionary: readonly Value[] | undefined;
    const count = Number(meta.num_values);
    while (rows.entries < count) {
      const header = parquetHeader(reader);
      const size = header.compressed_page_size;
      const from = start + reader.offset;
      if (!(size >= 0 && from + size <= end)) this.refuse(`a page is said to have ${size} bytes`);
      reader.offset += size;
      const stored = this.bytes.subarray(from, from + size);
      const unfolded = (bytes: Uint8Array, length: number) => {
        this.take(length, 0);
        return ownBytes(decompressPage(bytes, length, codec, codecs));
      };
      const { dictionary_page_header: d, data_page_header: v1, data_page_header_v2: v2 } = header;
      if (d) {
        this.take(0, d.num_values);
        const bytes = unfolded(stored, header.uncompressed_page_size);
        dictionary = this.plain({ view: view(bytes), offset: 0 }, column, d.num_values);
      } else if (v1 ?? v2) {
        this.take(0, (v1 ?? v2)!.num_values);
        const page = v1
          ? this.pageV1(unfolded(stored, header.uncompressed_page_size), v1, column)
          : this.pageV2(stored, header, column, unfolded);
        const encoding = (v1 ?? v2)!.encoding;
        rows.add(page.levels, this.decoded(page.reader, encoding, column, page.levels.values, dictionary));
      } else if (header.type !== 'INDEX_PAGE')
        this.refuse(`it has a page of the type ${inBrief(header.type)}`);
    }
    return rows.finished;
  }

  private pageV1(bytes: Uint8Array, header: NonNullable<PageHeader['data_page_header']>, column: Column) {
    const reader: Reader = { view: view(bytes), offset: 0 };
    const levels = (most: number, encoding: string) => {
      if (most === 0) return undefined;
      if (encoding !== 'RLE') this.refuse(`its levels are in the encoding ${encoding}, which is not read`);
      const length = reader.view.getUint32(reader.offset, true);
      const end = reader.offset + 4 + length;
      reader.offset += 4;
      const read = this.runs(reader, end, bitsOf(most), header.num_values);
      reader.offset = end;
      return read;
    };
    const repetition = levels(column.itemLevel === null ? 0 : 1, header.repetition_level_encoding);
    const definition = levels(column.valueLevel, header.definition_level_encoding);
    return { reader, levels: levelsOf(column, header.num_values, repetition, definition) };
  }

  private pageV2(
    stored: Uint8Array,
    header: PageHeader,
    column: Column,
    unfolded: (bytes: Uint8Array, length: number) => Uint8Array,
  ) {
    const v2 = header.data_page_header_v2!;
    const { repetition_levels_byte_length: first, definition_levels_byte_length: second } = v2;
    const before = first + second;
    const length = header.uncompressed_page_size - before;
    if (!(first >= 0 && second >= 0 && before <= stored.length && length >= 0))
      this.refuse(`the levels of a page are said to have ${first} and ${second} bytes`);
    const reader: Reader = { view: view(stored), offset: 0 };
    const levels = (most: number, from: number, end: number) => {
      reader.offset = from;
      return most === 0 ? undefined : this.runs(reader, end, bitsOf(most), v2.num_values);
    };
    const repetition = levels(column.itemLevel === null ? 0 : 1, 0, first);
    const definition = levels(column.valueLevel, first, before);
    const rest = stored.subarray(before);
    const bytes = v2.is_compressed !== false && length > 0 ? unfolded(rest, length) : ownBytes(rest);
    return {
      reader: { view: view(bytes), offset: 0 },
      levels: levelsOf(column, v2.num_values, repetition, definition),
    };
  }

  private decoded(
    reader: Reader,
    encoding: string | undefined,
    column: Column,
    count: number,
    dictionary: readonly Value[] | undefined,
  ): readonly Value[] {
    if (count === 0) return [];
    switch (encoding) {
      case 'PLAIN':
        return this.plain(reader, column, count);
      case 'PLAIN_DICTIONARY':
      case 'RLE_DICTIONARY': {
        const width = reader.view.getUint8(reader.offset++);
        const indices = this.runs(reader, reader.view.byteLength, width, count);
        return Array.from(indices, index => {
          if (dictionary === undefined || index >= dictionary.length)
            this.refuse(`a value is number ${index} of ${dictionary?.length ?? 0} in its dictionary`);
          return dictionary[index];
        });
      }
      case 'DELTA_BINARY_PACKED': {
        const numbers = column.type === 'INT32' ? new Int32Array(count) : new BigInt64Array(count);
        this.unpack(reader, count, numbers);
        return valuesFrom(numbers);
      }
      case 'DELTA_LENGTH_BYTE_ARRAY':
        return texts(this.pieces(reader, count));
      case 'DELTA_BYTE_ARRAY': {
        const prefixes = new Int32Array(count);
        this.unpack(reader, count, prefixes);
        let last: Uint8Array = new Uint8Array();
        return texts(
          this.pieces(reader, count).map((suffix, i) => {
            const prefix = prefixes[i];
            if (prefix < 0 || prefix > last.length)
              this.refuse(`a text is said to begin with ${prefix} bytes of one of ${last.length}`);
            this.take(prefix, 0);
            last = prefix === 0 ? suffix : Buffer.concat([last.subarray(0, prefix), suffix]);
            return last;
          }),
        );
      }
      case 'BYTE_STREAM_SPLIT':
        if (column.type !== 'BYTE_ARRAY')
          return valuesFrom(this.parts.byteStreamSplit(reader, count, column.type));
    }
    return this.refuse(
      `it is in ${encoding === undefined ? 'an unknown encoding' : `the encoding ${encoding}, which is not read`}`,
    );
  }

  private plain(reader: Reader, { type }: Column, count: number): readonly Value[] {
    return valuesFrom(this.parts.readPlain(reader, type, count));
  }

  /** Byte strings whose lengths stand before them all. */
  private pieces(reader: Reader, count: number): Uint8Array[] {
    const lengths = new Int32Array(count);
    this.unpack(reader, count, lengths);
    const { buffer, byteOffset } = reader.view;
    return Array.from(lengths, length => {
      const piece = new Uint8Array(buffer as ArrayBuffer, byteOffset + reader.offset, length);
      reader.offset += length;
      return piece;
    });
  }

  /** Differences of numbers, in blocks. */
  private unpack(reader: Reader, count: number, output: Int32Array | BigInt64Array): void {
    const ahead = { ...reader };
    const [block, miniblocks] = [this.parts.readVarInt(ahead), this.parts.readVarInt(ahead)];
    // The package would not come to an end.
    if (!(block > 0 && miniblocks > 0 && block % miniblocks === 0))
      this.refuse(`its numbers are said to be in blocks of ${block} in ${miniblocks} parts`);
    this.parts.deltaBinaryUnpack(reader, count, output);
  }

  /** Numbers of so many bits, as runs of one or packed (RLE and bit-packing hybrid), `count` of them. */
  private runs(reader: Reader, end: number, width: number, count: number): Uint32Array {
    if (width > 32) this.refuse(`its numbers are said to have ${width} bits`);
    const within = view(new Uint8Array(reader.view.buffer, reader.view.byteOffset, end));
    const at: Reader = { view: within, offset: reader.offset };
    const numbers = new Uint32Array(count);
    const bytes = (width + 7) >> 3;
    for (let n = 0; n < count; ) {
      const header = this.parts.readVarInt(at);
      const length = header >>> 1;
      if (length === 0) this.refuse('it has a run of nothing');
      if (header & 1) {
        const packed = Math.min(8 * length, count - n);
        for (let i = 0; i < packed; i++) numbers[n + i] = bitsAt(within, at.offset, i * width, width);
        at.offset += length * width;
        n += packed;
      } else {
        let value = 0;
        for (let i = 0; i < bytes; i++) value += within.getUint8(at.offset + i) * 2 ** (8 * i);
        at.offset += bytes;
        numbers.fill(value, n, n + length);
        n += length;
      }
    }
    return numbers;
  }

  /** Bytes and values that are about to be made. @throws InputError where no honest file of this size has as many */
  private take(bytes: number, values: number): void {
    const found =
      bytes > 0 ? `${bytes.toLocaleString('en-US')} bytes` : `${values.toLocaleString('en-US')} values`;
    this.bytesLeft -= bytes;
    this.valuesLeft -= values;
    if (!(bytes >= 0 && values >= 0 && this.bytesLeft >= 0 && this.valuesLeft >= 0))
      this.refuse(
        `a page is said to hold ${found}, more than a file of ${this.bytes.length.toLocaleString('en-US')} bytes can unfold to`,
      );
  }

  /** What work gives that fails only where the file is not what it says. */
  private whole<T>(what: string, work: () => T): T {
    try {
      return work();
    } catch (error) {
      if (error instanceof InputError) throw error;
      const { message } = error as Error;
      // What the package says of what it cannot read; its other errors are of a program that reads what is not there.
      const isUnknown = error instanceof Refusal || message.startsWith('parquet unsupported');
      const why = isUnknown ? message.replace(/^parquet /, '') : 'the Parquet file is damaged';
      throw new InputError(`${this.file}: ${what} cannot be read: ${why}`);
    }
  }

  private refuse(why: string): never {
    throw new Refusal(why);
  }
}

/** Why a part of a file is not read, without its name. */
class Refusal extends Error {}

/** A column that can be read: of texts or whole numbers, or of lists of them. */
function columnOf(top: SchemaTree, index: number): Column | undefined {
  let level = 0;
  let itemLevel: number | null = null;
  let node = top;
  for (;;) {
    const { repetition_type } = node.element;
    if (repetition_type !== 'REQUIRED') level++;
    if (repetition_type === 'REPEATED') {
      if (itemLevel !== null) return undefined;
      itemLevel = level;
    }
    if (node.children.length === 0) break;
    if (node.children.length > 1) return undefined;
    [node] = node.children;
  }
  const { type } = node.element;
  if (type !== 'BYTE_ARRAY' && type !== 'INT32' && type !== 'INT64') return undefined;
  return { name: top.element.name, index, type, valueLevel: level, itemLevel };
}

function leavesOf({ children }: SchemaTree): number {
  return children.length === 0 ? 1 : children.reduce((sum, child) => sum + leavesOf(child), 0);
}

/** Of each entry of a page: whether it goes on with a row, and how much of its path is there. */
interface Levels {
  readonly entries: number;
  readonly repetition?: Uint32Array;
  readonly definition?: Uint32Array;
  /** How many have a value. */
  readonly values: number;
}

function levelsOf(
  { valueLevel }: Column,
  entries: number,
  repetition: Uint32Array | undefined,
  definition: Uint32Array | undefined,
): Levels {
  const values = definition?.reduce((sum, level) => sum + (level === valueLevel ? 1 : 0), 0) ?? entries;
  return { entries, repetition, definition, values };
}

/** Puts entries together to rows, page by page. */
class RowAssembly {
  entries = 0;
  private readonly rows: (Value | Value[])[] = [];
  private list: Value[] | null = null;

  constructor(private readonly column: Column) {}

  get finished(): ParquetValue[] {
    return this.rows;
  }

  add({ entries, repetition, definition }: Levels, values: readonly Value[]): void {
    const { valueLevel, itemLevel } = this.column;
    this.entries += entries;
    let next = 0;
    for (let i = 0; i < entries; i++) {
      const level = definition?.[i] ?? valueLevel;
      const value = level === valueLevel ? values[next++] : null;
      if (itemLevel === null) this.rows.push(value);
      else {
        if (!repetition?.[i]) {
          this.list = level < itemLevel - 1 ? null : [];
          this.rows.push(this.list);
        }
        if (level < itemLevel) continue;
        if (this.list === null) throw new Refusal('a list goes on that has not begun');
        this.list.push(value);
      }
    }
  }
}

function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Bytes with nothing before or behind them that a wrong length could reach. */
function ownBytes(bytes: Uint8Array): Uint8Array {
  return bytes.byteLength === bytes.buffer.byteLength ? bytes : new Uint8Array(bytes);
}

/** Bits that a level needs. */
function bitsOf(most: number): number {
  return 32 - Math.clz32(most);
}

/** The number in the bits from a place on, the lowest first. */
function bitsAt(bytes: DataView, offset: number, bit: number, width: number): number {
  let value = 0;
  for (let got = 0; got < width; ) {
    const place = bit + got;
    const [byte, from] = [bytes.getUint8(offset + (place >> 3)), place & 7];
    const taken = Math.min(8 - from, width - got);
    value += ((byte >> from) & ((1 << taken) - 1)) * 2 ** got;
    got += taken;
  }
  return value;
}

/** Strings of bytes as texts, and whole numbers. */
function valuesFrom(found: ArrayLike<unknown>): readonly Value[] {
  return Array.from(found, value =>
    value instanceof Uint8Array ? textOf(value) : (Number(value) satisfies number),
  );
}

function texts(pieces: readonly Uint8Array[]): readonly Value[] {
  return pieces.map(textOf);
}

const DECODER = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function textOf(bytes: Uint8Array): string {
  try {
    return DECODER.decode(bytes);
  } catch {
    throw new Refusal('a text is not UTF-8');
  }
}

/** Names of columns, for messages. */
export function describeColumns({ columnNames }: ParquetFile): string {
  return columnNames.length === 0 ? 'no column' : `the columns ${listedBriefly(columnNames)}`;
}
