/**
 * Reads and writes corpora in CoNLL columns: one word a line with its tag in the last column, a blank line after each
 * sentence. Whatever scheme the tags of the file are in, the sentences carry BIO (IOB2).
 */
import { isUtf8 } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { InputError } from '../errors';
import { DOCUMENT_MARK, scanRows, type TaggedRows } from './columns';
import type { Sentence } from './sentence';
import { memoized, parseTag, TAG_FORM, type TagParser, toBio } from './tags';

export interface ReadOptions {
  /** The name of the file, for messages of errors. */
  readonly file: string;
}

/**
 * The sentences of a text in CoNLL columns (word first, tag last, any constant number of columns between), with BIO tags.
 * IO, IOB1, IOB2, BIOES and BILOU are all read by the rule of `toBio`.
 * @throws InputError `file:line: …` for a row of another length than the first, for what is no tag, for no sentence.
 */
export function readConll(text: string | Buffer, options: ReadOptions): Sentence[] {
  const sentences: Sentence[] = [];
  const parse = memoized(parseTag);
  forEachSentence(text, options.file, 1, parse, ({ words, columns, document }) => {
    sentences.push({ words, tags: toBio(columns[0], parse), document });
  });
  return sentences;
}

/**
 * `readConll` of a file in UTF-8.
 * @throws InputError also where the file cannot be read or is not UTF-8.
 */
export function readConllFile(path: string): Sentence[] {
  return readConll(readUtf8File(path), { file: path });
}

/**
 * The sentences of a text in CoNLL columns with the tags of the last `tagColumns` columns just as they stand there.
 * Blank lines and lines that begin with `-DOCSTART-` end a sentence, and the latter begin a document. A row with a tab
 * is separated by tabs, any other by spaces. A line that begins with `#` is a word like any other.
 * @throws InputError as `readConll` does.
 */
export function readTagColumns(
  text: string | Buffer,
  options: ReadOptions & { readonly tagColumns: number },
): TaggedRows[] {
  const sentences: TaggedRows[] = [];
  forEachSentence(text, options.file, options.tagColumns, memoized(parseTag), sentence => {
    sentences.push(sentence);
  });
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
  // The reader takes one mark at the very beginning for the file's, not for the word's.
  return text.startsWith('\ufeff') ? `\ufeff${text}` : text;
}

/**
 * The bytes of a file in UTF-8.
 * @throws InputError where it cannot be read (missing, not permitted, a folder) or is not UTF-8, then with the line.
 */
export function readUtf8File(path: string): Buffer {
  const bytes = readBytes(path);
  if (!isUtf8(bytes)) throw new InputError(`${path}:${firstLineNotUtf8(bytes)}: the text is not UTF-8`);
  return bytes;
}

/** Hands over every sentence with its tags checked; throws as `readConll` does. */
function forEachSentence(
  text: string | Buffer,
  file: string,
  tagColumns: number,
  parse: TagParser,
  onSentence: (sentence: TaggedRows) => void,
): void {
  let found = false;
  scanRows(typeof text === 'string' ? Buffer.from(text) : text, file, tagColumns, sentence => {
    found = true;
    for (const tags of sentence.columns) {
      const wrong = firstMalformed(tags, parse);
      if (wrong >= 0)
        throw new InputError(`${file}:${sentence.line + wrong}: tag "${tags[wrong]}" is not ${TAG_FORM}`);
    }
    onSentence(sentence);
  });
  if (!found)
    throw new InputError(`${file}: found no sentence, expected lines with a word first and its tag last`);
}

/** The index of the first that is no tag, or −1. */
function firstMalformed(tags: readonly string[], parse: TagParser): number {
  for (let i = 0; i < tags.length; i++) if (tags[i] !== 'O' && parse(tags[i]) === undefined) return i;
  return -1;
}

function checkColumns(columns: readonly (readonly string[])[], sentence: number): void {
  const [words] = columns;
  for (const column of columns) {
    if (column.length !== words.length)
      throw new InputError(`sentence ${sentence + 1} has ${words.length} words but ${column.length} tags`);
  }
  for (const word of words) {
    if (!/^[^\t\n\r]+$/.test(word) || word === DOCUMENT_MARK)
      throw new InputError(
        `sentence ${sentence + 1}: the word ${JSON.stringify(word)} cannot stand in CoNLL columns`,
      );
  }
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
    const newline = bytes.indexOf(10, start);
    const end = newline < 0 ? bytes.length : newline;
    if (!isUtf8(bytes.subarray(start, end))) break;
    start = end + 1;
  }
  return line;
}
