/** How settings are put over a plan: those of a file and those of flags. */
import type { CorpusFiles, CorpusOptions } from '../corpus/sources';
import { InputError } from '../errors';
import type { LatencyProtocol } from '../resources/latency';
import type { ModelPlan, Partially, PlanPatch, StudentPlan, StudyPlan } from './plan-schema';
import { PLANS, proportionsOf } from './presets';
import { type Flag, type FlagPatch, type PlanChanges, SETTINGS } from './settings';
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

/** What flags change in a plan. */
export function patchOfFlags(flags: PlanChanges, { students }: StudyPlan): PlanPatch {
  const patches = Object.entries<Flag | object>(SETTINGS).flatMap(([name, setting]) => {
    const value = flags[name as keyof PlanChanges];
    return 'patch' in setting && value !== undefined ? [setting.patch(value as never)] : [];
  });
  const { eachStudent = {}, ...patch } = patches.reduce<FlagPatch>(beside, {});
  return {
    ...patch,
    students:
      patch.students?.map(student => ({ ...eachStudent, ...student })) ??
      students.map(student => mergedModel(student, eachStudent)),
  };
}

/** Two patches together, in all depths; a setting that both give is the first one's. */
function beside<T extends object>(first: T, second: T): T {
  const shared = Object.entries(first).map(([name, one]) => {
    const other = second[name as keyof T];
    return [name, isRecord(one) && isRecord(other) ? beside(one, other) : one];
  });
  return { ...first, ...second, ...Object.fromEntries(shared) };
}

function isRecord(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function locatedFiles(files: CorpusFiles, located: (path: string) => string): CorpusFiles {
  return Object.fromEntries(Object.entries(files).map(([part, file]) => [part, located(file as string)]));
}

/** Without the fields that are undefined. */
function defined<T extends object>(fields: T): T {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T;
}
