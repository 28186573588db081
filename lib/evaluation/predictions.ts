/** Predictions in files, of any tool: what a model made of the words of a test set, beside their gold tags. */
import { basename, resolve } from 'node:path';
import { sum } from 'd3-array';
import type { TaggedRows } from '../corpus/columns';
import { formatOf, readCorpusFile, registered } from '../corpus/formats';
import { readTagColumns } from '../corpus/formats/conll';
import { PREFIXES } from '../corpus/schemes';
import type { Sentence } from '../corpus/sentence';
import { SCHEMES, type Scheme } from '../corpus/tags';
import { readUtf8File } from '../corpus/utf8';
import { InputError } from '../errors';
import { inBrief, listedBriefly } from '../listed';
import type { ScoredSentence } from './errors';
import type { ReadingMode } from './readings';
import { countSentences } from './scores';
import { spansOf, strictForm } from './spans';

/** Either `file`, or `gold` and `predicted`. */
export interface PredictionFiles {
  /** A file in CoNLL columns with gold and predicted tags in the last two. */
  readonly file?: string;
  /** One with gold tags in the last column, */
  readonly gold?: string;
  /** and one with the same words and predicted tags in the last column. */
  readonly predicted?: string;
}

/** A sentence with tags as they stand in the file, and the line of its first word (of its gold tag, where there are two). */
export interface PredictedRows extends ScoredSentence {
  readonly line: number;
}

/**
 * The sentences of predictions in files.
 * @param mode a strict reading refuses tags that its scheme does not have
 * @throws InputError `file:line: …` for what is no tag, for words or sentences that differ between the files; and for a
 * file that cannot be read, has no sentence or is in another format.
 */
export function readPredictions(files: PredictionFiles, mode: ReadingMode = 'lenient'): PredictedRows[] {
  const { file, gold, predicted } = files;
  if (file !== undefined && gold === undefined && predicted === undefined)
    return readRows(file, 2, mode).map(({ words, columns: [gold, predicted], line }) => ({
      words,
      gold,
      predicted,
      line,
    }));
  if (file !== undefined || gold === undefined || predicted === undefined)
    throw new InputError('expected either --file, or both --gold and --predicted');
  const goldRows = readRows(gold, 1, mode);
  const predictedRows = readRows(predicted, 1, mode);
  checkSameWords(goldRows, predictedRows, [gold, predicted]);
  return goldRows.map(({ words, columns, line }, s) => ({
    words,
    gold: columns[0],
    predicted: predictedRows[s].columns[0],
    line,
  }));
}

/** How many lines of a file are document marks, which `conlleval` takes for tokens that are tagged right. */
export function countDocumentMarks(file: string): number {
  const lines = readUtf8File(file)
    .toString('latin1')
    .match(/^-DOCSTART-(?=[ \t\r]|$)/gm);
  return lines?.length ?? 0;
}

type Rows = Pick<TaggedRows, 'words' | 'line'>;

/** @throws InputError at the first line of the second file whose word is not that of the first. */
export function checkSameWords(
  first: readonly Rows[],
  second: readonly Rows[],
  files: readonly [string, string],
): void {
  for (const [s, { words, line }] of first.entries()) {
    const other = second[s];
    if (!other)
      throw new InputError(
        `${files[1]}: found ${second.length} sentences, expected ${first.length} as in ${files[0]}, whose next ` +
          `is on line ${line}`,
      );
    const most = Math.max(words.length, other.words.length);
    for (let i = 0; i < most; i++) {
      if (words[i] === other.words[i]) continue;
      throw new InputError(
        `${files[1]}:${other.line + i}: found ${wordOrEnd(other.words[i])}, expected ${wordOrEnd(words[i])} as in ` +
          `${files[0]}:${line + i}`,
      );
    }
  }
  if (second.length > first.length)
    throw new InputError(
      `${files[1]}:${second[first.length].line}: found a further sentence, expected ${first.length} as in ${files[0]}`,
    );
}

function wordOrEnd(word: string | undefined): string {
  return word === undefined ? 'the end of the sentence' : `the word ${inBrief(word)}`;
}

function readRows(file: string, tagColumns: number, mode: ReadingMode): TaggedRows[] {
  const bytes = readUtf8File(file);
  const format = formatOf(bytes, file);
  if (format !== 'conll')
    throw new InputError(
      `${file}: found ${registered(format).title}, expected CoNLL columns, which "ner-distill convert ${file}" makes of it`,
    );
  const rows = readTagColumns(bytes, { file, tagColumns });
  if (mode !== 'lenient') checkScheme(rows, file, mode);
  return rows;
}

function checkScheme(rows: readonly TaggedRows[], file: string, scheme: Scheme): void {
  const allowed: ReadonlySet<string> = new Set(PREFIXES[scheme]);
  for (const { columns, line } of rows) {
    for (const tags of columns) {
      const wrong = tags.findIndex(tag => tag !== 'O' && !allowed.has(tag[0]));
      if (wrong >= 0)
        throw new InputError(`${file}:${line + wrong}: tag "${tags[wrong]}" is not ${strictForm(scheme)}`);
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
      `no critical type ${listedBriefly(
        unknown.map(type => `"${type}"`),
        100,
      )} in ${filesNamed(files)}, expected some of ` +
        `${listedBriefly(types, 100) || 'its entity types, but there is no entity'}`,
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
}

/** The environment variables that `errorSource` reads, for the help of commands. */
export const describeErrorSource = `notebooks/05-error-analysis.ipynb works on the same files where the environment names them: NER_DISTILL_GOLD and \
NER_DISTILL_PREDICTED (or NER_DISTILL_FILE, one file with both columns), and, if you like, NER_DISTILL_TEACHER (predictions of a model to compare with), \
NER_DISTILL_TRAIN (what the model learnt from), NER_DISTILL_CRITICAL (types, separated by commas) and NER_DISTILL_SCHEME (read tags strictly in it, as \
--scheme does). Relative paths start where Jupyter was started.`;

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
  const files = { file: path('FILE'), gold: path('GOLD'), predicted: path('PREDICTED') };
  if (!files.file && !files.gold && !files.predicted) return null;
  const mode = readingNamed(given('SCHEME'));
  const sentences = readPredictions(files, mode);
  const model = { name: basename(files.predicted ?? files.file!), sentences };
  const [teacher, train] = [path('TEACHER'), path('TRAIN')];
  const models = teacher
    ? [readFurther(sentences, teacher, files.gold ?? files.file!, mode), model]
    : [model];
  const asked = given('CRITICAL')?.split(',');
  const all = models.flatMap(each => each.sentences);
  return {
    models,
    train: train ? readCorpusFile(train).sentences : [],
    critical: criticalTypes(
      asked?.map(type => type.trim()),
      countSentences(all, mode).types,
      files,
    ),
    mode,
  };
}

function readingNamed(scheme: string | undefined): ReadingMode {
  const found = SCHEMES.find(each => each === scheme);
  if (scheme !== undefined && found === undefined)
    throw new InputError(`NER_DISTILL_SCHEME is "${scheme}", expected one of ${SCHEMES.join(', ')}`);
  return found ?? 'lenient';
}

/** Another model's predictions, in the last column of a file with the same words. */
function readFurther(
  sentences: readonly PredictedRows[],
  file: string,
  gold: string,
  mode: ReadingMode,
): ErrorSource['models'][number] {
  const rows = readRows(file, 1, mode);
  checkSameWords(sentences, rows, [gold, file]);
  return {
    name: basename(file),
    sentences: rows.map(({ columns }, s) => ({ ...sentences[s], predicted: columns[0] })),
  };
}
