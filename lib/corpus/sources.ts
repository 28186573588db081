/**
 * Finds the train, valid and test parts of a corpus in a folder by the names of its files, and makes a part that is
 * missing from whole documents, drawn by a seed, so that nothing of a document stands on two sides.
 */
import { readdirSync, statSync } from 'node:fs';
import { basename, dirname, extname, join, relative, resolve, sep } from 'node:path';
import { group, range, rollup, sum } from 'd3-array';
import { InputError } from '../errors';
import { STANDARD_STREAM } from '../files';
import { cachedDataset, isDatasetName } from '../hub/dataset';
import { counted, listed, listedBriefly } from '../listed';
import { Random } from '../random';
import { type CorpusFile, describeFile, ENDINGS, type FileOptions, readCorpusFiles } from './formats';
import type { Corpus, Sentence } from './sentence';
import { typeOf, typesIn } from './tags';

/** A corpus with where it came from. */
export interface LoadedCorpus {
  readonly corpus: Corpus;
  /** Sentences of the training part that `trainFraction` leaves out. */
  readonly rest: readonly Sentence[];
  /** The file of each part, the first where it is in several. */
  readonly files: Readonly<Record<Part, string>>;
  /** What the files are in, a sentence for those that are alike, and which were not read. */
  readonly readAs: readonly string[];
  /** Sentences on what bears on every score: what was guessed in reading, what was divided and how, types that training lacks. */
  readonly notes: readonly string[];
}

export const PARTS = ['train', 'valid', 'test'] as const;
export type Part = (typeof PARTS)[number];

/** The files of a corpus where they are named one by one; at least one. */
export type CorpusFiles = Readonly<Partial<Record<Part, string>>>;

/** How a corpus is read; plain data, which can stand in a plan. */
export interface CorpusOptions extends FileOptions {
  /** Draws the documents of parts that are made, and the sentences of `trainFraction`; default 1. */
  readonly splitSeed?: number;
  /**
   * Share of the training sentences that is used, above 0 and at most 1; default 1. Drawn one by one, so that with one seed a
   * smaller share is a part of a larger one.
   */
  readonly trainFraction?: number;
}

const NAMES_OF_ENDINGS = listed(
  ENDINGS.map(ending => ending || 'none'),
  'or',
);

/** How many sentences are used of each part, the first so many. */
export type CorpusLimit = Readonly<Record<Part, number>>;

/** How `loadCorpus` finds and makes the parts, for the help of commands. */
export const describeSplittingRule = `A corpus is a folder with a train file (train, *train*), and a valid (valid, validation, val, dev, \
devel, development, eval, *valid*, *dev*, *testa*) and a test file (test, *test*, *testb*) where there are such, with the ending \
${NAMES_OF_ENDINGS}. Where one of valid and test is missing, the other is divided in halves; where both \
are missing, train is divided 8 : 1 : 1; where train is missing, valid is divided 8 : 1 into train and valid. A single file, \
alone or in a folder, is divided 8 : 1 : 1 whatever its name. Files such as train-00000-of-00002.parquet are one. Whole documents are drawn by a seed (1 by default), runs of 20 \
sentences (fewer in a small file) where the file has no document marks; a document with the only entity of its type stays in train.`;

/** A file, or several that make one. */
interface Source {
  readonly files: readonly string[];
  /** For people, without its folder. */
  readonly title: string;
}

/** Where the parts are. */
interface FoundFiles {
  /** Of the corpus. */
  readonly name: string;
  readonly found: Readonly<Partial<Record<Part, Source>>>;
  /** Titles of what could be a corpus and is no part. */
  readonly unused: readonly string[];
  /** The folder of what describes all parts, where it is another than theirs. */
  readonly describedIn?: string;
  /** Of a data set of the Hub. */
  readonly configuration?: string;
}

/**
 * The corpus in a folder, in one file, in the files named or in a data set of the Hugging Face Hub, found and divided as
 * `describeSplittingRule` says. A type that only valid or test has is none that a model could find: `notes` say how many
 * entities that are.
 * @param source a data set by its pinned name, as `bringDataset` gives it
 * @throws InputError where the folder or a part cannot be read, where two files fit one part equally well, for a word that
 * columns cannot have, in which predictions are kept, and for a share of the training part without a sentence.
 */
