/** The list of measures, and what is the same for all of them. */
import { Command } from 'commander';
import { addBoundOptions, boundFlag, boundsOf } from 'ner-distill/commands/bound-options';
import { compareModels } from 'ner-distill/evaluation/compare';
import {
  byMeasure,
  type KnownMeasure,
  MEASURES,
  type Measure,
  measureOf,
  merit,
  scoreOf,
  shortfall,
  worseEnd,
} from 'ner-distill/evaluation/measures';
import { countSpans, scores } from 'ner-distill/evaluation/scores';
import { bootstrapIntervals, pairedDifferences } from 'ner-distill/evaluation/significance';
import { columnOf } from 'ner-distill/report/columns';
import { candidatesOf } from 'ner-distill/report/summaries';
import { table1, table2 } from 'ner-distill/report/tables';
import { describe, expect, it } from 'vitest';
import { study } from '../report/study.fixture';
import { coverage } from './coverage';

const higher = measureOf('f1');
const lower: KnownMeasure = { ...higher, better: 'lower' };

describe('the values', () => {
  // Of 4 gold entities 2 are found, 3 are predicted; of the critical type 1 of 3, and 1 is predicted.
  const gold = [['B-PER', 'O', 'B-PER', 'O', 'B-PER', 'O', 'B-LOC', 'O', 'O']];
  const predicted = [['B-PER', 'O', 'O', 'O', 'O', 'O', 'B-LOC', 'O', 'B-LOC']];
  const options = { critical: ['PER'] };
  const found = scores(gold, predicted, options);

  it('are those of the definitions', () => {
    const value = (key: Measure) => scoreOf(measureOf(key), found);
    expect(value('f1')).toBeCloseTo((2 * (2 / 3) * (2 / 4)) / (2 / 3 + 2 / 4), 12);
    expect(value('f1Critical')).toBeCloseTo((2 * 1 * (1 / 3)) / (1 + 1 / 3), 12);
    expect(value('coverage')).toBe(1 / 3);
    expect(value('coverage')).toBe(coverage(gold, predicted, options));
  });

  it('are null where neither gold nor prediction has an entity', () => {
    const nothing = scores([['O']], [['O']], options);
    expect(byMeasure(measure => scoreOf(measure, nothing))).toEqual(byMeasure(() => null));
  });
});

describe('a measure where lower is better', () => {
  it('has the smaller number first, and what is not defined last', () => {
    expect(merit(lower, 0.1)).toBeGreaterThan(merit(lower, 0.2));
    expect(merit(higher, 0.1)).toBeLessThan(merit(higher, 0.2));
    for (const measure of [higher, lower])
      for (const value of [0, 1]) expect(merit(measure, null)).toBeLessThan(merit(measure, value));
  });

  it('is held against its bound from above, by the upper end of its interval', () => {
    expect([shortfall(higher, 0.75, 0.5), shortfall(higher, 0.25, 0.5)]).toEqual([0, 0.25]);
    expect([shortfall(lower, 0.25, 0.5), shortfall(lower, 0.75, 0.5)]).toEqual([0, 0.25]);
    expect([shortfall(higher, null, 0.5), shortfall(lower, null, 0.5)]).toEqual([0.5, 0.5]);
    expect([higher, lower].map(measure => worseEnd(measure, { low: 0.2, high: 0.4 }))).toEqual([0.2, 0.4]);
    expect([higher, lower].map(boundFlag)).toEqual(['--min-f1', '--max-f1']);
  });
});

describe('every measure of the list', () => {
  const gold = [['B-PER'], ['B-LOC'], ['B-PER']];
  const [first, second] = [
    [['B-PER'], ['O'], ['O']],
    [['B-PER'], ['B-LOC'], ['B-LOC']],
  ];
  const keys = MEASURES.map(({ key }) => key);

  it('has its interval, its test and its line in a comparison', () => {
    const [a, b] = [first, second].map(predicted => countSpans(gold, predicted));
    const options = { resamples: 20 };
    const sentences = (predicted: string[][]) =>
      gold.map((tags, s) => ({ words: ['x'], gold: tags, predicted: predicted[s] }));
    const { differences } = compareModels(sentences(first), sentences(second), {
      critical: ['PER'],
      ...options,
    });
    for (const made of [
      bootstrapIntervals(a, ['PER'], options),
      pairedDifferences(a, b, ['PER'], options),
      differences,
    ])
      expect(Object.keys(made)).toEqual(keys);
  });

  it('has its flag', () => {
    const command = addBoundOptions(new Command());
    for (const measure of MEASURES) {
      command.parse([boundFlag(measure), '0.5'], { from: 'user' });
      expect(boundsOf(command.opts())).toHaveProperty(measure.key, 0.5);
    }
  });

  it('has its columns in both tables, and its scores to choose by', () => {
    const [[row1], [row2], [candidate]] = [table1(study), table2(study), candidatesOf(study)];
    for (const { key, name } of MEASURES) {
      const score = ['', '_std', '_min', '_max', '_low', '_high'].map(part => `${name}${part}_percent`);
      const difference = ['', '_low', '_high'].map(part => `${name}_difference${part}_percent`);
      expect(Object.keys(row1)).toEqual(expect.arrayContaining(score));
      expect(Object.keys(row2)).toEqual(
        expect.arrayContaining([...score, ...difference, `${name}_p`, `${name}_p_holm`]),
      );
      expect(Object.values(columnOf(score[0]).parts!)).toEqual(score.slice(1));
      expect(candidate.score[key]).toBeGreaterThan(candidate.low[key]!);
    }
  });
});
