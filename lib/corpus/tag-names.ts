/**
 * The names of tags that a file has as numbers, as Hugging Face's datasets do: from what lies beside it, which is what `datasets`
 * or the Hub put there.
 */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { max } from 'd3-array';
import { InputError } from '../errors';
import { parseJson } from '../json';
import { inBrief, listedBriefly } from '../listed';
import type { TagNames } from './formats/format';
import { parseTag, TAG_FORM } from './tags';

/** Names of the tags of a field, and the key or `config_name` above them, where a file describes several configurations. */
interface Described {
  readonly names: readonly string[];
  readonly configurations: readonly string[];
}

/** Files that may name the tags, with how they do. */
const SOURCES: Readonly<Record<string, (text: string, field: string) => readonly Described[]>> = {
  'dataset_info.json': describedInJson,
  'dataset_infos.json': describedInJson,
  'README.md': describedInCard,
  'labels.txt': text => [{ names: namesInLines(text), configurations: [] }],
};

/**
 * The tags that a person names in their order: in a list, or in a file with one a line or, in JSON, a list or `id2label`.
 * @throws InputError for what is no tag, and where a number between others has none
 */
export function tagNamesOf(listOrFile: string): string[] {
  const isFile = isNameOfFile(listOrFile);
  const names = isFile ? namesInFile(readFileSync(listOrFile, 'utf8')) : namesOf(listOrFile.split(','));
  const wrong = names.findIndex(name => parseTag(name) === undefined);
  if (names.length > 0 && wrong < 0) return names;
  const found =
    wrong < 0
      ? 'no tag'
      : names[wrong] === ''
        ? `no tag for the number ${wrong}, one for ${names.length - 1}`
        : `the tag ${inBrief(names[wrong])}, which is not ${TAG_FORM}`;
  throw new InputError(
    isFile
      ? `${listOrFile}: found ${found}`
      : `found ${found}; expected tags such as O,B-PER,I-PER or a file with one a line`,
  );
}

/** Trimmed, those of numbers; what is empty at the end names none. */
function namesOf(texts: readonly string[]): string[] {
  const names = texts.map(text => text.trim());
  while (names.at(-1) === '') names.pop();
  return names;
}

function isNameOfFile(listOrFile: string): boolean {
  try {
    return !statSync(listOrFile).isDirectory();
  } catch {
    // A list of many tags is too long for a name.
    return false;
  }
}

function namesInFile(text: string): string[] {
  const value = jsonIn(text) as { readonly id2label?: object } | null | undefined;
  if (value === undefined) return namesInLines(text);
  const names = isNames(value) ? value : byNumber(value?.id2label ?? {});
  return isNames(names) ? namesOf(names) : [];
}

/** Of `{"0": …, "1": …}` the values by their keys, with an empty text for a number that is left out. */
function byNumber(named: object): unknown[] {
  const numbers = Object.keys(named).map(Number);
  const last = max(numbers) ?? -1;
  if (!numbers.every(number => Number.isSafeInteger(number) && number >= 0) || last > MOST_NAMES) return [];
  return Array.from({ length: last + 1 }, (_, number) => (named as Record<string, unknown>)[number] ?? '');
}

/** More than any tag set has. */
const MOST_NAMES = 100_000;

/** `undefined` where a text is no JSON that can be read. */
function jsonIn(text: string): unknown {
  try {
    return parseJson(text, { file: '' });
  } catch {
    return undefined;
  }
}

/** For help texts. */
export const TAG_NAME_FILES = Object.keys(SOURCES);

/**
 * The names of the tags of a field, from a file in a folder; nothing where none has them.
 * @param configuration of a data set that has several, each with names of its own
 * @throws InputError where it cannot be told which of several are meant
 */
