/**
 * The paper's Figures 1–4 as Plotly specifications: pure data, the same for the static SVG, the interactive figure in a
 * notebook and the report. F1 is drawn with dots, not bars, where the axis does not begin at 0.
 */
import { group, mean } from 'd3-array';
import { DECIDING, type KnownMeasure, MEASURES, type Measure, measureOf } from '../evaluation/measures';
import type { Role, Study, StudyRun } from '../experiment/study';
import type { Precision } from '../inference/precision';
import { counted } from '../listed';
import { lossKind } from '../training/losses';
import { LEVEL } from './beta-sentence';
import { escapeHtml } from './escape';
import { isCriticalLoss, isPaperCorpus, PAPER_TABLE_1, PAPER_TABLE_2 } from './paper-tables';
import {
  bestConstrained,
  comparedModels,
  distilledModels,
  intervalOf,
  type ModelSummary,
  modelOf,
  speedupOf,
  speedupText,
  sweptModel,
  testSpread,
} from './summaries';
import { shortened } from './text-size';

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
const ARROW = '#444444';
const OUTLINE = { color: '#222222', width: 1 };

/** Okabe–Ito colours, told apart by people with any colour vision; each has its own shape for black and white. */
export const STYLE: Readonly<Record<Role, { color: string; symbol: string }>> = {
  teacher: { color: '#0072b2', symbol: 'square' },
  control: { color: '#7f7f7f', symbol: 'triangle-up' },
  vanilla: { color: '#e69f00', symbol: 'diamond' },
  constrained: { color: '#009e73', symbol: 'circle' },
  distilled: { color: '#cc79a7', symbol: 'pentagon' },
};
/** Of the losses that are swept, in their order; they come round again. */
const FORM_STYLE = [
  { color: '#009e73', symbol: 'circle', dash: 'solid' },
  { color: '#cc5500', symbol: 'square-open', dash: 'dash' },
  { color: '#0072b2', symbol: 'triangle-up', dash: 'dot' },
  { color: '#cc79a7', symbol: 'diamond-open', dash: 'dashdot' },
];

/** Of the levels of students of other losses, in their order; they come round again. */
const LEVEL_DASHES = ['longdash', 'longdashdot', 'dot', 'solid'];

/** The paper's mark stands this much below the row of its model, so that equal values do not hide each other. */
const PAPER_OFFSET = 0.17;

/** A model's score in per cent, with the ends of its error bar; both `null` where there is none to draw. */
export interface Point {
  readonly mean: number;
  readonly low: number | null;
  readonly high: number | null;
}

interface SweepPoint extends Point {
  readonly beta: number;
}

/** Overall entity-level F1 of teacher, control, vanilla and the best constrained student. */
export function figure1(study: Study): Figure {
  const title = `Figure 1. Overall F1 on ${testSplitOf(study)}`;
  return dotFigure(study, { title, finding: againstTeacher(study, 'f1') }, panelsOf(1));
}

/** Of the critical types, or of a corpus's name, in a title. */
const TITLE_LETTERS = 30;

/** F1_critical and Coverage of the same models. */
export function figure2(study: Study): Figure {
  const types = shortened(study.criticalTypes.join(', '), TITLE_LETTERS);
  const title = `Figure 2. Critical types (${types}) on ${testSplitOf(study)}`;
  return dotFigure(study, { title, finding: againstTeacher(study, DECIDING) }, panelsOf(2));
}

/** How far the students are from their teacher, in points; nothing where one of them was not scored. */
function againstTeacher(study: Study, key: Measure): string {
  const measure = measureOf(key);
  const scoreOf = (model: ModelSummary | null) => model && (testSpread(model, measure)?.mean ?? null);
  const teacher = scoreOf(modelOf(study, 'teacher'));
  const students = { vanilla: modelOf(study, 'vanilla'), 'best constrained': bestConstrained(study) };
  const gaps = Object.entries(students).flatMap(([name, model]) => {
    const score = scoreOf(model);
    if (score === null || teacher === null) return [];
    const points = 100 * (score - teacher);
    return [`${name} student ${Math.abs(points).toFixed(2)} points ${points < 0 ? 'below' : 'above'}`];
  });
  return gaps.length > 0 ? `${measure.title} against the teacher: ${gaps.join(', ')}` : '';
}

