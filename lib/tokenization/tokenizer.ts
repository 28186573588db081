/** A sub-word tokenizer, used word by word so that pieces and words never slip against each other. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Tokenizer } from '@huggingface/tokenizers';
import { InputError } from '../errors';

/** Ids of the tokens that frame, pad or replace. */
export interface SpecialTokens {
  readonly pad: number;
  readonly unknown: number;
  readonly start: number;
  readonly end: number;
}

/** What a definition that does not say it means (https://huggingface.co/docs/tokenizers/api/models, WordPiece). */
const BERT_MAX_WORD_LENGTH = 100;

const SPECIAL = { pad: '[PAD]', unknown: '[UNK]', start: '[CLS]', end: '[SEP]' } as const;

/** A `tokenizer.json` (https://huggingface.co/docs/tokenizers) that gives BERT's special tokens. */
export class WordTokenizer {
  readonly special: SpecialTokens;
  /** Characters (code points) of the longest word that is taken apart; a longer one is `[UNK]`, as in BERT. */
  readonly maxWordLength: number;
  /** Ids by the text of a piece. */
  readonly vocabulary: ReadonlyMap<string, number>;
  /** Rows that an embedding table needs. */
  readonly vocabularySize: number;
  /** SHA-256 of the definition, in hexadecimal. */
  readonly digest: string;
  private readonly tokenizer: Tokenizer;
  private readonly cache = new Map<string, readonly number[]>();

  /**
   * @param definition the text of a `tokenizer.json`
   * @param file named in errors
   */
  constructor(
    readonly definition: string,
    file: string,
  ) {
    try {
      const json = JSON.parse(definition);
      this.tokenizer = new Tokenizer(json, {});
      this.maxWordLength = json.model.max_input_chars_per_word ?? BERT_MAX_WORD_LENGTH;
    } catch (error) {
      throw new InputError(`${file}: not a tokenizer.json (${(error as Error).message})`);
    }
    const ids = Object.entries(SPECIAL).map(([role, token]) => {
      const id = this.tokenizer.token_to_id(token);
      if (id === undefined)
        throw new InputError(`${file}: the tokenizer has no "${token}" token, which BERT models need`);
      return [role, id];
    });
    this.special = Object.fromEntries(ids) as unknown as SpecialTokens;
    this.vocabulary = this.tokenizer.get_vocab(true);
    let highest = 0;
    for (const id of this.vocabulary.values()) highest = Math.max(highest, id);
    this.vocabularySize = highest + 1;
    this.digest = createHash('sha256').update(definition).digest('hex');
  }

  /** Ids of a word's pieces, at least one: a word that yields none becomes `[UNK]`. */
  pieces(word: string): readonly number[] {
    let ids = this.cache.get(word);
    if (!ids) {
      ids = this.tokenizer.encode(word, { add_special_tokens: false }).ids;
      if (ids.length === 0) ids = [this.special.unknown];
      this.cache.set(word, ids);
    }
    return ids;
  }

  /** Whether a word is `[UNK]`, or a part of it between punctuation marks is, because it is too long. */
  isTooLong(word: string): boolean {
    // The number of UTF-16 units is quickly had and never smaller.
    if (word.length <= this.maxWordLength || [...word].length <= this.maxWordLength) return false;
    return this.pieces(word).includes(this.special.unknown);
  }

  /** The pieces of a word as text, for people: `["var", "##nholm"]`. */
  pieceTexts(word: string): string[] {
    return this.pieces(word).map(id => this.tokenizer.id_to_token(id) ?? SPECIAL.unknown);
  }
}

/** Reads a `tokenizer.json`. */
export function loadTokenizer(file: string): WordTokenizer {
  let definition: string;
  try {
    definition = readFileSync(file, 'utf8');
  } catch (error) {
    throw new InputError(`${file}: the tokenizer cannot be read (${(error as Error).message})`);
  }
  return new WordTokenizer(definition, file);
}