export function loadCorpus(
  source: string | CorpusFiles,
  options: CorpusOptions = {},
  limit: CorpusLimit | null = null,
): LoadedCorpus {
  const { name, found, unused, ...described } = findFiles(source);
  const read = new Map<Source, CorpusFile>();
  for (const part of Object.values(found))
    if (!read.has(part)) read.set(part, readCorpusFiles(part.files, { ...options, ...described }));
  for (const { unwritable } of read.values()) if (unwritable !== undefined) throw new InputError(unwritable);
  const divided = divide(found, read, options.splitSeed ?? 1);
  const limited = limit ? eachPart(part => divided.parts[part].slice(0, limit[part])) : divided.parts;
  const { drawn, rest, notes } = drawSentences(limited.train, options);
  const parts = { ...limited, train: drawn };
  return {
    corpus: { name, ...parts },
    rest,
    files: divided.files,
    readAs: [...describeFiles(read), ...(unused.length > 0 ? [`not read: ${unused.join(', ')}`] : [])],
    notes: [
      ...[...read].flatMap(([{ title }, { notes }]) => notes.map(note => `${title}: ${note}`)),
      ...divided.notes,
      ...(limit ? [`only the first ${PARTS.map(part => limit[part]).join(' / ')} sentences are used`] : []),
      ...notes,
      ...(['valid', 'test'] as const).flatMap(part => noteOnTypes(part, parts)),
    ],
  };
}

function findFiles(source: string | CorpusFiles): FoundFiles {
  if (typeof source !== 'string') return namedFiles(source);
  if (isDatasetName(source)) return splitsOf(source);
  // What is no folder is a file.
  const stats = source === STANDARD_STREAM ? null : statSync(source, { throwIfNoEntry: false });
  const name = basename(resolve(source));
  return stats === undefined || stats?.isDirectory()
    ? { name, ...findParts(source, groupedFiles(source)) }
    : { name, found: { train: singleFile(source) }, unused: [] };
}

function singleFile(file: string): Source {
  return { files: [file], title: basename(file) };
}

/** A file may be named for several parts. */
function namedFiles(named: CorpusFiles): FoundFiles {
  const sources = new Map<string, Source>();
  const found: Partial<Record<Part, Source>> = {};
  for (const part of PARTS) {
    const file = named[part];
    if (file === undefined) continue;
    const source = sources.get(file) ?? singleFile(file);
    sources.set(file, source);
    found[part] = source;
  }
  const train = found.train ?? found.valid ?? found.test;
  return { name: train ? basename(resolve(dirname(train.files[0]))) : '', found, unused: [] };
}

/** The splits of a data set of the Hub, which are parts by their names. */
function splitsOf(pinned: string): FoundFiles {
  const { name, folder, files, configuration } = cachedDataset(pinned);
  const splits = [...group(files, ({ split }) => split)].map(([split, alike]): Named => {
    const paths = alike.map(({ file }) => file);
    return { stem: split.toLowerCase(), source: { files: paths, title: titleOf(paths, folder) } };
  });
  return { name: basename(name), ...findParts(pinned, splits), describedIn: folder, configuration };
}

function titleOf(files: readonly string[], folder: string): string {
  const [first, ...others] = files.map(file => relative(folder, file).split(sep).join('/'));
  return others.length === 0 ? first : `${first} and ${others.length} more`;
}

/** What the files are in, one sentence for those that are alike. */
function describeFiles(read: ReadonlyMap<Source, CorpusFile>): string[] {
  return [...group(read, ([, told]) => describeFile(told))].map(
    ([description, alike]) => `${alike.map(([{ title }]) => title).join(', ')}: ${description}`,
  );
}

/**
 * The parts that a file name speaks of; `eng.testa` is CoNLL-2003's name of the development part. What is short must be a word
 * of the name: `interval` is not `val`.
 */
const NAMES: Readonly<Record<Part, { readonly exact: RegExp; readonly loose: RegExp }>> = {
  train: { exact: /^(eng\.)?train$/, loose: /train/ },
  valid: {
    exact: /^(valid(ation)?|e?val|dev(el(opment)?)?|(eng\.)?testa)$/,
    loose: /valid|dev|testa|(^|[^a-z])e?val([^a-z]|$)/,
  },
  test: { exact: /^((eng\.)?testb|test)$/, loose: /test(?!a(?![a-z]))/ },
};

/** What may be a part, by its name without its ending, in lower case. */
interface Named {
  readonly stem: string;
  readonly source: Source;
}

