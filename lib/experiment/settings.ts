/**
 * The settings of a plan, a row each: its flag with what it takes, its help and the patch that it makes of a plan, and its
 * row in the table beside the paper's settings. Some have only the one or the other. Plain data: the command line makes
 * its options of it, the report its table. Flags are listed in the order of `--help`.
 */
import { resolve } from 'node:path';
import { READ_FORMATS, type ReadFormat } from '../corpus/formats';
import { TAG_NAME_FILES } from '../corpus/tag-names';
import { SCHEME_NAMES, type Scheme } from '../corpus/tags';
import { STANDARD_STREAM } from '../files';
import { isDatasetName } from '../hub/dataset';
import { CHECKPOINT_PLACES, locatedCheckpoint } from '../hub/id';
import type { Precision } from '../inference/precision';
import { listed } from '../listed';
import type {
  GivenTeacherPlan,
  Initial,
  ModelPlan,
  Partially,
  PlanPatch,
  StudentPlan,
  StudyPlan,
} from './plan-schema';

/** What flags take, and as what it comes. */
export interface Kinds {
  readonly text: string;
  readonly number: number;
  readonly 'whole number': number;
  readonly list: readonly string[];
  readonly numbers: readonly number[];
  readonly 'whole numbers': readonly number[];
  readonly seeds: readonly number[];
  readonly format: ReadFormat;
  readonly scheme: Scheme;
  readonly column: number | string;
  /** Names of tags, in their order. */
  readonly tags: readonly string[];
  readonly forms: readonly string[];
  readonly precisions: readonly Precision[];
  readonly start: keyof typeof STARTS;
  readonly engine: string;
}
export type Kind = keyof Kinds;

/** Any settings of a plan, and those that every student gets. */
export type FlagPatch = PlanPatch & { readonly eachStudent?: Partially<StudentPlan> };

/** A type alias, so that a row is a row of any table as well. */
export type SettingRow = {
  readonly setting: string;
  readonly here: string;
  /** As the paper gives it; `null` where it gives nothing, so that the choice is ours. */
  readonly paper: string | null;
};

export interface Setting {
  /** None where the plan leaves the setting off. */
  readonly row?: (plan: StudyPlan) => SettingRow | null;
}

export interface Flag<K extends Kind = Kind> extends Setting {
  readonly flag: string;
  readonly takes: K;
  readonly help: string;
  /** A method, so that rows of all kinds stand in one table. */
  patch(value: Kinds[K]): FlagPatch;
  /** Name of a setting that cannot be given beside it. */
  readonly conflicts?: string;
}

const flag = <K extends Kind>(flag: string, takes: K, rest: Omit<Flag<K>, 'flag' | 'takes'>): Flag<K> => ({
  flag,
  takes,
  ...rest,
});
const setting = (row: Setting['row']): Setting => ({ row });

const row = (setting: string, here: string | number, paper: string | null): SettingRow => ({
  setting,
  here: String(here),
  paper,
});
type Training = ModelPlan['training'];
const inBoth = (name: keyof Training, { teacher, givenTeacher, students }: StudyPlan) => {
  const [ofTeacher, ofStudent] = [givenTeacher ? students[0] : teacher, students[0]].map(
    ({ training }) => training[name],
  );
  return ofTeacher === ofStudent ? String(ofTeacher) : `${ofTeacher} (teacher), ${ofStudent} (student)`;
};
/** A row for a setting of training; none where both models have the value that does nothing. */
const trainingRow =
  (name: keyof Training, setting: string, paper: string | null, nothing?: number) => (plan: StudyPlan) => {
    const here = inBoth(name, plan);
    return here === String(nothing) ? null : row(setting, here, paper);
  };
/** What a model starts from where it is no checkpoint, in words. */
export const STARTS: Readonly<Record<Exclude<Initial, object>, string>> = {
  random: 'random weights',
  'teacher-layers': "the teacher's layers",
};
const start = (initial: Initial) => (typeof initial === 'object' ? 'a checkpoint' : STARTS[initial]);
const size = ({ architecture, layers, hiddenSize, initial }: ModelPlan) =>
  `${architecture}, ${layers} × ${hiddenSize}, from ${start(initial)}`;

const formOf = (given: GivenTeacherPlan, { architecture, layers, hiddenSize }: ModelPlan) => {
  if ('model' in given) return `${architecture}, ${layers} × ${hiddenSize}`;
  return 'onnx' in given ? 'an ONNX model' : 'a file of logits';
};

