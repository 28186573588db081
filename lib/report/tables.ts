/**
 * The paper's Tables 1 and 2 with our numbers and its own side by side, as plain rows. A column's name ends with its
 * unit: `_percent`, `_fraction`, `_ms`; names without one are counts or words. Columns that begin with `paper_` are
 * what the paper prints, `null` where it prints nothing. How columns are shown stands in `columns.ts`.
 */
import type { DataFrame, Series } from 'danfojs-node';
import { type ByMeasure, type KnownMeasure, MEASURES, type MeasureName } from '../evaluation/measures';
import type { Score } from '../evaluation/scores';
import type { CorrectedDifference } from '../evaluation/significance';
import type { Study, StudyDifference, StudyRun } from '../experiment/study';
import { describeEnergy } from '../resources/energy';
import { differenceColumn, paperColumn, scoreColumn, type TableRow, type TableValue } from './columns';
import { danfo } from './danfo';
import {
  isCriticalLoss,
  PAPER_SCORES,
  PAPER_TABLE_1,
  PAPER_TABLE_2,
  type PaperBeta,
  type PaperModel,
} from './paper-tables';
import {
  comparedModels,
  distilledModels,
  intervalOf,
  type ModelSummary,
  speedupOf,
  spreadOf,
  sweptModel,
  testSpread,
  withQuantized,
} from './summaries';

export type { TableRow, TableValue } from './columns';

/** Each measure over seeds, and its 95 % interval over test sentences, and with several seeds over these as well. */
type Scored = {
  readonly [K in `${MeasureName}${'' | `_${'std' | 'min' | 'max' | 'low' | 'high'}`}_percent`]: number | null;
};

/** A model less another, in points of each measure, with p-values of the difference. */
type Compared = {
  readonly [K in
    | `${MeasureName}_difference${'' | '_low' | '_high' | '_detectable'}_percent`
    | `${MeasureName}_p${'' | '_holm' | '_permutation'}`]: number | null;
};

/** Scores as the paper prints them. */
type Printed<Table extends keyof typeof PAPER_SCORES> = {
  readonly [K in `paper_${(typeof PAPER_SCORES)[Table][number]}_percent`]: number | null;
};

/**
 * Quality and resources of teacher, control, vanilla and the best constrained student (by validation F1_critical), and of
 * the plan's other students; below each model the same in 8 bits, where that has predicted, with its differences from it.
 */
export function table1(study: Study) {
  return withQuantized(study, comparedModels(study)).map(model => {
    const { latency } = model;
    const speedup = speedupOf(study, model);
    const paper = (model.isOwn && model.precision === 'fp32' && PAPER_TABLE_1[model.role]) || null;
    return {
      model: model.name,
      precision: model.precision,
      parameters: model.parameters,
      // Of the file of the model.
      file_bytes: model.bytes,
      latency_mean_ms: rounded(model.latencyMs?.mean),
      latency_std_ms: rounded(model.latencyMs?.std),
      // R-7 quantiles of single batches.
      latency_p50_ms: rounded(latency && 1000 * latency.p50),
      latency_p90_ms: rounded(latency && 1000 * latency.p90),
      latency_p95_ms: rounded(latency && 1000 * latency.p95),
      latency_p99_ms: rounded(latency && 1000 * latency.p99),
      // Over the teacher, in pairs of repeats of one session.
      speedup_times: rounded(speedup?.times),
      speedup_low_times: rounded(speedup?.low),
      speedup_high_times: rounded(speedup?.high),
      energy_per_1000_sentences_joules: rounded(latency?.joulesPer1000Sentences),
      // Whether energy was measured or estimated, and from what.
      energy_from: latency && describeEnergy(latency.energy),
      ...scored(study, model),
      ...compared(quantizationOf(study, model)),
      paper_parameters: paper?.parameters ?? null,
      paper_latency_ms: paper?.latencyMs ?? null,
      ...printed('table1', paper?.percent),
      // Runs over which the scores are means, and their ids in the store.
      seeds: model.runs.length,
      runs: idsOf(model),
    };
  });
}

