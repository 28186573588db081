/**
 * Hugging Face's tokenizers in JavaScript, made to take words apart as theirs in Rust do, with which models are trained. They
 * differ in ideographs beyond U+FFFF, Greek's final sigma, joiners, and whatever Unicode has
 * classed since Rust's tables were made.
 */
import {
  BertNormalizer,
  BertPreTokenizer,
  ByteLevelPreTokenizer,
  LowercaseNormalizer,
  NFDNormalizer,
  type Normalizer,
  PrecompiledNormalizer,
  type PreTokenizer,
  ReplaceNormalizer,
  SequenceNormalizer,
  SequencePreTokenizer,
  StripAccentsNormalizer,
  Tokenizer,
  WhitespacePreTokenizer,
} from '@huggingface/tokenizers';
import {
  COMBINING,
  CONTROLS,
  IDEOGRAPHS,
  MARKS,
  NO_LETTERS,
  NO_NUMBERS,
  NO_WORDS,
  PUNCTUATION,
  UNDECOMPOSED,
} from './unicode';

type Definition = ConstructorParameters<typeof Tokenizer>[0];

/** The tokenizer of a `tokenizer.json`; whatever the library throws where it is none. */
export function openTokenizer(json: object): Tokenizer {
  const tokenizer = new Tokenizer(json as Definition, {});
  mendNormalizer(tokenizer.normalizer);
  mendPreTokenizer(tokenizer.pre_tokenizer);
  return tokenizer;
}

function mendNormalizer(normalizer: Normalizer | null): void {
  if (normalizer instanceof SequenceNormalizer) normalizer.normalizers.forEach(mendNormalizer);
  else if (normalizer instanceof BertNormalizer)
    normalizer.normalize = text => normalizedForBert(text, normalizer.config);
  else if (normalizer instanceof LowercaseNormalizer) normalizer.normalize = lowerCase;
  else if (normalizer instanceof NFDNormalizer) normalizer.normalize = decomposed;
  else if (normalizer instanceof StripAccentsNormalizer)
    normalizer.normalize = text => text.replace(COMBINING_MARK, '');
  else if (normalizer instanceof ReplaceNormalizer && normalizer.pattern)
    normalizer.pattern = asInRust(normalizer.pattern);
  else if (normalizer instanceof PrecompiledNormalizer) mendPrecompiled(normalizer);
}

/** What SentencePiece's rules (nmt_nfkc) make of single characters, where the package makes something else of them. */
const OF_SENTENCE_PIECE: Readonly<Record<string, string>> = {
  // The joiner of ligatures, of Indic letters and of emoji stays.
  '\u200d': '\u200d',
  // Two marks, which are not put together with what stands before them.
  '\u0344': '\u0308\u0301',
  '\u061c': ' ',
};
const SINGLE = new RegExp(`(${Object.keys(OF_SENTENCE_PIECE).join('|')})`);

function mendPrecompiled(normalizer: PrecompiledNormalizer): void {
  const normalize = normalizer.normalize.bind(normalizer);
  normalizer.normalize = text =>
    text
      .split(SINGLE)
      .map(part => OF_SENTENCE_PIECE[part] ?? normalize(part))
      .join('');
}

function mendPreTokenizer(preTokenizer: PreTokenizer | null): void {
  if (preTokenizer instanceof SequencePreTokenizer) preTokenizer.tokenizers.forEach(mendPreTokenizer);
  else if (preTokenizer instanceof ByteLevelPreTokenizer) preTokenizer.pattern = BYTE_LEVEL_PATTERN;
  else if (preTokenizer instanceof BertPreTokenizer)
    preTokenizer.pre_tokenize_text = text => text.match(BERT_PARTS) ?? [];
  else if (preTokenizer instanceof WhitespacePreTokenizer)
    preTokenizer.pre_tokenize_text = text => text.match(WORDS_AND_SYMBOLS) ?? [];
}

const CONTROL = new RegExp(`[${CONTROLS}]`, 'gu');
const WHITE_SPACE = /\p{White_Space}/gu;
const IDEOGRAPH = new RegExp(`[${IDEOGRAPHS}]`, 'gu');
const MARK = new RegExp(`[${MARKS}]`, 'gu');
const COMBINING_MARK = new RegExp(`[${COMBINING}]`, 'gu');
const DECOMPOSED_PARTS = new RegExp(`[^${UNDECOMPOSED}]+`, 'gu');
const BERT_PARTS = new RegExp(`[^\\p{White_Space}${PUNCTUATION}]+|[${PUNCTUATION}]`, 'gu');

/** `\w+|[^\w\s]+`, where JavaScript's `\w` is ASCII's alone. */
const WORD = '\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\p{Join_Control}';
const WORDS_AND_SYMBOLS = new RegExp(
  `(?:(?![${NO_WORDS}])[${WORD}])+|(?:[^${WORD}\\p{White_Space}]|[${NO_WORDS}])+`,
  'gu',
);

const LETTER = `(?:(?![${NO_LETTERS}])\\p{L})`;
const NUMBER = `(?:(?![${NO_NUMBERS}])\\p{N})`;
const SYMBOL = `(?:[^\\p{White_Space}\\p{L}\\p{N}]|[${NO_LETTERS}${NO_NUMBERS}])`;
/** GPT-2's pattern, by which a text is taken apart before its bytes are merged. */
const BYTE_LEVEL_PATTERN = new RegExp(
  `'s|'t|'re|'ve|'m|'ll|'d| ?${LETTER}+| ?${NUMBER}+| ?${SYMBOL}+|\\p{White_Space}+(?!\\P{White_Space})|\\p{White_Space}+`,
  'gu',
);

/** As `BertNormalizer` does, in its order: accents are dropped before case. */
function normalizedForBert(
  text: string,
  { clean_text, handle_chinese_chars, strip_accents, lowercase }: BertNormalizer['config'],
): string {
  let normalized = text;
  if (clean_text) normalized = normalized.replace(CONTROL, '').replace(WHITE_SPACE, ' ');
  if (handle_chinese_chars) normalized = normalized.replace(IDEOGRAPH, ' $& ');
  if (strip_accents ?? lowercase) normalized = decomposed(normalized).replace(MARK, '');
  return lowercase ? lowerCase(normalized) : normalized;
}

/** Character by character, as Rust does; only a sigma depends on where it stands in JavaScript. */
function lowerCase(text: string): string {
  return text.replaceAll('Σ', 'σ').toLowerCase();
}

/** NFD of the characters that it was made for; the others are neither decomposed nor put in order. */
function decomposed(text: string): string {
  return text.replace(DECOMPOSED_PARTS, part => part.normalize('NFD'));
}

/**
 * The same pattern with `\s` for Unicode's white space, where JavaScript's has U+FEFF in addition and lacks U+0085, and,
 * outside of brackets, with the letters that Rust knows.
 */
function asInRust({ source, flags }: RegExp): RegExp {
  const spaces: Readonly<Record<string, string>> = { s: '\\p{White_Space}', S: '\\P{White_Space}' };
  const spaced = source.replace(/\\(.)/gs, (pair, letter: string) => spaces[letter] ?? pair);
  const lettered = spaced.replace(/\\p\{L\w?\}/g, letter => `(?:(?![${NO_LETTERS}])${letter})`);
  return new RegExp(source.includes('[') ? spaced : lettered, flags);
}
