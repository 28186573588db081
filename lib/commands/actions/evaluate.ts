/** Scores of predictions in files, as a table, JSON, CSV or in the layout of conlleval. */
import { toCsv } from '../../csv';
import { evaluate } from '../../evaluation/evaluate';
import { formatConlleval, formatScores, scoreRows } from '../../evaluation/format';
import {
  countDocumentMarks,
  noteOnReading,
  type PredictionFiles,
  readPredictions,
} from '../../evaluation/predictions';
import type { BootstrapOptions } from '../../evaluation/significance';
import { STANDARD_STREAM } from '../../files';
import { prettyJson } from '../../json';
import { checkOutputs } from '../../output-checks';
import { shown } from '../../shown';
import { bootstrapOptions, type ReadingFlags, readingMode } from '../prediction-options';

interface EvaluateOptions extends PredictionFiles, ReadingFlags, BootstrapOptions {
  readonly overlap: boolean;
  readonly minOverlap?: number;
  readonly intervals: boolean;
  readonly format: 'table' | 'json' | 'csv' | 'conlleval';
  readonly json: boolean;
}

export function evaluateFiles(options: EvaluateOptions): void {
  const { file, gold, predicted, critical, minOverlap } = options;
  checkOutputs({ text: STANDARD_STREAM }, [file, gold, predicted]);
  const mode = readingMode(options);
  const { evaluation, counts } = evaluate({
    file,
    gold,
    predicted,
    critical,
    mode,
    ...((options.overlap || minOverlap !== undefined) && { overlap: { minOverlapPercent: minOverlap } }),
    ...(options.intervals && { intervals: bootstrapOptions(options) }),
  });
  const note =
    evaluation.overall.support === 0 && noteOnReading(readPredictions({ file, gold, predicted }), mode);
  if (note) process.stderr.write(`${shown(note)}\n`);
  const text = {
    table: () => formatScores(evaluation),
    json: () => prettyJson(evaluation),
    csv: () => toCsv(scoreRows(evaluation)),
    conlleval: () => formatConlleval(counts, countDocumentMarks((file ?? gold)!)),
  };
  process.stdout.write(text[options.json ? 'json' : options.format]());
}
