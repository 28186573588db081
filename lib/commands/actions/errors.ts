/** The errors of predictions as text, JSON, a page or an executed notebook. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { formatCorpus, readCorpusFile } from '../../corpus/formats';
import type { TaggedWords } from '../../corpus/formats/format';
import type { Sentence } from '../../corpus/sentence';
import { isReadOnce } from '../../corpus/utf8';
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
import { checkAlone } from '../alone';
import { notesOfRuns, sayNotes, sayReading } from '../notes';
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
  const { file, gold, predicted, tagColumn, labels } = options;
  const files = { file, gold, predicted, tagColumn, labels };
  checkAlone(options.mostSentences !== undefined && options.out === undefined, '--most-sentences', '--out');
  const prints = checkWritten({ '--out': options.out, '--notebook': options.notebook }, options.json, [
    file,
    gold,
    predicted,
    options.train,
    ...(options.notebook === undefined ? [] : [NOTEBOOK]),
  ]);
  const mode = readingMode(options);
  const { sentences, notes } = readPredictions(files, mode);
  const critical = criticalTypes(options.critical, countSentences(sentences, mode).types, files);
  const learnt =
    options.train === undefined ? undefined : readCorpusFile(options.train, { tagColumn, labels });
  const train = learnt?.sentences;
  sayNotes([
    ...notes,
    ...notesOfRuns([file, predicted]),
    ...(learnt?.notes ?? []).map(each => `${options.train}: ${each}`),
  ]);
  sayReading(sentences, mode);
  const analysis = analyseErrors(sentences, { critical, train, mode });
  if (prints) process.stdout.write(options.json ? jsonOf(analysis, sentences) : textOf(analysis));
  if (options.out !== undefined) {
    const title = `Errors of ${predicted ?? file}${gold === undefined ? '' : ` against ${gold}`}`;
    const { mostSentences } = options;
    const placed = sentences.map(sentence => ({ ...sentence, line: sentence.lines[0] }));
    const page = await errorsPage({
      title,
      sentences: placed,
      analysis,
      critical,
      train,
      mode,
      mostSentences,
    });
    writeFileAtomically(options.out, page);
    sayWritten(options.out);
  }
  if (options.notebook !== undefined) {
    const kept = keptFiles({ ...files, train: options.train }, sentences, train);
    try {
      await executeNotebook(options.notebook, { ...kept.files, critical: options.critical, mode });
    } finally {
      kept.remove();
    }
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
      const { words, lines } = sentences[sentence];
      const withText = (span: typeof gold) =>
        span && { ...span, text: words.slice(span.start, span.end).join(' ') };
      const place = { sentence: sentence + 1, line: lines[(gold ?? predicted)!.start] };
      return { ...place, outcome, gold: withText(gold), predicted: withText(predicted) };
    });
  return prettyJson({ ...rest, outcomes: countOutcomes(outcomes), errors });
}

type NotebookFiles = PredictionFiles & Pick<ErrorsOptions, 'train'>;

/** The files for the notebook, which reads them anew: where one can be read but once, all are written down as they were read. */
function keptFiles(
  files: NotebookFiles,
  sentences: readonly PredictedRows[],
  learnt: readonly Sentence[] | undefined,
): { readonly files: NotebookFiles; remove(): void } {
  const paths = [files.file, files.gold, files.predicted, files.train];
  if (!paths.some(path => path !== undefined && isReadOnce(path))) return { files, remove() {} };
  const folder = mkdtempSync(join(tmpdir(), 'ner-distill-'));
  const write = (name: string, of: readonly TaggedWords[]): string => {
    const file = join(folder, `${name}.jsonl`);
    writeFileAtomically(file, formatCorpus(of, 'jsonl'));
    return file;
  };
  const column = (name: 'gold' | 'predicted') =>
    write(
      name,
      sentences.map(sentence => ({ words: sentence.words, tags: sentence[name] })),
    );
  const remove = () => rmSync(folder, { recursive: true, force: true });
  try {
    const train = learnt && write('train', learnt);
    return { files: { gold: column('gold'), predicted: column('predicted'), train }, remove };
  } catch (error) {
    remove();
    throw error;
  }
}

async function executeNotebook(
  out: string,
  source: NotebookFiles & Pick<ErrorsOptions, 'critical'> & { readonly mode: ReadingMode },
): Promise<void> {
  const { file, gold, predicted, train, tagColumn, labels, critical, mode } = source;
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
      NER_DISTILL_TAG_COLUMN: String(tagColumn ?? ''),
      NER_DISTILL_LABELS: labels?.join(',') ?? '',
    },
  });
  if (failure) throw new InputError(`${out}: ${describeFailure(failure)}`);
}
