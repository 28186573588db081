/**
 * What a study is made of, setting by setting, as a schema: it gives the types, and a plan from a file is told where it is
 * wrong, what was found and what was expected. The library behind it is loaded when a plan is checked.
 */
import type { ZodType } from 'zod';
import { READ_FORMATS } from '../corpus/formats';
import type { CorpusFiles, CorpusOptions } from '../corpus/sources';
import { SCHEMES } from '../corpus/tags';
import { InputError } from '../errors';
import { PRECISIONS } from '../inference/precision';
import { inBrief } from '../listed';
import { ARCHITECTURES, type Architecture } from '../model/architectures';
import type { LatencyProtocol } from '../resources/latency';
import type { TrainingSettings } from '../training/trainer';

/** Each preset with what it is for, as help texts say it. */
export const PRESET_DESCRIPTIONS = {
  smoke: 'a few sentences of the sample and tiny models, in a minute: shows that everything works, no more',
  sample: 'the embedded sample corpus, small models, both forms of the critical loss',
  scratch: 'a corpus of your own (--data), models from random weights',
  paper:
    "the paper's set-up: a corpus (--data), pretrained models (--teacher-checkpoint, --student-checkpoint) and their tokenizer",
} as const;
export type PresetName = keyof typeof PRESET_DESCRIPTIONS;
export const PRESETS = Object.keys(PRESET_DESCRIPTIONS) as PresetName[];

/** More than any machine has; a slip of the keyboard would start that many. */
const MAX_THREADS = 512;
/** The deepest encoders have 48; a step's graph grows with each. */
const MAX_LAYERS = 128;
/** Generators know 32 bits of a seed: one that is larger would be another in disguise. */
export const MAX_SEED = 2 ** 32 - 1;
/** More than anyone waits for. */
const MAX_EPOCHS = 100_000;
/** Sentences at once that no memory holds; a step of more is put together by `accumulation`. */
const MAX_BATCH = 16_384;

/**
 * A schema by the type of what passes it, which is all that declarations show: cells see plain types, and their compiler
 * need not read zod's, a hundred files. Zod's own schemas are of this type.
 */
interface Schema<T> {
  readonly _zod: { readonly output: T };
}
type Passing<S> = S extends Schema<infer T> ? T : never;

const z = () => (require('zod') as typeof import('zod')).z;
const ofZod = <T>(schema: Schema<T>) => schema as ZodType<T>;

const number = (error: string, holds: (value: number) => boolean): Schema<number> =>
  z().number({ error }).refine(holds, { error });
const whole = (least: number, most = Number.MAX_SAFE_INTEGER): Schema<number> => {
  const error = `a whole number from ${least} ${most < Number.MAX_SAFE_INTEGER ? `to ${most}` : 'on'}`;
  return z().int({ error }).min(least, { error }).max(most, { error });
};
const atLeast = (least: number) => number(`a number from ${least} on`, value => value >= least);
const above = (bound: number) => number(`a number above ${bound}`, value => value > bound);
const fraction = () => number('a number from 0 to 1', value => value >= 0 && value <= 1);
/** Of dropped values: all of them would leave nothing. */
const rate = () => number('a number from 0 to below 1', value => value >= 0 && value < 1);
const text = (): Schema<string> => {
  const error = 'a text that is not empty';
  // The system takes no path with a zero in it.
  return z()
    .string({ error })
    .min(1, { error })
    .refine(value => !value.includes('\0'), { error: 'a text without the character NUL' });
};
const flag = (): Schema<boolean> => z().boolean({ error: 'true or false' });
const listOf = <T>(item: Schema<T>, error: string): Schema<readonly T[]> =>
  z().array(ofZod(item), { error }).min(1, { error });
const quoted = (values: readonly string[]) => values.map(value => `"${value}"`).join(', ');
const oneOf = <const T extends string>(values: readonly T[]): Schema<T> =>
  z().enum(values as [T, ...T[]], { error: `one of ${quoted(values)}` });
const either = <A, B>(one: Schema<A>, other: Schema<B>, error: string): Schema<A | B> =>
  z().union([ofZod(one), ofZod(other)], { error });
const orNull = <T>(schema: Schema<T>): Schema<T | null> => ofZod(schema).nullable();
const optional = <T>(schema: Schema<T>) => ofZod(schema).optional() as Schema<T | undefined>;

