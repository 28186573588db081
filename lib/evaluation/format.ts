/** Scores as text: a table for a terminal, rows for CSV, and the layout of the CoNLL-2000 script. */
import { max } from 'd3-array';
import { NAMELESS } from '../corpus/tags';
import { shown } from '../shown';
import type { Evaluation } from './evaluate';
import { MEASURES } from './measures';
import { OVERLAP_SCHEMAS, type OverlapBySchema, type OverlapCounts } from './overlap';
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
    const level = example ? `${levelOf(example)} intervals` : 'intervals';
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

/** Every score as a row of a table. Coverage is the recall of the row `critical`. */
export function scoreRows(evaluation: Evaluation): ReturnType<typeof scoreRow>[] {
  const { overall, byType, macro, weighted, critical, intervals, overlap } = evaluation;
  const exact = (types: string, of: Score, interval?: BootstrapInterval | null) =>
    scoreRow(
      types,
      'exact',
      of,
      { gold: of.support, predicted: of.predicted, correct: of.correct },
      interval,
    );
  const overlaps = (types: string, schemas: OverlapBySchema) =>
    OVERLAP_SCHEMAS.map(schema => {
      const { correct, incorrect, partial, missed, spurious } = schemas[schema];
      const [gold, predicted] = [missed, spurious].map(left => correct + incorrect + partial + left);
      return scoreRow(types, `overlap ${schema}`, schemas[schema], { gold, predicted, ...schemas[schema] });
    });
  return [
    exact('overall', overall, intervals?.f1),
    ...Object.entries(byType).map(([type, of]) => exact(type, of)),
    scoreRow('macro average', 'exact', macro),
    scoreRow('weighted average', 'exact', weighted),
    exact('critical', critical, intervals?.f1Critical),
    ...(overlap ? overlaps('overall', overlap.overall) : []),
    ...Object.entries(overlap?.byType ?? {}).flatMap(([type, schemas]) => overlaps(type, schemas)),
  ];
}

/**
 * One group of types by one way of matching; fractions, and `null` where something is not defined.
 * @param types `overall`, an entity type, `macro average`, `weighted average` or `critical`
 * @param matching `exact` (type, start and end), or a schema of overlap: `overlap strict` … `overlap type`
 */
function scoreRow(
  types: string,
  matching: string,
  { precision, recall, f1 }: Ratios,
  spans: Partial<OverlapCounts> & { readonly gold?: number; readonly predicted?: number } = {},
  interval?: BootstrapInterval | null,
) {
  return {
    types,
    matching,
    precision_fraction: precision,
    recall_fraction: recall,
    f1_fraction: f1,
    f1_low_fraction: interval?.low ?? null,
    f1_high_fraction: interval?.high ?? null,
    gold_spans: spans.gold ?? null,
    predicted_spans: spans.predicted ?? null,
    correct_spans: spans.correct ?? null,
    incorrect_spans: spans.incorrect ?? null,
    partial_spans: spans.partial ?? null,
    missed_spans: spans.missed ?? null,
    spurious_spans: spans.spurious ?? null,
  };
}

/**
 * What `conlleval` prints, byte for byte, also where it prints 0.00 for what is not defined. Only of IOBES and BILOU it
 * counts other entities: it takes neighbours of one type for one.
 * @param documentMarks lines that our readers do not take for tokens, as it does (see `Predictions`)
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
    const written = type === NAMELESS ? '' : type;
    const name = written.padStart(17 - Buffer.byteLength(written) + written.length);
    lines.push(`${shown(name)}: ${conllScores(byType[type])}  ${byType[type].predicted}`);
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
  const cells = rows.map(row => row.map(shown));
  const widths = rows[0].map((_, column) => max(cells, row => row[column].length)!);
  const pad = (cell: string, column: number): string =>
    toTheRight(column) ? cell.padStart(widths[column]) : cell.padEnd(widths[column]);
  return cells.map(row => `${row.map(pad).join('  ').trimEnd()}\n`).join('');
}

/** `95 %`, without the noise of binary fractions. */
export function levelOf({ confidence }: { readonly confidence: number }): string {
  return `${Number((100 * confidence).toFixed(4))} %`;
}
