/** Reads and writes JSON lines: one sentence a line, `{"tokens": ["Ann", "left"], "tags": ["B-PER", "O"]}`. */
import { InputError } from '../errors';
import { checkTagged, type ReadSentences, type TaggedWords, unwritableWord } from './conll';
import { fromBio, TagReader } from './schemes';
import type { Sentence } from './sentence';
import type { Scheme } from './tags';

export interface JsonLinesOptions {
  /** The name of the file, for messages of errors. */
  readonly file: string;
  readonly scheme?: Scheme;
  /** The field with the tags; default `tags`. */
  readonly tagColumn?: string;
}

/**
 * The sentences of JSON lines, with BIO tags. A `document` that differs from the one before begins a document. Blank
 * lines are skipped, and so is a sentence without tokens.
 * @throws InputError `file:line: …` for a line that is no such object, and for what is no tag.
 */
export function readJsonLines(
  text: string,
  { file, scheme, tagColumn = 'tags' }: JsonLinesOptions,
): ReadSentences {
  const sentences: Sentence[] = [];
  const reader = new TagReader(file, scheme);
  let document = 0;
  let name: unknown;
  for (const [index, line] of linesOf(text)) {
    const object = parseObject(line, `${file}:${index}`);
    const words = tokensOf(object, `${file}:${index}`);
    const tags = stringsOf(object, tagColumn, `${file}:${index}`);
    if (words.length !== tags.length)
      throw new InputError(`${file}:${index}: found ${words.length} tokens but ${tags.length} tags`);
    if (words.length === 0) continue;
    if (sentences.length > 0 && object.document !== name) document++;
    name = object.document;
    sentences.push({ words, tags: reader.toBio(tags, () => index), document });
  }
  if (sentences.length === 0)
    throw new InputError(`${file}: found no sentence, expected lines such as {"tokens": […], "tags": […]}`);
  return { sentences, scheme: reader.scheme };
}

/** Lines that are not blank, with their numbers from 1. */
function* linesOf(text: string): Generator<[number, string]> {
  const lines = (text.startsWith('\ufeff') ? text.slice(1) : text).split('\n');
  for (const [index, line] of lines.entries()) if (line.trim() !== '') yield [index + 1, line];
}

/** @throws InputError where a line is no JSON object. */
export function parseObject(line: string, place: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    throw new InputError(`${place}: the line is not JSON (${(error as Error).message})`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new InputError(`${place}: found ${line.trim().slice(0, 40)}, expected a JSON object with "tokens"`);
  return value as Readonly<Record<string, unknown>>;
}

/** The strings of `tokens`. @throws InputError also for one that cannot stand in the columns of the other formats. */
export function tokensOf(object: Readonly<Record<string, unknown>>, place: string): string[] {
  const tokens = stringsOf(object, 'tokens', place);
  const wrong = unwritableWord(tokens);
  if (wrong !== undefined)
    throw new InputError(`${place}: the token ${JSON.stringify(wrong)} cannot stand in CoNLL columns`);
  return tokens;
}

/** The strings of a field. @throws InputError where it is missing or holds anything else. */
function stringsOf(object: Readonly<Record<string, unknown>>, field: string, place: string): string[] {
  const value = object[field];
  if (Array.isArray(value) && value.every(each => typeof each === 'string')) return value;
  const found =
    value === undefined
      ? `found the fields ${Object.keys(object).join(', ') || '(none)'}`
      : 'found other values';
  throw new InputError(`${place}: ${found}, expected a list of strings in "${field}"`);
}

/** Sentences as JSON lines; `document` is written where there are several. */
export function formatJsonLines(sentences: readonly TaggedWords[], scheme: Scheme = 'IOB2'): string {
  const marked = sentences.some(({ document }) => (document ?? 0) !== (sentences[0].document ?? 0));
  return sentences
    .map((sentence, s) => {
      checkTagged(sentence, s);
      const { words, tags, document } = sentence;
      return `${JSON.stringify({ ...(marked && { document }), tokens: words, tags: fromBio(tags, scheme) })}\n`;
    })
    .join('');
}
