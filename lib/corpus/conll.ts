/**
 * Reads and writes corpora in CoNLL columns: one word a line with its tag in the last column, a blank line after each
 * sentence. Whatever scheme the tags of the file are in, the sentences carry BIO (IOB2).
 */
import { InputError } from '../errors';
import { DOCUMENT_MARK, scanRows, type TagColumns, type TaggedRows } from './columns';
import { fromBio, TagReader } from './schemes';
import type { Sentence } from './sentence';
import { memoized, parseTag, type Scheme, TAG_FORM } from './tags';
import { readUtf8File } from './text';

export { readUtf8File };

export interface ReadOptions {
  /** The name of the file, for messages of errors. */
  readonly file: string;
  /** The scheme that the tags are to be in; default: any, told from the tags. */
  readonly scheme?: Scheme;
  /** The column of the tags, counted from 1; default: the last. */
  readonly tagColumn?: number;
}

/** Sentences with BIO tags, and the scheme that their file has them in (`null`: there is no entity). */
export interface ReadSentences {
  readonly sentences: Sentence[];
  readonly scheme: Scheme | null;
}

/**
 * The sentences of a text in CoNLL columns (word first, tag last, any constant number of columns between), with BIO tags.
 * @throws InputError `file:line: …` for a row of another length than the first, for what is no tag or of another scheme,
 * for no sentence.
 */
export function readConll(text: string | Buffer, options: ReadOptions): Sentence[] {
  return readConllColumns(text, options).sentences;
}

/** `readConll`, with the scheme. */
export function readConllColumns(
  text: string | Buffer,
  { file, scheme, tagColumn }: ReadOptions,
): ReadSentences {
  const sentences: Sentence[] = [];
  const tags = new TagReader(file, scheme);
  const column: TagColumns = tagColumn === undefined ? { last: 1 } : { number: tagColumn };
  if (tagColumn !== undefined && !(Number.isInteger(tagColumn) && tagColumn >= 2))
    throw new InputError(`the column of tags is ${tagColumn}, expected 2 or more: the first has the words`);
  scanRows(bytesOf(text), file, column, ({ words, columns, document, line }) => {
    sentences.push({ words, tags: tags.toBio(columns[0], word => line + word), document });
  });
  if (sentences.length === 0) throw noSentence(file);
  return { sentences, scheme: tags.scheme };
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
  options: { readonly file: string; readonly tagColumns: number },
): TaggedRows[] {
  const { file, tagColumns } = options;
  const sentences: TaggedRows[] = [];
  const parse = memoized(parseTag);
  scanRows(bytesOf(text), file, { last: tagColumns }, sentence => {
    for (const tags of sentence.columns) {
      const wrong = tags.findIndex(tag => tag !== 'O' && parse(tag) === undefined);
      if (wrong >= 0)
        throw new InputError(`${file}:${sentence.line + wrong}: tag "${tags[wrong]}" is not ${TAG_FORM}`);
    }
    sentences.push(sentence);
  });
  if (sentences.length === 0) throw noSentence(file);
  return sentences;
}

/**
 * Sentences in CoNLL columns: word, tag in the given scheme and, where given, the tag of `extra` (one sequence a sentence,
 * such as predictions) as it is. Documents are marked with `-DOCSTART-` where there are several. Columns are separated by a space, or by
 * a tab where a word contains a space.
 * @throws InputError where words and tags differ in number, or where a word could not be read back.
 */
export function formatConll(
  sentences: readonly TaggedWords[],
  extra?: readonly (readonly string[])[],
  scheme: Scheme = 'IOB2',
): string {
  if (extra && extra.length !== sentences.length)
    throw new InputError(`found ${extra.length} further tag sequences for ${sentences.length} sentences`);
  const separator = sentences.some(({ words }) => words.some(word => word.includes(' '))) ? '\t' : ' ';
  const marked = sentences.some(({ document }) => (document ?? 0) !== (sentences[0].document ?? 0));
  const mark = `${['-DOCSTART-', 'O', ...(extra ? ['O'] : [])].join(separator)}\n\n`;
  let text = '';
  sentences.forEach((sentence, s) => {
    const { words, tags, document } = sentence;
    checkTagged(sentence, s);
    if (extra) checkTagged({ words, tags: extra[s] }, s);
    const written = fromBio(tags, scheme);
    const columns = extra ? [words, written, extra[s]] : [words, written];
    if (marked && (s === 0 || document !== sentences[s - 1].document)) text += mark;
    for (let i = 0; i < words.length; i++) text += `${columns.map(column => column[i]).join(separator)}\n`;
    text += '\n';
  });
  // The reader takes one mark at the very beginning for the file's, not for the word's.
  return text.startsWith('\ufeff') ? `\ufeff${text}` : text;
}

function bytesOf(text: string | Buffer): Buffer {
  return typeof text === 'string' ? Buffer.from(text) : text;
}

function noSentence(file: string): InputError {
  return new InputError(`${file}: found no sentence, expected lines with a word first and its tag last`);
}

/** What can be written: words with BIO tags, and the document if there are several. */
export type TaggedWords = Pick<Sentence, 'words' | 'tags'> & Partial<Sentence>;

/**
 * The first word that could not be read back from CoNLL columns: one that is empty, a document mark, or has what
 * separates columns and rows; a zero would make the text look like UTF-16.
 */
export function unwritableWord(words: readonly string[]): string | undefined {
  return words.find(word => !/^[^\t\n\r]+$/.test(word) || word.includes('\0') || word === DOCUMENT_MARK);
}

/** @throws InputError where a sentence (counted from 0) has not a tag a word, or a word that could not be read back. */
export function checkTagged({ words, tags }: TaggedWords, sentence: number): void {
  if (tags.length !== words.length)
    throw new InputError(`sentence ${sentence + 1} has ${words.length} words but ${tags.length} tags`);
  const wrong = unwritableWord(words);
  if (wrong !== undefined)
    throw new InputError(
      `sentence ${sentence + 1}: the word ${JSON.stringify(wrong)} cannot stand in CoNLL columns`,
    );
}
