/** Scores the tags that stand in files, just as they stand there. */
import type { TaggedRows } from '../corpus/columns';
import { readTagColumns, readUtf8File } from '../corpus/conll';
import { parseTag } from '../corpus/tags';
import { InputError } from '../errors';
import { type Scores, scores } from './scores';
import { checkAligned, type ReadingMode } from './spans';

export interface EvaluationInput {
  /** A file in CoNLL columns with gold and predicted tags in the last two; or else: */
  readonly file?: string;
  /** one with gold tags in the last column, */
  readonly gold?: string;
  /** and one with the same words and predicted tags in the last column. */
  readonly predicted?: string;
  /** Default: PER and ORG, the study's, whether or not the files have them. */
  readonly critical?: readonly string[];
  readonly mode: ReadingMode;
}

/**
 * The scores of the predictions in files.
 * @throws InputError for a file that cannot be read, for what is no tag, for words that differ between the files, and
 * where neither file has a critical type that was asked for.
 */
export function evaluate(input: EvaluationInput): Scores {
  const { gold, predicted } = readPair(input);
  if (input.critical) checkCritical([...gold, ...predicted], input.critical);
  return scores(gold, predicted, { critical: input.critical ?? STUDY_CRITICAL, mode: input.mode });
}

const STUDY_CRITICAL = ['PER', 'ORG'];

interface TagPair {
  readonly gold: readonly (readonly string[])[];
  readonly predicted: readonly (readonly string[])[];
}

function readPair({ file, gold, predicted }: EvaluationInput): TagPair {
  if (file !== undefined) {
    const rows = readRows(file, 2);
    return { gold: rows.map(({ columns }) => columns[0]), predicted: rows.map(({ columns }) => columns[1]) };
  }
  if (gold === undefined || predicted === undefined)
    throw new InputError('expected either --file, or both --gold and --predicted');
  const goldRows = readRows(gold, 1);
  const predictedRows = readRows(predicted, 1);
  const pair = {
    gold: goldRows.map(({ columns }) => columns[0]),
    predicted: predictedRows.map(({ columns }) => columns[0]),
  };
  checkAligned(pair.gold, pair.predicted, [gold, predicted]);
  checkWords(goldRows, predictedRows, [gold, predicted]);
  return pair;
}

function readRows(file: string, tagColumns: number): TaggedRows[] {
  return readTagColumns(readUtf8File(file), { file, tagColumns });
}

function checkWords(
  gold: readonly TaggedRows[],
  predicted: readonly TaggedRows[],
  files: readonly string[],
): void {
  gold.forEach(({ words, line }, s) => {
    const other = predicted[s];
    const at = words.findIndex((word, i) => word !== other.words[i]);
    if (at >= 0)
      throw new InputError(
        `${files[1]}:${other.line + at}: found the word "${other.words[at]}", ` +
          `expected "${words[at]}" as in ${files[0]}:${line + at}`,
      );
  });
}

function checkCritical(sentences: readonly (readonly string[])[], critical: readonly string[]): void {
  const types = new Set<string>();
  for (const tags of sentences) {
    for (const tag of new Set(tags)) {
      const type = parseTag(tag)?.type;
      if (type !== undefined) types.add(type);
    }
  }
  const unknown = critical.filter(type => !types.has(type));
  if (unknown.length > 0)
    throw new InputError(
      `no critical type ${unknown.map(type => `"${type}"`).join(', ')} in the files, which have ` +
        `${[...types].sort().join(', ') || 'no entities'}`,
    );
}
