/** Figures over entities themselves, of any corpus and any models: which types there are, and what became of each. */
import type { Outcome } from '../evaluation/errors';
import { escapeHtml } from './escape';
import { axis, type Figure, frame, LEGEND, wrapped } from './figures';

/** How many entities of each type a part of the corpus has. */
export interface TypeCounts {
  readonly part: string;
  readonly counts: Readonly<Record<string, number>>;
}

/** How many entities of a model had each outcome; what is left out counts as 0. */
export type OutcomesRow = { readonly model: string } & Readonly<Partial<Record<Outcome, number>>>;

/** Okabe–Ito colours with a pattern each, which tells them apart in black and white. */
const PART_STYLE = [
  { color: '#0072b2', shape: '' },
  { color: '#e69f00', shape: '/' },
  { color: '#009e73', shape: 'x' },
  { color: '#cc79a7', shape: '.' },
];
/** Outcomes of gold entities in the order in which they are stacked; `text` colours the number, `null` leaves it out. */
const GOLD_OUTCOMES = {
  correct: { color: '#0072b2', shape: '', text: '#ffffff' },
  'wrong type': { color: '#e69f00', shape: '/', text: null },
  'wrong boundary': { color: '#56b4e9', shape: '.', text: null },
  'wrong type and boundary': { color: '#cc79a7', shape: 'x', text: null },
  missed: { color: '#f2f2f2', shape: '', text: '#222222' },
} as const;
const SPURIOUS = { color: '#999999', shape: '' };

/** With more bars than this, numbers above them would run into each other. */
const MOST_LABELLED_BARS = 24;
/** The narrowest segment of a bar that has room for its number, as a fraction of the width. */
const LABELLED_SEGMENT = 0.05;
/** Between the panels, the least that either takes, and room for the number behind a bar, as fractions of the width. */
const GAP = 0.05;
const LEAST_PANEL = 0.22;
const NUMBER = 0.06;

/** The share of each type among the entities of a part of the corpus, in percent: a group of bars for each type. */
export function entityTypesFigure(parts: readonly TypeCounts[]): Figure {
  const types = [...new Set(parts.flatMap(({ counts }) => Object.keys(counts)))];
  const totals = parts.map(({ counts }) => Object.values(counts).reduce((sum, count) => sum + count, 0));
  const shares = parts.map(({ counts }, p) =>
    types.map(type => (totals[p] > 0 ? (100 * (counts[type] ?? 0)) / totals[p] : null)),
  );
  const labelled = types.length * parts.length <= MOST_LABELLED_BARS;
  const data = parts.map(({ part, counts }, p) => ({
    type: 'bar',
    name: `${escapeHtml(part)} (${totals[p].toLocaleString('en-US')} entities)`,
    x: types.map(escapeHtml),
    y: shares[p],
    ...(labelled && {
      text: shares[p].map(share => share?.toFixed(1) ?? ''),
      textposition: 'outside',
      textangle: 0,
      textfont: { size: 12 },
      cliponaxis: false,
    }),
    customdata: types.map(type => counts[type] ?? 0),
    marker: patterned(PART_STYLE[p % PART_STYLE.length]),
    hovertemplate: '%{x}: %{y:.1f} % (%{customdata} entities)',
  }));
  const highest = Math.max(1, ...shares.flat().map(share => share ?? 0));
  const layout = {
    ...frame('Entity types in the parts of the corpus', 760, labelled ? 420 : 464),
    margin: labelled ? { l: 70, r: 24, t: 56, b: 106 } : { l: 70, r: 76, t: 56, b: 150 },
    barmode: 'group',
    bargap: 0.22,
    bargroupgap: 0.06,
    xaxis: {
      ...axis(labelled ? 'entity type' : ''),
      type: 'category',
      ticklen: 0,
      showgrid: false,
      tickangle: labelled ? 0 : 40,
    },
    yaxis: { ...axis('share of the entities of a part (%)'), range: [0, 1.1 * highest] },
    legend: LEGEND,
    showlegend: true,
  };
  const description = parts.flatMap(({ part }, p) =>
    types.map((type, t) => `${part}, ${type}: ${shares[p][t]?.toFixed(1) ?? '–'} %`),
  );
  return { data, layout, description: description.join('\n') };
}

