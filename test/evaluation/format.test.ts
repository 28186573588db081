/** Layouts: conlleval's against text put together from the script's own numbers, the others by what they must hold. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { evaluate } from 'ner-distill/evaluation/evaluate';
import { alignColumns, formatConlleval, formatScores, scoreRows } from 'ner-distill/evaluation/format';
import { byMeasure } from 'ner-distill/evaluation/measures';
import { overlapScores } from 'ner-distill/evaluation/overlap';
import { averagesOf, countSpans, scores } from 'ner-distill/evaluation/scores';
import { describe, expect, it } from 'vitest';
import random from '../fixtures/conlleval-random.json';

const sample = join(__dirname, '../../../shared/fixtures/conlleval-output.txt');
/** What the script prints for the shared task's sample, as the task's page publishes it. */
const PUBLISHED = `processed 961 tokens with 459 phrases; found: 539 phrases; correct: 371.
accuracy:  84.08%; precision:  68.83%; recall:  80.83%; FB1:  74.35
             ADJP: precision:   0.00%; recall:   0.00%; FB1:   0.00  1
             ADVP: precision:  45.45%; recall:  62.50%; FB1:  52.63  11
               NP: precision:  64.98%; recall:  78.63%; FB1:  71.16  317
               PP: precision:  83.18%; recall:  98.89%; FB1:  90.36  107
             SBAR: precision:  66.67%; recall:  33.33%; FB1:  44.44  3
               VP: precision:  69.00%; recall:  79.31%; FB1:  73.80  100
`;

describe("conlleval's layout", () => {
  it.skipIf(!existsSync(sample))(
    "of the shared task's sample output (skipped where ../shared is absent)",
    () => {
      expect(formatConlleval(evaluate({ file: sample }).counts)).toBe(PUBLISHED);
    },
  );

  it('of 200 random files has the numbers of the script, byte for byte', () => {
    const number = (value: number): string => value.toFixed(2).padStart(6);
    const ratios = (of: { precision: number; recall: number; f1: number }): string =>
      `precision: ${number(of.precision)}%; recall: ${number(of.recall)}%; FB1: ${number(of.f1)}`;
    for (const { gold, predicted, expected } of random) {
      const tokens = gold.flat().length;
      const lines = [
        `processed ${tokens} tokens with ${expected.gold} phrases; found: ${expected.found} phrases; correct: ${expected.correct}.`,
        `accuracy: ${number(expected.accuracy)}%; ${ratios(expected)}`,
        ...Object.entries(expected.byType).map(
          ([type, of]) => `${type.padStart(17)}: ${ratios(of)}  ${of.found}`,
        ),
      ];
      expect(formatConlleval(countSpans(gold, predicted))).toBe(`${lines.join('\n')}\n`);
    }
  });

  it('rounds a tie to the even digit, as C does: 1 of 32 is 3.125 %', () => {
    const gold = [Array(32).fill('B-X')];
    const predicted = [['B-X', ...Array(31).fill('O')]];
    expect(formatConlleval(countSpans(gold, predicted))).toContain('recall:   3.12%');
    const seven = [[...Array(3).fill('B-X'), ...Array(29).fill('O')]];
    expect(formatConlleval(countSpans(gold, seven))).toContain('recall:   9.38%');
  });

  it('counts document marks as tokens that are tagged right, as the script does', () => {
    const counts = countSpans([['B-PER', 'O']], [['O', 'O']]);
    expect(formatConlleval(counts, 2).split('\n').slice(0, 2)).toEqual([
      'processed 4 tokens with 1 phrases; found: 0 phrases; correct: 0.',
      'accuracy:  75.00%; precision:   0.00%; recall:   0.00%; FB1:   0.00',
    ]);
  });

  it('prints 0.00 where nothing is defined', () => {
    expect(formatConlleval(countSpans([['O', 'O']], [['O', 'O']]))).toBe(
      'processed 2 tokens with 0 phrases; found: 0 phrases; correct: 0.\n' +
        'accuracy: 100.00%; precision:   0.00%; recall:   0.00%; FB1:   0.00\n',
    );
  });
});

const gold = [['B-PER', 'I-PER', 'O', 'B-LOC']];
const predicted = [['B-PER', 'O', 'O', 'B-LOC']];
const found = scores(gold, predicted, { critical: ['PER'] });
const evaluation = {
  ...found,
  ...averagesOf(found.byType),
  overlap: overlapScores(gold, predicted),
  intervals: {
    ...byMeasure(() => null),
    f1: { low: 0.25, high: 1, confidence: 0.9, resamples: 10 },
    coverage: { low: 0, high: 0.5, confidence: 0.9, resamples: 10 },
  },
};

it('the table has a line for everything, and a dash for what is not defined', () => {
  const lines = formatScores(evaluation).split('\n');
  expect(lines.map(line => line.split(/ {2,}/)[0])).toEqual([
    '',
    'overall',
    'LOC',
    'PER',
    'macro average',
    'weighted average',
    'critical',
    'coverage of critical entities 0.00 %, tokens right 75.00 %',
    expect.stringMatching(/^90 % intervals: F1 25\.00–100\.00, F1_critical –, Coverage 0\.00–50\.00/),
    '',
    'with credit for overlaps',
    '',
    'strict',
    'exact',
    'partial',
    'type',
    '',
  ]);
  expect(formatScores({ ...evaluation, coverage: null })).toContain('coverage of critical entities – %');
});

it('rows have fractions, counts and ends of intervals', () => {
  const rows = scoreRows(evaluation);
  expect(rows.find(row => row.types === 'overall')).toMatchObject({
    matching: 'exact',
    f1_fraction: 0.5,
    f1_low_fraction: 0.25,
    f1_high_fraction: 1,
    gold_spans: 2,
    missed_spans: null,
  });
  expect(rows.find(row => row.types === 'PER' && row.matching === 'overlap partial')).toMatchObject({
    f1_fraction: 0.5,
    partial_spans: 1,
    gold_spans: 1,
  });
  expect(new Set(rows.map(row => Object.keys(row).join()))).toHaveProperty('size', 1);
});

it('rows are aligned, however many there are', () => {
  const text = alignColumns([['', 'a'], ...Array.from({ length: 200_000 }, (_, i) => [String(i), 'b'])]);
  expect(text.slice(0, 20)).toBe('        a\n0       b\n');
});
