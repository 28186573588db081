/**
 * One model of the study as tables and figures show it: the runs that differ only in their seed, with the means and the
 * spread of their scores.
 */
import { deviation, max, mean, min } from 'd3-array';
import { byMeasure, type KnownMeasure, type Measure, scoreOf, worseEnd } from '../evaluation/measures';
import type { Interval } from '../evaluation/significance';
import { bestOfSweep, comparedRuns } from '../experiment/compared';
import type { ModelLatency } from '../experiment/measure-model';
import type { Candidate } from '../experiment/select';
import { gatherSeeds, type Role, type Study, type StudyRun } from '../experiment/study';
import type { Precision } from '../inference/precision';
import { type Speedup, speedupOver } from '../resources/latency';

/** Mean, standard deviation (n − 1) and range over seeds; the deviation is `null` where there is one seed. */
export interface Spread {
  readonly mean: number;
  readonly std: number | null;
  readonly min: number;
  readonly max: number;
}

export interface ModelSummary {
  readonly name: string;
  readonly role: Role;
  /** Name of the student in the plan; `null` for the teacher. */
  readonly student: string | null;
  /** Whether it is the teacher or of the study's own student, the first of the plan. */
  readonly isOwn: boolean;
  readonly form: string | null;
  readonly beta: number | null;
  readonly runs: readonly StudyRun[];
  /** Number of scalar parameters; `null` where it is not known. */
  readonly parameters: number | null;
  readonly precision: Precision;
  /** Bytes of the file of the model; `null` of a teacher that was given and is no model of this library. */
  readonly bytes: number | null;
  /** Of one of the runs, since their models are alike; `null` where none was measured. */
  readonly latency: ModelLatency | null;
  /** Its mean and the deviation of the protocol's repeats, in milliseconds. */
  readonly latencyMs: { readonly mean: number; readonly std: number } | null;
}

/** Names for people, the same in all tables and figures, and in their order. */
const ROLE_NAMES: Readonly<Record<Role, string>> = {
  teacher: 'teacher',
  control: 'student without teacher',
  vanilla: 'vanilla student',
  constrained: 'constrained student',
  distilled: 'student',
};

/** The models of a study in the order in which they were run, seeds gathered: once a study, since every row asks for them. */
function modelsOf(study: Study): readonly ModelSummary[] {
  const models = known.get(study) ?? gatherSeeds(study.runs).map(runs => summarize(runs, study));
  known.set(study, models);
  return models;
}

const known = new WeakMap<Study, readonly ModelSummary[]>();

/** The models of the study's own student, the first of the plan, and of the teacher. */
function ownModels(study: Study): ModelSummary[] {
  return modelsOf(study).filter(({ isOwn }) => isOwn);
}

/** The model with this part in the study; `null` where it was not run. */
export function modelOf(study: Study, role: Exclude<Role, 'constrained'>): ModelSummary | null {
  return ownModels(study).find(model => model.role === role) ?? null;
}

/** The model of one point of the sweep. β = 0 is the vanilla student, whatever the form. */
export function sweptModel(study: Study, form: string, beta: number): ModelSummary | null {
  const models = ownModels(study);
  const exact = models.find(
    model => model.role === 'constrained' && model.form === form && model.beta === beta,
  );
  return exact ?? (beta === 0 ? modelOf(study, 'vanilla') : null);
}

/**
 * The constrained student (β > 0) with the best F1_critical on the *validation* split, as the paper advises to choose β;
 * of equals, the one with the smaller β.
 */
export function bestConstrained(study: Study): ModelSummary | null {
  const models = ownModels(study);
  const best = bestOfSweep(models.map(({ runs }) => runs));
  return models.find(({ runs }) => runs === best) ?? null;
}

/** The study's own student, distilled by losses that are not swept over β: one's own, for example. */
export function distilledModels(study: Study): ModelSummary[] {
  return ownModels(study).filter(({ role }) => role === 'distilled');
}

/**
 * Teacher, control, vanilla and the best constrained student, those of other losses, and the vanilla student and its
 * control of every other size in the plan; of all these those that were run.
 */
export function comparedModels(study: Study): ModelSummary[] {
  const compared = new Set(comparedRuns(study.runs, study.students[0]));
  const roles = Object.keys(ROLE_NAMES);
  const place = ({ isOwn, role }: ModelSummary) => (isOwn ? roles.indexOf(role) : roles.length);
  return modelsOf(study)
    .filter(({ runs }) => compared.has(runs[0]))
    .sort((a, b) => place(a) - place(b));
}

