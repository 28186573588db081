/**
 * The paper's Tables 1 and 2 with our numbers and its own side by side, as plain rows. A column's name ends with its
 * unit: `_percent`, `_fraction`, `_ms`; names without one are counts or words. Columns that begin with `paper_` are
 * what the paper prints, `null` where it prints nothing.
 */
import type { DataFrame } from 'danfojs-node';
import type { Score } from '../evaluation/scores';
import type { Study, StudyRun } from '../experiment/study';
import { PAPER_TABLE_1, PAPER_TABLE_2 } from './paper-tables';
import {
  type ModelSummary,
  mainModels,
  spreadOf,
  sweptModel,
  testCoverage,
  testF1,
  testF1Critical,
} from './summaries';

export type TableValue = string | number | null;
/** A row of any table: values by column, in the order of the columns. */
export type TableRow = { readonly [column: string]: TableValue };

/** Type aliases, not interfaces, so that a row is a `TableRow` as well. */
export type Table1Row = {
  readonly model: string;
  readonly parameters: number;
  readonly latency_mean_ms: number | null;
  readonly latency_std_ms: number | null;
  readonly f1_percent: number | null;
  readonly f1_critical_percent: number | null;
  readonly coverage_percent: number | null;
  readonly paper_parameters: number | null;
  readonly paper_latency_ms: number | null;
  readonly paper_f1_percent: number | null;
  readonly paper_f1_critical_percent: number | null;
  readonly paper_coverage_percent: number | null;
  /** Runs over which the scores are means. */
  readonly seeds: number;
  /** Standard deviation of F1 over seeds, in percent points. */
  readonly f1_std_percent: number | null;
  readonly f1_critical_std_percent: number | null;
  /** Ids of the runs in the store. */
  readonly runs: string;
};

export type Table2Row = {
  readonly form: string;
  readonly beta: number;
  readonly latency_mean_ms: number | null;
  readonly latency_std_ms: number | null;
  readonly recall_percent: number | null;
  readonly precision_percent: number | null;
  readonly f1_percent: number | null;
  readonly recall_critical_percent: number | null;
  readonly precision_critical_percent: number | null;
  readonly f1_critical_percent: number | null;
  readonly coverage_percent: number | null;
  readonly paper_latency_ms: number | null;
  readonly paper_recall_percent: number | null;
  readonly paper_precision_percent: number | null;
  readonly paper_f1_percent: number | null;
  readonly paper_recall_critical_percent: number | null;
  readonly paper_precision_critical_percent: number | null;
  readonly paper_f1_critical_percent: number | null;
  readonly paper_coverage_percent: number | null;
  readonly seeds: number;
  readonly runs: string;
};

/** One run, one split, one group of types. */
export type RunsRow = {
  readonly run: string;
  readonly name: string;
  readonly role: string;
  readonly form: string | null;
  readonly beta: number | null;
  readonly seed: number;
  readonly parameters: number;
  readonly latency_mean_ms: number | null;
  readonly latency_std_ms: number | null;
  readonly split: 'validation' | 'test';
  /** `overall`, `critical` or an entity type. */
  readonly types: string;
  readonly precision_fraction: number | null;
  readonly recall_fraction: number | null;
  readonly f1_fraction: number | null;
  readonly gold_spans: number;
  readonly predicted_spans: number;
  readonly correct_spans: number;
};

/** Quality and resources of teacher, control, vanilla and the best constrained student (by validation F1_critical). */
export function table1(study: Study): Table1Row[] {
  return mainModels(study).map(model => {
    const paper = PAPER_TABLE_1[model.role] ?? null;
    return {
      model: model.name,
      parameters: model.parameters,
      latency_mean_ms: rounded(model.latencyMs?.mean),
      latency_std_ms: rounded(model.latencyMs?.std),
      f1_percent: meanPercent(model, testF1),
      f1_critical_percent: meanPercent(model, testF1Critical),
      coverage_percent: meanPercent(model, testCoverage),
      paper_parameters: paper?.parameters ?? null,
      paper_latency_ms: paper?.latencyMs ?? null,
      paper_f1_percent: paper?.f1Percent ?? null,
      paper_f1_critical_percent: paper?.f1CriticalPercent ?? null,
      paper_coverage_percent: paper?.coveragePercent ?? null,
      seeds: model.runs.length,
      f1_std_percent: percent(spreadOf(model, testF1)?.std),
      f1_critical_std_percent: percent(spreadOf(model, testF1Critical)?.std),
      runs: idsOf(model),
    };
  });
}

/** The sweep over β, for each form of the critical loss; points that were not run are left out. */
export function table2(study: Study): Table2Row[] {
  return study.forms.flatMap(form =>
    study.betas.flatMap(beta => {
      const model = sweptModel(study, form, beta);
      return model ? [sweepRow(form, beta, model)] : [];
    }),
  );
}

