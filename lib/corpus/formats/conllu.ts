/**
 * CoNLL-U (https://universaldependencies.org/format.html) and CoNLL-U Plus with a column of entity tags, as Universal NER
 * has it: numbered words, comments that begin with `#`, `# newdoc` before each document. Other columns with a number before
 * each word are read likewise: WikiNEuRal counts from 0, some have spaces between columns.
 */
import { InputError } from '../../errors';
import { counted, inBrief } from '../../listed';
import { DOCUMENT_MARK, type TaggedRows } from '../columns';
import { isBlank, type Line, linesOf } from '../lines';
import { fromBio } from '../schemes';
import { parseTag, type Scheme } from '../tags';
import type { PredictionFormat, RowOptions, TaggedFormat, TaggedWords } from './format';
import {
  checkColumns,
  checkFound,
  inDigits,
  type RowReader,
  streamRows,
  unwritableWord,
  withDocuments,
} from './shared';

const COLUMNS = ['ID', 'FORM', 'LEMMA', 'UPOS', 'XPOS', 'FEATS', 'HEAD', 'DEPREL', 'DEPS', 'MISC'];
/** Of what is written. */
const WRITTEN = ['ID', 'FORM', 'NER'];
const NAMES_OF_TAGS = ['NER', 'TAG', 'TAGS'];
/** A range of words that are written as one (`1-2`), or a word that is not in the text (`8.1`): neither is a word here. */
const SKIPPED_ID = /^\d+[-.]\d+$/;
/** Sentences that are looked at to tell it: a first word may well be the number 1. */
const PROBE_SENTENCES = 2;
/** Words that are looked at where spaces stand between columns: sentences of numbers alone are shorter. */
const FEWEST_SPACED = 10;

export const conllu: TaggedFormat<'conllu'> & PredictionFormat = {
  name: 'conllu',
  title: 'CoNLL-U',
  endings: ['.conllu', '.conllup'],

  looksLike(lines) {
    let sentences = 0;
    let words = 0;
    let before: number | undefined;
    let tabs = true;
    const columns = new Set<number>();
    for (const line of lines) {
      if (line.startsWith('#')) continue;
      const cells = numberedCells(line);
      if (isBlank(line) || cells[0] === DOCUMENT_MARK) {
        if (before !== undefined && ++sentences === PROBE_SENTENCES && tabs) return true;
        before = undefined;
        continue;
      }
      if (SKIPPED_ID.test(cells[0])) continue;
      const number = /^\d+$/.test(cells[0]) ? Number(cells[0]) : undefined;
      // A number that does not fit gets an error with its line, so that numbers are never read as words.
      if (cells.length < 3 || number === undefined || (words === 0 && number > 1)) return false;
      tabs &&= line.includes('\t');
      columns.add(cells.length);
      before = number;
      words++;
    }
    // Items of a numbered list have as many words as it happens.
    return tabs ? words >= 1 : words >= FEWEST_SPACED && columns.size === 1;
  },

  /**
   * `tagColumn` is the number of a column counted from 1, its name in `# global.columns` or in CoNLL-U, or the key of an
   * attribute in MISC, such as `NER` in `NER=B-PER` (words without it are `O`).
   */
  read(text, options) {
    const { file } = options;
    const sentences: TaggedRows[] = [];
    const rows = new NumberedRows(file, sentence => sentences.push(sentence), options);
    for (const line of linesOf(text)) rows.add(line);
    rows.end();
    checkFound(sentences, file, 'numbered words in CoNLL-U');
    rows.checkTags();
    return { sentences, notes: rows.notes };
  },

  stream: (lines, options) =>
    streamRows(lines, options, onSentence => new NumberedRows(options.file, onSentence)),

  write: formatConllu,

  predictionsBegin: ({ scores = false }) => headerOf(scores ? [...WRITTEN, 'SCORE'] : WRITTEN),

  writePrediction({ words, beginsDocument }, { tags, confidences }, { scores = false } = {}) {
    if (words.length === 0) return '';
    const columns = scores ? [words, tags, confidences.map(inDigits)] : [words, tags];
    return `${beginsDocument ? '# newdoc\n' : ''}${formatRows(columns)}`;
  },

  help: {
    looks: `its first column numbers the words in its first two sentences, from 1 or 0, and two or more columns follow (where these \
are separated by spaces, in all that is looked at, ${FEWEST_SPACED} words at least, and as many in every row)`,
    comments: 'all lines of CoNLL-U that begin with #',
    predictions: `CoNLL-U has the columns ${WRITTEN.join(', ')}, and SCORE, the confidence of the tag, with --scores.`,
    tags: `in the column of CoNLL-U that "# global.columns" calls NER, TAG or TAGS; else in the third where there are fewer than ten \
(in the last where the third has no tag), else in the one that is named (such as MISC, or NER for NER=B-PER in MISC)`,
  },
};

