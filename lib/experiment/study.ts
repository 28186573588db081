/** What a study hands to tables, figures and reports: plain data, every number of which stands in the run store. */
import { group } from 'd3-array';
import type { ByMeasure } from '../evaluation/measures';
import type { Scores } from '../evaluation/scores';
import type { DifferenceOverSeeds } from '../evaluation/seeds';
import type { BootstrapInterval, CorrectedDifference, Interval } from '../evaluation/significance';
import type { Precision } from '../inference/precision';
import type { ModelLatency } from './measure-model';
import type { GivenKind } from './run-config';

/**
 * The part that a run plays in the study: the paper's; `control`, a student trained without a teacher; and `distilled`,
 * a student of a loss that the plan does not have, or not with these settings.
 */
export type Role = 'teacher' | 'control' | 'vanilla' | 'constrained' | 'distilled';

/** 95 % bootstrap intervals of the measures, over the sentences of each part. */
export type RunIntervals = Readonly<Record<'validation' | 'test', ByMeasure<BootstrapInterval | null>>>;

export interface StudyRun {
  /** Content address of the run, the name of its folder in the store. */
  readonly id: string;
  /** Short name for people, such as `teacher` or `constrained (logits, β = 0.2)`. */
  readonly name: string;
  readonly role: Role;
  /** Name of the student in the plan; `null` for the teacher. */
  readonly student: string | null;
  /** The loss, by its name in tables: that of a loss with β where it is `constrained`, any other where it is `distilled`. */
  readonly form: string | null;
  /** 0 for vanilla; `null` where the loss has none. */
  readonly beta: number | null;
  /** `null` of a teacher that was given, which is one for all seeds. */
  readonly seed: number | null;
  /** In which form a teacher was given that was not trained; `null` of what was. */
  readonly given: GivenKind | null;
  /** Number of scalar parameters; `null` where it is not known. */
  readonly parameters: number | null;
  /** Of the model that was scored and measured: as it was trained, or its weights in 8 bits. */
  readonly precision: Precision;
  /**
   * Bytes of the file of this model: `model.safetensors`, or the ONNX file in 8 bits; `null` of a teacher that was given and
   * is no model of this library.
   */
  readonly bytes: number | null;
  readonly validation: Scores;
  readonly test: Scores;
  readonly intervals: RunIntervals;
  /** What bears on its scores, in sentences: what of the corpus was made up, skipped or cut off. */
  readonly notes: readonly string[];
  /** `null` until latency and energy of this model were measured on this machine. */
  readonly latency: ModelLatency | null;
}

/** Which model of a run is meant; default: the one that was trained. */
export type ModelOfRun = Pick<StudyRun, 'id'> & Partial<Pick<StudyRun, 'precision'>>;

/** Of one seed, two models over test sentences; of several, two methods over seeds and sentences. */
export type StudyDifference = DifferenceOverSeeds;

/** A student against the vanilla one. */
export interface Comparison {
  readonly form: string;
  readonly beta: number | null;
  /** Seeds that both were run with. */
  readonly seeds: readonly number[];
  /** The student less the vanilla one; corrected over all that are compared. */
  readonly of: ByMeasure<CorrectedDifference<StudyDifference>>;
}

/** A model in 8 bits against itself as it was trained. */
export interface QuantizationEffect {
  readonly runs: readonly string[];
  /** In 8 bits less as it was trained; corrected over all models in 8 bits. */
  readonly of: ByMeasure<CorrectedDifference<StudyDifference>>;
}

/** 95 % intervals of the mean scores of a model that was run with several seeds, over seeds and sentences. */
export interface IntervalsOverSeeds {
  readonly runs: readonly string[];
  readonly precision: Precision;
  readonly of: ByMeasure<Interval | null>;
}

/** A difference that one of the paper's claims is about. */
export interface Contrast {
  readonly claim: 'student against teacher' | 'critical against all types' | 'β against the others';
  readonly form: string | null;
  readonly beta: number | null;
  /** The β that is compared with; `null` where it is no β. */
  readonly otherBeta: number | null;
  /** Ids of both sides. */
  readonly runs: readonly string[];
  readonly of: StudyDifference;
}

export interface Study {
  /** Name of the preset and of the corpus. */
  readonly preset: string;
  readonly corpus: string;
  readonly criticalTypes: readonly string[];
  readonly betas: readonly number[];
  /** Names of the losses that are swept over β. */
  readonly forms: readonly string[];
  /** Names of the students; the first is the study's. */
  readonly students: readonly string[];
  readonly seeds: readonly number[];
  /** How the teacher was given, where it was not trained. */
  readonly givenTeacher: GivenKind | null;
  /** How the corpus was read and divided, and what bears on the scores, in sentences. */
  readonly notes: readonly string[];
  /** Each with its model as it was trained. */
  readonly runs: readonly StudyRun[];
  /** Those of the same ids whose models in 8 bits have predicted; none where the plan asks for none. */
  readonly quantized: readonly StudyRun[];
  /** Each model of `quantized` against that of the same runs. */
  readonly quantization: readonly QuantizationEffect[];
  /** The first student's runs with a loss of their own against its vanilla one. */
  readonly comparisons: readonly Comparison[];
  /** What the paper's claims are about, as far as it was run. */
  readonly contrasts: readonly Contrast[];
  /** Of models with several seeds. */
  readonly overSeeds: readonly IntervalsOverSeeds[];
}

/** Runs that differ only in their seed, gathered, in the order of the first of each. */
export function gatherSeeds(runs: readonly StudyRun[]): StudyRun[][] {
  return [...group(runs, ({ role, student, form, beta }) => `${role} ${student} ${form} ${beta}`).values()];
}
