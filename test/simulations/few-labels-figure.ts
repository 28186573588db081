/** Scores against the share of sentences that have labels: a line a model, dashed with the other sentences as text. */
import { group } from 'd3-array';
import { MEASURES, type Measure } from 'ner-distill/evaluation/measures';
import type { Role } from 'ner-distill/experiment/study';
import { type Figure, STYLE, titleOf } from 'ner-distill/report/figures';
import { panelFigure } from '../panel-figure';

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
  const percentOf = (fraction: number) => Number((100 * fraction).toPrecision(3));
  return panelFigure({
    title: 'Few labels, and the other sentences as text',
    xTitle: 'sentences with labels (%)',
    ticks: fractions.map(percentOf),
    log: true,
    panels: MEASURES.map(measure => ({
      title: titleOf(measure),
      lines: lines.map(([name, line]) => {
        const [{ role, withText }] = line;
        const { color, symbol } = STYLE[role];
        const style = withText ? { color, symbol: `${symbol}-open`, dash: 'dash' } : { color, symbol };
        const points = [...line]
          .sort((a, b) => a.fraction - b.fraction)
          .flatMap(({ fraction, scores }) => {
            const { mean, std } = scores(measure.key);
            if (mean === null) return [];
            const [low, high] = std === null ? [null, null] : [mean - std, mean + std];
            return [{ x: percentOf(fraction), mean, low, high }];
          });
        return { name, style, points };
      }),
    })),
  });
}
