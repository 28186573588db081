/** CSV as RFC 4180 has it: a header line, comma, quotes where needed, CRLF line ends. */
import { stringify } from 'csv-stringify/sync';

/**
 * Rows with the same columns as CSV text; `null` becomes an empty field. No rows give an empty text. A text that a
 * spreadsheet would take for a formula, and run, gets a single quote before it, which it takes for the mark of a text
 * (OWASP, CSV injection); numbers stay numbers.
 */
export function toCsv<Row extends object>(
  rows: readonly Row[],
  /** `unix` for files that are compared in bytes with those of before, which end their lines so. */
  lineEnds: 'windows' | 'unix' = 'windows',
): string {
  if (rows.length === 0) return '';
  return stringify([...rows], {
    header: true,
    columns: Object.keys(rows[0]),
    record_delimiter: lineEnds,
    // Of line ends the library quotes only its own.
    quoted_match: /[\r\n]/,
    cast: { string: asText },
  });
}

/** How formulas begin, also in the wide forms of East Asian keyboards. */
const FORMULA = /^[=+\-@\t\r\n＝＋－＠]/;
const NUMBER = /^[+-]?\d+(\.\d+)?([eE][+-]?\d+)?$/;

function asText(cell: string): string {
  return FORMULA.test(cell) && !NUMBER.test(cell) ? `'${cell}` : cell;
}
