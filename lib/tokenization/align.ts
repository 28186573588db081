/**
 * Words against pieces: a word's label stands at its first piece, and a model's prediction for the word is read there.
 * Words that do not fit into the longest sequence are cut off; they are predicted `O` and stay in the gold.
 */
import type { LabelSet } from '../corpus/labels';
import type { Sentence } from '../corpus/sentence';
import type { WordTokenizer } from './tokenizer';

/** Label of a token that counts in no loss: special tokens, later pieces of a word, padding, a type that is not trained. */
export const IGNORED = -100;
/** Label of a word of text without labels: it counts in what a loss takes from the teacher alone. */
export const UNLABELLED = -1;

/** A sentence as a model reads it. */
export interface EncodedSentence {
  /** Piece ids between `[CLS]` and `[SEP]`. */
  readonly ids: Int32Array;
  /** Position in `ids` of each word's first piece; shorter than the sentence where words were cut off. */
  readonly firstPieces: Int32Array;
  /** Label id of each of those words; `IGNORED` for a tag that the labels do not have, `UNLABELLED` where there is none. */
  readonly labels: Int32Array;
}

/** One part of a corpus, encoded. */
export interface EncodedSplit {
  readonly sentences: readonly EncodedSentence[];
  readonly truncated: { readonly words: number; readonly entities: number };
  /** Words that are longer than the tokenizer takes apart, and read as `[UNK]`; their labels stay. */
  readonly tooLong: number;
}

/**
 * Encodes sentences into at most `maxLength` pieces each, special tokens included.
 * @param options `others`: whether tags that the labels do not have may occur, in text that nothing is learnt from
 * @throws InputError for such a tag elsewhere
 */
export function encodeSplit(
  sentences: readonly Sentence[],
  tokenizer: WordTokenizer,
  labels: LabelSet,
  maxLength: number,
  { others = false } = {},
): EncodedSplit {
  const labelOf = (tag: string) => (others && !labels.has(tag) ? IGNORED : labels.id(tag));
  const encoded = sentences.map(({ words, tags }): EncodedSentence => {
    const inPieces = encodeWords(words, tokenizer, maxLength);
    return { ...inPieces, labels: Int32Array.from(inPieces.firstPieces, (_, word) => labelOf(tags[word])) };
  });
  const cut = { words: 0, entities: 0 };
  sentences.forEach(({ words, tags }, i) => {
    const kept = encoded[i].firstPieces.length;
    if (kept === words.length) return;
    cut.words += words.length - kept;
    // Those that begin behind the cut, and the one that it goes through.
    cut.entities += tags.slice(kept).filter(tag => tag[0] === 'B').length + (tags[kept][0] === 'I' ? 1 : 0);
  });
  const tooLong = sentences.reduce(
    (sum, { words }) => sum + words.filter(word => tokenizer.isTooLong(word)).length,
    0,
  );
  return { sentences: encoded, truncated: cut, tooLong };
}

/** Encodes words without labels, as many as fit into `maxLength` pieces, special tokens included. */
export function encodeWords(
  words: readonly string[],
  tokenizer: Pick<WordTokenizer, 'pieces' | 'special'>,
  maxLength: number,
): Omit<EncodedSentence, 'labels'> {
  const ids = [tokenizer.special.start];
  const firstPieces: number[] = [];
  for (const word of words) {
    const pieces = tokenizer.pieces(word);
    // A word is kept whole or not at all; the last place belongs to [SEP].
    if (ids.length + pieces.length > maxLength - 1) break;
    firstPieces.push(ids.length);
    ids.push(...pieces);
  }
  ids.push(tokenizer.special.end);
  return { ids: Int32Array.from(ids), firstPieces: Int32Array.from(firstPieces) };
}

/** A part of a sentence that fits into a sequence. */
export interface Window {
  /** Index in the sentence of its first word. */
  readonly firstWord: number;
  /** Without labels. */
  readonly encoded: EncodedSentence;
}

/** Sentences without labels, in windows where they are longer than a sequence: the words of each window with its pieces. */
export function encodeUnlabelled(
  sentences: readonly Pick<Sentence, 'words'>[],
  tokenizer: Pick<WordTokenizer, 'pieces' | 'special'>,
  maxLength: number,
): { readonly words: readonly string[]; readonly encoded: EncodedSentence }[] {
  return sentences.flatMap(({ words }) =>
    windowsOf(words, tokenizer, maxLength).map(({ firstWord, encoded }) => ({
      words: words.slice(firstWord, firstWord + encoded.firstPieces.length),
      encoded: { ...encoded, labels: encoded.labels.fill(UNLABELLED) },
    })),
  );
}

/**
 * The windows that a sentence is read in, one after another, so that each word stands in one; but for a word that is longer
 * than a sequence, which stands in none.
 */
export function windowsOf(
  words: readonly string[],
  tokenizer: Pick<WordTokenizer, 'pieces' | 'special'>,
  maxLength: number,
): Window[] {
  const windows: Window[] = [];
  for (let firstWord = 0; firstWord < words.length; ) {
    // Each word has a piece, so that no more of them can fit.
    const next = words.slice(firstWord, firstWord + maxLength);
    const encoded = encodeWords(next, tokenizer, maxLength);
    const kept = encoded.firstPieces.length;
    if (kept > 0) windows.push({ firstWord, encoded: { ...encoded, labels: new Int32Array(kept) } });
    firstWord += Math.max(1, kept);
  }
  return windows;
}
