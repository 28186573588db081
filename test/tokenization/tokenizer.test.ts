/** A tokenizer word by word: known ids, and words that give no piece. */
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { InputError } from 'ner-distill/errors';
import { loadTokenizer, WordTokenizer } from 'ner-distill/tokenization/tokenizer';
import { trainWordPiece, type WordPieceOptions } from 'ner-distill/tokenization/wordpiece-trainer';
import { describe, expect, it } from 'vitest';

const VARIATION_SELECTOR = '\ufe0f';
const definition = trainWordPiece(['ab', 'ab', 'ba']);

describe('a word tokenizer', () => {
  const tokenizer = new WordTokenizer(definition, 'trained');

  it("knows the special tokens' ids and the rows of an embedding table", () => {
    expect(tokenizer.special).toEqual({ pad: 0, unknown: 1, start: 2, end: 3 });
    // 5 special tokens, 4 letters (a, b, ##a, ##b), and "ab", the one pair that is seen twice.
    expect(tokenizer.vocabularySize).toBe(10);
  });

  it('gives every word at least one piece, [UNK] where there would be none', () => {
    const stripping = new WordTokenizer(trainWordPiece(['ab'], { stripAccents: true }), 'stripping');
    for (const each of [tokenizer, stripping])
      for (const word of [VARIATION_SELECTOR, '', ' ', '\u200b', '\u0301'])
        expect(each.pieces(word), JSON.stringify(word)).toEqual([1]);
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), word => {
        expect(tokenizer.pieces(word).length).toBeGreaterThan(0);
        expect(tokenizer.pieceTexts(word)).toHaveLength(tokenizer.pieces(word).length);
      }),
    );
  });

  it('has a digest that tells definitions apart', () => {
    expect(new WordTokenizer(definition, 'again').digest).toBe(tokenizer.digest);
    expect(tokenizer.digest).toMatch(/^[0-9a-f]{64}$/);
    expect(new WordTokenizer(trainWordPiece(['ab']), 'other').digest).not.toBe(tokenizer.digest);
  });
});

describe('accents', () => {
  // й and ё are letters of their own, е and и are others; é is e with an accent.
  const words = ['йод', 'йод', 'Ёлка', 'ёлка', 'иод', 'елка', 'café', 'cafe'];
  const texts = (options: WordPieceOptions) => {
    const tokenizer = new WordTokenizer(trainWordPiece([...words, ...words], options), 'trained');
    return words.map(word => tokenizer.pieceTexts(word).join(' '));
  };

  it('stay, whether case does or not', () => {
    expect(texts({ lowercase: true })).toEqual(words.map(word => word.toLowerCase()));
    expect(texts({ lowercase: false })).toEqual(words);
  });

  it('go where they are asked to', () => {
    expect(texts({ lowercase: true, stripAccents: true })).toEqual([
      'иод',
      'иод',
      'елка',
      'елка',
      'иод',
      'елка',
      'cafe',
      'cafe',
    ]);
  });
});

describe('a word longer than the tokenizer takes apart', () => {
  const tokenizer = new WordTokenizer(trainWordPiece(['ab', 'ab', 'ba', '𝒜', '𝒜𝒜']), 'trained');

  it("is [UNK] beyond BERT's 100 characters, which are code points", () => {
    expect(tokenizer.maxWordLength).toBe(100);
    expect(tokenizer.pieces('ab'.repeat(50))).toHaveLength(99);
    expect(tokenizer.pieces('ab'.repeat(51))).toEqual([tokenizer.special.unknown]);
    expect(tokenizer.pieces('𝒜'.repeat(100))).not.toContain(tokenizer.special.unknown);
    expect(tokenizer.pieces('𝒜'.repeat(101))).toEqual([tokenizer.special.unknown]);
  });

  it('is told from one that is short between its punctuation marks, and from one that is merely unknown', () => {
    expect(tokenizer.isTooLong('ab'.repeat(51))).toBe(true);
    expect(tokenizer.isTooLong(`ab.${'ab'.repeat(51)}`)).toBe(true);
    expect(tokenizer.isTooLong('ab'.repeat(50))).toBe(false);
    expect(tokenizer.isTooLong('𝒜'.repeat(100))).toBe(false);
    expect(tokenizer.isTooLong('z')).toBe(false);
  });
});

describe('a file that is no tokenizer', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tokenizer-'));
  const write = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const withoutMask = JSON.parse(definition);
  delete withoutMask.model.vocab['[SEP]'];
  withoutMask.added_tokens = [];

  it.each([
    ['text.json', '[CLS]\n', 'text.json: not a tokenizer.json'],
    ['empty.json', '{}', 'empty.json: not a tokenizer.json'],
    ['null.json', 'null', 'null.json: not a tokenizer.json'],
    ['separator.json', JSON.stringify(withoutMask), 'separator.json: the tokenizer has no "[SEP]" token'],
  ])('is refused by name: %s', (name, text, message) => {
    const file = write(name, text);
    expect(() => loadTokenizer(file)).toThrow(InputError);
    expect(() => loadTokenizer(file)).toThrow(message);
  });

  it('is refused where there is none', () => {
    const file = join(folder, 'none.json');
    expect(() => loadTokenizer(file)).toThrow(`${file}: the tokenizer cannot be read`);
  });
});

const bert = join(__dirname, '../../../shared/data/bert-uncased/tokenizer.json');
describe.skipIf(!existsSync(bert))(
  "bert-base-uncased's own tokenizer (skipped where ../shared/data is absent)",
  () => {
    it.each([
      // Ids that transformers' course gives for the first sentence of CoNLL-2003.
      [
        'EU rejects German call to boycott British lamb .',
        [7327, 19164, 2446, 2655, 2000, 17757, 2329, 12559, 1012],
      ],
      // The examples of BERT's own tokenization_test.py: "unwanted running".
      ['unwanted running', [18162, 2770]],
    ])('gives "%s" its known ids', (sentence, ids) => {
      const tokenizer = loadTokenizer(bert);
      expect(sentence.split(' ').flatMap(word => tokenizer.pieces(word))).toEqual(ids);
    });

    it('has the special tokens and the vocabulary of its model, and drops accents', () => {
      const tokenizer = loadTokenizer(bert);
      expect(tokenizer.special).toEqual({ pad: 0, unknown: 100, start: 101, end: 102 });
      expect(tokenizer.vocabularySize).toBe(30522);
      expect(tokenizer.pieces('café')).toEqual(tokenizer.pieces('Cafe'));
      expect(tokenizer.pieces(VARIATION_SELECTOR)).toEqual([100]);
    });
  },
);