/**
 * The sweep over β, for each form of the critical loss, and the students of other losses; points that were not run are left
 * out.
 */
export function table2(study: Study): ReturnType<typeof lossRow>[] {
  const swept = study.forms.flatMap(form =>
    study.betas.flatMap(beta => {
      const model = sweptModel(study, form, beta);
      return model ? [lossRow(study, form, beta, model, paperRow(form, beta))] : [];
    }),
  );
  return [...swept, ...distilledModels(study).map(model => lossRow(study, model.form!, model.beta, model))];
}

/** The paper sweeps a loss by which critical tokens count more; at β = 0 it is vanilla, as every loss with β is. */
function paperRow(form: string, beta: number): PaperBeta | undefined {
  const isPapers = beta === 0 || isCriticalLoss(form);
  return isPapers ? PAPER_TABLE_2.find(row => row.beta === beta) : undefined;
}

/** @param beta `null` for a loss without it */
function lossRow(study: Study, form: string, beta: number | null, model: ModelSummary, paper?: PaperBeta) {
  return {
    form,
    beta,
    latency_mean_ms: rounded(model.latencyMs?.mean),
    latency_std_ms: rounded(model.latencyMs?.std),
    // What F1 is the mean of.
    recall_percent: meanPercent(model, run => run.test.overall.recall),
    precision_percent: meanPercent(model, run => run.test.overall.precision),
    recall_critical_percent: meanPercent(model, run => run.test.critical.recall),
    precision_critical_percent: meanPercent(model, run => run.test.critical.precision),
    ...scored(study, model),
    ...compared(study.comparisons.find(point => point.form === form && point.beta === beta)?.of),
    paper_latency_ms: paper?.latencyMs ?? null,
    ...printed('table2', paper?.percent),
    seeds: model.runs.length,
    runs: idsOf(model),
  };
}

/** What `make` gives for each measure, in one row. */
function perMeasure<Row>(make: (measure: KnownMeasure) => TableRow): Row {
  return Object.assign({}, ...MEASURES.map(make)) as Row;
}

/** The measures of a model, each over its seeds and with its interval. */
function scored(study: Study, model: ModelSummary): Scored {
  return perMeasure(measure => {
    const { name, parts } = scoreColumn(measure);
    const spread = testSpread(model, measure);
    const several = model.runs.length > 1;
    const interval = intervalOf(study, model, measure.key);
    return {
      [name]: percent(spread?.mean),
      [parts.std]: percent(spread?.std),
      [parts.min]: several ? percent(spread?.min) : null,
      [parts.max]: several ? percent(spread?.max) : null,
      [parts.low]: percent(interval?.low),
      [parts.high]: percent(interval?.high),
    };
  });
}

/** How a model in 8 bits differs from the same as it was trained. */
function quantizationOf({ quantization }: Study, { precision, runs }: ModelSummary) {
  const ids = runs.map(({ id }) => id).join();
  return precision === 'int8' ? quantization.find(effect => effect.runs.join() === ids)?.of : undefined;
}

/** How a model differs from another; `null` throughout for one that is compared with none. */
function compared(differences: ByMeasure<CorrectedDifference<StudyDifference>> | undefined): Compared {
  return perMeasure(measure => {
    const { name, parts, exact, detectable } = differenceColumn(measure);
    const found = differences?.[measure.key];
    return {
      [name]: percent(found?.difference),
      [parts.low]: percent(found?.interval?.low),
      [parts.high]: percent(found?.interval?.high),
      [parts.p]: significant(found?.pValue),
      [parts.p_holm]: significant(found?.pHolm),
      [exact.name]: significant(found?.pPermutation),
      [detectable.name]: percent(found?.detectable),
    };
  });
}

function printed<Table extends keyof typeof PAPER_SCORES>(
  table: Table,
  percent: PaperModel['percent'] = {},
): Printed<Table> {
  const columns = PAPER_SCORES[table].map(score => [
    paperColumn(score, 'percent').name,
    percent[score] ?? null,
  ]);
  return Object.fromEntries(columns);
}

