/**
 * Tables of the report: a score with its spread and interval in one cell, rows that can be sorted by a click on a heading,
 * and links from a row to the runs that its numbers come from.
 */
import { type Column, columnsOf, formatValue, type Part, type TableRow, type TableValue } from './columns';
import { escapeHtml } from './escape';
import { htmlTable } from './page';
import { isNumeric } from './table-view';

/** The element that a link to a run leads to. */
export function runAnchor(id: string): string {
  return `run-${id}`;
}

/** An HTML table whose headings sort it (`SORT_SCRIPT`). `runs` and `run` columns become links. */
export function reportTable(rows: readonly TableRow[]): string {
  if (rows.length === 0) return '<p>no rows</p>';
  const all = columnsOf(rows);
  const parts = new Set(all.flatMap(column => Object.values(column.parts ?? {})));
  const columns = all
    .filter(({ name }) => !parts.has(name))
    .map(column => ({
      ...column,
      kind: `${isNumeric(rows, column.name) ? 'number' : 'text'}${column.place === 'paper' ? ' paper' : ''}`,
    }));
  const header = columns.map(
    ({ kind, heading, headingWithParts = heading }) =>
      `<th scope="col" class="${kind}" aria-sort="none"><button type="button">${escapeHtml(headingWithParts)}</button></th>`,
  );
  const cells = rows.map(row =>
    columns.map(column => {
      const value = row[column.name] ?? '';
      return `<td class="${column.kind}" data-value="${escapeHtml(String(value))}">${cellHtml(row, column)}</td>`;
    }),
  );
  return htmlTable('<div class="scroll"><table class="sortable">', header, cells);
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
  if (!column.unit || typeof value !== 'number') return text;
  const part = (name: Part): TableValue => row[parts[name] ?? ''] ?? null;
  const shown = (name: Part) => escapeHtml(formatValue(column, part(name)));
  const signed = column.signed && value > 0 ? '+' : '';
  const spread = part('std') === null ? '' : ` ± ${shown('std')}`;
  const range = part('min') === null ? '' : ` title="over seeds: ${shown('min')} to ${shown('max')}"`;
  const interval =
    part('low') === null ? '' : `<br><span class="interval">${shown('low')} to ${shown('high')}</span>`;
  const p = part('p_holm');
  const test = typeof p === 'number' ? `<br><span class="interval">p = ${p.toPrecision(2)}</span>` : '';
  return `<span${range}>${signed}${text}${spread}</span>${interval}${test}`;
}

export const TABLE_STYLE = `
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: 13px; font-variant-numeric: tabular-nums; }
th, td { padding: 5px 8px; border-bottom: 1px solid #ddd; vertical-align: top; text-align: left; }
td { white-space: nowrap; }
.number { text-align: right; } .paper, .paper button { color: #666; }
.interval { color: #555; font-size: 11.5px; }
thead th { border-bottom: 2px solid #444; vertical-align: bottom; }
th button { all: unset; cursor: pointer; font-weight: 600; }
th button:focus-visible { outline: 2px solid #0072b2; }
th[aria-sort=ascending] button::after { content: " ▲"; } th[aria-sort=descending] button::after { content: " ▼"; }`;

/** A click on a heading sorts by its column, a second one the other way round; what is missing stands last. */
export const SORT_SCRIPT = `
for (const table of document.querySelectorAll('table.sortable')) {
  const headings = [...table.tHead.rows[0].cells];
  headings.forEach((heading, column) => heading.querySelector('button').addEventListener('click', () => {
    const descending = heading.getAttribute('aria-sort') === 'ascending';
    for (const other of headings) other.setAttribute('aria-sort', 'none');
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
