/**
 * Scans text in CoNLL columns. It works on bytes and makes each distinct word once, which is several times as fast as
 * splitting lines of text; corpora are read anew in every cell and test, so this is worth its length.
 */
import { isAscii } from 'node:buffer';
import { InputError } from '../errors';
import { counted } from '../listed';
import { parseTag } from './tags';

/** A sentence as its file has it, with the tags not yet converted. */
export interface TaggedRows {
  readonly words: readonly string[];
  /** The last columns of the file, left to right, each with one tag a word. */
  readonly columns: readonly (readonly string[])[];
  /** Whether a document mark stands before it. */
  readonly beginsDocument: boolean;
  /** The line of each word, counted from 1. */
  readonly lines: readonly number[];
}

/** A line that begins with this begins a document. */
export const DOCUMENT_MARK = '-DOCSTART-';
const MARK_BYTES = Buffer.from(DOCUMENT_MARK);
const TAB = 9;
const NEWLINE = 10;
const SPACE = 32;
const HASH = 35;

/** Which columns hold tags: the last so many, or the one of a number, counted from 1. */
export type TagColumns = { readonly last: number } | { readonly number: number };

/** What the rows of a file are like, by the first that is no comment. */
export interface RowShape {
  readonly columns: number;
  /** Whether there is a tag where tags are to be. */
  readonly tagged: boolean;
}

/** Such as `# id 17` or `#begin document`; whether they are comments depends on the rows. */
const COMMENT = /^#([ \t]+\S|(begin|end) document\b)/;

/**
 * Whether a line is a comment: it begins with # and a blank, and has not the columns of a row. A hashtag is a word, and so is a
 * lone #.
 */
export function isComment(line: string, shape: RowShape | undefined, tags: TagColumns): boolean {
  if (!COMMENT.test(line)) return false;
  const { columns, tagged } = shapeOf(cellsOf(line), tags);
  if (shape === undefined) return !tagged;
  return columns !== shape.columns || (shape.tagged && !tagged);
}

/** What rows are like, by the first of these lines that does not begin with #. */
export function shapeOfRows(lines: readonly string[], tags: TagColumns): RowShape | undefined {
  const cells = lines.filter(line => !line.startsWith('#')).map(cellsOf);
  const row = cells.find(([word]) => word !== undefined && word !== DOCUMENT_MARK);
  return row && shapeOf(row, tags);
}

function shapeOf(row: readonly string[], tags: TagColumns): RowShape {
  const tag = row['number' in tags ? tags.number - 1 : row.length - 1];
  return { columns: row.length, tagged: row.length > 1 && tag !== undefined && parseTag(tag) !== undefined };
}

/** More distinct strings than most corpora have are forgotten from time to time, since a stream may go on for ever. */
const MOST_STRINGS = 1 << 17;

/**
 * Puts rows in UTF-8 together to sentences and hands these over one after another, with the columns of tags just as they
 * stand there, not checked.
 */
export class RowScanner {
  private readonly tagColumns: number;
  private readonly fewest: number;
  private strings = new StringTable();
  private readonly row = new Row();
  /** Indices in `strings` of the word and the tags of each row of the open sentence. */
  private readonly cells: number[] = [];
  private rows = 0;
  private firstRow?: { readonly line: number; readonly columns: number; readonly tabs: boolean };
  private beginsDocument = false;
  private line = 0;
  private commentLines = 0;
  private marks = 0;

  /**
   * @param file named in errors
   * @param shape of the rows, by which comments are told; where it is not known, lines with a tag are rows
   */
  constructor(
    private readonly file: string,
    private readonly columnsOfTags: TagColumns,
    private readonly shape: RowShape | undefined,
    private readonly onSentence: (sentence: TaggedRows) => void,
  ) {
    this.tagColumns = 'last' in columnsOfTags ? columnsOfTags.last : 1;
    this.fewest = 'last' in columnsOfTags ? columnsOfTags.last + 1 : columnsOfTags.number;
  }

  /** How many comments were skipped so far. */
  get comments(): number {
    return this.commentLines;
  }

  /** How many document marks there were so far. */
  get documentMarks(): number {
    return this.marks;
  }

  /**
   * Goes on with further rows.
   * @throws InputError `file:line: …` for a row of another length than the first and for an empty word.
   */
  scan(text: Buffer): void {
    if (this.rows === 0 && this.strings.size > MOST_STRINGS) this.strings = new StringTable();
    const bytes = text[text.length - 1] === NEWLINE ? text : Buffer.concat([text, Buffer.from('\n')]);
    const { strings, row, cells, tagColumns, columnsOfTags } = this;
    strings.readFrom(bytes);
    for (let start = 0; start < bytes.length; ) {
      this.line++;
      const end = splitRow(bytes, start, row);
      const { starts, ends } = row;
      const isComment = bytes[start] === HASH && this.rows === 0 && this.isComment(bytes, start, end - 1);
      start = end;
      if (isComment) {
        this.commentLines++;
      } else if (row.columns === 0) {
        this.endSentence();
      } else if (isDocumentMark(bytes, starts[0], ends[0])) {
        this.endSentence();
        this.beginsDocument = true;
        this.marks++;
      } else {
        this.checkRow();
        let cell = this.rows * (1 + tagColumns);
        cells[cell++] = strings.indexOf(starts[0], ends[0]);
        const firstTag = 'last' in columnsOfTags ? row.columns - tagColumns : columnsOfTags.number - 1;
        for (let column = firstTag; column < firstTag + tagColumns; column++)
          cells[cell++] = strings.indexOf(starts[column], ends[column]);
        this.rows++;
      }
    }
  }

