/** The plan of a study: a preset, changed by a file, then by flags. */
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { sum } from 'd3-array';
import type { CorpusFiles } from '../corpus/sources';
import { isReadOnce } from '../corpus/utf8';
import { InputError } from '../errors';
import { checkpointFolder, findCheckpoint } from '../hub/checkpoint';
import { bringDataset, isDatasetName } from '../hub/dataset';
import { locatedCheckpoint } from '../hub/id';
import type { HubOptions } from '../hub/snapshot';
import { canonicalJson, readJson } from '../json';
import { counted, listed } from '../listed';
import { SWEPT_LOSSES } from '../training/losses';
import {
  checkShape,
  type GivenTeacherPlan,
  type ModelPlan,
  type Partially,
  type PlanPatch,
  PRESETS,
  type PresetName,
  type StudentPlan,
  type StudyPlan,
} from './plan-schema';
import { PLANS, proportionsOf } from './presets';
import { checkpointShape, checkpointTokenizer } from './pretrained';
import { type Flag, type FlagPatch, type PlanChanges, SETTINGS } from './settings';

export type { Initial, ModelPlan, StudentPlan, StudyPlan } from './plan-schema';
export type { PlanChanges } from './settings';

/**
 * The plan of a preset, changed by a file and by flags, which win. Without `preset` it is the file's, else `sample`.
 * @throws InputError that says what does not fit
 */
export function planOf(preset?: string, changes: PlanChanges = {}): StudyPlan {
  return completed(draftOf(preset, changes), changes);
}

/**
 * The same, with models of the Hugging Face Hub brought into the cache; the plan names them by their commits, so that it
 * stays the same study when a model's branch moves.
 */
export async function planWithModels(
  preset?: string,
  changes: PlanChanges = {},
  options: HubOptions = {},
): Promise<StudyPlan> {
  const draft = draftOf(preset, changes);
  return completed({ ...draft, plan: await bringModels(draft.plan, options) }, changes);
}

/** What a plan says before checkpoints are looked at, and what of it a file said. */
interface Draft {
  readonly plan: StudyPlan;
  readonly patch: PlanPatch;
  /** Whether all students differed before flags changed them. */
  readonly areDifferent: boolean;
}

function draftOf(preset: string | undefined, changes: PlanChanges): Draft {
  const patch = changes.plan === undefined ? {} : readPatch(changes.plan);
  const name = preset ?? patch.preset ?? 'sample';
  if (!(PRESETS as readonly string[]).includes(name))
    throw new InputError(`unknown preset "${name}": expected one of ${PRESETS.join(', ')}`);
  const base = fittingGiven(PLANS[name as PresetName], changes, patch);
  if (changes.tokenizer && changes.vocabularySize !== undefined)
    throw new InputError(
      'a vocabulary is trained only where no tokenizer is given: --tokenizer or --vocabulary-size',
    );
  const file = changes.train ?? changes.valid ?? changes.test;
  if (changes.data !== undefined && file !== undefined)
    throw new InputError('a corpus is a folder or files: --data, or --train, --valid and --test');
  const fromFile = merged(base, { ...patch, preset: name as PresetName });
  checkTeacherFlags(changes, fromFile);
  checkSizeFlags(changes);
  const changed = merged(fromFile, patchOfFlags(changes, fromFile));
  // Checked before folders are read that it names.
  checkShape(changed, { partial: false });
  if ((name === 'scratch' || name === 'paper') && changed.data === null)
    throw new InputError(
      `the preset "${name}" needs a corpus: --data with a folder, or a data set of the Hugging Face Hub such as hf:eriktks/conll2003`,
    );
  if (name === 'paper') {
    if (changed.teacher.initial === 'random' && changed.givenTeacher === null)
      throw new InputError(
        'the preset "paper" needs a pretrained teacher: --teacher-checkpoint with a folder, or a model of the Hugging Face Hub such as google-bert/bert-base-uncased; or one that is trained already, --teacher-model',
      );
    if (changed.students[0].initial === 'random')
      throw new InputError(
        'the preset "paper" needs a pretrained student: --student-checkpoint, likewise, or --student-initial teacher-layers',
      );
  }
  const areDifferent =
    changes.studentLayers === undefined && different(fromFile.students).length === fromFile.students.length;
  return { plan: changed, patch, areDifferent };
}

