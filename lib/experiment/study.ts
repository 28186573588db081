/** What a study hands to tables, figures and reports: plain data, every number of which stands in the run store. */
import type { Scores } from '../evaluation/scores';
import type { BootstrapInterval, ByMeasure, CorrectedDifference } from '../evaluation/significance';
import type { ModelLatency } from './measure-model';

/** The part that a run plays in the paper's study; `control` is a student trained without a teacher. */
export type Role = 'teacher' | 'control' | 'vanilla' | 'constrained';
/** The two forms of the critical loss. */
export const FORMS = ['logits', 'weighted'] as const;
export type CriticalForm = (typeof FORMS)[number];

/** 95 % bootstrap intervals of F1, F1_critical and Coverage, over the sentences of each part. */
export type RunIntervals = Readonly<Record<'validation' | 'test', ByMeasure<BootstrapInterval | null>>>;

export interface StudyRun {
  /** Content address of the run, the name of its folder in the store. */
  readonly id: string;
  /** Short name for people, such as `teacher` or `constrained (logits, β = 0.2)`. */
  readonly name: string;
  readonly role: Role;
  /** Name of the student in the plan; `null` for the teacher. */
  readonly student: string | null;
  /** `null` unless the run is `constrained`. */
  readonly form: CriticalForm | null;
  /** 0 for vanilla, `null` for teacher and control. */
  readonly beta: number | null;
  readonly seed: number;
  /** Number of scalar parameters. */
  readonly parameters: number;
  readonly validation: Scores;
  readonly test: Scores;
  readonly intervals: RunIntervals;
  /** `null` until latency and energy of this model were measured on this machine. */
  readonly latency: ModelLatency | null;
}

/** A point of the sweep against the vanilla student. */
export interface Comparison {
  readonly form: CriticalForm;
  readonly beta: number;
  /** Seeds that both were run with. */
  readonly seeds: readonly number[];
  /** The constrained student less the vanilla one; corrected over all points of the sweep. */
  readonly of: ByMeasure<CorrectedDifference>;
}

/** Intervals of a model that was run with several seeds, of its counts over all of them. */
export interface PooledIntervals {
  readonly runs: readonly string[];
  readonly of: ByMeasure<BootstrapInterval | null>;
}

export interface Study {
  /** Name of the preset and of the corpus. */
  readonly preset: string;
  readonly corpus: string;
  readonly criticalTypes: readonly string[];
  readonly betas: readonly number[];
  readonly forms: readonly CriticalForm[];
  /** Names of the students; the first is the study's. */
  readonly students: readonly string[];
  readonly seeds: readonly number[];
  /** How the corpus was found and divided, and what the longest sequence cut off, in sentences. */
  readonly notes: readonly string[];
  readonly runs: readonly StudyRun[];
  /** The first student's constrained runs against its vanilla one. */
  readonly comparisons: readonly Comparison[];
  /** Intervals of models with several seeds. */
  readonly pooled: readonly PooledIntervals[];
}

/** Runs that differ only in their seed, gathered, in the order of the first of each. */
export function gatherSeeds(runs: readonly StudyRun[]): StudyRun[][] {
  const groups = new Map<string, StudyRun[]>();
  for (const run of runs) {
    const key = `${run.role} ${run.student} ${run.form} ${run.beta}`;
    groups.set(key, [...(groups.get(key) ?? []), run]);
  }
  return [...groups.values()];
}
