/** What formats do alike: collecting and handing on sentences, documents, words that cannot be written. */
import { InputError } from '../../errors';
import { DOCUMENT_MARK } from '../columns';
import type { Line } from '../lines';
import { TagReader } from '../schemes';
import type { Sentence } from '../sentence';
import type { InputSentence, ReadingOptions, ReadSentences, TaggedWords } from './format';

/** Collects the sentences of a file: their tags become BIO, their documents are counted. */
export class SentenceCollector {
  private readonly sentences: Sentence[] = [];
  private readonly reader: TagReader;
  private document = 0;

  constructor(private readonly options: Pick<ReadingOptions, 'file' | 'scheme'>) {
    this.reader = new TagReader(options.file, options.scheme);
  }

  /** @param lineOf the line of the word of an index, for errors */
  add(
    words: readonly string[],
    tags: readonly string[],
    beginsDocument: boolean,
    lineOf: (word: number) => number,
  ): void {
    if (beginsDocument && this.sentences.length > 0) this.document++;
    this.sentences.push({ words, tags: this.reader.toBio(tags, lineOf), document: this.document });
  }

  /** @throws InputError where there is no sentence, with what was `expected`. */
  all(expected: string): ReadSentences {
    if (this.sentences.length === 0) throw noSentence(this.options.file, expected);
    return { sentences: this.sentences, scheme: this.reader.scheme };
  }
}

export function noSentence(file: string, expected: string): InputError {
  return new InputError(`${file}: found no sentence, expected ${expected}`);
}

/** Puts rows together to sentences as they come. */
export interface RowReader {
  add(line: Line): void;
  /** Ends the last sentence. */
  end(): void;
}

/** The sentences that rows make, each as soon as it is whole. */
export async function* streamRows(
  lines: AsyncIterable<Line>,
  open: (onSentence: (sentence: InputSentence) => void) => RowReader,
): AsyncGenerator<InputSentence> {
  const ready: InputSentence[] = [];
  const rows = open(({ words, beginsDocument }) => ready.push({ words, beginsDocument }));
  for await (const line of lines) {
    rows.add(line);
    yield* ready.splice(0);
  }
  rows.end();
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