/** Each model, and behind it the same in 8 bits, where that has predicted. */
export function withQuantized(study: Study, models: readonly ModelSummary[]): ModelSummary[] {
  const ofRun = new Map(study.quantized.map(run => [run.id, run]));
  return models.flatMap(model => {
    const runs = model.runs.flatMap(({ id }) => ofRun.get(id) ?? []);
    return runs.length === 0 ? [model] : [model, summarize(runs, study)];
  });
}

/** The 95 % interval of a model's score: over test sentences, and where it has several over seeds as well. */
export function intervalOf(study: Study, model: ModelSummary, measure: Measure): Interval | null {
  if (model.runs.length === 1) return model.runs[0].intervals.test[measure] ?? null;
  const ids = model.runs.map(({ id }) => id).join();
  const found = study.overSeeds.find(
    ({ runs, precision }) => runs.join() === ids && precision === model.precision,
  );
  return found?.of[measure] ?? null;
}

/** A value of a model over its seeds; `null` where no run has it. */
export function spreadOf(model: ModelSummary, value: (run: StudyRun) => number | null): Spread | null {
  const values = model.runs.map(value).filter(x => x !== null);
  if (values.length === 0) return null;
  return { mean: mean(values)!, std: deviation(values) ?? null, min: min(values)!, max: max(values)! };
}

/** How many times as fast a model is as the study's teacher; `null` where they were not measured in one session. */
export function speedupOf(study: Study, model: ModelSummary | null): Speedup | null {
  const teacher = modelOf(study, 'teacher');
  if (!teacher?.latency || !model?.latency || model === teacher) return null;
  return model.latency.session === teacher.latency.session
    ? speedupOver(teacher.latency, model.latency)
    : null;
}

/** `1.83 times as fast (1.80 to 1.86)`, with the 95 % interval. @param what that it is times of, such as `as fast` */
export function speedupText({ times, low, high }: Speedup, what: string): string {
  const interval = low === null || high === null ? '' : ` (${low.toFixed(2)} to ${high.toFixed(2)})`;
  return `${times.toFixed(2)} times ${what}${interval}`;
}

/** A measure on the test split over seeds, a fraction. */
export function testSpread(model: ModelSummary, measure: KnownMeasure): Spread | null {
  return spreadOf(model, run => scoreOf(measure, run.test));
}

function summarize(runs: readonly StudyRun[], { students }: Study): ModelSummary {
  const [{ role, student, form, beta, parameters, precision, bytes }] = runs;
  const isOwn = student === null || student === students[0];
  const loss = form === null ? [] : [role === 'constrained' ? `${form}, β = ${beta}` : form];
  const details = [...loss, ...(isOwn ? [] : [student])];
  const detail = details.length > 0 ? ` (${details.join(', ')})` : '';
  const name = ROLE_NAMES[role] + detail + (precision === 'fp32' ? '' : `, ${precision}`);
  const latency = runs.find(run => run.latency)?.latency ?? null;
  const latencyMs = latency && { mean: 1000 * latency.meanSeconds, std: 1000 * latency.stdSeconds };
  const what = { name, role, student, isOwn, form, beta, runs };
  return { ...what, parameters, precision, bytes, latency, latencyMs };
}

/**
 * The models of a study to choose from, by their scores on one part. Choose on validation: what was chosen on the test
 * part is no longer tested by it. The end of the interval for several seeds is the mean of theirs.
 * @param precisions with `int8`, behind each model the same in 8 bits, where that has predicted
 */
export function candidatesOf(
  study: Study,
  split: 'validation' | 'test' = 'validation',
  precisions: readonly Precision[] = ['fp32'],
): Candidate[] {
  const models = withQuantized(study, modelsOf(study));
  return models
    .filter(({ precision }) => precisions.includes(precision))
    .map(model => {
      const endOf = (measure: KnownMeasure, run: StudyRun) => {
        const interval = run.intervals[split][measure.key];
        return interval ? worseEnd(measure, interval) : null;
      };
      return {
        name: model.name,
        runs: model.runs.map(({ id }) => id),
        parameters: model.parameters,
        precision: model.precision,
        bytes: model.bytes,
        latencyMs: model.latencyMs?.mean ?? null,
        score: byMeasure(measure => spreadOf(model, run => scoreOf(measure, run[split]))?.mean ?? null),
        low: byMeasure(measure => spreadOf(model, run => endOf(measure, run))?.mean ?? null),
      };
    });
}
