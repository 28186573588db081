/** Scores of predictions in files, as a table, JSON, CSV or in the layout of conlleval. */
import { toCsv } from '../../csv';
import { evaluate } from '../../evaluation/evaluate';
import { formatConlleval, formatScores, scoreRows } from '../../evaluation/format';
import type { PredictionFiles } from '../../evaluation/predictions';
import type { BootstrapOptions } from '../../evaluation/significance';
import { STANDARD_STREAM } from '../../files';
import { prettyJson } from '../../json';
import { checkOutputs } from '../../output-checks';
import { checkAlone, checkBeside } from '../alone';
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
  checkMeant(options);
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

/** The layout of conlleval has a place for its own scores alone. */
function checkMeant(options: EvaluateOptions): void {
  const { resamples, confidence, seed, intervals, format, json, overlap, minOverlap, critical } = options;
  for (const [name, value] of Object.entries({ resamples, confidence, seed }))
    checkAlone(value !== undefined && !intervals, `--${name}`, '--intervals');
  checkBeside(json && format !== 'json' && format !== 'table', '--json', `--format ${format}`);
  const beside = {
    intervals,
    overlap,
    'min-overlap': minOverlap !== undefined,
    critical: critical !== undefined,
  };
  for (const [name, given] of Object.entries(beside))
    checkBeside(given && format === 'conlleval', `--${name}`, '--format conlleval');
}
