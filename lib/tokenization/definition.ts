/**
 * A `tokenizer.json` (https://huggingface.co/docs/tokenizers) as it is written: read, checked, and compared with another. Two
 * are the same here where they give every word the same ids; how a file is written, and what it says of padding, truncation
 * and framing, makes no difference.
 */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { InputError } from '../errors';
import { canonicalJson, parseJson } from '../json';
import { inBrief } from '../listed';
import { TOKENIZER_FILE, TOKENIZER_PLACES, tokenizerFiles } from '../tokenizer-files';
import { withSettingsBeside } from './settings-beside';
import { definitionOfVocabulary, isVocabulary, type MadeDefinition } from './vocabulary';

/** What is read of a `tokenizer.json`. */
export interface TokenizerDefinition {
  readonly normalizer?: unknown;
  readonly pre_tokenizer?: { readonly type?: string; add_prefix_space?: boolean } | null;
  readonly added_tokens?: readonly AddedToken[];
  readonly model?: { readonly vocab?: Vocabulary; readonly merges?: readonly (string | readonly string[])[] };
}
interface AddedToken {
  readonly content: string;
  readonly id: number;
  readonly special?: boolean;
}
/** Ids of pieces; Unigram has its pieces in the order of their ids, each with its score. */
type Vocabulary = Readonly<Record<string, number>> | readonly (readonly [piece: string, score: number])[];

/** Ids that may be without a piece, since a model has a row for each: as many as there are pieces, and so many more. */
const FREE_IDS = 1000;

/** The tokenizer in a folder: its definition, else a vocabulary that makes one; `undefined` where it has neither. */
export function tokenizerIn(folder: string): string | undefined {
  const [first] = tokenizerFiles(name => existsSync(join(folder, name)));
  return first && join(folder, first);
}

/**
 * Reads the text of a definition, with what stands against it beside it, or makes it.
 * @param file a `tokenizer.json` or a vocabulary, or a folder that has one
 */
export function readDefinition(file: string): MadeDefinition {
  if (statSync(file, { throwIfNoEntry: false })?.isDirectory()) {
    const found = tokenizerIn(file);
    if (found !== undefined) return readDefinition(found);
    throw new InputError(`${file}: found no tokenizer in the folder; expected ${TOKENIZER_PLACES}`);
  }
  if (isVocabulary(file)) return definitionOfVocabulary(file);
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new InputError(`${file}: the tokenizer cannot be read (${(error as Error).message})`);
  }
  return basename(file) === TOKENIZER_FILE ? withSettingsBeside(text, file) : { text, notes: [] };
}

/**
 * The definition that a text is, and the text that it then is: a byte-level one is made to read each word with a space
 * before it, as transformers wants it for words (`add_prefix_space`).
 * @param file named in errors
 */
export function parseDefinition(
  text: string,
  file: string,
): { readonly json: TokenizerDefinition; readonly text: string } {
  const json = parseJson(text, { file, what: 'not a tokenizer.json' }) as TokenizerDefinition;
  let pieces: Map<string, number>;
  try {
    pieces = piecesOf(json);
  } catch (error) {
    throw new InputError(`${file}: not a tokenizer.json (${(error as Error).message})`);
  }
  const end = 2 * pieces.size + FREE_IDS;
  for (const [piece, id] of pieces)
    if (!Number.isInteger(id) || id < 0 || id >= end)
      throw new InputError(
        `${file}: the piece ${inBrief(piece)} has the id ${inBrief(id)}, expected a whole number from 0 to below ${end} for a vocabulary of ${pieces.size} pieces`,
      );
  const { pre_tokenizer } = json;
  if (pre_tokenizer?.type !== 'ByteLevel' || pre_tokenizer.add_prefix_space) return { json, text };
  pre_tokenizer.add_prefix_space = true;
  return { json, text: JSON.stringify(json) };
}

