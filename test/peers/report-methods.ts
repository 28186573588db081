/** Of docs/conll2003.md the sections on the methods: what was trained, how it was chosen, scores, β, claims, power, limits. */
import { deviation, mean } from 'd3-array';
import { MEASURES, type Measure } from 'ner-distill/evaluation/measures';
import { differencesOverSeeds } from 'ner-distill/evaluation/seeds';
import type { CorrectedDifference, PairedDifference } from 'ner-distill/evaluation/significance';
import { listed } from 'ner-distill/listed';
import { sentenceOnBeta } from 'ner-distill/report/beta-sentence';
import { claimsForPeople, paperClaims, type Verdict } from 'ner-distill/report/paper-claims';
import { PAPER_DISAGREEMENT, PAPER_TABLE_1, PAPER_TABLE_2 } from 'ner-distill/report/paper-tables';
import { intervalOf, type ModelSummary, testSpread } from 'ner-distill/report/summaries';
import { CRITICAL } from './found';
import { wrongCritical } from './report-errors';
import { type FewLabels, share100 } from './report-few-labels';
import {
  bestFirst,
  nameOf,
  type OwnStudy,
  type PeersStudy,
  rateShown,
  type Setting,
  type Sweep,
  score,
  settingShown,
  settingsOf,
  type Tried,
  validF1,
} from './report-study';
import { borneOut, change, fraction, percent, points, pShown, table } from './report-text';

