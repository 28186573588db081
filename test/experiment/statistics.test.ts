/** Comparisons of a sweep: pairing by seed, which test, and the correction over the family. */
import { countSpans } from 'ner-distill/evaluation/scores';
import { differencesOverSeeds } from 'ner-distill/evaluation/seeds';
import { approximateRandomization, holm } from 'ner-distill/evaluation/significance';
import { compareWithVanilla, intervalsOfSeeds, paperContrasts } from 'ner-distill/experiment/statistics';
import type { StudyRun } from 'ner-distill/experiment/study';
import { describe, expect, it } from 'vitest';
import { run } from '../report/study.fixture';

const CRITICAL = ['PER', 'ORG'];
const GOLD = Array.from({ length: 30 }, (_, i) => (i % 3 === 0 ? ['B-PER', 'O'] : ['O', 'B-ORG']));
/** Right but in the first `misses` sentences, where nothing is found. */
const missing = (misses: number) => GOLD.map((tags, i) => (i < misses ? ['O', 'O'] : tags));
const counts = (misses: number) => countSpans(GOLD, missing(misses));

const vanilla = (seed: number) => run({ role: 'vanilla', seed, overall: [1, 1], critical: [1, 1] });
const point = (beta: number, seed: number) =>
  run({ role: 'constrained', form: 'logits', beta, seed, overall: [1, 1], critical: [1, 1] });
const MISSES: Record<string, number> = {
  'vanilla 1': 10,
  'vanilla 2': 12,
  '0.1 1': 9,
  '0.1 2': 12,
  '0.5 1': 0,
  '0.5 2': 1,
};
const countsOf = ({ role, beta, seed }: StudyRun) =>
  counts(MISSES[`${role === 'vanilla' ? role : beta} ${seed}`]);
const runs = [vanilla(1), point(0.1, 1), point(0.5, 1), vanilla(2), point(0.1, 2), point(0.5, 2)];

describe('comparisons with vanilla', () => {
  it('are made for each point, over the seeds that both have', () => {
    const found = compareWithVanilla([...runs, point(0.5, 9)], CRITICAL, countsOf);
    expect(found.map(({ beta, seeds }) => [beta, seeds])).toEqual([
      [0.1, [1, 2]],
      [0.5, [1, 2]],
    ]);
  });

  it('are of methods, over seeds and sentences, where there are several', () => {
    const found = compareWithVanilla(runs, CRITICAL, countsOf);
    const theirs = [10, 12].map(counts);
    const tests = differencesOverSeeds(theirs, [[9, 12].map(counts), [0, 1].map(counts)], CRITICAL);
    const p = tests.map(test => test.f1Critical.pValue!);
    expect(found.map(({ of }) => of.f1Critical.pValue)).toEqual(p);
    expect(found.map(({ of }) => of.f1Critical.pHolm)).toEqual(holm(p));
    // Of 30 gold spans 20 and 18 are found by vanilla, 30 and 29 at β = 0.5.
    expect(found[1].of.coverage.difference).toBeCloseTo((10 / 30 + 11 / 30) / 2, 12);
  });

  it('are of models, over sentences, where there is one seed', () => {
    const found = compareWithVanilla(runs.slice(0, 3), CRITICAL, countsOf);
    const p = [9, 0].map(ours => approximateRandomization(counts(10), counts(ours), CRITICAL).f1.pValue!);
    expect(found.map(({ of }) => of.f1.pValue)).toEqual(p);
    expect(found[0].of.f1.detectable).toBeNull();
  });

  it('learn training noise from those alone that have the same seeds', () => {
    const [, ofTwo] = compareWithVanilla(runs, CRITICAL, countsOf);
    const mixed = compareWithVanilla([...runs.slice(0, 3), runs[3], runs[5]], CRITICAL, countsOf);
    expect(mixed.map(({ seeds }) => seeds)).toEqual([[1], [1, 2]]);
    expect(mixed[1].of.f1.difference).toBe(ofTwo.of.f1.difference);
    expect(mixed[1].of.f1.detectable).not.toBeNull();
  });

  it('are none without a vanilla student', () => {
    expect(compareWithVanilla([point(0.1, 1)], CRITICAL, countsOf)).toEqual([]);
  });
});

