/** Which models stand side by side: not which were asked in 8 bits, but which the scores choose. */
import { bestOfSweep, comparedRuns } from 'ner-distill/experiment/compared';
import { comparedModels } from 'ner-distill/report/summaries';
import { expect, it } from 'vitest';
import { run, study } from '../report/study.fixture';

it('are all but the constrained students that another is better than, the same as in Table 1', () => {
  const compared = comparedRuns(study.runs, 'student');
  expect(compared.filter(({ role }) => role === 'constrained')).toHaveLength(1);
  expect(compared.map(({ id }) => id).sort()).toEqual(
    comparedModels(study)
      .flatMap(({ runs }) => runs.map(({ id }) => id))
      .sort(),
  );
});

it('have of equals the one with the smaller β, and none where none has a β above 0', () => {
  const at = (beta: number) => [
    run({ role: 'constrained', form: 'logits', beta, overall: [0.9, 0.9], critical: [0.9, 0.9] }),
  ];
  expect(bestOfSweep([at(0.5), at(0.2), at(0)])?.[0].beta).toBe(0.2);
  expect(bestOfSweep([at(0)])).toBeUndefined();
});