/** The columns of a row: CoNLL-U has tabs; where a row has none, they are separated by spaces. Blanks at its end are none. */
function numberedCells(line: string): string[] {
  let end = line.length;
  while (end > 0 && (line[end - 1] === ' ' || line[end - 1] === '\t')) end--;
  const row = end < line.length ? line.slice(0, end) : line;
  return row.includes('\t') ? row.split('\t') : row.split(' ').filter(cell => cell !== '');
}

/** Puts rows together to sentences. Without options, words alone are read. */
class NumberedRows implements RowReader {
  private sentence = emptySentence(false);
  private names?: readonly string[];
  private tags?: TagCells;
  /** Numbers of words: the first of every sentence, and the last. */
  private first?: number;
  private last = 0;
  private spaces = false;

  constructor(
    private readonly file: string,
    private readonly onSentence: (sentence: TaggedRows) => void,
    private readonly options?: Pick<RowOptions, 'tagColumn' | 'tagColumns'>,
  ) {}

  add({ text, number }: Line): void {
    if (isBlank(text)) this.end();
    else if (text.startsWith('#')) this.addComment(text);
    else if (text.startsWith(DOCUMENT_MARK) && numberedCells(text)[0] === DOCUMENT_MARK) this.beginDocument();
    else this.addWord(text, number);
  }

  end(): void {
    if (this.sentence.words.length === 0) return;
    this.onSentence(this.sentence);
    this.sentence = emptySentence(false);
  }

  /** @throws InputError where no word has the attribute that was asked for. */
  checkTags(): void {
    this.tags?.checkFound();
  }

  get notes(): string[] {
    const from = this.first === 0 ? ' from 0' : '';
    return [
      ...(from || this.spaces
        ? [`the first column numbers the words${from} in every sentence and was skipped`]
        : []),
      ...(this.tags?.notes ?? []),
    ];
  }

  private addComment(text: string): void {
    const columns = /^#\s*global\.columns\s*=\s*(.+)$/.exec(text);
    if (columns) this.names = columns[1].trim().split(/\s+/);
    if (/^#\s*newdoc\b/.test(text)) this.beginDocument();
  }

  private beginDocument(): void {
    this.end();
    this.sentence = emptySentence(true);
  }

  private addWord(text: string, line: number): void {
    const cells = numberedCells(text);
    const [id, word] = cells;
    if (SKIPPED_ID.test(id)) return;
    const { words, columns, lines } = this.sentence;
    const place = `${this.file}:${line}`;
    this.count(id, words.length === 0, place);
    this.spaces ||= !text.includes('\t');
    if (!word) throw new InputError(`${place}: found no word in column 2`);
    if (unwritableWord([word]) !== undefined)
      throw new InputError(`${place}: the word ${inBrief(word)} cannot stand in CoNLL columns`);
    if (this.options) {
      const names = this.names ?? (cells.length === COLUMNS.length ? COLUMNS : []);
      this.tags ??= tagCells(this.file, line, cells, names, this.options);
      const tags = this.tags.of(cells, place);
      for (let c = 0; c < tags.length; c++) {
        columns[c] ??= [];
        columns[c].push(tags[c]);
      }
    }
    words.push(word);
    lines.push(line);
  }

  /** @throws InputError where numbers do not follow each other: there a row is missing or twice. */
  private count(id: string, beginsSentence: boolean, place: string): void {
    // The first word says where they begin.
    if (this.first === undefined && id === '0') this.first = 0;
    const expected = beginsSentence ? (this.first ?? 1) : this.last + 1;
    if (id !== String(expected))
      throw new InputError(
        `${place}: found ${inBrief(id)} in the first column, expected the word's number, ${expected}`,
      );
    this.first ??= expected;
    this.last = expected;
  }
}

interface OpenSentence extends TaggedRows {
  readonly words: string[];
  /** None where no column of tags is read. */
  readonly columns: string[][];
  readonly lines: number[];
}

function emptySentence(beginsDocument: boolean): OpenSentence {
  return { words: [], columns: [], lines: [], beginsDocument };
}

/** How the tags of words are found, decided at the first word. */
interface TagCells {
  /** @throws InputError where there are none */
  of(cells: readonly string[], place: string): readonly string[];
  checkFound(): void;
  readonly notes: readonly string[];
}

function tagCells(
  file: string,
  line: number,
  cells: readonly string[],
  names: readonly string[],
  { tagColumn, tagColumns = 1 }: Pick<RowOptions, 'tagColumn' | 'tagColumns'>,
): TagCells {
  const place = `${file}:${line}`;
  const indexOf = (name: string) => names.findIndex(each => each.toUpperCase() === name.toUpperCase());
  if (tagColumn === undefined && tagColumns === 2) {
    if (cells.length > 3) return inColumns([cells.length - 2, cells.length - 1]);
    throw new InputError(`${place}: found ${counted(cells.length, 'column')}, expected at least 4`);
  }
  if (tagColumn === undefined) {
    const named = NAMES_OF_TAGS.map(indexOf).find(index => index >= 0);
    if (named !== undefined) return inColumns([named]);
    if (cells.length >= 3 && cells.length < COLUMNS.length) {
      const last = cells.length - 1;
      if (parseTag(cells[2]) !== undefined || parseTag(cells[last]) === undefined) return inColumns([2]);
      return inColumns([last], [`the tags were read from column ${last + 1}, the last`]);
    }
    throw new InputError(
      `${place}: found ${cells.length} columns and none named ${NAMES_OF_TAGS.join(', ')}; name the column of the tags`,
    );
  }
  if (typeof tagColumn === 'number') {
    if (Number.isInteger(tagColumn) && tagColumn >= 3 && tagColumn <= cells.length)
      return inColumns([tagColumn - 1]);
    throw new InputError(
      `${place}: the column of tags is ${tagColumn}, expected 3 to ${cells.length} (number and word stand before)`,
    );
  }
  const index = indexOf(tagColumn);
  if (index >= 0) return inColumns([index]);
  const misc = indexOf('MISC');
  if (misc < 0)
    throw new InputError(
      `${place}: there is no column ${inBrief(tagColumn)}; ` +
        (names.length > 0
          ? `expected one of ${names.join(', ')}`
          : 'the columns have no names, expected a number'),
    );
  return new MiscAttribute(file, tagColumn, misc);
}

function inColumns(indices: readonly number[], notes: readonly string[] = []): TagCells {
  return {
    of: (cells, place) =>
      indices.map(index => {
        if (cells[index]) return cells[index];
        const found = index < cells.length ? `an empty column ${index + 1}` : counted(cells.length, 'column');
        throw new InputError(`${place}: found ${found}, expected the tag in column ${index + 1}`);
      }),
    checkFound() {},
    notes,
  };
}

/** The value of a key in MISC; a word without it is `O`. Attributes are separated by `|`; NorNE has a blank instead. */
class MiscAttribute implements TagCells {
  private readonly keys = new Set<string>();
  private found = false;
  private blanks = 0;

