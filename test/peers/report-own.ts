/** Of docs/conll2003.md the sections on this library's own study: how it was made, curves, sizes and speeds, and PyTorch beside it. */
import { mean } from 'd3-array';
import { MEASURES } from 'ner-distill/evaluation/measures';
import { differencesOverSeeds } from 'ner-distill/evaluation/seeds';
import type { PairedDifference } from 'ner-distill/evaluation/significance';
import type { StudentPlan } from 'ner-distill/experiment/plan';
import { listed } from 'ner-distill/listed';
import type { Figure } from 'ner-distill/report/figures';
import { learningCurves, type Training } from 'ner-distill/report/learning-curves';
import { type ModelSummary, speedupOf, speedupText, withQuantized } from 'ner-distill/report/summaries';
import { type Compared, CRITICAL } from './found';
import {
  nameOf,
  type OwnStudy,
  type PeersStudy,
  rateShown,
  type Sweep,
  score,
  settingShown,
} from './report-study';
import { borneOut, change, fraction, percent, pShown, table } from './report-text';

const thousands = (count: number) => count.toLocaleString('en-US');
const inLine = (texts: readonly string[]) => `[${texts.map(text => JSON.stringify(text)).join(', ')}]`;
const millions = (parameters: number) => `${(parameters / 1e6).toFixed(1)} M`;

/** A student as the plan's file has it. */
const inPlan = ({ name, layers, sweep, training: { learningRate, epochs } }: StudentPlan) =>
  `    { "name": ${JSON.stringify(name)}, "layers": ${layers}, "initial": "teacher-layers", ${sweep ? '' : '"sweep": false, '}"training": { "learningRate": ${learningRate}, "epochs": ${epochs} } }`;

export function howItWasMade(own: OwnStudy, machine: string): string {
  const { corpus, study, teacher, vanilla, plan, minutes } = own;
  const { overall, critical } = vanilla.runs[0].test;
  const [large, small] = [teacher.parameters!, vanilla.parameters!];
  const [student] = plan.students;
  const { hiddenSize, vocabularySize } = own.encoder;
  return `## What was trained, and on what

- **Corpus.** CoNLL-2003, English: \`eng.train\` (${thousands(corpus.train.length)} sentences) and \`eng.testa\`, which is divided by documents into a validation part (${thousands(corpus.valid.length)}) and a test
  part (${thousands(corpus.test.length)} sentences, ${thousands(overall.support)} entities, ${thousands(critical.support)} of them PER or ORG), as \`reproduce\` does where a corpus has no test file. The paper does not give its split.
- **Teacher.** MiniLM-L6 (all-MiniLM-L6-v2, six layers of width ${hiddenSize}, ${millions(large)} parameters with the classifier), fine-tuned. The paper's, bert-base, is five times
  as large.
- **Students.** DistilBERT's form, ${student.layers} of the teacher's layers (the first, the fourth and the last), ${millions(small)} parameters, ${Math.round((100 * small) / large)} % of the teacher's, since the word table,
  ${millions(vocabularySize * hiddenSize)}, is in both.
- **Losses.** As in [README](../README.md#limits-and-what-is-ours): α = ${plan.distillation.alpha}, T = ${plan.distillation.temperature}; *logits* adds β times the mean squared difference of the logits at critical words, *weighted* gives critical classes the
  weight 1 + ${plan.distillation.kappa} β. The *control* is the same student, from the same start, with labels alone.
- **Training.** AdamW with decay 0.01, warm-up over a tenth of the steps, clipping at 1, dropout ${plan.dropout}, ${plan.teacher.training.batchSize} sentences a step, ${plan.maxLength} pieces at most; ${plan.teacher.training.epochs} epochs, of the 2–5 that the paper gives for a replication, with
  rates of ${rateShown(plan.teacher.training.learningRate)} for the teacher and ${rateShown(student.training.learningRate)} for students. Every model was trained with the seeds ${listed(study.seeds.map(String), 'and')}; the runs of a seed have one teacher, one start and one order of sentences.

All of it is one command, with this plan (\`conll2003.json\`) over the preset:

\`\`\`json
{
  "preset": "paper",
  "teacher": { "training": { "learningRate": ${plan.teacher.training.learningRate}, "epochs": ${plan.teacher.training.epochs} } },
  "students": [
${plan.students.map(inPlan).join(',\n')}
  ],
  "distillation": { "forms": ${inLine(plan.distillation.forms)} },
  "precisions": ${inLine(plan.precisions)}
}
\`\`\`

\`\`\`
npx ner-distill reproduce --plan conll2003.json --data data/conll2003 --teacher-checkpoint MODEL --seeds ${study.seeds.length} --jobs 2 --threads 1 --out results-conll2003
\`\`\`

On ${machine}, two runs at a time with a thread each, a teacher took ${minutes('teacher').toFixed(0)} minutes and a student of ${student.layers} layers ${minutes(student.name).toFixed(0)}, so that the ${own.trainings} trainings of teachers and such students are ${(own.hours / 2).toFixed(1)} hours; ${own.study.seeds.length * 2 * (plan.students.length - 1)} more are of the other depths. What is stopped goes on
where it was; and with as many threads to a run, whoever has the corpus, the checkpoint and a processor of the same kind gets the same numbers, to the last digit.`;
}

