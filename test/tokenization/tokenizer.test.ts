/** A tokenizer word by word: known ids, and words that give no piece. */
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { InputError } from 'ner-distill/errors';
import { loadTokenizer, PieceCache, WordTokenizer } from 'ner-distill/tokenization/tokenizer';
import { trainWordPiece, type WordPieceOptions } from 'ner-distill/tokenization/wordpiece-trainer';
import { describe, expect, it } from 'vitest';

const VARIATION_SELECTOR = '\ufe0f';
const definition = trainWordPiece(['ab', 'ab', 'ba']);

describe('what a tokenizer remembers', () => {
  it('has bounds, however many words there are and however long they are', () => {
    const cache = new PieceCache();
    let most = 0;
    for (let i = 0; i < 300_000; i++) {
      cache.set(`w${i}`, [i]);
      most = Math.max(most, cache.size);
    }
    expect(most).toBe(2 ** 17);
    expect(cache.size).toBe(300_000 - 2 * 2 ** 17);
    expect(cache.get('w299999')).toEqual([299_999]);
    expect(cache.get('w0')).toBeUndefined();
    cache.set('a'.repeat(101), [1]);
    expect(cache.get('a'.repeat(101))).toBeUndefined();
    // Half of a pair is a word in JSON.
    cache.set('\ud83d', [2]);
    expect(cache.get('\ud83d')).toEqual([2]);
  });
});

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

describe('a byte-level tokenizer', () => {
  const folder = join(__dirname, '../fixtures/byte-level-bpe');
  const text = readFileSync(join(folder, 'tokenizer.json'), 'utf8');
  const expected: { special: Record<string, number>; size: number; words: [string, number[]][] } = JSON.parse(
    readFileSync(join(folder, 'expected.json'), 'utf8'),
  );
  const tokenizer = loadTokenizer(join(folder, 'tokenizer.json'));

  it.each(expected.words)("gives %j the pieces of Hugging Face's own library", (word, ids) => {
    expect(tokenizer.pieces(word)).toEqual(ids);
  });

  it("knows RoBERTa's special tokens, and the rows of an embedding table", () => {
    const { '<pad>': pad, '<unk>': unknown, '<s>': start, '</s>': end } = expected.special;
    expect(tokenizer.special).toEqual({ pad, unknown, start, end });
    expect(tokenizer.vocabularySize).toBe(expected.size);
  });

  it('gives every word at least one piece, and finds none too long', () => {
    expect(tokenizer.pieces('')).toEqual([expected.special['<unk>']]);
    expect(tokenizer.isTooLong('ab'.repeat(1000))).toBe(false);
    // Ġ is the space before a word, Ã and © are the bytes of é.
    expect(tokenizer.pieceTexts('Zoé')).toEqual(['ĠZo', 'Ã©']);
  });

  it('says that it puts a space before every word', () => {
    const [given, kept] = [text, tokenizer.definition].map(each => JSON.parse(each));
    expect(given.pre_tokenizer.add_prefix_space).toBe(false);
    const pre_tokenizer = { ...given.pre_tokenizer, add_prefix_space: true };
    expect(kept).toEqual({ ...given, pre_tokenizer });
    expect(tokenizer.config).toMatchObject({
      add_prefix_space: true,
      cls_token: '<s>',
      mask_token: '<mask>',
    });
    const again = new WordTokenizer(tokenizer.definition, 'again');
    expect(again.definition).toBe(tokenizer.definition);
  });
});

describe('special tokens', () => {
  const json = JSON.parse(definition);
  const added = ['<pad>', '<unk>', '<s>', '</s>'].map((content, i) => ({
    ...json.added_tokens[0],
    content,
    id: 10 + i,
  }));
  /** Of a tokenizer that has two kinds. */
  const special = (change: object) => {
    const both = { ...json, added_tokens: [...json.added_tokens, ...added], ...change };
    return new WordTokenizer(JSON.stringify(both), 'both').special;
  };

  it('are those that the tokenizer frames a text with', () => {
    const post_processor = { type: 'RobertaProcessing', cls: ['<s>', 12], sep: ['</s>', 13] };
    expect(special({})).toEqual({ pad: 0, unknown: 1, start: 2, end: 3 });
    expect(special({ post_processor })).toEqual({ pad: 10, unknown: 11, start: 12, end: 13 });
  });

  it('are found in the vocabulary where the tokenizer frames nothing', () => {
    expect(special({ post_processor: null })).toEqual({ pad: 0, unknown: 1, start: 2, end: 3 });
  });

  it('are named for transformers', () => {
    expect(new WordTokenizer(definition, 'trained').config).toEqual({
      tokenizer_class: 'PreTrainedTokenizerFast',
      pad_token: '[PAD]',
      unk_token: '[UNK]',
      cls_token: '[CLS]',
      sep_token: '[SEP]',
      mask_token: '[MASK]',
    });
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
  const frameless = { ...withoutMask, post_processor: null };
  const framed = { type: 'BertProcessing', cls: ['<cls>', 5], sep: ['<sep>', 6] };

  const withId = (id: unknown) => {
    const { model, ...rest } = JSON.parse(definition);
    return JSON.stringify({ ...rest, model: { ...model, vocab: { ...model.vocab, ab: id } } });
  };
  it.each([1e9, 1e300, -1, 3.5, '7', null, [4], 2 * 10 + 1000])(
    'is refused where a piece has the id %j',
    id => {
      const file = write('id.json', withId(id));
      expect(() => loadTokenizer(file)).toThrow(InputError);
      expect(() => loadTokenizer(file)).toThrow(
        `${file}: the piece "ab" has the id ${JSON.stringify(id)}, expected a whole number from 0 to below 1020 for a vocabulary of 10 pieces`,
      );
    },
  );

  it('is refused where an added token has an id far from the others', () => {
    const { added_tokens, ...rest } = JSON.parse(definition);
    const far = { ...added_tokens[0], content: '[FAR]', id: 1e9 };
    const file = write('far.json', JSON.stringify({ ...rest, added_tokens: [...added_tokens, far] }));
    expect(() => loadTokenizer(file)).toThrow('the piece "[FAR]" has the id 1000000000, expected');
  });

  it('may have ids without a piece', () => {
    expect(loadTokenizer(write('gap.json', withId(20))).vocabularySize).toBe(21);
  });

  it.each([
    ['text.json', '[CLS]\n', 'text.json: not a tokenizer.json'],
    [
      'deep.json',
      `{"normalizer":${'['.repeat(50_000)}${']'.repeat(50_000)}}`,
      'deep.json: not a tokenizer.json',
    ],
    [
      'tokens.json',
      JSON.stringify({ ...JSON.parse(definition), added_tokens: 5 }),
      'tokens.json: not a tokenizer.json',
    ],
    ['empty.json', '{}', 'empty.json: not a tokenizer.json'],
    ['null.json', 'null', 'null.json: not a tokenizer.json'],
    ['separator.json', JSON.stringify(withoutMask), 'separator.json: the tokenizer has no "[SEP]" token'],
    [
      'frameless.json',
      JSON.stringify(frameless),
      'frameless.json: the tokenizer frames a text with nothing, expected [CLS] … [SEP] or <s> … </s>',
    ],
    [
      'other.json',
      JSON.stringify({ ...withoutMask, post_processor: framed }),
      'other.json: the tokenizer frames a text with <cls> <sep>, expected',
    ],
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
