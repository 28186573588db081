/** Intervals and tests against every resample written out, on sets small enough for that, and against their promises. */
import fc from 'fast-check';
import { byMeasure } from 'ner-distill/evaluation/measures';
import { countSpans, type SpanCounts, score } from 'ner-distill/evaluation/scores';
import {
  approximateRandomization,
  bootstrapDifferences,
  bootstrapIntervals,
  corrected,
  holm,
  pairedDifferences,
} from 'ner-distill/evaluation/significance';
import { Random } from 'ner-distill/random';
import { describe, expect, it } from 'vitest';

const found = ['B-PER'];
const none = ['O'];
const counts = (gold: string[][], predicted: string[][]): SpanCounts => countSpans(gold, predicted);

describe('bootstrap intervals', () => {
  // Two sentences, one of them found: the four equally likely resamples have F1 0, 2/3, 2/3 and 1, recall 0, ½, ½ and 1.
  const half = counts([found, found], [found, none]);

  it('have the quantiles of all resamples of a small set', () => {
    const middle = bootstrapIntervals(half, ['PER'], { confidence: 0.4 });
    expect(middle.f1).toMatchObject({ low: 2 / 3, high: 2 / 3 });
    expect(middle.coverage).toMatchObject({ low: 0.5, high: 0.5 });
    expect(bootstrapIntervals(half, ['PER'], { confidence: 0.9 }).f1).toEqual({
      low: 0,
      high: 1,
      confidence: 0.9,
      resamples: 10_000,
    });
  });

  it('hold the true value about as often as they say', () => {
    const random = new Random(7);
    const truth = 0.7;
    const sets = 300;
    let held = 0;
    for (let set = 0; set < sets; set++) {
      const predicted = Array.from({ length: 80 }, () => (random.chance(truth) ? found : none));
      const { coverage } = bootstrapIntervals(
        counts(
          predicted.map(() => found),
          predicted,
        ),
        ['PER'],
        {
          seed: set,
          resamples: 300,
        },
      );
      if (coverage!.low <= truth && truth <= coverage!.high) held++;
    }
    expect(held / sets).toBeGreaterThan(0.9);
    expect(held / sets).toBeLessThan(0.985);
  });

  it('repeat with the seed, and are null where there is nothing to score', () => {
    const twice = [5, 5, 6].map(seed =>
      bootstrapIntervals(half, [], { seed, resamples: 7, confidence: 0.5 }),
    );
    expect(twice[0]).toEqual(twice[1]);
    expect(twice[0].f1Critical).toBeNull();
    expect(bootstrapIntervals(counts([none], [none]), ['PER'])).toEqual(byMeasure(() => null));
    expect(bootstrapIntervals(counts([], []), ['PER']).f1).toBeNull();
  });

  it('refuse a confidence that is no probability, and no resamples', () => {
    expect(() => bootstrapIntervals(half, [], { confidence: 95 })).toThrow(
      'found the confidence 95, expected a number between 0 and 1',
    );
    expect(() => bootstrapIntervals(half, [], { resamples: 0 })).toThrow('found 0 resamples');
  });
});

describe('bootstrap differences', () => {
  it('take the same sentences for both models: alike models never differ', () => {
    const some = counts([found, found, none], [found, none, found]);
    expect(bootstrapDifferences(some, some, ['PER']).f1).toMatchObject({ low: 0, high: 0 });
  });

  it('are of the second model less the first', () => {
    const gold = [found, found];
    const { f1, coverage } = bootstrapDifferences(counts(gold, [none, none]), counts(gold, gold), ['PER']);
    expect([f1, coverage]).toMatchObject([
      { low: 1, high: 1 },
      { low: 1, high: 1 },
    ]);
  });
});

