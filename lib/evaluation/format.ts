/** A table of scores for a terminal. */
import type { Score, Scores } from './scores';

/** Rows for all entities, each type and the critical types, in per cent; a dash where there is nothing to score. */
export function formatScores(scores: Scores): string {
  const rows: [string, Score][] = [
    ['overall', scores.overall],
    ...Object.entries(scores.byType),
    ['critical', scores.critical],
  ];
  const header = ['', 'precision', 'recall', 'F1', 'gold', 'predicted', 'correct'];
  const cells = rows.map(([name, { precision, recall, f1, support, predicted, correct }]) => [
    name,
    percent(precision),
    percent(recall),
    percent(f1),
    String(support),
    String(predicted),
    String(correct),
  ]);
  return (
    `${alignColumns([header, ...cells])}\n` +
    `coverage of critical entities ${percent(scores.coverage)} %, tokens right ${percent(scores.accuracy)} %\n`
  );
}

function percent(fraction: number | null): string {
  return fraction === null ? '–' : (100 * fraction).toFixed(2);
}

/** The first column to the left, the others to the right. */
function alignColumns(rows: readonly (readonly string[])[]): string {
  const widths = rows[0].map((_, column) => Math.max(...rows.map(row => row[column].length)));
  const pad = (cell: string, column: number): string =>
    column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column]);
  return rows.map(row => `${row.map(pad).join('  ')}\n`).join('');
}