/** A preset without its students from the teacher's layers, where a teacher is given that has none. */
function fittingGiven(preset: StudyPlan, changes: PlanChanges, { givenTeacher }: PlanPatch): StudyPlan {
  const { teacherModel, teacherOnnx, teacherLogits } = changes;
  const hasModel = teacherModel !== undefined || !givenTeacher || 'model' in givenTeacher;
  if (hasModel && teacherOnnx === undefined && teacherLogits === undefined) return preset;
  return { ...preset, students: preset.students.filter(({ initial }) => initial !== 'teacher-layers') };
}

/** What is said of a teacher that is trained, and what gives one that is not. */
const TRAINED_TEACHER = {
  teacherLayers: '--teacher-layers',
  teacherWidth: '--teacher-width',
  teacherEpochs: '--teacher-epochs',
  teacherCheckpoint: '--teacher-checkpoint',
} as const;
const GIVEN_TEACHER = {
  teacherModel: '--teacher-model',
  teacherOnnx: '--teacher-onnx',
  teacherLogits: '--teacher-logits',
} as const;

/** @throws InputError where a teacher is given twice, or is given and to be trained */
function checkTeacherFlags(changes: PlanChanges, { givenTeacher }: StudyPlan): void {
  const among = (flags: Readonly<Partial<Record<keyof PlanChanges, string>>>) =>
    Object.entries(flags).flatMap(([name, flag]) =>
      changes[name as keyof PlanChanges] === undefined ? [] : [flag],
    );
  const [given, trained] = [among(GIVEN_TEACHER), among(TRAINED_TEACHER)];
  if (given.length > 1)
    throw new InputError(`a study has one teacher: found ${listed(given, 'and')}, expected one of them`);
  if (trained.length > 0 && (given.length > 0 || givenTeacher))
    throw new InputError(
      `${given[0] ?? 'the givenTeacher of the plan'} is a teacher that is not trained: found ${listed(trained, 'and')} beside it, expected the one or the other`,
    );
}

/** Sizes that flags say, and the flags of checkpoints, which have their own. */
const SIZES = [
  {
    checkpoint: 'teacherCheckpoint',
    flag: '--teacher-checkpoint',
    sizes: { teacherLayers: '--teacher-layers', teacherWidth: '--teacher-width' },
  },
  {
    checkpoint: 'studentCheckpoint',
    flag: '--student-checkpoint',
    sizes: {
      studentLayers: '--student-layers',
      studentWidth: '--student-width',
      studentInitial: '--student-initial',
    },
  },
] as const;

/** @throws InputError where a size, or another start, is given beside a checkpoint */
function checkSizeFlags(changes: PlanChanges): void {
  for (const { checkpoint, flag, sizes } of SIZES) {
    if (changes[checkpoint] === undefined) continue;
    const given = Object.entries(sizes).find(([name]) => changes[name as keyof PlanChanges] !== undefined);
    if (given)
      throw new InputError(
        `${given[1]} says nothing beside ${flag}, whose model is as large as it is: expected one of them`,
      );
  }
}

/** A plan with the checkpoints that it starts from, its given teacher and its corpus in reach, each by the name that stays. */
export async function bringModels(plan: StudyPlan, options: HubOptions = {}): Promise<StudyPlan> {
  const { data, givenTeacher: given } = plan;
  const weights = given && 'onnx' in given ? 'onnx' : 'safetensors';
  const place = given && placeOfModel(given);
  const givenPlace = place && (await findCheckpoint(place, { ...options, weights })).pinned;
  const pinned = new Map<string, string>();
  for (const { initial } of trainedModels(plan))
    if (typeof initial === 'object' && !pinned.has(initial.checkpoint))
      pinned.set(initial.checkpoint, (await findCheckpoint(initial.checkpoint, options)).pinned);
  const placed = withPlaces(
    plan,
    checkpoint => pinned.get(checkpoint)!,
    () => givenPlace!,
  );
  return typeof data === 'string' && isDatasetName(data)
    ? { ...placed, data: await bringDataset(data, options) }
    : placed;
}

