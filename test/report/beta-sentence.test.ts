import { sentenceOnBeta } from 'ner-distill/report/beta-sentence';
import { describe, expect, it } from 'vitest';
import { comparison } from './study.fixture';

const on = (...comparisons: ReturnType<typeof comparison>[]) => sentenceOnBeta({ comparisons });
const SEEDS = [1, 2, 3];
const ONE_SEED =
  ' With one seed this holds for these trained models; what another training would give cannot be said.';

describe('the sentence on β', () => {
  it('names what differs beyond chance, with its size, its direction and its p-value', () => {
    expect(
      on(
        comparison('logits', 0.2, 0.0123, 0.0121, SEEDS),
        comparison('logits', 0.5, -0.02, 0.0002, SEEDS),
        comparison('weighted', 0.5, 0.004, 0.8, SEEDS),
      ),
    ).toBe(
      'Against vanilla, β = 0.2 (logits) gains 1.23 points (p = 0.012) and β = 0.5 (logits) loses 2.00 points (p < 0.001) in F1_critical; ' +
        "the other one differs no more than chance can explain (3 comparisons with vanilla by Student's t over 3 seeds and the test sentences, Holm's correction). " +
        'A difference of 2.3 points would be seen in 80 of 100 such studies, before that correction.',
    );
  });

  it('says so where none does', () => {
    expect(
      on(comparison('logits', 0.2, 0.0123, 0.0512, SEEDS), comparison('logits', 0.5, 0.1, 1, SEEDS)),
    ).toBe(
      "No β > 0 differs from vanilla in F1_critical by more than chance can explain (2 comparisons with vanilla by Student's t over 3 seeds and the test sentences, Holm's correction: every p ≥ 0.05), " +
        'so this study gives no reason to prefer one. A difference of 2.3 points would be seen in 80 of 100 such studies, before that correction.',
    );
  });

  it('says nothing of what could be seen where no two models differ', () => {
    const alike = comparison('logits', 0.2, 0, 1, SEEDS);
    const of = { ...alike.of, f1Critical: { ...alike.of.f1Critical, detectable: null } };
    expect(on({ ...alike, of })).toMatch(/ so this study gives no reason to prefer one\.$/);
  });

  it('says of one seed what it cannot say', () => {
    expect(on(comparison('logits', 0.2, 0.0123, 1))).toBe(
      "No β > 0 differs from vanilla in F1_critical by more than chance can explain (one comparison with vanilla by approximate randomisation over the test sentences, Holm's correction: every p = 1), " +
        `so this study gives no reason to prefer one.${ONE_SEED}`,
    );
  });

  it('says by which test where some β were run with one seed and others with three', () => {
    const one = comparison('logits', 0.2, 0.0123, 1);
    expect(on(one, comparison('logits', 0.5, 0.01, 1, SEEDS))).toContain(
      "(2 comparisons with vanilla by approximate randomisation over the test sentences, and where there are several seeds Student's t over 3 seeds and the test sentences, Holm's correction: every p = 1)",
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
