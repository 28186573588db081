/**
 * Tokenizers of checkpoints that have a vocabulary with settings beside it in the place of a `tokenizer.json`, as most had before
 * 2020: BERT's `vocab.txt`, or `vocab.json` and `merges.txt` of RoBERTa. They are made into a `tokenizer.json`, by the rules of
 * transformers 5 (`BertTokenizer`, `RobertaTokenizer`).
 */
import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { InputError } from '../errors';
import { readJson } from '../json';
import { inBrief, listed } from '../listed';
import {
  ADDED_TOKENS_FILE,
  BYTE_LEVEL_FILES,
  SETTINGS_FILE,
  SPECIAL_TOKENS_FILE,
  TOKENIZER_FILE,
  VOCABULARY_FILE,
} from '../tokenizer-files';

const CONFIG = 'config.json';

/** Classes of transformers whose vocabularies are read by these rules; others split words by programs of their own. */
const CLASSES = {
  [VOCABULARY_FILE]: ['BertTokenizer', 'DistilBertTokenizer', 'ElectraTokenizer'],
  [BYTE_LEVEL_FILES[0]]: ['RobertaTokenizer'],
} as const;

/** A `tokenizer.json` that was made, and what there is to say of it, in sentences. */
export interface MadeDefinition {
  readonly text: string;
  readonly notes: readonly string[];
  /** Whether nothing says by which rules words are taken apart, so that they are a guess. */
  readonly isGuess?: boolean;
}

/** A token that is found in a text before it is taken apart, as a `tokenizer.json` has it. */
interface AddedToken {
  readonly id: number;
  readonly content: string;
  readonly single_word: boolean;
  readonly lstrip: boolean;
  readonly rstrip: boolean;
  readonly normalized: boolean;
  readonly special: boolean;
}

export function specialToken(content: string, id: number): AddedToken {
  return { id, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special: true };
}

/** In characters (code points): the bound that BERT's own tokenizer sets; longer words are unknown. */
export const MAX_WORD_LENGTH = 100;
/** What a piece begins with that does not begin a word. */
export const CONTINUATION = '##';

/** What differs between the tokenizers of BERT's kind. */
export interface WordPieceParts {
  readonly vocabulary: ReadonlyMap<string, number>;
  readonly addedTokens: readonly AddedToken[];
  readonly normalizer: object;
  readonly unknown: string;
  /** The tokens around a text. */
  readonly frame: readonly [start: string, end: string];
}

/** The definition in the form that Hugging Face gives BERT's tokenizers. */
export function wordPieceDefinition({
  vocabulary,
  addedTokens,
  normalizer,
  unknown,
  frame: [start, end],
}: WordPieceParts): string {
  const special = (id: string) => ({ SpecialToken: { id, type_id: 0 } });
  const frame = (token: string) => [token, { id: token, ids: [vocabulary.get(token)], tokens: [token] }];
  return definitionText(addedTokens, {
    normalizer,
    pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor: {
      type: 'TemplateProcessing',
      single: [special(start), { Sequence: { id: 'A', type_id: 0 } }, special(end)],
      pair: [],
      special_tokens: Object.fromEntries([frame(start), frame(end)]),
    },
    decoder: { type: 'WordPiece', prefix: CONTINUATION, cleanup: true },
    model: {
      type: 'WordPiece',
      unk_token: unknown,
      continuing_subword_prefix: CONTINUATION,
      max_input_chars_per_word: MAX_WORD_LENGTH,
      vocab: Object.fromEntries(vocabulary),
    },
  });
}

function definitionText(addedTokens: readonly AddedToken[], parts: object): string {
  return JSON.stringify({
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: addedTokens,
    ...parts,
  });
}

/** Whether a file is read as a vocabulary and not as a `tokenizer.json`. */
export function isVocabulary(file: string): boolean {
  return file.endsWith('.txt') || basename(file) === BYTE_LEVEL_FILES[0];
}

/**
 * The definition that a vocabulary and the settings beside it make.
 * @throws InputError where one of the files is none, or they are of a class with other rules
 */
export function definitionOfVocabulary(file: string): MadeDefinition {
  return file.endsWith('.txt') ? wordPieceOf(file) : byteLevelOf(file);
}