export function tagNamesIn(folder: string, field: string, configuration?: string): TagNames | undefined {
  let ambiguous: string | undefined;
  for (const [source, describedBy] of Object.entries(SOURCES)) {
    const described = describedBy(textIn(folder, source), field).filter(({ names }) => names.length > 0);
    const names = chosen(described, configuration) ?? chosen(described);
    if (names !== undefined) return { names, source };
    if (described.length > 0)
      ambiguous ??= `${join(folder, source)}: the tags of "${field}" have other names in ${listedBriefly([...new Set(described.flatMap(({ configurations }) => configurations.slice(0, 1)))])}; expected --labels with the tags in the order of their numbers`;
  }
  if (ambiguous !== undefined) throw new InputError(ambiguous);
  return undefined;
}

/** Those that all agree on; of a configuration, where one is asked for. */
function chosen(described: readonly Described[], configuration?: string): readonly string[] | undefined {
  const fitting = described.filter(
    ({ configurations }) => configuration === undefined || configurations.includes(configuration),
  );
  const different = new Set(fitting.map(({ names }) => names.join('\n')));
  return different.size === 1 ? fitting[0].names : undefined;
}

function namesInLines(text: string): string[] {
  return namesOf(text.split('\n'));
}

/** Empty where there is no such file, or it cannot be read. */
function textIn(folder: string, name: string): string {
  try {
    return readFileSync(join(folder, name), 'utf8');
  } catch {
    return '';
  }
}

/** In `features`: `{"ner_tags": {"feature": {"names": ["O", …], "_type": "ClassLabel"}}}`, whatever stands around it. */
export function namesInJson(text: string, field: string): readonly string[] | undefined {
  return describedInJson(text, field)[0]?.names;
}

function describedInJson(text: string, field: string): Described[] {
  return describedIn(jsonIn(text), field);
}

/**
 * In the YAML at the head of a card: below `dataset_info`, `features` with `- name: ner_tags`, and below it `names:` with `'0': O` for
 * each; where there are several configurations, each is an item with its `config_name`.
 */
function describedInCard(text: string, field: string): Described[] {
  const [, head] = /^\uFEFF?---[ \t]*\r?\n(.*?)\r?\n---[ \t]*(\r?\n|$)/s.exec(text) ?? [];
  return head === undefined ? [] : describedIn(yamlIn(head), field);
}

/** `undefined` where a text is no YAML. Every scalar is a text, so that a tag `NO` or `1` stays what it is. */
function yamlIn(text: string): unknown {
  const { parse } = require('yaml') as typeof import('yaml');
  try {
    return parse(text, { schema: 'failsafe', uniqueKeys: false, logLevel: 'error' });
  } catch {
    return undefined;
  }
}

function describedIn(info: unknown, field: string): Described[] {
  const found = [...valuesOf(info, field)].flatMap(({ value, above }) => {
    const names = [...valuesOf(value, 'names')].map(({ value }) => namesOfClasses(value)).find(isNames);
    return names ? [{ names, configurations: above }] : [];
  });
  // A key of that name may stand elsewhere, too.
  const ofFeatures = found.filter(({ configurations }) => configurations.includes('features'));
  return ofFeatures.length > 0 ? ofFeatures : found;
}

/** What has a name, as its key or as its `name`, in all depths, with the keys above each and, before them, the `config_name` of what it is in. */
function* valuesOf(
  from: unknown,
  name: string,
  above: readonly string[] = [],
): Generator<{ readonly value: unknown; readonly above: readonly string[] }> {
  if (typeof from !== 'object' || from === null) return;
  const { name: own, config_name: configuration } = from as Record<string, unknown>;
  if (own === name) yield { value: from, above };
  const around = typeof configuration === 'string' ? [configuration, ...above] : above;
  for (const [key, value] of Object.entries(from)) {
    if (key === name) yield { value, above: around };
    yield* valuesOf(value, name, Array.isArray(from) ? around : [...around, key]);
  }
}

/** In a list, or by their numbers; `undefined` where there are none, or one is left out. */
function namesOfClasses(value: unknown): string[] | undefined {
  const names = Array.isArray(value) || typeof value !== 'object' || value === null ? value : byNumber(value);
  return isNames(names) && names.length > 0 && !names.includes('') ? names : undefined;
}

function isNames(value: unknown): value is string[] {
  return Array.isArray(value) && value.every(name => typeof name === 'string');
}
