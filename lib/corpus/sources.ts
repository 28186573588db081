/**
 * Finds the train, valid and test parts of a corpus in a folder by the names of its files, and makes a part that is
 * missing from whole documents, so that nothing of a document stands on two sides.
 */
import { readdirSync } from 'node:fs';
import { basename, extname, join, resolve } from 'node:path';
import { InputError } from '../errors';
import { readConllFile } from './conll';
import type { Corpus, Sentence } from './sentence';

/** A corpus with where it came from. */
export interface LoadedCorpus {
  readonly corpus: Corpus;
  /** The file of each part. */
  readonly files: Readonly<Record<Part, string>>;
  /** Sentences for the reader of a report: what was split and how. */
  readonly notes: readonly string[];
}

export type Part = 'train' | 'valid' | 'test';

/** How `loadCorpus` finds and makes the parts, for the help of commands. */
export const describeSplittingRule = `A corpus is a folder with a train file (train, *train*), and a valid (valid, dev, \
*valid*, *dev*, *testa*) and a test file (test, *test*, *testb*) where there are such, with the ending .txt, .conll, .iob2, \
.iob, .bio, .tsv, .annotated or none. Where one of valid and test is missing, the other is divided: whole documents in \
turn to valid and to test. Where both are missing, train is divided: of every ten documents the ninth goes to valid and \
the tenth to test; a folder with a single file of another name is read so too. A file without document marks is divided by runs of 20 sentences.`;

/**
 * The corpus in a folder, found and divided as `describeSplittingRule` says; no chance is involved.
 * @throws InputError where the folder or a part cannot be read, where two files fit one part equally well, and where
 * valid or test has an entity type that training lacks.
 */
export function loadCorpus(folder: string): LoadedCorpus {
  const found = findParts(folder);
  const read = (file?: string): Sentence[] | undefined =>
    file === undefined ? undefined : readConllFile(file);
  const divided = divide(found, readConllFile(found.train), read(found.valid), read(found.test));
  const corpus = { name: basename(resolve(folder)), ...divided.parts };
  const files = { train: found.train, valid: divided.files.valid, test: divided.files.test };
  for (const part of ['valid', 'test'] as const) checkTypes(files[part], corpus[part], corpus.train);
  return { corpus, files, notes: divided.notes };
}

type FoundFiles = { readonly train: string } & Readonly<Partial<Record<Part, string>>>;

const ENDINGS = ['', '.txt', '.conll', '.iob2', '.iob', '.bio', '.tsv', '.annotated'];

/** The parts that a file name speaks of; `eng.testa` is CoNLL-2003's name of the development part. */
const NAMES: Readonly<Record<Part, { readonly exact: RegExp; readonly loose: RegExp }>> = {
  train: { exact: /^(eng\.)?train$/, loose: /train/ },
  valid: { exact: /^(valid|dev|(eng\.)?testa)$/, loose: /valid|dev|testa/ },
  test: { exact: /^((eng\.)?testb|test)$/, loose: /test(?!a(?![a-z]))/ },
};

function findParts(folder: string): FoundFiles {
  const names = listFiles(folder);
  const taken: string[] = [];
  const [train, valid, test] = (['train', 'valid', 'test'] as const).map(part => {
    const name = findPart(
      folder,
      names.filter(other => !taken.includes(other)),
      part,
    );
    if (name !== undefined) taken.push(name);
    return name === undefined ? undefined : join(folder, name);
  });
  if (train !== undefined) return { train, valid, test };
  if (names.length === 1 && taken.length === 0) return { train: join(folder, names[0]) };
  const list = names.length > 0 ? names.join(', ') : 'no file that could be one';
  throw new InputError(`${folder}: found ${list}; expected a train file, such as train.txt or eng.train`);
}

function listFiles(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter(
        entry =>
          !entry.isDirectory() && !/^(\.|readme|licen[cs]e)/i.test(entry.name) && isCorpusName(entry.name),
      )
      .map(entry => entry.name)
      .sort();
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT') throw new InputError(`${folder}: there is no such folder`);
    if (code === 'ENOTDIR') throw new InputError(`${folder}: found a file, expected a folder with a corpus`);
    throw new InputError(`${folder}: the folder cannot be read (${code})`);
  }
}