describe('approximate randomisation', () => {
  const sentence = fc.tuple(fc.boolean(), fc.boolean(), fc.boolean());

  it('comes near the p-value of all exchanges, on sets small enough to write them out', () => {
    fc.assert(
      fc.property(fc.array(sentence, { minLength: 1, maxLength: 7 }), sentences => {
        const [gold, a, b] = [0, 1, 2].map(k => sentences.map(row => (row[k] ? found : none)));
        const { f1 } = approximateRandomization(counts(gold, a), counts(gold, b), [], { resamples: 4000 });
        const f1Of = (predicted: string[][]): number => {
          const both = gold.filter((tags, s) => tags === found && predicted[s] === found).length;
          const size = (of: string[][]): number => of.filter(tags => tags === found).length;
          return score(size(gold), size(predicted), both).f1 ?? 0;
        };
        if (!gold.includes(found)) {
          expect(f1).toMatchObject({ difference: null, pValue: null });
          return;
        }
        const observed = f1Of(b) - f1Of(a);
        expect(f1.difference).toBeCloseTo(observed, 12);
        const exchanges = Array.from({ length: 2 ** gold.length }, (_, mask) => {
          const swapped = (s: number): boolean => ((mask >> s) & 1) === 1;
          return (
            f1Of(gold.map((_, s) => (swapped(s) ? a : b)[s])) -
            f1Of(gold.map((_, s) => (swapped(s) ? b : a)[s]))
          );
        });
        const extreme = exchanges.filter(difference => Math.abs(difference) >= Math.abs(observed) - 1e-9);
        expect(Math.abs(f1.pValue! - extreme.length / exchanges.length)).toBeLessThan(0.045);
      }),
      { seed: 1, numRuns: 60 },
    );
  });

  it('does not depend on which model comes first, but for the sign', () => {
    const gold = Array.from({ length: 40 }, () => found);
    const models = [3, 4].map(step =>
      counts(
        gold,
        gold.map((_, s) => (s % step === 0 ? none : found)),
      ),
    );
    const there = approximateRandomization(models[0], models[1], ['PER']);
    const back = approximateRandomization(models[1], models[0], ['PER']);
    expect(back.f1.difference).toBe(-there.f1.difference!);
    expect(back.f1.pValue).toBe(there.f1.pValue);
    // 14 sentences are missed by the first model, 10 by the second.
    expect(there.coverage.difference).toBeCloseTo(4 / 40, 12);
  });

  it('is sure of a difference in every sentence, and of none between equals', () => {
    const gold = Array.from({ length: 40 }, () => found);
    const [all, nothing] = [gold, gold.map(() => none)].map(predicted => counts(gold, predicted));
    const test = approximateRandomization(nothing, all, ['PER'], { resamples: 999 });
    expect(test.f1).toEqual({ difference: 1, pValue: 1 / 1000, resamples: 999 });
    expect(approximateRandomization(all, all, ['PER']).f1).toMatchObject({ difference: 0, pValue: 1 });
  });

  it('rarely finds a difference between models that are alike', () => {
    const random = new Random(3);
    const gold = Array.from({ length: 60 }, () => found);
    const model = (): SpanCounts =>
      counts(
        gold,
        gold.map(() => (random.chance(0.7) ? found : none)),
      );
    const pairs = 300;
    let rejected = 0;
    for (let pair = 0; pair < pairs; pair++) {
      const { f1 } = approximateRandomization(model(), model(), [], { resamples: 199, seed: pair });
      if (f1.pValue! <= 0.05) rejected++;
    }
    expect(rejected / pairs).toBeLessThan(0.085);
    expect(rejected).toBeGreaterThan(0);
  });

  it('refuses models that were scored against different gold tags', () => {
    expect(() => approximateRandomization(counts([found], [found]), counts([none], [found]), [])).toThrow(
      'sentence 1: the first model was scored against 1 gold entities, the second against 0',
    );
    expect(() => bootstrapDifferences(counts([found], [found]), counts([], []), [])).toThrow(
      'the first model was scored on 1 sentences, the second on 0',
    );
  });
});

describe("Holm's correction", () => {
  it('multiplies the smallest p-value by their number, the next by one less, and never falls', () => {
    const adjusted = holm([0.01, 0.04, 0.03, 0.005]);
    expect(adjusted.map(value => Number(value.toFixed(12)))).toEqual([0.03, 0.06, 0.06, 0.02]);
    expect(holm([0.9, 0.8])).toEqual([1, 1]);
    expect(holm([])).toEqual([]);
  });

  it('leaves what was not tested out of the family', () => {
    const difference = (pValue: number | null) => ({ difference: pValue, interval: null, pValue });
    const family = corrected([0.03, null, 0.02].map(difference));
    expect(family.map(({ pHolm }) => pHolm)).toEqual([0.04, null, 0.04]);
    expect(family[0]).toMatchObject(difference(0.03));
  });

  it('lies between the p-value and that of Bonferroni, in the same order', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true })), pValues => {
        const adjusted = holm(pValues);
        pValues.forEach((p, i) => {
          expect(adjusted[i]).toBeGreaterThanOrEqual(p);
          expect(adjusted[i]).toBeLessThanOrEqual(Math.min(1, pValues.length * p) + 1e-12);
          pValues.forEach((q, j) => {
            if (p < q) expect(adjusted[i]).toBeLessThanOrEqual(adjusted[j]);
          });
        });
      }),
    );
  });
});

describe('paired differences', () => {
  it('are those of the test and of the bootstrap, and nothing where gold has no such entity', () => {
    const [first, second] = [
      counts([found, found, none], [found, none, none]),
      counts([found, found, none], [found, found, none]),
    ];
    const options = { resamples: 50, seed: 3 };
    const of = pairedDifferences(first, second, ['PER'], options);
    const tests = approximateRandomization(first, second, ['PER'], options);
    const intervals = bootstrapDifferences(first, second, ['PER'], options);
    expect(of.coverage).toEqual({
      difference: 0.5,
      interval: intervals.coverage,
      pValue: tests.coverage.pValue,
    });
    expect(pairedDifferences(first, second, ['ORG'], options).f1Critical).toEqual({
      difference: null,
      interval: null,
      pValue: null,
    });
  });
});
