/**
 * The formats of files with sentences. Each is a file beside this one and an entry in `TRIED`, from which everything that
 * names formats is made, options and help texts included.
 */
import { dirname, extname } from 'node:path';
import { InputError } from '../../errors';
import { listed } from '../../listed';
import { headOf, PROBE_LINES, plainText } from '../lines';
import { tagNamesIn } from '../tag-names';
import type { Scheme } from '../tags';
import { checkUtf8, readBytes } from '../utf8';
import { conll } from './conll';
import { conllu } from './conllu';
import type {
  BinaryFormat,
  InputSentence,
  PredictionFormat,
  ReadRows,
  ReadSentences,
  RowOptions,
  TaggedFormat,
  TaggedWords,
  TextFormat,
} from './format';
import { jsonLines } from './json-lines';
import { parquet } from './parquet';
import { inBio, unwritableAt, unwritableWord } from './shared';
import { text } from './text';

/** In the order in which they are tried. What fits none is read as the last, a corpus as the last that has tags. */
const TRIED = [conllu, jsonLines, conll, text] as const satisfies readonly TextFormat[];

/** Told before all others, from the bytes. */
const BINARY = [parquet] as const satisfies readonly BinaryFormat[];

type Registered = (typeof TRIED)[number];
type Tagged = Extract<Registered, TaggedFormat>;
type Predicted = Extract<Registered, PredictionFormat>;

type Binary = (typeof BINARY)[number];

/** The formats of corpora. */
export type Format = Tagged['name'];
/** Those that are read, of which some are not written. */
export type ReadFormat = Format | Binary['name'];
/** What can be tagged: also text without tags. */
export type InputFormat = Registered['name'];
/** What predictions can be written in. */
export type OutputFormat = Predicted['name'];

const TAGGED = TRIED.filter((format): format is Tagged => 'read' in format);
const PREDICTED = TRIED.filter((format): format is Predicted => 'writePrediction' in format);

export const FORMATS = namesOf(TAGGED);
export const READ_FORMATS = namesOf<ReadFormat>([...TAGGED, ...BINARY]);
export const INPUT_FORMATS = namesOf(TRIED);
export const OUTPUT_FORMATS = namesOf(PREDICTED);

/** Endings of the names of corpus files; '' is none. */
export const ENDINGS: readonly string[] = [
  ...TAGGED.flatMap(({ endings, furtherEndings = [] }) => [...endings, ...furtherEndings]),
  ...BINARY.flatMap(({ endings }) => endings),
];

/** For options and messages, where the order of trying says nothing. */
function namesOf<Name extends string>(formats: readonly { readonly name: Name }[]): readonly Name[] {
  return formats.map(({ name }) => name).sort();
}

/** The format of a name. */
export function registered<Name extends InputFormat>(name: Name): Extract<Registered, { name: Name }> {
  return TRIED.find(format => format.name === name) as Extract<Registered, { name: Name }>;
}

/** How a file is read; plain data, which can stand in a plan. What is not given is told from the file. */
export interface FileOptions {
  readonly format?: ReadFormat;
  readonly scheme?: Scheme;
  /** Of the tags: a number counted from 1 (CoNLL, CoNLL-U), or a name (CoNLL-U: a column or a key in MISC; JSON: a field). */
  readonly tagColumn?: number | string;
  /** The tags whose numbers stand in a field of JSON, from 0 on; default: as a file beside it names them. */
  readonly labels?: readonly string[];
}

/** The sentences of a file, with BIO tags, and what was told from it. */
export interface CorpusFile extends ReadSentences {
  readonly format: ReadFormat;
}

/**
 * Reads a corpus file of any format.
 * @param path or `-`, the standard input; what can be read but once, such as a pipe, is read once
 * @throws InputError where it cannot be read, is not UTF-8, or has a line that does not fit its format.
 */
