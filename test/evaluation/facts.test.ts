/** Facts kept and lost, on a sentence in which each fate befalls one entity. */
import { type Fact, factCounts, factsTable, lostFacts } from 'ner-distill/evaluation/facts';
import { describe, expect, it } from 'vitest';
import { counted } from '../counted';

const words = [['Ann', 'Bo', 'Cy', 'Di', 'Rome']];
const gold = [['B-PER', 'B-PER', 'B-PER', 'B-PER', 'B-LOC']];
const teacher = [['B-PER', 'B-PER', 'O', 'B-ORG', 'B-LOC']];
const student = [['B-PER', 'O', 'B-PER', 'O', 'O']];

it('facts are kept, lost, gained or missed by both, among critical types only', () => {
  const facts = lostFacts(gold, teacher, student, ['PER']);
  const places = Object.entries<readonly Fact[]>(facts).map(([kind, list]) => [
    kind,
    list.map(({ span }) => span.start),
  ]);
  expect(Object.fromEntries(places)).toEqual({ kept: [0], lost: [1], gained: [2], missed: [3] });
  expect(() => lostFacts(gold, gold, [['O']], ['PER'])).toThrow(
    'sentence 1: gold has 5 tags, but the student has 1',
  );
});

describe('the table of facts', () => {
  const rows = factsTable({ words, gold, teacher, student }, ['PER', 'LOC']);

  it('has a row for each, in the order of the text, with what both predicted there', () => {
    expect(
      rows.map(({ fate, type, text, teacher, student }) => [fate, type, text, teacher, student]),
    ).toEqual([
      ['kept', 'PER', 'Ann', 'PER Ann', 'PER Ann'],
      ['lost', 'PER', 'Bo', 'PER Bo', null],
      ['gained', 'PER', 'Cy', null, 'PER Cy'],
      ['missed', 'PER', 'Di', 'ORG Di', null],
      ['lost', 'LOC', 'Rome', 'LOC Rome', null],
    ]);
    expect(rows[4]).toMatchObject({ sentence: 1, first_word: 5, last_word: 5 });
  });

  it('is counted by type and in all', () => {
    expect(factCounts(rows)).toEqual([
      { type: 'LOC', facts: 1, kept: 0, lost: 1, gained: 0, missed: 0 },
      { type: 'PER', facts: 4, kept: 1, lost: 1, gained: 1, missed: 1 },
      { type: 'all', facts: 5, kept: 1, lost: 2, gained: 1, missed: 1 },
    ]);
    expect(factCounts([])).toEqual([{ type: 'all', facts: 0, kept: 0, lost: 0, gained: 0, missed: 0 }]);
  });
});

it('the tags of a model are read a few times, however many facts a sentence has', () => {
  const readsOf = (entities: number): number => {
    const tags = Array.from({ length: entities }, () => ['B-PER', 'O']).flat();
    const { items, reads } = counted(tags);
    const rows = factsTable({ words: [tags], gold: [tags], teacher: [tags], student: [items] }, ['PER']);
    expect(rows.at(-1)).toMatchObject({ fate: 'kept', first_word: 2 * entities - 1, student: 'PER B-PER' });
    return reads();
  };
  expect(readsOf(400)).toBe(2 * readsOf(200));
});
