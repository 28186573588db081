/** Predictions in files, of any tool: what a model made of the words of a test set, beside their gold tags. */
import { basename, resolve } from 'node:path';
import { sum } from 'd3-array';
import type { TaggedRows } from '../corpus/columns';
import { type FileOptions, formatOf, type ReadFormat, readCorpusFile, readTagged } from '../corpus/formats';
import type { ReadRows } from '../corpus/formats/format';
import { plainText } from '../corpus/lines';
import { FileTags, PREFIXES } from '../corpus/schemes';
import type { Sentence } from '../corpus/sentence';
import { tagNamesOf } from '../corpus/tag-names';
import { SCHEMES, type Scheme } from '../corpus/tags';
import { readBytes } from '../corpus/utf8';
import { InputError } from '../errors';
import { STANDARD_STREAM } from '../files';
import { inBrief, listedBriefly } from '../listed';
import type { ScoredSentence } from './errors';
import type { ReadingMode } from './readings';
import { countSentences } from './scores';
import { spansOf, strictForm } from './spans';
import { type GoldWords, readTagLines } from './tag-lines';

/**
 * Either `file`, or `gold` and `predicted`; and how they are read, where they do not tell it themselves. `tagColumn` is that of
 * `gold`, and of predictions in its format.
 */
export interface PredictionFiles extends Pick<FileOptions, 'tagColumn' | 'labels'> {
  /** A file in columns with gold and predicted tags in the last two. */
  readonly file?: string;
  /** A corpus file of any format with gold tags, */
  readonly gold?: string;
  /** and one with the same words and predicted tags, or with these tags alone, a sentence a line. */
  readonly predicted?: string;
}

/** A sentence with tags as they stand in the file, and the line of each word (of its gold tag, where there are two). */
export interface PredictedRows extends ScoredSentence {
  readonly lines: readonly number[];
}

/** What files of predictions have. */
export interface Predictions {
  readonly sentences: readonly PredictedRows[];
  /** What was guessed in reading, in sentences that begin with the file's name. */
  readonly notes: readonly string[];
  /** How many lines are document marks, which `conlleval` takes for tokens that are tagged right. */
  readonly documentMarks: number;
}

/**
 * The sentences of predictions in files; each file is read once.
 * @param mode a strict reading refuses tags that its scheme does not have
 * @throws InputError `file:line: …` for what is no tag, for words or sentences that differ between the files; and for a
 * file that cannot be read, or has no sentence.
 */
export function readPredictions(files: PredictionFiles, mode: ReadingMode = 'lenient'): Predictions {
  const { file, gold, predicted, ...reading } = files;
  if (file !== undefined && gold === undefined && predicted === undefined) {
    if (reading.tagColumn !== undefined)
      throw new InputError(
        'a file that has gold and predicted tags has them in its last two columns: --tag-column is for files of one of them, with --gold',
      );
    const { sentences, notes, documentMarks } = readRows(file, { mode, tagColumns: 2, ...reading });
    const both = sentences.map(({ words, columns: [gold, predicted], lines }) => ({
      words,
      gold,
      predicted,
      lines,
    }));
    return { sentences: both, notes, documentMarks };
  }
  if (file !== undefined || gold === undefined || predicted === undefined)
    throw new InputError('expected either --file, or both --gold and --predicted');
  return readModels(gold, [predicted], { mode, ...reading })[0];
}

/** How one file is read. */
interface RowReading extends Pick<FileOptions, 'tagColumn' | 'labels'> {
  readonly mode?: ReadingMode;
  readonly tagColumns?: 1 | 2;
}

/** The predictions of several models beside one file of gold tags, which is read once; throws as `readPredictions` does. */
export function readModels(gold: string, predicted: readonly string[], reading: RowReading): Predictions[] {
  checkReadOnce([gold, ...predicted]);
  const goldRows = readRows(gold, reading);
  return predicted.map(file => {
    const rows = readRows(file, reading, goldRows);
    checkSameWords(goldRows.sentences, rows.sentences, [goldRows.name, rows.name]);
    return {
      documentMarks: goldRows.documentMarks,
      notes: [...goldRows.notes, ...rows.notes],
      sentences: goldRows.sentences.map(({ words, columns, lines }, s) => ({
        words,
        gold: columns[0],
        predicted: rows.sentences[s].columns[0],
        lines,
      })),
    };
  });
}

/** @throws InputError where the standard input is named for more than one file */
export function checkReadOnce(files: readonly string[]): void {
  if (files.filter(path => path === STANDARD_STREAM).length > 1)
    throw new InputError('the standard input can be read once: give - for one file only');
}

type WordRows = Pick<TaggedRows, 'words' | 'lines'>;

