/** CSV as RFC 4180 has it: a header line, comma, quotes where needed, CRLF line ends. */
import { stringify } from 'csv-stringify/sync';
import type { TableRow } from './tables';

/** Rows with the same columns as CSV text; `null` becomes an empty field. No rows give an empty text. */
export function toCsv<Row extends TableRow>(rows: readonly Row[]): string {
  if (rows.length === 0) return '';
  return stringify([...rows], { header: true, columns: Object.keys(rows[0]), record_delimiter: 'windows' });
}
