/**
 * Scans text in CoNLL columns. It works on bytes and makes each distinct word once, which is several times as fast as
 * splitting lines of text; corpora are read anew in every cell and test, so this is worth its length.
 */
import { isAscii } from 'node:buffer';
import { InputError } from '../errors';

/** A sentence as its file has it, with the tags not yet converted. */
export interface TaggedRows {
  readonly words: readonly string[];
  /** The last columns of the file, left to right, each with one tag a word. */
  readonly columns: readonly (readonly string[])[];
  /** Counted from 0; see `Sentence`. */
  readonly document: number;
  /** The line of the first word, counted from 1. */
  readonly line: number;
}

/** A line that begins with this begins a document. */
export const DOCUMENT_MARK = '-DOCSTART-';
const MARK_BYTES = Buffer.from(DOCUMENT_MARK);
const TAB = 9;
const NEWLINE = 10;
const RETURN = 13;
const SPACE = 32;
const BYTE_ORDER_MARK = Buffer.from('\ufeff');

/** Which columns hold tags: the last so many, or the one of a number, counted from 1. */
export type TagColumns = { readonly last: number } | { readonly number: number };

/**
 * Hands over the sentences of a text in UTF-8, one after another, with the columns of tags just as they stand there, not
 * checked.
 * @throws InputError `file:line: …` for a row of another length than the first and for an empty word.
 */
export function scanRows(
  text: Buffer,
  file: string,
  columnsOfTags: TagColumns,
  onSentence: (sentence: TaggedRows) => void,
): void {
  const tagColumns = 'last' in columnsOfTags ? columnsOfTags.last : 1;
  const fewest = 'last' in columnsOfTags ? columnsOfTags.last + 1 : columnsOfTags.number;
  const bytes = text[text.length - 1] === NEWLINE ? text : Buffer.concat([text, Buffer.from('\n')]);
  const strings = new StringTable(bytes);
  const row = new Row();
  /** Indices in `strings` of the word and the tags of each row of the open sentence. */
  const cells: number[] = [];
  let rows = 0;
  let firstRow: { line: number; columns: number } | undefined;
  let document = 0;
  let documentIsEmpty = true;
  let line = 0;

  const endSentence = (): void => {
    if (rows === 0) return;
    const words = strings.pick(cells, 0, 1 + tagColumns, rows);
    const columns: string[][] = [];
    for (let c = 1; c <= tagColumns; c++) columns.push(strings.pick(cells, c, 1 + tagColumns, rows));
    onSentence({ words, columns, document, line: line - rows });
    documentIsEmpty = false;
    rows = 0;
  };

  let start = bytes.subarray(0, BYTE_ORDER_MARK.length).equals(BYTE_ORDER_MARK) ? BYTE_ORDER_MARK.length : 0;
  while (start < bytes.length) {
    line++;
    const next = splitRow(bytes, start, row);
    const { starts, ends } = row;
    if (row.columns === 0) {
      endSentence();
    } else if (isDocumentMark(bytes, starts[0], ends[0])) {
      endSentence();
      if (!documentIsEmpty) document++;
      documentIsEmpty = true;
    } else {
      firstRow ??= { line, columns: row.columns };
      if (row.columns !== firstRow.columns || row.columns < fewest) {
        const expected =
          line === firstRow.line ? `at least ${fewest}` : `${firstRow.columns} as on line ${firstRow.line}`;
        throw new InputError(
          `${file}:${line}: found ${row.columns} column${row.columns === 1 ? '' : 's'}, expected ${expected}`,
        );
      }
      if (starts[0] === ends[0])
        throw new InputError(`${file}:${line}: the word in the first column is empty`);
      let cell = rows * (1 + tagColumns);
      cells[cell++] = strings.indexOf(starts[0], ends[0]);
      const firstTag = 'last' in columnsOfTags ? row.columns - tagColumns : columnsOfTags.number - 1;
      for (let column = firstTag; column < firstTag + tagColumns; column++)
        cells[cell++] = strings.indexOf(starts[column], ends[column]);
      rows++;
    }
    start = next;
  }
  line++;
  endSentence();
}

function isDocumentMark(bytes: Buffer, start: number, end: number): boolean {
  if (end - start !== MARK_BYTES.length) return false;
  for (let i = 0; i < MARK_BYTES.length; i++) if (bytes[start + i] !== MARK_BYTES[i]) return false;
  return true;
}

/** Where the columns of a row start and end (exclusive); one object is used for all rows of a file. */
class Row {
  columns = 0;
  starts = new Int32Array(16);
  ends = new Int32Array(16);

  push(start: number, end: number): void {
    if (this.columns === this.starts.length) {
      this.starts = lengthened(this.starts, new Int32Array(2 * this.columns));
      this.ends = lengthened(this.ends, new Int32Array(2 * this.columns));
    }
    this.starts[this.columns] = start;
    this.ends[this.columns++] = end;
  }
}

/**
 * Splits the row that begins at `start` and ends with a newline at its spaces, or at its tabs where it has any, and
 * returns where the next row begins. Several spaces separate like one; two tabs have an empty column between. A blank row
 * has no columns.
 */
function splitRow(bytes: Buffer, start: number, row: Row): number {
  row.columns = 0;
  for (let i = start; ; ) {
    let byte = bytes[i];
    while (byte === SPACE || byte === RETURN) byte = bytes[++i];
    if (byte === NEWLINE) return i + 1;
    if (byte === TAB) return splitRowAtTabs(bytes, start, row);
    const columnStart = i;
    while (byte > SPACE || !(isBlank(byte) || byte === NEWLINE)) byte = bytes[++i];
    row.push(columnStart, i);
  }
}

