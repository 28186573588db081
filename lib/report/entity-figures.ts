/**
 * Figures over entities themselves, of any corpus and any models: which types there are, what became of each, and which
 * are taken for which.
 */
import { range, sum } from 'd3-array';
import type { Outcome, TypeConfusion } from '../evaluation/errors';
import { escapeHtml } from './escape';
import { axis, type Figure, frame, LEGEND, wrapped } from './figures';
import { shortened, widthOfText } from './text-size';

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
/** With more types than this, their names below the bars would run into each other. */
const MOST_BAR_TYPES = 40;
/** Without margins, in pixels. */
const BAR_FIGURE_WIDTH = 660;
const SLANTED_LENGTH = 110;
const MOST_SLANTED = 24;
/** The narrowest segment of a bar that has room for its number, as a fraction of the width. */
const LABELLED_SEGMENT = 0.05;
/** Names at axes: their size in pixels, the width of an average letter with room, and letters of a name at most. */
const LABEL_SIZE = 14;
const LETTER_WIDTH = 8;
const MOST_LETTERS = 40;
/** Between the panels, the least that either takes, and room for the number behind a bar, as fractions of the width. */
const GAP = 0.05;
const LEAST_PANEL = 0.22;
const NUMBER = 0.06;

/**
 * The share of each type among the entities of a part of the corpus, in percent: a group of bars for each type, of many types
 * for the most frequent.
 */