type Fields = Readonly<Record<string, Schema<unknown>>>;
type Values<F extends Fields> = { readonly [K in keyof F]: Passing<F[K]> };
const exactly = <F extends Fields>(fields: F, error?: string) =>
  z().strictObject(fields as unknown as Record<string, ZodType>, { error }) as unknown as Schema<Values<F>>;

/** @param partial whether every setting may be left out, as in a file that changes a preset */
function planSchema(partial: boolean) {
  const object = <F extends Fields>(fields: F): Schema<Values<F>> => {
    const shape = Object.entries(fields).map(([name, field]) => [name, partial ? optional(field) : field]);
    return exactly(Object.fromEntries(shape) as F, `an object with ${Object.keys(fields).join(', ')}`);
  };
  /** Settings of a floor below, which says there what each is for: none forgotten and none other. */
  const settingsOf = <T>(fields: { [K in keyof T]-?: Schema<T[K]> }) =>
    object(fields) as unknown as Schema<T>;
  const checkpoint = exactly({ checkpoint: text() });
  const given: Schema<GivenTeacherPlan> = either(
    either(exactly({ model: text() }), exactly({ onnx: text() }), ''),
    exactly({ logits: text() }),
    '{"model": path of a folder}, {"onnx": path of a folder}, {"logits": path of a file}, or null',
  );
  const corpusFiles: Schema<CorpusFiles> = exactly({
    train: optional(text()),
    valid: optional(text()),
    test: optional(text()),
  });
  const model = (initial: Schema<Initial>) => ({
    architecture: oneOf(Object.keys(ARCHITECTURES) as Architecture[]),
    layers: whole(1, MAX_LAYERS),
    hiddenSize: whole(4),
    heads: whole(1),
    intermediateSize: whole(1),
    training: settingsOf<Omit<TrainingSettings, 'seed'>>({
      epochs: whole(1, MAX_EPOCHS),
      batchSize: whole(1, MAX_BATCH),
      learningRate: above(0),
      warmup: fraction(),
      weightDecay: atLeast(0),
      maxNorm: above(0),
      wordDropout: rate(),
      subwordDropout: rate(),
      accumulation: whole(1),
    }),
    /** A teacher cannot have `teacher-layers`. With a checkpoint, the sizes are the checkpoint's. */
    initial,
  });
  return object({
    preset: oneOf(PRESETS),
    /** Folder of the corpus, its files, or a data set of the Hub; `null` is the sample that comes with the project. */
    data: orNull(
      either(
        text(),
        corpusFiles,
        'the path of a folder, a data set such as "hf:eriktks/conll2003", {"train": path, "valid": path, "test": path}, or null',
      ),
    ),
    /** How its files are read, where they do not tell it themselves, and how parts are made that it lacks. */
    reading: settingsOf<CorpusOptions>({
      format: optional(oneOf(READ_FORMATS)),
      scheme: optional(oneOf(SCHEMES)),
      tagColumn: optional(either(whole(1), text(), 'the number of a column, or a name')),
      labels: optional(listOf(text(), 'a list of at least one tag, such as ["O", "B-PER", "I-PER"]')),
      splitSeed: optional(whole(0)),
      trainFraction: optional(number('a number above 0 and at most 1', value => value > 0 && value <= 1)),
    }),
    /**
     * Text without labels, on which students see only the teacher: a file, or the `rest` of the training part that
     * `reading.trainFraction` leaves out; `null` is none.
     */
    unlabelled: orNull(
      either(oneOf(['rest']), exactly({ file: text() }), '"rest", {"file": path of a file}, or null'),
    ),
    /** Sentences that are used of each part, the first so many; `null` is all. */
    limit: orNull(object({ train: whole(1), valid: whole(1), test: whole(1) })),
    /** A `tokenizer.json`, a vocabulary or a folder with one of them; or the size of a vocabulary that is trained on the corpus. */
    tokenizer: either(
      exactly({ file: text() }),
      object({ vocabularySize: whole(1), lowercase: flag(), caseMarks: flag() }),
      '{"file": path} or {"vocabularySize": whole number, "lowercase": true or false, "caseMarks": true or false}',
    ),
    criticalTypes: listOf(text(), 'a list of at least one entity type, such as ["PER", "ORG"]'),
    /** Longest sequence in pieces, special tokens included. */
    maxLength: whole(4),
    dropout: rate(),
    teacher: object(
      model(either(oneOf(['random']), checkpoint, '"random" or {"checkpoint": path of a folder}')),
    ),
    /** A teacher that is not trained but taken as it is, in place of `teacher`; `null` is none. */
    givenTeacher: orNull(given),
    students: listOf(
      object({
        ...model(
          either(
            oneOf(['random', 'teacher-layers']),
            checkpoint,
            '"random", "teacher-layers" or {"checkpoint": path of a folder}',
          ),
        ),
        /** Short and different from the others'. The first student is the study's, whose runs do not carry its name. */
        name: text(),
        /** Whether it is distilled with every form and β; else only without a teacher (control) and as vanilla. */
        sweep: flag(),
      }),
      'a list of at least one student',
    ),
    distillation: object({
      alpha: fraction(),
      temperature: above(0),
      kappa: atLeast(0),
      /** β of the constrained students; 0 is vanilla and always run. */
      betas: listOf(atLeast(0), 'a list of at least one number from 0 on'),
      /** Names of losses that have a weight β; `plan.ts` knows which there are. */
      forms: listOf(text(), 'a list of at least one loss with a weight β'),
      /** The paper's advice for a high β, a lower learning rate: from this β on it is multiplied; 1 leaves it as it is. */
      highBeta: object({ from: above(0), learningRateFactor: above(0) }),
    }),
    /** In which each model of Table 1 is scored and measured; as it was trained, `fp32`, always. */
    precisions: listOf(oneOf(PRECISIONS), 'a list of "fp32" and "int8"'),
    latency: settingsOf<LatencyProtocol>({
      warmup: whole(0),
      batches: whole(1),
      repeats: whole(1),
      batchSize: whole(1, MAX_BATCH),
      minSeconds: optional(atLeast(0)),
    }),
    engine: text(),
    /** Of the onnx engine; `null` is all cores. */
    threads: orNull(whole(1, MAX_THREADS)),
    /** Every model is made once for each of them: weights, order of sentences and dropout. */
    seeds: listOf(whole(0, MAX_SEED), 'a list of at least one whole number from 0 on'),
  });
}