/** @param place named in errors */
function findParts(place: string, named: readonly Named[]): Pick<FoundFiles, 'found' | 'unused'> {
  if (named.length === 1) return { found: { train: named[0].source }, unused: [] };
  const found: Partial<Record<Part, Source>> = {};
  const isFree = ({ source }: Named) => !Object.values(found).includes(source);
  for (const part of PARTS) {
    const source = findPart(place, named.filter(isFree), part);
    if (source !== undefined) found[part] = source;
  }
  if (found.train === undefined && found.valid === undefined) {
    const list = named.length > 0 ? titlesOf(named).join(', ') : 'no file that could be one';
    throw new InputError(`${place}: found ${list}; expected a train file, such as train.txt or eng.train`);
  }
  return { found, unused: titlesOf(named.filter(isFree)) };
}

function titlesOf(named: readonly Named[]): string[] {
  return named.map(({ source }) => source.title);
}

/** `train-00000-of-00002.parquet`, as `datasets` names the files of one. */
const NUMBERED = /^(.+)-(\d{5})-of-(\d{5})(\.\w+)$/;

/** The files of a folder that could be a corpus, those together that make one. */
function groupedFiles(folder: string): Named[] {
  const groups = group(listFiles(folder), name => name.replace(NUMBERED, '$1-of-$3$4'));
  return [...groups.values()].map(names => {
    const [, stem, , count, ending] = NUMBERED.exec(names[0]) ?? [];
    const isWhole = names.every((name, i) => Number(NUMBERED.exec(name)?.[2] ?? 0) === i);
    if (count !== undefined && !(isWhole && names.length === Number(count)))
      throw new InputError(
        `${folder}: found ${listedBriefly(names)}; expected all ${Number(count)} files of ${stem}${ending}`,
      );
    const files = names.map(name => join(folder, name));
    return {
      stem: stemOf(count === undefined ? names[0] : `${stem}${ending}`),
      source: { files, title: titleOf(files, folder) },
    };
  });
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
function findPart(place: string, named: readonly Named[], part: Part): Source | undefined {
  for (const pattern of [NAMES[part].exact, NAMES[part].loose]) {
    const fitting = named.filter(({ stem }) => pattern.test(stem));
    if (fitting.length > 1)
      throw new InputError(
        `${place}: ${titlesOf(fitting).join(' and ')} both fit the ${part} part; expected one such file`,
      );
    if (fitting.length === 1) return fitting[0].source;
  }
  return undefined;
}

/** The share of the training part that is used, in its order. */
function drawSentences(
  train: readonly Sentence[],
  { trainFraction = 1, splitSeed = 1 }: CorpusOptions,
): { drawn: readonly Sentence[]; rest: readonly Sentence[]; notes: readonly string[] } {
  if (trainFraction === 1) return { drawn: train, rest: [], notes: [] };
  const count = Math.round(trainFraction * train.length);
  if (count === 0)
    throw new InputError(
      `the training part has ${counted(train.length, 'sentence')}, of which the share ${trainFraction} (--train-fraction) is none`,
    );
  const order = new Random(splitSeed).fork('training sentences').shuffle(train.map((_, i) => i));
  const chosen = new Set(order.slice(0, count));
  return {
    drawn: train.filter((_, i) => chosen.has(i)),
    rest: train.filter((_, i) => !chosen.has(i)),
    notes: [
      `only ${count} of the ${counted(train.length, 'training sentence')} are used (--train-fraction ${trainFraction}), drawn with seed ${splitSeed}`,
    ],
  };
}

interface Divided {
  readonly parts: Pick<Corpus, Part>;
  readonly files: Readonly<Record<Part, string>>;
  readonly notes: readonly string[];
}

function eachPart<T>(make: (part: Part) => T): Record<Part, T> {
  return Object.fromEntries(PARTS.map(part => [part, make(part)])) as Record<Part, T>;
}

/** What a file that has to stand for several parts gives to each. */
const SHARES: Readonly<Record<Part, number>> = { train: 8, valid: 1, test: 1 };

function divide(found: FoundFiles['found'], read: ReadonlyMap<Source, CorpusFile>, seed: number): Divided {
  const missing = PARTS.filter(part => found[part] === undefined);
  const sentencesOf = (part: Part) => read.get(found[part]!)!.sentences;
  const fileOf = (part: Part) => found[part]!.files[0];
  if (missing.length === 0) return { parts: eachPart(sentencesOf), files: eachPart(fileOf), notes: [] };
  // Held-out text is divided rather than training text, as long as there is some.
  const donor = (['valid', 'test', 'train'] as const).find(part => found[part] !== undefined);
  if (donor === undefined) throw new InputError('no file of a corpus is named, expected at least one');
  const { title } = found[donor]!;
  const given = PARTS.filter(part => part === donor || missing.includes(part));
  const { parts, unit } = drawParts(fileOf(donor), sentencesOf(donor), given, seed);
  const shares = given.map(part => SHARES[part]).join(' : ');
  return {
    parts: eachPart(part => parts[part] ?? sentencesOf(part)),
    files: eachPart(part => fileOf(found[part] ? part : donor)),
    notes: [
      `there is no ${missing.join(' and no ')} file: ${title} was divided ${shares} into ${given.join(', ')}, ${unit} drawn with seed ${seed}`,
    ],
  };
}

/** The most sentences in a unit of a file without document marks: long enough to keep a news item together. */
const RUN_LENGTH = 20;
/** A small file without document marks is cut into at least so many runs. */
const FEWEST_RUNS = 10;

/** Sentences that stay together. */
type Unit = readonly Sentence[];

interface Drawn {
  readonly parts: Partial<Record<Part, Sentence[]>>;
  /** What was drawn, such as "documents". */
  readonly unit: string;
}

/** Divides sentences in the proportions of `SHARES`: whole units, drawn by the seed, in the order of the file. */
function drawParts(
  file: string,
  sentences: readonly Sentence[],
  parts: readonly Part[],
  seed: number,
): Drawn {
  const { units, name } = unitsOf(sentences, parts.length);
  if (units.length < parts.length)
    throw new InputError(
      `${file}: found ${counted(sentences.length, 'sentence')}, too few to divide into ` +
        `${parts.join(', ')}; give each part a file of its own`,
    );
  const total = sum(parts, part => SHARES[part]);
  let free = new Random(seed).shuffle(units.map((_, i) => i));
  const owner = new Array<Part>(units.length).fill(parts[0]);
  const keep = parts[0] === 'train' ? typeKeeper(units) : () => true;
  for (const part of parts.slice(1)) {
    const size = Math.max(1, Math.floor((units.length * SHARES[part]) / total));
    let taken = 0;
    free = free.filter(unit => {
      if (taken === size || !keep(units[unit])) return true;
      owner[unit] = part;
      taken++;
      return false;
    });
  }
  const drawn = Object.fromEntries(
    parts.map(part => [part, units.filter((_, i) => owner[i] === part).flat()]),
  );
  const empty = parts.find(part => drawn[part].length === 0);
  if (empty !== undefined)
    throw new InputError(
      `${file}: every one of ${units.length} ${name} has the only entity of some type, so that none is left for ${empty}; give each part a file of its own`,
    );
  return { parts: drawn, unit: name };
}

/** Documents where there are as many as parts, else runs of sentences. */
function unitsOf(sentences: readonly Sentence[], parts: number): { units: Unit[]; name: string } {
  const documents = [...group(sentences, ({ document }) => document).values()];
  if (documents.length >= Math.max(2, parts)) return { units: documents, name: 'documents' };
  const length = Math.max(1, Math.min(RUN_LENGTH, Math.floor(sentences.length / FEWEST_RUNS)));
  return {
    units: range(0, sentences.length, length).map(start => sentences.slice(start, start + length)),
    name: length === 1 ? 'sentences' : `runs of ${length} sentences`,
  };
}

/** Tells for one unit after another whether it can be taken away, and takes it, without losing a type of entities. */
function typeKeeper(units: readonly Unit[]): (unit: Unit) => boolean {
  const types = new Map(units.map(unit => [unit, [...typesIn(tagsOf(unit))]]));
  const left = rollup(
    [...types.values()].flat(),
    alike => alike.length,
    type => type,
  );
  return unit => {
    const present = types.get(unit)!;
    if (present.some(type => left.get(type) === 1)) return false;
    for (const type of present) left.set(type, left.get(type)! - 1);
    return true;
  };
}

/** How many entities of a part no model can find, since training has none of their type. */
function noteOnTypes(part: 'valid' | 'test', parts: Pick<Corpus, Part>): string[] {
  const known = typesIn(tagsOf(parts.train));
  const types = tagsOf(parts[part])
    .flat()
    .filter(tag => tag[0] === 'B')
    .map(typeOf);
  const unknown = types.filter(type => !known.has(type));
  if (unknown.length === 0) return [];
  const names = [...new Set(unknown)].sort();
  const all = counted(types.length, 'entity', 'entities');
  return [
    `${part}: ${unknown.length} of ${all} ${unknown.length === 1 ? 'is' : 'are'} of ${names.length === 1 ? 'a type' : 'types'} that training lacks (${listedBriefly(names)}); ${unknown.length === 1 ? 'it counts' : 'they count'} as not found`,
  ];
}

function tagsOf(sentences: readonly Sentence[]): (readonly string[])[] {
  return sentences.map(({ tags }) => tags);
}
