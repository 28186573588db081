/** The settings of a plan beside those that the paper gives: what is reproduced, and what is ours. */
import type { StudyPlan } from '../experiment/plan';

/** A type alias, so that a row is a row of any table as well. */
export type SettingRow = {
  readonly setting: string;
  readonly here: string;
  /** As the paper gives it; `null` where it gives nothing, so that the choice is ours. */
  readonly paper: string | null;
};

/** One row a setting that bears on the numbers of the teacher or the first student; none for what the plan leaves off. */
export function settingsBesidePaper(plan: StudyPlan): SettingRow[] {
  const { teacher, students, distillation } = plan;
  const [student] = students;
  const both = (value: (training: StudyPlan['teacher']['training']) => number) => {
    const [ofTeacher, ofStudent] = [teacher, student].map(({ training }) => value(training));
    return ofTeacher === ofStudent ? String(ofTeacher) : `${ofTeacher} (teacher), ${ofStudent} (student)`;
  };
  const start = ({ initial }: StudyPlan['teacher']) =>
    initial === 'random'
      ? 'random weights'
      : initial === 'teacher-layers'
        ? "the teacher's layers"
        : 'a checkpoint';
  const size = ({ architecture, layers, hiddenSize, ...model }: StudyPlan['teacher']) =>
    `${architecture}, ${layers} × ${hiddenSize}, from ${start({ architecture, layers, hiddenSize, ...model })}`;
  const row = (setting: string, here: string | number, paper: string | null): SettingRow => ({
    setting,
    here: String(here),
    paper,
  });
  /** No row where both models have the value that does nothing. */
  const used = (setting: string, nothing: number, value: Parameters<typeof both>[0]): SettingRow[] =>
    both(value) === String(nothing) ? [] : [row(setting, both(value), null)];
  const { limit, tokenizer, reading } = plan;
  return [
    row('corpus', plan.data === null ? 'the sample' : 'your own', 'CoNLL-2003'),
    ...(limit
      ? [
          row(
            'sentences used of train, validation, test',
            `the first ${limit.train}, ${limit.valid}, ${limit.test}`,
            null,
          ),
        ]
      : []),
    ...(reading.splitSeed === undefined ? [] : [row('seed of the split', reading.splitSeed, null)]),
    row(
      'tokenizer',
      'file' in tokenizer
        ? 'a given tokenizer.json'
        : `WordPiece trained on the corpus, ${tokenizer.vocabularySize} pieces, ${tokenizer.lowercase ? 'uncased' : 'cased'}${tokenizer.caseMarks ? ', with case marks' : ''}`,
      null,
    ),
    row('critical types', plan.criticalTypes.join(', '), 'PER, ORG'),
    row('teacher', size(teacher), 'bert-base-uncased, 12 × 768, pretrained'),
    row('student', size(student), 'distilbert-base-uncased, 6 × 768, pretrained'),
    row(
      'epochs',
      both(({ epochs }) => epochs),
      '1–2; 2–5 for replications',
    ),
    row(
      'learning rate',
      both(({ learningRate }) => learningRate),
      '0.00005',
    ),
    row(
      'sentences a step',
      both(({ batchSize }) => batchSize),
      '16',
    ),
    ...used('parts that a step is computed in', 1, ({ accumulation }) => accumulation),
    row('α', distillation.alpha, '0.5'),
    row('temperature', distillation.temperature, '2'),
    row('β', distillation.betas.join(', '), '0, 0.1, 0.2, 0.5'),
    row(
      'form of the critical loss',
      distillation.forms.join(', '),
      'both described; which one Table 2 used is not said',
    ),
    row('κ of the weighted form', distillation.kappa, null),
    row(
      `learning rate from β = ${distillation.highBeta.from} on`,
      `× ${distillation.highBeta.learningRateFactor}`,
      'lower, by how much is not said',
    ),
    row(
      'gradient clipping (global norm)',
      both(({ maxNorm }) => maxNorm),
      'advised, no norm given',
    ),
    row(
      'warm-up, share of the steps',
      both(({ warmup }) => warmup),
      null,
    ),
    row(
      'weight decay',
      both(({ weightDecay }) => weightDecay),
      null,
    ),
    row('dropout', plan.dropout, null),
    row(
      'word pieces read as unknown in training',
      both(({ wordDropout }) => wordDropout),
      null,
    ),
    ...used('subword dropout in training', 0, ({ subwordDropout }) => subwordDropout),
    row('longest sequence, pieces', plan.maxLength, null),
    row('seeds', plan.seeds.join(', '), 'fixed; number not given'),
    row(
      'latency: warm-ups, N, repeats',
      `${plan.latency.warmup}, ${plan.latency.batches}, ${plan.latency.repeats}`,
      '2, 5, not given',
    ),
  ];
}