export function readCorpusFile(path: string, options: FileOptions & Described = {}): CorpusFile {
  const { bytes, name } = readBytes(path);
  return readCorpus(bytes, name, options);
}

/** Where it is said what numbers in the place of tags stand for. */
interface Described {
  /** The folder of `dataset_info.json` or its like; default: that of the file. */
  readonly describedIn?: string;
  /** Of a data set that has several. */
  readonly configuration?: string;
}

/**
 * `readCorpusFile` of several files that make one, in their order. Where they have documents, each begins one.
 * @param paths at least one
 */
export function readCorpusFiles(paths: readonly string[], options: FileOptions & Described = {}): CorpusFile {
  const read = paths.map(path => readCorpusFile(path, options));
  const [first] = read;
  if (read.length === 1) return first;
  const haveDocuments = read.some(({ sentences }) => sentences.some(({ document }) => document > 0));
  let before = 0;
  const sentences = read.flatMap(({ sentences }) => {
    const moved = sentences.map(sentence => ({ ...sentence, document: before + sentence.document }));
    if (haveDocuments) before = moved[moved.length - 1].document + 1;
    return moved;
  });
  const unwritable = read.find(file => file.unwritable !== undefined)?.unwritable;
  return {
    format: first.format,
    scheme: read.find(({ scheme }) => scheme !== null)?.scheme ?? null,
    sentences,
    notes: [...new Set(read.flatMap(({ notes }) => notes))],
    ...(unwritable && { unwritable }),
  };
}

/** `readCorpusFile` of bytes that come from elsewhere; `file` is named in errors, and its ending tells the format. */
export function readCorpus(bytes: Buffer, file: string, options: FileOptions & Described = {}): CorpusFile {
  const { scheme, ...asked } = options;
  const { format, ...rows } = readTagged(bytes, file, asked);
  return { format, ...inBio(rows, { file, scheme }) };
}

/** The sentences of a file with their tags as they stand there, not checked, and its format. */
export interface TaggedFile extends ReadRows {
  readonly format: ReadFormat;
}

/** `readCorpus`, but with tags as they stand there. */
export function readTagged(
  bytes: Buffer,
  file: string,
  {
    format,
    labels,
    describedIn = dirname(file),
    configuration,
    ...options
  }: Omit<FileOptions, 'scheme'> & Described & Pick<RowOptions, 'tagColumns'> = {},
): TaggedFile {
  if (format !== undefined && !READ_FORMATS.includes(format))
    throw new InputError(
      `${file}: "${format}" is no format with tags, expected ${listed(READ_FORMATS, 'or')}`,
    );
  const tagNames: RowOptions['tagNames'] = (field, own) =>
    labels ? { names: labels, source: '--labels' } : (own ?? tagNamesIn(describedIn, field, configuration));
  const rowOptions = { ...options, file, tagNames };
  const binary = binaryOf(bytes, file, format);
  if (binary) return { format: binary.name, ...binary.read(bytes, rowOptions) };
  const text = plainText(bytes);
  checkUtf8(text, file);
  const told = (format as Format | undefined) ?? textFormatOf(text, file);
  return { format: told, ...registered(told).read(text, rowOptions) };
}

/** Sentences in a format and a scheme. */
export function formatCorpus(
  sentences: readonly TaggedWords[],
  format: Format,
  scheme: Scheme = 'IOB2',
): string {
  return registered(format).write(sentences, scheme);
}

/** What was told from a file, in words: "CoNLL-U, tags in IOB2". */
export function describeFile({ format, scheme }: Pick<CorpusFile, 'format' | 'scheme'>): string {
  const tags = scheme === null ? 'no entities' : `tags in ${scheme}`;
  return format === 'conll' ? tags : `${titleOf(format)}, ${tags}`;
}

function titleOf(name: ReadFormat): string {
  return [...TAGGED, ...BINARY].find(format => format.name === name)!.title;
}

