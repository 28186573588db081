/**
 * Reads and writes CoNLL-U (https://universaldependencies.org/format.html) and CoNLL-U Plus with a column of entity tags,
 * as Universal NER has it: numbered words, comments that begin with `#`, `# newdoc` before each document.
 */
import { InputError } from '../errors';
import { checkTagged, type ReadSentences, type TaggedWords, unwritableWord } from './conll';
import { fromBio, TagReader } from './schemes';
import type { Sentence } from './sentence';
import type { Scheme } from './tags';

export interface ConlluOptions {
  /** The name of the file, for messages of errors. */
  readonly file: string;
  readonly scheme?: Scheme;
  /**
   * The column of the tags: its number counted from 1, its name in `# global.columns` or in CoNLL-U, or the key of an
   * attribute in MISC, such as `NER` in `NER=B-PER` (words without it are `O`). Default: the column that `# global.columns`
   * calls NER, TAG or TAGS; else the third, where the file has not CoNLL-U's ten.
   */
  readonly tagColumn?: number | string;
}

const COLUMNS = ['ID', 'FORM', 'LEMMA', 'UPOS', 'XPOS', 'FEATS', 'HEAD', 'DEPREL', 'DEPS', 'MISC'];
const NAMES_OF_TAGS = ['NER', 'TAG', 'TAGS'];
/** A range of words that are written as one (`1-2`), or a word that is not in the text (`8.1`): neither is a word here. */
const SKIPPED_ID = /^(\d+-\d+|\d+\.\d+)$/;

/**
 * The sentences of a text in CoNLL-U, with BIO tags.
 * @throws InputError `file:line: …` for a row whose number does not follow, without the column of tags, for what is no tag.
 */
export function readConllu(text: string, { file, scheme, tagColumn }: ConlluOptions): ReadSentences {
  const sentences: Sentence[] = [];
  const reader = new TagReader(file, scheme);
  let tagOf: ((cells: readonly string[]) => string | undefined) | undefined;
  let names: readonly string[] | undefined;
  let words: string[] = [];
  let tags: string[] = [];
  let lines: number[] = [];
  let document = 0;
  let documentIsEmpty = true;

  const endSentence = (): void => {
    if (words.length === 0) return;
    sentences.push({ words, tags: reader.toBio(tags, word => lines[word]), document });
    documentIsEmpty = false;
    words = [];
    tags = [];
    lines = [];
  };

  const rows = (text.startsWith('\ufeff') ? text.slice(1) : text).split('\n');
  for (const [index, raw] of rows.entries()) {
    const row = raw.endsWith('\r') ? raw.slice(0, -1) : raw;
    const place = `${file}:${index + 1}`;
    if (row.trim() === '') {
      endSentence();
    } else if (row.startsWith('#')) {
      const columns = /^#\s*global\.columns\s*=\s*(.+)$/.exec(row);
      if (columns) names = columns[1].trim().split(/\s+/);
      if (!/^#\s*newdoc\b/.test(row)) continue;
      endSentence();
      if (!documentIsEmpty) document++;
      documentIsEmpty = true;
    } else {
      const cells = row.split('\t');
      if (SKIPPED_ID.test(cells[0])) continue;
      checkWordNumber(cells[0], words.length + 1, place);
      tagOf ??= tagIn(place, cells, names ?? (cells.length === COLUMNS.length ? COLUMNS : []), tagColumn);
      const tag = tagOf(cells);
      if (tag === undefined || !cells[1])
        throw new InputError(`${place}: found ${cells.length} columns, without the word or its tag`);
      if (unwritableWord([cells[1]]) !== undefined)
        throw new InputError(`${place}: the word ${JSON.stringify(cells[1])} cannot stand in CoNLL columns`);
      words.push(cells[1]);
      tags.push(tag);
      lines.push(index + 1);
    }
  }
  endSentence();
  if (sentences.length === 0)
    throw new InputError(`${file}: found no sentence, expected numbered words in CoNLL-U`);
  return { sentences, scheme: reader.scheme };
}

/** @throws InputError where the words of a sentence are not numbered 1, 2, 3 …, so that a row is missing or twice. */
export function checkWordNumber(found: string, expected: number, place: string): void {
  if (found !== String(expected))
    throw new InputError(
      `${place}: found "${found}" in the first column, expected the word's number, ${expected}`,
    );
}

/** How the tag of a word is found, decided at the first word. */
function tagIn(
  place: string,
  cells: readonly string[],
  names: readonly string[],
  column?: number | string,
): (cells: readonly string[]) => string | undefined {
  const at = (index: number) => (row: readonly string[]) => row[index];
  const indexOf = (name: string) => names.findIndex(each => each.toUpperCase() === name.toUpperCase());
  if (column === undefined) {
    const named = NAMES_OF_TAGS.map(indexOf).find(index => index >= 0);
    if (named !== undefined) return at(named);
    if (cells.length >= 3 && cells.length < COLUMNS.length) return at(2);
    throw new InputError(
      `${place}: found ${cells.length} columns and none named ${NAMES_OF_TAGS.join(', ')}; name the column of the tags`,
    );
  }
  if (typeof column === 'number') {
    if (Number.isInteger(column) && column >= 3 && column <= cells.length) return at(column - 1);
    throw new InputError(
      `${place}: the column of tags is ${column}, expected 3 to ${cells.length} (number and word stand before)`,
    );
  }
  const index = indexOf(column);
  if (index >= 0) return at(index);
  const misc = indexOf('MISC');
  if (misc < 0)
    throw new InputError(
      `${place}: there is no column "${column}"; ` +
        (names.length > 0
          ? `expected one of ${names.join(', ')}`
          : 'the columns have no names, expected a number'),
    );
  const prefix = `${column}=`;
  return row =>
    row[misc] &&
    (row[misc]
      .split('|')
      .find(attribute => attribute.startsWith(prefix))
      ?.slice(prefix.length) ??
      'O');
}

/** Sentences in CoNLL-U Plus with the columns ID, FORM and NER. */
export function formatConllu(sentences: readonly TaggedWords[], scheme: Scheme = 'IOB2'): string {
  const marked = sentences.some(({ document }) => (document ?? 0) !== (sentences[0].document ?? 0));
  let text = '# global.columns = ID FORM NER\n';
  sentences.forEach((sentence, s) => {
    const { words, tags, document } = sentence;
    checkTagged(sentence, s);
    if (marked && (s === 0 || document !== sentences[s - 1].document)) text += `# newdoc id = ${document}\n`;
    text += `# sent_id = ${s + 1}\n# text = ${words.join(' ')}\n`;
    fromBio(tags, scheme).forEach((tag, i) => {
      text += `${i + 1}\t${words[i]}\t${tag}\n`;
    });
    text += '\n';
  });
  return text;
}
