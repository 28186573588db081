/**
 * The formats of files with sentences. Each is a file beside this one and an entry in `TRIED`, from which everything that
 * names formats is made, options and help texts included.
 */
import { extname } from 'node:path';
import { InputError } from '../../errors';
import { listed } from '../../listed';
import { linesOf } from '../lines';
import type { Scheme } from '../tags';
import { checkUtf8, readUtf8File } from '../utf8';
import { conll } from './conll';
import { conllu } from './conllu';
import type { PredictionFormat, ReadSentences, TaggedFormat, TaggedWords, TextFormat } from './format';
import { jsonLines } from './json-lines';
import { text } from './text';

/** In the order in which they are tried. What fits none is read as the last, a corpus as the last that has tags. */
const TRIED = [conllu, jsonLines, conll, text] as const satisfies readonly TextFormat[];

type Registered = (typeof TRIED)[number];
type Tagged = Extract<Registered, TaggedFormat>;
type Predicted = Extract<Registered, PredictionFormat>;

/** The formats of corpora. */
export type Format = Tagged['name'];
/** What can be tagged: also text without tags. */
export type InputFormat = Registered['name'];
/** What predictions can be written in. */
export type OutputFormat = Predicted['name'];

const TAGGED = TRIED.filter((format): format is Tagged => 'read' in format);
const PREDICTED = TRIED.filter((format): format is Predicted => 'writePrediction' in format);

export const FORMATS = namesOf(TAGGED);
export const INPUT_FORMATS = namesOf(TRIED);
export const OUTPUT_FORMATS = namesOf(PREDICTED);

/** Endings of the names of corpus files; '' is none. */
export const ENDINGS: readonly string[] = TAGGED.flatMap(({ endings, furtherEndings = [] }) => [
  ...endings,
  ...furtherEndings,
]);

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
  readonly format?: Format;
  readonly scheme?: Scheme;
  /** Of the tags: a number counted from 1 (CoNLL, CoNLL-U), or a name (CoNLL-U: a column or a key in MISC; JSON: a field). */
  readonly tagColumn?: number | string;
}

/** The sentences of a file, with BIO tags, and what was told from it. */
export interface CorpusFile extends ReadSentences {
  readonly format: Format;
}

/**
 * Reads a corpus file of any format.
 * @throws InputError where it cannot be read, is not UTF-8, or has a line that does not fit its format.
 */
export function readCorpusFile(path: string, options: FileOptions = {}): CorpusFile {
  return readCorpus(readUtf8File(path), path, options);
}

/** `readCorpusFile` of bytes that come from elsewhere; `file` is named in errors, and its ending tells the format. */
export function readCorpus(bytes: Buffer, file: string, options: FileOptions = {}): CorpusFile {
  checkUtf8(bytes, file);
  const { format = formatOf(bytes, file), scheme, tagColumn } = options;
  if (!FORMATS.includes(format))
    throw new InputError(`${file}: "${format}" is no format with tags, expected ${listed(FORMATS, 'or')}`);
  return { format, ...registered(format).read(bytes, { file, scheme, tagColumn }) };
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
  return format === 'conll' ? tags : `${registered(format).title}, ${tags}`;
}

/** Enough of a file for its first sentences. */
const PROBE_BYTES = 1 << 16;

/** The format of a corpus file by `describeFormatRule`. */
export function formatOf(bytes: Buffer, file: string): Format {
  const head = linesOf(bytes.subarray(0, PROBE_BYTES).toString());
  const lines = Array.from(head, ({ text }) => text);
  return told(TAGGED, lines, file);
}

/** Lines of a stream that are looked at. */
export const PROBE_LINES = 50;

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

/** The format of predictions unless one is asked for: the input's own, columns for others of words in rows, else JSON lines. */
export function outputFormatFor(format: InputFormat): OutputFormat {
  const own = OUTPUT_FORMATS.find(name => name === format);
  return own ?? ('read' in registered(format) ? 'conll' : 'jsonl');
}

const TOLD_BY_CONVERT = TAGGED.slice(0, -1);

/** How the format of a file is told, for the help of commands. */
export const describeFormatRule = `A file is read ${TOLD_BY_CONVERT.map(
  ({ title, endings, help }) =>
    `as ${title} where its name ends in ${listed(endings, 'or')}, or where ${help.looks}`,
).join('; ')}; else as ${TAGGED[TAGGED.length - 1].title}. The tags are ${listOfTags()}.`;

function listOfTags(): string {
  const places = FORMATS.map(name => registered(name).help.tags);
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
