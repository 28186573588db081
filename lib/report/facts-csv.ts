/** The list of critical entities and who found them, as `lost-facts.csv`. */

import { toCsv } from '../csv';
import type { FactRow } from '../evaluation/facts';

const COLUMNS: readonly (keyof FactRow)[] = [
  'fate',
  'type',
  'text',
  'sentence',
  'first_word',
  'last_word',
  'teacher',
  'student',
];

/** The rows of `factsTable` as CSV, with the names of the columns also where there is no fact. */
export function factsCsv(rows: readonly FactRow[]): string {
  return rows.length === 0 ? `${COLUMNS.join(',')}\r\n` : toCsv(rows);
}
