/** Which critical facts the students of a study lost that their teachers had: rows for `lost-facts.csv` and the report. */
import { group } from 'd3-array';
import type { ScoredSentence } from '../evaluation/errors';
import { countFates, type FactRow, factsTable } from '../evaluation/facts';
import type { Study, StudyRun } from '../experiment/study';
import { bestConstrained, modelOf } from './summaries';

/** A fact and who found it, with the student that is compared with the teacher of its seed, or the one that was given. */
export type StudyFactRow = {
  readonly model: string;
  readonly seed: number | null;
  readonly run: string;
} & FactRow;

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
      const sources = {
        words: sentences.map(({ words }) => words),
        gold: sentences.map(({ gold }) => gold),
        teacher: predictionsOf(teacher).map(({ predicted }) => predicted),
        student: sentences.map(({ predicted }) => predicted),
      };
      return factsTable(sources, study.criticalTypes).map(row => ({
        model: model.name,
        seed: run.seed,
        run: run.id,
        ...row,
      }));
    }),
  );
}

/** The rows of `studyFacts` counted: how many facts had each fate, a row for each student and seed. */
export function factsSummary(rows: readonly StudyFactRow[]) {
  return [...group(rows, ({ run }) => run).values()].map(ofRun => {
    const { model, seed, run } = ofRun[0];
    return { model, seed, ...countFates(ofRun), run };
  });
}