/** A plan whose models of the Hub, once they are brought, are named by their folders in the cache. */
export function inFolders(plan: StudyPlan): StudyPlan {
  return withPlaces(plan, checkpointFolder, checkpointFolder);
}

/** The models of a plan that are trained. */
export function trainedModels({ teacher, givenTeacher, students }: StudyPlan): readonly ModelPlan[] {
  return givenTeacher ? students : [teacher, ...students];
}

/** The folder, or model of the Hub, that a teacher is given in. */
function placeOfModel(given: GivenTeacherPlan): string | undefined {
  return 'model' in given ? given.model : 'onnx' in given ? given.onnx : undefined;
}

function withPlaces(
  plan: StudyPlan,
  place: (checkpoint: string) => string,
  placeOfGiven: (model: string) => string,
): StudyPlan {
  const { givenTeacher: given } = plan;
  const placed = <M extends ModelPlan>(model: M): M =>
    typeof model.initial === 'object'
      ? { ...model, initial: { checkpoint: place(model.initial.checkpoint) } }
      : model;
  const givenTeacher =
    given && 'model' in given
      ? { model: placeOfGiven(given.model) }
      : given && 'onnx' in given
        ? { onnx: placeOfGiven(given.onnx) }
        : given;
  return {
    ...plan,
    // What it would start from is not asked for where it is not trained.
    teacher: givenTeacher ? plan.teacher : placed(plan.teacher),
    givenTeacher,
    students: plan.students.map(placed),
  };
}

/** The plan with what is its checkpoints' to say, checked. */
function completed({ plan: changed, patch, areDifferent }: Draft, changes: PlanChanges): StudyPlan {
  const tokenizerGiven = [changes.tokenizer, changes.vocabularySize, patch.tokenizer].some(
    setting => setting !== undefined,
  );
  const sized = withCheckpoints(changed, tokenizerGiven);
  const { hiddenSize, heads, intermediateSize } = sized.teacher;
  // A student from the teacher's layers is as wide as they are, unless it is told otherwise.
  const students = sized.students.map((student, i) =>
    student.initial === 'teacher-layers' &&
    changes.studentWidth === undefined &&
    patch.students?.[i]?.hiddenSize === undefined
      ? { ...student, hiddenSize, heads, intermediateSize }
      : student,
  );
  // Students that differ in size or start become one where flags give them one checkpoint or start.
  const plan = { ...sized, students: areDifferent ? different(students) : students };
  checkPlan(plan);
  checkDifferent(plan);
  return plan;
}

/** Those that differ from all before them in more than their names. */
function different(students: readonly StudentPlan[]): StudentPlan[] {
  return students.filter((student, i) => !students.slice(0, i).some(before => isSame(before, student)));
}

function isSame(first: StudentPlan, second: StudentPlan): boolean {
  const named = { name: '', sweep: false };
  return canonicalJson({ ...first, ...named }) === canonicalJson({ ...second, ...named });
}

/** @throws InputError where two students are one model under two names */
function checkDifferent({ students }: StudyPlan): void {
  for (const [i, student] of students.entries()) {
    const same = students.slice(0, i).find(before => isSame(before, student));
    if (same)
      throw new InputError(
        `the students "${same.name}" and "${student.name}" differ in their names alone, and would be one model: expected another size, start or training`,
      );
  }
}

