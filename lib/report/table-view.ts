/** Tables as people read them: headings and numbers formatted by the unit that ends a column's name. */
import { escapeHtml } from './escape';
import type { TableRow, TableValue } from './tables';

const UNITS: readonly [suffix: string, heading: string, format: (value: number) => string][] = [
  ['_percent', '%', value => value.toFixed(2)],
  ['_fraction', 'fraction', value => value.toFixed(4)],
  ['_ms', 'ms', value => value.toFixed(2)],
  ['_seconds', 's', value => value.toFixed(3)],
  ['_joules', 'J', value => value.toFixed(2)],
];
const MISSING = '–';

/** `paper_f1_critical_percent` → `paper: F1 critical, %`. */
export function heading(column: string): string {
  const unit = UNITS.find(([suffix]) => column.endsWith(suffix));
  const name = (unit ? column.slice(0, -unit[0].length) : column)
    .replace(/^paper_/, 'paper: ')
    .replace(/\bf1(?=_|$)/g, 'F1')
    .replace(/^beta$/, 'β')
    .replaceAll('_', ' ');
  return unit ? `${name}, ${unit[1]}` : name;
}

/** Percent and milliseconds with two decimals, counts with separators of thousands, a dash for what is missing. */
export function formatValue(column: string, value: TableValue): string {
  if (value === null) return MISSING;
  if (typeof value === 'string') return value;
  const unit = UNITS.find(([suffix]) => column.endsWith(suffix));
  if (unit) return unit[2](value);
  if (column === 'seed' || !Number.isInteger(value)) return String(Number(value.toPrecision(4)));
  return value.toLocaleString('en-US');
}

/** An HTML table of rows that have the columns of the first one. Styles are inline: notebooks drop style sheets. */
export function tableHtml(rows: readonly TableRow[]): string {
  if (rows.length === 0) return '<p>no rows</p>';
  const columns = Object.keys(rows[0]);
  const numeric = columns.map(column => rows.every(row => typeof row[column] !== 'string'));
  const style = (i: number) =>
    `text-align:${numeric[i] ? 'right' : 'left'}${columns[i].startsWith('paper_') ? ';color:#666' : ''}`;
  const header = columns.map(
    (column, i) => `<th scope="col" style="${style(i)}">${escapeHtml(heading(column))}</th>`,
  );
  const body = rows.map(row => {
    const cells = columns.map(
      (column, i) => `<td style="${style(i)}">${escapeHtml(formatValue(column, row[column]))}</td>`,
    );
    return `<tr>${cells.join('')}</tr>`;
  });
  return `<div style="overflow-x:auto"><table>\n<thead><tr>${header.join('')}</tr></thead>\n<tbody>\n${body.join('\n')}\n</tbody></table></div>`;
}

/** The same table in characters, for terminals and readers without HTML. */
export function tableText(rows: readonly TableRow[]): string {
  if (rows.length === 0) return 'no rows';
  const columns = Object.keys(rows[0]);
  const lines = [
    columns.map(heading),
    ...rows.map(row => columns.map(column => formatValue(column, row[column]))),
  ];
  const widths = columns.map((_, i) => Math.max(...lines.map(line => line[i].length)));
  const numeric = columns.map(column => rows.every(row => typeof row[column] !== 'string'));
  const padded = (line: string[]) =>
    line
      .map((text, i) => (numeric[i] ? text.padStart(widths[i]) : text.padEnd(widths[i])))
      .join('  ')
      .trimEnd();
  return lines.map(padded).join('\n');
}
