/** Tables as people read them, in HTML and in characters. */
import { alignColumns } from '../evaluation/format';
import type { Score, Scores } from '../evaluation/scores';
import { columnsOf, formatValue, inPercent, type TableRow } from './columns';
import { escapeHtml } from './escape';
import { htmlTable } from './page';

/** The scores of a part as rows: all types, the critical ones, and each type. */
export function scoreRows({ overall, critical, byType }: Scores) {
  // Not one object: a type that is a number would come before all.
  const groups: [string, Score][] = [
    ['all types', overall],
    ['critical types', critical],
    ...Object.entries(byType),
  ];
  return groups.map(([types, score]) => ({
    types,
    precision_percent: inPercent(score.precision),
    recall_percent: inPercent(score.recall),
    f1_percent: inPercent(score.f1),
    gold_spans: score.support,
    predicted_spans: score.predicted,
    correct_spans: score.correct,
  }));
}

/** Rows of a table that are shown at most; of a longer one this many, and how many there are. */
const MOST_ROWS = 60;

/** The first rows of a long table, and what is said below them. */
export function firstRows<Row>(rows: readonly Row[]): {
  readonly rows: readonly Row[];
  readonly note?: string;
} {
  if (rows.length <= MOST_ROWS) return { rows };
  return {
    rows: rows.slice(0, MOST_ROWS),
    note: `the first ${MOST_ROWS} of ${rows.length.toLocaleString('en-US')} rows`,
  };
}

/** An HTML table of rows that have the columns of the first one. Styles are inline: notebooks drop style sheets. */
export function tableHtml(rows: readonly TableRow[]): string {
  if (rows.length === 0) return '<p>no rows</p>';
  const columns = columnsOf(rows);
  const style = columns.map(
    ({ name, place }) =>
      `text-align:${isNumeric(rows, name) ? 'right' : 'left'}${place === 'paper' ? ';color:#666' : ''}`,
  );
  const header = columns.map(
    ({ heading }, i) => `<th scope="col" style="${style[i]}">${escapeHtml(heading)}</th>`,
  );
  const cells = rows.map(row =>
    columns.map(
      (column, i) => `<td style="${style[i]}">${escapeHtml(formatValue(column, row[column.name]))}</td>`,
    ),
  );
  return htmlTable('<div style="overflow-x:auto"><table>', header, cells);
}

/** The same table in characters, for terminals and readers without HTML. */
export function tableText(rows: readonly TableRow[]): string {
  if (rows.length === 0) return 'no rows';
  const columns = columnsOf(rows);
  const lines = [
    columns.map(({ heading }) => heading),
    ...rows.map(row => columns.map(column => formatValue(column, row[column.name]))),
  ];
  const numeric = columns.map(({ name }) => isNumeric(rows, name));
  return alignColumns(lines, column => numeric[column]).slice(0, -1);
}

/** Whether a column has no words, so that it stands to the right. */
export function isNumeric(rows: readonly TableRow[], column: string): boolean {
  return rows.every(row => typeof row[column] !== 'string');
}