/** How a teacher and its students learnt, of one seed. */
function trainingsOf({ session, teacher, control, vanilla, logits, weighted }: OwnStudy): Training[] {
  const shown = [teacher, control, vanilla, logits[1], weighted[1]];
  return shown.map(model => ({ ...session.training(model.runs[0]), name: nameOf(model) }));
}

export function curvesFigure(own: OwnStudy): Figure {
  return learningCurves(trainingsOf(own));
}

export function curves(own: OwnStudy): string {
  const { study } = own;
  borneOut(
    trainingsOf(own).every(({ scores }) => scores.every((score, i) => i === 0 || score! > scores[i - 1]!)),
    'each epoch adds something on validation',
  );
  return `## How they learnt

Seed ${study.seeds[0]}. Losses have different terms, so that their heights say nothing; on the right, that each epoch still adds something.

![Loss and F1_critical on validation during training, seed ${study.seeds[0]}](conll2003-curves.svg)`;
}

/** Sizes and speeds, and the same models in 8 bits. */
export function resources({ study, teacher, control, vanilla, logits, weighted }: OwnStudy): string {
  const models = withQuantized(study, [teacher, control, vanilla, ...logits, ...weighted]);
  const eight = models.filter(({ precision }) => precision === 'int8');
  const fp32 = (model: ModelSummary) =>
    models.find(each => each.runs[0].id === model.runs[0].id && each.precision === 'fp32')!;
  const rows = [teacher, vanilla]
    .flatMap(model => [model, ...eight.filter(each => fp32(each) === model)])
    .map(model => {
      const speedup = speedupOf(study, model);
      return [
        model.precision === 'int8' ? `${nameOf(model)}, int8` : nameOf(model),
        thousands(model.parameters!),
        (model.bytes! / 1e6).toFixed(1),
        model.latencyMs!.mean.toFixed(1),
        speedup ? speedupText(speedup, '').replace(/ times +/, ' ') : '',
        ...MEASURES.map(({ key }) => percent(score(model, key))),
      ];
    });
  borneOut(study.quantization.length > 0, 'there are models in 8 bits');
  const effects = study.quantization.flatMap(({ of }) => MEASURES.map(({ key }) => of[key]));
  const largest = Math.max(...effects.map(of => Math.abs(of.difference!)));
  const beyond = effects.filter(of => of.pHolm !== null && of.pHolm <= 0.05).length;
  const speedup = speedupOf(study, vanilla)!;
  return `## Sizes and speeds

A batch of 16 sentences of the test part on two cores, all models in turns in one session; how many times as fast as the teacher, with the 95 % interval of the ratio; and the same
weights in 8 bits:

${table(
  [
    '',
    '> parameters',
    '> file, MB',
    '> ms a batch',
    '> times as fast',
    ...MEASURES.map(({ title }) => `> ${title}`),
  ],
  rows,
)}

Half of the layers are half of the work, and the student is ${speedup.times.toFixed(2)} times as fast; the ratio of the parameters, ${(teacher.parameters! / vanilla.parameters!).toFixed(2)}, says little, since most of them are the word table, which
costs memory and no time. In 8 bits the scores of ${study.quantization.length} models move by ${fraction(largest, 2)} points at most, ${beyond === 0 ? 'none of them beyond chance' : `${beyond} of ${effects.length} beyond chance`}.`;
}

/** Whether PyTorch, with other settings, other orders and other masks, comes to the same. */
export function inPyTorch(own: OwnStudy, peers: PeersStudy, gpu: string): string {
  const { log, found, bestTeacher, chosen } = peers;
  const models = (of: Sweep) => [of.teacher, of.control, of.vanilla, ...of.logits, ...of.weighted];
  const rows = models(own).map((model, i) => [
    nameOf(model),
    ...MEASURES.flatMap(({ key }) => [own, peers].map(of => percent(score(models(of)[i], key)))),
  ]);
  const tests = peers.study.comparisons.map(({ form, beta, of }) => [
    `${form}, β = ${beta}`,
    ...MEASURES.map(({ key }) => {
      const difference = of[key];
      return `${change(difference)}, ${pShown(difference.pHolm)}`;
    }),
  ]);
  const alike = peers.teachers.filter(
    ({ rate, epochs }) =>
      rate === own.plan.teacher.training.learningRate && epochs === own.plan.teacher.training.epochs,
  );
  borneOut(
    alike.length === own.study.seeds.length && own.betas.join() === peers.betas.join(),
    'there are as many teachers of that setting, and the same β',
  );
  const teachers = teacherDifference(own, alike);
  borneOut(
    MEASURES.every(({ key }) => teachers[key].pValue! > 0.05),
    'the teachers of both are alike',
  );
  return `## The same in PyTorch, trained longer

The study was made a second time by other means: in plain PyTorch ${log.torch} on ${gpu}, where ${found.length} models took ${log.seconds} seconds, two dozen at a time as one stack (${log.memory} at its peak), with ${bestTeacher.epochs} epochs of
training, orders of sentences and dropout masks of its own. The folder \`test/peers\` has the scripts, and a check that holds them against transformers, seqeval and TextBrewer. At the same setting the two do not differ beyond chance: teachers of ${settingShown(alike[0])} have
F1 ${percent(score(own.teacher, 'f1'))} here and ${percent(mean(alike, ({ test }) => test.f1)!)} there (${change(teachers.f1)}; ${pShown(teachers.f1.pValue)}). The sweep there is of ${settingShown(bestTeacher)} and ${settingShown(chosen)}. Means over three seeds each:

${table(['', ...MEASURES.flatMap(({ title }) => [`> ${title}`, '> PyTorch'])], rows)}

and what β changes against the vanilla student there, as above:

${table(['', ...MEASURES.map(({ title }) => `> ${title}`)], tests)}

${agreement(own, peers)}`;
}