/** Every piece with its id, added tokens too. */
export function piecesOf({ model, added_tokens = [] }: TokenizerDefinition): Map<string, number> {
  const { vocab = {} } = model ?? {};
  const pieces = Array.isArray(vocab)
    ? vocab.map(([piece], id): [string, number] => [piece, id])
    : Object.entries(vocab as Record<string, number>);
  return new Map([...pieces, ...added_tokens.map(({ content, id }) => [content, id] as const)]);
}

/**
 * The first piece, by its id here, to which another vocabulary gives another id, as a clause.
 * @param ours ids of pieces
 */
export function differentPiece(
  ours: ReadonlyMap<string, number>,
  theirs: ReadonlyMap<string, number>,
): string | undefined {
  const other = (piece: string, id: number | undefined, where: string) =>
    `the piece ${inBrief(piece)} ${id === undefined ? `is not ${where}` : `has the id ${id} ${where}`}`;
  const byId = (pieces: ReadonlyMap<string, number>) => [...pieces].sort(([, a], [, b]) => a - b);
  for (const [piece, id] of byId(ours))
    if (theirs.get(piece) !== id) return `${other(piece, theirs.get(piece), 'there')}, ${id} here`;
  for (const [piece, id] of byId(theirs))
    if (!ours.has(piece)) return `${other(piece, id, 'there')} and is not here`;
  return undefined;
}

/** The first rule in which two tokenizers differ that take words apart, as a clause. */
export function differentRule(ours: TokenizerDefinition, theirs: TokenizerDefinition): string | undefined {
  try {
    return difference('', rulesOf(ours), rulesOf(theirs));
  } catch (error) {
    if (error instanceof RangeError) return 'its rules are nested too deeply to be compared';
    throw error;
  }
}

/** What decides pieces beside the vocabulary, in one form for the same effect. */
function rulesOf({ normalizer, pre_tokenizer, added_tokens = [], model }: TokenizerDefinition): unknown {
  const { vocab, merges, ...settings } = (model ?? {}) as Record<string, unknown> &
    TokenizerDefinition['model'];
  return settled({
    normalizer,
    pre_tokenizer,
    added_tokens: [...added_tokens].sort((a, b) => a.id - b.id).map(({ special: _, ...token }) => token),
    model: {
      ...settings,
      // Older files lack it.
      type: undefined,
      scores: Array.isArray(vocab) ? vocab : undefined,
      merges: merges?.map(merge => (typeof merge === 'string' ? merge : merge.join(' '))),
    },
  });
}

/** Settings that change no ids, and values that say what no value says. */
const WITHOUT_EFFECT = ['trim_offsets'];
const UNTOLD: readonly unknown[] = [null, undefined, '', false];

/** Without what is the same as being absent; BERT drops accents, where it does not say, if it drops case. */
function settled(rule: unknown): unknown {
  if (Array.isArray(rule)) return rule.map(settled);
  if (!isObject(rule)) return rule;
  const { type, lowercase, strip_accents } = rule;
  const explicit = type === 'BertNormalizer' ? { ...rule, strip_accents: strip_accents ?? lowercase } : rule;
  const told = Object.entries(explicit).filter(
    ([name, value]) => !UNTOLD.includes(value) && !WITHOUT_EFFECT.includes(name),
  );
  return Object.fromEntries(told.map(([name, value]) => [name, settled(value)]));
}

/** Where two rules differ first, and what stands there: "normalizer.lowercase is off there, true here". */
function difference(path: string, here: unknown, there: unknown): string | undefined {
  if (canonicalJson(here ?? null) === canonicalJson(there ?? null)) return undefined;
  if (!isObject(here) || !isObject(there)) {
    const [ours, theirs] = [here, there].map(value => (value === undefined ? 'off' : inBrief(value)));
    return `${path} is ${theirs} there, ${ours} here`;
  }
  const names = new Set([...Object.keys(here), ...Object.keys(there)]);
  for (const name of names) {
    const found = difference(path === '' ? name : `${path}.${name}`, here[name], there[name]);
    if (found !== undefined) return found;
  }
  return undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
