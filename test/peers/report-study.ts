/** The studies of docs/conll2003.md: that of this library, and which of the models that the GPU left are which; what sections share. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { mean } from 'd3-array';
import { type Corpus, openStudy } from 'ner-distill';
import { type Measure, measureOf } from 'ner-distill/evaluation/measures';
import { countSentences } from 'ner-distill/evaluation/scores';
import { numberOfParameters } from 'ner-distill/experiment/model-size';
import type { Study, StudyRun } from 'ner-distill/experiment/study';
import type { EncoderConfig } from 'ner-distill/model/config';
import { type ModelSummary, modelOf, sweptModel, testSpread } from 'ner-distill/report/summaries';
import { type Found, type Predicted, readFound, studyOf } from './found';

/** The methods over seeds, with what each model made of the test part. */
export type Sweep = ReturnType<typeof sweepOf>;

function sweepOf(study: Study, corpus: Corpus, predictedBy: (run: StudyRun) => Predicted) {
  const betas = study.betas.filter(beta => beta > 0);
  return {
    corpus,
    study,
    betas,
    teacher: modelOf(study, 'teacher')!,
    control: modelOf(study, 'control')!,
    vanilla: modelOf(study, 'vanilla')!,
    /** In the order of `betas`. */
    logits: betas.map(beta => sweptModel(study, 'logits', beta)!),
    weighted: betas.map(beta => sweptModel(study, 'weighted', beta)!),
    /** Of every seed. */
    predictionsOf: ({ runs }: ModelSummary) => runs.map(predictedBy),
    comparison: (form: string, beta: number) =>
      study.comparisons.find(each => each.form === form && each.beta === beta)!.of,
  };
}

export type OwnStudy = Awaited<ReturnType<typeof ownStudy>>;

/**
 * @param folder of the results of `reproduce`
 * @param printed what it printed, which has the time of every training
 * @param encoder of the checkpoint that the teachers start from
 */
export async function ownStudy(folder: string, printed: string, encoder: EncoderConfig) {
  const session = await openStudy({ planFile: join(folder, 'plan.json') });
  const missing = session.planned().filter(({ id }) => !session.known().some(known => known.id === id));
  if (missing.length > 0) throw new Error(`${folder}: ${missing.length} runs of the plan are not there`);
  const sweep = sweepOf(session.results(), session.corpus, run => {
    const sentences = session.predictions(run);
    return { seed: run.seed!, sentences, counts: countSentences(sentences) };
  });
  const [student, ...others] = session.plan.students;
  const times = [
    ...printed.matchAll(/^(.*), seed \d+: trained in (?:(\d+) h)? ?(?:(\d+) min)? ?(?:(\d+) s)?/gm),
  ].map(([, name, hours = 0, minutes = 0, seconds = 0]) => ({
    model:
      name === 'teacher' ? name : (others.find(other => name.endsWith(`, ${other.name}`)) ?? student).name,
    minutes: 60 * Number(hours) + Number(minutes) + Number(seconds) / 60,
  }));
  const minutes = (model: string) =>
    mean(
      times.filter(each => each.model === model),
      each => each.minutes,
    )!;
  const { seeds, runs } = sweep.study;
  /** Of the plan: notebooks may add some. */
  const planned = runs.filter(({ role }) => role !== 'distilled');
  const trainings = planned.filter(
    ({ role, student: of }) => role === 'teacher' || of === student.name,
  ).length;
  const hours = (seeds.length * minutes('teacher') + (trainings - seeds.length) * minutes(student.name)) / 60;
  return {
    ...sweep,
    session,
    encoder,
    plan: session.plan,
    /** Without those of other depths. */
    trainings,
    /** Of one training, mean: of the teacher, or of a student of the plan. */
    minutes,
    /** Of these trainings, one after another. */
    hours,
  };
}

/** A vanilla student of another rate, on the validation part. */
export interface Tried {
  readonly rate: number;
  readonly epochs: number;
  readonly seed: number;
  readonly f1: number;
}

