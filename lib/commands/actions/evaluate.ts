/** Scores of predictions in files, as a table, JSON, CSV or in the layout of conlleval. */
import { toCsv } from '../../csv';
import { evaluate } from '../../evaluation/evaluate';
import { formatConlleval, formatScores, scoreRows } from '../../evaluation/format';
import type { PredictionFiles } from '../../evaluation/predictions';
import type { BootstrapOptions } from '../../evaluation/significance';
import { STANDARD_STREAM } from '../../files';
import { prettyJson } from '../../json';
import { checkOutputs } from '../../output-checks';
import { notesOfRuns, sayNotes, sayReading } from '../notes';
import { bootstrapOptions, type ReadingFlags, readingMode } from '../prediction-options';

interface EvaluateOptions extends PredictionFiles, ReadingFlags, BootstrapOptions {
  readonly overlap: boolean;
  readonly minOverlap?: number;
  readonly intervals: boolean;
  readonly format: 'table' | 'json' | 'csv' | 'conlleval';
  readonly json: boolean;
}

export function evaluateFiles(options: EvaluateOptions): void {
  const { file, gold, predicted, tagColumn, labels, critical, minOverlap } = options;
  checkOutputs({ text: STANDARD_STREAM }, [file, gold, predicted]);
  const mode = readingMode(options);
  const { evaluation, counts, read } = evaluate({
    file,
    gold,
    predicted,
    tagColumn,
    labels,
    critical,
    mode,
    ...((options.overlap || minOverlap !== undefined) && { overlap: { minOverlapPercent: minOverlap } }),
    ...(options.intervals && { intervals: bootstrapOptions(options) }),
  });
  sayNotes([...read.notes, ...notesOfRuns([file, predicted])]);
  sayReading(read.sentences, mode);
  const text = {
    table: () => formatScores(evaluation),
    json: () => prettyJson(evaluation),
    csv: () => toCsv(scoreRows(evaluation)),
    conlleval: () => formatConlleval(counts, read.documentMarks),
  };
  process.stdout.write(text[options.json ? 'json' : options.format]());
}
