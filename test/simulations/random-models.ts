/**
 * Counts of models that never were: sentences that are harder or easier, trainings that went better or worse, and what is
 * left to chance. Tests of the statistics know the truth of these, as no study does.
 */

import type { SpanCounts } from 'ner-distill/evaluation/scores';
import type { Random } from 'ner-distill/random';

export interface World {
  readonly sentences: number;
  /** Standard deviation between trainings of one method, in logits. */
  readonly training: number;
  /** What the models of a seed have in common, in logits; default 0.1. */
  readonly seed?: number;
  /** Of what a method finds easier in one sentence than another does, in logits. */
  readonly methodBySentence: number;
  /** What the methods after the first gain, in logits. */
  readonly gain?: number;
}

/** Models of several methods, all with the same seeds: by method and seed. */
export function drawModels(
  random: Random,
  { sentences, training, methodBySentence, seed = 0.1, gain = 0 }: World,
  methods: number,
  seeds: number,
): SpanCounts[][] {
  const draw = (deviation: number) => deviation * random.normal();
  const each = <T>(length: number, make: (i: number) => T) => Array.from({ length }, (_, i) => make(i));
  const gold = each(sentences, () => 1 + random.integer(3));
  const ease = gold.map(() => 1.2 + draw(1.2));
  const ofSeeds = each(seeds, () => draw(seed));
  return each(methods, m => {
    const liking = gold.map(() => draw(methodBySentence) + (m > 0 ? gain : 0));
    return each(seeds, s => {
      const skill = draw(training) + ofSeeds[s];
      const rows = gold.flatMap((count, i) => {
        const chance = 1 / (1 + Math.exp(-(ease[i] + liking[i] + skill + draw(0.8))));
        const correct = each(count, () => random.next() < chance).filter(Boolean).length;
        const wrong = each(count - correct, () => random.next() < 0.5).filter(Boolean).length;
        return [i, 0, count, correct + wrong, correct];
      });
      return {
        types: ['PER'],
        sentences,
        spans: Int32Array.from(rows),
        tokens: new Int32Array(2 * sentences),
      };
    });
  });
}
