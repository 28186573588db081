/**
 * Scans text in CoNLL columns. It works on bytes and makes each distinct word once, which is several times as fast as
 * splitting lines of text; corpora are read anew in every cell and test, so this is worth its length.
 */
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
  bytes: Buffer,
  file: string,
  columnsOfTags: TagColumns,
  onSentence: (sentence: TaggedRows) => void,
): void {
  const tagColumns = 'last' in columnsOfTags ? columnsOfTags.last : 1;
  const fewest = 'last' in columnsOfTags ? columnsOfTags.last + 1 : columnsOfTags.number;
  const strings = new StringTable(bytes);
  const row: Row = { columns: 0, starts: [], ends: [] };
  /** Indices in `strings` of the word and the tags of each row of the open sentence. */
  const cells: number[] = [];
  let rows = 0;
  let firstRow: { line: number; columns: number } | undefined;
  let document = 0;
  let documentIsEmpty = true;
  let line = 0;

  const endSentence = (): void => {
    if (rows === 0) return;
    const columns: string[][] = [];
    for (let c = 0; c <= tagColumns; c++) columns.push(strings.pick(cells, c, 1 + tagColumns, rows));
    const words = columns.shift()!;
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
interface Row {
  columns: number;
  readonly starts: number[];
  readonly ends: number[];
}

/**
 * Splits the row that begins at `start` at its spaces, or at its tabs where it has any, and returns where the next row
 * begins. Several spaces separate like one; two tabs have an empty column between. A blank row has no columns.
 */
function splitRow(bytes: Buffer, start: number, row: Row): number {
  const { length } = bytes;
  let columns = 0;
  let columnStart = start;
  let i = start;
  for (; i < length; i++) {
    const byte = bytes[i];
    if (byte > SPACE) continue;
    if (byte === TAB) return splitRowAtTabs(bytes, start, row);
    if (byte !== SPACE && byte !== RETURN && byte !== NEWLINE) continue;
    if (i > columnStart) setColumn(row, columns++, columnStart, i);
    columnStart = i + 1;
    if (byte === NEWLINE) break;
  }
  if (i === length && i > columnStart) setColumn(row, columns++, columnStart, i);
  row.columns = columns;
  return i + 1;
}

function splitRowAtTabs(bytes: Buffer, start: number, row: Row): number {
  const newline = bytes.indexOf(NEWLINE, start);
  const next = newline < 0 ? bytes.length : newline;
  let end = next;
  while (end > start && isBlank(bytes[end - 1])) end--;
  row.columns = 0;
  for (let i = start, columnStart = start; end > start && i <= end; i++) {
    if (i < end && bytes[i] !== TAB) continue;
    setColumn(row, row.columns++, columnStart, i);
    columnStart = i + 1;
  }
  return next + 1;
}

function isBlank(byte: number): boolean {
  return byte === SPACE || byte === TAB || byte === RETURN;
}

function setColumn(row: Row, column: number, start: number, end: number): void {
  row.starts[column] = start;
  row.ends[column] = end;
}

/** The strings that stand in a text, each decoded from UTF-8 once: a hash table with open addressing over the bytes. */
class StringTable {
  private readonly strings: string[] = [];
  /** Start and end of where each string stands first. */
  private readonly places: number[] = [];
  /** Index of a string plus 1, or 0; the length is a power of two. */
  private slots = new Int32Array(1 << 12);

  constructor(private readonly bytes: Buffer) {}

  /** The index of the string of the bytes from `start` to `end` (exclusive). */
  indexOf(start: number, end: number): number {
    const { bytes } = this;
    let slot = this.firstSlot(start, end);
    for (let entry = this.slots[slot]; entry !== 0; entry = this.slots[slot]) {
      const other = this.places[2 * entry - 2];
      if (this.places[2 * entry - 1] - other === end - start) {
        let i = start;
        while (i < end && bytes[i] === bytes[other + i - start]) i++;
        if (i === end) return entry - 1;
      }
      slot = (slot + 1) & (this.slots.length - 1);
    }
    this.strings.push(bytes.toString('utf8', start, end));
    this.places.push(start, end);
    this.slots[slot] = this.strings.length;
    if (2 * this.strings.length > this.slots.length) this.grow();
    return this.strings.length - 1;
  }

  /** The strings at every `step`-th of `indices` from `from` on, `count` of them. */
  pick(indices: readonly number[], from: number, step: number, count: number): string[] {
    const picked = new Array<string>(count);
    for (let k = 0, i = from; k < count; k++, i += step) picked[k] = this.strings[indices[i]];
    return picked;
  }

  /** FNV-1a over the bytes. */
  private firstSlot(start: number, end: number): number {
    let hash = 0x811c9dc5;
    for (let i = start; i < end; i++) hash = Math.imul(hash ^ this.bytes[i], 0x01000193);
    return (hash ^ (hash >>> 15)) & (this.slots.length - 1);
  }

  private grow(): void {
    this.slots = new Int32Array(4 * this.slots.length);
    for (let entry = 1; entry <= this.strings.length; entry++) {
      let slot = this.firstSlot(this.places[2 * entry - 2], this.places[2 * entry - 1]);
      while (this.slots[slot] !== 0) slot = (slot + 1) & (this.slots.length - 1);
      this.slots[slot] = entry;
    }
  }
}