/** A format for people, and whether files in it have tags. */
export function describeInputFormat(name: InputFormat | ReadFormat) {
  const format: TextFormat | BinaryFormat = [...TRIED, ...BINARY].find(each => each.name === name)!;
  return { title: format.title, hasTags: 'read' in format };
}

/** The format of a corpus file, by `describeFormatRule`. */
export function formatOf(bytes: Buffer, file: string): ReadFormat {
  return binaryOf(bytes, file)?.name ?? textFormatOf(plainText(bytes), file);
}

function textFormatOf(text: Buffer, file: string): Format {
  return told(TAGGED, headOf(text), file);
}

/** The format that is asked for, or told, where it is no text. */
function binaryOf(bytes: Buffer, file: string, asked?: ReadFormat): Binary | undefined {
  const ending = extname(file).toLowerCase();
  return BINARY.find(({ name, endings, looksLike }) =>
    asked === undefined ? endings.includes(ending) || looksLike(bytes) : name === asked,
  );
}

/** @throws InputError where a format cannot have a word of a sentence that was read at a place. */
export function checkWords({ words }: Pick<InputSentence, 'words'>, format: Format, place: string): void {
  const wrong = registered(format).anyWord ? undefined : unwritableWord(words);
  if (wrong !== undefined) throw new InputError(unwritableAt(place, wrong));
}

/** The format of a stream that begins with these lines, by `describeInputRule`. */
export function inputFormatOf(lines: readonly string[], name: string): InputFormat {
  return told(TRIED, lines, name);
}

/** By the ending of the name, else by the first lines; the last format where they fit none. */
function told<F extends Registered>(
  formats: readonly F[],
  lines: readonly string[],
  name: string,
): F['name'] {
  const ending = extname(name).toLowerCase();
  const found =
    formats.find(({ endings }) => endings.includes(ending)) ??
    formats.slice(0, -1).find(format => format.looksLike(lines, ending)) ??
    formats[formats.length - 1];
  return found.name;
}

/** The format of predictions unless one is asked for: columns for formats of words in rows, else JSON lines. */
export function outputFormatFor(format: InputFormat): OutputFormat {
  const input: TextFormat | TaggedFormat = registered(format);
  return 'read' in input && !input.anyWord ? 'conll' : 'jsonl';
}

const TOLD_BY_CONVERT = TAGGED.slice(0, -1);
const TOLD_FIRST = [...BINARY, ...TOLD_BY_CONVERT];

/** How the format of a file is told, for the help of commands. */
export const describeFormatRule = `A file is read ${TOLD_FIRST.map(
  ({ title, endings, help }) =>
    `as ${title} where its name ends in ${listed(endings, 'or')}, or where ${help.looks}`,
).join(
  '; ',
)}; else as ${TAGGED[TAGGED.length - 1].title}. The tags are ${listOfTags()}. Comments are ${listed(
  TAGGED.flatMap(({ help }) => help.comments ?? []),
  'and',
)}.`;

function listOfTags(): string {
  const places = [...FORMATS.map(name => registered(name).help.tags), ...BINARY.map(({ help }) => help.tags)];
  return `${places.slice(0, -1).join('; ')}; and ${places.at(-1)}`;
}

/** How the format of a stream is told, and how its text is split into words, for the help of commands. */
export const describeInputRule = [
  `Without --format the first ${PROBE_LINES} lines that are not blank tell what the input is: ${listed(
    TOLD_BY_CONVERT.map(({ title }) => title),
    'and',
  )} as "ner-distill convert" tells them; ${TRIED.slice(TOLD_BY_CONVERT.length, -1)
    .map(({ title, help }) => `${title} where ${help.looks}`)
    .join('; ')}; else ${TRIED[TRIED.length - 1].title}.`,
  ...TRIED.flatMap(({ help }) => help.words ?? []),
].join('\n\n');

/** What predictions hold, for the help of commands. */
export const describeOutput = PREDICTED.flatMap(({ help }) => help.predictions ?? []).join('\n\n');