/** Without a known ending only CoNLL-2003's own names are a corpus: notes.md and train.py are none. */
function isCorpusName(name: string): boolean {
  return ENDINGS.includes(extname(name).toLowerCase()) || /^\.(train|test[ab])$/.test(extname(name));
}

/** The name without its ending, in lower case. */
function stemOf(name: string): string {
  const ending = extname(name).toLowerCase();
  return name.toLowerCase().slice(0, ENDINGS.includes(ending) ? name.length - ending.length : undefined);
}

/** The one file that fits a part: by its exact name first, else by a part of its name. */
function findPart(folder: string, names: readonly string[], part: Part): string | undefined {
  for (const pattern of [NAMES[part].exact, NAMES[part].loose]) {
    const fitting = names.filter(name => pattern.test(stemOf(name)));
    if (fitting.length > 1)
      throw new InputError(
        `${folder}: ${fitting.join(' and ')} both fit the ${part} part; expected one such file`,
      );
    if (fitting.length === 1) return fitting[0];
  }
  return undefined;
}

interface Divided {
  readonly parts: Pick<Corpus, Part>;
  readonly files: { readonly valid: string; readonly test: string };
  readonly notes: readonly string[];
}

function divide(found: FoundFiles, train: Sentence[], valid?: Sentence[], test?: Sentence[]): Divided {
  if (valid && test)
    return { parts: { train, valid, test }, files: { valid: found.valid!, test: found.test! }, notes: [] };
  const only = valid ?? test;
  if (only) {
    const file = (found.valid ?? found.test)!;
    const [first, second] = dealUnits(file, only, [0, 1]);
    const missing = valid ? 'test' : 'valid';
    const note = `there is no ${missing} file: ${basename(file)} was divided, ${units(only)} in turn to valid and to test`;
    return {
      parts: { train, valid: first, test: second },
      files: { valid: file, test: file },
      notes: [note],
    };
  }
  const file = found.train;
  const [eight, ninth, tenth] = dealUnits(file, train, [0, 0, 0, 0, 0, 0, 0, 0, 1, 2]);
  const note =
    `there is no valid and no test file: ${basename(file)} was divided, ` +
    `of every ten ${units(train)} eight to train, the ninth to valid, the tenth to test`;
  return {
    parts: { train: eight, valid: ninth, test: tenth },
    files: { valid: file, test: file },
    notes: [note],
  };
}

/** Sentences in a unit of a file without document marks: long enough to keep a news item together. */
const RUN_LENGTH = 20;

function hasDocuments(sentences: readonly Sentence[]): boolean {
  return sentences.some(({ document }) => document > 0);
}

function units(sentences: readonly Sentence[]): string {
  return hasDocuments(sentences) ? 'documents' : `runs of ${RUN_LENGTH} sentences`;
}

/** Deals documents (or runs of sentences) to hands: unit `i` goes to hand `order[i mod length]`. */
function dealUnits(file: string, sentences: readonly Sentence[], order: readonly number[]): Sentence[][] {
  const byDocument = hasDocuments(sentences);
  const hands = Array.from({ length: Math.max(...order) + 1 }, (): Sentence[] => []);
  sentences.forEach((sentence, s) => {
    const unit = byDocument ? sentence.document : Math.floor(s / RUN_LENGTH);
    hands[order[unit % order.length]].push(sentence);
  });
  if (hands.some(hand => hand.length === 0))
    throw new InputError(
      `${file}: found ${sentences.length} sentences, too few to divide into ${hands.length} parts by ${units(sentences)}` +
        ` (expected at least ${order.length} of them); give each part a file of its own`,
    );
  return hands;
}

function checkTypes(file: string, part: readonly Sentence[], train: readonly Sentence[]): void {
  const known = typesOf(train);
  const unknown = [...typesOf(part)].find(type => !known.has(type));
  if (unknown !== undefined)
    throw new InputError(
      `${file}: entity type "${unknown}" does not occur in training, which has ${[...known].sort().join(', ') || 'no entities'}`,
    );
}

function typesOf(sentences: readonly Sentence[]): Set<string> {
  const types = new Set<string>();
  for (const { tags } of sentences) for (const tag of tags) if (tag !== 'O') types.add(tag.slice(2));
  return types;
}
