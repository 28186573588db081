/**
 * CoNLL columns: one word a line with its tag in the last column, a blank line after each sentence. Blank lines and lines
 * that begin with `-DOCSTART-` end a sentence, and the latter begin a document. A row with a tab between columns is separated
 * by tabs, any other by spaces; other white space is part of a word. A line that begins with `#` is a word, unless it stands
 * before a sentence and has not the columns of a row.
 */
import { InputError } from '../../errors';
import { listed } from '../../listed';
import {
  cellsOf,
  DOCUMENT_MARK,
  isComment,
  RowScanner,
  shapeOfRows,
  type TagColumns,
  type TaggedRows,
} from '../columns';
import { blocksOf, headOf, isBlank, type Line, plainText } from '../lines';
import { fromBio } from '../schemes';
import type { Sentence } from '../sentence';
import { parseTag, type Scheme } from '../tags';
import { checkUtf8, readBytes } from '../utf8';
import type { PredictionFormat, ReadingOptions, TaggedFormat, TaggedWords } from './format';
import {
  checkColumns,
  checkFound,
  checkTagged,
  inBio,
  inDigits,
  notesOnComments,
  streamRows,
  withDocuments,
} from './shared';

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
    const shape = shapeOfRows(lines, WORDS_ALONE);
    const rows = lines
      .filter(line => !isComment(line, shape, WORDS_ALONE))
      .map(cellsOf)
      .filter(hasWord);
    const columns = rows[0]?.length ?? 0;
    const tags = rows.map(row => row[row.length - 1]);
    // Lines of text may end in "I" or "B"; they are no tags where all are such.
    return (
      columns >= 2 &&
      rows.every(row => row.length === columns) &&
      tags.every(tag => parseTag(tag) !== undefined) &&
      tags.some(tag => tag === 'O' || tag.length > 1)
    );
  },

  read(text, { file, tagColumn, tagColumns = 1 }) {
    if (typeof tagColumn === 'string')
      throw new InputError(
        `${file}: CoNLL columns have no names, found the column "${tagColumn}", expected a number`,
      );
    if (tagColumn !== undefined && !(Number.isInteger(tagColumn) && tagColumn >= 2))
      throw new InputError(`the column of tags is ${tagColumn}, expected 2 or more: the first has the words`);
    const sentences: TaggedRows[] = [];
    const column: TagColumns = tagColumn === undefined ? { last: tagColumns } : { number: tagColumn };
    const shape = shapeOfRows(headOf(text), column);
    const scanner = new RowScanner(file, column, shape, sentence => sentences.push(sentence));
    for (const block of blocksOf(text)) scanner.scan(block);
    scanner.end();
    checkFound(sentences, file, EXPECTED);
    const notes = [...notesOnNumbers(headOf(text)), ...notesOnComments(scanner.comments)];
    return { sentences, notes, documentMarks: scanner.documentMarks };
  },

  stream(lines, options) {
    return streamRows(lines, options, onSentence => {
      const shape = shapeOfRows(options.head, WORDS_ALONE);
      const scanner = new RowScanner(options.file, WORDS_ALONE, shape, onSentence);
      return {
        add: ({ text }: Line) => scanner.scan(Buffer.from(`${text}\n`)),
        end: () => scanner.end(),
        get notes() {
          return [...notesOnNumbers(options.head), ...notesOnComments(scanner.comments)];
        },
      };
    });
  },

  write: (sentences, scheme) => formatConll(sentences, undefined, scheme),

  /** The tag stands last, where all that reads columns looks for it. */
  writePrediction({ words, beginsDocument }, { tags, confidences }, { scores = false } = {}) {
    if (words.length === 0) return '';
    const columns = scores ? [words, confidences.map(inDigits), tags] : [words, tags];
    const mark = beginsDocument ? [DOCUMENT_MARK, ...(scores ? [inDigits(1)] : []), 'O'] : undefined;
    return formatRows(columns, hasSpace(words) ? '\t' : ' ', mark);
  },

  help: {
    looks: `all rows have the same number of columns, two or more, and a tag in the last, or where the file's name ends in \
${listed(NAMED, 'or')}`,
    tags: 'in the last column of CoNLL columns',
    predictions:
      'CoNLL columns have the word and last its tag; with --scores, its confidence stands between them.',
    comments:
      'those lines of CoNLL columns that begin with # and a blank, stand before a sentence and have not the columns of a row',
  },
};

/** Of rows whose tags are not read; those that they may have stand last. */
const WORDS_ALONE: TagColumns = { last: 0 };

/** Numbers may be words, or number the words by a rule that is not known here. */
function notesOnNumbers(head: readonly string[]): string[] {
  const rows = head.map(cellsOf).filter(cells => cells.length > 2);
  return rows.length > 1 && rows.every(([word]) => /^[\d.:_-]*\d$/.test(word))
    ? ['the first column has numbers alone, which were read as the words']
    : [];
}

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
  const plain = plainText(typeof text === 'string' ? Buffer.from(text) : text);
  checkUtf8(plain, options.file);
  return inBio(conll.read(plain, options), options).sentences;
}

/**
 * `readConll` of a file in UTF-8.
 * @throws InputError also where the file cannot be read or is not UTF-8.
 */
export function readConllFile(path: string): Sentence[] {
  const { bytes, name } = readBytes(path);
  return readConll(bytes, { file: name });
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
  const separator = sentences.some(({ words }) => hasSpace(words)) ? '\t' : ' ';
  const mark = [DOCUMENT_MARK, 'O', ...(extra ? ['O'] : [])];
  let text = '';
  let s = 0;
  for (const { words, tags, beginsDocument } of withDocuments(sentences)) {
    checkColumns({ words, tags }, s);
    const columns = [words, fromBio(tags, scheme)];
    if (extra) {
      checkTagged({ words, tags: extra[s] }, s);
      columns.push(extra[s]);
    }
    text += formatRows(columns, separator, beginsDocument ? mark : undefined);
    s++;
  }
  return text;
}

function hasSpace(words: readonly string[]): boolean {
  return words.some(word => word.includes(' '));
}

/** One sentence, its words in the first of the columns; behind the row of a document mark, where there is one. */
function formatRows(
  columns: readonly (readonly string[])[],
  separator: string,
  mark?: readonly string[],
): string {
  let text = mark ? `${mark.join(separator)}\n\n` : '';
  for (let i = 0; i < columns[0].length; i++) text += `${columns.map(column => column[i]).join(separator)}\n`;
  // The reader takes one byte order mark at the beginning of a line for that of a file, not for the word's.
  return `${text}\n`.replace(/(^|\n)\ufeff/g, '$1\ufeff\ufeff');
}
