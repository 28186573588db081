/** A figure of panels beside each other, lines with points and the ends of their bars. */
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
  type Point,
  panelTitle,
  zoomedRange,
} from 'ner-distill/report/figures';

export interface Line {
  readonly name: string;
  /** Plotly's; without a symbol it is a line alone. */
  readonly style: { readonly color: string; readonly symbol?: string; readonly dash?: string };
  readonly points: readonly ({ readonly x: number } & Point)[];
  /** Default: each name stands in the legend once. */
  readonly inLegend?: boolean;
}

export interface Panel {
  /** May have HTML, for what is set low. */
  readonly title: string;
  readonly lines: readonly Line[];
}

export interface PanelFigure {
  readonly title: string;
  readonly finding?: string;
  readonly panels: readonly Panel[];
  readonly xTitle: string;
  readonly yTitle?: string;
  /** Where the ticks of x are; default Plotly's choice. */
  readonly ticks?: readonly number[];
  readonly log?: boolean;
  /** Whether 0 has a line, which all is compared with. */
  readonly zero?: boolean;
  readonly range?: readonly [number, number];
}

const WIDTH = 1000;

export function panelFigure(of: PanelFigure): Figure {
  const { panels, ticks, log, zero } = of;
  const all = panels.flatMap(({ lines }) => lines.flatMap(({ points }) => points));
  const values = all.flatMap(({ mean, low, high }) => [mean, low ?? mean, high ?? mean]);
  const range = of.range ?? (zero ? aroundZero(values) : zoomedRange(values));
  const domains = panels.map((_, p) => domainOf(p, panels.length, 0.05));
  const named = new Set<string>();
  const data = panels.flatMap(({ lines }, p) =>
    lines.map(({ name, style, points, inLegend = true }) => {
      const isFirst = inLegend && !named.has(name);
      if (isFirst) named.add(name);
      const { color, symbol, dash = 'solid' } = style;
      return {
        type: 'scatter',
        mode: symbol ? 'lines+markers' : 'lines',
        name: escapeHtml(name),
        x: points.map(({ x }) => x),
        y: points.map(({ mean }) => mean),
        ...(points.some(({ low }) => low !== null) && { error_y: errorBars(points, color) }),
        line: { color, dash, width: 2 },
        ...(symbol && { marker: { symbol, size: 9, color, line: { color, width: 1.5 } } }),
        showlegend: isFirst,
        ...onPanel(p, true),
      };
    }),
  );
  const xAxis = {
    ...axis(of.xTitle),
    ...(log && { type: 'log' }),
    ...(ticks && { tickvals: ticks, ticktext: ticks.map(String) }),
  };
  const layout = {
    ...frame(of.title, WIDTH, 460, of.finding),
    margin: { l: 70, r: 24, t: 104, b: 118 },
    ...Object.fromEntries(
      panels.flatMap((_, p) => [
        [axisName('xaxis', p), { ...xAxis, domain: domains[p], anchor: axisName('y', p) }],
        [
          axisName('yaxis', p),
          {
            ...axis(p === 0 ? (of.yTitle ?? '') : ''),
            range,
            anchor: axisName('x', p),
            ...(zero && { zeroline: true, zerolinecolor: '#444444', zerolinewidth: 1.5 }),
            ...(p > 0 && { matches: 'y' }),
          },
        ],
      ]),
    ),
    annotations: panels.map(({ title }, p) => panelTitle(title, (domains[p][0] + domains[p][1]) / 2)),
    legend: LEGEND,
  };
  const description = panels.flatMap(({ title, lines }) =>
    lines.map(
      ({ name, points }) =>
        `${title}, ${name}: ${points.map(({ x, mean }) => `${x}: ${mean.toFixed(2)}`).join('; ')}`,
    ),
  );
  return { data, layout, description: description.join('\n') };
}

/** Differences, which may be below 0, with a margin. */
function aroundZero(values: readonly number[]): [number, number] {
  const [low, high] = [Math.min(0, ...values), Math.max(0, ...values)];
  const margin = 0.08 * (high - low);
  return [low - margin, high + margin];
}
