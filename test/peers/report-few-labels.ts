/** Of docs/conll2003.md the section from conll_shares.py: few labels, with text and without. */
import { mean } from 'd3-array';
import { MEASURES, type Measure } from 'ner-distill/evaluation/measures';
import { scoresOfCounts } from 'ner-distill/evaluation/scores';
import { differencesOverSeeds, intervalsOverSeeds } from 'ner-distill/evaluation/seeds';
import { corrected, type PairedDifference } from 'ner-distill/evaluation/significance';
import { listed } from 'ner-distill/listed';
import { type Figure, STYLE } from 'ner-distill/report/figures';
import { panelFigure } from '../panel-figure';
import { bySeeds, CRITICAL, type Found } from './found';
import { borneOut, change, fraction, percent, pShown, table } from './report-text';

/** One model of several seeds. */
type Model = readonly Found[];

const KINDS = ['control', 'vanilla', 'with text', 'with text, teacher of all labels'] as const;
type Kind = (typeof KINDS)[number];

function kindOf({ method, text, share, teacher_share }: Found): Kind | 'teacher' {
  if (method === 'teacher') return 'teacher';
  if (text) return teacher_share > share ? 'with text, teacher of all labels' : 'with text';
  return method === 'control' ? 'control' : 'vanilla';
}

export const scoreOfFound = (model: Model, measure: Measure) =>
  mean(model, ({ counts }) => {
    const scores = scoresOfCounts(counts, CRITICAL);
    return MEASURES.find(({ key }) => key === measure)!.value(
      measure === 'f1' ? scores.overall : scores.critical,
    )!;
  })!;
const validF1 = (model: Model) => mean(model, ({ valid }) => valid.at(-1)!.f1)!;

/** Of several trainings the one that is best on validation. */
function chosen(models: readonly Model[], share: number, kind: Kind | 'teacher'): Model | undefined {
  return models
    .filter(([first]) => first.share === share && kindOf(first) === kind)
    .sort((a, b) => validF1(b) - validF1(a))[0];
}

export interface FewLabels {
  readonly section: string;
  readonly figure: Figure;
  /** The smallest share, what text adds to the F1 of its student, and how much of the distance to its teacher that is, in per cent. */
  readonly share: number;
  readonly gain: number;
  readonly closed: number;
}

