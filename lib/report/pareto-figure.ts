/** What quality costs: each model's F1_critical against its parameters and against its latency, with the Pareto fronts. */
import { DECIDING, measureOf } from '../evaluation/measures';
import { type Candidate, paretoFront } from '../experiment/select';
import { counted } from '../listed';
import { escapeHtml } from './escape';
import { axis, type Figure, frame, LEGEND, onPanel, titleOf, xAxes } from './figures';

const FRONT = '#0072b2';
const OTHER = '#999999';
const QUANTIZED = '#cc5500';

interface Panel {
  readonly title: string;
  readonly unit: string;
  readonly cost: (candidate: Candidate) => number | null;
}

const PARAMETERS: Panel = {
  title: 'parameters (millions)',
  unit: 'million parameters',
  cost: ({ parameters }) => parameters && parameters / 1e6,
};
/** A model in 8 bits has as many parameters as before, and a smaller file. */
const FILE: Panel = {
  title: 'file of the model (MB)',
  unit: 'MB',
  cost: ({ bytes }) => bytes && bytes / 1e6,
};
const LATENCY: Panel = {
  title: 'latency of a batch (ms)',
  unit: 'ms',
  cost: ({ latencyMs }) => latencyMs,
};

/** The title of the y axis, where labels of four digits leave it room: an axis's own stands at a fixed distance. */
const BESIDE_LABELS = {
  text: titleOf(measureOf(DECIDING)),
  textangle: -90,
  x: 0,
  xref: 'paper',
  xanchor: 'center',
  xshift: -66,
  y: 0.5,
  yref: 'paper',
  showarrow: false,
  font: { size: 15 },
};

/**
 * Models on a front are those than which no other is both cheaper and better; those in 8 bits have a ring. One panel where
 * no latency was measured.
 * @param part what the scores were taken on, for the title
 */
export function paretoFigure(candidates: readonly Candidate[], part: string): Figure {
  const known = candidates.filter(({ score }) => score[DECIDING] !== null);
  const size = known.some(({ precision }) => precision === 'int8') ? FILE : PARAMETERS;
  const shown = [size, ...(known.some(({ latencyMs }) => latencyMs !== null) ? [LATENCY] : [])];
  // A teacher that was given may have no size that is known.
  const scored = known.filter(candidate => shown.some(({ cost }) => cost(candidate) !== null));
  const data = shown.flatMap((panel, p) => panelTraces(scored, panel, p));
  const onFront = new Set(shown.flatMap(({ cost }) => paretoFront(scored, cost)));
  const finding = `${onFront.size} of ${counted(scored.length, 'model')} ${onFront.size === 1 ? 'is' : 'are'} on a front: the others are no cheaper and no better than one of them`;
  const layout = {
    ...frame(`Quality against cost on the ${part}`, shown.length === 1 ? 640 : 980, 500, finding),
    margin: { l: 90, r: 28, t: 76, b: 112 },
    yaxis: axis(''),
    annotations: [BESIDE_LABELS],
    legend: LEGEND,
    ...xAxes(
      shown.map(({ title, cost }) => ({
        title,
        range: [0, 1.12 * Math.max(1e-3, ...scored.map(candidate => cost(candidate) ?? 0))],
      })),
    ),
  };
  const description = shown.map(({ cost, unit, title }) => {
    const front = paretoFront(scored, cost).map(
      candidate =>
        `${candidate.name}, ${percent(candidate).toFixed(2)} % at ${round(cost(candidate)!)} ${unit}`,
    );
    return `On the front by ${title.replace(/ \(.*/, '')}: ${front.join('; ') || 'none'}.`;
  });
  return { data, layout, description: description.join('\n') };
}

function panelTraces(candidates: readonly Candidate[], { cost, unit }: Panel, panel: number) {
  const front = paretoFront(candidates, cost);
  const others = candidates.filter(candidate => !front.includes(candidate) && cost(candidate) !== null);
  const quantized = candidates.filter(
    candidate => candidate.precision === 'int8' && cost(candidate) !== null,
  );
  const points = (models: readonly Candidate[]) => ({
    type: 'scatter',
    x: models.map(model => cost(model)!),
    y: models.map(percent),
    text: models.map(({ name }) => escapeHtml(name)),
    hovertemplate: `%{text}<br>%{y:.2f} % at %{x:.3r} ${unit}<extra></extra>`,
    showlegend: panel === 0,
    ...onPanel(panel, false),
  });
  return [
    {
      ...points(others),
      name: 'another model is as cheap and as good or better',
      mode: 'markers',
      marker: { symbol: 'circle-open', size: 10, color: OTHER, line: { width: 2 } },
    },
    {
      ...points(front),
      name: 'Pareto front',
      mode: 'lines+markers',
      line: { color: FRONT, width: 2, shape: 'hv' },
      marker: { symbol: 'diamond', size: 12, color: FRONT },
    },
    ...(quantized.length > 0
      ? [
          {
            ...points(quantized),
            name: 'in 8 bits',
            mode: 'markers',
            marker: { symbol: 'circle-open', size: 20, color: QUANTIZED, line: { width: 1.5 } },
          },
        ]
      : []),
  ];
}

function percent({ score }: Candidate): number {
  return 100 * score[DECIDING]!;
}

function round(value: number): number {
  return Number(value.toPrecision(3));
}
