/**
 * The paper's Figures 1–4 as Plotly specifications: pure data, the same for the static SVG, the interactive figure in a
 * notebook and the report. F1 is drawn with dots, not bars, where the axis does not begin at 0.
 */
import type { CriticalForm, Role, Study, StudyRun } from '../experiment/study';
import { escapeHtml } from './escape';
import { isPaperCorpus, PAPER_TABLE_1, PAPER_TABLE_2, type PaperModel } from './paper-tables';
import {
  type ModelSummary,
  mainModels,
  type Spread,
  spreadOf,
  sweptModel,
  testCoverage,
  testF1,
  testF1Critical,
} from './summaries';

/** What Plotly draws: `Plotly.newPlot(element, figure.data, figure.layout)`. */
export interface Figure {
  readonly data: readonly Readonly<Record<string, unknown>>[];
  readonly layout: Readonly<Record<string, unknown>> & { readonly width: number; readonly height: number };
  /** The figure in words, for those who cannot see it: one line a point. */
  readonly description: string;
}

/** Helvetica, Arial and Liberation Sans have the same widths, so text stands alike everywhere. */
const FONT = { family: 'Helvetica, Arial, Liberation Sans, sans-serif', size: 14, color: '#222222' };
const GRID = '#e4e4e4';
/** Below the axis titles, outside of the plot. */
export const LEGEND = {
  orientation: 'h',
  x: 0.5,
  xanchor: 'center',
  y: 0,
  yref: 'container',
  yanchor: 'bottom',
  font: { size: 13 },
};
const PAPER_GREY = '#767676';

/** Okabe–Ito colours, told apart by people with any colour vision; each has its own shape for black and white. */
const STYLE: Readonly<Record<Role, { color: string; symbol: string }>> = {
  teacher: { color: '#0072b2', symbol: 'square' },
  control: { color: '#7f7f7f', symbol: 'triangle-up' },
  vanilla: { color: '#e69f00', symbol: 'diamond' },
  constrained: { color: '#009e73', symbol: 'circle' },
};
const FORM_STYLE: Readonly<Record<CriticalForm, { color: string; symbol: string; dash: string }>> = {
  logits: { color: '#009e73', symbol: 'circle', dash: 'solid' },
  weighted: { color: '#cc5500', symbol: 'square-open', dash: 'dash' },
};
const FORM_NAMES: Readonly<Record<CriticalForm, string>> = {
  logits: 'logit matching on critical tokens',
  weighted: 'class-weighted cross-entropy',
};

/** The paper's mark stands this much below the row of its model, so that equal values do not hide each other. */
const PAPER_OFFSET = 0.17;

type RunValue = (run: StudyRun) => number | null;

/** Overall entity-level F1 of teacher, control, vanilla and the best constrained student. */
export function figure1(study: Study): Figure {
  const panels = [{ title: 'F1, all types (%)', value: testF1, paper: (row: PaperModel) => row.f1Percent }];
  return dotFigure(study, `Figure 1. Overall F1 on the test split of ${study.corpus}`, panels);
}

/** F1_critical and Coverage of the same models. */
export function figure2(study: Study): Figure {
  const panels = [
    {
      title: 'F1<sub>critical</sub> (%)',
      value: testF1Critical,
      paper: (row: PaperModel) => row.f1CriticalPercent,
    },
    { title: 'Coverage (%)', value: testCoverage, paper: (row: PaperModel) => row.coveragePercent },
  ];
  const types = study.criticalTypes.join(', ');
  return dotFigure(study, `Figure 2. Critical types (${types}) on the test split of ${study.corpus}`, panels);
}