describe('intervals of several seeds', () => {
  it('hold the mean of their scores', () => {
    const { of, runs: ids } = intervalsOfSeeds([vanilla(1), vanilla(2)], CRITICAL, countsOf);
    expect(ids).toEqual(['vanilla-0-1', 'vanilla-0-2']);
    expect(of.coverage!.low).toBeLessThan(38 / 60);
    expect(of.coverage!.high).toBeGreaterThan(38 / 60);
  });
});

describe("what the paper's claims are about", () => {
  const teacher = run({ role: 'teacher', seed: 1, overall: [1, 1], critical: [1, 1] });
  const found = paperContrasts([teacher, ...runs, point(0.2, 1)], CRITICAL, each =>
    each.role === 'teacher' ? counts(3) : each.beta === 0.2 ? counts(5) : countsOf(each),
  );

  it('is compared over the seeds that both sides have', () => {
    expect(
      found.map(({ claim, beta, otherBeta, runs: ids }) => [claim, beta, otherBeta, ids.length]),
    ).toEqual([
      ['student against teacher', null, null, 2],
      // Two measures of the same two runs.
      ['critical against all types', null, null, 2],
      ['β against the others', 0.2, 0, 2],
      ['β against the others', 0.2, 0.1, 2],
      ['β against the others', 0.2, 0.5, 2],
    ]);
  });

  it('is the second less the first, in F1 of 30 gold spans', () => {
    const f1 = (misses: number) => (2 * (30 - misses)) / (60 - misses);
    expect(found[0].of.difference).toBeCloseTo(f1(10) - f1(3), 12);
    // All types are critical.
    expect(found[1].of.difference).toBeCloseTo(0, 12);
    expect(found[2].of.difference).toBeCloseTo(f1(5) - f1(10), 12);
  });

  it('knows of a β the training noise that its comparison with vanilla knows', () => {
    const all = [...runs, point(0.2, 1), point(0.2, 2)];
    const counted = (each: StudyRun) => (each.beta === 0.2 ? counts(6 + each.seed!) : countsOf(each));
    const { of } = compareWithVanilla(all, CRITICAL, counted).find(({ beta }) => beta === 0.2)!;
    const { difference, interval, pValue } = of.f1Critical;
    const contrasts = paperContrasts(all, CRITICAL, counted);
    const against = (beta: number) => contrasts.find(({ otherBeta }) => otherBeta === beta)!.of;
    expect(against(0)).toMatchObject({ difference, interval, pValue });
    const [, ofFifth] = differencesOverSeeds(
      [9, 12].map(counts),
      [[10, 12].map(counts), [7, 8].map(counts), [0, 1].map(counts)],
      CRITICAL,
    );
    expect(against(0.1).interval!.low).toBeCloseTo(ofFifth.f1Critical.interval!.low, 12);
  });

  it('has a teacher that was given beside the students of every seed', () => {
    const given = { ...teacher, seed: null, given: 'onnx' as const };
    const [first] = paperContrasts([given, ...runs], CRITICAL, each =>
      each.role === 'teacher' ? counts(3) : countsOf(each),
    );
    expect(first).toMatchObject({
      claim: 'student against teacher',
      runs: [given.id, vanilla(1).id, vanilla(2).id],
    });
    const f1 = (misses: number) => (2 * (30 - misses)) / (60 - misses);
    expect(first.of.difference).toBeCloseTo((f1(10) + f1(12)) / 2 - f1(3), 12);
  });

  it('has with one seed the interval of a jackknife over sentences', () => {
    const { interval, difference } = found[0].of;
    // Deleting one of 30 sentences: 7 in which the two differ, 3 in which both find nothing, 20 in which both find all.
    const without = (a: number, b: number, gold = 29) =>
      (2 * (gold - b)) / (2 * gold - b) - (2 * (gold - a)) / (2 * gold - a);
    const deleted = [
      ...Array(3).fill(without(2, 9)),
      ...Array(7).fill(without(3, 9)),
      ...Array(20).fill(without(3, 10)),
    ];
    const center = deleted.reduce((total, value) => total + value, 0) / 30;
    const variance = (29 / 30) * deleted.reduce((total, value) => total + (value - center) ** 2, 0);
    // Student's t with 29 degrees of freedom: 2.04523.
    expect(interval!.high).toBeCloseTo(difference! + 2.04523 * Math.sqrt(variance), 5);
  });

  it('is nothing where nothing of it was run', () => {
    expect(paperContrasts([point(0.1, 1)], CRITICAL, countsOf)).toEqual([]);
  });
});
