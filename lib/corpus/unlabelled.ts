/** Sentences of a file whose tags, where it has some, are not read: plain text, a sentence a line, or any format of corpora. */
import { InputError } from '../errors';
import { describeInputFormat, formatOf, INPUT_FORMATS, readTagged } from './formats';
import type { Sentence } from './sentence';
import { openInput } from './streams';
import { readBytes } from './utf8';

export type WordsOfSentence = Pick<Sentence, 'words'>;

export interface UnlabelledFile {
  /** At least one, each with words. */
  readonly sentences: readonly WordsOfSentence[];
  /** What the file is in, for people: "CoNLL columns, whose tags are not read". */
  readonly readAs: string;
  /** What was guessed in reading, in sentences. */
  readonly notes: readonly string[];
}

/**
 * Reads a file whose format is told from it, as `predict` tells it; of Parquet, too.
 * @throws InputError where it cannot be read, does not fit its format, or has no sentence
 */
export async function readUnlabelled(path: string): Promise<UnlabelledFile> {
  const { bytes, name } = readBytes(path);
  const format = formatOf(bytes, name);
  const isBinary = !INPUT_FORMATS.some(input => input === format);
  // What was guessed of its tags is no matter.
  const { sentences, ...read } = isBinary
    ? { ...readTagged(bytes, name), notes: [] }
    : await readStream(bytes, name);
  const found = sentences.filter(({ words }) => words.length > 0);
  if (found.length === 0)
    throw new InputError(`${name}: found no sentence, expected text, a sentence a line, or a corpus`);
  const { title, hasTags } = describeInputFormat(read.format);
  return {
    sentences: found.map(({ words }) => ({ words })),
    readAs: hasTags ? `${title}, whose tags are not read` : title,
    notes: read.notes,
  };
}

async function readStream(bytes: Buffer, name: string) {
  const once = (async function* () {
    yield bytes;
  })();
  const { format, sentences, notes } = await openInput(once, name);
  const read: WordsOfSentence[] = [];
  for await (const sentence of sentences) read.push(sentence);
  return { format, sentences: read, notes };
}
