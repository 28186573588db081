/** The errors of predictions as text, JSON, a page or an executed notebook. */
import { join, resolve } from 'node:path';
import { readCorpusFile } from '../../corpus/formats';
import { InputError } from '../../errors';
import {
  analyseErrors,
  countOutcomes,
  countOutcomesByType,
  type ErrorAnalysis,
  OUTCOMES,
} from '../../evaluation/errors';
import { alignColumns, percent } from '../../evaluation/format';
import {
  criticalTypes,
  noteOnReading,
  type PredictedRows,
  type PredictionFiles,
  readPredictions,
} from '../../evaluation/predictions';
import type { ReadingMode } from '../../evaluation/readings';
import { countSentences } from '../../evaluation/scores';
import { writeFileAtomically } from '../../files';
import { prettyJson } from '../../json';
import { PROJECT_FOLDER } from '../../notebook/jupyter';
import { describeFailure, runNotebook } from '../../notebook/runner';
import { errorsPage } from '../../report/errors-page';
import { shown } from '../../shown';
import { type ReadingFlags, readingMode } from '../prediction-options';
import { checkWritten, sayWritten } from '../written';

interface ErrorsOptions extends PredictionFiles, ReadingFlags {
  readonly train?: string;
  readonly out?: string;
  readonly mostSentences?: number;
  readonly notebook?: string;
  readonly json: boolean;
}

const NOTEBOOK = join(PROJECT_FOLDER, 'notebooks/05-error-analysis.ipynb');

export async function errors(options: ErrorsOptions): Promise<void> {
  const { file, gold, predicted } = options;
  const files = { file, gold, predicted };
  const prints = checkWritten({ '--out': options.out, '--notebook': options.notebook }, options.json, [
    ...Object.values(files),
    options.train,
    ...(options.notebook === undefined ? [] : [NOTEBOOK]),
  ]);
  const mode = readingMode(options);
  const sentences = readPredictions(files, mode);
  const critical = criticalTypes(options.critical, countSentences(sentences, mode).types, files);
  const train = options.train === undefined ? undefined : readCorpusFile(options.train).sentences;
  const note = noteOnReading(sentences, mode);
  if (note !== null) process.stderr.write(`${shown(note)}\n`);
  const analysis = analyseErrors(sentences, { critical, train, mode });
  if (prints) process.stdout.write(options.json ? jsonOf(analysis, sentences) : textOf(analysis));
  if (options.out !== undefined) {
    const title = `Errors of ${predicted ?? file}${gold === undefined ? '' : ` against ${gold}`}`;
    const { mostSentences } = options;
    const page = await errorsPage({ title, sentences, analysis, critical, train, mode, mostSentences });
    writeFileAtomically(options.out, page);
    sayWritten(options.out);
  }
  if (options.notebook !== undefined) {
    await executeNotebook(options.notebook, {
      ...files,
      train: options.train,
      critical: options.critical,
      mode,
    });
    sayWritten(options.notebook);
  }
}

function textOf(analysis: ErrorAnalysis): string {
  const { outcomes, confusion, slices } = analysis;
  const byType = countOutcomesByType(analysis).map(([type, counts]) => [
    type,
    ...OUTCOMES.map(outcome => String(counts[outcome])),
  ]);
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
  return prettyJson({ ...rest, outcomes: countOutcomes(outcomes), errors });
}

async function executeNotebook(
  out: string,
  source: PredictionFiles & Pick<ErrorsOptions, 'train' | 'critical'> & { readonly mode: ReadingMode },
): Promise<void> {
  const { file, gold, predicted, train, critical, mode } = source;
  const files = {
    NER_DISTILL_FILE: file,
    NER_DISTILL_GOLD: gold,
    NER_DISTILL_PREDICTED: predicted,
    NER_DISTILL_TRAIN: train,
  };
  const env = Object.entries(files).map(([name, path]) => [name, path === undefined ? '' : resolve(path)]);
  const { failure } = await runNotebook(NOTEBOOK, {
    out,
    env: {
      ...Object.fromEntries(env),
      NER_DISTILL_TEACHER: '',
      NER_DISTILL_CRITICAL: critical?.join(',') ?? '',
      NER_DISTILL_SCHEME: mode === 'lenient' ? '' : mode,
    },
  });
  if (failure) throw new InputError(`${out}: ${describeFailure(failure)}`);
}
