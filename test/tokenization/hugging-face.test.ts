/** Words of all scripts, taken apart as Hugging Face's own tokenizers in Rust take them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openTokenizer } from 'ner-distill/tokenization/hugging-face';
import { WordTokenizer } from 'ner-distill/tokenization/tokenizer';
import { specialToken, wordPieceDefinition } from 'ner-distill/tokenization/vocabulary';
import { trainWordPiece } from 'ner-distill/tokenization/wordpiece-trainer';
import { describe, expect, it } from 'vitest';

interface Reference {
  readonly name: string;
  readonly normalizer: object | null;
  readonly pre_tokenizer: object;
  /** Of each word. */
  readonly parts: readonly (readonly string[])[];
}
const { words, tokenizers }: { words: string[]; tokenizers: Reference[] } = JSON.parse(
  readFileSync(join(__dirname, '../fixtures/unicode-words.json'), 'utf8'),
);
const json = JSON.parse(trainWordPiece(['ab']));

it.each(tokenizers)(
  '$name: gives the parts that the library in Rust gives',
  ({ normalizer, pre_tokenizer, parts }) => {
    const tokenizer = openTokenizer({ ...json, normalizer, pre_tokenizer });
    const found = words.map(word =>
      tokenizer.pre_tokenizer!.pre_tokenize(tokenizer.normalizer?.normalize(word) ?? word),
    );
    const differing = words.flatMap((word, i) =>
      found[i].join(' ') === parts[i].join(' ') ? [] : [{ word, found: found[i], expected: parts[i] }],
    );
    expect(differing).toEqual([]);
  },
);

it("keeps, drops and takes apart characters as SentencePiece's own rules do", () => {
  // normalizers.Precompiled(charsmap).normalize_str of tokenizers 0.23.3, charsmap being the nmt_nfkc of sentencepiece 0.2.3.
  const normalizer = { type: 'Precompiled', precompiled_charsmap: '' };
  const tokenizer = openTokenizer({ ...json, normalizer });
  const expected: Record<string, string> = {
    'a\u200db': 'a\u200db',
    '👨\u200d👩': '👨\u200d👩',
    '\u0915\u094d\u200d\u0937': '\u0915\u094d\u200d\u0937',
    'ﬁ\u200dﬁ': 'fi\u200dfi',
    'e\u200d\u0301': 'e\u200d\u0301',
    '\u0344': '\u0308\u0301',
    'a\u0344\u0301': 'a\u0308\u0301\u0301',
    'a\u061cb': 'a b',
    'a\u200cb': 'a b',
    'e\u0301': '\u00e9',
    // A name that every object has something under.
    constructor: 'constructor',
  };
  const found = Object.keys(expected).map(text => [text, tokenizer.normalizer!.normalize(text)]);
  expect(Object.fromEntries(found)).toEqual(expected);
});

describe('an added token that is only a whole word', () => {
  const pieces = ['a', 'b', 'c', '##a', '##b', '##c', 'é', '##é', '-', '_', '中', '##1'];
  const frame = ['[CLS]', '[SEP]'] as const;
  const texts = ['[PAD]', '[UNK]', ...frame, '[MASK]'];
  const whole = (normalized: boolean) =>
    new WordTokenizer(
      wordPieceDefinition({
        vocabulary: new Map([...texts, ...pieces].map((piece, id) => [piece, id])),
        addedTokens: [
          ...texts.map(specialToken),
          { ...specialToken('ab', 17), special: false, single_word: true, normalized },
        ],
        normalizer: {
          type: 'BertNormalizer',
          handle_chinese_chars: true,
          strip_accents: false,
          lowercase: true,
        },
        unknown: '[UNK]',
        frame,
      }),
      'whole',
    );

  // Tokenizer.from_str(definition).encode(word, add_special_tokens=False).tokens of tokenizers 0.23.3.
  it.each([
    ['ab', 'ab', 'ab'],
    ['abc', 'a ##b ##c', 'a ##b ##c'],
    ['cab', 'c ##a ##b', 'c ##a ##b'],
    ['abab', 'a ##b ##a ##b', 'a ##b ##a ##b'],
    ['ab-c', 'ab - c', 'ab - c'],
    ['ab-ab-abc', 'ab - ab - a ##b ##c', 'ab - ab - a ##b ##c'],
    ['abé', 'a ##b ##é', 'a ##b ##é'],
    ['éab', 'é ##a ##b', 'é ##a ##b'],
    ['ab1', 'a ##b ##1', 'a ##b ##1'],
    ['_ab', '_ a ##b', '_ a ##b'],
    ['Abc', 'a ##b ##c', 'a ##b ##c'],
    ['中ab', '中 ab', '中 a ##b'],
    ['[SEP]ab', '[SEP] ab', '[SEP] ab'],
  ])('is none in a longer one: %j', (word, normalized, asItStands) => {
    expect(whole(true).pieceTexts(word).join(' ')).toBe(normalized);
    expect(whole(false).pieceTexts(word).join(' ')).toBe(asItStands);
  });
});

describe('a vocabulary of our own', () => {
  const seen = ['𠮷野家', 'οδοσ', 'ΟΔΟΣ', 'a\u2e52b'];

  it('is trained on the parts that are read later', () => {
    const tokenizer = new WordTokenizer(trainWordPiece([...seen, ...seen]), 'trained');
    expect(tokenizer.pieceTexts('𠮷野家')).toEqual(['𠮷', '野', '家']);
    // One σ for both, and so a piece that is seen four times.
    expect(tokenizer.pieceTexts('ΟΔΟΣ')).toEqual(['οδοσ']);
    // Punctuation of Unicode 13 is none in Rust.
    expect(tokenizer.pieceTexts('a\u2e52b')).toEqual(['a\u2e52b']);
  });

  it('with marks of case has none behind what is no white space in Unicode, and some behind what is', () => {
    const marked = ['Bc', 'bc', 'Bc', '\u0085'];
    const tokenizer = new WordTokenizer(
      trainWordPiece([...marked, 'a', 'a'], { caseMarks: true }),
      'trained',
    );
    expect(tokenizer.pieceTexts('Bc')).toEqual(['↑', 'bc']);
    // As Replace of the library in Rust has it; U+FEFF is dropped, and U+0085 too, after the mark.
    expect(tokenizer.pieceTexts('a\u0085Bc')).toEqual(['a', '↑', 'bc']);
    expect(tokenizer.pieceTexts('a\ufeffBc')).not.toContain('↑');
  });
});
