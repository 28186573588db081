/** Columns of the study's tables and of those that a cell makes up. */
import { percent as formatFraction } from 'ner-distill/evaluation/format';
import { MEASURES } from 'ner-distill/evaluation/measures';
import { columnOf, formatValue, forReport, forTerminal } from 'ner-distill/report/columns';
import { reportTable } from 'ner-distill/report/report-table';
import { table1, table2 } from 'ner-distill/report/tables';
import { describe, expect, it } from 'vitest';
import { run, study } from './study.fixture';

const shown = (name: string, value: string | number | null | undefined) => formatValue(columnOf(name), value);

describe('a column', () => {
  it.each([
    ['f1_critical_percent', 'F1 critical, %'],
    ['f1_critical_difference_percent', 'F1 critical difference, %'],
    ['f1_p_holm', 'F1 p holm'],
    ['paper_f1_critical_percent', 'paper: F1 critical, %'],
    ['paper_latency_ms', 'paper: latency, ms'],
    ['latency_mean_ms', 'latency mean, ms'],
    ['beta', 'β'],
    ['parameters', 'parameters'],
  ])('of the tables: %s has the heading %s', (name, heading) => {
    expect(columnOf(name).heading).toBe(heading);
  });

  it.each([
    ['O_fraction', 'O, fraction'],
    ['σ(z) of the tag_fraction', 'σ(z) of the tag, fraction'],
    ['real_p90_ms', 'real p90, ms'],
    ['took_seconds', 'took, s'],
    ['per_1000_sentences_joules', 'per 1000 sentences, J'],
    ['f1_critical_on_test_percent', 'F1 critical on test, %'],
    ['gold_spans', 'gold spans'],
    ['percent', 'percent'],
    ['toString', 'toString'],
    ['is_constructor', 'is constructor'],
  ])('of one’s own: the unit is the last part of %s, so that it has the heading %s', (name, heading) => {
    expect(columnOf(name).heading).toBe(heading);
  });

  it('has its numbers in its unit, counts with separators, and a dash for what is missing', () => {
    expect(shown('f1_percent', 91.3456)).toBe('91.35');
    expect(shown('O_fraction', 0.25)).toBe('0.2500');
    expect(shown('latency_ms', 4.4)).toBe('4.40');
    expect(shown('parameters', 66369801)).toBe('66,369,801');
    expect(shown('file_bytes', 265_500_000)).toBe('265.50');
    expect(shown('beta', 0.1)).toBe('0.1');
    expect(shown('p (Holm)', 0.00034567)).toBe('0.0003457');
    for (const missing of [null, undefined, Number.NaN]) {
      expect(shown('coverage_percent', missing)).toBe('–');
      expect(shown('piece', missing)).toBe('–');
    }
    expect(formatFraction(0.91234)).toBe('91.23');
  });

  it('of seeds tells them apart, whatever their length', () => {
    expect(shown('seed', 2024)).toBe('2024');
    expect(shown('seed', 20240229)).toBe('20240229');
  });
});

describe('the report', () => {
  const headings = (html: string) =>
    [...html.matchAll(/<button type="button">(.*?)<\/button>/g)].map(m => m[1]);

  it('has quality first, then cost and where the numbers are from; parts, and what the paper prints, stand in cells', () => {
    expect(headings(reportTable(forReport(table1(study)), 'Table 1'))).toEqual([
      'model',
      ...MEASURES.map(({ name }) => columnOf(`${name}_percent`).heading),
      'parameters',
      'MB',
      'latency, ms',
      'speed-up, times',
      'energy per 1000 sentences, J',
      'runs',
    ]);
  });

  it('has the number of seeds where there are several, and no column that is empty throughout', () => {
    const runs = [1, 2].map(seed =>
      run({ role: 'control', seed, overall: [0.9, 0.9], critical: [0.9, 0.9] }),
    );
    expect(headings(reportTable(forReport(table1({ ...study, runs })), 'Table 1'))).toEqual([
      'model',
      ...MEASURES.map(({ name }) => columnOf(`${name}_percent`).heading),
      'parameters',
      'MB',
      'seeds',
      'runs',
    ]);
    expect(forReport([])).toEqual([]);
  });
});

it('a terminal has the scores, and of the sweep the difference and the corrected p-value that decide', () => {
  expect(Object.keys(forTerminal(table1(study), 'costs')[0])).toEqual([
    'model',
    'parameters',
    'file_bytes',
    'latency_mean_ms',
    ...MEASURES.map(({ name }) => `${name}_percent`),
  ]);
  expect(new Set(Object.keys(forTerminal(table2(study), 'differences')[0]))).toEqual(
    new Set([
      'form',
      'beta',
      ...MEASURES.map(({ name }) => `${name}_percent`),
      'f1_critical_difference_percent',
      'f1_critical_p_holm',
    ]),
  );
});
