/**
 * Writes docs/conll2003.md and its figures from what the GPU left: `report.ts SEARCH [SHARES] --data PARTS --model MODEL`, with the
 * folders of conll_search.py and conll_shares.py. No number is typed: what a sentence says of the numbers is held against
 * them, and a sentence that they belie stops the script. Fills the marked blocks of the two READMEs, too.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { deviation, mean } from 'd3-array';
import { loadCorpus } from 'ner-distill';
import { analyseErrors, type EntityOutcome, errorsOf } from 'ner-distill/evaluation/errors';
import { type Fate, lostFacts } from 'ner-distill/evaluation/facts';
import { MEASURES, type Measure, measureOf } from 'ner-distill/evaluation/measures';
import { differencesOverSeeds } from 'ner-distill/evaluation/seeds';
import type { CorrectedDifference, PairedDifference } from 'ner-distill/evaluation/significance';
import { numberOfParameters } from 'ner-distill/experiment/model-size';
import { writeFileAtomically } from 'ner-distill/files';
import { listed } from 'ner-distill/listed';
import { fromHuggingFace } from 'ner-distill/model/config';
import { sentenceOnBeta } from 'ner-distill/report/beta-sentence';
import { STYLE } from 'ner-distill/report/figures';
import { claimsForPeople, paperClaims, type Verdict } from 'ner-distill/report/paper-claims';
import { PAPER_DISAGREEMENT, PAPER_TABLE_1, PAPER_TABLE_2 } from 'ner-distill/report/paper-tables';
import { renderSvg } from 'ner-distill/report/render';
import { intervalOf, type ModelSummary, modelOf, sweptModel, testSpread } from 'ner-distill/report/summaries';
import { CRITICAL, type Found, readFound, studyOf } from './found';
import { type FewLabels, fewLabels, otherDepths, share100 } from './report-few-labels';
import { type Line, panelFigure } from './report-figures';
import { borneOut, change, fraction, percent, points, pShown, table, wrapped } from './report-text';

const { values: given, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    data: { type: 'string' },
    model: { type: 'string' },
    out: { type: 'string', default: 'docs/conll2003.md' },
    gpu: { type: 'string', default: 'a GPU' },
  },
});
const [searchFolder, sharesFolder] = positionals;
if (!searchFolder || !given.data || !given.model)
  throw new Error('expected the folder that conll_search.py wrote, --data PARTS and --model MODEL');
const out = given.out;
const { corpus } = loadCorpus(given.data);
const found = readFound(searchFolder, corpus.test);
const encoder = fromHuggingFace(
  JSON.parse(readFileSync(join(given.model, 'config.json'), 'utf8')),
  'config.json',
);
const parametersOf = ({ method, layers }: Pick<Found, 'method' | 'layers'>) =>
  numberOfParameters({
    ...encoder,
    architecture: method === 'teacher' ? 'bert' : 'distilbert',
    layers,
    tags: TAGS,
  });
const TAGS = [...new Set(corpus.train.flatMap(({ tags }) => tags))];

// ------------------------------------------------------------------------------------------------ which models are which

const teachers = found.filter(({ method }) => method === 'teacher');
/** Students of the search come before those of the sweep, which begin with the first constrained one's seed. */
const firstSwept = found.findIndex(({ method }) => method === 'logits') - 2;
const searched = found.slice(teachers.length, firstSwept);
const swept = found.slice(firstSwept);
const validF1 = (models: readonly Found[]) => mean(models, ({ valid }) => valid.at(-1)!.f1)!;
const bestFirst = (models: readonly Found[]) =>
  settingsOf(models).sort((a, b) => validF1(b.models) - validF1(a.models));
const [bestTeacher] = bestFirst(teachers);
const [bestStudent] = bestFirst(searched);
const chosen = settingsOf(searched).find(
  ({ rate, epochs }) => rate === swept[0].rate && epochs === swept[0].epochs,
)!;
const { study, foundOf } = studyOf([...bestTeacher.models, ...swept], parametersOf);