/** A plan with settings put over it. Of objects, settings that are not given stay; lists are replaced. */
function merged(plan: StudyPlan, patch: PlanPatch): StudyPlan {
  const { data, limit, tokenizer, teacher, givenTeacher, students, ...rest } = patch;
  const changed = over(plan, rest);
  const { distillation } = changed;
  const vocabulary = 'file' in plan.tokenizer ? PLANS.sample.tokenizer : plan.tokenizer;
  return {
    ...changed,
    criticalTypes: unique(changed.criticalTypes),
    seeds: unique(changed.seeds),
    precisions: unique(['fp32', ...changed.precisions]),
    data: (data === undefined ? plan.data : data) as StudyPlan['data'],
    // The preset's limit is for its own corpus.
    limit: (limit === undefined ? (data ? null : plan.limit) : limit) as StudyPlan['limit'],
    tokenizer: (tokenizer === undefined
      ? plan.tokenizer
      : 'file' in tokenizer
        ? tokenizer
        : { ...vocabulary, ...tokenizer }) as StudyPlan['tokenizer'],
    teacher: mergedModel(plan.teacher, teacher ?? {}),
    givenTeacher: (givenTeacher === undefined
      ? plan.givenTeacher
      : givenTeacher) as StudyPlan['givenTeacher'],
    students: students ? mergedStudents(plan.students[0], students) : plan.students,
    distillation: {
      ...distillation,
      betas: unique([0, ...distillation.betas]).sort((a, b) => a - b),
      forms: unique(distillation.forms),
    },
  };
}

function unique<T>(values: readonly T[]): T[] {
  return [...new Set(values)];
}

/** Settings put over others in all depths; what is no object is replaced. */
function over<T extends object>(settings: T, patch: Partially<T>): T {
  const changed = Object.entries(patch).map(([name, value]) => {
    const old = settings[name as keyof T];
    return [name, isRecord(old) && isRecord(value) ? over(old, value as Partially<typeof old>) : value];
  });
  return { ...settings, ...Object.fromEntries(changed) };
}