/**
 * What became of the gold entities, a stacked bar for each model, and beside it, on the same scale, how many entities
 * the model invented.
 */
export function outcomesFigure(models: readonly OutcomesRow[]): Figure {
  const rows = models.map((_, m) => models.length - 1 - m);
  const outcomes = Object.keys(GOLD_OUTCOMES) as (keyof typeof GOLD_OUTCOMES)[];
  const golds = models.map(model => outcomes.reduce((sum, outcome) => sum + (model[outcome] ?? 0), 0));
  const [mostGold, mostSpurious] = [golds, models.map(model => model.spurious ?? 0)].map(counts =>
    Math.max(1, ...counts),
  );
  // Room for bars: gold with a margin at the end, spurious with a number there.
  const width = 1 - GAP;
  const share = (1.04 * mostGold) / (1.04 * mostGold + mostSpurious);
  const left = Math.min(width - LEAST_PANEL, Math.max(LEAST_PANEL, (width - NUMBER) * share));
  // One scale for both panels: how many entities the whole width stands for.
  const scale = Math.max((1.04 * mostGold) / left, mostSpurious / (width - left - NUMBER));

  const bars = (outcome: Outcome, style: { color: string; shape: string }) => ({
    type: 'bar',
    orientation: 'h',
    name: outcome,
    x: models.map(model => model[outcome] ?? 0),
    y: rows,
    width: 0.62,
    marker: patterned(style),
    textangle: 0,
    constraintext: 'none',
    hovertemplate: `${outcome}: %{x}`,
  });
  const numbers = (outcome: Outcome, least: number) =>
    models.map(model =>
      (model[outcome] ?? 0) >= least ? (model[outcome] ?? 0).toLocaleString('en-US') : '',
    );
  const data = [
    ...outcomes.map(outcome => {
      const { text: color, ...style } = GOLD_OUTCOMES[outcome];
      const text = color && {
        text: numbers(outcome, LABELLED_SEGMENT * scale),
        textposition: 'inside',
        insidetextanchor: 'middle',
        insidetextfont: { size: 13, color },
      };
      return { ...bars(outcome, style), ...text };
    }),
    {
      ...bars('spurious', SPURIOUS),
      xaxis: 'x2',
      text: numbers('spurious', 0),
      textposition: 'outside',
      outsidetextfont: { size: 13 },
    },
  ];
  const layout = {
    ...frame(
      'What became of the gold entities, and spurious ones',
      980,
      172 + 56 * Math.max(1, models.length),
    ),
    margin: { l: 190, r: 30, t: 56, b: 106 },
    barmode: 'stack',
    xaxis: {
      ...axis('gold entities (number)'),
      domain: [0, left],
      range: [0, left * scale],
      nticks: 8,
      separatethousands: true,
    },
    xaxis2: {
      ...axis('spurious (number)'),
      domain: [left + GAP, 1],
      range: [0, (width - left) * scale],
      nticks: 5,
      separatethousands: true,
      anchor: 'y',
    },
    yaxis: {
      tickvals: rows,
      ticktext: models.map(({ model }) => wrapped(model)),
      range: [-0.6, Math.max(1, models.length) - 0.4],
      showgrid: false,
      zeroline: false,
      ticklen: 6,
      ticks: 'outside',
      tickcolor: '#ffffff',
    },
    legend: { ...LEGEND, traceorder: 'normal' },
  };
  const description = models.map(
    (model, m) =>
      `${model.model}: of ${golds[m]} gold entities ${outcomes.map(outcome => `${model[outcome] ?? 0} ${outcome}`).join(', ')}; ${model.spurious ?? 0} spurious`,
  );
  return { data, layout, description: description.join('\n') };
}

function patterned({ color, shape }: { color: string; shape: string }) {
  const line = { color: '#222222', width: 0.8 };
  return shape
    ? { color, line, pattern: { shape, fillmode: 'overlay', fgcolor: '#222222', size: 7, solidity: 0.22 } }
    : { color, line };
}
