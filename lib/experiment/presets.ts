/** The named plans that a study starts from; files and flags change them. */
import type { LatencyProtocol } from '../resources/latency';
import { STUDY_SETTINGS } from '../training/losses';
import { ADAMW_DEFAULTS } from '../training/optimizer';
import type { TrainingSettings } from '../training/trainer';
import type { ModelPlan, PresetName, StudentPlan, StudyPlan } from './plan-schema';

const STUDY_BETAS = [0, 0.1, 0.2, 0.5];
/** 2 warm-ups and N = 5 as in the study; M, and how long a small model is timed at least, are ours. */
const STUDY_LATENCY: LatencyProtocol = { warmup: 2, batches: 5, repeats: 10, batchSize: 16, minSeconds: 0.5 };

type Training = ModelPlan['training'];

/** For models that start from random weights. */
const FROM_RANDOM_WEIGHTS: Training = {
  epochs: 8,
  batchSize: 16,
  learningRate: 5e-4,
  warmup: 0.1,
  weightDecay: ADAMW_DEFAULTS.weightDecay,
  maxNorm: ADAMW_DEFAULTS.maxNorm,
  wordDropout: 0.2,
  subwordDropout: 0,
  accumulation: 1,
};
/** For pretrained models: the study's rate and batch, and of its 2–5 epochs for a replication 3. */
const FROM_PRETRAINED: Training = {
  ...FROM_RANDOM_WEIGHTS,
  epochs: 3,
  learningRate: 5e-5,
  wordDropout: 0,
};

/** Heads of 32 and feed-forward layers four times as wide, as the widths of small BERTs go. */
export function proportionsOf(hiddenSize: number): Pick<ModelPlan, 'heads' | 'intermediateSize'> {
  return { heads: Math.max(1, hiddenSize / 32), intermediateSize: 4 * hiddenSize };
}

function model(
  architecture: ModelPlan['architecture'],
  layers: number,
  hiddenSize: number,
  training: Partial<TrainingSettings>,
): ModelPlan {
  const size = { layers, hiddenSize, ...proportionsOf(hiddenSize) };
  return { architecture, ...size, initial: 'random', training: { ...FROM_RANDOM_WEIGHTS, ...training } };
}

function student(plan: ModelPlan, change: Partial<StudentPlan> = {}): StudentPlan {
  return { name: 'student', ...plan, sweep: true, ...change };
}

const DISTILLATION: StudyPlan['distillation'] = {
  ...STUDY_SETTINGS,
  betas: STUDY_BETAS,
  forms: ['logits', 'weighted'],
  highBeta: { from: 0.5, learningRateFactor: 1 },
};

const SAMPLE_TRAINING = { epochs: 8, batchSize: 8, learningRate: 1e-3 };
const SAMPLE_STUDENT = model('distilbert', 1, 128, SAMPLE_TRAINING);
const SMOKE_TRAINING = { epochs: 5, batchSize: 8, learningRate: 3e-3 };
const SMOKE_STUDENT = model('distilbert', 1, 64, SMOKE_TRAINING);
/** For corpora of a few thousand sentences; chosen on the validation part of one (data/README.md). */
const SCRATCH_TRAINING = { epochs: 25, batchSize: 8, wordDropout: 0.1, subwordDropout: 0.25 };
/** BERT base and DistilBERT base. */
const BASE = { hiddenSize: 768, heads: 12, intermediateSize: 3072, training: FROM_PRETRAINED };

const SAMPLE: StudyPlan = {
  preset: 'sample',
  data: null,
  reading: {},
  unlabelled: null,
  limit: null,
  tokenizer: { vocabularySize: 4000, lowercase: false, caseMarks: false },
  criticalTypes: ['PER', 'ORG'],
  maxLength: 128,
  dropout: 0.1,
  teacher: model('bert', 3, 128, { ...SAMPLE_TRAINING, epochs: 16 }),
  givenTeacher: null,
  students: [
    student(SAMPLE_STUDENT),
    student(SAMPLE_STUDENT, { name: '2 layers', layers: 2, sweep: false }),
    student(SAMPLE_STUDENT, { name: '3 layers', layers: 3, sweep: false }),
  ],
  distillation: DISTILLATION,
  precisions: ['fp32', 'int8'],
  latency: STUDY_LATENCY,
  engine: 'auto',
  threads: null,
  seeds: [1],
};

export const PLANS: Readonly<Record<PresetName, StudyPlan>> = {
  sample: SAMPLE,
  smoke: {
    ...SAMPLE,
    preset: 'smoke',
    limit: { train: 320, valid: 80, test: 120 },
    tokenizer: { vocabularySize: 1000, lowercase: false, caseMarks: false },
    teacher: model('bert', 2, 64, { ...SMOKE_TRAINING, epochs: 10 }),
    students: [
      student(SMOKE_STUDENT),
      student(SMOKE_STUDENT, { name: 'layer of the teacher', initial: 'teacher-layers', sweep: false }),
    ],
    distillation: { ...DISTILLATION, betas: [0, 0.5] },
    precisions: ['fp32'],
    latency: { ...STUDY_LATENCY, repeats: 3, minSeconds: 0.1 },
  },
  scratch: {
    ...SAMPLE,
    preset: 'scratch',
    tokenizer: { vocabularySize: 4000, lowercase: true, caseMarks: true },
    maxLength: 192,
    dropout: 0.2,
    teacher: model('bert', 2, 256, SCRATCH_TRAINING),
    students: [student(model('distilbert', 1, 256, { ...SCRATCH_TRAINING, epochs: 12 }))],
    distillation: { ...DISTILLATION, forms: ['logits'] },
    precisions: ['fp32'],
  },
  paper: {
    ...SAMPLE,
    preset: 'paper',
    teacher: { ...model('bert', 12, 768, {}), ...BASE },
    students: [student({ ...model('distilbert', 6, 768, {}), ...BASE })],
    distillation: { ...DISTILLATION, forms: ['logits'] },
    precisions: ['fp32'],
  },
};