function isRecord(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Another width brings its own heads and feed-forward width, unless they are given too. */
function mergedModel<M extends ModelPlan>(model: M, change: Partially<M>): M {
  const { hiddenSize, heads } = change as Partial<ModelPlan>;
  const resized = hiddenSize !== undefined && hiddenSize !== model.hiddenSize;
  if (resized && heads === undefined && hiddenSize > 32 && hiddenSize % 32 !== 0)
    throw new InputError(
      `the width is ${hiddenSize}, expected a multiple of 32, or of 4 below 32, or its heads in a plan file`,
    );
  const sized = resized ? { ...model, ...proportionsOf(hiddenSize) } : model;
  return over(sized, change);
}

/** Each is put over the preset's first student; the first of them sweeps, unless it says no. */
function mergedStudents(base: StudentPlan, changes: readonly Partially<StudentPlan>[]): StudentPlan[] {
  return changes.map((change, i) => {
    const student = mergedModel(base, change);
    return {
      ...student,
      name: (change.name ?? (i === 0 ? 'student' : counted(student.layers, 'layer'))) as string,
      sweep: (change.sweep ?? i === 0) as boolean,
    };
  });
}

/** What flags change in a plan. */
function patchOfFlags(flags: PlanChanges, { students }: StudyPlan): PlanPatch {
  const patches = Object.entries<Flag | object>(SETTINGS).flatMap(([name, setting]) => {
    const value = flags[name as keyof PlanChanges];
    return 'patch' in setting && value !== undefined ? [setting.patch(value as never)] : [];
  });
  const { eachStudent = {}, ...patch } = patches.reduce<FlagPatch>(
    // Of two flags for one setting the first counts.
    (first, next) => over(over(first, next), first),
    {},
  );
  return {
    ...patch,
    students:
      patch.students?.map(student => ({ ...eachStudent, ...student })) ??
      students.map(student => mergedModel(student, eachStudent)),
  };
}

/** A file of sentences that can be read but once, such as a pipe; nothing where there is none. */
export function fileReadOnce(plan: StudyPlan): string | undefined {
  const paths = filesOfSentences(plan);
  return paths.find(path => path !== undefined && isReadOnce(path));
}

/** Paths of the corpus, and of text without labels. */
export function filesOfSentences({ data, unlabelled }: StudyPlan): (string | undefined)[] {
  return [
    ...(typeof data === 'string' ? [data] : Object.values(data ?? {})),
    ...(typeof unlabelled === 'object' && unlabelled !== null ? [unlabelled.file] : []),
  ];
}

/** Reads the plan that a study keeps beside its results. A setting that is younger than the file is its preset's. */
export function readPlan(file: string): StudyPlan {
  const stored = readJson(file, 'the plan is not JSON', 'the plan cannot be read') as PlanPatch;
  checkShape(stored, { partial: true, file });
  const plan = stored.preset === undefined ? (stored as StudyPlan) : merged(PLANS[stored.preset], stored);
  checkShape(plan, { partial: false, file });
  try {
    checkPlan(plan);
  } catch (error) {
    throw new InputError(`${file}: ${(error as Error).message}`);
  }
  // An older version kept students that were one model.
  return { ...plan, students: different(plan.students) };
}

/** Reads settings that change a preset; paths in it are relative to its folder. */
function readPatch(file: string): PlanPatch {
  const patch = readJson(file, 'the plan is not JSON', 'the plan cannot be read') as PlanPatch;
  checkShape(patch, { partial: true, file });
  checkForms(patch.distillation?.forms, `${file}: `);
  const folder = dirname(resolve(file));
  const located = (path: string) => (isAbsolute(path) || isDatasetName(path) ? path : join(folder, path));
  const locatedFiles = (files: CorpusFiles): CorpusFiles =>
    Object.fromEntries(Object.entries(files).map(([part, file]) => [part, located(file)]));
  const { data, unlabelled, tokenizer, teacher, givenTeacher: given, students } = patch;
  const withPlace = <T extends PlanPatch['teacher']>(model: T): T =>
    model?.initial && typeof model.initial === 'object' && model.initial.checkpoint
      ? { ...model, initial: { checkpoint: locatedCheckpoint(model.initial.checkpoint, folder) } }
      : model;
  return {
    ...patch,
    ...(data && { data: typeof data === 'string' ? located(data) : locatedFiles(data as CorpusFiles) }),
    ...(unlabelled &&
      typeof unlabelled === 'object' && { unlabelled: { file: located(unlabelled.file as string) } }),
    ...(tokenizer && 'file' in tokenizer && { tokenizer: { file: located(tokenizer.file as string) } }),
    ...(teacher && { teacher: withPlace(teacher) }),
    ...(given && { givenTeacher: locatedTeacher(given as GivenTeacherPlan, folder) }),
    ...(students && { students: students.map(withPlace) }),
  };
}

function locatedTeacher(given: GivenTeacherPlan, folder: string): GivenTeacherPlan {
  if ('model' in given) return { model: locatedCheckpoint(given.model, folder) };
  if ('onnx' in given) return { onnx: locatedCheckpoint(given.onnx, folder) };
  return { logits: resolve(folder, given.logits) };
}

/** Sizes of models that start at a checkpoint, and its tokenizer where none was asked for, are the checkpoint's. */
function withCheckpoints(plan: StudyPlan, tokenizerGiven: boolean): StudyPlan {
  const sized = <M extends ModelPlan>(model: M): M =>
    typeof model.initial === 'object'
      ? { ...model, ...checkpointShape(checkpointFolder(model.initial.checkpoint)) }
      : model;
  const { givenTeacher: given } = plan;
  const givenModel = given && 'model' in given ? checkpointFolder(given.model) : undefined;
  // Read first: where there is no checkpoint, its configuration is what is missed.
  const trained = given ? plan.teacher : sized(plan.teacher);
  const teacher = givenModel ? { ...trained, ...checkpointShape(givenModel) } : trained;
  const students = plan.students.map(sized);
  const starts = trainedModels(plan).flatMap(({ initial }) =>
    typeof initial === 'object' ? checkpointFolder(initial.checkpoint) : [],
  );
  // A given teacher reads by its own; students that have its layers must do so, too.
  const haveItsLayers = students.some(({ initial }) => initial === 'teacher-layers');
  const first = starts[0] ?? (haveItsLayers ? givenModel : undefined);
  return {
    ...plan,
    tokenizer: tokenizerGiven || first === undefined ? plan.tokenizer : { file: checkpointTokenizer(first) },
    teacher,
    students,
  };
}

/** More than anyone waits for: with the smallest models a run takes a second, and its place on a page is a line. */
const MOST_RUNS = 10_000;

/** Of a model that is drawn: twice as many as can be trained at all. A slip of the keyboard would exhaust any memory. */
const MOST_PARAMETERS = 2 ** 29;

/** How many runs a plan asks for, as `RunPlanner.all` lists them. */
function countRuns({ seeds, students, distillation: { forms, betas } }: StudyPlan): number {
  const swept = forms.length * betas.filter(beta => beta > 0).length;
  return seeds.length * (1 + sum(students, ({ sweep }) => 2 + (sweep ? swept : 0)));
}

/** Throws an `InputError` that says what of a plan cannot be. */
function checkPlan(plan: StudyPlan): void {
  checkShape(plan, { partial: false });
  const check = (holds: boolean, what: string) => {
    if (!holds) throw new InputError(what);
  };
  const { teacher, students } = plan;
  const runs = countRuns(plan);
  check(
    runs <= MOST_RUNS,
    `the plan asks for ${runs.toLocaleString('en-US')} runs (${counted(plan.seeds.length, 'seed')}, ${counted(students.length, 'student')}, ` +
      `${plan.distillation.betas.length} β), expected at most ${MOST_RUNS.toLocaleString('en-US')}`,
  );
  const named: [string, ModelPlan][] = students.map(student => [
    students.length === 1 ? 'the student' : `the student "${student.name}"`,
    student,
  ]);
  const { givenTeacher: given } = plan;
  const drawn: [string, ModelPlan][] = given ? named : [['the teacher', teacher], ...named];
  for (const [name, { layers, hiddenSize, heads, intermediateSize, initial }] of drawn) {
    if (typeof initial === 'object') continue;
    check(
      Number.isInteger(heads) && hiddenSize % (4 * heads) === 0,
      `${name}'s width is ${hiddenSize}, expected a multiple of 4 times its ${counted(heads, 'head')}`,
    );
    const matrices = 4 * hiddenSize * hiddenSize + 2 * hiddenSize * intermediateSize;
    const parameters = layers * matrices + plan.maxLength * hiddenSize;
    check(
      parameters <= MOST_PARAMETERS,
      `${name} would have ${parameters.toLocaleString('en-US')} parameters (layers ${layers}, width ${hiddenSize}, maxLength ${plan.maxLength}), expected at most ${MOST_PARAMETERS.toLocaleString('en-US')}`,
    );
  }
  for (const [name, student] of named) {
    if (student.initial !== 'teacher-layers') continue;
    check(
      given === null || 'model' in given,
      `${name} starts from the teacher's layers, and the given teacher has none to take: expected --teacher-model, or another start of the student`,
    );
    for (const size of ['hiddenSize', 'heads', 'intermediateSize'] as const)
      check(
        student[size] === teacher[size],
        `${name} starts from the teacher's layers: found ${size} ${student[size]}, expected the teacher's ${teacher[size]}`,
      );
    check(
      student.layers <= teacher.layers,
      `${name} starts from the teacher's layers: found ${student.layers} layers, expected at most the teacher's ${teacher.layers}`,
    );
  }
  const { unlabelled, reading } = plan;
  check(
    unlabelled !== 'rest' || (reading.trainFraction ?? 1) < 1,
    'the text without labels is the rest of the training part (--unlabelled rest), of which nothing is left: expected --train-fraction with a number below 1',
  );
  check(
    unlabelled === null || given === null || !('logits' in given),
    'a file of logits says nothing of text without labels: expected --teacher-model or --teacher-onnx, or no --unlabelled',
  );
  checkForms(plan.distillation.forms);
  const seen = new Set<string>();
  const twice = students.find(({ name }) => seen.has(name) || !seen.add(name))?.name;
  check(twice === undefined, `two students have the name "${twice}", expected a name of its own for each`);
}

/** @param place stands before the sentence */
function checkForms(forms: readonly string[] = [], place = ''): void {
  const known = SWEPT_LOSSES.map(({ lossName }) => lossName);
  const unknown = forms.findIndex(form => !known.includes(form));
  if (unknown >= 0)
    throw new InputError(
      `${place}distillation.forms[${unknown}]: found "${forms[unknown]}", expected one of ${known.map(name => `"${name}"`).join(', ')}`,
    );
}
