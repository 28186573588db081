/**
 * Tables of the report: a score with its spread, interval and what the paper prints in one cell, rows that can be sorted by a click on a heading,
 * and links from a row to the runs that its numbers come from.
 */
import {
  type Column,
  columnsOf,
  formatValue,
  type Part,
  paperNameOf,
  type TableRow,
  type TableValue,
} from './columns';
import { escapeHtml } from './escape';
import { htmlTable, scrollRegion } from './page';
import { isNumeric } from './table-view';

/** The element that a link to a run leads to. */
export function runAnchor(id: string): string {
  return `run-${id}`;
}

/** A column that is more than text, the last one. */
export interface DrawnColumn {
  readonly heading: string;
  /** HTML of each row. */
  readonly cells: readonly string[];
}

/**
 * An HTML table whose headings sort it (`SORT_SCRIPT`). `runs` and `run` columns become links.
 * @param name what it shows, other than all other tables of the page
 */
export function reportTable(rows: readonly TableRow[], name: string, drawn?: DrawnColumn): string {
  if (rows.length === 0) return '<p>no rows</p>';
  const all = columnsOf(rows);
  const parts = new Set(all.flatMap(column => [...Object.values(column.parts ?? {}), paperNameOf(column)]));
  const columns = all
    .filter(({ name }) => !parts.has(name))
    .map(column => ({
      ...column,
      kind: isNumeric(rows, column.name) ? 'number' : isShort(rows, column.name) ? 'text short' : 'text',
    }));
  const header = columns.map(
    ({ kind, heading, headingWithParts = heading }) =>
      `<th scope="col" class="${kind}" aria-sort="none"><button type="button">${escapeHtml(headingWithParts)}</button></th>`,
  );
  const cells = rows.map((row, r) => [
    ...columns.map(column => {
      const value = row[column.name] ?? '';
      return `<td class="${column.kind}" data-value="${escapeHtml(String(value))}">${cellHtml(row, column)}</td>`;
    }),
    ...(drawn ? [`<td class="drawn">${drawn.cells[r]}</td>`] : []),
  ]);
  if (drawn) header.push(`<th scope="col">${escapeHtml(drawn.heading)}</th>`);
  return htmlTable(`${scrollRegion(name)}<table class="sortable">`, header, cells);
}

/** Letters of texts that are not broken into lines. */
const SHORT = 16;

function isShort(rows: readonly TableRow[], column: string): boolean {
  return rows.every(row => String(row[column] ?? '').length <= SHORT);
}

function cellHtml(row: TableRow, column: Column): string {
  const value = row[column.name];
  if (column.ofRuns)
    return String(value ?? '')
      .split(' ')
      .map(id => `<a href="#${runAnchor(escapeHtml(id))}">${escapeHtml(id.slice(0, 8))}</a>`)
      .join(' ');
  const text = escapeHtml(formatValue(column, value));
  const { parts = {} } = column;
  const part = (name: Part): TableValue => row[parts[name] ?? ''] ?? null;
  const shown = (name: Part) => escapeHtml(formatValue(column, part(name)));
  const printed = row[paperNameOf(column)] ?? null;
  const paper =
    printed === null
      ? ''
      : `<br><span class="paper">paper ${escapeHtml(formatValue(column, printed))}</span>`;
  if (!column.unit || typeof value !== 'number') return text + paper;
  const signed = column.signed && value > 0 ? '+' : '';
  const spread = part('std') === null ? '' : ` ± ${shown('std')}`;
  const below = (line: string) => `<br><span class="interval">${line}</span>`;
  const interval = part('low') === null ? '' : below(`${shown('low')} to ${shown('high')}`);
  const range = part('min') === null ? '' : below(`seeds ${shown('min')} to ${shown('max')}`);
  const p = part('p_holm');
  const test = typeof p === 'number' ? below(p < 0.001 ? 'p < 0.001' : `p = ${p.toPrecision(2)}`) : '';
  return `<span>${signed}${text}${spread}</span>${interval}${range}${test}${paper}`;
}

export const TABLE_STYLE = `
.scroll > table { font-size: 13px; }
th, td { padding: 5px; border-bottom: 1px solid var(--line); vertical-align: top; text-align: left; }
td.number { white-space: nowrap; } td.text { min-width: 4.6em; } td.short { white-space: nowrap; } td.drawn { min-width: 22em; }
.number { text-align: right; }
.interval, .paper { color: var(--quiet); font-size: 11.5px; }
thead th { border-bottom: 2px solid var(--strong); vertical-align: bottom; }
th button { all: unset; cursor: pointer; font-weight: 600; }
th button:focus-visible { outline: 2px solid var(--link); }
th[aria-sort=ascending] button::after { content: " ▲"; } th[aria-sort=descending] button::after { content: " ▼"; }`;

/** A click on a heading sorts by its column, a second one the other way round; what is missing stands last. */
export const SORT_SCRIPT = `
for (const table of document.querySelectorAll('table.sortable')) {
  const headings = [...table.tHead.rows[0].cells];
  headings.forEach((heading, column) => heading.querySelector('button')?.addEventListener('click', () => {
    const descending = heading.getAttribute('aria-sort') === 'ascending';
    for (const other of headings) if (other !== heading && other.ariaSort) other.setAttribute('aria-sort', 'none');
    heading.setAttribute('aria-sort', descending ? 'descending' : 'ascending');
    const numeric = heading.classList.contains('number');
    const value = row => row.cells[column].dataset.value;
    const compare = (a, b) => numeric ? Number(a) - Number(b) : a.localeCompare(b);
    const rows = [...table.tBodies[0].rows].sort((a, b) => {
      const [x, y] = [value(a), value(b)];
      if (x === '' || y === '') return (x === '') - (y === '');
      return descending ? compare(y, x) : compare(x, y);
    });
    table.tBodies[0].append(...rows);
  }));
}
function openTarget() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  for (let at = target; at; at = at.parentElement) if (at.tagName === 'DETAILS') at.open = true;
  if (target) target.scrollIntoView();
}
addEventListener('hashchange', openTarget);
openTarget();`;