/** Latency against the number of parameters: a point for each model that was measured, with ± one deviation. */
export function figure3(study: Study): Figure {
  const points = mainModels(study).flatMap(model =>
    model.latencyMs
      ? [{ model, x: model.parameters / 1e6, y: model.latencyMs.mean, std: model.latencyMs.std }]
      : [],
  );
  // Room to the right for the longest label.
  const xEnd = 1.9 * Math.max(1e-3, ...points.map(point => point.x));
  const yEnd = 1.25 * Math.max(1e-3, ...points.map(point => point.y + point.std));
  const labelHeights = spread(
    points.map(point => point.y),
    yEnd * 0.075,
  );
  const data = points.map(({ model, x, y, std }) => ({
    type: 'scatter',
    mode: 'markers',
    name: escapeHtml(model.name),
    x: [x],
    y: [y],
    error_y: { type: 'data', array: [std], color: STYLE[model.role].color, thickness: 1.5, width: 6 },
    // Open marks: students of one size lie on top of each other.
    marker: { ...markerOf(model.role), symbol: `${STYLE[model.role].symbol}-open`, line: { width: 2.5 } },
    showlegend: false,
    hovertemplate: '%{x:.3r} M parameters, %{y:.2f} ms',
  }));
  const labelX = (x: number) => x + xEnd * 0.045;
  const annotations = points.map(({ model, x, y, std }, i) => ({
    text: `${escapeHtml(model.name)}, ${y.toFixed(2)} ± ${std.toFixed(2)} ms`,
    x: labelX(x),
    y: labelHeights[i],
    xanchor: 'left',
    yanchor: 'middle',
    showarrow: false,
    font: { size: 13 },
  }));
  const leaders = points.map(({ x, y }, i) => ({
    type: 'line',
    layer: 'below',
    x0: x,
    y0: y,
    x1: labelX(x),
    y1: labelHeights[i],
    line: { color: '#999999', width: 1 },
  }));
  const batch = mainModels(study).flatMap(model => model.runs.map(run => run.latency?.batchSize))[0];
  const layout = {
    ...frame('Figure 3. Latency and size', 760, 460),
    margin: { l: 76, r: 24, t: 56, b: 64 },
    xaxis: { ...axis('parameters (millions)'), range: [0, xEnd] },
    yaxis: { ...axis(`latency of a batch${batch ? ` of ${batch}` : ''} (ms)`), range: [0, yEnd] },
    annotations,
    shapes: leaders,
  };
  return {
    data,
    layout,
    description: annotations.map((label, i) => `${label.text}, ${millions(points[i].x)}`).join('\n'),
  };
}

/** F1 overall and F1_critical against β, a line for each form of the critical loss. */
export function figure4(study: Study): Figure {
  const metrics = [
    { title: 'F1, all types (%)', value: testF1, paper: PAPER_TABLE_2.map(row => row.f1Percent) },
    {
      title: 'F1<sub>critical</sub> (%)',
      value: testF1Critical,
      paper: PAPER_TABLE_2.map(row => row.f1CriticalPercent),
    },
  ];
  const data = metrics.flatMap(({ value, paper }, panel) => [
    ...study.forms.map(form => sweepLine(study, form, value, panel)),
    ...(isPaperCorpus(study.corpus) ? [paperLine(paper, panel)] : []),
  ]);
  const range = zoomedRange(data.flatMap(line => line.y));
  const beta = (panel: number) => ({
    ...axis('β, weight of the critical loss'),
    domain: panel === 0 ? [0, 0.46] : [0.54, 1],
    range: [-0.04, Math.max(...study.betas, 0.1) + 0.04],
    tickvals: [...study.betas],
    ticktext: study.betas.map(String),
  });
  const layout = {
    ...frame(`Figure 4. The sweep over β on the test split of ${study.corpus}`, 860, 460),
    margin: { l: 70, r: 24, t: 84, b: 118 },
    xaxis: { ...beta(0), anchor: 'y' },
    yaxis: { ...axis('F1 (%)'), range },
    xaxis2: { ...beta(1), anchor: 'y2' },
    yaxis2: { ...axis(''), range, anchor: 'x2', matches: 'y' },
    legend: LEGEND,
    annotations: metrics.map(({ title }, panel) => panelTitle(title, panel === 0 ? 0.23 : 0.77)),
  };
  const description = data.map((line, i) => {
    const metric = metrics[Number(i >= data.length / 2)].title;
    return `${plain(metric)}, ${line.name}: ${line.x.map((x, j) => `β = ${x}: ${line.y[j].toFixed(2)}`).join('; ')}`;
  });
  return { data, layout, description: description.join('\n') };
}

interface Panel {
  readonly title: string;
  readonly value: RunValue;
  readonly paper: (row: PaperModel) => number;
}

