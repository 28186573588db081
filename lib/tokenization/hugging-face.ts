/**
 * Hugging Face's tokenizers in JavaScript, made to take words apart as theirs in Rust do, with which models are trained. They
 * differ in ideographs beyond U+FFFF, Greek's final sigma, joiners, tokens that only a whole word is, and whatever Unicode has
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
import { piecesOf, type TokenizerDefinition } from './definition';
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
  mendSplitters(tokenizer);
  mendModel(tokenizer, json as TokenizerDefinition);
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
const OF_SENTENCE_PIECE: ReadonlyMap<string, string> = new Map([
  // The joiner of ligatures, of Indic letters and of emoji stays.
  ['\u200d', '\u200d'],
  // Two marks, which are not put together with what stands before them.
  ['\u0344', '\u0308\u0301'],
  ['\u061c', ' '],
]);
const SINGLE = new RegExp(`(${[...OF_SENTENCE_PIECE.keys()].join('|')})`);

function mendPrecompiled(normalizer: PrecompiledNormalizer): void {
  const normalize = normalizer.normalize.bind(normalizer);
  normalizer.normalize = text =>
    text
      .split(SINGLE)
      .map(part => OF_SENTENCE_PIECE.get(part) ?? normalize(part))
      .join('');
}

/** What the package keeps to itself of a tokenizer. */
interface AddedTokens {
  readonly splitter_unnormalized: Splitter;
  readonly splitter_normalized: Splitter;
  readonly added_tokens_map: ReadonlyMap<string, { readonly single_word: boolean }>;
}
interface Splitter {
  /** Added tokens, and the text between them. */
  split: (text: string) => string[];
}

/** Tokens that are only found as a whole word stay in the text where they are a part of a longer one. */
function mendSplitters(tokenizer: Tokenizer): void {
  const { splitter_unnormalized, splitter_normalized, added_tokens_map } =
    tokenizer as unknown as AddedTokens;
  if (![...added_tokens_map.values()].some(token => token.single_word)) return;
  for (const splitter of [splitter_unnormalized, splitter_normalized]) {
    const split = splitter.split.bind(splitter);
    splitter.split = text => {
      const sections: string[] = [];
      let end = 0;
      let afterText = false;
      for (const section of split(text)) {
        const begin = end;
        end += section.length;
        const token = added_tokens_map.get(section);
        const isPart =
          token?.single_word &&
          (ENDS_IN_WORD.test(text.slice(0, begin)) || WORD_BEGINS.test(text.slice(end)));
        const isText = token === undefined || isPart === true;
        if (isText && afterText) sections.push(sections.pop() + section);
        else sections.push(section);
        afterText = isText;
      }
      return sections;
    };
  }
}

/** Added tokens are found in a text, and are no pieces that a word is made of, unless the vocabulary has them as well. */
function mendModel({ model }: Tokenizer, definition: TokenizerDefinition): void {
  const ofModel = piecesOf({ model: definition.model });
  for (const { content } of definition.added_tokens ?? [])
    if (!ofModel.has(content)) model?.tokens_to_ids.delete(content);
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
const WORD_BEGINS = new RegExp(`^(?![${NO_WORDS}])[${WORD}]`, 'u');
const ENDS_IN_WORD = new RegExp(`(?![${NO_WORDS}])[${WORD}]$`, 'u');

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
