/**
 * The paper's Tables 1 and 2 with our numbers and its own side by side, as plain rows. A column's name ends with its
 * unit: `_percent`, `_fraction`, `_ms`; names without one are counts or words. Columns that begin with `paper_` are
 * what the paper prints, `null` where it prints nothing.
 */
import type { DataFrame } from 'danfojs-node';
import type { Score } from '../evaluation/scores';
import type { Measure } from '../evaluation/significance';
import type { ModelLatency } from '../experiment/measure-model';
import type { CriticalForm, Study, StudyRun } from '../experiment/study';
import { describeEnergy } from '../resources/energy';
import { PAPER_TABLE_1, PAPER_TABLE_2 } from './paper-tables';
import {
  comparedModels,
  intervalOf,
  type ModelSummary,
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
/** A score over seeds, and its 95 % bootstrap interval over test sentences (of all seeds together). */
type ScoreColumns<Name extends string> = {
  readonly [K in
    | `${Name}_percent`
    | `${Name}_std_percent`
    | `${Name}_min_percent`
    | `${Name}_max_percent`
    | `${Name}_low_percent`
    | `${Name}_high_percent`]: number | null;
};
type Scored = ScoreColumns<'f1'> & ScoreColumns<'f1_critical'> & ScoreColumns<'coverage'>;

/** A constrained student less the vanilla one, in points of a score, with p-values of the difference. */
type DifferenceColumns<Name extends string> = {
  readonly [K in
    | `${Name}_difference_percent`
    | `${Name}_difference_low_percent`
    | `${Name}_difference_high_percent`
    | `${Name}_p`
    | `${Name}_p_holm`]: number | null;
};
type Compared = DifferenceColumns<'f1'> & DifferenceColumns<'f1_critical'> & DifferenceColumns<'coverage'>;

export type Table1Row = Scored & {
  readonly model: string;
  readonly parameters: number;
  readonly latency_mean_ms: number | null;
  readonly latency_std_ms: number | null;
  /** R-7 quantiles of single batches. */
  readonly latency_p50_ms: number | null;
  readonly latency_p90_ms: number | null;
  readonly latency_p95_ms: number | null;
  readonly latency_p99_ms: number | null;
  readonly energy_per_1000_sentences_joules: number | null;
  /** Whether energy was measured or estimated, and from what. */
  readonly energy_from: string | null;
  readonly paper_parameters: number | null;
  readonly paper_latency_ms: number | null;
  readonly paper_f1_percent: number | null;
  readonly paper_f1_critical_percent: number | null;
  readonly paper_coverage_percent: number | null;
  /** Runs over which the scores are means. */
  readonly seeds: number;
  /** Ids of the runs in the store. */
  readonly runs: string;
};

export type Table2Row = Scored &
  Compared & {
    readonly form: string;
    readonly beta: number;
    readonly latency_mean_ms: number | null;
    readonly latency_std_ms: number | null;
    readonly recall_percent: number | null;
    readonly precision_percent: number | null;
    readonly recall_critical_percent: number | null;
    readonly precision_critical_percent: number | null;
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
  readonly student: string | null;
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

/**
 * Quality and resources of teacher, control, vanilla and the best constrained student (by validation F1_critical), and of
 * the plan's other students.
 */
export function table1(study: Study): Table1Row[] {
  return comparedModels(study).map(model => {
    const paper = (model.isOwn && PAPER_TABLE_1[model.role]) || null;
    return {
      model: model.name,
      parameters: model.parameters,
      latency_mean_ms: rounded(model.latencyMs?.mean),
      latency_std_ms: rounded(model.latencyMs?.std),
      latency_p50_ms: measured(model, latency => 1000 * latency.p50),
      latency_p90_ms: measured(model, latency => 1000 * latency.p90),
      latency_p95_ms: measured(model, latency => 1000 * latency.p95),
      latency_p99_ms: measured(model, latency => 1000 * latency.p99),
      energy_per_1000_sentences_joules: measured(model, latency => latency.joulesPer1000Sentences),
      energy_from: energySources(model),
      ...scored(study, model),
      paper_parameters: paper?.parameters ?? null,
      paper_latency_ms: paper?.latencyMs ?? null,
      paper_f1_percent: paper?.f1Percent ?? null,
      paper_f1_critical_percent: paper?.f1CriticalPercent ?? null,
      paper_coverage_percent: paper?.coveragePercent ?? null,
      seeds: model.runs.length,
      runs: idsOf(model),
    };
  });
}

/** The sweep over β, for each form of the critical loss; points that were not run are left out. */
export function table2(study: Study): Table2Row[] {
  return study.forms.flatMap(form =>
    study.betas.flatMap(beta => {
      const model = sweptModel(study, form, beta);
      return model ? [sweepRow(study, form, beta, model)] : [];
    }),
  );
}

function sweepRow(study: Study, form: CriticalForm, beta: number, model: ModelSummary): Table2Row {
  const paper = PAPER_TABLE_2.find(row => row.beta === beta);
  return {
    form,
    beta,
    latency_mean_ms: rounded(model.latencyMs?.mean),
    latency_std_ms: rounded(model.latencyMs?.std),
    recall_percent: meanPercent(model, run => run.test.overall.recall),
    precision_percent: meanPercent(model, run => run.test.overall.precision),
    recall_critical_percent: meanPercent(model, run => run.test.critical.recall),
    precision_critical_percent: meanPercent(model, run => run.test.critical.precision),
    ...scored(study, model),
    ...compared(study, form, beta),
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

/** The three scores of a model, each over its seeds and with its interval. */
function scored(study: Study, model: ModelSummary): Scored {
  const columns = <Name extends string>(
    name: Name,
    value: (run: StudyRun) => number | null,
    measure: Measure,
  ): ScoreColumns<Name> => {
    const spread = spreadOf(model, value);
    const several = model.runs.length > 1;
    const interval = intervalOf(study, model, measure);
    return {
      [`${name}_percent`]: percent(spread?.mean),
      [`${name}_std_percent`]: percent(spread?.std),
      [`${name}_min_percent`]: several ? percent(spread?.min) : null,
      [`${name}_max_percent`]: several ? percent(spread?.max) : null,
      [`${name}_low_percent`]: percent(interval?.low),
      [`${name}_high_percent`]: percent(interval?.high),
    } as ScoreColumns<Name>;
  };
  return {
    ...columns('f1', testF1, 'f1'),
    ...columns('f1_critical', testF1Critical, 'f1Critical'),
    ...columns('coverage', testCoverage, 'coverage'),
  };
}

/** How a point of the sweep differs from the vanilla student; `null` throughout for that student itself. */
function compared(study: Study, form: CriticalForm, beta: number): Compared {
  const comparison = study.comparisons.find(point => point.form === form && point.beta === beta);
  const columns = <Name extends string>(name: Name, measure: Measure): DifferenceColumns<Name> => {
    const found = comparison?.of[measure];
    return {
      [`${name}_difference_percent`]: percent(found?.difference),
      [`${name}_difference_low_percent`]: percent(found?.interval?.low),
      [`${name}_difference_high_percent`]: percent(found?.interval?.high),
      [`${name}_p`]: rounded(found?.pValue),
      [`${name}_p_holm`]: rounded(found?.pHolm),
    } as DifferenceColumns<Name>;
  };
  return {
    ...columns('f1', 'f1'),
    ...columns('f1_critical', 'f1Critical'),
    ...columns('coverage', 'coverage'),
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
    student: run.student,
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
 * some of its means: never compute a metric with it. A column without any number is text, `null` stays `null`. A column that
 * has the name of something that every frame has, such as an entity type `shape`, is called `shape_` in the frame.
 */
export function toFrame(rows: readonly TableRow[]): DataFrame {
  // Loaded when first asked for: it takes a second.
  const danfo: typeof import('danfojs-node') = require('danfojs-node');
  const columns = rows.length > 0 ? Object.keys(rows[0]) : [];
  const dtypes = columns.map(column => dtypeOf(rows.map(row => row[column])));
  const values = rows.map(row =>
    columns.map((column, i) => (dtypes[i] === 'string' ? row[column] : (row[column] ?? Number.NaN))),
  );
  return new danfo.DataFrame(values, { columns: columns.map(nameInFrame), dtypes });
}

/** The rows of a Danfo frame with its columns in its order; what is missing, in any of Danfo's forms, is `null`. */
export function fromFrame(frame: DataFrame): TableRow[] {
  const columns = frame.columns as string[];
  return (frame.values as unknown[][]).map(values =>
    Object.fromEntries(columns.map((column, i) => [nameInTable(column), tableValue(values[i])])),
  );
}

/** Danfo gives a frame a property for each column, which must not replace one that the frame needs. */
function nameInFrame(column: string): string {
  return isReserved(column) ? `${column}_` : column;
}

function nameInTable(column: string): string {
  return column.endsWith('_') && isReserved(column) ? column.slice(0, -1) : column;
}

/** Whether a name, but for underscores at its end, is one of a frame's own. */
function isReserved(column: string): boolean {
  const danfo: typeof import('danfojs-node') = require('danfojs-node');
  emptyFrame ??= new danfo.DataFrame([[0]], { columns: ['a column'] });
  return column.replace(/_+$/, '') in emptyFrame;
}

let emptyFrame: DataFrame | undefined;

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

/** A value of the measurements of a model, on average over its runs. */
function measured(model: ModelSummary, value: (latency: ModelLatency) => number): number | null {
  return rounded(spreadOf(model, run => run.latency && value(run.latency))?.mean);
}

function energySources(model: ModelSummary): string | null {
  const sources = model.runs.flatMap(({ latency }) => (latency ? [describeEnergy(latency.energy)] : []));
  return [...new Set(sources)].join('; ') || null;
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
