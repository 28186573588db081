/** Slices of entities whose attributes can be told by eye. */
import { errorsOf } from 'ner-distill/evaluation/errors';
import { slicesOf, sliceValues } from 'ner-distill/evaluation/slices';
import { describe, expect, it } from 'vitest';

const span = (start: number, end: number, type = 'PER') => ({ type, start, end });
const train = [
  { words: ['Ann', 'Lee', 'left', 'Ann', 'Lee'], tags: ['B-PER', 'I-PER', 'O', 'B-PER', 'I-PER'] },
  { words: ['Paris'], tags: ['B-LOC'] },
];

describe('the attributes of an entity', () => {
  const words = ['Ann', 'Lee', 'of', 'IBM', 'met', 'the', 'iPhone', 'of', 'paris', '2024'];

  it.each([
    [
      span(0, 2),
      { 'words in the entity': '2', 'capital letters': 'Each Word', 'place in the sentence': 'first word' },
    ],
    [span(3, 4), { 'capital letters': 'ALL LETTERS', 'place in the sentence': 'first half' }],
    [span(6, 7), { 'capital letters': 'some', 'place in the sentence': 'second half' }],
    [span(8, 9), { 'capital letters': 'none', 'words in the entity': '1' }],
    [span(9, 10), { 'capital letters': 'without case' }],
    [
      span(0, 4),
      { 'words in the entity': '4 or more', 'capital letters': 'some', 'words in the sentence': '1–10' },
    ],
  ])('of the words %j', (entity, expected) => {
    expect(sliceValues()(words, entity)).toMatchObject(expected);
  });

  it('tell whether training has the words as an entity, and how often', () => {
    const valuesOf = sliceValues(train);
    expect(valuesOf(['Ann', 'Lee'], span(0, 2))).toMatchObject({
      training: 'seen with this type',
      'times in training': '2–4',
    });
    expect(valuesOf(['Paris'], span(0, 1))).toMatchObject({
      training: 'seen with other types',
      'times in training': '1',
    });
    expect(valuesOf(['Ann'], span(0, 1))).toMatchObject({ training: 'not seen', 'times in training': '0' });
    for (const nothing of [undefined, []])
      expect(sliceValues(nothing)(['Ann'], span(0, 1))).not.toHaveProperty('training');
  });

  it('an initial is a capitalised word, and letters without case are without case', () => {
    const of = (word: string) => sliceValues()([word], span(0, 1))['capital letters'];
    expect(['A.', 'U.S.', '"Ann', '東京', 'Łódź', 'ЦСКА'].map(of)).toEqual([
      'Each Word',
      'ALL LETTERS',
      'Each Word',
      'without case',
      'Each Word',
      'ALL LETTERS',
    ]);
  });
});

it('a slice has the score of its entities, gold and predicted', () => {
  const sentences = [{ words: ['Ann', 'Lee', 'left', 'Paris'] }];
  const outcomes = errorsOf([['B-PER', 'I-PER', 'O', 'B-LOC']], [['B-PER', 'O', 'O', 'B-LOC']]);
  const slices = slicesOf(sentences, outcomes, train);
  const of = (attribute: string, value: string) =>
    slices.find(slice => slice.attribute === attribute && slice.value === value)?.score;
  expect(of('words in the entity', '1')).toMatchObject({
    support: 1,
    predicted: 2,
    correct: 1,
    recall: 1,
    precision: 0.5,
  });
  expect(of('words in the entity', '2')).toMatchObject({ support: 1, predicted: 0, correct: 0, f1: 0 });
  expect(of('training', 'seen with this type')).toMatchObject({ support: 2, predicted: 1, correct: 1 });
  expect(of('training', 'seen with other types')).toBeUndefined();
  expect(slices.map(slice => slice.attribute).filter((name, i, all) => all.indexOf(name) === i)).toEqual([
    'type',
    'words in the entity',
    'words in the sentence',
    'capital letters',
    'place in the sentence',
    'training',
    'times in training',
  ]);
});