export function entityTypesFigure(parts: readonly TypeCounts[]): Figure {
  const all = [...new Set(parts.flatMap(({ counts }) => Object.keys(counts)))];
  // A type can have the name of something that every object has.
  const countOf = ({ counts }: TypeCounts, type: string) => (Object.hasOwn(counts, type) ? counts[type] : 0);
  const types = foremost(all, MOST_BAR_TYPES, type => sum(parts, part => countOf(part, type)));
  const totals = parts.map(({ counts }) => sum(Object.values(counts)));
  const shares = parts.map((part, p) =>
    types.map(type => (totals[p] > 0 ? (100 * countOf(part, type)) / totals[p] : null)),
  );
  const labelled = types.length * parts.length <= MOST_LABELLED_BARS;
  const names = types.map(name => shortened(name, MOST_LETTERS));
  const length = longest(names);
  const upright = labelled && length <= BAR_FIGURE_WIDTH / types.length;
  // The last slanted name ends in the margin at the right; longer ones, and many, stand on end.
  const angle = upright ? 0 : length <= SLANTED_LENGTH && types.length <= MOST_SLANTED ? 40 : 90;
  const data = parts.map((part, p) => ({
    type: 'bar',
    name: `${escapeHtml(part.part)} (${totals[p].toLocaleString('en-US')} entities)`,
    x: types.map(escapeHtml),
    y: shares[p],
    ...(labelled && {
      text: shares[p].map(share => share?.toFixed(1) ?? ''),
      textposition: 'outside',
      textangle: 0,
      textfont: { size: 12 },
      cliponaxis: false,
    }),
    customdata: types.map(type => countOf(part, type)),
    marker: patterned(PART_STYLE[p % PART_STYLE.length]),
    hovertemplate: '%{x}: %{y:.1f} % (%{customdata} entities)',
  }));
  const bottom = { 0: 106, 40: 150, 90: Math.round(length) + 70 }[angle];
  const highest = Math.max(1, ...shares.flat().map(share => share ?? 0));
  const layout = {
    ...frame(
      `Entity types in the parts of the corpus${ofAll(types, all, 'most frequent')}`,
      760,
      420 - 106 + bottom,
    ),
    margin: { l: 70, r: angle === 40 ? 76 : 24, t: 56, b: bottom },
    barmode: 'group',
    bargap: 0.22,
    bargroupgap: 0.06,
    xaxis: {
      ...axis(upright ? 'entity type' : ''),
      type: 'category',
      ticklen: 0,
      showgrid: false,
      tickangle: angle,
      ...((!upright || names.join() !== types.join()) && {
        tickvals: types.map(escapeHtml),
        ticktext: names.map(escapeHtml),
      }),
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
  const golds = models.map(model => sum(outcomes, outcome => model[outcome]));
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

export interface ConfusionOptions {
  /** Default: `Which types are taken for which`. */
  readonly title?: string;
  /** Where the number of a cell leads, such as `#PER-ORG`; indices of the gold and the predicted name. */
  readonly linkOf?: (gold: number, predicted: number) => string;
}

/** The `most` items with the highest value, in their order. */
function foremost<T>(items: readonly T[], most: number, value: (item: T) => number): readonly T[] {
  if (items.length <= most) return items;
  const chosen = new Set([...items].sort((a, b) => value(b) - value(a)).slice(0, most));
  return items.filter(item => chosen.has(item));
}

/** For a title, where types are left out. */
function ofAll(shown: readonly unknown[], all: readonly unknown[], which: string): string {
  return shown.length < all.length ? ` (the ${shown.length} ${which} of ${all.length})` : '';
}

/** The width of the longest name at an axis, in pixels. */
function longest(names: readonly string[]): number {
  return Math.max(
    0,
    ...names.map(name => Math.max(LETTER_WIDTH * name.length, widthOfText(name, LABEL_SIZE))),
  );
}

/** An empty cell, and what a cell that holds all entities of its row has: light enough for dark numbers, also in black and white. */
const EMPTY_CELL = [255, 255, 255];
const RIGHT_CELL = [134, 188, 227];
const WRONG_CELL = [244, 170, 96];
/** The picture of a table of more types is larger than a screen, and takes seconds to draw. */
const MOST_CONFUSED_TYPES = 24;
/** Cells are squares of so many pixels, fewer where there are many types. */
const MOST_CELL = 76;
const LEAST_CELL = 40;
const CONFUSION_WIDTH = 640;
/** Room for the title. */
const LEAST_WIDTH = 460;

/** The types that the figure of a confusion shows, as indices: all, or those with the most errors, of equals the first. */
export function typesShown({ names, counts }: TypeConfusion): readonly number[] {
  const errors = counts.map((row, type) => sum(row) - 2 * row[type]);
  for (const row of counts) for (const [type, count] of row.entries()) errors[type] += count;
  return foremost(range(names.length - 1), MOST_CONFUSED_TYPES, type => errors[type]);
}

/**
 * The confusion of types as a table in colour: rows are gold types, columns predicted ones. The colour of a cell is its share
 * of its row; right types are blue and framed, all else orange. Of many types it shows those with the most errors.
 */
export function confusionFigure(confusion: TypeConfusion, options: ConfusionOptions = {}): Figure {
  const { title = 'Which types are taken for which', linkOf } = options;
  const allTypes = confusion.names.slice(0, -1);
  const types = typesShown(confusion);
  // The row and column of no entity stay the last.
  const places = [...types, allTypes.length];
  const names = places.map(place => confusion.names[place]);
  const counts = places.map(gold => places.map(predicted => confusion.counts[gold][predicted]));
  const last = types.length;
  const left = ofAll(types, allTypes, 'most often mistaken');
  const cell = Math.max(LEAST_CELL, Math.min(MOST_CELL, Math.floor(CONFUSION_WIDTH / names.length)));
  const [goldNames, predictedNames] = ['spurious', 'missed'].map(end => [
    ...names.slice(0, -1).map(name => shortened(name, MOST_LETTERS)),
    end,
  ]);
  const slanted = longest(predictedNames) > cell;
  const labels = { left: longest(goldNames), top: slanted ? 0.7 * longest(predictedNames) : 20 };
  const margin = {
    l: labels.left + 52,
    r: 24 + (slanted ? 0.7 * longest(predictedNames) : 0),
    t: labels.top + 96,
    b: 24,
  };
  const cells = counts.flatMap((row, gold) => row.map((count, predicted) => ({ gold, predicted, count })));
  const totals = places.map(gold => sum(confusion.counts[gold]));
  const isRight = ({ gold, predicted }: { gold: number; predicted: number }) =>
    gold === predicted && gold < last;
  const said = ({ gold, predicted }: { gold: number; predicted: number }): string =>
    gold === last
      ? `${names[predicted]} where there is no entity`
      : `${names[gold]} ${predicted === last ? 'missed' : `predicted as ${names[predicted]}`}`;

  const counted = cells.filter(({ count }) => count > 0);
  const line = { color: '#d0d0d0', width: 1 };
  // Most cells are empty: one shape draws them all.
  const edges = range(names.length + 1).map(i => i - 0.5);
  const end = last + 0.5;
  const grid = edges.map(at => `M-0.5,${at}L${end},${at}M${at},-0.5L${at},${end}`).join('');
  const filled = counted.map(place => {
    const share = place.count / totals[place.gold];
    const [x, y] = [place.predicted, place.gold];
    return {
      type: 'rect',
      layer: 'below',
      x0: x - 0.5,
      x1: x + 0.5,
      y0: y - 0.5,
      y1: y + 0.5,
      fillcolor: blend(isRight(place) ? RIGHT_CELL : WRONG_CELL, share),
      line,
    };
  });
  const frames = range(last).map(i => {
    const [from, to] = [i - 0.47, i + 0.47];
    return `M${from},${from}L${to},${from}L${to},${to}L${from},${to}Z`;
  });
  const path = (path: string, line: object) => ({ type: 'path', layer: 'below', path, line });
  const shapes = [
    path(grid, line),
    ...filled,
    // Drawn after all cells, so that no neighbour covers them.
    ...(last > 0 ? [path(frames.join(''), { color: '#1f5f8b', width: 2 })] : []),
  ];
  const data = [
    {
      type: 'scatter',
      mode: 'text',
      x: counted.map(({ predicted }) => predicted),
      y: counted.map(({ gold }) => gold),
      text: counted.map(({ gold, predicted, count }) => {
        const number = count.toLocaleString('en-US');
        return linkOf
          ? `<a href="${escapeHtml(linkOf(places[gold], places[predicted]))}" target="_self">${number}</a>`
          : number;
      }),
      textfont: { size: cell > 48 ? 15 : 12, color: '#111111' },
      customdata: counted.map(place => escapeHtml(said(place))),
      hovertemplate: '%{customdata}<extra></extra>',
      showlegend: false,
    },
  ];
  const ticks = (ends: readonly string[]) => ({
    tickvals: ends.map((_, i) => i),
    ticktext: ends.map((name, i) => (i === last ? `<i>${name}</i>` : escapeHtml(name))),
    ticks: 'outside',
    ticklen: 6,
    tickcolor: '#ffffff',
    showgrid: false,
    zeroline: false,
    fixedrange: true,
  });
  const caption = { xref: 'paper', yref: 'paper', showarrow: false, font: { size: 15 } };
  const side = cell * names.length;
  const width = Math.round(Math.max(margin.l + side + margin.r, LEAST_WIDTH));
  const layout = {
    ...frame(title + left, width, Math.round(margin.t + side + margin.b)),
    margin: { ...margin, r: width - margin.l - side },
    shapes,
    annotations: [
      { ...caption, text: 'predicted', x: 0.5, y: 1, yanchor: 'bottom', yshift: labels.top + 12 },
      { ...caption, text: 'gold', textangle: -90, x: 0, y: 0.5, xanchor: 'right', xshift: -labels.left - 20 },
    ],
    xaxis: {
      ...ticks(predictedNames),
      side: 'top',
      range: [-0.5, last + 0.5],
      tickangle: slanted ? -40 : 0,
    },
    yaxis: { ...ticks(goldNames), range: [last + 0.5, -0.5] },
  };
  const description = [
    ...(left === '' ? [] : [left.trim()]),
    ...counted.map(place => `${said(place)}: ${place.count}`),
  ];
  return { data, layout, description: description.join('\n') || 'no entities' };
}

/** The colour for 1, nearly white for a small share, so that no count looks like none. */
function blend(color: readonly number[], share: number): string {
  const strength = 0.12 + 0.88 * share;
  const parts = color.map((channel, i) => Math.round(EMPTY_CELL[i] + strength * (channel - EMPTY_CELL[i])));
  return `rgb(${parts.join(',')})`;
}

function patterned({ color, shape }: { color: string; shape: string }) {
  const line = { color: '#222222', width: 0.8 };
  return shape
    ? { color, line, pattern: { shape, fillmode: 'overlay', fgcolor: '#222222', size: 7, solidity: 0.22 } }
    : { color, line };
}