/** Models by rate and epochs, whatever their seed and method. */
function settingsOf(models: readonly Found[]) {
  const keys = [...new Set(models.map(({ rate, epochs }) => `${rate} ${epochs}`))];
  return keys.map(key => {
    const [rate, epochs] = key.split(' ').map(Number);
    return { rate, epochs, models: models.filter(model => model.rate === rate && model.epochs === epochs) };
  });
}

const rateShown = (rate: number) =>
  rate
    .toExponential()
    .replace('e-', '·10⁻')
    .replace(/\d$/, digit => SUPERSCRIPTS[Number(digit)]);
const SUPERSCRIPTS = [...'⁰¹²³⁴⁵⁶⁷⁸⁹'];
const settingShown = ({ rate, epochs }: { rate: number; epochs: number }) =>
  `${rateShown(rate)} × ${epochs} epochs`;

const [teacher, control, vanilla] = (['teacher', 'control', 'vanilla'] as const).map(
  role => modelOf(study, role)!,
);
const betas = study.betas.filter(beta => beta > 0);
const logits = betas.map(beta => sweptModel(study, 'logits', beta)!);
const weighted = betas.map(beta => sweptModel(study, 'weighted', beta)!);
const foundOfModel = ({ runs }: ModelSummary) => runs.map(foundOf);
const score = (model: ModelSummary, measure: Measure) => testSpread(model, measureOf(measure))!.mean;
const comparison = (form: string, beta: number) =>
  study.comparisons.find(each => each.form === form && each.beta === beta)!.of;

// --------------------------------------------------------------------------------------------------------------- sections

function log(folder: string) {
  const text = readFileSync(join(folder, 'log.txt'), 'utf8').trim();
  const [, torch] = /torch (\S+),/.exec(text)!;
  const [, seconds, memory] = /\[\s*([\d.]+)\] done; peak memory ([\d.]+ GiB)/.exec(text)!;
  return { torch, seconds: Math.round(Number(seconds)), memory };
}

/** Students less the control: training noise is told from all methods of the sweep together. */
function overControl(): ReturnType<typeof differencesOverSeeds>[number] {
  const counts = (model: ModelSummary) => foundOfModel(model).map(each => each.counts);
  return differencesOverSeeds(counts(control), [vanilla, ...logits, ...weighted].map(counts), CRITICAL)[0];
}

const isBeyond = (of: CorrectedDifference<PairedDifference>, direction: 1 | -1) =>
  of.pHolm !== null && of.pHolm <= 0.05 && direction * of.difference! > 0;
const added = overControl();
const againstTeacher = study.contrasts.find(({ claim }) => claim === 'student against teacher')!.of;
const claims = paperClaims(study);
const count = (verdict: Verdict) => claims.filter(claim => claim.verdict === verdict).length;
const raised = betas.filter(beta => isBeyond(comparison('logits', beta).coverage, 1));
const none = (form: string, measure: Measure) =>
  betas.every(beta => comparison(form, beta)[measure].pHolm! > 0.05);