/**
 * Every score of every run, in long form and unrounded: what a reader computes further with. A row is one run's model in one
 * precision, one split, and in `types` one group of types: `overall`, `critical` or an entity type.
 */
export function runsTable(study: Study) {
  return [...study.runs, ...study.quantized].flatMap(run =>
    (['validation', 'test'] as const).flatMap(split => {
      const { overall, critical, byType } = run[split];
      const groups: [string, Score][] = [
        ['overall', overall],
        ['critical', critical],
        ...Object.entries(byType),
      ];
      return groups.map(([types, score]) => ({
        run: run.id,
        name: run.name,
        role: run.role,
        student: run.student,
        form: run.form,
        beta: run.beta,
        seed: run.seed,
        parameters: run.parameters,
        precision: run.precision,
        file_bytes: run.bytes,
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
      }));
    }),
  );
}

/**
 * The rows as a Danfo frame, to sort, select and group in a cell; `showTable` shows it. Danfo computes in 32-bit floats and counts missing values as 0 in
 * some of its means: never compute a metric with it. A column without any number is text, `null` stays `null`. A column that
 * has the name of something that every frame has, such as an entity type `shape`, is called `shape_` in the frame.
 */
export function toFrame(rows: readonly TableRow[]): DataFrame {
  const columns = rows.length > 0 ? Object.keys(rows[0]) : [];
  const dtypes = columns.map(column => dtypeOf(rows.map(row => row[column])));
  const values = rows.map(row =>
    columns.map((column, i) => (dtypes[i] === 'string' ? row[column] : (row[column] ?? Number.NaN))),
  );
  return new (danfo().DataFrame)(values, { columns: columns.map(nameInFrame), dtypes });
}

/** What `groupby` of a frame gives, as far as it is shown. */
export interface GroupedFrame {
  /** The columns that it is grouped by. */
  readonly keyCol: readonly string[];
  /** Their values in each group, and how many rows it has. */
  size(): DataFrame;
}

/** Column of the labels that rows have in a frame, such as `mean` and `std` of `describe()`. */
const LABELS = '';

/**
 * The rows of a Danfo frame with its columns in its order; what is missing, in any of Danfo's forms, is `null`. Labels of rows
 * come first; where they are only numbers of rows they are left out. Of a grouped frame: the groups and their sizes.
 */
export function fromFrame(frame: DataFrame | Series | GroupedFrame): TableRow[] {
  if ('keyCol' in frame) return groupRows(frame as GroupedFrame);
  const columns = (frame.columns as string[]).map(column => (column === '0' ? 'value' : nameInTable(column)));
  const labelled = frame.index.some(label => typeof label !== 'number');
  return (frame.values as unknown[]).map((row, r) => {
    const values = (Array.isArray(row) ? row : [row]).map(tableValue);
    return {
      ...(labelled && { [LABELS]: tableValue(frame.index[r]) }),
      ...Object.fromEntries(columns.map((column, i) => [column, values[i]])),
    };
  });
}

function groupRows(grouped: GroupedFrame): TableRow[] {
  const columns = [...grouped.keyCol.map(nameInTable), 'rows'];
  return (grouped.size().values as unknown[][]).map(values =>
    Object.fromEntries(columns.map((column, i) => [column, tableValue(values[i])])),
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
  emptyFrame ??= new (danfo().DataFrame)([[0]], { columns: ['a column'] });
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

/** A fraction as percent, with four decimals; `null` stays `null`. */
export function percent(fraction: number | null | undefined): number | null {
  return rounded(fraction === null || fraction === undefined ? null : fraction * 100);
}

/** Four decimals: enough to compare, without the noise of binary fractions. */
export function rounded(value: number): number;
export function rounded(value: number | null | undefined): number | null;
export function rounded(value: number | null | undefined): number | null {
  return value === null || value === undefined ? null : Number(value.toFixed(4));
}

/** Of a p-value, which is never 0. */
function significant(p: number | null | undefined): number | null {
  return p && p < 0.001 ? Number(p.toPrecision(2)) : rounded(p);
}

function idsOf(model: ModelSummary): string {
  return model.runs.map(run => run.id).join(' ');
}
