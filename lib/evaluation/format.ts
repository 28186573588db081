/** Scores as text: a table for a terminal, rows for CSV, and the layout of the CoNLL-2000 script. */
import type { Evaluation } from './evaluate';
import { MEASURES } from './measures';
import { OVERLAP_SCHEMAS, type OverlapBySchema } from './overlap';
import { columnSums, type Ratios, type Score, type SpanCounts, scoresOfCounts } from './scores';
import type { BootstrapInterval } from './significance';

/** Rows for all entities, each type and the critical types, in per cent; a dash where there is nothing to score. */
export function formatScores(evaluation: Evaluation): string {
  const { overall, byType, macro, weighted, critical, coverage, accuracy, intervals, overlap } = evaluation;
  const ratios = (of: Ratios): string[] => [of.precision, of.recall, of.f1].map(percent);
  const row = (name: string, of: Score): string[] => [
    name,
    ...ratios(of),
    ...[of.support, of.predicted, of.correct].map(String),
  ];
  const rows = [
    ['', 'precision', 'recall', 'F1', 'gold', 'predicted', 'correct'],
    row('overall', overall),
    ...Object.entries(byType).map(([type, of]) => row(type, of)),
    ['macro average', ...ratios(macro), '', '', ''],
    ['weighted average', ...ratios(weighted), '', '', ''],
    row('critical', critical),
  ];
  const parts = [
    alignColumns(rows),
    `coverage of critical entities ${percent(coverage)} %, tokens right ${percent(accuracy)} %\n`,
  ];
  if (intervals) {
    const [example] = Object.values(intervals).filter(interval => interval !== null);
    const level = example ? `${Number((100 * example.confidence).toFixed(4))} % intervals` : 'intervals';
    const ends = MEASURES.map(({ key, title }) => `${title} ${formatInterval(intervals[key])}`);
    parts.push(`${level}: ${ends.join(', ')}\n`);
  }
  if (overlap) {
    const header = ['', 'precision', 'recall', 'F1', 'correct', 'incorrect', 'partial', 'missed', 'spurious'];
    const schemas = OVERLAP_SCHEMAS.map(schema => {
      const of = overlap.overall[schema];
      const counts = [of.correct, of.incorrect, of.partial, of.missed, of.spurious];
      return [schema, ...ratios(of), ...counts.map(String)];
    });
    parts.push(`\nwith credit for overlaps\n${alignColumns([header, ...schemas])}`);
  }
  return parts.join('');
}

/** `88.12–90.34` in per cent; a dash where there is no interval. */
function formatInterval(interval: BootstrapInterval | null): string {
  return interval ? `${percent(interval.low)}–${percent(interval.high)}` : '–';
}

/** One group of types by one way of matching; fractions, and `null` where something is not defined. */
export type ScoreRow = {
  /** `overall`, an entity type, `macro average`, `weighted average` or `critical`. */
  readonly types: string;
  /** `exact` (type, start and end), or a schema of overlap: `overlap strict` … `overlap type`. */
  readonly matching: string;
  readonly precision_fraction: number | null;
  readonly recall_fraction: number | null;
  readonly f1_fraction: number | null;
  readonly f1_low_fraction: number | null;
  readonly f1_high_fraction: number | null;
  readonly gold_spans: number | null;
  readonly predicted_spans: number | null;
  readonly correct_spans: number | null;
  readonly incorrect_spans: number | null;
  readonly partial_spans: number | null;
  readonly missed_spans: number | null;
  readonly spurious_spans: number | null;
};