/** @param folder of the results of `distill` */
export async function triedIn(folder: string): Promise<Tried> {
  const session = await openStudy({ planFile: join(folder, 'plan.json') });
  const vanilla = session.results().runs.find(({ role }) => role === 'vanilla');
  if (!vanilla) throw new Error(`${folder}: found no vanilla student`);
  const { learningRate, epochs } = session.plan.students[0].training;
  return { rate: learningRate, epochs, seed: vanilla.seed!, f1: vanilla.validation.overall.f1! };
}

export type PeersStudy = ReturnType<typeof peersStudy>;

/**
 * @param folder what conll_search.py wrote, with what it printed as `log.txt`
 * @param encoder of the checkpoint that the teachers start from
 */
export function peersStudy(folder: string, corpus: Corpus, encoder: EncoderConfig) {
  const found = readFound(folder, corpus.test);
  const tags = [...new Set(corpus.train.flatMap(sentence => sentence.tags))];
  const parametersOf = ({ method, layers }: Pick<Found, 'method' | 'layers'>) =>
    numberOfParameters({
      ...encoder,
      architecture: method === 'teacher' ? 'bert' : 'distilbert',
      layers,
      tags,
    });
  const teachers = found.filter(({ method }) => method === 'teacher');
  // The search's students come before the sweep's, which begin with control and vanilla before the first constrained one.
  const firstSwept = found.findIndex(({ method }) => method === 'logits') - 2;
  const searched = found.slice(teachers.length, firstSwept);
  const swept = found.slice(firstSwept);
  const [bestTeacher] = bestFirst(teachers);
  const [bestStudent] = bestFirst(searched);
  const isChosen = ({ rate, epochs }: Found | Setting) =>
    rate === swept[0].rate && epochs === swept[0].epochs;
  const { study, foundOf } = studyOf([...bestTeacher.models, ...swept], parametersOf);
  return {
    ...sweepOf(study, corpus, foundOf),
    encoder,
    found,
    log: logOf(folder),
    parametersOf,
    teachers,
    searched,
    swept,
    bestTeacher,
    bestStudent,
    /** The setting of the sweep. */
    chosen: settingsOf(searched).find(isChosen)!,
  };
}

/** Models of one rate and number of epochs, whatever their seed and method. */
export interface Setting {
  readonly rate: number;
  readonly epochs: number;
  readonly models: readonly Found[];
}

export function settingsOf(models: readonly Found[]): Setting[] {
  const keys = [...new Set(models.map(({ rate, epochs }) => `${rate} ${epochs}`))];
  return keys.map(key => {
    const [rate, epochs] = key.split(' ').map(Number);
    return { rate, epochs, models: models.filter(model => model.rate === rate && model.epochs === epochs) };
  });
}

export const validF1 = (models: readonly Found[]) => mean(models, ({ valid }) => valid.at(-1)!.f1)!;

/** By F1 on the validation part. */
export function bestFirst(models: readonly Found[]): Setting[] {
  return settingsOf(models).sort((a, b) => validF1(b.models) - validF1(a.models));
}

export const score = (model: ModelSummary, measure: Measure) => testSpread(model, measureOf(measure))!.mean;

export function nameOf({ role, form, beta }: ModelSummary): string {
  if (role === 'teacher') return 'teacher, 6 layers';
  if (role === 'control') return 'control';
  if (role === 'vanilla') return 'vanilla';
  return beta === null ? form! : `${form}, β = ${beta}`;
}

const SUPERSCRIPTS = [...'⁰¹²³⁴⁵⁶⁷⁸⁹'];
export const rateShown = (rate: number) =>
  rate
    .toExponential()
    .replace('e-', '·10⁻')
    .replace(/\d$/, digit => SUPERSCRIPTS[Number(digit)]);
export const settingShown = ({ rate, epochs }: Pick<Setting, 'rate' | 'epochs'>) =>
  `${rateShown(rate)} × ${epochs} epochs`;

/** What a script printed: the version of PyTorch, seconds, and the most memory. */
export function logOf(folder: string) {
  const text = readFileSync(join(folder, 'log.txt'), 'utf8').trim();
  const [, torch] = /torch (\S+),/.exec(text)!;
  const [, seconds, memory] = /\[\s*([\d.]+)\] done; peak memory ([\d.]+ GiB)/.exec(text)!;
  return { torch, seconds: Math.round(Number(seconds)), memory };
}