export function summary(own: Sweep, peers: PeersStudy, few: FewLabels | null): string {
  const { study, teacher, vanilla } = own;
  const claims = paperClaims(study);
  const count = (verdict: Verdict) => claims.filter(claim => claim.verdict === verdict).length;
  const added = overControl(own).f1;
  const addedThere = overControl(peers).f1;
  const lost = study.contrasts.find(({ claim }) => claim === 'student against teacher')!.of;
  borneOut(lost.interval!.high < 0, 'the student is below its teacher');
  borneOut(
    [own, peers].every(of => of.betas.some(beta => isBeyond(of.comparison('logits', beta).coverage, 1))),
    'in both studies logit matching raises Coverage',
  );
  return `In short:

${[
  `A student of half the teacher's layers has F1 ${percent(score(vanilla, 'f1'))} where the teacher has ${percent(score(teacher, 'f1'))}, and Coverage ${percent(score(vanilla, 'coverage'))} where it has ${percent(score(teacher, 'coverage'))}: it does not keep the critical entities as its teacher does.`,
  `Of what it keeps, the teacher's soft targets give ${change(added)} points of F1 beside a student that saw labels alone (${pShown(added.pValue)}), and ${change(addedThere)} with ${peers.chosen.epochs} epochs, in PyTorch (${pShown(addedThere.pValue)}).`,
  `Logit matching on critical words ${effects(own, 'logits')} (p ≤ 0.05 after Holm's correction). ${capitalised(effects(own, 'weighted', 'class weights, the other form,'))}. In PyTorch logit matching ${effects(peers, 'logits')}; ${effects(peers, 'weighted', 'class weights')}.`,
  ...(few
    ? [
        `A teacher is worth most where labels are few and text is plenty: with ${share100(few.share)} of the labels, what it says of the other sentences gives its student ${percent(few.gain)} points of F1 (in PyTorch), ${few.closed} % of its distance to that teacher.`,
      ]
    : []),
  `Of ${claims.length} readings of the paper's claims ${count('holds')} hold, ${count('does not hold')} do not, and ${count('cannot be told')} cannot be told.`,
]
  .map(sentence => `- ${sentence}`)
  .join('\n')}`;
}

/** What a form does beyond chance, measure by measure, up and down; and the measures that it changes at no β. */
export function effectsOf(of: Sweep, form: string) {
  const beyond = MEASURES.flatMap(({ key, title }) =>
    ([1, -1] as const).flatMap(direction => {
      const betas = of.betas.filter(beta => isBeyond(of.comparison(form, beta)[key], direction));
      const by = betas.map(beta => Math.abs(of.comparison(form, beta)[key].difference!));
      return betas.length === 0 ? [] : [{ key, title, direction, betas, by }];
    }),
  );
  return { beyond, untouched: MEASURES.filter(({ key }) => !beyond.some(each => each.key === key)) };
}

/** In words: `raises Coverage by 1.03 and 1.88 points at β = 0.1 and 0.2, …`. */
export function effects(of: Sweep, form: string, subject = '', shown = percent): string {
  const { beyond, untouched } = effectsOf(of, form);
  const ending = subject ? '' : 's';
  const told = beyond.map(
    ({ key, title, direction, betas, by }) =>
      `${direction === 1 ? 'raise' : 'lower'}${ending} ${key === 'f1' ? 'the F1 over all types' : title} by ${listed(by.map(shown), 'and')} points at β = ${listed(betas.map(String), 'and')}`,
  );
  const titles = untouched.map(({ title }) => title);
  const rest =
    told.length === 0
      ? [`change${ending} nothing beyond chance`]
      : titles.length > 0
        ? [`change${ending} ${listed(titles, 'and')} at no β beyond chance`]
        : [];
  return `${subject} ${listed([...told, ...rest], 'and')}`.trim();
}

const capitalised = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

const isBeyond = (of: CorrectedDifference<PairedDifference>, direction: 1 | -1) =>
  of.pHolm !== null && of.pHolm <= 0.05 && direction * of.difference! > 0;

/** Students less the control: training noise is told from all methods of the sweep together. */
export function overControl({
  predictionsOf,
  control,
  vanilla,
  logits,
  weighted,
}: Sweep): ReturnType<typeof differencesOverSeeds>[number] {
  const counts = (model: ModelSummary) => predictionsOf(model).map(each => each.counts);
  return differencesOverSeeds(counts(control), [vanilla, ...logits, ...weighted].map(counts), CRITICAL)[0];
}

export function search(
  { teachers, searched, swept, bestTeacher, bestStudent, chosen }: PeersStudy,
  own: OwnStudy,
  tried: readonly Tried[],
): string {
  const row = ({ rate, epochs, models }: Setting) => {
    const f1 = models.map(({ valid }) => valid.at(-1)!.f1);
    return [settingShown({ rate, epochs }), `${percent(mean(f1)!)} ± ${percent(deviation(f1)!)}`];
  };
  const students = bestFirst(searched).map(({ models, ...setting }) => {
    const of = (method: string) => models.find(model => model.method === method)!.valid.at(-1)!;
    return [
      settingShown(setting),
      ...(['control', 'vanilla'] as const).flatMap(method => [
        percent(of(method).f1),
        percent(of(method).f1_critical),
      ]),
      percent(validF1(models)),
    ];
  });
  const gain = validF1(bestStudent.models) - validF1(chosen.models);
  const times = bestStudent.epochs / chosen.epochs;
  const firstOf = (method: string) => chosen.models.find(model => model.method === method)!;
  const againOf = (method: string) =>
    swept.find(model => model.method === method && model.seed === firstOf(method).seed)!;
  const repeats = ['control', 'vanilla'].map(method =>
    Math.abs(firstOf(method).test.f1 - againOf(method).test.f1),
  );
  const ofFiveEpochs = bestFirst(searched).filter(({ epochs }) => epochs === chosen.epochs)[0];
  borneOut(ofFiveEpochs.rate === chosen.rate, 'the chosen rate is the best of its epochs');
  const higher = (epochs: number) =>
    settingsOf(searched)
      .filter(each => each.epochs === epochs && each.rate >= chosen.rate)
      .sort((a, b) => a.rate - b.rate)
      .map(({ models }) => validF1(models));
  borneOut(
    [...new Set(searched.map(({ epochs }) => epochs))].every(epochs =>
      higher(epochs).every((f1, i, all) => i === 0 || f1 < all[i - 1]),
    ),
    'above the chosen rate F1 falls with the rate',
  );
  const ownTraining = own.plan.students[0].training;
  const ofOwn = { ...ownTraining, rate: ownTraining.learningRate };
  const all = [{ ...ofOwn, f1: own.vanilla.runs[0].validation.overall.f1! }, ...tried].sort(
    (a, b) => b.f1 - a.f1,
  );
  borneOut(
    tried.length > 0 && tried.every(each => each.epochs === ofOwn.epochs && each.seed === own.study.seeds[0]),
    'other rates were tried, with the same epochs and seed',
  );
  borneOut(all[0].rate === ofOwn.rate, 'the rate of the study is the best of those that were tried');
  const ownTeacher = own.plan.teacher.training;
  const short = bestFirst(teachers).find(({ epochs }) => epochs === ownTeacher.epochs)!;
  borneOut(short.rate === ownTeacher.learningRate, "the teacher's rate is the best of its epochs");
  borneOut(ownTeacher.epochs === 3 && ofOwn.epochs === 3, 'the study has three epochs');
  return `## Rate and epochs, chosen on the validation part