/** @throws InputError at the first line of the second file whose word is not that of the first. */
export function checkSameWords(
  first: readonly WordRows[],
  second: readonly WordRows[],
  files: readonly [string, string],
): void {
  for (const [s, sentence] of first.entries()) {
    const { words, lines } = sentence;
    const other = second[s];
    if (!other)
      throw new InputError(
        `${files[1]}: found ${second.length} sentences, expected ${first.length} as in ${files[0]}, whose next ` +
          `is on line ${lines[0]}`,
      );
    const most = Math.max(words.length, other.words.length);
    for (let i = 0; i < most; i++) {
      if (words[i] === other.words[i]) continue;
      throw new InputError(
        `${files[1]}:${lineOf(other, i)}: found ${wordOrEnd(other.words[i])}, expected ${wordOrEnd(words[i])} as in ` +
          `${files[0]}:${lineOf(sentence, i)}`,
      );
    }
  }
  if (second.length > first.length)
    throw new InputError(
      `${files[1]}:${second[first.length].lines[0]}: found a further sentence, expected ${first.length} as in ${files[0]}`,
    );
}

/** The line of a word, or the one behind the sentence. */
function lineOf({ lines }: WordRows, word: number): number {
  return lines[word] ?? lines[lines.length - 1] + 1;
}

function wordOrEnd(word: string | undefined): string {
  return word === undefined ? 'the end of the sentence' : `the word ${inBrief(word)}`;
}

/** The sentences of one file. */
interface Rows extends Omit<Predictions, 'sentences'>, GoldWords {}

/** @param gold whose words are those of a file that has tags alone; of other files it says where `tagColumn` is meant */
function readRows(
  path: string,
  { mode = 'lenient', tagColumns = 1, tagColumn, labels }: RowReading,
  gold?: GoldWords & { readonly format?: ReadFormat },
): Rows & { readonly format?: ReadFormat } {
  const { bytes, name } = readBytes(path);
  const isMeant = gold?.format === undefined || gold.format === formatOf(bytes, name);
  const read: ReadRows & { readonly format?: ReadFormat } =
    (gold && ofTagLines(bytes, name, gold)) ??
    readTagged(bytes, name, { tagColumns, tagColumn: isMeant ? tagColumn : undefined, labels });
  const { sentences, notes, documentMarks = 0, format } = read;
  // Each column may be in a scheme of its own.
  const tags = Array.from({ length: tagColumns }, () => new FileTags(name));
  const checked = sentences.map(sentence => ({
    ...sentence,
    columns: sentence.columns.map((column, c) => tags[c].asWritten(column, word => sentence.lines[word])),
  }));
  if (mode !== 'lenient') checkScheme(checked, name, mode);
  const all = new Set([...notes, ...tags.flatMap(each => each.notes)]);
  return { name, format, sentences: checked, notes: [...all].map(note => `${name}: ${note}`), documentMarks };
}

function ofTagLines(bytes: Buffer, file: string, gold: GoldWords): ReadRows | undefined {
  const sentences = readTagLines(plainText(bytes), file, gold);
  return sentences === null ? undefined : { sentences, notes: ['tags alone were read, a sentence a line'] };
}

function checkScheme(rows: readonly TaggedRows[], file: string, scheme: Scheme): void {
  const allowed: ReadonlySet<string> = new Set(PREFIXES[scheme]);
  for (const { columns, lines } of rows) {
    for (const tags of columns) {
      const wrong = tags.findIndex(tag => tag !== 'O' && !allowed.has(tag[0]));
      if (wrong >= 0)
        throw new InputError(
          `${file}:${lines[wrong]}: tag ${inBrief(tags[wrong])} is not ${strictForm(scheme)}`,
        );
    }
  }
}

/** A sentence for where a strict reading finds no gold entity and the lenient one does; `null` elsewhere. */
export function noteOnReading(sentences: readonly ScoredSentence[], mode: ReadingMode): string | null {
  const count = (reading: ReadingMode) => sum(sentences, ({ gold }) => spansOf(gold, reading).length);
  if (mode === 'lenient' || count(mode) > 0 || count('lenient') === 0) return null;
  return `read strictly in ${mode}, the gold tags have no entity; read leniently they have ${count('lenient')}: are they in another scheme?`;
}

/** The study's, which are asked for where none are named, whether or not a file has them. */
const STUDY_CRITICAL: readonly string[] = ['PER', 'ORG'];

/**
 * The critical types asked for, or the study's.
 * @param types that occur in gold or prediction
 * @throws InputError for one that was asked for and does not occur.
 */
export function criticalTypes(
  asked: readonly string[] | undefined,
  types: readonly string[],
  files: PredictionFiles,
): readonly string[] {
  const known = new Set(types);
  const unknown = (asked ?? []).filter(type => !known.has(type));
  if (unknown.length > 0)
    throw new InputError(
      `no critical type ${listedBriefly(unknown.map(type => `"${type}"`))} in ${filesNamed(files)}, expected some of ` +
        `${listedBriefly(types) || 'its entity types, but there is no entity'}`,
    );
  return asked ?? STUDY_CRITICAL;
}