function splitRowAtTabs(bytes: Buffer, start: number, row: Row): number {
  row.columns = 0;
  for (let i = start; ; i++) {
    const columnStart = i;
    let byte = bytes[i];
    while (byte !== TAB && byte !== NEWLINE) byte = bytes[++i];
    row.push(columnStart, i);
    if (byte === TAB) continue;
    if (i > start && isBlank(bytes[i - 1])) trimRow(bytes, start, i, row);
    return i + 1;
  }
}

/** Leaves out blanks at the end of a row that was split at its tabs, and what stands between only them. */
function trimRow(bytes: Buffer, start: number, rowEnd: number, row: Row): void {
  let end = rowEnd;
  while (end > start && isBlank(bytes[end - 1])) end--;
  row.columns = 0;
  for (let i = start; end > start && i <= end; i++) {
    const columnStart = i;
    while (i < end && bytes[i] !== TAB) i++;
    row.push(columnStart, i);
  }
}

function isBlank(byte: number): boolean {
  return byte === SPACE || byte === TAB || byte === RETURN;
}

/** FNV-1a. */
const HASH_START = 0x811c9dc5 | 0;
const HASH_FACTOR = 0x01000193;

/**
 * The strings that stand in a text, each decoded from UTF-8 once: a hash table with open addressing. Their bytes lie side
 * by side, so that those of frequent words stay in the processor's cache.
 */
class StringTable {
  private readonly strings: string[] = [];
  private stored = new Uint8Array(1 << 16);
  /** Where the bytes of each string end in `stored`, after the end of the one before; the first entry is 0. */
  private bounds = new Int32Array(1 << 12);
  private hashes = new Int32Array(1 << 12);
  /** Index of a string plus 1, or 0; the length is a power of two. */
  private slots = new Int32Array(1 << 13);
  /** Index of each string of one byte, or −1. */
  private readonly ofBytes = new Int32Array(256).fill(-1);
  /** The whole text where it is ASCII, since cutting a string is several times as fast as decoding bytes. */
  private readonly text?: string;

  constructor(private readonly bytes: Buffer) {
    if (isAscii(bytes)) this.text = bytes.toString('latin1');
  }

  /** The index of the string of the bytes from `start` to `end` (exclusive). */
  indexOf(start: number, end: number): number {
    if (end - start === 1) return this.indexOfByte(start);
    const { bytes } = this;
    let hash = HASH_START;
    for (let i = start; i < end; i++) hash = Math.imul(hash ^ bytes[i], HASH_FACTOR);
    const mask = this.slots.length - 1;
    for (let slot = mixed(hash) & mask; ; slot = (slot + 1) & mask) {
      const entry = this.slots[slot];
      if (entry === 0) {
        this.slots[slot] = this.strings.length + 1;
        return this.add(start, end, hash);
      }
      if (this.hashes[entry - 1] === hash && this.isAt(entry - 1, start, end)) return entry - 1;
    }
  }

  /** The strings at every `step`-th of `indices` from `from` on, `count` of them. */
  pick(indices: readonly number[], from: number, step: number, count: number): string[] {
    const picked = new Array<string>(count);
    for (let k = 0, i = from; k < count; k++, i += step) picked[k] = this.strings[indices[i]];
    return picked;
  }

  /** The tag `O` and punctuation, which are half of all strings in a corpus, are not hashed. */
  private indexOfByte(start: number): number {
    const byte = this.bytes[start];
    if (this.ofBytes[byte] < 0) this.ofBytes[byte] = this.add(start, start + 1, 0);
    return this.ofBytes[byte];
  }

  private isAt(entry: number, start: number, end: number): boolean {
    const { bytes, stored } = this;
    let at = this.bounds[entry];
    if (this.bounds[entry + 1] - at !== end - start) return false;
    for (let i = start; i < end; i++) if (bytes[i] !== stored[at++]) return false;
    return true;
  }

  private add(start: number, end: number, hash: number): number {
    const index = this.strings.length;
    const at = this.bounds[index];
    const next = at + end - start;
    if (next > this.stored.length) this.stored = lengthened(this.stored, new Uint8Array(2 * next));
    for (let i = 0; i < end - start; i++) this.stored[at + i] = this.bytes[start + i];
    if (index + 2 > this.bounds.length) {
      this.bounds = lengthened(this.bounds, new Int32Array(2 * this.bounds.length));
      this.hashes = lengthened(this.hashes, new Int32Array(2 * this.hashes.length));
    }
    this.bounds[index + 1] = next;
    this.hashes[index] = hash;
    this.strings.push(this.text?.slice(start, end) ?? this.bytes.toString('utf8', start, end));
    if (4 * this.strings.length > this.slots.length) this.growSlots();
    return index;
  }

  private growSlots(): void {
    this.slots = new Int32Array(4 * this.slots.length);
    const mask = this.slots.length - 1;
    for (let entry = 1; entry <= this.strings.length; entry++) {
      if (this.bounds[entry] - this.bounds[entry - 1] === 1) continue;
      let slot = mixed(this.hashes[entry - 1]) & mask;
      while (this.slots[slot] !== 0) slot = (slot + 1) & mask;
      this.slots[slot] = entry;
    }
  }
}

/** The upper half of a product is the better mixed. */
function mixed(hash: number): number {
  return hash ^ (hash >>> 15);
}

function lengthened<T extends Uint8Array | Int32Array>(values: T, longer: T): T {
  longer.set(values);
  return longer;
}
