/** The figure of docs/speed.md on growth: a panel for each thing that can be made larger, with the fitted exponents. */
import { axis, axisName, type Figure, frame, LEGEND } from 'ner-distill/report/figures';
import type { Growth } from './growth';

const COLUMNS = 3;
const PANEL_HEIGHT = 250;
const LINES = [
  { name: 'time', color: '#0072b2', dash: 'solid', symbol: 'circle' },
  { name: 'memory', color: '#e69f00', dash: 'dash', symbol: 'square-open' },
] as const;

/** Time and memory as multiples of those at the smallest size, on logarithmic axes. */
export function growthFigure(growths: readonly Growth[]): Figure {
  const rows = Math.ceil(growths.length / COLUMNS);
  const data = growths.flatMap(({ points }, panel) =>
    LINES.map(({ name, color, dash, symbol }) => {
      const values = points.map(point => (name === 'time' ? point.seconds : point.bytes));
      return {
        type: 'scatter',
        mode: 'lines+markers',
        name,
        legendgroup: name,
        showlegend: panel === 0,
        x: points.map(({ size }) => size),
        y: values.map(value => value / values[0]),
        line: { color, dash, width: 2 },
        marker: { color, symbol, size: 8, line: { color, width: 2 } },
        xaxis: axisName('x', panel),
        yaxis: axisName('y', panel),
      };
    }),
  );
  const axes = growths.flatMap(({ name, points }, panel) => [
    [
      axisName('xaxis', panel),
      {
        ...axis(name),
        type: 'log',
        tickvals: points.map(({ size }) => size),
        ticktext: points.map(({ size }) => size.toLocaleString('en')),
      },
    ],
    [axisName('yaxis', panel), { ...axis(''), type: 'log', dtick: 1, rangemode: 'tozero' }],
  ]);
  const annotations = growths.map(({ time, memory, work }, panel) => ({
    text: `time <b>${time.exponent.toFixed(2)}</b>, memory <b>${memory.exponent.toFixed(2)}</b>, work ${work.exponent.toFixed(2)}`,
    x: 0.5,
    y: 1,
    xref: `${axisName('x', panel)} domain`,
    yref: `${axisName('y', panel)} domain`,
    xanchor: 'center',
    yanchor: 'bottom',
    yshift: 4,
    showarrow: false,
    font: { size: 13 },
  }));
  const finding = 'Multiples of time and memory at the smallest size; above each panel the fitted exponents';
  const layout = {
    ...frame('Growth', 1000, 150 + rows * PANEL_HEIGHT, finding),
    margin: { l: 56, r: 24, t: 104, b: 96 },
    grid: { rows, columns: COLUMNS, pattern: 'independent', xgap: 0.16, ygap: 0.36 },
    ...Object.fromEntries(axes),
    annotations,
    legend: LEGEND,
    showlegend: true,
  };
  const description = growths.map(
    ({ name, what, time, memory, work }) =>
      `${name} (${what}): time grows with exponent ${time.exponent.toFixed(2)}, memory with ${memory.exponent.toFixed(2)}, the work itself with ${work.exponent.toFixed(2)}`,
  );
  return { data, layout, description: description.join('\n') };
}
