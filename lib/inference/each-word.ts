/** Asks a model for every word of a sentence, however long that is: in windows, one after another. */
import { InputError } from '../errors';
import { type EncodedSentence, windowsOf } from '../tokenization/align';
import type { WordTokenizer } from '../tokenization/tokenizer';

/**
 * What a model says, `[words, …]`, at the first piece of every word. Of a word that is longer than a sequence it reads the
 * beginning.
 * @param maxLength longest sequence in pieces
 * @param ask gives the rows `[words, …]` of each sequence
 * @throws InputError where a number is not finite
 */
export async function atEachWord(
  sentences: readonly { readonly words: readonly string[] }[],
  tokenizer: WordTokenizer,
  maxLength: number,
  ask: (encoded: readonly EncodedSentence[]) => Promise<readonly Float32Array[]>,
): Promise<Float32Array[]> {
  const reader = {
    special: tokenizer.special,
    pieces: (word: string) => tokenizer.pieces(word).slice(0, maxLength - 2),
  };
  const windows = sentences.map(({ words }) => windowsOf(words, reader, maxLength));
  const outputs = await ask(windows.flat().map(({ encoded }) => encoded));
  if (!outputs.every(rows => rows.every(Number.isFinite)))
    throw new InputError(
      'the given teacher answers with what is no finite number: its weights are too large, or damaged',
    );
  let next = 0;
  return windows.map(ofSentence => {
    const rows = ofSentence.map(() => outputs[next++]);
    return rows.length === 1 ? rows[0] : Float32Array.from(rows.flatMap(row => [...row]));
  });
}
