/** Which models of a study stand side by side in its tables. */
import { mean } from 'd3-array';
import { DECIDING, measureOf, merit, scoreOf } from '../evaluation/measures';
import { gatherSeeds, type StudyRun } from './study';

/**
 * Of constrained students (β > 0), each by its seeds, the one with the best F1_critical on the *validation* part, as the paper advises
 * to choose β; of equals, the one with the smaller β.
 */
export function bestOfSweep(methods: readonly (readonly StudyRun[])[]): readonly StudyRun[] | undefined {
  const measure = measureOf(DECIDING);
  const onValidation = (runs: readonly StudyRun[]) =>
    merit(measure, mean(runs, run => scoreOf(measure, run.validation)) ?? null);
  return methods
    .filter(([{ role, beta }]) => role === 'constrained' && (beta ?? 0) > 0)
    .reduce<readonly StudyRun[] | undefined>((best, runs) => {
      if (!best) return runs;
      const gain = onValidation(runs) - onValidation(best);
      return gain > 0 || (gain === 0 && runs[0].beta! < best[0].beta!) ? runs : best;
    }, undefined);
}

/** All but the constrained students that another is better than. @param student the study's own */
export function comparedRuns(runs: readonly StudyRun[], student: string): StudyRun[] {
  const isSwept = (run: StudyRun) => run.role === 'constrained' && run.student === student;
  const best = bestOfSweep(gatherSeeds(runs.filter(isSwept))) ?? [];
  return runs.filter(run => !isSwept(run) || best.includes(run));
}
