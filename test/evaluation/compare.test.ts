/** Two models on sentences whose scores can be counted by hand. */
import { compareModels } from 'ner-distill/evaluation/compare';
import { describe, expect, it } from 'vitest';

const words = ['Ann', 'met', 'Bo'];
const gold = ['B-PER', 'O', 'B-PER'];
const model = (...predicted: string[][]) => predicted.map(tags => ({ words, gold, predicted: tags }));
const both = ['B-PER', 'O', 'B-PER'];
const first = ['B-PER', 'O', 'O'];
const none = ['O', 'O', 'O'];

describe('a comparison', () => {
  it('has both scores, differences of the second from the first, and the facts', () => {
    const { differences, factCounts, facts } = compareModels(
      model(both, both, first),
      model(both, first, none),
      {
        critical: ['PER'],
        resamples: 500,
      },
    );
    expect(differences.coverage).toMatchObject({ first: 5 / 6, second: 3 / 6 });
    expect(differences.coverage.difference).toBeCloseTo(-2 / 6, 12);
    expect(differences.coverage.interval).toMatchObject({ confidence: 0.95, resamples: 500 });
    expect(factCounts.at(-1)).toEqual({ type: 'all', facts: 6, kept: 3, lost: 2, gained: 0, missed: 1 });
    expect(facts.filter(({ fate }) => fate === 'lost').map(({ text }) => text)).toEqual(['Bo', 'Ann']);
  });

  it('corrects the p-values for their number', () => {
    const { differences } = compareModels(model(both, both, both, both), model(none, none, none, none), {
      critical: ['PER'],
      resamples: 999,
    });
    const { f1, f1Critical, coverage } = differences;
    // These measures are the same here, so they have the same p-value, and Holm multiplies the first by the number of tests.
    expect(new Set([f1.pValue, f1Critical.pValue, coverage.pValue]).size).toBe(1);
    expect(f1.pHolm).toBeCloseTo(Object.keys(differences).length * f1.pValue!, 12);
  });

  it('says nothing of types that gold does not have, and corrects for the tests that were made', () => {
    const { differences } = compareModels(model(both), model(both), { critical: ['ORG'], resamples: 9 });
    expect(differences.coverage).toEqual({
      first: null,
      second: null,
      difference: null,
      interval: null,
      pValue: null,
      pHolm: null,
    });
    expect(differences.f1).toMatchObject({ difference: 0, pValue: 1, pHolm: 1 });
  });
});
