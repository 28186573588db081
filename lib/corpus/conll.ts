/**
 * Reads and writes corpora in CoNLL columns: one word a line with its tag in the last column, a blank line after each
 * sentence. Whatever scheme the tags of the file are in, the sentences carry BIO (IOB2).
 */
import { isUtf8 } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { InputError } from '../errors';
import type { Sentence } from './sentence';
import { type ParsedTag, parseTag, TAG_FORM, toBio } from './tags';

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

export interface ReadOptions {
  /** The name of the file, for messages of errors. */
  readonly file: string;
}

/**
 * The sentences of a text in CoNLL columns (word first, tag last, any constant number of columns between), with BIO tags.
 * IO, IOB1, IOB2, BIOES and BILOU are all read by the rule of `toBio`.
 * @throws InputError `file:line: …` for a row of another length than the first, for what is no tag, for no sentence.
 */
export function readConll(text: string, options: ReadOptions): Sentence[] {
  const parse = memoized(parseTag);
  return readTagColumns(text, { ...options, tagColumns: 1 }).map(({ words, columns, document }) => ({
    words,
    tags: toBio(columns[0], parse),
    document,
  }));
}

/**
 * `readConll` of a file in UTF-8.
 * @throws InputError also where the file cannot be read or is not UTF-8.
 */
export function readConllFile(path: string): Sentence[] {
  return readConll(readTextFile(path), { file: path });
}

/**
 * The sentences of a text in CoNLL columns with the tags of the last `tagColumns` columns just as they stand there.
 * Blank lines and lines that begin with `-DOCSTART-` end a sentence, and the latter begin a document. A row with a tab
 * is separated by tabs, any other by spaces. A line that begins with `#` is a word like any other.
 * @throws InputError as `readConll` does.
 */
export function readTagColumns(
  text: string,
  options: ReadOptions & { readonly tagColumns: number },
): TaggedRows[] {
  const { file, tagColumns } = options;
  const sentences = readRows(text, file, tagColumns);
  if (sentences.length === 0)
    throw new InputError(`${file}: found no sentence, expected lines with a word first and its tag last`);
  const parse = memoized(parseTag);
  for (const { columns, line } of sentences) {
    for (const tags of columns) {
      for (let i = 0; i < tags.length; i++) {
        if (tags[i] !== 'O' && parse(tags[i]) === undefined)
          throw new InputError(`${file}:${line + i}: tag "${tags[i]}" is not ${TAG_FORM}`);
      }
    }
  }
  return sentences;
}

/**
 * Sentences in CoNLL columns: word, tag and, where given, the tag of `extra` (one sequence a sentence, such as
 * predictions). Documents are marked with `-DOCSTART-` where there are several. Columns are separated by a space, or by
 * a tab where a word contains a space.
 * @throws InputError where words and tags differ in number, or where a word could not be read back.
 */
export function formatConll(
  sentences: readonly (Pick<Sentence, 'words' | 'tags'> & Partial<Sentence>)[],
  extra?: readonly (readonly string[])[],
): string {
  if (extra && extra.length !== sentences.length)
    throw new InputError(`found ${extra.length} further tag sequences for ${sentences.length} sentences`);
  const separator = sentences.some(({ words }) => words.some(word => word.includes(' '))) ? '\t' : ' ';
  const marked = sentences.some(({ document }) => (document ?? 0) !== (sentences[0].document ?? 0));
  const mark = `${['-DOCSTART-', 'O', ...(extra ? ['O'] : [])].join(separator)}\n\n`;
  let text = '';
  sentences.forEach(({ words, tags, document }, s) => {
    const columns = extra ? [words, tags, extra[s]] : [words, tags];
    checkColumns(columns, s);
    if (marked && (s === 0 || document !== sentences[s - 1].document)) text += mark;
    for (let i = 0; i < words.length; i++) text += `${columns.map(column => column[i]).join(separator)}\n`;
    text += '\n';
  });
  return text;
}

/**
 * The text of a file in UTF-8.
 * @throws InputError where it cannot be read (missing, not permitted, a folder) or is not UTF-8, then with the line.
 */
export function readTextFile(path: string): string {
  const bytes = readBytes(path);
  if (!isUtf8(bytes)) throw new InputError(`${path}:${firstLineNotUtf8(bytes)}: the text is not UTF-8`);
  return bytes.toString('utf8');
}

const DOCUMENT_MARK = '-DOCSTART-';
const TAB = 9;
const NEWLINE = 10;
const RETURN = 13;
const SPACE = 32;
const BYTE_ORDER_MARK = 0xfeff;

