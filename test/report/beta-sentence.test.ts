import { sentenceOnBeta } from 'ner-distill/report/beta-sentence';
import { describe, expect, it } from 'vitest';
import { comparison } from './study.fixture';

const on = (...comparisons: ReturnType<typeof comparison>[]) =>
  sentenceOnBeta({ comparisons, seeds: [1, 2, 3] });

describe('the sentence on β', () => {
  it('names what differs beyond chance, with its size, its direction and its p-value', () => {
    expect(
      on(
        comparison('logits', 0.2, 0.0123, 0.0121),
        comparison('logits', 0.5, -0.02, 0.0002),
        comparison('weighted', 0.5, 0.004, 0.8),
      ),
    ).toBe(
      'Against vanilla, β = 0.2 (logits) gains 1.23 points (p = 0.012) and β = 0.5 (logits) loses 2.00 points (p < 0.001) in F1_critical; ' +
        "the other one differs no more than chance can explain (3 comparisons with vanilla by approximate randomisation over the test sentences, Holm's correction, 3 seeds).",
    );
  });

  it('says so where none does', () => {
    expect(on(comparison('logits', 0.2, 0.0123, 0.0512), comparison('logits', 0.5, 0.1, 1))).toBe(
      "No β > 0 differs from vanilla in F1_critical by more than chance can explain (2 comparisons with vanilla by approximate randomisation over the test sentences, Holm's correction, 3 seeds: every p ≥ 0.05), " +
        'so this study gives no reason to prefer one.',
    );
  });

  it('takes the level itself as beyond chance', () => {
    expect(on(comparison('logits', 0.2, 0.01, 0.05))).toContain(
      'Against vanilla, β = 0.2 (logits) gains 1.00 points (p = 0.050)',
    );
  });

  it('says nothing where nothing was compared', () => {
    expect(on()).toBe('No β > 0 was compared with vanilla in F1_critical, so nothing can be said about β.');
  });
});
