/** Which critical facts the students of a study lost that their teachers had: rows for `lost-facts.csv` and the report. */
import { group } from 'd3-array';
import type { ScoredSentence } from '../evaluation/errors';
import { countFates, type FactRow, type Fate, factsTable } from '../evaluation/facts';
import type { Study, StudyRun } from '../experiment/study';
import { bestConstrained, modelOf } from './summaries';

/**
 * A fact and who found it, with the student that is compared with the teacher of its seed, or the one that was given; and
 * likewise what became of it between that student and the same in 8 bits, with what this predicted there: `null` where it has
 * not predicted.
 */
export type StudyFactRow = {
  readonly model: string;
  readonly seed: number | null;
  readonly run: string;
} & FactRow & {
    readonly int8_fate: Fate | null;
    readonly int8: string | null;
  };

/** Every critical fact of the test part, for the vanilla and the best constrained student. */
export function studyFacts(
  study: Study,
  predictionsOf: (run: StudyRun) => readonly ScoredSentence[],
): StudyFactRow[] {
  const teachers = new Map(study.runs.filter(({ role }) => role === 'teacher').map(run => [run.seed, run]));
  const students = [modelOf(study, 'vanilla'), bestConstrained(study)].filter(model => model !== null);
  return students.flatMap(model =>
    model.runs.flatMap(run => {
      const teacher = teachers.get(run.seed) ?? teachers.get(null);
      if (!teacher) return [];
      const sentences = predictionsOf(run);
      const factsOf = (first: StudyRun, second: StudyRun) =>
        factsTable(
          {
            words: sentences.map(({ words }) => words),
            gold: sentences.map(({ gold }) => gold),
            teacher: predictionsOf(first).map(({ predicted }) => predicted),
            student: predictionsOf(second).map(({ predicted }) => predicted),
          },
          study.criticalTypes,
        );
      const quantized = study.quantized.find(({ id }) => id === run.id);
      const rounded = quantized && factsOf(run, quantized);
      return factsOf(teacher, run).map((row, fact) => ({
        model: model.name,
        seed: run.seed,
        run: run.id,
        ...row,
        int8_fate: rounded?.[fact].fate ?? null,
        int8: rounded?.[fact].student ?? null,
      }));
    }),
  );
}

/**
 * The rows of `studyFacts` counted: how many facts had each fate, a row for each student and seed; and how many the student in
 * 8 bits lost and gained against itself, where it has predicted.
 */
export function factsSummary(rows: readonly StudyFactRow[]) {
  return [...group(rows, ({ run }) => run).values()].map(ofRun => {
    const { model, seed, run } = ofRun[0];
    const between = ofRun.flatMap(({ int8_fate }) => (int8_fate ? { fate: int8_fate } : []));
    const { lost, gained } = countFates(between);
    const quantized = between.length > 0 || ofRun.length === 0;
    return {
      model,
      seed,
      ...countFates(ofRun),
      lost_by_int8: quantized ? lost : null,
      gained_by_int8: quantized ? gained : null,
      run,
    };
  });
}