  constructor(
    private readonly file: string,
    private readonly key: string,
    private readonly column: number,
  ) {}

  of(cells: readonly string[], place: string): [string] {
    const misc = cells[this.column];
    if (!misc) throw new InputError(`${place}: found no MISC (column ${this.column + 1}), expected it or _`);
    let tag: string | undefined;
    for (const attribute of misc.split('|'))
      for (const part of attribute.split(' ')) {
        const [key, ...value] = part.split('=');
        if (value.length > 0) this.keys.add(key);
        if (key !== this.key || value.length === 0) continue;
        tag ??= value.join('=');
        if (part !== attribute) this.blanks++;
      }
    this.found ||= tag !== undefined;
    return [tag ?? 'O'];
  }

  checkFound(): void {
    if (this.found || this.keys.size === 0) return;
    const keys = [...this.keys].sort().join(', ');
    throw new InputError(`${this.file}: no word has "${this.key}" in MISC; found the keys ${keys}`);
  }

  get notes(): string[] {
    const { blanks, key, found } = this;
    if (!found) return [`no word has "${key}" in MISC: all are O`];
    if (blanks === 0) return [];
    return [
      `in MISC of ${counted(blanks, 'word')} a blank stands where | was expected; "${key}" was read there too`,
    ];
  }
}

/** Sentences in CoNLL-U Plus with the columns ID, FORM and NER. */
export function formatConllu(sentences: readonly TaggedWords[], scheme: Scheme = 'IOB2'): string {
  let text = headerOf(WRITTEN);
  let s = 0;
  for (const { words, tags, document, beginsDocument } of withDocuments(sentences)) {
    checkColumns({ words, tags }, s);
    if (beginsDocument) text += `# newdoc id = ${document}\n`;
    text += `# sent_id = ${++s}\n${formatRows([words, fromBio(tags, scheme)])}`;
  }
  return text;
}

function headerOf(columns: readonly string[]): string {
  return `# global.columns = ${columns.join(' ')}\n`;
}

/** One sentence, its words in the first of the columns, behind their numbers. */
function formatRows(columns: readonly (readonly string[])[]): string {
  const [words] = columns;
  let text = `# text = ${words.join(' ')}\n`;
  for (let i = 0; i < words.length; i++)
    text += `${[i + 1, ...columns.map(column => column[i])].join('\t')}\n`;
  return `${text}\n`;
}
