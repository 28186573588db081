/** The trained vocabulary against merges counted by hand, and against the package that reads its definition. */
import { Tokenizer } from '@huggingface/tokenizers';
import fc from 'fast-check';
import { WordTokenizer } from 'ner-distill/tokenization/tokenizer';
import { trainWordPiece, type WordPieceOptions } from 'ner-distill/tokenization/wordpiece-trainer';
import { describe, expect, it } from 'vitest';

const SPECIAL = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'];
const times = (word: string, count: number): string[] => Array.from({ length: count }, () => word);

function vocabularyOf(words: readonly string[], options?: WordPieceOptions): string[] {
  const vocabulary = JSON.parse(trainWordPiece(words, options)).model.vocab as Record<string, number>;
  expect(Object.values(vocabulary)).toEqual(Object.keys(vocabulary).map((_, id) => id));
  return Object.keys(vocabulary);
}

const trained = (words: readonly string[], options?: WordPieceOptions): WordTokenizer =>
  new WordTokenizer(trainWordPiece(words, options), 'trained');

// The words of Hugging Face's course, chapter 6.5, which merges "u g" (20), then "u n" (16), then "h ug" (15).
const COURSE = [
  ...times('hug', 10),
  ...times('pug', 5),
  ...times('pun', 12),
  ...times('bun', 4),
  ...times('hugs', 5),
];
const LETTERS = ['##u', '##g', 'p', '##n', 'h', '##s', 'b']; // 36, 20, 17, 16, 15, 5, 4
const MERGES = ['##ug', '##un', 'hug', 'pun', 'hugs', 'pug', 'bun']; // 20, 16, 15, 12, 5, 5, 4

describe('the vocabulary', () => {
  it('has special tokens first, then letters by frequency, then merges by frequency and ties by text', () => {
    expect(vocabularyOf(COURSE)).toEqual([...SPECIAL, ...LETTERS, ...MERGES]);
  });

  it('ends at its size, but keeps every letter', () => {
    expect(vocabularyOf(COURSE, { size: 15 })).toEqual([...SPECIAL, ...LETTERS, ...MERGES.slice(0, 3)]);
    expect(vocabularyOf(COURSE, { size: 1 })).toEqual([...SPECIAL, ...LETTERS]);
  });

  it('merges no pair seen less often than asked', () => {
    const merges = vocabularyOf(COURSE, { minimumFrequency: 6 }).slice(12);
    expect(merges).toEqual(MERGES.slice(0, 4));
    expect(vocabularyOf(['ab'])).toEqual([...SPECIAL, '##b', 'a']);
  });

  it('counts overlapping repetitions without loss', () => {
    // "a ##a" is in each word once, "##a ##a" twice: it is merged first, from the left.
    expect(vocabularyOf(times('aaaa', 2)).slice(5)).toEqual(['##a', 'a', '##aa', '##aaa', 'aaaa']);
  });

  it('does not depend on the order of the words', () => {
    const words = fc.array(fc.string({ unit: fc.constantFrom('a', 'b', 'é', 'й', '-'), maxLength: 6 }), {
      maxLength: 30,
    });
    const orders = words.chain(list =>
      fc.tuple(
        fc.constant(list),
        fc.shuffledSubarray(list, { minLength: list.length, maxLength: list.length }),
      ),
    );
    fc.assert(fc.property(orders, ([a, b]) => trainWordPiece(a) === trainWordPiece(b)));
  });
});

