/**
 * CoNLL-U (https://universaldependencies.org/format.html) and CoNLL-U Plus with a column of entity tags, as Universal NER
 * has it: numbered words, comments that begin with `#`, `# newdoc` before each document.
 */
import { InputError } from '../../errors';
import { isBlank, type Line, linesOf } from '../lines';
import { fromBio } from '../schemes';
import type { Scheme } from '../tags';
import type { TaggedFormat, TaggedWords } from './format';
import { type RowReader, SentenceCollector, streamRows, unwritableWord, withDocuments } from './shared';

const COLUMNS = ['ID', 'FORM', 'LEMMA', 'UPOS', 'XPOS', 'FEATS', 'HEAD', 'DEPREL', 'DEPS', 'MISC'];
const NAMES_OF_TAGS = ['NER', 'TAG', 'TAGS'];
/** A range of words that are written as one (`1-2`), or a word that is not in the text (`8.1`): neither is a word here. */
const SKIPPED_ID = /^\d+[-.]\d+$/;
/** Sentences that are looked at to tell it: a first word may well be the number 1. */
const PROBE_SENTENCES = 2;

export const conllu: TaggedFormat<'conllu'> = {
  name: 'conllu',
  title: 'CoNLL-U',
  endings: ['.conllu', '.conllup'],

  looksLike(lines) {
    let sentences = 0;
    let expected = 1;
    for (const line of lines) {
      if (isBlank(line)) {
        if (expected > 1 && ++sentences === PROBE_SENTENCES) return true;
        expected = 1;
      } else if (!line.startsWith('#')) {
        const cells = line.split('\t');
        if (SKIPPED_ID.test(cells[0])) continue;
        if (cells.length < 3 || cells[0] !== String(expected)) return false;
        expected++;
      }
    }
    return sentences > 0 || expected > 1;
  },

  /**
   * `tagColumn` is the number of a column counted from 1, its name in `# global.columns` or in CoNLL-U, or the key of an
   * attribute in MISC, such as `NER` in `NER=B-PER` (words without it are `O`).
   */
  read(text, options) {
    const found = new SentenceCollector(options);
    const rows = new NumberedRows(
      options.file,
      ({ words, tags, lines, beginsDocument }) => found.add(words, tags, beginsDocument, word => lines[word]),
      { column: options.tagColumn },
    );
    for (const line of linesOf(text.toString())) rows.add(line);
    rows.end();
    return found.all('numbered words in CoNLL-U');
  },

  stream: (lines, file) => streamRows(lines, onSentence => new NumberedRows(file, onSentence)),

  write: formatConllu,

  help: {
    looks: `the words of its first two sentences are numbered 1, 2, 3 … in three or more columns separated by tabs (only there \
a line that begins with # is a comment)`,
    tags: `in the column of CoNLL-U that "# global.columns" calls NER, TAG or TAGS, else in the third where there are fewer \
than ten, else in the one that is named (such as MISC, or NER for NER=B-PER in MISC)`,
  },
};

interface NumberedWords {
  readonly words: string[];
  /** None where no column of them is read. */
  readonly tags: string[];
  /** The line of each word. */
  readonly lines: number[];
  readonly beginsDocument: boolean;
}

/** Puts rows together to sentences. Without `tags`, words alone are read. */
class NumberedRows implements RowReader {
  private sentence = emptySentence(false);
  private names?: readonly string[];
  private tagOf?: (cells: readonly string[]) => string | undefined;

  constructor(
    private readonly file: string,
    private readonly onSentence: (sentence: NumberedWords) => void,
    private readonly tags?: { readonly column?: number | string },
  ) {}

  add({ text, number }: Line): void {
    if (isBlank(text)) this.end();
    else if (text.startsWith('#')) this.addComment(text);
    else this.addWord(text.split('\t'), number);
  }

  end(): void {
    if (this.sentence.words.length === 0) return;
    this.onSentence(this.sentence);
    this.sentence = emptySentence(false);
  }

  private addComment(text: string): void {
    const columns = /^#\s*global\.columns\s*=\s*(.+)$/.exec(text);
    if (columns) this.names = columns[1].trim().split(/\s+/);
    if (!/^#\s*newdoc\b/.test(text)) return;
    this.end();
    this.sentence = emptySentence(true);
  }

  private addWord(cells: readonly string[], line: number): void {
    const [id, word] = cells;
    if (SKIPPED_ID.test(id)) return;
    const { words, tags, lines } = this.sentence;
    const place = `${this.file}:${line}`;
    // Where they do not follow each other, a row is missing or twice.
    if (id !== String(words.length + 1))
      throw new InputError(
        `${place}: found "${id}" in the first column, expected the word's number, ${words.length + 1}`,
      );
    if (!word) throw new InputError(`${place}: found no word in column 2`);
    if (unwritableWord([word]) !== undefined)
      throw new InputError(`${place}: the word ${JSON.stringify(word)} cannot stand in CoNLL columns`);
    if (this.tags) {
      const names = this.names ?? (cells.length === COLUMNS.length ? COLUMNS : []);
      this.tagOf ??= tagIn(place, cells, names, this.tags.column);
      const tag = this.tagOf(cells);
      if (tag === undefined)
        throw new InputError(`${place}: found ${cells.length} columns, without the word or its tag`);
      tags.push(tag);
    }
    words.push(word);
    lines.push(line);
  }
}

function emptySentence(beginsDocument: boolean): NumberedWords {
  return { words: [], tags: [], lines: [], beginsDocument };
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
  let text = '# global.columns = ID FORM NER\n';
  let s = 0;
  for (const { words, tags, document, beginsDocument } of withDocuments(sentences)) {
    if (beginsDocument) text += `# newdoc id = ${document}\n`;
    text += `# sent_id = ${++s}\n# text = ${words.join(' ')}\n`;
    fromBio(tags, scheme).forEach((tag, i) => {
      text += `${i + 1}\t${words[i]}\t${tag}\n`;
    });
    text += '\n';
  }
  return text;
}
