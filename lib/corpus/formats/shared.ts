/** What formats do alike: collecting and handing on sentences, documents, words that cannot be written. */
import { InputError } from '../../errors';
import { counted, inBrief } from '../../listed';
import { DOCUMENT_MARK, type TaggedRows } from '../columns';
import type { Line } from '../lines';
import { TagReader } from '../schemes';
import type { Sentence } from '../sentence';
import type {
  InputSentence,
  ReadingOptions,
  ReadRows,
  ReadSentences,
  StreamOptions,
  TaggedWords,
} from './format';

/** @throws InputError where there is no sentence, with what was `expected`. */
export function checkFound(sentences: readonly TaggedRows[], file: string, expected: string): void {
  if (sentences.length === 0) throw new InputError(`${file}: found no sentence, expected ${expected}`);
}

/**
 * Sentences of a file with BIO tags, their documents counted.
 * @throws InputError `file:line: …` for what is no tag, or of another scheme than that which was named or than those before
 */
export function inBio(
  { sentences, notes, unwritable }: ReadRows,
  { file, scheme }: Pick<ReadingOptions, 'file' | 'scheme'>,
): ReadSentences {
  const reader = new TagReader(file, scheme);
  let document = 0;
  const read = sentences.map(({ words, columns: [tags], beginsDocument, lines }, s): Sentence => {
    if (beginsDocument && s > 0) document++;
    return { words, tags: reader.toBio(tags, word => lines[word]), document };
  });
  const all = [...notes, ...reader.notes];
  return { sentences: read, scheme: reader.scheme, notes: all, ...(unwritable && { unwritable }) };
}

/** How many comments were skipped, where any were. */
export function notesOnComments(comments: number): string[] {
  if (comments === 0) return [];
  const were = comments === 1 ? 'begins with # and was' : 'begin with # and were';
  return [`${counted(comments, 'line')} ${were} skipped as ${comments === 1 ? 'a comment' : 'comments'}`];
}

/** Puts rows together to sentences as they come. */
export interface RowReader {
  add(line: Line): void;
  /** Ends the last sentence. */
  end(): void;
  /** What was guessed so far, in sentences. */
  readonly notes: readonly string[];
}

/** The sentences that rows make, as soon as they are whole. */
export async function* streamRows(
  lines: AsyncIterable<readonly Line[]>,
  { onNote }: StreamOptions,
  open: (onSentence: (sentence: Omit<TaggedRows, 'columns'>) => void) => RowReader,
): AsyncGenerator<InputSentence> {
  const ready: InputSentence[] = [];
  const rows = open(({ words, beginsDocument, lines: [line] }) =>
    ready.push({ words, beginsDocument, line }),
  );
  for await (const block of lines) {
    for (const line of block) rows.add(line);
    for (const sentence of ready.splice(0)) yield sentence;
  }
  rows.end();
  rows.notes.forEach(onNote);
  yield* ready;
}

/**
 * Sentences to be written, each with whether a document begins with it; where there is but one document, none does, and
 * its number is left out.
 * @throws InputError as `checkTagged` does
 */
export function* withDocuments(
  sentences: readonly TaggedWords[],
): Generator<TaggedWords & { readonly beginsDocument: boolean }> {
  const several = sentences.some(({ document }) => (document ?? 0) !== (sentences[0].document ?? 0));
  for (const [s, sentence] of sentences.entries()) {
    checkTagged(sentence, s);
    const { words, tags, document } = sentence;
    if (!several) yield { words, tags, beginsDocument: false };
    else yield { words, tags, document, beginsDocument: s === 0 || document !== sentences[s - 1].document };
  }
}

/**
 * The first word that could not be read back from CoNLL columns: one that is empty, a document mark, or has what
 * separates columns and rows; a zero would make the text look like UTF-16.
 */
export function unwritableWord(words: readonly string[]): string | undefined {
  return words.find(word => !/^[^\t\n\r]+$/.test(word) || word.includes('\0') || word === DOCUMENT_MARK);
}

/** A confidence as every format has it: a decimal with four digits. */
export function inDigits(confidence: number): string {
  return confidence.toFixed(4);
}

/** Of a word that only formats without columns can have. */
export function unwritableAt(place: string, word: string): string {
  return `${place}: the word ${inBrief(word)} cannot stand in CoNLL columns, in JSON lines it can`;
}

/** @throws InputError where a sentence (counted from 0) has not a tag a word. */
export function checkTagged({ words, tags }: TaggedWords, sentence: number): void {
  if (tags.length !== words.length)
    throw new InputError(`sentence ${sentence + 1} has ${words.length} words but ${tags.length} tags`);
}

/** @throws InputError also where a sentence has a word that could not be read back from columns. */
export function checkColumns(sentence: TaggedWords, s: number): void {
  checkTagged(sentence, s);
  const wrong = unwritableWord(sentence.words);
  if (wrong !== undefined) throw new InputError(unwritableAt(`sentence ${s + 1}`, wrong));
}
