/** What a study is made of, as plain data: corpus, models, losses and schedules. Presets are plans; flags change them. */
import { InputError } from '../errors';
import type { Architecture } from '../model/config';
import type { LatencyProtocol } from '../resources/latency';
import { STUDY_LOSS } from '../training/losses';
import { ADAMW_DEFAULTS } from '../training/optimizer';
import type { TrainingSettings } from '../training/trainer';
import type { CriticalForm } from './study';

export interface ModelPlan {
  readonly architecture: Architecture;
  readonly layers: number;
  readonly hiddenSize: number;
  readonly heads: number;
  readonly intermediateSize: number;
  readonly training: Omit<TrainingSettings, 'seed'>;
}

export interface StudyPlan {
  readonly preset: PresetName;
  /** Folder of the corpus; `null` is the sample that comes with the project. */
  readonly data: string | null;
  /** Sentences that are used of each part, the first so many; `null` is all. */
  readonly limit: { readonly train: number; readonly valid: number; readonly test: number } | null;
  /** A `tokenizer.json`, or the size of a vocabulary that is trained on the corpus. */
  readonly tokenizer:
    | { readonly file: string }
    | { readonly vocabularySize: number; readonly lowercase: boolean };
  readonly criticalTypes: readonly string[];
  /** Longest sequence in pieces, special tokens included. */
  readonly maxLength: number;
  readonly dropout: number;
  readonly teacher: ModelPlan;
  readonly student: ModelPlan;
  readonly distillation: {
    readonly alpha: number;
    readonly temperature: number;
    readonly kappa: number;
    /** β of the constrained students; 0 is vanilla and always run. */
    readonly betas: readonly number[];
    readonly forms: readonly CriticalForm[];
  };
  readonly latency: LatencyProtocol;
  readonly engine: string;
  /** Of the onnx engine; `null` is all cores. */
  readonly threads: number | null;
  readonly seed: number;
}

export const PRESETS = ['smoke', 'sample', 'scratch'] as const;
export type PresetName = (typeof PRESETS)[number];

/** What each preset is for, for help texts. */
export const PRESET_DESCRIPTIONS: Readonly<Record<PresetName, string>> = {
  smoke:
    'a few sentences of the sample, tiny models: shows in a minute that everything works, and nothing else',
  sample: 'the embedded sample corpus, small models, both forms of the critical loss',
  scratch: 'a corpus folder of your own (--data), models from random weights, sizes by options',
};

const STUDY_BETAS = [0, 0.1, 0.2, 0.5];
/** 2 warm-ups and N = 5 as in the study; M is ours. */
const STUDY_LATENCY: LatencyProtocol = { warmup: 2, batches: 5, repeats: 10, batchSize: 16 };

/** Settings for models that start from random weights; a pretrained one wants the study's 5e-5 and 2–5 epochs. */
const FROM_RANDOM_WEIGHTS: Omit<TrainingSettings, 'seed'> = {
  epochs: 8,
  batchSize: 16,
  learningRate: 5e-4,
  warmup: 0.1,
  weightDecay: ADAMW_DEFAULTS.weightDecay,
  maxNorm: ADAMW_DEFAULTS.maxNorm,
  wordDropout: 0.2,
};

function model(
  architecture: Architecture,
  layers: number,
  hiddenSize: number,
  training: Partial<TrainingSettings>,
): ModelPlan {
  const size = { layers, hiddenSize, heads: Math.max(1, hiddenSize / 32), intermediateSize: 4 * hiddenSize };
  return { architecture, ...size, training: { ...FROM_RANDOM_WEIGHTS, ...training } };
}

const SAMPLE: StudyPlan = {
  preset: 'sample',
  data: null,
  limit: null,
  tokenizer: { vocabularySize: 4000, lowercase: false },
  criticalTypes: ['PER', 'ORG'],
  maxLength: 128,
  dropout: 0.1,
  teacher: model('bert', 3, 128, { epochs: 16, batchSize: 8, learningRate: 1e-3 }),
  student: model('distilbert', 1, 128, { epochs: 8, batchSize: 8, learningRate: 1e-3 }),
  distillation: { ...STUDY_LOSS, betas: STUDY_BETAS, forms: ['logits', 'weighted'] },
  latency: STUDY_LATENCY,
  engine: 'auto',
  threads: null,
  seed: 1,
};

const PLANS: Readonly<Record<PresetName, StudyPlan>> = {
  sample: SAMPLE,
  smoke: {
    ...SAMPLE,
    preset: 'smoke',
    limit: { train: 320, valid: 80, test: 120 },
    tokenizer: { vocabularySize: 1000, lowercase: false },
    teacher: model('bert', 2, 64, { epochs: 10, batchSize: 8, learningRate: 3e-3 }),
    student: model('distilbert', 1, 64, { epochs: 5, batchSize: 8, learningRate: 3e-3 }),
    distillation: { ...STUDY_LOSS, betas: [0, 0.5], forms: ['logits', 'weighted'] },
    latency: { ...STUDY_LATENCY, repeats: 3 },
  },
  scratch: {
    ...SAMPLE,
    preset: 'scratch',
    tokenizer: { vocabularySize: 8000, lowercase: false },
    teacher: model('bert', 4, 256, { epochs: 12 }),
    student: model('distilbert', 2, 256, { epochs: 6 }),
    distillation: { ...STUDY_LOSS, betas: STUDY_BETAS, forms: ['logits'] },
  },
};

