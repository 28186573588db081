/** Of docs/conll2003.md the section on students of other depths: those of this library's study, and those of conll_shares.py. */
import { byMeasure, MEASURES, type Measure } from 'ner-distill/evaluation/measures';
import { differencesOverSeeds } from 'ner-distill/evaluation/seeds';
import type { PairedDifference } from 'ner-distill/evaluation/significance';
import { listed } from 'ner-distill/listed';
import { comparedModels, type ModelSummary, speedupOf, speedupText } from 'ner-distill/report/summaries';
import { bySeeds, CRITICAL, type Found } from './found';
import { scoreOfFound } from './report-few-labels';
import { overControl } from './report-methods';
import { type OwnStudy, score } from './report-study';
import { borneOut, change, percent, pShown, table } from './report-text';

/** Control and vanilla of one number of layers. */
interface Depth {
  readonly layers: number;
  readonly parameters: number;
  readonly speedup: string;
  /** The F1 of the student without a teacher. */
  readonly control: number;
  readonly vanilla: Readonly<Record<Measure, number>>;
  /** Of F1, vanilla less control. */
  readonly gain: PairedDifference;
}

/** @param found models of conll_shares.py */
export function otherDepths(
  own: OwnStudy,
  found: readonly Found[],
  parametersOf: (model: Found) => number,
): string {
  const here = depthsHere(own);
  const there = depthsThere(found, parametersOf);
  const rows = (depths: readonly Depth[], where: string) =>
    depths.map(({ layers, parameters, speedup, control, vanilla, gain }) => [
      String(layers),
      where,
      `${(parameters / 1e6).toFixed(1)} M`,
      speedup,
      percent(control),
      ...MEASURES.map(({ key }) => percent(vanilla[key])),
      `${change(gain)}, ${pShown(gain.pValue)}`,
    ]);
  const f1 = here.map(({ vanilla }) => vanilla.f1);
  borneOut(
    here.every(
      ({ vanilla }, i) => i === 0 || MEASURES.every(({ key }) => vanilla[key] > here[i - 1].vanilla[key]),
    ),
    'each layer more adds to all measures',
  );
  const [most] = f1.slice(-1);
  const teacher = score(own.teacher, 'f1');
  const gains = [...here, ...there].map(({ gain }) => gain);
  borneOut(
    gains.every(({ difference, pValue }) => difference! > 0 && pValue! > 0.05),
    'soft targets add something at every depth, and at none beyond chance',
  );
  return `## Students of other depths

Control and vanilla of ${listed(
    here.map(({ layers }) => String(layers)),
    'and',
  )} of the same teachers' layers, at the same rate and for the same epochs, three seeds; beneath, those that were trained in PyTorch on the GPU:

${table(
  [
    'layers',
    'where',
    '> parameters',
    '> times as fast as the teacher',
    '> control: F1',
    ...MEASURES.map(({ title }) => `> vanilla: ${title}`),
    '> vanilla less control, F1',
  ],
  [...rows(here, 'here'), ...rows(there, 'PyTorch')],
)}

Each layer more adds to all three measures, ${listed(
    f1
      .slice(1)
      .map(
        (value, i) =>
          `${percent(value - f1[i])} points of F1 from ${here[i].layers} to ${here[i + 1].layers} layers`,
      ),
    'and',
  )}, with ${percent(teacher - most)} left to the teacher's ${own.encoder.layers}. What the teacher's soft targets add to labels is above 0 at every depth, here and in PyTorch, and at none more than
chance may be.`;
}

function depthsHere(own: OwnStudy): Depth[] {
  const { study, control, vanilla, plan } = own;
  const others = comparedModels(study).filter(({ isOwn }) => !isOwn);
  return plan.students
    .map(({ name, layers }): Depth => {
      const ofRole = (role: ModelSummary['role'], main: ModelSummary) =>
        main.student === name ? main : others.find(model => model.student === name && model.role === role)!;
      const [alone, taught] = [ofRole('control', control), ofRole('vanilla', vanilla)];
      const counts = (model: ModelSummary) => own.predictionsOf(model).map(each => each.counts);
      return {
        layers,
        parameters: taught.parameters!,
        speedup: speedupText(speedupOf(study, taught)!, '').replace(/ times +/, ' '),
        control: score(alone, 'f1'),
        vanilla: byMeasure(({ key }) => score(taught, key)),
        // Where a sweep tells more of the noise of training, with it.
        gain:
          taught === vanilla
            ? overControl(own).f1
            : differencesOverSeeds(counts(alone), [counts(taught)], CRITICAL)[0].f1,
      };
    })
    .sort((a, b) => a.layers - b.layers);
}

function depthsThere(found: readonly Found[], parametersOf: (model: Found) => number): Depth[] {
  const models = bySeeds(found.filter(each => each.method !== 'teacher' && each.share === 1 && !each.text));
  return [...new Set(models.map(([{ layers }]) => layers))]
    .sort((a, b) => a - b)
    .map(layers => {
      const [control, vanilla] = (['control', 'vanilla'] as const).map(
        method => models.find(([first]) => first.layers === layers && first.method === method)!,
      );
      const [counts, others] = [control, vanilla].map(model => model.map(each => each.counts));
      return {
        layers,
        parameters: parametersOf(vanilla[0]),
        speedup: '–',
        control: scoreOfFound(control, 'f1'),
        vanilla: byMeasure(({ key }) => scoreOfFound(vanilla, key)),
        gain: differencesOverSeeds(counts, [others], CRITICAL)[0].f1,
      };
    });
}
