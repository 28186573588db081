/**
 * Words against pieces: a word's label stands at its first piece, and a model's prediction for the word is read there.
 * Words that do not fit into the longest sequence are cut off; they are predicted `O` and stay in the gold.
 */
import type { LabelSet } from '../corpus/labels';
import type { Sentence } from '../corpus/sentence';
import type { WordTokenizer } from './tokenizer';

/** A sentence as a model reads it. */
export interface EncodedSentence {
  /** Piece ids between `[CLS]` and `[SEP]`. */
  readonly ids: Int32Array;
  /** Position in `ids` of each word's first piece; shorter than the sentence where words were cut off. */
  readonly firstPieces: Int32Array;
  /** Label id of each of those words. */
  readonly labels: Int32Array;
}

/** One part of a corpus, encoded. */
export interface EncodedSplit {
  readonly sentences: readonly EncodedSentence[];
  readonly truncated: { readonly words: number; readonly entities: number };
  /** Words that are longer than the tokenizer takes apart, and read as `[UNK]`; their labels stay. */
  readonly tooLong: number;
}

/** Encodes sentences into at most `maxLength` pieces each, special tokens included. */
export function encodeSplit(
  sentences: readonly Sentence[],
  tokenizer: WordTokenizer,
  labels: LabelSet,
  maxLength: number,
): EncodedSplit {
  const encoded = sentences.map(sentence => encodeSentence(sentence, tokenizer, labels, maxLength));
  const cut = { words: 0, entities: 0 };
  sentences.forEach(({ words, tags }, i) => {
    const kept = encoded[i].firstPieces.length;
    if (kept === words.length) return;
    cut.words += words.length - kept;
    // Those that begin behind the cut, and the one that it goes through.
    cut.entities +=
      tags.slice(kept).filter(tag => tag.startsWith('B-')).length + (tags[kept].startsWith('I-') ? 1 : 0);
  });
  const tooLong = sentences.reduce(
    (sum, { words }) => sum + words.filter(word => tokenizer.isTooLong(word)).length,
    0,
  );
  return { sentences: encoded, truncated: cut, tooLong };
}

function encodeSentence(
  { words, tags }: Sentence,
  tokenizer: WordTokenizer,
  labels: LabelSet,
  maxLength: number,
): EncodedSentence {
  const encoded = encodeWords(words, tokenizer, maxLength);
  return { ...encoded, labels: Int32Array.from(encoded.firstPieces, (_, word) => labels.id(tags[word])) };
}

/** Encodes words without labels, as many as fit into `maxLength` pieces, special tokens included. */
export function encodeWords(
  words: readonly string[],
  tokenizer: WordTokenizer,
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