function testSplitOf({ corpus }: Study): string {
  return `the test split of ${shortened(corpus, TITLE_LETTERS)}`;
}

/** The measures that a figure has panels of. */
function panelsOf(figure: KnownMeasure['figures'][number]): KnownMeasure[] {
  return MEASURES.filter(({ figures }) => figures.includes(figure));
}

/** Height of a label of two lines in Figure 3, with the space below it, in pixels, and the letters that fit into a line. */
const SIZE_LABEL_HEIGHT = 40;
const LABEL_LETTERS = 36;

/** Latency against the number of parameters: a point for each size of model, the mean over its runs, ± one deviation. */
export function figure3(study: Study): Figure {
  const points = sizesOf(study);
  const { batchSize } = study.runs.find(run => run.latency)?.latency ?? {};
  const plotHeight = Math.max(340, SIZE_LABEL_HEIGHT * points.length);
  const widest = Math.max(1e-3, ...points.map(point => point.millions));
  const yEnd = 1.15 * Math.max(1e-3, ...points.map(point => point.ms + point.std));
  // Labels stand in a column to the right of all points.
  const labelX = 1.12 * widest;
  const labelHeights = spread(
    points.map(point => point.ms),
    (yEnd * SIZE_LABEL_HEIGHT) / plotHeight,
    yEnd,
  );
  const arrows = points.flatMap(point => {
    const trained = points.find(other => other.precision === 'fp32' && other.key === point.key);
    return point.precision === 'int8' && trained ? [arrowBetween(trained, point)] : [];
  });
  const marks = points.map(({ isTeacher, precision, label, millions, ms, std }) => {
    const { color, symbol } = isTeacher ? STYLE.teacher : STYLE.constrained;
    const fill =
      precision === 'fp32' ? { color, line: OUTLINE } : { color: '#ffffff', line: { color, width: 3 } };
    return {
      type: 'scatter',
      mode: 'markers',
      name: escapeHtml(label),
      x: [millions],
      y: [ms],
      error_y: { type: 'data', array: [std], color: '#222222', thickness: 1.5, width: 7 },
      marker: { symbol, size: 12, ...fill },
      showlegend: false,
      hovertemplate: '%{x:.3r} M parameters, %{y:.2f} ms',
    };
  });
  const annotations = points.map(({ label, precision, ms, std, runs }, i) => ({
    text: `<b>${escapeHtml(shownLabel(label, precision))}</b><br>${ms.toFixed(2)} ± ${std.toFixed(2)} ms${runs > 1 ? `, ${runs} models` : ''}`,
    x: labelX,
    y: labelHeights[i],
    xanchor: 'left',
    yanchor: 'middle',
    align: 'left',
    bgcolor: '#ffffff',
    showarrow: false,
    font: { size: 13 },
  }));
  const leaders = points.map(({ millions, ms }, i) => ({
    type: 'line',
    layer: 'below',
    x0: millions,
    y0: ms,
    x1: 0.99 * labelX,
    y1: labelHeights[i],
    line: { color: '#999999', width: 1, dash: 'dot' },
  }));
  const margin = { l: 76, r: 24, t: 76, b: 64 };
  const layout = {
    ...frame('Figure 3. Latency and size', 820, plotHeight + margin.t + margin.b, speedOf(study)),
    margin,
    xaxis: { ...axis('parameters (millions)'), range: [0, 1.9 * widest] },
    yaxis: { ...axis(`latency of a batch${batchSize ? ` of ${batchSize}` : ''} (ms)`), range: [0, yEnd] },
    annotations,
    shapes: leaders,
  };
  const description = points.map(
    ({ label, ms, std, runs, millions }) =>
      `${label}: ${ms.toFixed(2)} ± ${std.toFixed(2)} ms, ${Number(millions.toPrecision(3))} million parameters${runs > 1 ? `, ${runs} models` : ''}`,
  );
  return { data: [...arrows, ...marks], layout, description: description.join('\n') };
}

/** How the vanilla student is to its teacher; nothing where they were not measured in one session. */
function speedOf(study: Study): string {
  const [teacher, student] = [modelOf(study, 'teacher'), modelOf(study, 'vanilla')];
  const speedup = speedupOf(study, student);
  if (!teacher || !student || !speedup) return '';
  const share =
    student.parameters !== null && teacher.parameters !== null
      ? `, with ${Math.round((100 * student.parameters) / teacher.parameters)} % of its parameters`
      : '';
  return `The vanilla student is ${speedupText(speedup, 'as fast as its teacher')}${share}`;
}

