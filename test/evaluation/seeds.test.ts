/** Tests over seeds and sentences: against textbook formulas, and on models of which the truth is known. */
import { countSpans, type SpanCounts } from 'ner-distill/evaluation/scores';
import { differencesOverSeeds, intervalsOverSeeds } from 'ner-distill/evaluation/seeds';
import { Random } from 'ner-distill/random';
import { describe, expect, it } from 'vitest';
import { drawModels } from '../simulations/random-models';

const CRITICAL = ['PER', 'ORG'];
const GOLD = Array.from({ length: 40 }, (_, i) => (i % 2 === 0 ? ['B-PER', 'O'] : ['O', 'B-ORG']));
/** Finds nothing in the sentences named. */
const missing = (...sentences: number[]) =>
  countSpans(
    GOLD,
    GOLD.map((tags, i) => (sentences.includes(i) ? ['O', 'O'] : tags)),
  );
const first = (count: number) => Array.from({ length: count }, (_, i) => i);

describe('differences over seeds', () => {
  it('are the mean of the seeds’ differences', () => {
    const [{ coverage }] = differencesOverSeeds(
      [missing(...first(10)), missing(...first(12))],
      [[missing(...first(4)), missing(...first(10))]],
      CRITICAL,
    );
    expect(coverage.difference).toBeCloseTo((6 / 40 + 2 / 40) / 2, 12);
  });

  it('are those of a paired t-test where sentences are so many that training is nearly all the noise', () => {
    const gold = Array.from({ length: 6000 }, () => ['B-PER']);
    const found = (share: number) =>
      countSpans(
        gold,
        gold.map((tags, i) => (i < share * gold.length ? tags : ['O'])),
      );
    const theirs = [0.5, 0.5, 0.5].map(found);
    const ours = [0.99, 0.7, 0.85].map(found);
    const [{ coverage }] = differencesOverSeeds(theirs, [ours], CRITICAL);
    // d = 0.49, 0.20, 0.35; mean 0.34667, s 0.14503, t = 4.140 with 2 degrees of freedom: p = 0.0537 (scipy.stats.ttest_1samp).
    expect(coverage.difference).toBeCloseTo(1.04 / 3, 12);
    expect(coverage.pValue).toBeCloseTo(0.0537, 3);
    expect(coverage.interval!.low).toBeCloseTo(0.34667 - (4.30265 * 0.14503) / Math.sqrt(3), 2);
    // All three the same way: 2 of 8 exchanges are as extreme.
    expect(coverage.pPermutation).toBe(2 / 8);
  });

  it('learn training noise from all methods together, so that they see more', () => {
    const random = new Random(3);
    const world = { sentences: 150, training: 0.15, methodBySentence: 0, gain: 0.8 };
    const [baseline, ...methods] = drawModels(random, world, 5, 3);
    const alone = differencesOverSeeds(baseline, [methods[0]], ['PER'])[0].f1;
    const together = differencesOverSeeds(baseline, methods, ['PER'])[0].f1;
    expect(together.difference).toBe(alone.difference);
    expect(together.detectable!).toBeLessThan(alone.detectable!);
    expect(together.pValue!).toBeLessThan(0.01);
    expect(together.interval!.low).toBeGreaterThan(0);
    expect(together.interval!.low).toBeLessThan(together.difference!);
  });

  it('do not depend on which method stands first, but for the sign', () => {
    const [a, b] = drawModels(new Random(5), { sentences: 80, training: 0.3, methodBySentence: 0.3 }, 2, 3);
    const [{ f1 }] = differencesOverSeeds(a, [b], ['PER']);
    const [{ f1: turned }] = differencesOverSeeds(b, [a], ['PER']);
    expect(turned.difference).toBeCloseTo(-f1.difference!, 14);
    expect(turned.pValue).toBeCloseTo(f1.pValue!, 10);
    expect(turned.interval!.low).toBeCloseTo(-f1.interval!.high, 12);
  });

  it.each([2, 3, 4, 5])(
    'that are none in the mean of %i seeds have a p-value of 1, and none above it',
    seeds => {
      const [few, many] = [missing(...first(3)), missing(...first(12))];
      const swapped = Array.from({ length: seeds }, (_, s) => (s < 2 ? [few, many][s] : few));
      const [{ f1, coverage }] = differencesOverSeeds(swapped, [[many, few, ...swapped.slice(2)]], CRITICAL);
      for (const { difference, pValue } of [f1, coverage]) {
        expect(difference).toBe(0);
        expect(pValue).toBeCloseTo(1, 6);
        expect(pValue).toBeLessThanOrEqual(1);
      }
    },
  );

  it('reject no more than one in twenty where the methods are alike', () => {
    const random = new Random(11);
    const studies = 240;
    for (const world of [
      { sentences: 80, training: 0.3, methodBySentence: 0 },
      { sentences: 80, training: 0.1, methodBySentence: 0.7 },
    ]) {
      let rejected = 0;
      for (let study = 0; study < studies; study++) {
        const [baseline, ...methods] = drawModels(random, world, 4, 3);
        const [{ f1 }] = differencesOverSeeds(baseline, methods, ['PER']);
        if (f1.pValue! <= 0.05) rejected++;
      }
      // Binomial(240, 0.05): 99.9 % lie below 24.
      expect(rejected).toBeLessThan(24);
      expect(rejected).toBeGreaterThan(0);
    }
  });

  it('are what they are where nothing varies, and nothing where gold has nothing', () => {
    const same = [missing(3), missing(3)];
    const [{ f1 }] = differencesOverSeeds(same, [same], CRITICAL);
    expect(f1).toMatchObject({ difference: 0, interval: { low: 0, high: 0 }, pValue: 1, pPermutation: 1 });
    const [{ f1Critical }] = differencesOverSeeds(same, [same], ['LOC']);
    expect(f1Critical).toEqual({
      difference: null,
      interval: null,
      pValue: null,
      pPermutation: null,
      detectable: null,
    });
  });

  it.each<[string, readonly SpanCounts[], readonly SpanCounts[], string]>([
    ['one seed', [missing(1)], [missing(2)], 'training noise is told from at least 2 seeds, found 1'],
    [
      'a seed missing',
      [missing(1), missing(2)],
      [missing(1)],
      'a method was trained with 1 seeds, the other with 2',
    ],
    [
      'other gold tags',
      [missing(1), missing(2)],
      [missing(1), countSpans([...GOLD.slice(1), ['O', 'O']], GOLD)],
      'sentence 40: the first model was scored against 1 gold entities, the second against 0',
    ],
  ])('are refused for %s', (_, baseline, method, message) => {
    expect(() => differencesOverSeeds(baseline, [method], CRITICAL)).toThrow(message);
  });
});

describe('intervals over seeds', () => {
  it('are wider than those of one training, and hold the mean', () => {
    const [seeds] = drawModels(new Random(2), { sentences: 200, training: 0.4, methodBySentence: 0 }, 1, 3);
    const { f1 } = intervalsOverSeeds(seeds, ['PER']);
    const [alike] = [intervalsOverSeeds([seeds[0], seeds[0]], ['PER']).f1!];
    expect(f1!.high - f1!.low).toBeGreaterThan(alike.high - alike.low);
    expect(f1).toMatchObject({ confidence: 0.95 });
  });

  it('stay within what a score can be', () => {
    const { coverage } = intervalsOverSeeds([missing(...first(1)), missing(...first(9))], CRITICAL);
    expect(coverage!.high).toBe(1);
    expect(coverage!.low).toBeGreaterThanOrEqual(0);
  });

  it('are none of what is not defined', () => {
    expect(intervalsOverSeeds([missing(1), missing(2)], ['LOC']).coverage).toBeNull();
  });
});
