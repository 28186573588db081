/** A tokenizer word by word: known ids, and words that give no piece. */
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { InputError } from 'ner-distill/errors';
import { loadTokenizer, WordTokenizer } from 'ner-distill/tokenization/tokenizer';
import { trainWordPiece } from 'ner-distill/tokenization/wordpiece-trainer';
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