/** What tells a label of other precision than the model was trained in. */
function suffixOf(precision: Precision): string {
  return precision === 'fp32' ? '' : `, ${precision}`;
}

/** A label in a line, which ends as the whole one does where that tells the precision. */
function shownLabel(label: string, precision: Precision): string {
  const suffix = suffixOf(precision);
  const name = label.slice(0, label.length - suffix.length);
  return shortened(name, LABEL_LETTERS - suffix.length) + suffix;
}

/** From a model to the same in 8 bits, whose mark it ends at. */
function arrowBetween(from: SizePoint, to: SizePoint) {
  return {
    type: 'scatter',
    mode: 'lines+markers',
    x: [from.millions, to.millions],
    y: [from.ms, to.ms],
    line: { color: ARROW, width: 1.5 },
    marker: { symbol: 'arrow', angleref: 'previous', standoff: 8, size: [0, 11], color: ARROW },
    showlegend: false,
    hoverinfo: 'skip',
  };
}

/** Models of one size and precision, whose latency does not depend on how they were trained. */
interface SizePoint {
  /** Tells the size; the same in all precisions. */
  readonly key: string;
  readonly precision: Precision;
  readonly label: string;
  readonly isTeacher: boolean;
  readonly millions: number;
  readonly ms: number;
  /** Of a repeat's mean in any of the runs: deviation within and between runs together. */
  readonly std: number;
  readonly runs: number;
}

/** The sizes of a study's models that were measured, teacher first. */
function sizesOf(study: Study): SizePoint[] {
  const measured = [...study.runs, ...study.quantized].filter(
    ({ latency, parameters }) => latency && parameters !== null,
  );
  const keyOf = ({ role, parameters }: StudyRun) => `${role === 'teacher'} ${parameters}`;
  const sizes = group(measured, run => `${keyOf(run)} ${run.precision}`);
  return [...sizes.values()].map(runs => {
    const means = runs.map(run => 1000 * run.latency!.meanSeconds);
    const ms = mean(means)!;
    const within = mean(runs, run => (1000 * run.latency!.stdSeconds) ** 2)!;
    const between = mean(means, each => (each - ms) ** 2)!;
    const { precision } = runs[0];
    return {
      key: keyOf(runs[0]),
      precision,
      label: sizeLabel(runs, study) + suffixOf(precision),
      isTeacher: runs[0].role === 'teacher',
      millions: runs[0].parameters! / 1e6,
      ms,
      std: Math.sqrt(within + between),
      runs: runs.length,
    };
  });
}

/** The names of the students of one size; the study's own is just the student. */
function sizeLabel([first, ...rest]: readonly StudyRun[], study: Study): string {
  if (first.role === 'teacher') return 'teacher';
  const names = [...new Set([first, ...rest].map(({ student }) => student))];
  if (names.length > 1) return names.join(' and ');
  return names[0] === study.students[0] ? 'student' : `student (${names[0]})`;
}