export function fewLabels(
  found: readonly Found[],
  { torch, seconds }: { torch: string; seconds: number },
): FewLabels {
  const models = bySeeds(found.filter(({ method, layers }) => method === 'teacher' || layers === 3));
  const shares = [...new Set(found.map(({ share }) => share))].sort((a, b) => a - b);
  const few = shares.filter(share => share < 1);
  const of = (share: number, kind: Kind | 'teacher') => chosen(models, share, kind);
  const epochs = Math.max(...found.map(each => each.epochs));
  const rows = shares.flatMap(share =>
    (['teacher', ...KINDS] as const).flatMap(kind => {
      const model = of(share, kind);
      if (!model) return [];
      const intervals = intervalsOverSeeds(
        model.map(({ counts }) => counts),
        CRITICAL,
      );
      return [
        [
          share100(share),
          kind,
          String(Math.round(model[0].epochs / (model[0].text ? 1 : share))),
          ...MEASURES.map(({ key }) => {
            const { low, high } = intervals[key]!;
            return `${percent(scoreOfFound(model, key))} (${fraction(low, 1)} to ${fraction(high, 1)})`;
          }),
        ],
      ];
    }),
  );
  const tests = few.map(share => {
    const counts = (kind: Kind) => of(share, kind)!.map(each => each.counts);
    const [control, text, ofAll] = differencesOverSeeds(
      counts('vanilla'),
      (['control', 'with text', 'with text, teacher of all labels'] as const).map(counts),
      CRITICAL,
    );
    return { share, control, text, ofAll };
  });
  const holm = (kind: 'text' | 'ofAll', measure: Measure) =>
    corrected(tests.map(each => each[kind][measure]));
  const tested = tests.map(({ share }, i) => [
    share100(share),
    ...MEASURES.map(({ key }) => {
      const difference = holm('text', key)[i];
      return `${change(difference)}, ${pShown(difference.pHolm)}`;
    }),
    `${change(holm('ofAll', 'f1')[i])}, ${pShown(holm('ofAll', 'f1')[i].pHolm)}`,
  ]);
  const STYLES = {
    teacher: { ...STYLE.teacher, dash: 'dot' },
    control: STYLE.control,
    vanilla: STYLE.vanilla,
    'with text': { ...STYLE.constrained, dash: 'dash' },
    'with text, teacher of all labels': { color: '#cc79a7', symbol: 'pentagon', dash: 'dashdot' },
  };
  const figure = panelFigure({
    title: 'Few labels, and the other sentences as text',
    finding:
      'Students of 3 layers and their teachers on the test part, mean and range of three seeds; a teacher knows the share alone unless it is said',
    xTitle: 'sentences with labels (%)',
    yTitle: '%',
    ticks: shares.map(share => 100 * share),
    log: true,
    panels: MEASURES.map(({ key, figureTitle }) => ({
      title: figureTitle,
      lines: (['teacher', ...KINDS] as const).map(kind => ({
        name: kind,
        style: STYLES[kind],
        points: shares.flatMap(share => {
          const model = of(share, kind);
          if (!model) return [];
          const each = model.map(seed => 100 * scoreOfFound([seed], key));
          return [{ x: 100 * share, mean: mean(each)!, low: Math.min(...each), high: Math.max(...each) }];
        }),
      })),
    })),
  });
  const beyond = MEASURES.every(({ key }) =>
    holm('text', key).every(each => each.pHolm! <= LEVEL && each.difference! > 0),
  );
  borneOut(beyond, 'text adds to every measure at every share, beyond chance');
  const alone = corrected(tests.map(({ control }) => control.f1));
  borneOut(
    alone.every(({ pHolm }) => pHolm! > LEVEL),
    'without text, vanilla and control differ by no more than chance',
  );
  const closed = few.map((share, i) => {
    const gap = scoreOfFound(of(share, 'teacher')!, 'f1') - scoreOfFound(of(share, 'vanilla')!, 'f1');
    return Math.round((100 * holm('text', 'f1')[i].difference!) / gap);
  });
  const whole = of(1, 'vanilla')!.map(({ counts }) => counts);
  const withTeacher = few.map(share =>
    of(share, 'with text, teacher of all labels')!.map(({ counts }) => counts),
  );
  const fromWhole = corrected(differencesOverSeeds(whole, withTeacher, CRITICAL).map(({ f1 }) => f1));
  borneOut(
    fromWhole.every(({ pHolm }) => pHolm! > LEVEL),
    'with a good teacher labels add nothing that can be seen',
  );
  const behind = [
    ...few.map(
      share => scoreOfFound(of(share, 'teacher')!, 'f1') - scoreOfFound(of(share, 'with text')!, 'f1'),
    ),
    scoreOfFound(of(1, 'teacher')!, 'f1') - scoreOfFound(of(1, 'vanilla')!, 'f1'),
  ];
  borneOut(
    behind.every((points, i) => i === 0 || points > behind[i - 1]),
    'the better the teacher, the further behind',
  );
  const section = `## What a teacher is for: text without labels

In practice labels are few and text is plenty. For each seed a share of the training sentences kept its labels. A teacher was trained on that share
*alone*, as it would have to be, and students of three of its layers learnt from the share (control, vanilla), or from the share and from what that teacher says of all the
other sentences, read without their labels (*with text*, [unlabelled.md](unlabelled.md)): there is no cross-entropy there, and each term of the loss is the mean over the words that it applies to. All students took the
steps of ${epochs} epochs of the whole corpus, so that small shares were read many times over. Of control and vanilla of the smallest shares a shorter training was tried as well, and what is
better on validation stands here. All models were trained anew for this, those of 100 % too, which therefore differ from those above by training noise. (PyTorch ${torch}, ${seconds} seconds for these and the students of 2 layers above.)

${table(['labels', '', '> times read', ...MEASURES.map(({ title }) => `> ${title}`)], rows)}

![Scores against the share of sentences with labels](conll2003-labels.svg)

What text adds to the vanilla student, in points, with intervals over seeds and sentences, and Holm's correction over the shares:

${table(['labels', ...MEASURES.map(({ title }) => `> ${title}`), '> F1, teacher of all labels'], tested)}

Without text a teacher is worth nothing that could be seen here: on the same few sentences, which it knows by heart, its student is no better than one that has their labels
alone (${listed(
    few.map((share, i) => `${change(negated(alone[i]))} points of F1 with ${share100(share)}`),
    'and',
  )}). With text it hands on much of what it knows: of the points that the vanilla student lacks to
its teacher, text gives back ${listed(
    closed.map((part, i) => `${part} % (${share100(few[i])} of the labels)`),
    'and',
  )}, with no label more. It is not the teacher that differs, nor the loss; it is what the student is shown. And the better the teacher is, the further behind
its student stays, ${listed(behind.map(percent), 'and')} points from ${share100(few[0])} of the labels to all of them: three layers follow a mediocre teacher closely, and a good one not.

The last kind has a teacher that saw all labels, as one has who takes a trained model from elsewhere. As far as can be seen its student is as good with ${share100(few[0])} of the labels as the vanilla student is
with all of them (${change(fromWhole[0])} points of F1): once there is a good teacher, text does what labels do.`;
  return { section, figure, share: few[0], gain: holm('text', 'f1')[0].difference!, closed: closed[0] };
}

/** Of the other less the one. */
function negated<Of extends PairedDifference>(of: Of): PairedDifference {
  const { difference, interval, pValue } = of;
  return {
    difference: -difference!,
    interval: { low: -interval!.high, high: -interval!.low, confidence: interval!.confidence },
    pValue,
  };
}

const LEVEL = 0.05;
export const share100 = (share: number) => `${Number((100 * share).toPrecision(3))} %`;
