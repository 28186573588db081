/** A sub-word tokenizer, used word by word so that pieces and words never slip against each other. */
import { ByteLevelPreTokenizer, type Tokenizer, WordPiece } from '@huggingface/tokenizers';
import { InputError } from '../errors';
import { listed } from '../listed';
import { parseDefinition, piecesOf, readDefinition } from './definition';
import { openTokenizer } from './hugging-face';

/** Ids of the tokens that frame, pad or replace. */
export interface SpecialTokens {
  readonly pad: number;
  readonly unknown: number;
  readonly start: number;
  readonly end: number;
}

type SpecialTexts = Readonly<Record<keyof SpecialTokens | 'mask', string>>;

/** The special tokens that encoders come with: those of BERT, those of RoBERTa, and those of ALBERT, which has some of each. */
const SPECIAL_TEXTS: readonly SpecialTexts[] = [
  { pad: '[PAD]', unknown: '[UNK]', start: '[CLS]', end: '[SEP]', mask: '[MASK]' },
  { pad: '<pad>', unknown: '<unk>', start: '<s>', end: '</s>', mask: '<mask>' },
  { pad: '<pad>', unknown: '<unk>', start: '[CLS]', end: '[SEP]', mask: '[MASK]' },
];

/** Words that are remembered: those of any corpus of usual size. A stream may have new ones for ever. */
const MOST_WORDS = 1 << 17;
/** Longer words, in UTF-16 units, are rare, and their pieces may be many. */
const LONGEST_REMEMBERED = 100;

/** The pieces of words that were met. It forgets all where there are too many: the frequent ones are soon back. */
export class PieceCache {
  private readonly pieces = new Map<string, readonly number[]>();

  get size(): number {
    return this.pieces.size;
  }

  get(word: string): readonly number[] | undefined {
    return this.pieces.get(word);
  }

  set(word: string, ids: readonly number[]): void {
    if (word.length > LONGEST_REMEMBERED) return;
    if (this.pieces.size >= MOST_WORDS) this.pieces.clear();
    // A copy, since a word that was cut out of a text keeps the whole text in memory.
    this.pieces.set(word.split('').join(''), ids);
  }
}

/** A `tokenizer.json` that gives the special tokens of BERT, of RoBERTa or of ALBERT. */
export class WordTokenizer {
  /** The text of the `tokenizer.json` that gives these pieces. */
  readonly definition: string;
  readonly special: SpecialTokens;
  /** Characters (code points) of the longest word that is taken apart; a longer one is unknown, as in BERT. */
  readonly maxWordLength: number;
  /** What a piece that does not begin a word begins with; nothing but in WordPiece. */
  readonly continuation: string;
  /** Ids by the text of a piece. */
  readonly vocabulary: ReadonlyMap<string, number>;
  /** Rows that an embedding table needs. */
  readonly vocabularySize: number;
  private readonly texts: SpecialTexts;
  private readonly tokenizer: Tokenizer;
  private readonly cache = new PieceCache();

  /**
   * @param definition the text of a `tokenizer.json`
   * @param file named in errors
   * @param notes what there is to say of how the definition was made, in sentences
   */
  constructor(
    definition: string,
    file: string,
    readonly notes: readonly string[] = [],
  ) {
    const { json, text } = parseDefinition(definition, file);
    this.definition = text;
    try {
      this.tokenizer = openTokenizer(json);
    } catch (error) {
      // What the package runs into where a part is of another form, which says nothing to a reader.
      const why =
        error instanceof TypeError ? 'a part is missing or of another form' : (error as Error).message;
      throw new InputError(`${file}: not a tokenizer.json (${why})`);
    }
    this.vocabulary = piecesOf(json);
    const { model } = this.tokenizer;
    this.maxWordLength = model instanceof WordPiece ? model.max_input_chars_per_word : Infinity;
    this.continuation = (model instanceof WordPiece && model.config.continuing_subword_prefix) || '';
    this.texts = this.findSpecialTexts(file);
    const { mask: _, ...needed } = this.texts;
    this.special = Object.fromEntries(
      Object.entries(needed).map(([role, text]) => {
        const id = this.vocabulary.get(text);
        if (id === undefined)
          throw new InputError(`${file}: the tokenizer has no "${text}" token, which models need`);
        return [role, id];
      }),
    ) as unknown as SpecialTokens;
    let highest = 0;
    for (const id of this.vocabulary.values()) highest = Math.max(highest, id);
    this.vocabularySize = highest + 1;
  }

  /**
   * What `tokenizer_config.json` says beside the definition, so that transformers takes it as it stands; BERT's own class
   * would drop case whatever it says.
   */
  get config(): Record<string, unknown> {
    const { pad, unknown, start, end, mask } = this.texts;
    return {
      tokenizer_class: 'PreTrainedTokenizerFast',
      ...(this.tokenizer.pre_tokenizer instanceof ByteLevelPreTokenizer && { add_prefix_space: true }),
      pad_token: pad,
      unk_token: unknown,
      cls_token: start,
      sep_token: end,
      ...(this.vocabulary.has(mask) && { mask_token: mask }),
    };
  }

  /** Ids of a word's pieces, at least one: a word that yields none becomes unknown. */
  pieces(word: string): readonly number[] {
    let ids = this.cache.get(word);
    if (!ids) {
      ids = this.tokenizer.encode(word, { add_special_tokens: false }).ids;
      if (ids.length === 0) ids = [this.special.unknown];
      this.cache.set(word, ids);
    }
    return ids;
  }

  /** Whether a word is unknown, or a part of it between punctuation marks is, because it is too long. */
  isTooLong(word: string): boolean {
    // The number of UTF-16 units is quickly had and never smaller.
    if (word.length <= this.maxWordLength || [...word].length <= this.maxWordLength) return false;
    return this.pieces(word).includes(this.special.unknown);
  }

  /** The pieces of a word as text, for people: `["var", "##nholm"]`. */
  pieceTexts(word: string): string[] {
    return this.pieces(word).map(id => this.tokenizer.id_to_token(id) ?? this.texts.unknown);
  }

  /** Those that the tokenizer itself puts around a text; where it puts none, those that its vocabulary has. */
  private findSpecialTexts(file: string): SpecialTexts {
    const frame = this.tokenizer.encode('').tokens;
    const has = ({ mask: _, ...needed }: SpecialTexts) =>
      Object.values(needed).every(text => this.vocabulary.has(text));
    const framed = SPECIAL_TEXTS.filter(({ start, end }) => frame.join() === `${start},${end}`);
    const texts = (frame.length === 0 ? SPECIAL_TEXTS : framed).find(has) ?? framed.at(0);
    if (!texts) {
      const frames = new Set(SPECIAL_TEXTS.map(({ start, end }) => `${start} … ${end}`));
      throw new InputError(
        `${file}: the tokenizer frames a text with ${frame.join(' ') || 'nothing'}, expected ${listed([...frames], 'or')}`,
      );
    }
    return texts;
  }
}

/** Reads a `tokenizer.json`, or the vocabulary that older checkpoints have in its place; of a folder, what it has. */
export function loadTokenizer(file: string): WordTokenizer {
  const { text, notes } = readDefinition(file);
  return new WordTokenizer(text, file, notes);
}
