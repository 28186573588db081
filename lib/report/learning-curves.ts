/** How trainings went: the loss of every step, and the score on the validation part after every epoch. */
import { mean } from 'd3-array';
import type { Role } from '../experiment/study';
import type { HistoryRow } from '../training/trainer';
import { escapeHtml } from './escape';
import { axis, type Figure, frame, LEGEND, STYLE } from './figures';

/** A training, as its run keeps it. */
export interface Training {
  readonly name: string;
  readonly role: Role;
  readonly history: readonly HistoryRow[];
  /** F1_critical on validation after each epoch, a fraction; `null` where there is nothing to score. */
  readonly scores: readonly (number | null)[];
}

/** Lines that are told apart in black and white; they come round again. */
const DASHES = ['solid', 'dash', 'dot', 'dashdot', 'longdash'];
/** Steps of a training that are drawn as points of their own; more are drawn as means of neighbours. */
const MOST_POINTS = 120;

/** Loss against epochs (left) and F1_critical on validation (right), a line for each training; of a teacher that was given none. */
export function learningCurves(trainings: readonly Training[]): Figure {
  const trained = trainings.filter(({ history }) => history.length > 0);
  const data = trained.flatMap(({ name, role, history, scores }, i) => {
    const { color } = STYLE[role];
    const dash = DASHES[i % DASHES.length];
    const points = smoothed(history);
    const line = {
      type: 'scatter',
      name: escapeHtml(name),
      legendgroup: String(i),
      line: { color, dash, width: 2 },
    };
    return [
      {
        ...line,
        mode: 'lines',
        x: points.map(({ epochs }) => epochs),
        y: points.map(({ loss }) => loss),
        hovertemplate: 'epoch %{x:.2f}: %{y:.3f}',
      },
      {
        ...line,
        mode: 'lines+markers',
        marker: { color, size: 7 },
        x: scores.map((_, epoch) => epoch + 1),
        y: scores.map(score => score && 100 * score),
        showlegend: false,
        hovertemplate: 'after epoch %{x}: %{y:.2f} %',
        xaxis: 'x2',
        yaxis: 'y2',
      },
    ];
  });
  const layout = {
    ...frame('Learning curves', 980, 440),
    margin: { l: 70, r: 24, t: 56, b: 118 },
    xaxis: { ...axis('epochs'), domain: [0, 0.46] },
    // A loss falls fast and then slowly; on this scale both can be seen.
    yaxis: { ...axis('loss'), type: 'log', dtick: 'D2' },
    xaxis2: { ...axis('epochs'), domain: [0.54, 1], anchor: 'y2' },
    yaxis2: { ...axis('F1<sub>critical</sub> on validation (%)'), anchor: 'x2', rangemode: 'tozero' },
    legend: LEGEND,
    showlegend: true,
  };
  const description = trainings.map(({ name, history, scores }) => {
    if (history.length === 0) return `${name}: not trained here`;
    const ends = [history[0], ...history.slice(-1)].map(({ loss }) => loss.toFixed(3));
    const last = scores.at(-1);
    const score = last === null || last === undefined ? '–' : `${(100 * last).toFixed(2)} %`;
    return `${name}: ${history.length} steps, loss ${ends.join(' → ')}, F1_critical on validation ${score}`;
  });
  return { data, layout, description: description.join('\n') };
}

/** The loss over neighbouring steps, at the time of the last of them. */
function smoothed(history: readonly HistoryRow[]): { epochs: number; loss: number }[] {
  const epochs = history.at(-1)?.epoch ?? 1;
  const stepsPerEpoch = history.length / epochs;
  const width = Math.ceil(history.length / MOST_POINTS);
  return Array.from({ length: Math.ceil(history.length / width) }, (_, i) => {
    const rows = history.slice(i * width, (i + 1) * width);
    return { epochs: (i * width + rows.length) / stepsPerEpoch, loss: mean(rows, ({ loss }) => loss)! };
  });
}
