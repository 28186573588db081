/** A student of a loss that the plan does not have: it stands under its name wherever the study's models stand. */
import { sentenceOnBeta } from 'ner-distill/report/beta-sentence';
import { figure1, figure2, figure4 } from 'ner-distill/report/figures';
import { reportHtml } from 'ner-distill/report/html';
import { candidatesOf } from 'ner-distill/report/summaries';
import { table1, table2 } from 'ner-distill/report/tables';
import { describe, expect, it } from 'vitest';
import { comparison, evidence, run, study } from './study.fixture';

const own = run({
  role: 'distilled',
  form: 'reverse KL <2>',
  overall: [0.9, 0.9],
  critical: [0.91, 0.91],
  latencyMs: 4.5,
});
const withOwn = {
  ...study,
  runs: [...study.runs, own],
  comparisons: [...study.comparisons, comparison('reverse KL <2>', null, -0.01, 0.03)],
};
const NAME = 'student (reverse KL <2>)';
const ESCAPED = 'student<br>(reverse KL &#60;2&#62;)';

it('a sweep of a loss that is not the paper’s has its numbers at β = 0 alone', () => {
  const swept = {
    ...study,
    forms: ['hidden'],
    runs: study.runs.map(each => (each.role === 'constrained' ? { ...each, form: 'hidden' } : each)),
  };
  const rows = table2(swept);
  expect(rows.length).toBeGreaterThan(1);
  for (const { beta, paper_f1_percent } of rows) expect(paper_f1_percent !== null).toBe(beta === 0);
});

describe('a student of a loss of one’s own', () => {
  it('has a row in Table 1, after the study’s models', () => {
    expect(table1(withOwn).map(({ model }) => model)).toEqual([
      ...table1(study).map(({ model }) => model),
      NAME,
    ]);
    expect(table1(withOwn).at(-1)).toMatchObject({ f1_percent: 90, paper_f1_percent: null });
  });

  it('has a row in Table 2, without β, with its difference from vanilla', () => {
    expect(table2(withOwn).slice(0, -1)).toEqual(table2(study));
    expect(table2(withOwn).at(-1)).toMatchObject({
      form: 'reverse KL <2>',
      beta: null,
      f1_percent: 90,
      f1_critical_difference_percent: -1,
      f1_critical_p_holm: 0.03,
      paper_f1_percent: null,
      runs: own.id,
    });
  });

  it('has a dot in Figures 1 and 2, and a level in Figure 4', () => {
    for (const figure of [figure1(withOwn), figure2(withOwn)]) {
      expect((figure.layout.yaxis as { ticktext: string[] }).ticktext).toContain(ESCAPED);
      expect(figure.description).toContain(`${NAME}: `);
    }
    const { data, description } = figure4(withOwn);
    const levels = data.filter(({ name }) => name === 'reverse KL &#60;2&#62; (no β)');
    expect(levels.map(({ y }) => (y as number[]).map(value => value.toFixed(2)))).toEqual([
      ['90.00', '90.00'],
      ['91.00', '91.00'],
    ]);
    expect(description).toContain('F1, all types, reverse KL &#60;2&#62; (no β): 90.00');
  });

  it('with a β of its own has neither the paper’s numbers beside it, nor “no β” in Figure 4', () => {
    const sharp = { ...own, form: 'sharp', beta: 0.5 };
    const withSharp = { ...study, runs: [...study.runs, sharp] };
    expect(table2(withSharp).at(-1)).toMatchObject({ form: 'sharp', beta: 0.5, paper_f1_percent: null });
    const { data, description } = figure4(withSharp);
    expect(data.filter(({ name }) => name === 'sharp')).toHaveLength(2);
    expect(description).toContain('F1, all types, sharp: ');
  });

  it('is told from another by its line in Figure 4', () => {
    const { data } = figure4({ ...withOwn, runs: [...withOwn.runs, { ...own, form: 'sharp' }] });
    const [line, another] = ['reverse', 'sharp'].map(
      form => data.find(({ name }) => String(name).startsWith(form))?.line,
    );
    expect(line).toMatchObject({ dash: 'longdash' });
    expect(another).not.toEqual(line);
  });

  it('is one to choose from, and one of the comparisons of the family, but no β', () => {
    expect(candidatesOf(withOwn).at(-1)).toMatchObject({ name: NAME, runs: [own.id] });
    expect(sentenceOnBeta(withOwn)).toContain('3 comparisons with vanilla');
    expect(sentenceOnBeta(withOwn)).not.toContain('reverse');
  });

  it('stands in the report with its run', () => {
    const html = reportHtml({
      study: withOwn,
      tables: [{ title: 'Table 2', rows: table2(withOwn) }],
      figures: [],
      facts: [],
      settings: { title: 'Settings', rows: [] },
      configOf: evidence.configOf,
      versions: '',
      made: '',
      notes: [],
    });
    expect(html).toContain('reverse KL &#60;2&#62;');
    expect(html).toContain(`id="run-${own.id.replace('<', '&#60;').replace('>', '&#62;')}"`);
  });
});