/** Every score as a row of a table. Coverage is the recall of the row `critical`. */
export function scoreRows(evaluation: Evaluation): ScoreRow[] {
  const { overall, byType, macro, weighted, critical, intervals, overlap } = evaluation;
  const row = (types: string, of: Ratios | Score, interval?: BootstrapInterval | null): ScoreRow => ({
    types,
    matching: 'exact',
    precision_fraction: of.precision,
    recall_fraction: of.recall,
    f1_fraction: of.f1,
    f1_low_fraction: interval?.low ?? null,
    f1_high_fraction: interval?.high ?? null,
    gold_spans: 'support' in of ? of.support : null,
    predicted_spans: 'support' in of ? of.predicted : null,
    correct_spans: 'support' in of ? of.correct : null,
    incorrect_spans: null,
    partial_spans: null,
    missed_spans: null,
    spurious_spans: null,
  });
  const overlapRows = (types: string, schemas: OverlapBySchema): ScoreRow[] =>
    OVERLAP_SCHEMAS.map(schema => {
      const { correct, incorrect, partial, missed, spurious, ...ratios } = schemas[schema];
      return {
        ...row(types, ratios),
        matching: `overlap ${schema}`,
        gold_spans: correct + incorrect + partial + missed,
        predicted_spans: correct + incorrect + partial + spurious,
        correct_spans: correct,
        incorrect_spans: incorrect,
        partial_spans: partial,
        missed_spans: missed,
        spurious_spans: spurious,
      };
    });
  return [
    row('overall', overall, intervals?.f1),
    ...Object.entries(byType).map(([type, of]) => row(type, of)),
    row('macro average', macro),
    row('weighted average', weighted),
    row('critical', critical, intervals?.f1Critical),
    ...(overlap ? overlapRows('overall', overlap.overall) : []),
    ...Object.entries(overlap?.byType ?? {}).flatMap(([type, schemas]) => overlapRows(type, schemas)),
  ];
}

/**
 * What `conlleval` prints, byte for byte, also where it prints 0.00 for what is not defined. Only of IOBES and BILOU it
 * counts other entities: it takes neighbours of one type for one.
 * @param documentMarks lines that our readers do not take for tokens, as it does (see `countDocumentMarks`)
 */
export function formatConlleval(counts: SpanCounts, documentMarks = 0): string {
  const { overall, byType } = scoresOfCounts(counts, []);
  const [all, right] = columnSums(counts.tokens, 2).map(tokens => tokens + documentMarks);
  const lines = [
    `processed ${all} tokens with ${overall.support} phrases; found: ${overall.predicted} phrases; correct: ${overall.correct}.`,
    `accuracy: ${conllPercent(all ? (100 * right) / all : 0)}%; ${conllScores(overall)}`,
  ];
  // The script sorts and pads bytes.
  const order = [...counts.types].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  for (const type of order) {
    const name = type.padStart(17 - Buffer.byteLength(type) + type.length);
    lines.push(`${name}: ${conllScores(byType[type])}  ${byType[type].predicted}`);
  }
  return `${lines.join('\n')}\n`;
}

function conllScores({ support, predicted, correct }: Score): string {
  const precision = predicted > 0 ? (100 * correct) / predicted : 0;
  const recall = support > 0 ? (100 * correct) / support : 0;
  const f1 = precision + recall > 0 ? (2 * precision * recall) / (precision + recall) : 0;
  return `precision: ${conllPercent(precision)}%; recall: ${conllPercent(recall)}%; FB1: ${conllPercent(f1)}`;
}

/** As C prints `%6.2f`: of two equally near numbers the one with the even last digit. Only eighths can be such ties. */
function conllPercent(value: number): string {
  const tie = (value * 8) % 2 === 1;
  const hundredths = Math.floor(value * 100);
  const text = tie ? ((hundredths + (hundredths % 2)) / 100).toFixed(2) : value.toFixed(2);
  return text.padStart(6);
}

export function percent(fraction: number | null): string {
  return fraction === null ? '–' : (100 * fraction).toFixed(2);
}

/** A line a row; unless it is told otherwise the first column stands to the left, the others to the right. */
export function alignColumns(
  rows: readonly (readonly string[])[],
  toTheRight = (column: number): boolean => column > 0,
): string {
  const widths = rows[0].map((_, column) => Math.max(...rows.map(row => row[column].length)));
  const pad = (cell: string, column: number): string =>
    toTheRight(column) ? cell.padStart(widths[column]) : cell.padEnd(widths[column]);
  return rows.map(row => `${row.map(pad).join('  ').trimEnd()}\n`).join('');
}