/** F1 overall and F1_critical against β, a line for each form of the critical loss. */
export function figure4(study: Study): Figure {
  const panels = panelsOf(4);
  const points = panels.map(measure => study.forms.map(form => sweepPoints(study, form, measure)));
  const lines = panels.map((measure, panel) => [
    ...study.forms.map((_, f) => sweepLine(study, f, points[panel][f], panel)),
    ...distilledModels(study).flatMap((model, m) => levelLine(study, model, m, measure, panel)),
    ...(isPaperCorpus(study.corpus) ? paperLine(measure.name, panel) : []),
  ]);
  const data = lines.flat();
  const ends = points.flat(2).flatMap(({ low, high }) => (low === null || high === null ? [] : [low, high]));
  const range = zoomedRange([...data.flatMap(line => line.y), ...ends]);
  const domains = panels.map((_, p) => domainOf(p, panels.length, 0.08));
  const beta = (panel: number) => ({
    ...axis(study.forms.every(isCriticalLoss) ? 'β, weight of the critical loss' : 'β, weight of the loss'),
    domain: domains[panel],
    range: [-0.04, Math.max(...study.betas, 0.1) + 0.04],
    tickvals: [...study.betas],
    ticktext: study.betas.map(String),
  });
  const layout = {
    ...frame(`Figure 4. The sweep over β on ${testSplitOf(study)}`, 860, 480, differing(study)),
    margin: { l: 70, r: 24, t: 104, b: 118 },
    ...Object.fromEntries(
      panels.flatMap((_, p) => [
        [axisName('xaxis', p), { ...beta(p), anchor: axisName('y', p) }],
        [
          axisName('yaxis', p),
          p === 0
            ? { ...axis('F1 (%)'), range }
            : { ...axis(''), range, anchor: axisName('x', p), matches: 'y' },
        ],
      ]),
    ),
    legend: LEGEND,
    annotations: panels.map((measure, p) => panelTitle(titleOf(measure), mean(domains[p])!)),
  };
  const description = panels.flatMap((measure, p) =>
    lines[p].map(
      ({ name, customdata, y }) =>
        `${plain(measure)}, ${name}: ${customdata.map((beta, i) => `${beta === null ? '' : `β = ${beta}: `}${y[i].toFixed(2)}`).join('; ')}`,
    ),
  );
  return { data, layout, description: description.join('\n') };
}

/** How many points of the sweep differ from vanilla; nothing where none was compared. */
function differing({ comparisons }: Study): string {
  const tested = comparisons.filter(({ beta, of }) => beta !== null && of[DECIDING].pHolm !== null);
  if (tested.length === 0) return '';
  const beyond = tested.filter(({ of }) => of[DECIDING].pHolm! <= LEVEL).length;
  return `${beyond === 0 ? 'None' : beyond} of ${counted(tested.length, 'student')} with β > 0 ${beyond > 1 ? 'differ' : 'differs'} from vanilla in ${measureOf(DECIDING).title} beyond chance`;
}

/** One row a model, one panel a metric; our value above the row, the paper's (where it is the same corpus) below. */
function dotFigure(
  study: Study,
  { title, finding }: { readonly title: string; readonly finding: string },
  panels: readonly KnownMeasure[],
): Figure {
  const models = comparedModels(study);
  const rows = models.map((_, i) => models.length - 1 - i);
  const withPaper = isPaperCorpus(study.corpus);
  const points = panels.map(panel => models.map(model => pointOf(study, model, panel)));
  const papers = panels.map(({ name }) =>
    models.map(({ isOwn, role }) => (withPaper && isOwn && PAPER_TABLE_1[role]?.percent[name]) || null),
  );
  const values = [
    ...points.flat().flatMap(point => (point ? [point.mean, point.low, point.high] : [])),
    ...papers.flat(),
  ];
  const range = zoomedRange(values.filter(value => value !== null));
  const data = panels.flatMap((_, p) => [
    ...(papers[p].some(value => value !== null) ? [paperDots(papers[p], rows, p)] : []),
    ...models.flatMap((model, m) => (points[p][m] ? [modelDot(model, points[p][m]!, rows[m], p)] : [])),
  ]);
  const width = panels.length === 1 ? 760 : 980;
  const layout = {
    ...frame(title, width, 184 + 76 * Math.max(1, models.length), finding),
    margin: { l: 190, r: 30, t: 76, b: withPaper ? 106 : 70 },
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
    ...xAxes(panels.map(panel => ({ title: titleOf(panel), range }))),
  };
  const description = models.flatMap((model, m) =>
    panels.map((panel, p) => {
      const paper = papers[p][m] === null ? '' : ` (paper ${papers[p][m]!.toFixed(2)})`;
      return `${model.name}: ${plain(panel)} ${points[p][m] ? points[p][m]!.mean.toFixed(2) : '–'}${paper}`;
    }),
  );
  return { data, layout, description: description.join('\n') };
}