describe('letters', () => {
  const russian = [...times('ёлка', 3), ...times('Йод', 3), ...times('café', 3)];

  it('keep their diacritics, unless they are to be stripped', () => {
    const kept = trained(russian);
    expect(kept.pieceTexts('ёлка')).toEqual(['ёлка']);
    expect(kept.pieceTexts('йод')).toEqual(['йод']);
    expect(kept.pieceTexts('café')).toEqual(['café']);
    const stripped = trained(russian, { stripAccents: true });
    expect(stripped.pieceTexts('ёлка')).toEqual(['елка']);
    expect(stripped.pieceTexts('йод')).toEqual(['иод']);
    expect(stripped.pieceTexts('café')).toEqual(['cafe']);
    expect(vocabularyOf(russian, { stripAccents: true }).join('')).not.toMatch(/[ёйé]/);
  });

  it('lose their case, unless it is to be kept', () => {
    expect(trained(russian).pieceTexts('ЙОД')).toEqual(['йод']);
    const cased = trained(russian, { lowercase: false });
    expect(cased.pieceTexts('Йод')).toEqual(['Йод']);
    expect(cased.pieceTexts('йод')).toEqual(['[UNK]']);
  });

  it('leave a mark before the word where they lose their case', () => {
    const words = [...times('ёлка', 3), ...times('Ёлка', 2), ...times('ЁЛКА', 2), ...times('Ё', 2)];
    const marked = trained(words, { caseMarks: true });
    expect(marked.pieceTexts('ёлка')).toEqual(['ёлка']);
    expect(marked.pieceTexts('Ёлка')).toEqual(['↑', 'ёлка']);
    expect(marked.pieceTexts('ЁЛКА')).toEqual(['⇑', 'ёлка']);
    // One capital, and nothing behind it.
    expect(marked.pieceTexts('Ё')).toEqual(['↑', 'ё']);
    // A word's beginning is what counts.
    expect(marked.pieceTexts('ёЛКА')).toEqual(['ёлка']);
    expect(vocabularyOf(words, { caseMarks: true })).not.toContain('Ё');
    expect(vocabularyOf(words).join('')).not.toMatch(/[↑⇑]/);
  });

  it.each([
    ['punctuation', 'ab-ab.', ['ab', '-', 'ab', '.']],
    ["ASCII's symbols", 'ab$ab', ['ab', '$', 'ab']],
    ['Chinese characters, each a word of its own', '中国', ['中', '国']],
    ['a no-break space', 'ab\u00a0cd', ['ab', 'cd']],
    ['invisible characters, which are dropped', 'a\u200bb', ['ab']],
  ])('are split in training as in use: %s', (_, word, pieces) => {
    expect(trained(times(word, 5)).pieceTexts(word)).toEqual(pieces);
  });

  it('of words longer than BERT reads are not counted', () => {
    expect(vocabularyOf([...times('x'.repeat(101), 2), 'ab'])).toEqual([...SPECIAL, '##b', 'a']);
  });
});

describe('the definition', () => {
  const known = [...'abcйё'];
  const pairs = known.flatMap(first => known.map(second => first + second));
  const tokenizer = trained([...pairs, ...times('abc', 4), ...times('йёa', 3)], { size: 40 });

  it('gives back every word of known letters from its pieces', () => {
    const word = fc.string({ unit: fc.constantFrom(...known), minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(word, text => {
        const [first, ...rest] = tokenizer.pieceTexts(text);
        expect(rest.every(piece => piece.startsWith('##'))).toBe(true);
        expect(first + rest.map(piece => piece.slice(2)).join('')).toBe(text);
      }),
    );
  });

  const marked = trained([...pairs, ...pairs.map(pair => pair.toUpperCase())], { caseMarks: true });

  it.each([
    ['without case marks', tokenizer],
    ['with case marks', marked],
  ])('gives a sentence the pieces of its words when it is encoded as a whole, %s', (_, tokenizer) => {
    const whole = new Tokenizer(JSON.parse(tokenizer.definition), {});
    const words = ['abc', 'ЙЁA', 'b', 'Cab', 'zebra', 'A', 'ab'];
    const ids = words.flatMap(word => tokenizer.pieces(word));
    const text = words.join(' ');
    expect(whole.encode(text, { add_special_tokens: false }).ids).toEqual(ids);
    expect(whole.encode(text).ids).toEqual([2, ...ids, 3]);
    expect(whole.decode([...tokenizer.pieces('abc'), ...tokenizer.pieces('йёab')])).toBe('abc йёab');
  });
});
