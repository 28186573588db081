/**
 * What a plan may hold, setting by setting, as a schema: a plan from a file is told where it is wrong, what was found
 * and what was expected. The library behind it is loaded when a plan is checked.
 */
import type { ZodType } from 'zod';
import { FORMATS } from '../corpus/formats';
import { SCHEMES } from '../corpus/tags';
import { InputError } from '../errors';
import { ARCHITECTURES } from '../model/architectures';
import type { ModelPlan, StudentPlan, StudyPlan } from './plan';
import { PRESETS } from './presets';

/** More than any machine has; a slip of the keyboard would start that many. */
const MAX_THREADS = 512;

const z = () => (require('zod') as typeof import('zod')).z;

const whole = (least: number, most?: number) => {
  const error = `a whole number from ${least} ${most === undefined ? 'on' : `to ${most}`}`;
  return z()
    .number({ error })
    .int({ error })
    .min(least, { error })
    .max(most ?? Number.MAX_SAFE_INTEGER, { error });
};
const atLeast = (least: number) => {
  const error = `a number from ${least} on`;
  return z().number({ error }).min(least, { error });
};
const above = (bound: number) => {
  const error = `a number above ${bound}`;
  return z().number({ error }).gt(bound, { error });
};
const fraction = () => {
  const error = 'a number from 0 to 1';
  return z().number({ error }).min(0, { error }).max(1, { error });
};
/** Of dropped values: all of them would leave nothing. */
const rate = () => {
  const error = 'a number from 0 to below 1';
  return z().number({ error }).min(0, { error }).lt(1, { error });
};
const text = (error = 'a text that is not empty') => z().string({ error }).min(1, { error });
const listOf = (item: ZodType, error: string) => z().array(item, { error }).min(1, { error });
const oneOf = (values: readonly string[]) =>
  z().enum(values as [string, ...string[]], {
    error: `one of ${values.map(value => `"${value}"`).join(', ')}`,
  });
const flag = () => z().boolean({ error: 'true or false' });

/** A schema for each field of a plan's object, none forgotten. */
type Fields<T> = { readonly [K in keyof T]-?: ZodType };
type Distillation = StudyPlan['distillation'];

/** @param partial whether every setting may be left out, as in a file that changes a preset */
function schemaOf(partial: boolean): ZodType {
  const object = <T>(fields: Fields<T>): ZodType => {
    const names = Object.keys(fields);
    const shape = Object.fromEntries(
      names.map(name => {
        const field = fields[name as keyof T];
        return [name, partial ? field.optional() : field];
      }),
    );
    return z().strictObject(shape, { error: `an object with ${names.join(', ')}` });
  };
  const checkpoint = z().strictObject({ checkpoint: text() });
  const modelFields: Omit<Fields<ModelPlan>, 'initial'> = {
    architecture: oneOf(Object.keys(ARCHITECTURES)),
    layers: whole(1),
    hiddenSize: whole(4),
    heads: whole(1),
    intermediateSize: whole(1),
    training: object<ModelPlan['training']>({
      epochs: whole(1),
      batchSize: whole(1),
      learningRate: above(0),
      warmup: fraction(),
      weightDecay: atLeast(0),
      maxNorm: above(0),
      wordDropout: rate(),
      subwordDropout: rate(),
      accumulation: whole(1),
    }),
  };
  return object<StudyPlan>({
    preset: oneOf(PRESETS),
    data: z()
      .union(
        [
          text(),
          z().strictObject({ train: text().optional(), valid: text().optional(), test: text().optional() }),
        ],
        { error: 'the path of a folder, {"train": path, "valid": path, "test": path}, or null' },
      )
      .nullable(),
    reading: object<StudyPlan['reading']>({
      format: oneOf(FORMATS).optional(),
      scheme: oneOf(SCHEMES).optional(),
      tagColumn: z()
        .union([whole(1), text()], { error: 'the number of a column, or a name' })
        .optional(),
      splitSeed: whole(0).optional(),
    }),
    limit: object<NonNullable<StudyPlan['limit']>>({
      train: whole(1),
      valid: whole(1),
      test: whole(1),
    }).nullable(),
    tokenizer: z().union(
      [
        z().strictObject({ file: text() }),
        object<{ vocabularySize: number; lowercase: boolean; caseMarks: boolean }>({
          vocabularySize: whole(1),
          lowercase: flag(),
          caseMarks: flag(),
        }),
      ],
      {
        error:
          '{"file": path} or {"vocabularySize": whole number, "lowercase": true or false, "caseMarks": true or false}',
      },
    ),
    criticalTypes: listOf(text(), 'a list of at least one entity type, such as ["PER", "ORG"]'),
    maxLength: whole(4),
    dropout: rate(),
    teacher: object<ModelPlan>({
      ...modelFields,
      initial: z().union([z().literal('random'), checkpoint], {
        error: '"random" or {"checkpoint": path of a folder}',
      }),
    }),
    students: listOf(
      object<StudentPlan>({
        ...modelFields,
        initial: z().union([z().enum(['random', 'teacher-layers']), checkpoint], {
          error: '"random", "teacher-layers" or {"checkpoint": path of a folder}',
        }),
        name: text(),
        sweep: flag(),
      }),
      'a list of at least one student',
    ),
    distillation: object<Distillation>({
      alpha: fraction(),
      temperature: above(0),
      kappa: atLeast(0),
      betas: listOf(atLeast(0), 'a list of at least one number from 0 on'),
      forms: listOf(oneOf(['logits', 'weighted']), 'a list of "logits", "weighted" or both'),
      highBeta: object<Distillation['highBeta']>({ from: above(0), learningRateFactor: above(0) }),
    }),
    latency: object<StudyPlan['latency']>({
      warmup: whole(0),
      batches: whole(1),
      repeats: whole(1),
      batchSize: whole(1),
      minSeconds: atLeast(0).optional(),
    }),
    engine: text(),
    threads: whole(1, MAX_THREADS).nullable(),
    seeds: listOf(whole(0), 'a list of at least one whole number from 0 on'),
  });
}

/** Throws an `InputError` that names the first setting that cannot be; `file` stands before it. */
export function checkShape(plan: unknown, { partial, file }: { partial: boolean; file?: string }): void {
  const { error } = schemaOf(partial).safeParse(plan);
  if (!error) return;
  const [issue] = error.issues;
  const place = (path: readonly PropertyKey[]) => (file ? [file] : []).concat(nameOf(path) || []).join(': ');
  if (issue.code === 'unrecognized_keys')
    throw new InputError(
      `${place([...issue.path, issue.keys[0]])}: found a setting that is not known, expected ${issue.message}`,
    );
  throw new InputError(
    `${place(issue.path) || 'the plan'}: found ${shown(valueAt(plan, issue.path))}, expected ${issue.message}`,
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

/** Longest value that is shown whole in an error. */
const SHOWN_CHARACTERS = 60;

function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'number') return String(value);
  const json = JSON.stringify(value);
  return json.length > SHOWN_CHARACTERS ? `${json.slice(0, SHOWN_CHARACTERS)}…` : json;
}
