/** Comparisons of a sweep: pairing by seed, counts added up over seeds, and the correction over the family. */
import { countSpans } from 'ner-distill/evaluation/scores';
import { approximateRandomization, holm } from 'ner-distill/evaluation/significance';
import { addCounts, compareWithVanilla, pooledIntervals } from 'ner-distill/experiment/statistics';
import type { StudyRun } from 'ner-distill/experiment/study';
import { chunk } from 'ner-distill/tokenization/batch';
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

describe('counts added up over seeds', () => {
  it('have the spans and tokens of all, sentence by sentence, by type', () => {
    const other = countSpans(
      GOLD,
      GOLD.map(tags => tags.map(tag => tag.replace('ORG', 'LOC'))),
    );
    const sum = addCounts([counts(10), other]);
    expect(sum.types).toEqual(['LOC', 'ORG', 'PER']);
    // Sentence 1 has an ORG: missed by the first, taken for a LOC by the second. Gold, predicted, correct.
    const rows = chunk([...sum.spans], 5).filter(([sentence]) => sentence === 1);
    expect(rows).toEqual([
      [1, 1, 1, 0, 0],
      [1, 1, 1, 0, 0],
      [1, 0, 0, 1, 0],
    ]);
    expect([...sum.tokens.slice(2, 4)]).toEqual([4, 2]);
    expect(addCounts([other])).toBe(other);
  });
});

describe('comparisons with vanilla', () => {
  it('are made for each point, over the seeds that both have', () => {
    const found = compareWithVanilla([...runs, point(0.5, 9)], CRITICAL, countsOf);
    expect(found.map(({ beta, seeds }) => [beta, seeds])).toEqual([
      [0.1, [1, 2]],
      [0.5, [1, 2]],
    ]);
  });

  it('differ by the score of the summed counts', () => {
    const [, atHalf] = compareWithVanilla(runs, CRITICAL, countsOf);
    // 60 gold spans over two seeds: 38 found by vanilla, 59 at β = 0.5, none false.
    expect(atHalf.of.coverage.difference).toBeCloseTo(59 / 60 - 38 / 60, 12);
    expect(atHalf.of.f1.difference).toBeCloseTo((2 * 59) / 119 - (2 * 38) / 98, 12);
    expect(atHalf.of.coverage.interval!.low).toBeGreaterThan(0);
    expect(atHalf.of.coverage.pHolm!).toBeLessThan(0.01);
  });

  it('have p-values of the paired test on those counts, corrected over the sweep', () => {
    const found = compareWithVanilla(runs, CRITICAL, countsOf);
    const sums = (misses: [number, number]) => addCounts(misses.map(counts));
    const tests = [sums([9, 12]), sums([0, 1])].map(ours =>
      approximateRandomization(sums([10, 12]), ours, CRITICAL),
    );
    const p = tests.map(test => test.f1Critical.pValue!);
    expect(found.map(({ of }) => of.f1Critical.pValue)).toEqual(p);
    expect(found.map(({ of }) => of.f1Critical.pHolm)).toEqual(holm(p));
  });

  it('are none without a vanilla student', () => {
    expect(compareWithVanilla([point(0.1, 1)], CRITICAL, countsOf)).toEqual([]);
  });
});

describe('intervals of several seeds', () => {
  it('hold the score of all of them together', () => {
    const { of, runs: ids } = pooledIntervals([vanilla(1), vanilla(2)], CRITICAL, countsOf);
    expect(ids).toEqual(['vanilla-0-1', 'vanilla-0-2']);
    expect(of.coverage!.low).toBeLessThan(38 / 60);
    expect(of.coverage!.high).toBeGreaterThan(38 / 60);
  });
});
