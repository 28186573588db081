/** Scores against the share of sentences that have labels: a line a model, dashed with the other sentences as text. */
import { group } from 'd3-array';
import { MEASURES, type Measure } from 'ner-distill/evaluation/measures';
import type { Role } from 'ner-distill/experiment/study';
import { escapeHtml } from 'ner-distill/report/escape';
import {
  axis,
  axisName,
  domainOf,
  errorBars,
  type Figure,
  frame,
  LEGEND,
  onPanel,
  panelTitle,
  STYLE,
  titleOf,
  zoomedRange,
} from 'ner-distill/report/figures';

/** Models that are told apart in the table, whatever their seed. */
export interface Cell {
  readonly role: Role;
  readonly model: string;
  /** Share of the training sentences that have labels. */
  readonly fraction: number;
  readonly withText: boolean;
}

export interface CellScores extends Cell {
  /** Over seeds, in per cent; the deviation is `null` where there is one. */
  readonly scores: (measure: Measure) => { readonly mean: number | null; readonly std: number | null };
}

export function fewLabelsFigure(cells: readonly CellScores[]): Figure {
  const lines = [...group(cells, ({ model, withText }) => `${model}${withText ? ', with text' : ''}`)];
  const fractions = [...new Set(cells.map(({ fraction }) => fraction))].sort((a, b) => a - b);
  const points = MEASURES.map(({ key }) =>
    lines.map(([, line]) =>
      [...line]
        .sort((a, b) => a.fraction - b.fraction)
        .flatMap(({ fraction, scores }) => {
          const { mean, std } = scores(key);
          if (mean === null) return [];
          const [low, high] = std === null ? [null, null] : [mean - std, mean + std];
          return [{ fraction, mean, low, high }];
        }),
    ),
  );
  const all = points.flat(2).flatMap(({ mean, low, high }) => [mean, low ?? mean, high ?? mean]);
  const domains = MEASURES.map((_, p) => domainOf(p, MEASURES.length, 0.06));
  const data = MEASURES.flatMap((_, p) =>
    lines.map(([name, [{ role, withText }]], l) => {
      const { color, symbol } = STYLE[role];
      return {
        type: 'scatter',
        mode: 'lines+markers',
        name: escapeHtml(name),
        legendgroup: name,
        x: points[p][l].map(({ fraction }) => 100 * fraction),
        y: points[p][l].map(({ mean }) => mean),
        error_y: errorBars(points[p][l], color),
        line: { color, dash: withText ? 'dash' : 'solid', width: 2 },
        marker: { symbol: withText ? `${symbol}-open` : symbol, size: 9, color },
        showlegend: p === 0,
        hovertemplate: '%{x} %: %{y:.2f} %',
        ...onPanel(p, true),
      };
    }),
  );
  const layout = {
    ...frame('Few labels, and the other sentences as text', 1080, 500),
    margin: { l: 70, r: 24, t: 84, b: 130 },
    ...Object.fromEntries(
      MEASURES.flatMap((_, p) => [
        [
          axisName('xaxis', p),
          {
            ...axis('sentences with labels (%)'),
            type: 'log',
            tickvals: fractions.map(fraction => 100 * fraction),
            ticktext: fractions.map(fraction => String(Number((100 * fraction).toPrecision(3)))),
            domain: domains[p],
            anchor: axisName('y', p),
          },
        ],
        [
          axisName('yaxis', p),
          {
            ...axis(''),
            range: zoomedRange(all),
            anchor: axisName('x', p),
            ...(p > 0 && { matches: 'y' }),
          },
        ],
      ]),
    ),
    annotations: MEASURES.map((measure, p) =>
      panelTitle(titleOf(measure), (domains[p][0] + domains[p][1]) / 2),
    ),
    legend: LEGEND,
  };
  const description = MEASURES.flatMap(({ title }, p) =>
    lines.map(
      ([name], l) =>
        `${title}, ${name}: ${points[p][l].map(({ fraction, mean }) => `${100 * fraction} %: ${mean.toFixed(2)}`).join('; ')}`,
    ),
  );
  return { data, layout, description: description.join('\n') };
}
