/** Errors entity by entity, on sentences small enough to judge by eye. */
import fc from 'fast-check';
import { analyseErrors, confusionOfTypes, countOutcomes, errorsOf } from 'ner-distill/evaluation/errors';
import { overlapScores } from 'ner-distill/evaluation/overlap';
import { countSpans, scores } from 'ner-distill/evaluation/scores';
import { overlapping, spansOf } from 'ner-distill/evaluation/spans';
import { describe, expect, it } from 'vitest';
import { counted } from '../counted';

const noCritical = { critical: [] };

const outcomes = (gold: string, predicted: string): string[] =>
  errorsOf([gold.split(' ')], [predicted.split(' ')]).map(({ outcome }) => outcome);

describe('outcomes', () => {
  it.each([
    ['B-PER I-PER', 'B-PER I-PER', ['correct']],
    ['B-PER I-PER', 'B-ORG I-ORG', ['wrong type']],
    ['B-PER I-PER', 'B-PER O', ['wrong boundary']],
    ['B-PER I-PER', 'O B-ORG', ['wrong type and boundary']],
    ['B-PER O', 'O O', ['missed']],
    ['O O', 'B-PER O', ['spurious']],
    ['B-PER O', 'O B-PER', ['missed', 'spurious']],
    // One long gold entity, cut in two: the longer piece is its counterpart, the other is spurious.
    ['B-PER I-PER I-PER', 'B-PER B-PER I-PER', ['spurious', 'wrong boundary']],
    // A piece of the gold type is the counterpart even where it is shorter.
    ['B-PER I-PER I-PER', 'B-PER B-ORG I-ORG', ['wrong boundary', 'spurious']],
  ])('%s against %s', (gold, predicted, expected) => {
    expect(outcomes(gold, predicted).sort()).toEqual([...expected].sort());
  });

  it('names the sentence and both spans', () => {
    expect(errorsOf([['O'], ['O', 'B-PER']], [['O'], ['B-LOC', 'I-LOC']])).toEqual([
      {
        sentence: 1,
        outcome: 'wrong type and boundary',
        gold: { type: 'PER', start: 1, end: 2 },
        predicted: { type: 'LOC', start: 0, end: 2 },
      },
    ]);
  });

  it('list every entity of gold and prediction once, and the correct ones that scores counts', () => {
    const tag = fc.constantFrom('O', 'B-PER', 'I-PER', 'B-ORG', 'I-ORG');
    fc.assert(
      fc.property(fc.array(fc.tuple(tag, tag), { maxLength: 15 }), tokens => {
        const gold = tokens.map(([tag]) => tag);
        const predicted = tokens.map(([, tag]) => tag);
        const found = errorsOf([gold], [predicted]);
        const { correct } = scores([gold], [predicted], { critical: [] }).overall;
        expect(found.filter(({ outcome }) => outcome === 'correct')).toHaveLength(correct);
        const byPlace = (a: { start: number }, b: { start: number }): number => a.start - b.start;
        expect(found.flatMap(({ gold }) => gold ?? []).sort(byPlace)).toEqual(spansOf(gold));
        expect(found.flatMap(({ predicted }) => predicted ?? []).sort(byPlace)).toEqual(spansOf(predicted));
      }),
    );
  });
});

it('the confusion of types counts pairs, missed and spurious entities', () => {
  const gold = ['B-PER', 'B-PER', 'B-ORG', 'O', 'B-LOC'];
  const predicted = ['B-PER', 'B-ORG', 'B-ORG', 'B-PER', 'O'];
  expect(confusionOfTypes(errorsOf([gold], [predicted]))).toEqual({
    names: ['LOC', 'ORG', 'PER', 'none'],
    counts: [
      [0, 0, 0, 1],
      [0, 1, 0, 0],
      [0, 1, 1, 0],
      [0, 0, 1, 0],
    ],
  });
});

it('the analysis counts every entity of every attribute, and its outcomes', () => {
  const sentences = [
    { words: ['Ann', 'met', 'Bo'], gold: ['B-PER', 'O', 'B-PER'], predicted: ['B-PER', 'B-ORG', 'O'] },
  ];
  const { scores, outcomes, confusion, slices } = analyseErrors(sentences, { critical: ['PER'] });
  expect(scores.critical).toMatchObject({ support: 2, predicted: 1, correct: 1 });
  expect(countOutcomes(outcomes)).toEqual({
    correct: 1,
    'wrong type': 0,
    'wrong boundary': 0,
    'wrong type and boundary': 0,
    missed: 1,
    spurious: 1,
  });
  expect(confusion.names).toEqual(['ORG', 'PER', 'none']);
  for (const attribute of new Set(slices.map(slice => slice.attribute))) {
    const ofAttribute = slices.filter(slice => slice.attribute === attribute);
    expect(ofAttribute.reduce((sum, { score }) => sum + score.support, 0)).toBe(2);
    expect(ofAttribute.reduce((sum, { score }) => sum + score.predicted, 0)).toBe(2);
  }
});

describe('what overlaps a span', () => {
  it('is those that have a token in common with it', () => {
    const spans = spansOf('B-A I-A O B-B B-C I-C'.split(' '));
    const at = (start: number, end: number) =>
      overlapping(spans, { type: 'X', start, end }).map(({ type }) => type);
    expect([at(0, 6), at(1, 4), at(2, 3), at(4, 5), at(5, 9)]).toEqual([
      ['A', 'B', 'C'],
      ['A', 'B'],
      [],
      ['C'],
      ['C'],
    ]);
  });

  it('is looked up, not looked for', () => {
    const all = spansOf(Array.from({ length: 4096 }, () => 'B-A'));
    const { items, reads } = counted(all);
    expect(overlapping(items, all[4000])).toEqual([all[4000]]);
    expect(reads()).toBeLessThan(20);
  });
});

describe('many', () => {
  it('entities in a sentence have their outcomes', () => {
    const gold = Array.from({ length: 30_000 }, () => ['B-A', 'O']).flat();
    const predicted = gold.map((tag, i) => (i % 4 === 0 ? 'B-B' : tag));
    expect(countOutcomes(errorsOf([gold], [predicted]))).toMatchObject({
      correct: 15_000,
      'wrong type': 15_000,
    });
  });

  it('types are counted, but refused where each two have a number', () => {
    const gold = Array.from({ length: 20_000 }, (_, i) => [`B-T${i}`]);
    expect(countSpans(gold, gold).spans).toHaveLength(5 * 20_000);
    expect(Object.keys(overlapScores(gold, gold).byType)).toHaveLength(20_000);
    expect(() =>
      analyseErrors([{ words: ['w'], gold: gold[0], predicted: gold[0] }], noCritical),
    ).not.toThrow();
    expect(() => confusionOfTypes(errorsOf(gold, gold))).toThrow(
      'found 20000 entity types, expected at most 2000: there is a number for each two of them',
    );
  });
});