function summary(few: FewLabels | null): string {
  const gains = raised.map(beta => comparison('logits', beta).coverage);
  const last = betas.at(-1)!;
  borneOut(gains.length === betas.length, 'logit matching raises Coverage at every β');
  borneOut(
    none('logits', 'f1Critical') && none('weighted', 'f1Critical'),
    'no β changes F1_critical beyond chance',
  );
  borneOut(
    MEASURES.every(({ key }) => none('weighted', key)),
    'class weights change nothing beyond chance',
  );
  borneOut(isBeyond(comparison('logits', last).f1, -1), 'the largest β lowers F1');
  return `In short:

${[
  `A student of half the teacher's layers has F1 ${percent(score(vanilla, 'f1'))} where the teacher has ${percent(score(teacher, 'f1'))}, and Coverage ${percent(score(vanilla, 'coverage'))} where it has ${percent(score(teacher, 'coverage'))}: it does not keep the critical entities as its teacher does.`,
  `Of what it keeps, the teacher's soft targets give ${change(added.f1)} points of F1 beside a student that saw labels alone; ${added.f1.pValue! <= 0.05 ? 'that is beyond chance' : `that is within chance (p = ${pShown(added.f1.pValue)})`}.`,
  `Logit matching on critical words raises Coverage by ${listed(
    gains.map(of => points(of.difference!).replace('+', '')),
    'and',
  )} points (β = ${listed(betas.map(String), 'and')}; p ${listed(
    gains.map(of => pWithSign(of.pHolm)),
    'and',
  )} after Holm's correction), and precision pays for it: F1_critical rises at no β beyond chance, and at β = ${last} the F1 over all types falls by ${points(-comparison('logits', last).f1.difference!).replace('+', '')} points. Class weights, the other form, change nothing beyond chance.`,
  ...(few
    ? [
        `A teacher is worth most where labels are few and text is plenty: with ${share100(few.share)} of the labels, what it says of the other sentences gives its student ${percent(few.gain)} points of F1, ${few.closed} % of what that lacked to it.`,
      ]
    : []),
  `Of ${claims.length} readings of the paper's claims ${count('holds')} hold, ${count('does not hold')} do not, and ${count('cannot be told')} cannot be told.`,
]
  .map(sentence => `- ${sentence}`)
  .join('\n')}`;
}

const pWithSign = (p: number | null | undefined) => (p! < 0.001 ? '< 0.001' : `= ${pShown(p)}`);

function howItWasMade(): string {
  const { torch, seconds, memory } = log(searchFolder);
  const sizes = (['train', 'valid', 'test'] as const).map(part =>
    corpus[part].length.toLocaleString('en-US'),
  );
  const critical = vanilla.runs[0].test.critical.support.toLocaleString('en-US');
  const [own, student] = [teacher, vanilla].map(({ parameters }) => parameters!);
  return `## What was trained, and on what

- **Corpus.** CoNLL-2003, English: \`eng.train\` (${sizes[0]} sentences) and \`eng.testa\`, which is divided by documents into a validation part (${sizes[1]}) and a test
  part (${sizes[2]} sentences, ${vanilla.runs[0].test.overall.support.toLocaleString('en-US')} entities, ${critical} of them PER or ORG), as \`reproduce\` does where a corpus has no test file. The paper does not give its split.
- **Teacher.** MiniLM-L6 (all-MiniLM-L6-v2, six layers of width ${encoder.hiddenSize}, ${millions(own)} parameters with the classifier), fine-tuned. The paper's, bert-base, is five times
  as large.
- **Students.** DistilBERT's form, three of the teacher's layers (the first, the fourth and the last), ${millions(student)} parameters, ${Math.round((100 * student) / own)} % of the teacher's, since the word table,
  ${millions(encoder.vocabularySize * encoder.hiddenSize)}, is in both.
- **Losses.** As in [README](../README.md#limits-and-what-is-ours): α = 0.5, T = 2; *logits* adds β times the mean squared difference of the logits at critical words, *weighted* gives critical classes the
  weight 1 + 10 β. The *control* is the same student, from the same start, with labels alone.
- **Training.** AdamW with decay 0.01, warm-up over a tenth of the steps, clipping at 1, dropout 0.1, 16 sentences a step, 128 pieces at most. Every model was
  trained with the seeds ${listed(study.seeds.map(String), 'and')}; the runs of a seed have one teacher, one start and one order of sentences.

These trainings were done in plain PyTorch ${torch} on ${given.gpu}: ${found.length} models in ${seconds} seconds, two dozen at a time as one stack (${memory} at its peak).
[test/peers](../test/peers/README.md) has the scripts, and a check that holds them against transformers, seqeval and TextBrewer. Scores, intervals, tests and figures below are this library's, computed
from what those models predicted. The library's own engine does the same study from a plan:

\`\`\`json
{
  "preset": "paper",
  "teacher": { "training": { "learningRate": ${bestTeacher.rate}, "epochs": ${bestTeacher.epochs} } },
  "students": [
    { "name": "student", "layers": 3, "initial": "teacher-layers", "training": { "learningRate": ${chosen.rate}, "epochs": ${chosen.epochs} } }
  ],
  "distillation": { "forms": ["logits", "weighted"] }
}
\`\`\`

\`\`\`
npx ner-distill reproduce --plan conll2003.json --data data/conll2003 --teacher-checkpoint MODEL --seeds 3 --out results-conll2003
\`\`\`

On two cores that takes the better part of a day (\`--dry-run\` says how long), and its numbers are not here yet: with other orders and dropout masks they will differ from these by training noise.`;
}

