/** What notebook 5 analyses where no files are named: the models of a study. */
import type { ErrorSource } from '../evaluation/predictions';
import type { StudySession } from '../experiment/paper';
import { bestConstrained } from './summaries';

/**
 * The study's teacher, its student without a teacher, the vanilla student and the constrained one that is best on the
 * validation part, made where they are missing; where none was made, that of the highest β. A teacher that cannot be scored
 * is not among them.
 */
export async function studyErrors(study: StudySession): Promise<ErrorSource> {
  const { forms, betas } = study.plan.distillation;
  const runs = [await study.control(), await study.vanilla()];
  if (!study.given || study.givenRun) runs.unshift(await study.teacher());
  const best = bestConstrained(study.results())?.runs[0];
  runs.push(best ?? (await study.constrained(forms[0], Math.max(...betas))));
  return {
    models: runs.map(run => ({ name: run.name, sentences: study.predictions(run) })),
    train: study.corpus.train,
    critical: study.plan.criticalTypes,
    mode: 'lenient',
    notes: [],
  };
}