/** Changes to a preset, as flags give them; what is undefined stays. */
export interface PlanChanges {
  readonly data?: string;
  readonly tokenizer?: string;
  readonly vocabularySize?: number;
  readonly critical?: readonly string[];
  readonly betas?: readonly number[];
  readonly forms?: readonly CriticalForm[];
  readonly teacherLayers?: number;
  readonly teacherWidth?: number;
  readonly teacherEpochs?: number;
  readonly studentLayers?: number;
  readonly studentWidth?: number;
  readonly studentEpochs?: number;
  readonly batchSize?: number;
  readonly learningRate?: number;
  readonly engine?: string;
  readonly threads?: number;
  readonly seed?: number;
}

/** The plan of a preset with changes; an `InputError` says what does not fit. */
export function planOf(preset: string, changes: PlanChanges = {}): StudyPlan {
  if (!(PRESETS as readonly string[]).includes(preset))
    throw new InputError(`unknown preset "${preset}": expected one of ${PRESETS.join(', ')}`);
  const base = PLANS[preset as PresetName];
  if (preset === 'scratch' && !changes.data)
    throw new InputError('the preset "scratch" needs a corpus folder: --data FOLDER');
  if (changes.tokenizer && changes.vocabularySize !== undefined)
    throw new InputError(
      'a vocabulary is trained only where no tokenizer is given: --tokenizer or --vocabulary-size',
    );
  const sized = (plan: ModelPlan, layers?: number, width?: number, epochs?: number): ModelPlan =>
    model(plan.architecture, layers ?? plan.layers, width ?? plan.hiddenSize, {
      ...plan.training,
      epochs: epochs ?? plan.training.epochs,
      batchSize: changes.batchSize ?? plan.training.batchSize,
      learningRate: changes.learningRate ?? plan.training.learningRate,
    });
  const plan: StudyPlan = {
    ...base,
    data: changes.data ?? base.data,
    limit: changes.data ? null : base.limit,
    tokenizer: changes.tokenizer
      ? { file: changes.tokenizer }
      : changes.vocabularySize !== undefined && 'vocabularySize' in base.tokenizer
        ? { ...base.tokenizer, vocabularySize: changes.vocabularySize }
        : base.tokenizer,
    criticalTypes: [...new Set(changes.critical ?? base.criticalTypes)],
    teacher: sized(base.teacher, changes.teacherLayers, changes.teacherWidth, changes.teacherEpochs),
    student: sized(base.student, changes.studentLayers, changes.studentWidth, changes.studentEpochs),
    distillation: {
      ...base.distillation,
      betas: [...new Set([0, ...(changes.betas ?? base.distillation.betas)])].sort((a, b) => a - b),
      forms: [...new Set(changes.forms ?? base.distillation.forms)],
    },
    engine: changes.engine ?? base.engine,
    threads: changes.threads ?? base.threads,
    seed: changes.seed ?? base.seed,
  };
  checkPlan(plan);
  return plan;
}

/** More than any machine has; a slip of the keyboard would start that many. */
const MAX_THREADS = 512;

/** Throws an `InputError` that says what of a plan cannot be. */
export function checkPlan(plan: StudyPlan): void {
  const check = (holds: boolean, what: string) => {
    if (!holds) throw new InputError(what);
  };
  for (const [name, { layers, hiddenSize, heads, training }] of Object.entries({
    teacher: plan.teacher,
    student: plan.student,
  })) {
    check(layers >= 1, `the ${name} has ${layers} layers, expected at least 1`);
    check(
      hiddenSize >= 4 && Number.isInteger(heads) && hiddenSize % (4 * heads) === 0,
      `the ${name}'s width is ${hiddenSize}, expected a multiple of 32, or of 4 below 32`,
    );
    check(training.epochs >= 1, `the ${name} is trained for ${training.epochs} epochs, expected at least 1`);
    check(training.batchSize >= 1, `the batch size is ${training.batchSize}, expected at least 1`);
    check(training.learningRate > 0, `the learning rate is ${training.learningRate}, expected more than 0`);
  }
  check(
    plan.criticalTypes.length > 0,
    'no critical type is given: expected at least one, such as --critical PER,ORG',
  );
  check(
    plan.distillation.forms.length > 0,
    'no form of the critical loss is given: expected logits, weighted or both',
  );
  for (const beta of plan.distillation.betas) check(beta >= 0, `β is ${beta}, expected 0 or more`);
  if ('vocabularySize' in plan.tokenizer) {
    const { vocabularySize } = plan.tokenizer;
    check(vocabularySize >= 1, `the vocabulary has ${vocabularySize} pieces, expected at least 1`);
  }
  check(
    plan.threads === null || (plan.threads >= 1 && plan.threads <= MAX_THREADS),
    `the engine has ${plan.threads} threads, expected at least 1 and at most ${MAX_THREADS}`,
  );
}