function filesNamed({ file, gold, predicted }: PredictionFiles): string {
  return file ?? `${gold} and ${predicted}`;
}

/** What an analysis of errors is of. */
export interface ErrorSource {
  /** The first is the one that the last is compared with, such as a teacher and its student. */
  readonly models: readonly { readonly name: string; readonly sentences: readonly ScoredSentence[] }[];
  /** What the models learnt from; empty where that is not known. */
  readonly train: readonly Sentence[];
  readonly critical: readonly string[];
  /** How tags are read. */
  readonly mode: ReadingMode;
  /** What was guessed in reading files, in sentences. */
  readonly notes: readonly string[];
}

/** The environment variables that `errorSource` reads, for the help of commands. */
export const describeErrorSource = `notebooks/05-error-analysis.ipynb works on the same files where the environment names them: NER_DISTILL_GOLD and \
NER_DISTILL_PREDICTED (or NER_DISTILL_FILE, one file with both columns), and, if you like, NER_DISTILL_TEACHER (predictions of a model to compare with), \
NER_DISTILL_TRAIN (what the model learnt from), NER_DISTILL_CRITICAL (types, separated by commas), NER_DISTILL_SCHEME (read tags strictly in it, as \
--scheme does), NER_DISTILL_TAG_COLUMN and NER_DISTILL_LABELS (as --tag-column and --labels). Relative paths start where Jupyter was started.`;

/**
 * What the files are that the environment names (see `describeErrorSource`); `null` where it names none.
 * @param folder from which relative paths start; default: that of the shell which started Jupyter
 * @throws InputError as `readPredictions` and `criticalTypes` do, and for what is no scheme.
 */
export function errorSource(
  env: Readonly<Record<string, string | undefined>> = process.env,
  folder: string = env.PWD ?? process.cwd(),
): ErrorSource | null {
  // What is empty is not given.
  const given = (name: string): string | undefined => env[`NER_DISTILL_${name}`] || undefined;
  const path = (name: string): string | undefined => {
    const value = given(name);
    return value && resolve(folder, value);
  };
  const [column, labels] = [given('TAG_COLUMN'), given('LABELS')];
  const reading = {
    ...(column && { tagColumn: /^\d+$/.test(column) ? Number(column) : column }),
    ...(labels && { labels: tagNamesOf(labels) }),
  };
  const files = { file: path('FILE'), gold: path('GOLD'), predicted: path('PREDICTED'), ...reading };
  if (!files.file && !files.gold && !files.predicted) return null;
  const mode = readingNamed(given('SCHEME'));
  const read = readPredictions(files, mode);
  const model = { name: basename(files.predicted ?? files.file!), sentences: read.sentences };
  const [teacher, train] = [path('TEACHER'), path('TRAIN')];
  const further = teacher
    ? readFurther(read.sentences, teacher, files.gold ?? files.file!, { mode, ...reading })
    : null;
  const models = further ? [further.model, model] : [model];
  const learnt = train ? readCorpusFile(train, reading) : null;
  const asked = given('CRITICAL')?.split(',');
  const all = models.flatMap(each => each.sentences);
  return {
    models,
    train: learnt?.sentences ?? [],
    critical: criticalTypes(
      asked?.map(type => type.trim()),
      countSentences(all, mode).types,
      files,
    ),
    mode,
    notes: [
      ...new Set([
        ...read.notes,
        ...(further?.notes ?? []),
        ...(learnt?.notes ?? []).map(note => `${train}: ${note}`),
      ]),
    ],
  };
}

function readingNamed(scheme: string | undefined): ReadingMode {
  const found = SCHEMES.find(each => each === scheme);
  if (scheme !== undefined && found === undefined)
    throw new InputError(`NER_DISTILL_SCHEME is "${scheme}", expected one of ${SCHEMES.join(', ')}`);
  return found ?? 'lenient';
}

/** Another model's predictions, of the same words. */
function readFurther(
  sentences: readonly PredictedRows[],
  file: string,
  gold: string,
  reading: RowReading,
): { readonly model: ErrorSource['models'][number]; readonly notes: readonly string[] } {
  const words = sentences.map(sentence => ({ ...sentence, columns: [], beginsDocument: false }));
  const rows = readRows(file, reading, { name: gold, sentences: words });
  checkSameWords(sentences, rows.sentences, [gold, file]);
  return {
    model: {
      name: basename(file),
      sentences: rows.sentences.map(({ columns }, s) => ({ ...sentences[s], predicted: columns[0] })),
    },
    notes: rows.notes,
  };
}