const millions = (parameters: number) => `${(parameters / 1e6).toFixed(1)} M`;

function search(): string {
  const row = ({ rate, epochs, models }: ReturnType<typeof settingsOf>[number]) => {
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
  return `## Rate and epochs, chosen on the validation part

The paper's 5·10⁻⁵ is a rate for large models. A small one wants more, and a student that starts with half of its teacher's layers has more to learn
than the teacher had. Rate and epochs were therefore searched, on the validation part alone: the test part chose nothing.

${table(['teacher', '> validation F1, three seeds'], bestFirst(teachers).map(row))}

The best of these, ${settingShown(bestTeacher)}, made the teachers. Their students, control and vanilla, were tried with seed ${searched[0].seed}:

${table(
  ['student', '> control F1', '> F1_critical', '> vanilla F1', '> F1_critical', '> mean F1 of both'],
  students,
)}

![F1 on the validation part after every epoch, by learning rate](conll2003-search.svg)

The best setting, ${settingShown(bestStudent)}, is ${points(gain).replace('+', '')} points of mean F1 above ${settingShown(chosen)}, for ${times} times the time. The sweep was done at the latter, the best
of those with ${chosen.epochs} epochs: eight methods with three seeds each tell more here than a fraction of a point that all of them may be expected to share. A higher rate is
no way round more epochs: above ${rateShown(chosen.rate)} F1 is the lower the higher the rate, whatever their number.

How much of a difference is noise can be seen from one accident: the sweep trained control and vanilla of seed ${searched[0].seed} again at this setting, from the same start, with the same
order of sentences, but with other dropout masks. On the test part their F1 moved by ${repeats.map(each => percent(each)).join(' and ')} points.`;
}

function methods(): string {
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

function nameOf({ role, form, beta }: ModelSummary): string {
  if (role === 'teacher') return 'teacher, 6 layers';
  if (role === 'control') return 'control';
  return role === 'vanilla' ? 'vanilla' : `${form}, β = ${beta}`;
}

function whatBetaDoes(): string {
  const rows = study.comparisons.map(({ form, beta, of }) => [
    `${form}, β = ${beta}`,
    ...MEASURES.map(({ key }) => `${change(of[key])}, p ${pWithSign(of[key].pHolm)}`),
  ]);
  const paper = PAPER_TABLE_2.filter(({ beta }) => beta > 0).map(({ beta, percent }) => [
    `the paper, β = ${beta}`,
    ...MEASURES.map(({ name }) => points((percent[name]! - PAPER_TABLE_2[0].percent[name]!) / 100)),
  ]);
  const rowsOfErrors = [vanilla, ...logits, weighted.at(-1)!].map(model => [
    nameOf(model),
    ...falseAlarms(model),
  ]);
  const before = falseAlarmCounts(vanilla);
  const after = falseAlarmCounts(logits[1]);
  const more = after.wrong - before.wrong;
  const ofOtherTypes = after.otherTypes - before.otherTypes;
  const gainsOf = (kind: keyof typeof after) =>
    points((after[kind] - before[kind]) / 100).replace(/\.\d+$/, '');
  borneOut(
    more > 0 && ofOtherTypes > 0,
    'with β there are more wrong critical entities, and more of other types',
  );
  borneOut(after.right > before.right, 'with β there are more right critical entities');
  return `## What β buys, and what it costs

Differences from the vanilla student in points, with their 95 % intervals over seeds and sentences, and p-values of Student's t after Holm's correction over the
six of a column:

${table(['', ...MEASURES.map(({ title }) => `> ${title}`)], [...rows, ...paper])}

![What β changes against the vanilla student, in points](conll2003-beta.svg)

${sentenceOnBeta(study)}

So logit matching does what it is made for, and at a price. One reading of why: it pulls the student's logits towards the teacher's at words that *are* critical, and nowhere else, so that a student in doubt
learns to say PER or ORG, for no such pull speaks for LOC, MISC or O. The entities that were predicted as critical, mean over the seeds:

${table(
  [
    '',
    '> predicted',
    '> right',
    '> wrong',
    '> gold is LOC or MISC',
    '> PER for ORG, ORG for PER',
    '> wrong boundary',
    '> nothing there',
  ],
  rowsOfErrors,
)}

At β = ${logits[1].beta} there are ${(after.right - before.right).toFixed(0)} more right ones than vanilla has and ${more.toFixed(0)} more wrong ones: ${gainsOf('otherTypes')} that are LOC or MISC, ${gainsOf('spurious')}
where there is nothing, ${gainsOf('confused')} with PER and ORG confused, ${gainsOf('boundary')} with a wrong boundary. Whether that is a bargain depends on what a missed name costs against a false one, which neither F1 knows: it is the reason to look at Coverage and precision, and not at F1_critical alone.`;
}

const isOther = (gold: EntityOutcome['gold'], predicted: EntityOutcome['predicted']) =>
  gold !== null && gold.type !== predicted!.type;

/** Predicted critical entities of a model, mean over its seeds. */
function falseAlarmCounts(model: ModelSummary) {
  const seeds = foundOfModel(model).map(each => {
    const outcomes = outcomesOf(each).filter(
      ({ predicted }) => predicted && CRITICAL.includes(predicted.type),
    );
    const count = (holds: (outcome: EntityOutcome) => boolean) => outcomes.filter(holds).length;
    return {
      predicted: outcomes.length,
      right: count(({ outcome }) => outcome === 'correct'),
      wrong: count(({ outcome }) => outcome !== 'correct'),
      otherTypes: count(({ gold, predicted }) => isOther(gold, predicted) && !CRITICAL.includes(gold!.type)),
      confused: count(({ gold, predicted }) => isOther(gold, predicted) && CRITICAL.includes(gold!.type)),
      boundary: count(({ outcome }) => outcome === 'wrong boundary'),
      spurious: count(({ outcome }) => outcome === 'spurious'),
    };
  });
  type Counts = (typeof seeds)[number];
  return Object.fromEntries(
    Object.keys(seeds[0]).map(key => [key, mean(seeds, of => of[key as keyof Counts])!]),
  ) as Counts;
}

function falseAlarms(model: ModelSummary): string[] {
  return Object.values(falseAlarmCounts(model)).map(value => value.toFixed(0));
}

function outcomesOf({ sentences }: Found): EntityOutcome[] {
  return errorsOf(
    sentences.map(({ gold }) => gold),
    sentences.map(({ predicted }) => predicted),
  );
}

function perClass(): string {
  const types = Object.keys(vanilla.runs[0].test.byType);
  const shown = [teacher, control, vanilla, ...logits, weighted.at(-1)!];
  const f1 = (model: ModelSummary, type: string) => mean(model.runs, run => run.test.byType[type].f1!)!;
  const rows = shown.map(model => [nameOf(model), ...types.map(type => percent(f1(model, type)))]);
  const support = types.map(type => vanilla.runs[0].test.byType[type].support);
  const loss = types
    .map(type => ({ type, lost: f1(teacher, type) - f1(vanilla, type) }))
    .sort((a, b) => b.lost - a.lost);
  return `## By type

F1 of each type, mean over the seeds:

${table(['', ...types.map((type, i) => `> ${type} (${support[i]})`)], rows)}

From the teacher to the vanilla student ${loss[0].type} loses most (${percent(loss[0].lost)} points), then ${loss[1].type} (${percent(loss[1].lost)}) and ${loss[2].type} (${percent(loss[2].lost)}); ${loss[3].type} loses ${percent(loss[3].lost)}.`;
}

function seenAndUnseen(): string {
  const shown = [teacher, control, vanilla, ...logits, weighted.at(-1)!];
  const VALUES = ['seen with this type', 'seen with other types', 'not seen'];
  const recallOf = (model: ModelSummary, value: string) =>
    mean(slicesByModel.get(model)!, slices => slices.find(each => each.value === value)!.score.recall!)!;
  const slicesByModel = new Map(
    shown.map(model => [
      model,
      foundOfModel(model).map(({ sentences }) =>
        analyseErrors(criticalOnly(sentences), { critical: CRITICAL, train: corpus.train }).slices.filter(
          ({ attribute }) => attribute === 'training',
        ),
      ),
    ]),
  );
  const supports = VALUES.map(
    value => slicesByModel.get(vanilla)![0].find(each => each.value === value)!.score.support,
  );
  const rows = shown.map(model => [nameOf(model), ...VALUES.map(value => percent(recallOf(model, value)))]);
  const drop = (value: string) => recallOf(teacher, value) - recallOf(vanilla, value);
  borneOut(drop('not seen') > drop('seen with this type'), 'the student loses more of what it has not seen');
  const gain = (value: string) => recallOf(logits[1], value) - recallOf(vanilla, value);
  borneOut(gain('not seen') > gain('seen with this type'), 'β gives most of what was not seen');
  return `## Names that training had, and names that it had not

Coverage of the critical entities of the test part by whether training had the same words as an entity, mean over the seeds:

${table(['', ...VALUES.map((value, i) => `> ${value} (${supports[i]})`)], rows)}

What training had, a student of three layers knows nearly as well as its teacher (${percent(drop(VALUES[0]))} points less). What it loses are names it must tell from their context:
${percent(drop('not seen'))} points of those that were not seen. Logit matching at β = ${logits[1].beta} gives ${percent(gain('not seen'))} of these points back. A test part with few new names would show neither.`;
}

/** Entities of other types left out, in gold and prediction. */
function criticalOnly(sentences: Found['sentences']): Found['sentences'] {
  const only = (tags: readonly string[]) => tags.map(tag => (CRITICAL.includes(tag.slice(2)) ? tag : 'O'));
  return sentences.map(({ words, gold, predicted }) => ({
    words,
    gold: only(gold),
    predicted: only(predicted),
  }));
}

function facts(): string {
  const shown = [control, vanilla, ...logits, weighted.at(-1)!];
  const ofSeed = new Map(bestTeacher.models.map(model => [model.seed, model]));
  const FATES: readonly Fate[] = ['kept', 'lost', 'gained', 'missed'];
  const KINDS = ['missed', 'wrong type', 'wrong boundary', 'wrong type and boundary'] as const;
  const counted = shown.map(model => {
    const seeds = foundOfModel(model).map(each => {
      const tagsOf = (key: 'gold' | 'predicted', of: Found) => of.sentences.map(sentence => sentence[key]);
      const fates = lostFacts(
        tagsOf('gold', each),
        tagsOf('predicted', ofSeed.get(each.seed)!),
        tagsOf('predicted', each),
        CRITICAL,
      );
      const outcomes = new Map(
        outcomesOf(each).flatMap(({ sentence, gold, outcome }) =>
          gold ? [[`${sentence} ${gold.start}`, outcome]] : [],
        ),
      );
      const kinds = fates.lost.map(({ sentence, span }) => outcomes.get(`${sentence} ${span.start}`));
      return [
        ...FATES.map(fate => fates[fate].length),
        ...KINDS.map(kind => kinds.filter(each => each === kind).length),
      ];
    });
    return { model, means: seeds[0].map((_, column) => mean(seeds, row => row[column])!) };
  });
  const lost = (model: ModelSummary) => counted.find(each => each.model === model)!.means;
  const [ofVanilla, ofLogits] = [lost(vanilla), lost(logits[1])];
  borneOut(ofLogits[1] < ofVanilla[1], 'β loses fewer facts');
  const kinds = KINDS.map((kind, i) => ({ kind, count: ofVanilla[FATES.length + i] })).sort(
    (a, b) => b.count - a.count,
  );
  return `## Facts that were lost

A fact is a critical entity of the test part. Beside the teacher of its seed a student has *kept* it (both found it), *lost* it (only the teacher did), *gained* it (only the student did), or both *missed*
it; and where it was lost, the student has predicted nothing there, or something else. Mean over the seeds:

${table(
  [
    '',
    ...FATES.map(fate => `> ${fate}`),
    '> lost: nothing predicted',
    '> another type',
    '> another boundary',
    '> both',
  ],
  counted.map(({ model, means }) => [nameOf(model), ...means.map(value => value.toFixed(1))]),
)}

The vanilla student loses ${ofVanilla[1].toFixed(0)} facts that its teacher had, mostly to ${{ missed: 'silence', 'wrong type': 'another type', 'wrong boundary': 'another boundary', 'wrong type and boundary': 'another type and boundary' }[kinds[0].kind]} (${kinds[0].count.toFixed(0)}), and gains
${ofVanilla[2].toFixed(0)}. With β = ${logits[1].beta} (logits) it loses ${ofLogits[1].toFixed(0)}. \`npx ner-distill compare\` lists such facts one by one for any two models.`;
}

function claimsSection(): string {
  const rows = claimsForPeople(claims).map(({ claim, form, verdict, ours, 'the paper': paper }) => [
    String(claim),
    String(form ?? ''),
    String(paper).replaceAll('-', '−'),
    String(ours).replaceAll('-', '−'),
    `**${verdict}**`,
  ]);
  return `## The paper's claims, one by one

A claim holds where the whole 95 % interval speaks for it, does not hold where the whole interval speaks against it, and cannot be told otherwise. Each stands for itself, without a
correction for their number. Speed is not among them: nothing was timed here ([speed.md](speed.md) does that).

${table(['claim', 'form', '> the paper', '> here', 'verdict'], rows)}

That the student is no worse than its teacher was the claim least likely to carry over: the paper's student was itself pretrained, on far more text than CoNLL has,
while this one is three layers taken out of six and nothing more. That F1_critical is below F1 is a matter of types: of the critical ones PER is easy in this part and ORG is not, as the table by type shows.`;
}

function power(): string {
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

function limits(): string {
  return `## What this does not say

- The **test part** is half of \`eng.testa\`, because \`eng.testb\` was not at hand. It is from the same days of August 1996 as the training part, where \`testb\` is from December and harder: these scores are not to be held against published ones.
- The **student** is small, three layers of a six-layer MiniLM. A student with a pretraining of its own, such as DistilBERT, starts elsewhere, and what β does to it may differ.
- **Three seeds** of one split of one corpus. The intervals know of other trainings and of other sentences like these, not of other corpora or other choices of critical types.
- **Rate and epochs** were chosen for control and vanilla, once, and are the same for all β: a β may want others, as the paper advises for large ones.
- **κ, T and α** are those of the study; nothing was searched in them.`;
}

// ---------------------------------------------------------------------------------------------------------------- figures

const RATE_COLORS = ['#0072b2', '#e69f00', '#009e73', '#cc79a7'];
const EPOCH_DASHES = ['dot', 'dash', 'solid'];

async function writeFigures(): Promise<void> {
  const rates = [...new Set(searched.map(({ rate }) => rate))];
  const epochs = [...new Set(searched.map(model => model.epochs))].sort((a, b) => a - b);
  const dashes = epochs.map(
    (count, i) => `${{ dot: 'dotted', dash: 'dashed', solid: 'solid' }[EPOCH_DASHES[i]]}: ${count}`,
  );
  await draw('search', {
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
  const FORMS = {
    logits: { ...STYLE.constrained, dash: 'solid' },
    weighted: { color: '#cc5500', symbol: 'square-open', dash: 'dash' },
  };
  await draw('beta', {
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

async function draw(name: string, of: Parameters<typeof panelFigure>[0]): Promise<void> {
  writeFileAtomically(out.replace(/\.md$/, `-${name}.svg`), `${await renderSvg(panelFigure(of))}\n`);
}

// ---------------------------------------------------------------------------------------------------------------- READMEs

/** Replaces what stands between the two marks of a README. */
function fill(file: string, text: string): void {
  const before = readFileSync(file, 'utf8');
  const marked = /(<!-- conll2003: from test\/peers\/report\.ts -->\n)[\s\S]*?(\n<!-- end of conll2003 -->)/;
  if (!marked.test(before)) throw new Error(`${file}: found no marked block, expected <!-- conll2003: … -->`);
  writeFileAtomically(
    file,
    before.replace(marked, (_, begin, end) => `${begin}\n${wrapped(text)}\n${end}`),
  );
}

function fillReadmes(few: FewLabels | null): void {
  const gains = betas.map(beta => comparison('logits', beta).coverage.difference!);
  const falls = comparison('logits', betas.at(-1)!).f1.difference!;
  const lost = -againstTeacher.difference!;
  const [dot, comma] = [
    (value: number) => fraction(value, 1),
    (value: number) => fraction(value, 1).replace('.', ','),
  ];
  fill(
    'README.md',
    `On CoNLL-2003 with pretrained weights (MiniLM-L6 and three of its six layers, three seeds, in PyTorch on a GPU) it is much the same: the student is ${dot(lost)} points of F1
below its teacher; logit matching raises Coverage by ${listed(gains.map(dot), 'and')} points at β = ${listed(betas.map(String), 'and')}, precision pays for it, F1_critical rises at no β beyond
chance, and at β = ${betas.at(-1)} the overall F1 falls by ${dot(-falls)}.${few ? ` With ${share100(few.share)} of the labels, and the other sentences as text on which it sees only its teacher, a student gains ${dot(few.gain)} points of F1.` : ''} [docs/conll2003.md](docs/conll2003.md) tells it in full, claim by claim.`,
  );
  fill(
    'README.ru.md',
    `На CoNLL-2003 с предобученными весами (MiniLM-L6 и три из шести его слоёв, три зерна, PyTorch на GPU) картина та же: F1 ученика на
${comma(lost)} пункта ниже, чем у учителя; совпадение логитов поднимает Coverage на ${listedRu(gains.map(comma))} пункта при β = ${listedRu(betas.map(beta => String(beta).replace('.', ',')))}, платит
за это точность, F1_critical ни при каком β не растёт больше, чем может объяснить случайность, а при β = ${String(betas.at(-1)).replace('.', ',')} общая F1 падает на ${comma(-falls)}.${few ? ` Если размечены ${share100(few.share)} предложений, а остальные даны как текст, о котором говорит только учитель, F1 ученика растёт на ${comma(few.gain)} пункта.` : ''}
Подробно, по каждому утверждению статьи, — в [docs/conll2003.md](docs/conll2003.md) (по-английски).`,
  );
}

const listedRu = (items: readonly string[]) =>
  listed(items, 'and').replace(' and ', ' и ').replaceAll(', ', '; ');

// ------------------------------------------------------------------------------------------------------------------- main

async function main(): Promise<void> {
  const more = sharesFolder ? readFound(sharesFolder, corpus.test) : null;
  const few = more && (await fewLabels(more, draw, log(sharesFolder)));
  const sections = [
    `# CoNLL-2003 with pretrained weights

<!-- Written by test/peers/report.ts from what the trainings predicted: change that, not this. -->

Does a distilled student keep the critical entities, and does extra weight on them help? The embedded sample cannot tell: its text is invented, and its models start from
random weights. Here is the paper's experiment on real text with a pretrained teacher, at a size that a GPU trains ${found.length} times in minutes, so that rate and epochs could be searched, and every
method trained three times.`,
    summary(few),
    howItWasMade(),
    search(),
    methods(),
    whatBetaDoes(),
    perClass(),
    seenAndUnseen(),
    facts(),
    claimsSection(),
    power(),
    ...(more && few ? [few.section, otherDepths(more, parametersOf)] : []),
    limits(),
  ];
  await writeFigures();
  writeFileAtomically(out, `${sections.map(wrapped).join('\n\n')}\n`);
  fillReadmes(few);
}

main();