/** One row a model, one panel a metric; our value above the row, the paper's (where it is the same corpus) below. */
function dotFigure(study: Study, title: string, panels: readonly Panel[]): Figure {
  const models = mainModels(study);
  const rows = models.map((_, i) => models.length - 1 - i);
  const withPaper = isPaperCorpus(study.corpus);
  const points = panels.map(panel => models.map(model => percents(spreadOf(model, panel.value))));
  const papers = panels.map(panel => models.map(model => (withPaper ? paperValue(model, panel) : null)));
  const values = [
    ...points.flat().flatMap(point => (point ? [point.mean, point.mean - (point.std ?? 0)] : [])),
    ...papers.flat(),
  ];
  const range = zoomedRange(values.filter((value): value is number => value !== null));
  const data = panels.flatMap((_, p) => [
    ...(papers[p].some(value => value !== null) ? [paperDots(papers[p], rows, p)] : []),
    ...models.flatMap((model, m) => (points[p][m] ? [modelDot(model, points[p][m]!, rows[m], p)] : [])),
  ]);
  const width = panels.length === 1 ? 760 : 980;
  const layout: Record<string, unknown> & { width: number; height: number } = {
    ...frame(title, width, 164 + 76 * Math.max(1, models.length)),
    margin: { l: 190, r: 30, t: 56, b: withPaper ? 106 : 70 },
    yaxis: {
      tickvals: rows,
      ticktext: models.map(model => wrapped(model.name)),
      range: [-0.6, models.length - 0.4],
      // Unseen ticks keep the names away from marks at the edge.
      ticks: 'outside',
      ticklen: 10,
      tickcolor: '#ffffff',
      showgrid: true,
      gridcolor: GRID,
      zeroline: false,
    },
    legend: LEGEND,
  };
  panels.forEach((panel, p) => {
    layout[p === 0 ? 'xaxis' : `xaxis${p + 1}`] = {
      ...axis(panel.title),
      domain: panels.length === 1 ? [0, 1] : [p * 0.53, p * 0.53 + 0.47],
      range,
    };
  });
  const description = models.flatMap((model, m) =>
    panels.map((panel, p) => {
      const paper = papers[p][m] === null ? '' : ` (paper ${papers[p][m]!.toFixed(2)})`;
      return `${model.name}: ${plain(panel.title)} ${points[p][m] ? points[p][m]!.mean.toFixed(2) : '–'}${paper}`;
    }),
  );
  return { data, layout, description: description.join('\n') };
}

function modelDot(model: ModelSummary, { mean, std }: Spread, row: number, panel: number) {
  return {
    type: 'scatter',
    mode: 'markers+text',
    name: escapeHtml(model.name),
    x: [mean],
    y: [row],
    ...(std !== null && {
      error_x: { type: 'data', array: [std], color: STYLE[model.role].color, thickness: 1.5 },
    }),
    text: [mean.toFixed(2)],
    textposition: 'top center',
    textfont: { size: 14 },
    marker: markerOf(model.role),
    cliponaxis: false,
    showlegend: false,
    hovertemplate: '%{x:.2f} %',
    ...onPanel(panel, false),
  };
}

function paperDots(values: readonly (number | null)[], rows: readonly number[], panel: number) {
  const shown = values.flatMap((value, i) => (value === null ? [] : [{ value, row: rows[i] }]));
  return {
    type: 'scatter',
    mode: 'markers+text',
    name: 'as the paper prints it',
    x: shown.map(point => point.value),
    y: shown.map(point => point.row - PAPER_OFFSET),
    text: shown.map(point => point.value.toFixed(2)),
    textposition: 'bottom center',
    textfont: { size: 12, color: PAPER_GREY },
    marker: { symbol: 'x-thin', size: 10, color: PAPER_GREY, line: { color: PAPER_GREY, width: 2 } },
    cliponaxis: false,
    showlegend: panel === 0,
    hovertemplate: 'paper: %{x:.2f} %',
    ...onPanel(panel, false),
  };
}

function sweepLine(study: Study, form: CriticalForm, value: RunValue, panel: number) {
  const points = study.betas.flatMap(beta => {
    const model = sweptModel(study, form, beta);
    const point = model && percents(spreadOf(model, value));
    return point ? [{ beta, ...point }] : [];
  });
  const { color, symbol, dash } = FORM_STYLE[form];
  const deviations = points.map(point => point.std);
  return {
    type: 'scatter',
    mode: 'lines+markers',
    name: FORM_NAMES[form],
    legendgroup: form,
    x: points.map(point => point.beta),
    y: points.map(point => point.mean),
    ...(deviations.some(std => std !== null) && {
      error_y: { type: 'data', array: deviations, color, thickness: 1.2 },
    }),
    line: { color, dash, width: 2.5 },
    marker: { symbol, size: 10, color, line: { color, width: 2 } },
    showlegend: panel === 0,
    hovertemplate: 'β = %{x}: %{y:.2f} %',
    ...onPanel(panel, true),
  };
}

