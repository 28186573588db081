/** The finding that the report opens with: numbers of the study alone, and nothing of what was not run. */
import { findingOf } from 'ner-distill/report/finding';
import { describe, expect, it } from 'vitest';
import { run, study } from './study.fixture';

describe('the finding of a study', () => {
  it('says what was distilled, what it costs and keeps, and what β did', () => {
    const [done, kept, beta] = findingOf(study);
    expect(done).toBe(
      'On conll2003, a student of 66.4 million parameters was distilled from a fine-tuned teacher of 108.9 million parameters, plainly (vanilla) and with extra weight β on the critical types PER and ORG: 9 trainings with 1 seed.',
    );
    // F1 of precision 0.93 and recall 0.929; intervals are from 2 points below to 1 above the recall.
    expect(kept).toContain(
      'the constrained student (logits, β = 0.2) has F1_critical 92.95 % (90.90 to 93.90) and Coverage 92.90 % (90.90 to 93.90); the teacher has F1_critical 91.39 %',
    );
    expect(beta).toContain('β = 0.2 (logits) gains 1.23 points');
  });

  it('counts what was trained, and knows a teacher that was given and a loss that is not critical', () => {
    const [teacher, ...others] = study.runs;
    const given = {
      ...study,
      givenTeacher: 'onnx' as const,
      runs: [{ ...teacher, given: 'onnx' as const }, ...others],
    };
    expect(findingOf(given)[0]).toMatch(
      /was distilled from a given teacher of .*: 8 trainings with 1 seed\.$/,
    );
    // Of its logits on the training part alone there is no run.
    expect(findingOf({ ...given, givenTeacher: 'logits', runs: others })[0]).toContain(
      'from a given teacher, ',
    );
    const hidden = others.map(each => (each.form === null ? each : { ...each, form: 'hidden' }));
    expect(findingOf({ ...study, forms: ['hidden'], runs: [teacher, ...hidden] })[0]).toContain(
      '(vanilla) and with a further term of weight β (hidden): ',
    );
  });

  it('says nothing of models that were not run, nor of a latency that was not measured', () => {
    const scores = { overall: [0.9, 0.9], critical: [0.9, 0.9] } as const;
    const of = (...roles: ('teacher' | 'vanilla')[]) =>
      findingOf({
        ...study,
        comparisons: [],
        runs: roles.map(role => run({ role, overall: [...scores.overall], critical: [...scores.critical] })),
      });
    const nothing = 'No β > 0 was compared with vanilla in F1_critical, so nothing can be said about β.';
    expect(of('vanilla').slice(1)).toEqual([nothing]);
    expect(of('teacher').slice(1)).toEqual([nothing]);
    expect(of('teacher', 'vanilla')[1]).toMatch(
      /^With 61 % of the teacher’s parameters, the vanilla student has /,
    );
  });
});