/** Scans the text by character codes: several times as fast as splitting lines by a regular expression. */
function readRows(text: string, file: string, tagColumns: number): TaggedRows[] {
  const sentences: TaggedRows[] = [];
  const intern = memoized((tag: string) => tag);
  const starts: number[] = [];
  const ends: number[] = [];
  let words: string[] = [];
  let columns: string[][] = [];
  let firstRow: { line: number; columns: number } | undefined;
  let document = 0;
  let sentencesBefore = 0;
  let line = 0;

  const endSentence = (): void => {
    if (words.length === 0) return;
    sentences.push({ words, columns, document, line: line - words.length });
    words = [];
  };

  for (let start = text.charCodeAt(0) === BYTE_ORDER_MARK ? 1 : 0; start < text.length; ) {
    const newline = text.indexOf('\n', start);
    const next = newline < 0 ? text.length : newline;
    const end = endOfRow(text, start, next);
    line++;
    if (end === start) {
      endSentence();
    } else if (isDocumentMark(text, start, end)) {
      endSentence();
      if (sentences.length > sentencesBefore) document++;
      sentencesBefore = sentences.length;
    } else {
      const found = splitRow(text, start, end, starts, ends);
      firstRow ??= { line, columns: found };
      if (found !== firstRow.columns || found <= tagColumns) {
        const expected =
          found <= tagColumns && line === firstRow.line ? `at least ${tagColumns + 1}` : firstRow.columns;
        throw new InputError(
          `${file}:${line}: found ${found} column${found === 1 ? '' : 's'}, expected ${expected}` +
            `${line === firstRow.line ? '' : ` as on line ${firstRow.line}`}`,
        );
      }
      if (starts[0] === ends[0])
        throw new InputError(`${file}:${line}: the word in the first column is empty`);
      if (words.length === 0) columns = Array.from({ length: tagColumns }, () => []);
      words.push(text.slice(starts[0], ends[0]));
      for (let c = 0; c < tagColumns; c++) {
        const column = found - tagColumns + c;
        columns[c].push(intern(text.slice(starts[column], ends[column])));
      }
    }
    start = next + 1;
  }
  line++;
  endSentence();
  return sentences;
}

/** Where the row ends without the blanks (space, tab, carriage return) at its end. */
function endOfRow(text: string, start: number, next: number): number {
  let end = next;
  while (end > start) {
    const code = text.charCodeAt(end - 1);
    if (code !== SPACE && code !== TAB && code !== RETURN) break;
    end--;
  }
  return end;
}

function isDocumentMark(text: string, start: number, end: number): boolean {
  if (!text.startsWith(DOCUMENT_MARK, start)) return false;
  const after = start + DOCUMENT_MARK.length;
  return after === end || text.charCodeAt(after) === SPACE || text.charCodeAt(after) === TAB;
}

/** Writes where the columns of a row start and end, and returns their number. */
function splitRow(text: string, start: number, end: number, starts: number[], ends: number[]): number {
  let tabs = false;
  for (let i = start; i < end && !tabs; i++) tabs = text.charCodeAt(i) === TAB;
  const separator = tabs ? TAB : SPACE;
  let columns = 0;
  let columnStart = start;
  for (let i = start; i <= end; i++) {
    if (i < end && text.charCodeAt(i) !== separator) continue;
    // Several spaces separate like one, and spaces may stand before the word; two tabs have an empty column between.
    if (tabs || i > columnStart) {
      starts[columns] = columnStart;
      ends[columns] = i;
      columns++;
    }
    columnStart = i + 1;
  }
  return columns;
}

function checkColumns(columns: readonly (readonly string[])[], sentence: number): void {
  const [words] = columns;
  for (const column of columns) {
    if (column.length !== words.length)
      throw new InputError(`sentence ${sentence + 1} has ${words.length} words but ${column.length} tags`);
  }
  for (const word of words) {
    if (!/^[^\t\n\r]+$/.test(word) || word.trim() === '' || word.startsWith(DOCUMENT_MARK))
      throw new InputError(
        `sentence ${sentence + 1}: the word ${JSON.stringify(word)} cannot stand in CoNLL columns`,
      );
  }
}

function memoized<T extends string | ParsedTag | null | undefined>(
  of: (tag: string) => T,
): (tag: string) => T {
  const known = new Map<string, T>();
  return tag => {
    const found = known.get(tag);
    if (found !== undefined) return found;
    const made = of(tag);
    known.set(tag, made);
    return made;
  };
}

function readBytes(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown';
    const reasons: Record<string, string> = {
      ENOENT: 'there is no such file',
      EACCES: 'the file may not be read (permission denied)',
      EISDIR: 'found a folder, expected a file in CoNLL columns',
    };
    throw new InputError(`${path}: ${reasons[code] ?? `the file cannot be read (${code})`}`);
  }
}

function firstLineNotUtf8(bytes: Buffer): number {
  let line = 1;
  for (let start = 0; start < bytes.length; line++) {
    const newline = bytes.indexOf(NEWLINE, start);
    const end = newline < 0 ? bytes.length : newline;
    if (!isUtf8(bytes.subarray(start, end))) break;
    start = end + 1;
  }
  return line;
}
