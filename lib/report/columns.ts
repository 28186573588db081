/**
 * How the columns of tables are shown: heading, unit, what stands in one cell with them, and where. A column's name, as CSV
 * has it, is its words and then its unit. That is all there is to say of most columns, such as those that a cell of a
 * notebook makes up; what more there is to say of the study's tables stands here.
 */
import { DECIDING, type KnownMeasure, MEASURES } from '../evaluation/measures';
import { PAPER_SCORES } from './paper-tables';

export type TableValue = string | number | null;
/** A row of any table: values by column, in the order of the columns. */
export type TableRow = { readonly [column: string]: TableValue };

const UNITS = {
  percent: { symbol: '%', decimals: 2 },
  fraction: { symbol: 'fraction', decimals: 4 },
  ms: { symbol: 'ms', decimals: 2 },
  seconds: { symbol: 's', decimals: 3 },
  joules: { symbol: 'J', decimals: 2 },
  times: { symbol: 'times', decimals: 2 },
  bytes: { symbol: 'MB', decimals: 2, each: 1e-6 },
} as const;
export type Unit = keyof typeof UNITS;

/** What belongs to a value and stands in its cell in the report: its spread over seeds, its interval, its p-values. */
export type Part = 'std' | 'min' | 'max' | 'low' | 'high' | 'p' | 'p_holm';

/** The questions of a reader of the report, in their order: of what, how good, how dear, what the paper had, from where. */
const PLACES = ['subject', 'quality', 'cost', 'paper', 'source'] as const;
type Place = (typeof PLACES)[number];

export interface Column {
  readonly name: string;
  readonly unit: Unit | null;
  /** With its unit. */
  readonly heading: string;
  /** Where its parts stand in its cell; default `heading`. */
  readonly headingWithParts?: string;
  readonly place: Place;
  /** Everywhere, in the report and CSV, or in CSV alone; notebooks choose for themselves. */
  readonly shown: 'terminal' | 'report' | 'csv';
  /** Names of the columns that are parts of this one. */
  readonly parts?: Readonly<Partial<Record<Part, string>>>;
  /** Whether a gain is written with its sign. */
  readonly signed?: boolean;
  /** Whether the numbers only tell things apart, as seeds do: without separators of thousands. */
  readonly isLabel?: boolean;
  /** Whether the values are ids of runs. */
  readonly ofRuns?: boolean;
}

type Details = Partial<Omit<Column, 'name' | 'unit'>>;

function column(stem: string, unit: Unit | null, details: Details = {}): Column {
  const name = unit ? `${stem}_${unit}` : stem;
  return {
    name,
    unit,
    heading: headingOf(wordsOf(stem), unit),
    place: 'quality',
    shown: 'report',
    ...details,
  };
}

/** `f1_critical` → `F1 critical`. */
function wordsOf(stem: string): string {
  return stem.replace(/\bf1(?=_|$)/g, 'F1').replaceAll('_', ' ');
}

function headingOf(words: string, unit: Unit | null): string {
  return unit ? `${words}, ${UNITS[unit].symbol}` : words;
}

/** A score over seeds, with its deviation, range and interval. */
export function scoreColumn({ name, unit }: KnownMeasure) {
  const part = (ending: Part) => `${name}_${ending}_${unit}`;
  const parts = {
    std: part('std'),
    min: part('min'),
    max: part('max'),
    low: part('low'),
    high: part('high'),
  };
  return { ...column(name, unit, { shown: 'terminal' }), parts };
}

/**
 * A score less that of the vanilla student, with its interval and p-values. In CSV alone, with several seeds: the p-value of the
 * exact test over seeds, and the difference that a study like this would find in 80 of 100 cases.
 */
export function differenceColumn({ key, name, unit }: KnownMeasure) {
  const difference = `${name}_difference`;
  const parts = {
    low: `${difference}_low_${unit}`,
    high: `${difference}_high_${unit}`,
    p: `${name}_p`,
    p_holm: `${name}_p_holm`,
  };
  const shown = key === DECIDING ? 'terminal' : 'report';
  return {
    ...column(difference, unit, { shown, signed: true }),
    parts,
    exact: column(`${name}_p_permutation`, null, { shown: 'csv' }),
    detectable: column(`${difference}_detectable`, unit, { shown: 'csv' }),
  };
}

/** What the paper prints; the report shows it in grey below the value that it is compared with. */
export function paperColumn(stem: string, unit: Unit | null): Column {
  const heading = headingOf(`paper: ${wordsOf(stem)}`, unit);
  return column(`paper_${stem}`, unit, { place: 'paper', heading });
}

/** The name of the column of what the paper prints for a column. */
export function paperNameOf({ name }: Column): string {
  return `paper_${name.replace('_mean_', '_')}`;
}