function wordPieceOf(file: string): MadeDefinition {
  const settings = new Settings(file, CLASSES[VOCABULARY_FILE]);
  const vocabulary = new Map(linesOf(file).map((line, id) => [line, id]));
  const token = (role: string, usual: string) => settings.token(role) ?? usual;
  const frame = [token('cls_token', '[CLS]'), token('sep_token', '[SEP]')] as const;
  const unknown = token('unk_token', '[UNK]');
  const roles = [unknown, frame[1], token('pad_token', '[PAD]'), frame[0]];
  const missing = roles.find(role => !vocabulary.has(role));
  if (missing !== undefined)
    throw new InputError(
      `${file}: found no line ${inBrief(missing)} among ${vocabulary.size} pieces; expected a vocabulary of BERT, a piece a line`,
    );
  const lowercase = settings.flag('do_lower_case') ?? true;
  const text = wordPieceDefinition({
    vocabulary,
    addedTokens: settings.addedTokens(vocabulary, [...roles, token('mask_token', '[MASK]')]),
    normalizer: {
      type: 'BertNormalizer',
      clean_text: true,
      handle_chinese_chars: settings.flag('tokenize_chinese_chars') ?? true,
      strip_accents: settings.flag('strip_accents') ?? null,
      lowercase,
    },
    unknown,
    frame,
  });
  const untold = settings.flag('do_lower_case') === undefined;
  const notes = untold
    ? [
        `${file}: no ${SETTINGS_FILE} beside it says do_lower_case; case and accents are dropped, as transformers does`,
      ]
    : [];
  return { text, notes, isGuess: untold };
}

function byteLevelOf(file: string): MadeDefinition {
  const settings = new Settings(file, CLASSES[BYTE_LEVEL_FILES[0]]);
  const vocabulary = idsIn(file);
  const [, mergesFile] = BYTE_LEVEL_FILES.map(name => join(dirname(file), name));
  const merges = linesOf(mergesFile).filter((line, i) => {
    if (line.startsWith('#version')) return false;
    const pair = line.split(' ');
    if (pair.length === 2 && [...pair, pair.join('')].every(piece => vocabulary.has(piece))) return true;
    throw new InputError(
      `${mergesFile}:${i + 1}: found ${inBrief(line)}, expected two pieces with a space between, both and what they make together in ${basename(file)}`,
    );
  });
  const token = (role: string, usual: string) => settings.token(role) ?? usual;
  const [start, end] = [token('cls_token', '<s>'), token('sep_token', '</s>')];
  const roles = [start, end, token('unk_token', '<unk>'), token('pad_token', '<pad>')];
  const missing = roles.find(role => !vocabulary.has(role));
  if (missing !== undefined)
    throw new InputError(`${file}: found no piece ${inBrief(missing)}; expected a vocabulary of RoBERTa`);
  const text = definitionText(settings.addedTokens(vocabulary, [...roles, token('mask_token', '<mask>')]), {
    normalizer: null,
    pre_tokenizer: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
    post_processor: {
      type: 'RobertaProcessing',
      sep: [end, vocabulary.get(end)],
      cls: [start, vocabulary.get(start)],
      trim_offsets: true,
      add_prefix_space: true,
    },
    decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: '',
      end_of_word_suffix: '',
      fuse_unk: false,
      byte_fallback: false,
      vocab: Object.fromEntries(vocabulary),
      merges,
    },
  });
  return { text, notes: [] };
}

/** As the library in Rust reads them: blanks at the end of a line are no part of it. */
function linesOf(file: string): string[] {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(readFileSync(file));
  } catch (error) {
    const why = error instanceof TypeError ? 'it is not UTF-8' : (error as Error).message;
    throw new InputError(`${file}: the vocabulary cannot be read (${why})`);
  }
  return text
    .replace(/\n$/, '')
    .split('\n')
    .map(line => line.replace(/\p{White_Space}+$/u, ''));
}

function idsIn(file: string): ReadonlyMap<string, number> {
  const ids = new Map(Object.entries(objectIn(file)));
  for (const [piece, id] of ids)
    if (!isId(id))
      throw new InputError(
        `${file}: the piece ${inBrief(piece)} has the id ${inBrief(id)}, expected a whole number`,
      );
  return ids as Map<string, number>;
}

