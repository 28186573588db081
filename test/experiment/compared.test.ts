/** Which models stand side by side: not which were asked in 8 bits, but which the scores choose. */
import { bestOfSweep, comparedRuns } from 'ner-distill/experiment/compared';
import { comparedModels } from 'ner-distill/report/summaries';
import { expect, it } from 'vitest';
import { type RunOptions, run, study } from '../report/study.fixture';

it('are all but the constrained students that another is better than', () => {
  const ids = ['teacher--1', 'control--1', 'vanilla-0-1', 'constrained-logits0.2-1'];
  expect(comparedRuns(study.runs, 'student').map(({ id }) => id)).toEqual(ids);
});

it('stand in tables in their order, whatever was trained first, those of other sizes last', () => {
  const scores: Pick<RunOptions, 'overall' | 'critical'> = { overall: [0.9, 0.9], critical: [0.9, 0.9] };
  const added = [
    run({ role: 'vanilla', student: 'small', ...scores }),
    run({ role: 'distilled', form: 'own', ...scores }),
  ];
  const students = [...study.students, 'small'];
  const models = comparedModels({ ...study, students, runs: [...added, ...study.runs].reverse() });
  expect(models.map(({ role, student, beta }) => [role, student, beta])).toEqual([
    ['teacher', null, null],
    ['control', 'student', null],
    ['vanilla', 'student', 0],
    ['constrained', 'student', 0.2],
    ['distilled', 'student', null],
    ['vanilla', 'small', 0],
  ]);
});

it('have of equals the one with the smaller β, and none where none has a β above 0', () => {
  const at = (beta: number) => [
    run({ role: 'constrained', form: 'logits', beta, overall: [0.9, 0.9], critical: [0.9, 0.9] }),
  ];
  expect(bestOfSweep([at(0.5), at(0.2), at(0)])?.[0].beta).toBe(0.2);
  expect(bestOfSweep([at(0)])).toBeUndefined();
});