const COLUMNS: readonly Column[] = [
  column('model', null, { place: 'subject', shown: 'terminal' }),
  column('form', null, { place: 'subject', shown: 'terminal' }),
  column('beta', null, { place: 'subject', shown: 'terminal', heading: 'β' }),
  column('precision', null, { place: 'subject', shown: 'csv' }),
  column('claim', null, { place: 'subject' }),
  column('parameters', null, { place: 'cost', shown: 'terminal' }),
  column('file', 'bytes', { place: 'cost', shown: 'terminal', heading: UNITS.bytes.symbol }),
  column('latency_mean', 'ms', {
    place: 'cost',
    shown: 'terminal',
    headingWithParts: headingOf('latency', 'ms'),
    parts: { std: 'latency_std_ms' },
  }),
  column('latency_std', 'ms', { place: 'cost' }),
  ...[50, 90, 95, 99].map(p => column(`latency_p${p}`, 'ms', { place: 'cost', shown: 'csv' })),
  column('speedup', 'times', {
    place: 'cost',
    heading: 'speed-up, times',
    parts: { low: 'speedup_low_times', high: 'speedup_high_times' },
  }),
  column('energy_per_1000_sentences', 'joules', { place: 'cost' }),
  column('energy_from', null, { place: 'cost', shown: 'csv' }),
  ...MEASURES.flatMap(measure => {
    const difference = differenceColumn(measure);
    const { shown, parts, exact, detectable } = difference;
    return [scoreColumn(measure), difference, column(parts.p_holm, null, { shown }), exact, detectable];
  }),
  paperColumn('parameters', null),
  paperColumn('latency', 'ms'),
  ...PAPER_SCORES.table2.map(score => paperColumn(score, 'percent')),
  column('seed', null, { isLabel: true }),
  column('seeds', null, { place: 'source' }),
  column('runs', null, { place: 'source', ofRuns: true }),
  column('run', null, { ofRuns: true }),
];
/** Of differences, and their p-values. */
const DIFFERENCES = new Set(
  MEASURES.map(differenceColumn).flatMap(({ name, parts }) => [name, parts.p_holm]),
);
const BY_NAME = new Map(COLUMNS.map(each => [each.name, each]));

/**
 * What is known of a column. Of one that is not listed, such as `O_fraction` or `recall_percent`, its name says it: the unit
 * is its last part, and the rest are its words.
 */
export function columnOf(name: string): Column {
  const known = BY_NAME.get(name);
  if (known) return known;
  const at = name.lastIndexOf('_');
  const last = name.slice(at + 1);
  return at >= 0 && isUnit(last) ? column(name.slice(0, at), last) : column(name, null);
}

function isUnit(text: string): text is Unit {
  return Object.hasOwn(UNITS, text);
}

const MISSING = '–';

/**
 * With the decimals of its unit; counts with separators of thousands; a dash for what is missing, in a row that a cell has
 * made also in JavaScript's other forms.
 */
export function formatValue(
  { unit, isLabel }: Pick<Column, 'unit' | 'isLabel'>,
  value: TableValue | undefined,
): string {
  if (value === null || value === undefined || Number.isNaN(value)) return MISSING;
  if (typeof value === 'string') return value;
  if (unit) {
    const shown = UNITS[unit];
    return ('each' in shown ? value * shown.each : value).toFixed(shown.decimals);
  }
  if (isLabel) return String(value);
  return Number.isInteger(value) ? value.toLocaleString('en-US') : String(Number(value.toPrecision(4)));
}

/** A fraction in per cent, unrounded, for a column of that unit; `null` where there is none. */
export function inPercent(fraction: number | null | undefined): number | null {
  return fraction === null || fraction === undefined ? null : 100 * fraction;
}

/**
 * A table of the report: scores first, without columns that are empty throughout, and without the number of seeds where
 * there is one. Parts are kept for the cells that they stand in.
 */
export function forReport(rows: readonly TableRow[]): TableRow[] {
  const columns = columnsOf(rows)
    .filter(
      ({ name, shown }) =>
        shown !== 'csv' &&
        rows.some(row => row[name] !== null) &&
        !(name === 'seeds' && rows.every(row => row.seeds === 1)),
    )
    .sort((a, b) => PLACES.indexOf(a.place) - PLACES.indexOf(b.place));
  return chosen(rows, columns);
}

/**
 * Of a table what fits into a terminal: what models cost, which does not depend on β, is left out of a sweep, and the
 * differences of models in 8 bits beside what they cost.
 */
export function forTerminal(rows: readonly TableRow[], of: 'costs' | 'differences'): TableRow[] {
  const columns = columnsOf(rows).filter(
    ({ name, shown, place }) =>
      shown === 'terminal' && (of === 'costs' ? !DIFFERENCES.has(name) : place !== 'cost'),
  );
  return chosen(rows, columns);
}

/** The columns of the first row, which all have. */
export function columnsOf(rows: readonly TableRow[]): Column[] {
  return rows.length === 0 ? [] : Object.keys(rows[0]).map(columnOf);
}

function chosen(rows: readonly TableRow[], columns: readonly Column[]): TableRow[] {
  return rows.map(row => Object.fromEntries(columns.map(({ name }) => [name, row[name]])));
}