function isId(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function objectIn(file: string): Readonly<Record<string, unknown>> {
  const value = readJson(file);
  if (isObject(value)) return value;
  throw new InputError(`${file}: found ${inBrief(value)}, expected an object in braces`);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What stands beside a vocabulary. */
class Settings {
  private readonly file: string;
  private readonly values: Readonly<Record<string, unknown>>;
  /** Tokens with their own ids, where files have them. */
  private readonly told: readonly AddedToken[];

  /** @throws InputError where a file is none, or is of another class than these */
  constructor(vocabulary: string, classes: readonly string[]) {
    const beside = (name: string) => join(dirname(vocabulary), name);
    const read = (name: string) => (existsSync(beside(name)) ? objectIn(beside(name)) : {});
    this.file = beside(SETTINGS_FILE);
    const own = read(SETTINGS_FILE);
    for (const [name, { tokenizer_class: found, word_tokenizer_type: splitter }] of [
      [SETTINGS_FILE, own],
      [CONFIG, read(CONFIG)],
    ] as const)
      if (splitter !== undefined || !isOneOf(classes, found))
        throw new InputError(
          `${beside(name)}: found the tokenizer ${inBrief(found ?? splitter)}; expected ${listed(classes, 'or')}, or a ${TOKENIZER_FILE}`,
        );
    // Who writes the newer list writes all tokens into it.
    const isNewer = isObject(own.added_tokens_decoder);
    this.values = isNewer ? own : { ...own, ...read(SPECIAL_TOKENS_FILE) };
    const special = new Set([...Object.values(this.values).map(contentOf), ...this.further]);
    this.told = isNewer
      ? Object.entries(own.added_tokens_decoder as object).map(([id, token]) => this.added(token, Number(id)))
      : Object.entries(read(ADDED_TOKENS_FILE)).map(([content, id]) => {
          if (!isId(id))
            throw new InputError(
              `${beside(ADDED_TOKENS_FILE)}: the token ${inBrief(content)} has the id ${inBrief(id)}, expected a whole number`,
            );
          const isSpecial = special.has(content);
          return { ...specialToken(content, id), normalized: !isSpecial, special: isSpecial };
        });
  }

  /** @throws InputError where it is neither true nor false */
  flag(name: string): boolean | undefined {
    const value = this.values[name] ?? undefined;
    if (value === undefined || typeof value === 'boolean') return value;
    throw new InputError(`${this.file}: ${name} is ${inBrief(value)}, expected true or false`);
  }

  /** The text of a token with a part of its own. */
  token(role: string): string | undefined {
    const value = this.values[role] ?? undefined;
    const content = contentOf(value);
    if (value !== undefined && content === undefined)
      throw new InputError(`${this.file}: ${role} is ${inBrief(value)}, expected the text of a token`);
    return content;
  }

  /**
   * The tokens that are found before words are taken apart: those with a part, as far as there is a piece for them, and what
   * files add.
   */
  addedTokens(vocabulary: ReadonlyMap<string, number>, roles: readonly string[]): AddedToken[] {
    const tokens = new Map<string, AddedToken>();
    let next = Math.max(-1, ...vocabulary.values()) + 1;
    const add = (token: AddedToken) => {
      const id = vocabulary.get(token.content) ?? token.id;
      tokens.set(token.content, { ...token, id });
      next = Math.max(next, id + 1);
    };
    for (const content of roles) if (vocabulary.has(content)) add(specialToken(content, -1));
    for (const token of this.told) add(roles.includes(token.content) ? { ...token, special: true } : token);
    for (const content of this.further) if (!tokens.has(content)) add(specialToken(content, next));
    return [...tokens.values()].sort((a, b) => a.id - b.id);
  }

  /** Special tokens without a part. */
  private get further(): string[] {
    const { additional_special_tokens: older, extra_special_tokens: newer } = this.values;
    const list = [newer, older].find(each => Array.isArray(each) && each.length > 0) ?? [];
    return (list as unknown[]).flatMap(each => contentOf(each) ?? []);
  }

  private added(token: unknown, id: number): AddedToken {
    const content = contentOf(token);
    if (content === undefined || !isId(id) || typeof token === 'string')
      throw new InputError(
        `${this.file}: found ${inBrief(token)} in added_tokens_decoder, expected an id with a token such as {"content": "[PAD]"}`,
      );
    const flags = token as Partial<Record<keyof AddedToken, unknown>>;
    const is = (name: keyof AddedToken) => flags[name] === true;
    return {
      id,
      content,
      single_word: is('single_word'),
      lstrip: is('lstrip'),
      rstrip: is('rstrip'),
      normalized: typeof flags.normalized === 'boolean' ? flags.normalized : !is('special'),
      special: is('special'),
    };
  }
}

/** Names of classes may end in `Fast`, which says nothing of what they do. */
function isOneOf(classes: readonly string[], found: unknown): boolean {
  return (
    found === undefined || found === null || classes.some(each => found === each || found === `${each}Fast`)
  );
}

/** The text of a token, which stands alone or with its settings. */
function contentOf(token: unknown): string | undefined {
  if (typeof token === 'string') return token;
  return isObject(token) && typeof token.content === 'string' ? token.content : undefined;
}
