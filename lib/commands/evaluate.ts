/** `ner-distill evaluate`: scores of predictions in files. */
import type { Command } from 'commander';
import type { PredictionFiles } from '../evaluation/predictions';
import { oneOf } from './arguments';
import {
  addFileOptions,
  addReadingOptions,
  addResamplingOptions,
  bootstrapOptions,
  overlapPercent,
  type ReadingFlags,
  type ResamplingFlags,
  readingMode,
} from './prediction-options';

const FORMATS = ['table', 'json', 'csv', 'conlleval'] as const;

interface EvaluateOptions extends PredictionFiles, ReadingFlags, ResamplingFlags {
  readonly critical?: readonly string[];
  readonly overlap: boolean;
  readonly minOverlap?: number;
  readonly intervals: boolean;
  readonly format: (typeof FORMATS)[number];
  readonly json: boolean;
}

export function addEvaluate(program: Command): void {
  const command = program
    .command('evaluate')
    .description(
      'score predicted tags against gold tags: entity-level precision, recall, F1 (overall, macro, weighted, by type, ' +
        'of the critical types), coverage, token accuracy',
    );
  addFileOptions(command);
  addReadingOptions(command)
    .option(
      '--overlap',
      "also credit for entities found in part: nervaluate's strict, exact, partial and type, each with what was correct, " +
        'incorrect, partial, missed, spurious',
      false,
    )
    .option(
      '--min-overlap <percent>',
      "of a gold entity's tokens that a predicted one must cover to be its counterpart (default: 1)",
      overlapPercent,
    )
    .option(
      '--intervals',
      'also bootstrap intervals (sentences drawn anew) of F1, critical F1 and coverage',
      false,
    );
  addResamplingOptions(command)
    .option(
      '--format <name>',
      'table (per cent), json or csv (fractions), or conlleval (the layout of the CoNLL-2000 script)',
      text => oneOf(text, FORMATS),
      'table' as const,
    )
    .option('--json', 'the same as --format json', false)
    .action((options: EvaluateOptions) => {
      const { evaluate } = require('../evaluation/evaluate') as typeof import('../evaluation/evaluate');
      const { countDocumentMarks, noteOnReading, readPredictions } =
        require('../evaluation/predictions') as typeof import('../evaluation/predictions');
      const { formatConlleval, formatScores, scoreRows } =
        require('../evaluation/format') as typeof import('../evaluation/format');
      const { file, gold, predicted, critical, minOverlap } = options;
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
      if (note) process.stderr.write(`${note}\n`);
      const text = {
        table: () => formatScores(evaluation),
        json: () => `${JSON.stringify(evaluation, null, 2)}\n`,
        csv: () => (require('../csv') as typeof import('../csv')).toCsv(scoreRows(evaluation)),
        conlleval: () => formatConlleval(counts, countDocumentMarks((file ?? gold)!)),
      };
      process.stdout.write(text[options.json ? 'json' : options.format]());
    });
}
