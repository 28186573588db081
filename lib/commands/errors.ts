/** `ner-distill errors`: what went wrong in the predictions of any tool, as text, JSON or a page to look at. */
import type { Command } from 'commander';
import type { ErrorAnalysis } from '../evaluation/errors';
import type { PredictedRows, PredictionFiles } from '../evaluation/predictions';
import type { ReadingMode } from '../evaluation/readings';
import { wholeNumber } from './arguments';
import { addFileOptions, addReadingOptions, type ReadingFlags, readingMode } from './prediction-options';

interface ErrorsOptions extends PredictionFiles, ReadingFlags {
  readonly critical?: readonly string[];
  readonly train?: string;
  readonly out?: string;
  readonly mostSentences?: number;
  readonly notebook?: string;
  readonly json: boolean;
}

export function addErrors(program: Command): void {
  const command = program
    .command('errors')
    .description(
      'sort the errors of predictions: wrong types and boundaries, missed and spurious entities, confusion of types, scores ' +
        'by length, capitals, place and what training had',
    );
  addFileOptions(command).option(
    '--train <path>',
    'what the model learnt from, a corpus file of any format (see convert): adds scores of seen and unseen entities',
  );
  addReadingOptions(command)
    .option('--out <page>', 'write a page (HTML, needs no network) with the sentences behind every number')
    .option(
      '--most-sentences <n>',
      'sentences on the page at most, those with errors first (default: 3000)',
      wholeNumber,
    )
    .option('--notebook <file>', 'execute notebooks/05-error-analysis.ipynb on these files and write it here')
    .option('--json', 'print JSON: scores, outcomes, confusion, slices and every error with its text', false)
    .addHelpText('after', () => {
      const { describeErrorSource } =
        require('../evaluation/predictions') as typeof import('../evaluation/predictions');
      return `\n${describeErrorSource} In one line:\n\n  NER_DISTILL_GOLD=gold.txt NER_DISTILL_PREDICTED=mine.txt jupyter lab notebooks/05-error-analysis.ipynb`;
    })
    .action(async (options: ErrorsOptions) => {
      const { analyseErrors } = require('../evaluation/errors') as typeof import('../evaluation/errors');
      const { countSentences } = require('../evaluation/scores') as typeof import('../evaluation/scores');
      const { criticalTypes, noteOnReading, readPredictions } =
        require('../evaluation/predictions') as typeof import('../evaluation/predictions');
      const { readCorpusFile } = require('../corpus/formats') as typeof import('../corpus/formats');
      const { file, gold, predicted } = options;
      const files = { file, gold, predicted };
      const mode = readingMode(options);
      const sentences = readPredictions(files, mode);
      const critical = criticalTypes(options.critical, countSentences(sentences, mode).types, files);
      const train = options.train === undefined ? undefined : readCorpusFile(options.train).sentences;
      const say = (text: string) => void process.stderr.write(`${text}\n`);
      const note = noteOnReading(sentences, mode);
      if (note !== null) say(note);
      const analysis = analyseErrors(sentences, { critical, train, mode });
      process.stdout.write(options.json ? jsonOf(analysis, sentences) : textOf(analysis));
      if (options.out !== undefined) {
        const { errorsPage } = require('../report/errors-page') as typeof import('../report/errors-page');
        const { writeFileAtomically } = require('../files') as typeof import('../files');
        const title = `Errors of ${predicted ?? file}${gold === undefined ? '' : ` against ${gold}`}`;
        const { mostSentences } = options;
        const page = await errorsPage({ title, sentences, analysis, critical, train, mode, mostSentences });
        writeFileAtomically(options.out, page);
        say(`wrote ${options.out}`);
      }
      if (options.notebook !== undefined) {
        await executeNotebook(options.notebook, {
          ...files,
          train: options.train,
          critical: options.critical,
          mode,
        });
        say(`wrote ${options.notebook}`);
      }
    });
}

function textOf(analysis: ErrorAnalysis): string {
  const { countOutcomes, OUTCOMES } =
    require('../evaluation/errors') as typeof import('../evaluation/errors');
  const { alignColumns, percent } = require('../evaluation/format') as typeof import('../evaluation/format');
  const { outcomes, confusion, slices, scores } = analysis;
  const byType = Object.keys(scores.byType).map(type => {
    const counts = countOutcomes(
      outcomes.filter(({ gold, predicted }) => (gold ?? predicted)!.type === type),
    );
    return [type, ...OUTCOMES.map(outcome => String(counts[outcome]))];
  });
  const all = countOutcomes(outcomes);
  const names = confusion.names.slice(0, -1);
  const sliceRows = slices.map(({ attribute, value, score }) => [
    `${attribute}: ${value}`,
    ...[score.support, score.predicted, score.correct].map(String),
    ...[score.precision, score.recall, score.f1].map(percent),
  ]);
  return [
    alignColumns([['', ...OUTCOMES], ...byType, ['all', ...OUTCOMES.map(outcome => String(all[outcome]))]]),
    alignColumns([
      ['gold \\ predicted', ...names, 'missed'],
      ...confusion.counts.map((row, i) => [names[i] ?? 'spurious', ...row.map(String)]),
    ]),
    alignColumns([['', 'gold', 'predicted', 'correct', 'precision', 'recall', 'F1'], ...sliceRows]),
  ].join('\n');
}

function jsonOf(analysis: ErrorAnalysis, sentences: readonly PredictedRows[]): string {
  const { countOutcomes } = require('../evaluation/errors') as typeof import('../evaluation/errors');
  const { outcomes, ...rest } = analysis;
  const errors = outcomes
    .filter(({ outcome }) => outcome !== 'correct')
    .map(({ sentence, outcome, gold, predicted }) => {
      const { words, line } = sentences[sentence];
      const withText = (span: typeof gold) =>
        span && { ...span, text: words.slice(span.start, span.end).join(' ') };
      const place = { sentence: sentence + 1, line: line + (gold ?? predicted)!.start };
      return { ...place, outcome, gold: withText(gold), predicted: withText(predicted) };
    });
  return `${JSON.stringify({ ...rest, outcomes: countOutcomes(outcomes), errors }, null, 2)}\n`;
}

async function executeNotebook(
  out: string,
  source: PredictionFiles & Pick<ErrorsOptions, 'train' | 'critical'> & { readonly mode: ReadingMode },
): Promise<void> {
  const { join, resolve } = require('node:path') as typeof import('node:path');
  const { InputError } = require('../errors') as typeof import('../errors');
  const { runNotebook } = require('../notebook/runner') as typeof import('../notebook/runner');
  const { file, gold, predicted, train, critical, mode } = source;
  const files = {
    NER_DISTILL_FILE: file,
    NER_DISTILL_GOLD: gold,
    NER_DISTILL_PREDICTED: predicted,
    NER_DISTILL_TRAIN: train,
  };
  const env = Object.entries(files).map(([name, path]) => [name, path === undefined ? '' : resolve(path)]);
  const notebook = join(__dirname, '../../notebooks/05-error-analysis.ipynb');
  const { failure } = await runNotebook(notebook, {
    out,
    env: {
      ...Object.fromEntries(env),
      NER_DISTILL_TEACHER: '',
      NER_DISTILL_CRITICAL: critical?.join(',') ?? '',
      NER_DISTILL_SCHEME: mode === 'lenient' ? '' : mode,
    },
  });
  if (failure) throw new InputError(`${out}: cell ${failure.cell} failed: ${failure.message}`);
}
