/** The four schemas against nervaluate, and against its published example. */
import fc from 'fast-check';
import { OVERLAP_SCHEMAS, overlapScore, overlapScores } from 'ner-distill/evaluation/overlap';
import { scores } from 'ner-distill/evaluation/scores';
import { describe, expect, it } from 'vitest';
import golden from '../fixtures/golden.json';
import nervaluate from '../fixtures/nervaluate-random.json';

type Entity = [string, number, number];
function tagsOf(entities: readonly Entity[], tokens: number): string[] {
  const tags = Array<string>(tokens).fill('O');
  for (const [type, start, end] of entities) {
    tags.fill(`I-${type}`, start, end);
    tags[start] = `B-${type}`;
  }
  return tags;
}

const tag = fc.constantFrom('O', 'B-PER', 'I-PER', 'B-ORG', 'I-ORG');
const pairs = fc.array(fc.array(fc.tuple(tag, tag), { maxLength: 12 }), { maxLength: 5 });
const side = (sentences: [string, string][][], k: 0 | 1): string[][] =>
  sentences.map(tokens => tokens.map(pair => pair[k]));

describe('the counts of the four schemas', () => {
  it('are those of nervaluate on random sentences, with and without a minimum overlap', () => {
    for (const { tokens, gold, predicted, minOverlapPercent, counts } of nervaluate.sentences) {
      const { overall } = overlapScores(
        [tagsOf(gold as Entity[], tokens)],
        [tagsOf(predicted as Entity[], tokens)],
        { minOverlapPercent },
      );
      for (const schema of OVERLAP_SCHEMAS) {
        const { correct, incorrect, partial, missed, spurious } = overall[schema];
        expect([gold, predicted, schema, [correct, incorrect, partial, missed, spurious]]).toEqual([
          gold,
          predicted,
          schema,
          counts[schema],
        ]);
      }
    }
  });

  // Examples of nervaluate's documentation: gold, predicted, then what strict, exact, partial and type say.
  it.each([
    ['B-A I-A', 'B-A I-A', ['correct', 'correct', 'correct', 'correct']],
    ['O O', 'B-A I-A', ['spurious', 'spurious', 'spurious', 'spurious']],
    ['B-A I-A', 'O O', ['missed', 'missed', 'missed', 'missed']],
    ['B-A I-A', 'B-B I-B', ['incorrect', 'correct', 'correct', 'incorrect']],
    ['B-A I-A O', 'B-A I-A I-A', ['incorrect', 'incorrect', 'partial', 'correct']],
    ['B-A I-A O', 'B-B I-B I-B', ['incorrect', 'incorrect', 'partial', 'incorrect']],
  ])('%s against %s', (gold, predicted, expected) => {
    const { overall } = overlapScores([gold.split(' ')], [predicted.split(' ')]);
    const ones = OVERLAP_SCHEMAS.map(schema =>
      (['correct', 'incorrect', 'partial', 'missed', 'spurious'] as const).filter(
        count => overall[schema][count] === 1,
      ),
    );
    expect(ones.flat()).toEqual(expected);
  });

  it('by type leave out entities of other types', () => {
    const { byType } = overlapScores([['B-PER', 'O', 'B-ORG']], [['B-ORG', 'O', 'B-ORG']]);
    expect(byType.PER.strict).toMatchObject({ correct: 0, missed: 1, spurious: 0 });
    expect(byType.ORG.strict).toMatchObject({ correct: 1, missed: 0, spurious: 1 });
  });
});

describe('their scores', () => {
  it('are those of the published example: two entities exact, three with a boundary off', () => {
    const gold = [Array(5).fill(['B-A', 'I-A', 'O']).flat()];
    const predicted = [['B-A', 'I-A', 'O', 'B-A', 'I-A', 'O', ...Array(3).fill(['B-A', 'O', 'O']).flat()]];
    const { overall } = overlapScores(gold, predicted);
    const { strict, exact, type, partial } = golden.nervaluate;
    expect(OVERLAP_SCHEMAS.map(schema => overall[schema].f1)).toEqual([strict, exact, partial, type]);
  });

  it('count a partial match half', () => {
    const { precision, recall, f1 } = overlapScore({
      correct: 1,
      incorrect: 0,
      partial: 2,
      missed: 1,
      spurious: 0,
    });
    expect([precision, recall, f1]).toEqual([2 / 3, 2 / 4, 4 / 7]);
  });

  it('are null where there is nothing, and 0 where one side is empty', () => {
    expect(overlapScores([['O']], [['O']]).overall.strict).toMatchObject({
      precision: null,
      recall: null,
      f1: null,
    });
    expect(overlapScores([['O']], [['B-A']]).overall.type).toMatchObject({ precision: 0, recall: 0, f1: 0 });
  });

  it('agree with the entity-level F1 where a minimum overlap of all tokens and no longer entity leaves only exact matches', () => {
    const oneEach = fc.array(
      fc.tuple(fc.constantFrom('O', 'B-A', 'B-B'), fc.constantFrom('O', 'B-A', 'B-B')),
    );
    fc.assert(
      fc.property(oneEach, tokens => {
        const [gold, predicted] = [0, 1].map(k => [tokens.map(pair => pair[k])]);
        expect(overlapScores(gold, predicted).overall.strict.f1).toBe(
          scores(gold, predicted, { critical: [] }).overall.f1,
        );
      }),
    );
  });

  it('never fall from strict to exact and to partial, and count every entity once', () => {
    fc.assert(
      fc.property(pairs, fc.integer({ min: 1, max: 100 }), (sentences, minOverlapPercent) => {
        const [gold, predicted] = [side(sentences, 0), side(sentences, 1)];
        const { overall } = overlapScores(gold, predicted, { minOverlapPercent });
        const counted = scores(gold, predicted, { critical: [] }).overall;
        for (const { correct, incorrect, partial, missed, spurious } of Object.values(overall)) {
          expect(correct + incorrect + partial + missed).toBe(counted.support);
          expect(correct + incorrect + partial + spurious).toBe(counted.predicted);
        }
        expect(overall.exact.correct).toBeGreaterThanOrEqual(overall.strict.correct);
        expect(overall.partial.correct).toBe(overall.exact.correct);
        expect(overall.type.correct).toBeGreaterThanOrEqual(overall.strict.correct);
      }),
    );
  });

  it('refuse a minimum overlap that is not from 1 to 100 %', () => {
    expect(() => overlapScores([], [], { minOverlapPercent: 0.5 })).toThrow(
      'found the minimum overlap 0.5 %',
    );
    expect(() => overlapScores([], [], { minOverlapPercent: 101 })).toThrow('expected 1 to 100 %');
  });
});
