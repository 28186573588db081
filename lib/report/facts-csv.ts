/** The list of critical entities and who found them, as `lost-facts.csv`. */
import { toCsv } from '../csv';
import type { FactRow } from '../evaluation/facts';

const HEADER = 'fate,type,text,sentence,first_word,last_word,teacher,student\r\n';

/** The rows of `factsTable` as CSV, with the names of the columns also where there is no fact. */
export function factsCsv(rows: readonly FactRow[]): string {
  return toCsv(rows) || HEADER;
}