function paperLine(values: readonly number[], panel: number) {
  return {
    type: 'scatter',
    mode: 'lines+markers',
    name: 'as the paper prints it (form not given)',
    legendgroup: 'paper',
    x: PAPER_TABLE_2.map(row => row.beta),
    y: [...values],
    line: { color: PAPER_GREY, dash: 'dot', width: 1.2 },
    marker: { symbol: 'x-thin', size: 7, color: PAPER_GREY, line: { color: PAPER_GREY, width: 1.5 } },
    showlegend: panel === 0,
    hovertemplate: 'paper, β = %{x}: %{y:.2f} %',
    ...onPanel(panel, true),
  };
}

/** Title, size and font, the same for all figures. */
export function frame(title: string, width: number, height: number) {
  return {
    // Flush left: the buttons of the interactive figure stand at the right.
    title: {
      text: escapeHtml(title),
      x: 0.02,
      xanchor: 'left',
      y: 0.97,
      yanchor: 'top',
      font: { size: 17 },
    },
    width,
    height,
    font: FONT,
    paper_bgcolor: '#ffffff',
    plot_bgcolor: '#ffffff',
  };
}

/** An axis with a line, ticks and a grid; the title names the unit. */
export function axis(title: string) {
  const line = { showline: true, linecolor: '#444444', ticks: 'outside', ticklen: 5, tickcolor: '#444444' };
  return { title: { text: title, font: { size: 15 } }, gridcolor: GRID, zeroline: false, ...line };
}

function panelTitle(text: string, x: number) {
  const place = { x, xref: 'paper', xanchor: 'center', y: 1, yref: 'paper', yanchor: 'bottom', yshift: 6 };
  return { text: `<b>${text}</b>`, showarrow: false, font: { size: 15 }, ...place };
}

function markerOf(role: Role) {
  return { ...STYLE[role], size: 13, line: { color: '#222222', width: 1 } };
}

/** Names of the axes of a panel; dot plots share the y axis, line plots have one each. */
function onPanel(panel: number, ownY: boolean) {
  if (panel === 0) return {};
  return { xaxis: `x${panel + 1}`, ...(ownY && { yaxis: `y${panel + 1}` }) };
}

function percents(spreadOfFractions: Spread | null): Spread | null {
  if (!spreadOfFractions) return null;
  const { mean, std } = spreadOfFractions;
  return { mean: mean * 100, std: std === null ? null : std * 100 };
}

function paperValue(model: ModelSummary, panel: Panel): number | null {
  const row = PAPER_TABLE_1[model.role];
  return row ? panel.paper(row) : null;
}

/** A range of percent around the values with room for labels: at least 2 points wide, hardly beyond 0 and 100. */
function zoomedRange(values: readonly number[]): [number, number] {
  if (values.length === 0) return [0, 100];
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const margin = Math.max(0.12 * (high - low), 0.3, (2 - (high - low)) / 2);
  return [Math.max(-0.04 * (high + margin), low - margin), Math.min(101, high + margin)];
}

/** Moves positions apart, keeping their order, until neighbours are `gap` apart; each stays as near as may be. */
function spread(positions: readonly number[], gap: number): number[] {
  const order = positions.map((_, i) => i).sort((a, b) => positions[a] - positions[b]);
  const clusters: { members: number[]; centre: number }[] = [];
  for (const member of order) {
    let cluster = { members: [member], centre: positions[member] };
    let last = clusters.at(-1);
    while (last && last.centre + reach(last) + gap > cluster.centre - reach(cluster)) {
      clusters.pop();
      const members = [...last.members, ...cluster.members];
      cluster = { members, centre: members.reduce((sum, i) => sum + positions[i], 0) / members.length };
      last = clusters.at(-1);
    }
    clusters.push(cluster);
  }
  const moved = [...positions];
  for (const { members, centre } of clusters)
    members.forEach((member, i) => {
      moved[member] = centre + (i - (members.length - 1) / 2) * gap;
    });
  return moved;

  function reach(cluster: { members: number[] }): number {
    return ((cluster.members.length - 1) / 2) * gap;
  }
}

/** A model's name on two lines, where it has a part in brackets. */
export function wrapped(name: string): string {
  return escapeHtml(name).replace(' (', '<br>(');
}

function plain(title: string): string {
  return title.replace('<sub>critical</sub>', '_critical').replace(' (%)', '');
}

function millions(value: number): string {
  return `${Number(value.toPrecision(3))} million parameters`;
}