function sweepRow(form: string, beta: number, model: ModelSummary): Table2Row {
  const paper = PAPER_TABLE_2.find(row => row.beta === beta);
  return {
    form,
    beta,
    latency_mean_ms: rounded(model.latencyMs?.mean),
    latency_std_ms: rounded(model.latencyMs?.std),
    recall_percent: meanPercent(model, run => run.test.overall.recall),
    precision_percent: meanPercent(model, run => run.test.overall.precision),
    f1_percent: meanPercent(model, testF1),
    recall_critical_percent: meanPercent(model, run => run.test.critical.recall),
    precision_critical_percent: meanPercent(model, run => run.test.critical.precision),
    f1_critical_percent: meanPercent(model, testF1Critical),
    coverage_percent: meanPercent(model, testCoverage),
    paper_latency_ms: paper?.latencyMs ?? null,
    paper_recall_percent: paper?.recallPercent ?? null,
    paper_precision_percent: paper?.precisionPercent ?? null,
    paper_f1_percent: paper?.f1Percent ?? null,
    paper_recall_critical_percent: paper?.recallCriticalPercent ?? null,
    paper_precision_critical_percent: paper?.precisionCriticalPercent ?? null,
    paper_f1_critical_percent: paper?.f1CriticalPercent ?? null,
    paper_coverage_percent: paper?.coveragePercent ?? null,
    seeds: model.runs.length,
    runs: idsOf(model),
  };
}

/** Every score of every run, in long form and unrounded: what a reader computes further with. */
export function runsTable(study: Study): RunsRow[] {
  return study.runs.flatMap(run =>
    (['validation', 'test'] as const).flatMap(split => {
      const { overall, critical, byType } = run[split];
      const groups: [string, Score][] = [
        ['overall', overall],
        ['critical', critical],
        ...Object.entries(byType),
      ];
      return groups.map(([types, score]) => runsRow(run, split, types, score));
    }),
  );
}

function runsRow(run: StudyRun, split: RunsRow['split'], types: string, score: Score): RunsRow {
  return {
    run: run.id,
    name: run.name,
    role: run.role,
    form: run.form,
    beta: run.beta,
    seed: run.seed,
    parameters: run.parameters,
    latency_mean_ms: run.latency && run.latency.meanSeconds * 1000,
    latency_std_ms: run.latency && run.latency.stdSeconds * 1000,
    split,
    types,
    precision_fraction: score.precision,
    recall_fraction: score.recall,
    f1_fraction: score.f1,
    gold_spans: score.support,
    predicted_spans: score.predicted,
    correct_spans: score.correct,
  };
}

/**
 * The rows as a Danfo frame, to sort, select and group in a cell; `showTable` shows it. Danfo computes in 32-bit floats and counts missing values as 0 in
 * some of its means: never compute a metric with it. A column without any number is text, `null` stays `null`.
 */
export function toFrame(rows: readonly TableRow[]): DataFrame {
  // Loaded when first asked for: it takes a second.
  const danfo: typeof import('danfojs-node') = require('danfojs-node');
  const columns = rows.length > 0 ? Object.keys(rows[0]) : [];
  const dtypes = columns.map(column => dtypeOf(rows.map(row => row[column])));
  const values = rows.map(row =>
    columns.map((column, i) => (dtypes[i] === 'string' ? row[column] : (row[column] ?? Number.NaN))),
  );
  return new danfo.DataFrame(values, { columns, dtypes });
}

/** The rows of a Danfo frame with its columns in its order; what is missing, in any of Danfo's forms, is `null`. */
export function fromFrame(frame: DataFrame): TableRow[] {
  const columns = frame.columns as string[];
  return (frame.values as unknown[][]).map(values =>
    Object.fromEntries(columns.map((column, i) => [column, tableValue(values[i])])),
  );
}

function tableValue(value: unknown): TableValue {
  if (value === null || value === undefined || Number.isNaN(value)) return null;
  return typeof value === 'number' ? value : String(value);
}

function dtypeOf(values: readonly TableValue[]): string {
  const numbers = values.filter(value => value !== null);
  if (numbers.length === 0 || numbers.some(value => typeof value !== 'number')) return 'string';
  return values.every(value => Number.isInteger(value)) ? 'int32' : 'float32';
}

function meanPercent(model: ModelSummary, value: (run: StudyRun) => number | null): number | null {
  return percent(spreadOf(model, value)?.mean);
}

/** A fraction as percent, with four decimals; `null` stays `null`. */
export function percent(fraction: number | null | undefined): number | null {
  return rounded(fraction === null || fraction === undefined ? null : fraction * 100);
}

/** Four decimals: enough to compare, without the noise of binary fractions. */
function rounded(value: number | null | undefined): number | null {
  return value === null || value === undefined ? null : Number(value.toFixed(4));
}

function idsOf(model: ModelSummary): string {
  return model.runs.map(run => run.id).join(' ');
}
