/**
 * CoNLL columns: one word a line with its tag in the last column, a blank line after each sentence. Blank lines and lines
 * that begin with `-DOCSTART-` end a sentence, and the latter begin a document. A row with a tab is separated by tabs, any
 * other by spaces. A line that begins with `#` is a word like any other.
 */
import { InputError } from '../../errors';
import { listed } from '../../listed';
import { cellsOf, DOCUMENT_MARK, RowScanner, scanRows, type TagColumns, type TaggedRows } from '../columns';
import { isBlank, type Line } from '../lines';
import { fromBio } from '../schemes';
import type { Sentence } from '../sentence';
import { memoized, parseTag, type Scheme, TAG_FORM } from '../tags';
import { readUtf8File } from '../utf8';
import type { PredictionFormat, ReadingOptions, TaggedFormat, TaggedWords } from './format';
import { checkTagged, noSentence, SentenceCollector, streamRows, withDocuments } from './shared';

const EXPECTED = 'lines with a word first and its tag last';

/** Endings that stand for columns where nothing else is told from the text. */
const NAMED = ['.conll', '.iob', '.iob2', '.bio'];

export const conll: TaggedFormat<'conll'> & PredictionFormat = {
  name: 'conll',
  title: 'CoNLL columns',
  endings: [],
  furtherEndings: ['.txt', ...NAMED, '.tsv', '.annotated', ''],

  looksLike(lines, ending) {
    if (NAMED.includes(ending)) return true;
    // Rows without a word say nothing: reading tells of them.
    const hasWord = ([word = '']: string[]) => !isBlank(word) && word !== DOCUMENT_MARK;
    const rows = lines.map(cellsOf).filter(hasWord);
    const columns = rows[0]?.length ?? 0;
    return (
      columns >= 2 && rows.every(row => row.length === columns && parseTag(row[columns - 1]) !== undefined)
    );
  },

  read(text, options) {
    const { file, tagColumn } = options;
    if (typeof tagColumn === 'string')
      throw new InputError(
        `${file}: CoNLL columns have no names, found the column "${tagColumn}", expected a number`,
      );
    if (tagColumn !== undefined && !(Number.isInteger(tagColumn) && tagColumn >= 2))
      throw new InputError(`the column of tags is ${tagColumn}, expected 2 or more: the first has the words`);
    const found = new SentenceCollector(options);
    const column: TagColumns = tagColumn === undefined ? { last: 1 } : { number: tagColumn };
    scanRows(text, file, column, ({ words, columns, beginsDocument, line }) =>
      found.add(words, columns[0], beginsDocument, word => line + word),
    );
    return found.all(EXPECTED);
  },

  stream(lines, file) {
    return streamRows(lines, onSentence => {
      const scanner = new RowScanner(file, { last: 0 }, onSentence);
      // Streams are put together of files (`cat`), each with its byte order mark.
      const add = ({ text }: Line) => scanner.scan(Buffer.from(`${text.replace(/^\ufeff+/, '')}\n`));
      return { add, end: () => scanner.end() };
    });
  },

  write: (sentences, scheme) => formatConll(sentences, undefined, scheme),

  writePrediction({ words, beginsDocument }, { tags }) {
    if (words.length === 0) return '';
    return (beginsDocument ? `${DOCUMENT_MARK} O\n\n` : '') + formatConll([{ words, tags }]);
  },

  help: {
    looks: `all rows have the same number of columns, two or more, and a tag in the last, or where the file's name ends in \
${listed(NAMED, 'or')}`,
    tags: 'in the last column of CoNLL columns',
  },
};

export interface ReadOptions extends ReadingOptions {
  /** The column of the tags, counted from 1; default: the last. */
  readonly tagColumn?: number;
}

/**
 * The sentences of a text in CoNLL columns (word first, tag last, any constant number of columns between), with BIO tags.
 * @throws InputError `file:line: …` for a row of another length than the first, for what is no tag or of another scheme,
 * for no sentence.
 */
export function readConll(text: string | Buffer, options: ReadOptions): Sentence[] {
  return conll.read(bytesOf(text), options).sentences;
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
  if (sentences.length === 0) throw noSentence(file, EXPECTED);
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
  const mark = `${[DOCUMENT_MARK, 'O', ...(extra ? ['O'] : [])].join(separator)}\n\n`;
  let text = '';
  let s = 0;
  for (const { words, tags, beginsDocument } of withDocuments(sentences)) {
    const columns = [words, fromBio(tags, scheme)];
    if (extra) {
      checkTagged({ words, tags: extra[s] }, s);
      columns.push(extra[s]);
    }
    if (beginsDocument) text += mark;
    for (let i = 0; i < words.length; i++) text += `${columns.map(column => column[i]).join(separator)}\n`;
    text += '\n';
    s++;
  }
  // The reader takes one mark at the very beginning for the file's, not for the word's.
  return text.startsWith('\ufeff') ? `\ufeff${text}` : text;
}

function bytesOf(text: string | Buffer): Buffer {
  return typeof text === 'string' ? Buffer.from(text) : text;
}