The paper's 5·10⁻⁵ is a rate for large models. A small one wants more, and a student that starts with half of its teacher's layers has more to learn
than the teacher had. Rate and epochs were therefore searched, in PyTorch on a GPU ([below](#the-same-in-pytorch-trained-longer)) and on the validation part alone: the test part chose nothing.

${table(['teacher', '> validation F1, three seeds'], bestFirst(teachers).map(row))}

The best of these, ${settingShown(bestTeacher)}, made PyTorch's teachers. Their students, control and vanilla, were tried with seed ${searched[0].seed}:

${table(
  ['student', '> control F1', '> F1_critical', '> vanilla F1', '> F1_critical', '> mean F1 of both'],
  students,
)}

![F1 on the validation part after every epoch, by learning rate](conll2003-search.svg)

The best setting, ${settingShown(bestStudent)}, is ${points(gain).replace('+', '')} points of mean F1 above ${settingShown(chosen)}, for ${times} times the time. PyTorch's sweep was done at the latter, the best
of those with ${chosen.epochs} epochs: eight methods with three seeds each tell more here than a fraction of a point that all of them may be expected to share. A higher rate is
no way round more epochs: above ${rateShown(chosen.rate)} F1 is the lower the higher the rate, whatever their number.

The study of this library has ${ownTeacher.epochs} epochs, which two cores do in ${own.hours / 2 < 2 ? 'less than two hours' : 'a few hours'}. For teachers ${rateShown(short.rate)} is the best of the rates with so many; for students ${listed(
    all.map(({ rate }) => rateShown(rate)),
    'and',
  )} were tried, with vanilla of seed ${own.study.seeds[0]}: ${listed(
    all.map(({ f1 }) => percent(f1)),
    'and',
  )} of validation F1. The first of these was taken.

How much of a difference is noise can be seen from one accident in PyTorch: the sweep trained control and vanilla of seed ${searched[0].seed} again at this setting, from the same start, with the same
order of sentences, but with other dropout masks. On the test part their F1 moved by ${repeats.map(each => percent(each)).join(' and ')} points.`;
}

export function methods({ corpus, study, teacher, control, vanilla, logits, weighted }: Sweep): string {
  const rows = [teacher, control, vanilla, ...logits, ...weighted].map(model => [
    nameOf(model),
    ...MEASURES.map(measure => {
      const { mean, std } = testSpread(model, measure)!;
      const { low, high } = intervalOf(study, model, measure.key)!;
      return `${percent(mean)} ± ${percent(std!)} (${fraction(low, 1)} to ${fraction(high, 1)})`;
    }),
    percent(mean(model.runs, run => run.test.critical.precision!)!),
  ]);
  const papers = [
    ['the paper, Table 1: teacher', PAPER_TABLE_1.teacher!.percent],
    ['the paper, Table 1: vanilla', PAPER_TABLE_1.vanilla!.percent],
    ...PAPER_TABLE_2.map(({ beta, percent }) => [`the paper, Table 2: β = ${beta}`, percent] as const),
  ] as const;
  const paperRows = papers.map(([name, scores]) => [
    name,
    ...MEASURES.map(({ name }) => scores[name]!.toFixed(2)),
    scores.precision_critical?.toFixed(2) ?? '–',
  ]);
  return `## The methods, over three seeds

Test part, in per cent: mean ± standard deviation over the seeds, and in brackets the 95 % interval of the mean over seeds *and* sentences
([how](statistics.md)). Coverage is the share of true critical entities that are found exactly, so it is their recall; F1_critical weighs it against their precision.

${table(['model', ...MEASURES.map(({ title }) => `> ${title}`), '> critical precision'], [...rows, ...paperRows])}

The intervals of single models are wide, since ${corpus.test.length.toLocaleString('en-US')} sentences are few, and say little about methods: all models read the *same* sentences, and what is hard for one is hard
for all. Methods are compared by their differences, seed by seed and sentence by sentence, which is where the next section goes on. The paper's rows are for comparison only: another teacher, another
student, a split that is not given, and no spread. ${PAPER_DISAGREEMENT}`;
}

export function whatBetaDoes(of: Sweep): string {
  const { study } = of;
  const others = study.comparisons.filter(({ beta }) => beta === null);
  const rows = study.comparisons.map(({ form, beta, of }) => [
    beta === null ? form : `${form}, β = ${beta}`,
    ...MEASURES.map(({ key }) => `${change(of[key])}, ${pShown(of[key].pHolm)}`),
  ]);
  const paper = PAPER_TABLE_2.filter(({ beta }) => beta > 0).map(({ beta, percent }) => [
    `the paper, β = ${beta}`,
    ...MEASURES.map(({ name }) => points((percent[name]! - PAPER_TABLE_2[0].percent[name]!) / 100)),
  ]);
  return `## What β buys, and what it costs

Differences from the vanilla student in points, with their 95 % intervals over seeds and sentences, and p-values of Student's t after Holm's correction over the
${study.comparisons.length} of a column${
    others.length > 0
      ? ` (${listed(
          others.map(({ form }) => `*${form}*`),
          'and',
        )} is the loss that notebook 04 adds)`
      : ''
  }:

${table(['', ...MEASURES.map(({ title }) => `> ${title}`)], [...rows, ...paper])}

![What β changes against the vanilla student, in points](conll2003-beta.svg)

${sentenceOnBeta(study)}

${wrongCritical(of)}`;
}

export function claimsSection({ study }: Sweep): string {
  const rows = claimsForPeople(paperClaims(study)).map(
    ({ claim, form, verdict, ours, 'the paper': paper }) => [
      String(claim),
      String(form ?? ''),
      String(paper).replaceAll('-', '−'),
      String(ours).replaceAll('-', '−'),
      `**${verdict}**`,
    ],
  );
  return `## The paper's claims, one by one

A claim holds where the whole 95 % interval speaks for it, does not hold where the whole interval speaks against it, and cannot be told otherwise. Each stands for itself, without a
correction for their number. What a β does knows the training noise of the whole sweep; the first two know that of their own models alone, so that their intervals are wider than they had to be.

${table(['claim', 'form', '> the paper', '> here', 'verdict'], rows)}

That the student is no worse than its teacher was the claim least likely to carry over: the paper's student was itself pretrained, on far more text than CoNLL has,
while this one is three layers taken out of six and nothing more. That F1_critical is below F1 is a matter of types: of the critical ones PER is easy in this part and ORG is not, as the table by type shows.`;
}

export function power({ study }: Sweep): string {
  const most = (measure: Measure) => {
    const all = study.comparisons.map(({ of }) => of[measure].detectable!);
    return [Math.min(...all), Math.max(...all)];
  };
  const shown = MEASURES.map(({ key, title }) => {
    const [least, largest] = most(key);
    return `${title} from ${fraction(least, 1)} to ${fraction(largest, 1)} points`;
  });
  const paper =
    PAPER_TABLE_2.find(({ beta }) => beta === 0.2)!.percent.f1_critical! -
    PAPER_TABLE_2[0].percent.f1_critical!;
  const [least] = most('f1Critical');
  borneOut(100 * least > paper, "the paper's gain is less than what this study sees");
  return `## What three seeds can see

Of 100 such studies 80 would find a difference in ${listed(shown, 'and')} (5 % level, before the correction). The paper's best gain in F1_critical, ${paper.toFixed(2)} points, is less than
that: a study of this size can neither confirm nor refute it, and it is of the size by which a single training moves (above). More seeds help as long as training noise is what limits;
the rest is the test part's.`;
}

export function limits(): string {
  return `## What this does not say

- The **test part** is half of \`eng.testa\`, because \`eng.testb\` was not at hand. It is from the same days of August 1996 as the training part, where \`testb\` is from December and harder: these scores are not to be held against published ones.
- The **student** is small, three layers of a six-layer MiniLM. A student with a pretraining of its own, such as DistilBERT, starts elsewhere, and what β does to it may differ.
- **Three seeds** of one split of one corpus. The intervals know of other trainings and of other sentences like these, not of other corpora or other choices of critical types.
- **Rate and epochs** were chosen for control and vanilla, once, and are the same for all β: a β may want others, as the paper advises for large ones.
- **κ, T and α** are those of the study; nothing was searched in them.`;
}