  /** There are no more rows. */
  end(): void {
    this.line++;
    this.endSentence();
  }

  private endSentence(): void {
    const { strings, cells, tagColumns, rows, beginsDocument, line } = this;
    if (rows === 0) return;
    const words = strings.pick(cells, 0, 1 + tagColumns, rows);
    const columns: string[][] = [];
    for (let c = 1; c <= tagColumns; c++) columns.push(strings.pick(cells, c, 1 + tagColumns, rows));
    const lines = new Array<number>(rows);
    for (let i = 0; i < rows; i++) lines[i] = line - rows + i;
    this.onSentence({ words, columns, beginsDocument, lines });
    this.beginsDocument = false;
    this.rows = 0;
  }

  /** Where a file has tabs between columns, a row with tabs at its end alone has one column. */
  private columnsLike(firstRow: { readonly tabs: boolean }): number {
    const { row } = this;
    return firstRow.tabs && row.endsInTab && !row.tabs ? 1 : row.columns;
  }

  private isComment(bytes: Buffer, start: number, end: number): boolean {
    return isComment(bytes.toString('utf8', start, end), this.shape, this.columnsOfTags);
  }

  private checkRow(): void {
    const { row, file, line, fewest } = this;
    this.firstRow ??= { line, columns: row.columns, tabs: row.tabs };
    const { firstRow } = this;
    const columns = this.columnsLike(firstRow);
    if (columns !== firstRow.columns || columns < fewest) {
      const expected =
        line === firstRow.line ? `at least ${fewest}` : `${firstRow.columns} as on line ${firstRow.line}`;
      throw new InputError(`${file}:${line}: found ${counted(columns, 'column')}, expected ${expected}`);
    }
    if (row.starts[0] === row.ends[0])
      throw new InputError(`${file}:${line}: the word in the first column is empty`);
  }
}

/** The columns of a row, split as everywhere. */
export function cellsOf(line: string): string[] {
  const bytes = Buffer.from(`${line}\n`);
  const row = new Row();
  splitRow(bytes, 0, row);
  return Array.from({ length: row.columns }, (_, c) => bytes.toString('utf8', row.starts[c], row.ends[c]));
}

function isDocumentMark(bytes: Buffer, start: number, end: number): boolean {
  if (end - start !== MARK_BYTES.length) return false;
  for (let i = 0; i < MARK_BYTES.length; i++) if (bytes[start + i] !== MARK_BYTES[i]) return false;
  return true;
}

/** Where the columns of a row start and end (exclusive); a scanner uses one object for all rows. */
class Row {
  columns = 0;
  /** Whether it was split at tabs. */
  tabs = false;
  /** Whether there are tabs after the last column. */
  endsInTab = false;
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
 * Splits the row that begins at `start` and ends with a newline at its spaces, or at its tabs where any stand between its
 * columns, and returns where the next row begins. Several spaces separate like one; two tabs have an empty column between. A
 * blank row has no columns.
 */
function splitRow(bytes: Buffer, start: number, row: Row): number {
  row.columns = 0;
  row.tabs = false;
  row.endsInTab = false;
  for (let i = start; ; ) {
    let byte = bytes[i];
    while (byte === SPACE) byte = bytes[++i];
    if (byte === TAB) {
      let end = i;
      while (isBlank(bytes[end])) end++;
      if (bytes[end] !== NEWLINE) return splitRowAtTabs(bytes, start, row);
      row.endsInTab = true;
      return end + 1;
    }
    if (byte === NEWLINE) return i + 1;
    const columnStart = i;
    while (byte > SPACE || !(isBlank(byte) || byte === NEWLINE)) byte = bytes[++i];
    row.push(columnStart, i);
  }
}

function splitRowAtTabs(bytes: Buffer, start: number, row: Row): number {
  row.columns = 0;
  row.tabs = true;
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
  return byte === SPACE || byte === TAB;
}

/** FNV-1a. */
const HASH_START = 0x811c9dc5 | 0;
const HASH_FACTOR = 0x01000193;

/**
 * The strings that stand in text, each decoded from UTF-8 once: a hash table with open addressing. Their bytes lie side
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
  private bytes: Buffer = Buffer.alloc(0);
  /** The whole text where it is ASCII, since cutting a string is several times as fast as decoding bytes. */
  private text?: string;

  get size(): number {
    return this.strings.length;
  }

  /** Goes on with a text; strings keep their indices. */
  readFrom(bytes: Buffer): void {
    this.bytes = bytes;
    this.text = isAscii(bytes) ? bytes.toString('latin1') : undefined;
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
