/**
 * Tables of the report: a score with its spread and interval in one cell, rows that can be sorted by a click on a heading,
 * and links from a row to the runs that its numbers come from.
 */
import { escapeHtml } from './escape';
import { formatValue, heading } from './table-view';
import type { TableRow, TableValue } from './tables';

/** The element that a link to a run leads to. */
export function runAnchor(id: string): string {
  return `run-${id}`;
}

/** Endings of columns that are shown in the cell of another column, that without them. */
const PARTS = ['std', 'min', 'max', 'low', 'high'] as const;
const UNIT = /_(percent|ms)$/;

interface Column {
  readonly name: string;
  readonly heading: string;
}

/** The columns that have cells of their own. */
function columnsOf(rows: readonly TableRow[]): Column[] {
  const names = Object.keys(rows[0]);
  return names
    .filter(name => {
      const own = mainColumn(name);
      return (own === null || !names.includes(own)) && !/_p(_holm)?$/.test(name);
    })
    .map(name => ({ name, heading: heading(name.replace(/_mean(_ms)$/, '$1')) }));
}

/** `f1_std_percent` belongs to `f1_percent`, `latency_std_ms` to `latency_mean_ms`. */
function mainColumn(name: string): string | null {
  const unit = UNIT.exec(name)?.[0];
  if (!unit) return null;
  const stem = name.slice(0, -unit.length);
  const part = PARTS.find(ending => stem.endsWith(`_${ending}`));
  if (!part) return null;
  const main = stem.slice(0, -part.length - 1);
  return unit === '_ms' ? `${main}_mean${unit}` : `${main}${unit}`;
}

/** An HTML table whose headings sort it (`SORT_SCRIPT`). `runs` and `run` columns become links. */
export function reportTable(rows: readonly TableRow[]): string {
  if (rows.length === 0) return '<p>no rows</p>';
  const columns = columnsOf(rows);
  const numeric = columns.map(({ name }) => rows.every(row => typeof row[name] !== 'string'));
  const kind = (i: number, name: string) =>
    [numeric[i] ? 'number' : 'text', ...(name.startsWith('paper_') ? ['paper'] : [])].join(' ');
  const header = columns.map(
    ({ name, heading: text }, i) =>
      `<th scope="col" class="${kind(i, name)}" aria-sort="none"><button type="button">${escapeHtml(text)}</button></th>`,
  );
  const body = rows.map(row => {
    const cells = columns.map(({ name }, i) => {
      const value = row[name];
      return `<td class="${kind(i, name)}" data-value="${escapeHtml(value === null ? '' : String(value))}">${cellHtml(row, name)}</td>`;
    });
    return `<tr>${cells.join('')}</tr>`;
  });
  return `<div class="scroll"><table class="sortable">\n<thead><tr>${header.join('')}</tr></thead>\n<tbody>\n${body.join('\n')}\n</tbody></table></div>`;
}

function cellHtml(row: TableRow, name: string): string {
  const value = row[name];
  if (name === 'runs' || name === 'run')
    return String(value ?? '')
      .split(' ')
      .map(id => `<a href="#${runAnchor(escapeHtml(id))}">${escapeHtml(id.slice(0, 8))}</a>`)
      .join(' ');
  const text = escapeHtml(formatValue(name, value));
  const unit = UNIT.exec(name)?.[0];
  if (!unit || typeof value !== 'number') return text;
  const stem = name.slice(0, -unit.length).replace(/_mean$/, '');
  const part = (ending: string): TableValue => row[`${stem}_${ending}${unit}`] ?? null;
  const shown = (x: TableValue) => escapeHtml(formatValue(name, x));
  const signed = stem.endsWith('_difference') && value > 0 ? '+' : '';
  const spread = part('std') === null ? '' : ` ± ${shown(part('std'))}`;
  const range =
    part('min') === null ? '' : ` title="over seeds: ${shown(part('min'))} to ${shown(part('max'))}"`;
  const interval =
    part('low') === null
      ? ''
      : `<br><span class="interval">${shown(part('low'))} to ${shown(part('high'))}</span>`;
  const measure = stem.replace(/_difference$/, '');
  const p = row[`${measure}_p_holm`];
  const test =
    measure !== stem && typeof p === 'number'
      ? `<br><span class="interval">p = ${p.toPrecision(2)}</span>`
      : '';
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
