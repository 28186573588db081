/** The paper's claims: numbers that the paper prints, and verdicts that an interval allows. */
import type { Contrast, StudyDifference } from 'ner-distill/experiment/study';
import { claimsForPeople, paperClaims } from 'ner-distill/report/paper-claims';
import { describe, expect, it } from 'vitest';
import { comparison, study } from './study.fixture';

const difference = (value: number, low: number, high: number): StudyDifference => ({
  difference: value,
  interval: { low, high, confidence: 0.95 },
  pValue: 0.5,
  pPermutation: null,
  detectable: null,
});
const contrast = (
  claim: Contrast['claim'],
  of: StudyDifference,
  otherBeta: number | null = null,
): Contrast =>
  claim === 'β against the others'
    ? { claim, form: 'logits', beta: 0.2, otherBeta, runs: ['a', 'b'], of }
    : { claim, form: null, beta: null, otherBeta, runs: ['a', 'b'], of };
const verdicts = (...contrasts: Contrast[]) =>
  paperClaims({ ...study, runs: [], comparisons: [], contrasts }).map(({ verdict }) => verdict);

describe('the claims of the paper', () => {
  it('hold, do not hold or cannot be told by where the interval lies', () => {
    const claim = 'student against teacher';
    expect(verdicts(contrast(claim, difference(0.01, 0.001, 0.02)))).toEqual(['holds']);
    expect(verdicts(contrast(claim, difference(-0.01, -0.02, -0.001)))).toEqual(['does not hold']);
    expect(verdicts(contrast(claim, difference(0.01, -0.001, 0.02)))).toEqual(['cannot be told']);
    expect(verdicts(contrast(claim, { ...difference(0, 0, 0), interval: null }))).toEqual(['cannot be told']);
  });

  it('are about losses by which critical tokens count more, and about no other', () => {
    const comparisons = [comparison('hidden', 0.2, 0.03, 0.001), comparison('my loss', 0.2, 0.03, 0.001)];
    const contrasts = [
      { ...contrast('β against the others', difference(0.1, 0.05, 0.2), 0), form: 'hidden' },
    ];
    expect(paperClaims({ ...study, forms: ['hidden'], runs: [], comparisons, contrasts })).toEqual([]);
  });

  it('on the β that validation chooses does not hold where the test part has a loss beyond chance', () => {
    const verdictOf = (difference: number, p: number) =>
      paperClaims({ ...study, comparisons: [comparison('logits', 0.2, difference, p)] }).find(
        ({ unit }) => unit === 'β',
      )!.verdict;
    expect(verdictOf(0.05, 0.001)).toBe('holds');
    expect(verdictOf(-0.05, 0.001)).toBe('does not hold');
    expect(verdictOf(-0.05, 0.2)).toBe('cannot be told');
  });

  it('have the differences between the numbers that the paper prints', () => {
    const rows = paperClaims({
      ...study,
      contrasts: [
        contrast('student against teacher', difference(0.01, 0.001, 0.02)),
        contrast('critical against all types', difference(0.01, 0.001, 0.02)),
        contrast('β against the others', difference(0.004, -0.01, 0.02), 0.1),
        contrast('β against the others', difference(-0.002, -0.01, 0.02), 0.5),
      ],
      comparisons: [
        comparison('logits', 0.1, 0.01, 0.2),
        comparison('logits', 0.2, 0.03, 0.01),
        comparison('logits', 0.5, -0.03, 0.01),
      ],
    });
    expect(rows.map(({ claim, paper, ours, verdict }) => [claim.slice(0, 34), paper, ours, verdict])).toEqual(
      [
        // 91.1686 − 90.8186 and 92.5079 − 91.1686
        ['The vanilla student is no worse th', 0.35, 1, 'holds'],
        ['The vanilla student is better on c', 1.3393, 1, 'holds'],
        // Against β = 0 of Table 2: 93.08 − 92.95 and 93.16 − 92.22; 93.34 − 92.95 and 92.75 − 92.22; 92.26 − 92.09
        ['β = 0.1 raises F1_critical', 0.13, 1, 'cannot be told'],
        ['β = 0.1 raises Coverage', 0.94, 1, 'cannot be told'],
        ['β = 0.2 raises F1_critical', 0.39, 3, 'holds'],
        ['β = 0.2 raises Coverage', 0.53, 3, 'holds'],
        ['β = 0.5 lowers the F1 over all typ', 0.17, -3, 'holds'],
        // 93.34 − 93.22: the one that comes nearest here is β = 0.5
        ['β = 0.2 is the best in F1_critical', 0.12, -0.2, 'cannot be told'],
        ['β that is chosen on validation is ', 0.2, 0.2, 'holds'],
        // 7.802 ÷ 4.4 there; 8.1 ÷ 4.47 here
        ['The vanilla student is faster than', 1.7732, 1.8121, 'holds'],
      ],
    );
  });

  it('say nothing of speed on a busy machine', () => {
    const busy = study.runs.map(run => ({
      ...run,
      latency: run.latency && { ...run.latency, load: { ...run.latency.load, quiet: false } },
    }));
    const last = paperClaims({ ...study, runs: busy }).at(-1)!;
    expect(last.claim).toContain('measured while the machine was busy');
    expect(last.verdict).toBe('cannot be told');
  });

  it('say nothing of speed where the parameters of a given teacher are not known', () => {
    const runs = study.runs.map(run =>
      run.role === 'teacher' ? { ...run, given: 'onnx' as const, parameters: null } : run,
    );
    const of = (rows: typeof runs) => paperClaims({ ...study, runs: rows }).map(({ unit }) => unit);
    expect(of([...study.runs])).toContain('times');
    expect(of(runs)).not.toContain('times');
  });

  it('are shown with signs, units and intervals', () => {
    const rows = paperClaims({
      ...study,
      contrasts: [contrast('student against teacher', difference(0.0123, 0.001, 0.02))],
      comparisons: [],
      runs: [],
    });
    expect(claimsForPeople(rows)).toEqual([
      {
        claim: 'The vanilla student is no worse than its teacher in F1',
        form: null,
        'the paper': '+0.35 points',
        ours: '+1.23 points (+0.10 to +2.00)',
        verdict: 'holds',
        runs: 'a b',
      },
    ]);
  });
});