/** The same students by other tools, on the same machine. */
export function otherTools(compared: readonly Compared[], own: OwnStudy): string {
  const NAMES: Readonly<Record<string, string>> = { torch: 'plain PyTorch', textbrewer: 'TextBrewer' };
  const rows = compared.map(({ tool, method, seconds, peakBytes, ...scores }) => [
    NAMES[tool] ?? tool,
    method.replace(' ', ', β = '),
    ...MEASURES.map(({ key }) => percent(scores[key])),
    seconds.toFixed(0),
    (peakBytes / 1e6).toFixed(0),
  ]);
  const [{ versions, threads }] = compared;
  const { learningRate, epochs } = own.plan.students[0].training;
  borneOut(
    compared.every(
      each => each.rate === learningRate && each.epochs === epochs && each.seed === own.study.seeds[0],
    ) && compared[0].teacher.includes(own.teacher.runs[0].id),
    'the other tools had the same teacher, seed, rate and epochs',
  );
  const times = ['torch', 'textbrewer'].flatMap(tool => {
    const theirs = compared.find(each => each.tool === tool && each.method === 'vanilla');
    const ours = compared.find(each => each.tool === 'ner-distill' && each.method === 'vanilla')!;
    return theirs ? [`${(theirs.seconds / ours.seconds).toFixed(2)} times as long in ${NAMES[tool]}`] : [];
  });
  return `## The same students by other tools

The teacher of seed ${own.study.seeds[0]} distilled once more on two cores, with ${threads} threads and nothing beside it, at the settings above (${settingShown({ rate: learningRate, epochs })}): by this library, by a plain script of PyTorch and
transformers, and by TextBrewer (${listed([...versions], 'and')}), whose GeneralDistiller has no critical loss. Seconds are of the whole command, from start to saved model, with the teacher's answers and the scoring after each epoch; memory is that of all its processes.

${table(['tool', 'student', ...MEASURES.map(({ title }) => `> ${title}`), '> seconds', '> peak memory, MB'], rows)}

The vanilla student takes ${listed(times, 'and')}. Scores differ by training noise: orders of sentences and dropout masks are each tool's own.`;
}

/** Ours less those of PyTorch: models of other trainings, so that only the sentences are in common. */
function teacherDifference(own: OwnStudy, alike: PeersStudy['teachers']): Record<string, PairedDifference> {
  const [ours, theirs] = [own.predictionsOf(own.teacher), alike].map(models =>
    [...models].sort((a, b) => a.seed - b.seed).map(({ counts }) => counts),
  );
  return differencesOverSeeds(theirs, [ours], CRITICAL)[0];
}

/** Which differences are beyond chance in both studies, and which in one alone. */
function agreement(own: Sweep, peers: Sweep): string {
  const tests = peers.study.comparisons.flatMap(({ form, beta }) =>
    MEASURES.map(({ key, title }) => {
      const [here, there] = [own, peers].map(of => {
        const { difference, pHolm } = of.comparison(form, beta!)[key];
        return pHolm !== null && pHolm <= 0.05 ? Math.sign(difference!) : 0;
      });
      return { what: `${title} at β = ${beta} (${form})`, here, there };
    }),
  );
  borneOut(
    tests.every(({ here, there }) => here * there >= 0),
    'no difference is beyond chance in both, in opposite directions',
  );
  const names = (holds: (test: (typeof tests)[number]) => boolean) =>
    tests.filter(holds).map(({ what, here, there }) => `${what} ${here + there > 0 ? 'up' : 'down'}`);
  const [both, here, there] = [
    names(each => each.here !== 0 && each.there !== 0),
    names(each => each.here !== 0 && each.there === 0),
    names(each => each.here === 0 && each.there !== 0),
  ];
  const none = tests.length - both.length - here.length - there.length;
  borneOut(both.length > 0, 'something is beyond chance in both');
  const part = (what: readonly string[], where: string) =>
    what.length === 0 ? [] : [`${where}: ${listed(what, 'and')}`];
  return `Of ${tests.length} comparisons ${none} are within chance in both studies, and none is beyond it in opposite directions. Beyond chance ${[
    ...part(both, 'in both'),
    ...part(here, 'here alone'),
    ...part(there, 'in PyTorch alone'),
  ].join('; ')}.`;
}
