/** How settings are put over a plan: those of a file and those of flags. */
import { resolve } from 'node:path';
import type { CorpusFiles, CorpusOptions } from '../corpus/sources';
import { InputError } from '../errors';
import type { LatencyProtocol } from '../resources/latency';
import type { PlanChanges } from './plan';
import type { Initial, ModelPlan, Partially, PlanPatch, StudentPlan, StudyPlan } from './plan-schema';
import { PLANS, proportionsOf } from './presets';
import type { CriticalForm } from './study';

/** A plan with settings put over it. Of objects, settings that are not given stay; lists are replaced. */
export function merged(plan: StudyPlan, patch: PlanPatch): StudyPlan {
  const { teacher, students, tokenizer, limit, distillation, latency, reading, ...simple } = defined(patch);
  const highBeta = { ...plan.distillation.highBeta, ...distillation?.highBeta };
  return {
    ...plan,
    ...(simple as Partial<StudyPlan>),
    criticalTypes: [...new Set(simple.criticalTypes ?? plan.criticalTypes)] as string[],
    seeds: [...new Set(simple.seeds ?? plan.seeds)] as number[],
    reading: { ...plan.reading, ...reading } as CorpusOptions,
    // The preset's limit is for its own corpus.
    limit: limit === undefined ? (simple.data ? null : plan.limit) : (limit as StudyPlan['limit']),
    tokenizer:
      tokenizer === undefined
        ? plan.tokenizer
        : (('file' in tokenizer
            ? tokenizer
            : {
                ...('file' in plan.tokenizer ? PLANS.sample.tokenizer : plan.tokenizer),
                ...tokenizer,
              }) as StudyPlan['tokenizer']),
    teacher: mergedModel(plan.teacher, teacher ?? {}),
    students: students ? mergedStudents(plan.students[0], students) : plan.students,
    distillation: {
      ...plan.distillation,
      ...(defined(distillation ?? {}) as Partial<StudyPlan['distillation']>),
      betas: [...new Set([0, ...(distillation?.betas ?? plan.distillation.betas)])].sort(
        (a, b) => (a as number) - (b as number),
      ) as number[],
      forms: [...new Set(distillation?.forms ?? plan.distillation.forms)] as CriticalForm[],
      highBeta: highBeta as StudyPlan['distillation']['highBeta'],
    },
    latency: { ...plan.latency, ...defined(latency ?? {}) } as LatencyProtocol,
  };
}

/** Another width brings its own heads and feed-forward width, unless they are given too. */
function mergedModel<M extends ModelPlan>(model: M, change: Partially<M>): M {
  const { training, ...rest } = defined(change) as Partial<M>;
  const { hiddenSize } = rest;
  const resized = hiddenSize !== undefined && hiddenSize !== model.hiddenSize;
  if (resized && rest.heads === undefined && hiddenSize > 32 && hiddenSize % 32 !== 0)
    throw new InputError(
      `the width is ${hiddenSize}, expected a multiple of 32, or of 4 below 32, or its heads in a plan file`,
    );
  return {
    ...model,
    ...(resized && proportionsOf(hiddenSize)),
    ...rest,
    training: { ...model.training, ...defined(training ?? {}) },
  };
}

/** Each is put over the preset's first student; the first of them sweeps, unless it says no. */
function mergedStudents(base: StudentPlan, changes: readonly Partially<StudentPlan>[]): StudentPlan[] {
  return changes.map((change, i) => {
    const student = mergedModel(base, change);
    return {
      ...student,
      name: (change.name ?? layersName(student.layers, i)) as string,
      sweep: (change.sweep ?? i === 0) as boolean,
    };
  });
}

function layersName(layers: number, place: number): string {
  return place === 0 ? 'student' : `${layers} layer${layers === 1 ? '' : 's'}`;
}

export function patchOfFlags(flags: PlanChanges, { students }: StudyPlan): PlanPatch {
  const { batchSize, learningRate, maxNorm, subwordDropout, accumulation } = flags;
  const training = { batchSize, learningRate, maxNorm, subwordDropout, accumulation };
  const checkpoint = (folder?: string): Initial | undefined =>
    folder === undefined ? undefined : { checkpoint: resolve(folder) };
  const eachStudent = defined({
    hiddenSize: flags.studentWidth,
    initial: checkpoint(flags.studentCheckpoint) ?? flags.studentInitial,
    training: defined({ ...training, epochs: flags.studentEpochs }),
  });
  const file = flags.tokenizer && { file: resolve(flags.tokenizer) };
  return defined({
    data: dataOfFlags(flags),
    reading: defined({
      format: flags.format,
      scheme: flags.scheme,
      tagColumn: flags.tagColumn,
      splitSeed: flags.splitSeed,
    }),
    tokenizer:
      file || (flags.vocabularySize === undefined ? undefined : { vocabularySize: flags.vocabularySize }),
    criticalTypes: flags.critical,
    maxLength: flags.maxLength,
    teacher: defined({
      layers: flags.teacherLayers,
      hiddenSize: flags.teacherWidth,
      initial: checkpoint(flags.teacherCheckpoint),
      training: defined({ ...training, epochs: flags.teacherEpochs }),
    }),
    students: flags.studentLayers
      ? flags.studentLayers.map(layers => ({ ...eachStudent, layers }))
      : students.map(student => mergedModel(student, eachStudent as Partially<StudentPlan>)),
    distillation: defined({
      alpha: flags.alpha,
      temperature: flags.temperature,
      kappa: flags.kappa,
      betas: flags.betas,
      forms: flags.forms,
      highBeta: defined({ learningRateFactor: flags.highBetaLearningRateFactor }),
    }),
    engine: flags.engine,
    threads: flags.threads,
    seeds: flags.seeds,
  }) as PlanPatch;
}

function dataOfFlags({ data, train, valid, test }: PlanChanges): string | CorpusFiles | undefined {
  const files = defined({ train, valid, test });
  if (Object.keys(files).length === 0) return data === undefined ? undefined : resolve(data);
  if (data !== undefined)
    throw new InputError('a corpus is a folder or files: --data, or --train, --valid and --test');
  return locatedFiles(files, path => resolve(path));
}

export function locatedFiles(files: CorpusFiles, located: (path: string) => string): CorpusFiles {
  return Object.fromEntries(Object.entries(files).map(([part, file]) => [part, located(file as string)]));
}

/** Without the fields that are undefined. */
function defined<T extends object>(fields: T): T {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T;
}
