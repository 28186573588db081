/**
 * The names of tags that a file has as numbers, as Hugging Face's datasets do: from what lies beside it, which is what `datasets`
 * or the Hub put there.
 */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { InputError } from '../errors';
import { parseJson } from '../json';
import { inBrief } from '../listed';
import type { TagNames } from './formats/format';
import { parseTag, TAG_FORM } from './tags';

/** Files that may name the tags, with how they do. */
const SOURCES: Readonly<Record<string, (text: string, field: string) => readonly string[] | undefined>> = {
  'dataset_info.json': namesInJson,
  'dataset_infos.json': namesInJson,
  'README.md': namesInCard,
  'labels.txt': namesInLines,
};

/**
 * The tags that a person names in their order: in a list, or in a file with one a line or, in JSON, a list or `id2label`.
 * @throws InputError for what is no tag
 */
export function tagNamesOf(listOrFile: string): string[] {
  const isFile = isNameOfFile(listOrFile);
  const names = isFile ? namesInFile(readFileSync(listOrFile, 'utf8')) : listOrFile.split(',');
  const tags = names.map(name => name.trim()).filter(name => name !== '');
  const wrong = tags.find(tag => parseTag(tag) === undefined);
  if (tags.length > 0 && wrong === undefined) return tags;
  const found = wrong === undefined ? 'no tag' : `the tag ${inBrief(wrong)}, which is not ${TAG_FORM}`;
  throw new InputError(
    isFile
      ? `${listOrFile}: found ${found}`
      : `found ${found}; expected tags such as O,B-PER,I-PER or a file with one a line`,
  );
}

function isNameOfFile(listOrFile: string): boolean {
  try {
    return !statSync(listOrFile).isDirectory();
  } catch {
    // A list of many tags is too long for a name.
    return false;
  }
}

function namesInFile(text: string): readonly string[] {
  const value = jsonIn(text) as { readonly id2label?: object } | null | undefined;
  if (value === undefined) return namesInLines(text);
  const names = isNames(value) ? value : Object.values(value?.id2label ?? {});
  return isNames(names) ? (names as string[]) : [];
}

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

/** The names of the tags of a field, from a file in a folder; nothing where none has them. */
export function tagNamesIn(folder: string, field: string): TagNames | undefined {
  for (const [source, namesIn] of Object.entries(SOURCES)) {
    const names = namesIn(textIn(folder, source), field);
    if (names !== undefined && names.length > 0) return { names, source };
  }
  return undefined;
}

function namesInLines(text: string): readonly string[] {
  return text.split(/\r?\n/).flatMap(line => line.trim() || []);
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
  const feature = valueUnder(jsonIn(text), field, value => valueUnder(value, 'names', isNames) !== undefined);
  return valueUnder(feature, 'names', isNames) as string[] | undefined;
}

/** The first value of a key in all depths that is as it should be. */
function valueUnder(from: unknown, key: string, isRight: (value: unknown) => boolean): unknown {
  if (typeof from !== 'object' || from === null) return undefined;
  for (const [name, value] of Object.entries(from)) {
    if (name === key && isRight(value)) return value;
    const within = valueUnder(value, key, isRight);
    if (within !== undefined) return within;
  }
  return undefined;
}

function isNames(value: unknown): boolean {
  return Array.isArray(value) && value.every(name => typeof name === 'string');
}

/** In the card of a dataset: `- name: ner_tags`, and below it `names:` with a line `'0': O` for each. */
function namesInCard(text: string, field: string): readonly string[] | undefined {
  const lines = text.split(/\r?\n/);
  const isName = (line: string) => /^\s*-?\s*name:\s*(\S+)\s*$/.exec(line)?.[1];
  const from = lines.findIndex(line => isName(line) === field);
  const begin = lines.findIndex((line, i) => i > from && /^\s*names:\s*$/.test(line));
  if (from < 0 || begin < 0 || lines.slice(from + 1, begin).some(isName)) return undefined;
  const names: string[] = [];
  for (const line of lines.slice(begin + 1)) {
    const [, number, name] = /^\s*['"]?(\d+)['"]?:\s*['"]?([^'"\s]+)['"]?\s*$/.exec(line) ?? [];
    if (number !== String(names.length)) break;
    names.push(name);
  }
  return names;
}