function modelDot(model: ModelSummary, point: Point, row: number, panel: number) {
  const { mean, low } = point;
  return {
    type: 'scatter',
    mode: 'markers+text',
    name: escapeHtml(model.name),
    x: [mean],
    y: [row],
    ...(low !== null && { error_x: errorBars([point], STYLE[model.role].color) }),
    text: [mean.toFixed(2)],
    textposition: 'top center',
    textfont: { size: 14 },
    marker: { ...STYLE[model.role], size: 13, line: OUTLINE },
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

function sweepPoints(study: Study, form: string, measure: KnownMeasure): SweepPoint[] {
  return study.betas.flatMap(beta => {
    const model = sweptModel(study, form, beta);
    const point = model && pointOf(study, model, measure);
    return point ? [{ beta, ...point }] : [];
  });
}

/** Lines of several forms stand a little beside each other, so that their bars can be told apart. */
function dodge({ betas, forms }: Study, form: number): number {
  return (form - (forms.length - 1) / 2) * 0.02 * Math.max(...betas);
}

function sweepLine(study: Study, form: number, points: readonly SweepPoint[], panel: number) {
  const { color, symbol, dash } = FORM_STYLE[form % FORM_STYLE.length];
  const name = study.forms[form];
  const aside = dodge(study, form);
  return {
    type: 'scatter',
    mode: 'lines+markers',
    name: escapeHtml(lossKind(name)?.title ?? name),
    legendgroup: escapeHtml(name),
    x: points.map(point => point.beta + aside),
    y: points.map(point => point.mean),
    customdata: points.map(point => point.beta),
    ...(points.some(({ low }) => low !== null) && { error_y: errorBars(points, color) }),
    line: { color, dash, width: 2.5 },
    marker: { symbol, size: 10, color, line: { color, width: 2 } },
    showlegend: panel === 0,
    hovertemplate: 'β = %{customdata}: %{y:.2f} %',
    ...onPanel(panel, true),
  };
}

/** A student of a loss that is not swept over β, as a level to compare the sweep with. */
function levelLine(study: Study, model: ModelSummary, among: number, measure: KnownMeasure, panel: number) {
  const point = pointOf(study, model, measure);
  if (!point) return [];
  const { color } = STYLE[model.role];
  const line = {
    type: 'scatter',
    mode: 'lines',
    name: escapeHtml(model.beta === null ? `${model.form} (no β)` : model.form!),
    legendgroup: escapeHtml(model.name),
    x: [0, Math.max(...study.betas, 0.1)],
    y: [point.mean, point.mean],
    customdata: [null],
    line: { color, dash: LEVEL_DASHES[among % LEVEL_DASHES.length], width: 1.5 },
    showlegend: panel === 0,
    hovertemplate: '%{y:.2f} %',
    ...onPanel(panel, true),
  };
  return [line];
}

/** Nothing where the paper does not print the measure. */
function paperLine(measure: string, panel: number) {
  const shown = PAPER_TABLE_2.flatMap(({ beta, percent }) => {
    const value = percent[measure];
    return value === undefined ? [] : [{ beta, value }];
  });
  if (shown.length === 0) return [];
  const line = {
    type: 'scatter',
    mode: 'lines+markers',
    name: 'as the paper prints it (form not given)',
    legendgroup: 'paper',
    x: shown.map(({ beta }) => beta),
    customdata: shown.map(({ beta }) => beta),
    y: shown.map(({ value }) => value),
    line: { color: PAPER_GREY, dash: 'dot', width: 1.2 },
    marker: { symbol: 'x-thin', size: 7, color: PAPER_GREY, line: { color: PAPER_GREY, width: 1.5 } },
    showlegend: panel === 0,
    hovertemplate: 'paper, β = %{x}: %{y:.2f} %',
    ...onPanel(panel, true),
  };
  return [line];
}

/** Title, size and font, the same for all figures. @param finding what the figure shows, in words, below the title */
export function frame(title: string, width: number, height: number, finding = '') {
  return {
    // Flush left: the buttons of the interactive figure stand at the right.
    title: {
      text: escapeHtml(title),
      x: 0.02,
      xanchor: 'left',
      y: 0.97,
      yanchor: 'top',
      font: { size: 17 },
      ...(finding !== '' && {
        subtitle: { text: escapeHtml(finding), font: { size: 13, color: '#555555' } },
      }),
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

export function panelTitle(text: string, x: number) {
  const place = { x, xref: 'paper', xanchor: 'center', y: 1, yref: 'paper', yanchor: 'bottom', yshift: 6 };
  return { text: `<b>${text}</b>`, showarrow: false, font: { size: 15 }, ...place };
}

/** Names of the axes of a panel; dot plots share the y axis, line plots have one each. */
export function onPanel(panel: number, ownY: boolean) {
  if (panel === 0) return {};
  return { xaxis: axisName('x', panel), ...(ownY && { yaxis: axisName('y', panel) }) };
}

/** The x axes of panels beside each other that share the y axis. */
export function xAxes(panels: readonly { readonly title: string; readonly range: readonly number[] }[]) {
  return Object.fromEntries(
    panels.map(({ title, range }, p) => [
      axisName('xaxis', p),
      { ...axis(title), domain: domainOf(p, panels.length, 0.06), range },
    ]),
  );
}

/** Plotly numbers axes from the second on. */
export function axisName(name: string, panel: number): string {
  return panel === 0 ? name : `${name}${panel + 1}`;
}

/** The share of the width that a panel of several beside each other has. */
export function domainOf(panel: number, panels: number, gap: number): [number, number] {
  const width = (1 - gap * (panels - 1)) / panels;
  const start = panel * (width + gap);
  return [start, panel === panels - 1 ? 1 : start + width];
}

/** Bars from low to high around each point, which need not stand in the middle. */
export function errorBars(points: readonly Point[], color: string) {
  return {
    type: 'data',
    symmetric: false,
    array: points.map(({ mean, high }) => (high === null ? 0 : high - mean)),
    arrayminus: points.map(({ mean, low }) => (low === null ? 0 : mean - low)),
    color,
    thickness: 1.2,
    width: 4,
  };
}

/** With several seeds, mean ± standard deviation; with one, its 95 % interval over test sentences. */
function pointOf(study: Study, model: ModelSummary, measure: KnownMeasure): Point | null {
  const spread = testSpread(model, measure);
  if (!spread) return null;
  const { mean, std } = spread;
  const interval =
    std === null ? intervalOf(study, model, measure.key) : { low: mean - std, high: mean + std };
  return {
    mean: mean * 100,
    low: interval && interval.low * 100,
    high: interval && interval.high * 100,
  };
}

/** A range of percent around the values with room for labels: at least 2 points wide, hardly beyond 0 and 100. */
export function zoomedRange(values: readonly number[]): [number, number] {
  if (values.length === 0) return [0, 100];
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const margin = Math.max(0.12 * (high - low), 0.3, (2 - (high - low)) / 2);
  return [Math.max(-0.04 * (high + margin), low - margin), Math.min(101, high + margin)];
}

/**
 * Moves positions apart, keeping their order, until neighbours are `gap` apart and all lie between half a gap and `end`
 * less half a gap, which must have room for them; each stays as near as may be.
 */
function spread(positions: readonly number[], gap: number, end: number): number[] {
  const order = positions.map((_, i) => i).sort((a, b) => positions[a] - positions[b]);
  const moved = [...positions];
  // Upwards, then from the upper end downwards: what was pushed too far comes back.
  let least = gap / 2;
  for (const i of order) {
    moved[i] = Math.max(moved[i], least);
    least = moved[i] + gap;
  }
  let most = end - gap / 2;
  for (const i of order.reverse()) {
    moved[i] = Math.min(moved[i], most);
    most = moved[i] - gap;
  }
  return moved;
}

/** Letters of a line, and lines, that a name has room for beside its row. */
const NAME_LETTERS = 24;
const NAME_LINES = 4;

/** A model's name on two lines, where it has a part in brackets, and on more where they are long. */
export function wrapped(name: string): string {
  const lines = name.replace(' (', '\n(').split('\n').flatMap(intoLines);
  const fitting = lines.slice(0, NAME_LINES).map(line => escapeHtml(shortened(line, NAME_LETTERS)));
  return fitting.join('<br>') + (lines.length > NAME_LINES ? '…' : '');
}

function intoLines(text: string): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const line = `${lines.at(-1)} ${word}`;
    if (lines.length > 0 && line.length <= NAME_LETTERS) lines[lines.length - 1] = line;
    else lines.push(word);
  }
  return lines;
}

/** The title of an axis or panel of a measure. */
export function titleOf({ figureTitle }: KnownMeasure): string {
  return `${figureTitle} (%)`;
}

function plain({ figureTitle }: KnownMeasure): string {
  return figureTitle.replace(/<sub>(.*)<\/sub>/, '_$1');
}