/** Of both models. */
const training = (patch: Partial<Training>): FlagPatch => ({
  teacher: { training: patch },
  eachStudent: { training: patch },
});
/** The standard input has no place, nor has a data set of the Hub. */
const located = (path: string) => (path === STANDARD_STREAM || isDatasetName(path) ? path : resolve(path));
const checkpoint = (place: string) => ({ initial: { checkpoint: locatedCheckpoint(place) } });

export const SETTINGS = {
  data: flag('--data <corpus>', 'text', {
    help: 'a folder with a corpus, whose parts are found as is told below, or a data set of the Hugging Face Hub such as hf:eriktks/conll2003',
    patch: corpus => ({ data: located(corpus) }),
    row: ({ data }) => row('corpus', data === null ? 'the sample' : 'your own', 'CoNLL-2003'),
  }),
  /** Files of the corpus, instead of `data`. */
  train: flag('--train <file>', 'text', {
    help: 'its training part, with --valid and --test, instead of a folder',
    patch: file => ({ data: { train: located(file) } }),
  }),
  valid: flag('--valid <file>', 'text', {
    help: 'its validation part',
    patch: file => ({ data: { valid: located(file) } }),
  }),
  test: flag('--test <file>', 'text', {
    help: 'its test part',
    patch: file => ({ data: { test: located(file) } }),
  }),
  limit: setting(
    ({ limit }) =>
      limit &&
      row(
        'sentences used of train, validation, test',
        `the first ${limit.train}, ${limit.valid}, ${limit.test}`,
        null,
      ),
  ),
  format: flag('--format <name>', 'format', {
    help: `${listed(READ_FORMATS, 'or')} (default: told from the file, see below)`,
    patch: format => ({ reading: { format } }),
  }),
  scheme: flag('--scheme <name>', 'scheme', {
    help: `of the tags: ${SCHEME_NAMES} (default: told from them, see below)`,
    patch: scheme => ({ reading: { scheme } }),
  }),
  tagColumn: flag('--tag-column <column>', 'column', {
    help: 'column or field of the tags: a number from 1, or a name, as the format has it (default: as "convert --help" tells)',
    patch: tagColumn => ({ reading: { tagColumn } }),
  }),
  labels: flag('--labels <tags or file>', 'tags', {
    help: `tags whose numbers a JSON file has instead of them, from 0 on: a list, or a file with one a line (default: as ${listed(TAG_NAME_FILES, 'or')} beside it has them)`,
    patch: labels => ({ reading: { labels } }),
  }),
  splitSeed: flag('--split-seed <n>', 'whole number', {
    help: 'draws the documents of parts that the corpus lacks, and the sentences of --train-fraction (default: 1)',
    patch: splitSeed => ({ reading: { splitSeed } }),
    row: ({ reading: { splitSeed } }) =>
      splitSeed === undefined ? null : row('seed of the split', splitSeed, null),
  }),
  trainFraction: flag('--train-fraction <share>', 'number', {
    help: 'share of the training sentences that is used, drawn at random, such as 0.1 (default: 1, all)',
    patch: trainFraction => ({ reading: { trainFraction } }),
    row: ({ reading: { trainFraction = 1 } }) =>
      trainFraction === 1 ? null : row('share of the training sentences', trainFraction, null),
  }),
  unlabelled: flag('--unlabelled <file>', 'text', {
    help: 'text on which students see only the teacher: a sentence a line, or any corpus, whose tags are not read; or rest, the training sentences that --train-fraction leaves out',
    patch: text => ({ unlabelled: text === 'rest' ? text : { file: located(text) } }),
    row: ({ unlabelled }) =>
      unlabelled &&
      row('text without labels', unlabelled === 'rest' ? 'the rest of the training part' : 'a file', null),
  }),
  tokenizer: flag('--tokenizer <file>', 'text', {
    help: 'a tokenizer.json, a vocab.txt of BERT, or a folder with a tokenizer (default: a WordPiece vocabulary trained on the corpus)',
    patch: file => ({ tokenizer: { file: resolve(file) } }),
    row: ({ tokenizer }) =>
      row(
        'tokenizer',
        'file' in tokenizer
          ? 'a given tokenizer'
          : `WordPiece trained on the corpus, ${tokenizer.vocabularySize} pieces, ${tokenizer.lowercase ? 'uncased' : 'cased'}${tokenizer.caseMarks ? ', with case marks' : ''}`,
        null,
      ),
  }),
  vocabularySize: flag('--vocabulary-size <pieces>', 'whole number', {
    help: 'size of that vocabulary',
    patch: vocabularySize => ({ tokenizer: { vocabularySize } }),
  }),
  maxLength: flag('--max-length <pieces>', 'whole number', {
    help: 'longest sequence',
    patch: maxLength => ({ maxLength }),
    row: ({ maxLength }) => row('longest sequence, pieces', maxLength, null),
  }),
  critical: flag('--critical <types>', 'list', {
    help: 'critical entity types, separated by commas',
    patch: criticalTypes => ({ criticalTypes }),
    row: ({ criticalTypes }) => row('critical types', criticalTypes.join(', '), 'PER, ORG'),
  }),
  betas: flag('--betas <values>', 'numbers', {
    help: 'β of the constrained students, separated by commas',
    patch: betas => ({ distillation: { betas } }),
    row: ({ distillation: { betas } }) => row('β', betas.join(', '), '0, 0.1, 0.2, 0.5'),
  }),
  forms: flag('--forms <forms>', 'forms', {
    help: 'forms of the critical loss: logits, weighted or logits,weighted; or other losses with a weight β',
    patch: forms => ({ distillation: { forms } }),
    row: ({ distillation: { forms } }) =>
      row(
        'form of the critical loss',
        forms.join(', '),
        'both described; which one Table 2 used is not said',
      ),
  }),
  alpha: flag('--alpha <share>', 'number', {
    help: 'α, weight of the labels against the teacher',
    patch: alpha => ({ distillation: { alpha } }),
    row: ({ distillation: { alpha } }) => row('α', alpha, '0.5'),
  }),
  temperature: flag('--temperature <T>', 'number', {
    help: 'of the distillation',
    patch: temperature => ({ distillation: { temperature } }),
    row: ({ distillation: { temperature } }) => row('temperature', temperature, '2'),
  }),
  kappa: flag('--kappa <κ>', 'number', {
    help: 'how much β weighs in the weighted form',
    patch: kappa => ({ distillation: { kappa } }),
    row: ({ distillation: { kappa } }) => row('κ of the weighted form', kappa, null),
  }),
  highBetaLearningRateFactor: flag('--high-beta-learning-rate-factor <factor>', 'number', {
    help: "the paper's advice for β of 0.5 and more: a lower learning rate, such as 0.5 times (default: 1, off)",
    patch: learningRateFactor => ({ distillation: { highBeta: { learningRateFactor } } }),
    row: ({ distillation: { highBeta } }) =>
      row(
        `learning rate from β = ${highBeta.from} on`,
        `× ${highBeta.learningRateFactor}`,
        'lower, by how much is not said',
      ),
  }),
  teacherLayers: flag('--teacher-layers <n>', 'whole number', {
    help: 'layers of the teacher',
    patch: layers => ({ teacher: { layers } }),
    row: ({ teacher, givenTeacher }) =>
      row(
        'teacher',
        givenTeacher ? `given, not trained: ${formOf(givenTeacher, teacher)}` : size(teacher),
        'bert-base-uncased, 12 × 768, pretrained',
      ),
  }),
  teacherWidth: flag('--teacher-width <n>', 'whole number', {
    help: "the teacher's hidden size",
    patch: hiddenSize => ({ teacher: { hiddenSize } }),
  }),
  teacherEpochs: flag('--teacher-epochs <n>', 'whole number', {
    help: 'epochs of fine-tuning',
    patch: epochs => ({ teacher: { training: { epochs } } }),
    row: trainingRow('epochs', 'epochs', '1–2; 2–5 for replications'),
  }),
  teacherCheckpoint: flag('--teacher-checkpoint <model>', 'text', {
    help: `what the teacher starts from: ${CHECKPOINT_PLACES}`,
    patch: place => ({ teacher: checkpoint(place) }),
  }),
  teacherModel: flag('--teacher-model <model>', 'text', {
    help: `a teacher that is trained already and taken as it is: ${CHECKPOINT_PLACES}, or the id of a run`,
    patch: place => ({ givenTeacher: { model: locatedCheckpoint(place) } }),
  }),
  teacherOnnx: flag('--teacher-onnx <model>', 'text', {
    help: 'the same as an ONNX model of any architecture, likewise, with its tokenizer and config.json',
    patch: place => ({ givenTeacher: { onnx: locatedCheckpoint(place) } }),
  }),
  teacherLogits: flag('--teacher-logits <file>', 'text', {
    help: 'its logits alone, as another tool wrote them (docs/teachers.md)',
    patch: file => ({ givenTeacher: { logits: resolve(file) } }),
  }),
  /** One student for each. */
  studentLayers: flag('--student-layers <list>', 'whole numbers', {
    help: 'layers of the student; several give a student each',
    patch: depths => ({ students: depths.map(layers => ({ layers })) }),
    row: ({ students: [student] }) =>
      row('student', size(student), 'distilbert-base-uncased, 6 × 768, pretrained'),
  }),
  studentWidth: flag('--student-width <n>', 'whole number', {
    help: "the students' hidden size",
    patch: hiddenSize => ({ eachStudent: { hiddenSize } }),
  }),
  studentEpochs: flag('--student-epochs <n>', 'whole number', {
    help: 'epochs of every student',
    patch: epochs => ({ eachStudent: { training: { epochs } } }),
  }),
  studentCheckpoint: flag('--student-checkpoint <model>', 'text', {
    help: 'what the students start from, likewise',
    patch: place => ({ eachStudent: checkpoint(place) }),
  }),
  studentInitial: flag('--student-initial <kind>', 'start', {
    help: 'random weights, or teacher-layers: evenly spaced layers of the trained teacher',
    patch: initial => ({ eachStudent: { initial } }),
  }),
  batchSize: flag('--batch-size <n>', 'whole number', {
    help: 'sentences a training step',
    patch: batchSize => training({ batchSize }),
    row: trainingRow('batchSize', 'sentences a step', '16'),
  }),
  accumulation: flag('--accumulation <n>', 'whole number', {
    help: 'parts that a batch is computed in, one after another: less memory, the same gradient (default: 1)',
    patch: accumulation => training({ accumulation }),
    row: trainingRow('accumulation', 'parts that a step is computed in', null, 1),
  }),
  learningRate: flag('--learning-rate <rate>', 'number', {
    help: 'the highest learning rate',
    patch: learningRate => training({ learningRate }),
    row: trainingRow('learningRate', 'learning rate', '0.00005'),
  }),
  warmup: setting(trainingRow('warmup', 'warm-up, share of the steps', null)),
  weightDecay: setting(trainingRow('weightDecay', 'weight decay', null)),
  maxNorm: flag('--max-norm <norm>', 'number', {
    help: 'gradients are clipped to this global norm',
    patch: maxNorm => training({ maxNorm }),
    row: trainingRow('maxNorm', 'gradient clipping (global norm)', 'advised, no norm given'),
  }),
  dropout: setting(({ dropout }) => row('dropout', dropout, null)),
  wordDropout: setting(trainingRow('wordDropout', 'word pieces read as unknown in training', null)),
  subwordDropout: flag('--subword-dropout <rate>', 'number', {
    help: 'probability with which a match is passed over when a word is taken apart, so that it comes in other pieces each time; for small corpora, such as 0.1 (default: that of the preset, 0.25 in scratch and 0 in the others)',
    patch: subwordDropout => training({ subwordDropout }),
    row: trainingRow('subwordDropout', 'subword dropout in training', null, 0),
  }),
  seed: flag('--seed <n>', 'whole number', {
    help: 'drives initial weights, order and dropout',
    patch: seed => ({ seeds: [seed] }),
  }),
  seeds: flag('--seeds <n or list>', 'seeds', {
    help: 'repeat every model with seeds 1 … n, or with those of a list such as 1,2,3',
    conflicts: 'seed',
    patch: seeds => ({ seeds }),
    row: ({ seeds }) => row('seeds', seeds.join(', '), 'fixed; number not given'),
  }),
  precisions: flag('--precisions <list>', 'precisions', {
    help: 'fp32,int8 scores and measures the models of Table 1 in 8 bits, too (default: that of the preset, fp32,int8 in sample and fp32 in the others)',
    patch: precisions => ({ precisions }),
    row: ({ precisions }) => (precisions.length > 1 ? row('precisions', precisions.join(', '), null) : null),
  }),
  engine: flag('--engine <name>', 'engine', {
    help: 'auto, onnx, tensorflow, wasm or cpu (default: auto)',
    patch: engine => ({ engine }),
  }),
  threads: flag('--threads <n>', 'whole number', {
    help: 'threads of the onnx engine (default: all cores)',
    patch: threads => ({ threads }),
  }),
  latency: setting(({ latency: { warmup, batches, repeats } }) =>
    row('latency: warm-ups, N, repeats', `${warmup}, ${batches}, ${repeats}`, '2, 5, not given'),
  ),
} satisfies Readonly<Record<string, Setting | Flag>>;
export type SettingName = keyof typeof SETTINGS;

type Settings = typeof SETTINGS;
type Takes<K extends Kind> = { readonly takes: K };
/** Changes to a preset, as flags give them; what is undefined stays. */
export type PlanChanges = {
  /** A file of settings, put over the preset before the other changes. */
  readonly plan?: string;
} & {
  readonly [K in keyof Settings as Settings[K] extends Takes<Kind> ? K : never]?: Settings[K] extends Takes<
    infer T
  >
    ? Kinds[T]
    : never;
};
