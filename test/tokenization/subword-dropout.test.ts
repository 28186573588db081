/** Subword dropout: other pieces, the same text, and labels that stay at their words. */
import { join } from 'node:path';
import fc from 'fast-check';
import { Random } from 'ner-distill/random';
import { encodeWords } from 'ner-distill/tokenization/align';
import { SubwordDropout } from 'ner-distill/tokenization/subword-dropout';
import { loadTokenizer, WordTokenizer } from 'ner-distill/tokenization/tokenizer';
import { trainWordPiece } from 'ner-distill/tokenization/wordpiece-trainer';
import { describe, expect, it } from 'vitest';

const WORDS = 'Ёлкин ёлка ёлки самовар самовары самоваром London Londoner underground under ground'.split(
  ' ',
);
const tokenizer = new WordTokenizer(trainWordPiece(WORDS, { size: 120, lowercase: false }), 'test');
const subwords = new SubwordDropout(tokenizer);
const texts = new Map([...tokenizer.vocabulary].map(([text, id]) => [id, text]));
const textOf = (ids: readonly number[]) => ids.map(id => texts.get(id)!.replace(/^##/, '')).join('');
const idsOf = (word: string) => Int32Array.from(tokenizer.pieces(word));

describe('a word taken apart with subword dropout', () => {
  it('is still spelled by its pieces, whatever is passed over', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...WORDS),
        fc.double({ min: 0, max: 0.99, noNaN: true }),
        fc.nat(),
        (word, rate, seed) => {
          const split = subwords.split(idsOf(word), rate, new Random(seed));
          expect(textOf(split)).toBe(word);
          // Only its first piece begins a word.
          expect(split.map(id => texts.get(id)!.startsWith('##'))).toEqual(split.map((_, i) => i > 0));
        },
      ),
    );
  });

  it('comes as usual where nothing is passed over, and in single characters where nearly everything is', () => {
    for (const word of WORDS) {
      expect(subwords.split(idsOf(word), 0, new Random(1))).toEqual([...idsOf(word)]);
      expect(subwords.split(idsOf(word), 1 - 1e-12, new Random(1)).length).toBe([...word].length);
    }
  });

  it('comes in other pieces from time to time', () => {
    const random = new Random(3);
    const readings = new Set(
      Array.from({ length: 50 }, () => subwords.split(idsOf('underground'), 0.5, random).join()),
    );
    expect(readings.size).toBeGreaterThan(5);
  });

  it('stays whole where the vocabulary cannot spell it in shorter pieces, and special tokens always', () => {
    const vocabulary = new Map([
      ['[UNK]', 0],
      ['[PAD]', 1],
      ['[CLS]', 2],
      ['[SEP]', 3],
      ['cat', 4],
      ['c', 5],
      ['##s', 6],
    ]);
    const special = { pad: 1, unknown: 0, start: 2, end: 3 };
    const small = new SubwordDropout({ vocabulary, special, continuation: '##' });
    for (let seed = 0; seed < 20; seed++)
      expect(small.split(Int32Array.of(4, 6, 0), 0.9, new Random(seed))).toEqual([4, 6, 0]);
  });
});

describe('a word of a byte-level vocabulary taken apart', () => {
  const file = join(__dirname, '../fixtures/byte-level-bpe/tokenizer.json');
  const byteLevel = loadTokenizer(file);
  const dropout = new SubwordDropout(byteLevel);
  const pieceOf = new Map([...byteLevel.vocabulary].map(([text, id]) => [id, text]));
  const spelled = (ids: readonly number[]) => ids.map(id => pieceOf.get(id)).join('');
  const BYTE_WORDS = ['Varnholm', "harbour's", 'Besançon', 'живёт', '🎉', '1998'];

  it('is spelled by the same bytes, whatever is passed over', () => {
    for (const word of BYTE_WORDS)
      for (let seed = 0; seed < 20; seed++) {
        const pieces = byteLevel.pieces(word);
        const split = dropout.split(Int32Array.from(pieces), 0.5, new Random(seed));
        expect(spelled(split)).toBe(spelled(pieces));
      }
  });

  it('comes as usual at rate 0, and in bytes where nearly everything is passed over', () => {
    for (const word of BYTE_WORDS) {
      const pieces = Int32Array.from(byteLevel.pieces(word));
      expect(dropout.split(pieces, 0, new Random(1))).toEqual([...pieces]);
      // The space before it is a byte too.
      expect(dropout.split(pieces, 1 - 1e-12, new Random(1))).toHaveLength(1 + Buffer.byteLength(word));
    }
    expect(dropout.split(Int32Array.of(byteLevel.special.unknown), 0.99, new Random(1))).toEqual([
      byteLevel.special.unknown,
    ]);
  });
});

describe('a sentence read anew', () => {
  const words = ['самоваром', 'under', 'Londoner', 'ёлки'];
  const sentence = { ...encodeWords(words, tokenizer, 128), labels: Int32Array.of(1, 2, 3, 4) };

  it('keeps its words, labels and frame, and points at each first piece', () => {
    for (let seed = 0; seed < 50; seed++) {
      const { ids, firstPieces, labels } = subwords.reread(sentence, 0.4, 128, new Random(seed));
      expect([ids[0], ids[ids.length - 1]]).toEqual([tokenizer.special.start, tokenizer.special.end]);
      expect(labels).toEqual(sentence.labels);
      const starts = [...firstPieces, ids.length - 1];
      expect(words.map((_, w) => textOf([...ids.subarray(starts[w], starts[w + 1])]))).toEqual(words);
    }
  });

  it('never grows beyond the longest sequence', () => {
    const longest = sentence.ids.length + 2;
    for (let seed = 0; seed < 50; seed++) {
      const { ids } = subwords.reread(sentence, 0.9, longest, new Random(seed));
      expect(ids.length).toBeLessThanOrEqual(longest);
    }
  });
});
