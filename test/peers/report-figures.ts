/** Figures of docs/conll2003.md that are of the study itself. */
import { MEASURES } from 'ner-distill/evaluation/measures';
import { type Figure, STYLE } from 'ner-distill/report/figures';
import { PAPER_TABLE_2 } from 'ner-distill/report/paper-tables';
import { type Line, panelFigure } from '../panel-figure';
import { type PeersStudy, rateShown, type Sweep } from './report-study';

const RATE_COLORS = ['#0072b2', '#e69f00', '#009e73', '#cc79a7'];
const EPOCH_DASHES = ['dot', 'dash', 'solid'];

/** F1 on the validation part after every epoch. */
export function searchFigure({ searched }: PeersStudy): Figure {
  const rates = [...new Set(searched.map(({ rate }) => rate))];
  const epochs = [...new Set(searched.map(model => model.epochs))].sort((a, b) => a - b);
  const dashes = epochs.map(
    (count, i) => `${{ dot: 'dotted', dash: 'dashed', solid: 'solid' }[EPOCH_DASHES[i]]}: ${count}`,
  );
  return panelFigure({
    title: 'Students of 3 layers: F1 on the validation part after every epoch',
    finding: `Rates fall to 0 at the last epoch, which is ${dashes.join(', ')}`,
    xTitle: 'epochs',
    yTitle: 'F1, all types (%)',
    range: [82, 90],
    panels: ['control', 'vanilla'].map(method => ({
      title: method,
      lines: searched
        .filter(model => model.method === method)
        .map(
          (model): Line => ({
            name: String(rateShown(model.rate)),
            style: {
              color: RATE_COLORS[rates.indexOf(model.rate)],
              dash: EPOCH_DASHES[epochs.indexOf(model.epochs)],
            },
            inLegend: model.epochs === epochs.at(-1),
            points: model.valid.map(({ f1 }, i) => ({ x: i + 1, mean: 100 * f1, low: null, high: null })),
          }),
        ),
    })),
  });
}

/** Differences from the vanilla student, with those of PyTorch and the paper beside them. */
export function betaFigure({ study, betas, comparison }: Sweep, peers: PeersStudy): Figure {
  const FORMS = {
    logits: { ...STYLE.constrained, dash: 'solid' },
    weighted: { color: '#cc5500', symbol: 'square-open', dash: 'dash' },
  };
  return panelFigure({
    title: 'What β changes against the vanilla student',
    finding:
      'Differences on the test part with their 95 % intervals over seeds and sentences; β = 0 is the vanilla student',
    xTitle: 'β, weight of the critical loss',
    yTitle: 'points',
    ticks: study.betas,
    zero: true,
    panels: MEASURES.map(measure => ({
      title: measure.figureTitle,
      lines: [
        ...(['logits', 'weighted'] as const).map(
          (form, f): Line => ({
            name: form,
            style: FORMS[form],
            points: [
              { x: 0, mean: 0, low: null, high: null },
              ...betas.map(beta => {
                const { difference, interval } = comparison(form, beta)[measure.key];
                // A little beside each other, so that bars can be told apart.
                return {
                  x: beta + (f - 0.5) * 0.012,
                  mean: 100 * difference!,
                  low: 100 * interval!.low,
                  high: 100 * interval!.high,
                };
              }),
            ],
          }),
        ),
        {
          name: `logits in PyTorch, ${peers.chosen.epochs} epochs`,
          style: { color: '#56b4e9', symbol: 'diamond-open', dash: 'dashdot' },
          points: [0, ...betas].map(beta => ({
            x: beta,
            mean: beta && 100 * peers.comparison('logits', beta)[measure.key].difference!,
            low: null,
            high: null,
          })),
        },
        {
          name: 'as the paper prints it (form not given)',
          style: { color: '#767676', symbol: 'x-thin', dash: 'dot' },
          points: PAPER_TABLE_2.map(({ beta, percent }) => ({
            x: beta,
            mean: percent[measure.name]! - PAPER_TABLE_2[0].percent[measure.name]!,
            low: null,
            high: null,
          })),
        },
      ],
    })),
  });
}