export type StudyPlan = Passing<ReturnType<typeof planSchema>>;
export type StudentPlan = StudyPlan['students'][number];
export type ModelPlan = StudyPlan['teacher'];

/**
 * Where the training of a model starts: at random weights; at layers of the trained teacher, evenly spaced, with its
 * embeddings and classifier, as DistilBERT was made; or at a checkpoint folder in Hugging Face's layout.
 */
export type Initial = 'random' | 'teacher-layers' | { readonly checkpoint: string };

/**
 * A trained token classifier in a folder in Hugging Face's layout, one of any architecture as an ONNX model in that of
 * transformers.js, or a file of logits that another tool wrote.
 */
export type GivenTeacherPlan =
  | { readonly model: string }
  | { readonly onnx: string }
  | { readonly logits: string };

/** A value with any of its fields left out, in all depths. */
export type Partially<T> = T extends readonly (infer Item)[]
  ? readonly Partially<Item>[]
  : T extends object
    ? { readonly [K in keyof T]?: Partially<T[K]> }
    : T;
/** Any of a plan's settings, as a plan file has them. */
export type PlanPatch = Partially<StudyPlan>;

/** Throws an `InputError` that names the first setting that cannot be; `file` stands before it. */
export function checkShape(plan: unknown, { partial, file }: { partial: boolean; file?: string }): void {
  const { error } = ofZod<unknown>(planSchema(partial)).safeParse(plan);
  if (!error) return;
  const [issue] = error.issues;
  const place = (path: readonly PropertyKey[]) => (file ? [file] : []).concat(nameOf(path) || []).join(': ');
  if (issue.code === 'unrecognized_keys')
    throw new InputError(
      `${place([...issue.path, issue.keys[0]])}: found a setting that is not known, expected ${issue.message}`,
    );
  throw new InputError(
    `${place(issue.path) || 'the plan'}: found ${found(valueAt(plan, issue.path))}, expected ${issue.message}`,
  );
}

/** `students[0].layers`. */
function nameOf(path: readonly PropertyKey[]): string {
  return path
    .map((part, i) => (typeof part === 'number' ? `[${part}]` : `${i > 0 ? '.' : ''}${String(part)}`))
    .join('');
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((at, part) => (at as Record<PropertyKey, unknown> | undefined)?.[part], value);
}

function found(value: unknown): string {
  if (value === undefined) return 'nothing';
  // JSON has no NaN.
  return typeof value === 'number' ? String(value) : inBrief(value);
}
