import { toCsv } from 'ner-distill/csv';
import { byMeasure } from 'ner-distill/evaluation/measures';
import type { StudyRun } from 'ner-distill/experiment/study';
import { factsSummary, studyFacts } from 'ner-distill/report/lost-facts';
import { PAPER_TABLE_1, PAPER_TABLE_2 } from 'ner-distill/report/paper-tables';
import { fromFrame, runsTable, table1, table2, toFrame } from 'ner-distill/report/tables';
import { describe, expect, it } from 'vitest';
import { run, study } from './study.fixture';

describe('table1', () => {
  it('has teacher, control, vanilla and the best constrained student, the paper beside', () => {
    const rows = table1(study);
    expect(rows.map(row => row.model)).toEqual([
      'teacher',
      'student without teacher',
      'vanilla student',
      'constrained student (logits, β = 0.2)',
    ]);
    expect(rows.map(row => row.paper_f1_percent)).toEqual([90.8186, null, 91.1686, null]);
    expect(rows[0]).toMatchObject({
      parameters: 108898569,
      latency_mean_ms: 8.1,
      latency_std_ms: 0.405,
      f1_percent: 90.8487,
      coverage_percent: 90.6,
      runs: 'teacher--1',
    });
  });

  it('has the speed-up over the teacher in pairs of repeats, and none of a model that was measured in another session', () => {
    const [teacher, , vanilla] = study.runs;
    const timed = (each: StudyRun, repeatSeconds: number[], session = 'one') => ({
      ...each,
      latency: { ...each.latency!, repeatSeconds, session },
    });
    const speedups = (session: string) =>
      table1({
        ...study,
        // Logarithms 0.5, 0.7, 0.9 of the ratios: as in the test of the speed-up itself.
        runs: [timed(teacher, [0.5, 0.7, 0.9].map(Math.exp)), timed(vanilla, [1, 1, 1], session)],
      }).map(row => [row.speedup_times, row.speedup_low_times, row.speedup_high_times]);
    const none = [null, null, null];
    expect(speedups('one')).toEqual([none, [2.0138, 1.2253, 3.3096]]);
    expect(speedups('another')).toEqual([none, none]);
  });

  it('chooses by the validation split, not by the test split, and the smaller β of equals', () => {
    const point = (beta: number, test: number, validation: number) =>
      run({
        role: 'constrained',
        form: 'weighted',
        beta,
        overall: [0.9, 0.9],
        critical: [test, test],
        validationCritical: [validation, validation],
      });
    const runs = [point(0.5, 0.99, 0.9), point(0.2, 0.9, 0.91), point(0.1, 0.8, 0.91), point(0, 1, 1)];
    expect(table1({ ...study, runs }).map(row => row.model)).toEqual([
      'constrained student (weighted, β = 0.1)',
    ]);
  });

  it('gives means and deviations over seeds', () => {
    const seeds = [0.9, 0.94].map((f1, i) =>
      run({ role: 'vanilla', seed: i, overall: [f1, f1], critical: [f1, f1] }),
    );
    expect(table1({ ...study, runs: seeds })[0]).toMatchObject({
      seeds: 2,
      f1_percent: 92,
      // sqrt((2² + 2²) / (n − 1))
      f1_std_percent: 2.8284,
      f1_min_percent: 90,
      f1_max_percent: 94,
      latency_mean_ms: null,
      runs: 'vanilla-0-0 vanilla-0-1',
    });
  });
});

describe('models in 8 bits', () => {
  const difference = (value: number) => ({
    difference: value,
    interval: { low: value - 0.01, high: value + 0.02, confidence: 0.95, resamples: 100 },
    pValue: 0.03,
    pHolm: 0.06,
    pPermutation: null,
    detectable: null,
  });
  const vanilla = (seed: number, f1: number) =>
    run({ role: 'vanilla', seed, overall: [f1, f1], critical: [f1, f1], latencyMs: 4 });
  const runs = [vanilla(1, 0.9), vanilla(2, 0.94)];
  const quantized = [vanilla(1, 0.89), vanilla(2, 0.92)].map(
    each => ({ ...each, precision: 'int8', bytes: 70_000_000 }) as const,
  );
  const ids = runs.map(({ id }) => id);
  const interval = (low: number) => ({ low, high: low + 0.1, confidence: 0.95, resamples: 100 });
  const twice = {
    ...study,
    runs,
    quantized,
    quantization: [{ runs: ids, of: byMeasure(() => difference(-0.015)) }],
    overSeeds: (['fp32', 'int8'] as const).map(precision => ({
      runs: ids,
      precision,
      of: byMeasure(() => interval(precision === 'fp32' ? 0.85 : 0.8)),
    })),
  };

  it('are rows below themselves as they were trained, without the paper, with their differences', () => {
    const [trained, rounded, ...others] = table1(twice);
    expect(others).toEqual([]);
    expect(trained).toMatchObject({
      model: 'vanilla student',
      precision: 'fp32',
      file_bytes: 265_500_000,
      f1_percent: 92,
      f1_low_percent: 85,
      f1_difference_percent: null,
      paper_f1_percent: 91.1686,
    });
    expect(rounded).toMatchObject({
      model: 'vanilla student, int8',
      precision: 'int8',
      parameters: trained.parameters,
      file_bytes: 70_000_000,
      // (0.89 + 0.92) / 2
      f1_percent: 90.5,
      f1_low_percent: 80,
      f1_difference_percent: -1.5,
      f1_difference_low_percent: -2.5,
      f1_difference_high_percent: 0.5,
      f1_p: 0.03,
      f1_p_holm: 0.06,
      paper_f1_percent: null,
      seeds: 2,
      runs: trained.runs,
    });
  });

  it('change no other row or column of the tables', () => {
    expect(table1({ ...twice, quantized: [], quantization: [] })).toEqual([table1(twice)[0]]);
    expect(table2(twice)).toEqual(table2({ ...twice, quantized: [], quantization: [] }));
    expect(runsTable(twice).slice(0, runsTable({ ...twice, quantized: [] }).length)).toEqual(
      runsTable({ ...twice, quantized: [] }),
    );
  });

  it('are counted among those that lost facts', () => {
    const teacher = run({ role: 'teacher', overall: [1, 1], critical: [1, 1] });
    const gold = ['B-PER', 'O', 'B-ORG', 'B-PER'];
    const found: Record<string, readonly string[]> = {
      'teacher fp32': ['B-PER', 'O', 'B-ORG', 'O'],
      'vanilla fp32': ['B-PER', 'O', 'B-ORG', 'O'],
      'vanilla int8': ['B-PER', 'O', 'B-LOC', 'B-PER'],
    };
    const facts = studyFacts(
      { ...twice, runs: [teacher, runs[0]], quantized: [quantized[0]] },
      ({ role, precision }) => [
        { words: ['Ann', 'at', 'Acme', 'Bo'], gold, predicted: found[`${role} ${precision}`] },
      ],
    );
    expect(facts.map(({ text, fate, int8_fate, int8 }) => [text, fate, int8_fate, int8])).toEqual([
      ['Ann', 'kept', 'kept', 'PER Ann'],
      ['Acme', 'kept', 'lost', 'LOC Acme'],
      ['Bo', 'missed', 'gained', 'PER Bo'],
    ]);
    expect(factsSummary(facts)).toEqual([
      expect.objectContaining({ facts: 3, kept: 2, missed: 1, lost_by_int8: 1, gained_by_int8: 1 }),
    ]);
  });
});

describe('table2', () => {
  it('has a row for each form and β, with the vanilla student at β = 0', () => {
    const rows = table2(study);
    expect(rows.map(row => `${row.form} ${row.beta}`)).toEqual(
      ['logits', 'weighted'].flatMap(form => [0, 0.1, 0.2, 0.5].map(beta => `${form} ${beta}`)),
    );
    expect(rows[0].runs).toBe('vanilla-0-1');
    expect(rows[4].runs).toBe('vanilla-0-1');
    expect(rows[2]).toMatchObject({ precision_percent: 91.5, recall_percent: 91.2, paper_f1_percent: 92.3 });
  });

  it('leaves out what was not run', () => {
    expect(table2({ ...study, runs: [] })).toEqual([]);
  });
});

describe('runsTable', () => {
  it('has every score of every run in long form', () => {
    const rows = runsTable(study);
    expect(rows).toHaveLength(study.runs.length * 2 * 4);
    expect(rows.find(row => row.types === 'MISC')).toMatchObject({ f1_fraction: null, gold_spans: 0 });
  });
});

describe("the paper's numbers", () => {
  it('are consistent: F1 of Table 2 is that of its precision and recall, to rounding', () => {
    for (const { percent } of PAPER_TABLE_2) {
      const f1 = (p: number, r: number) => (2 * p * r) / (p + r);
      expect(Math.abs(f1(percent.precision!, percent.recall!) - percent.f1!)).toBeLessThan(0.011);
      expect(
        Math.abs(f1(percent.precision_critical!, percent.recall_critical!) - percent.f1_critical!),
      ).toBeLessThan(0.011);
      expect(percent.coverage).toBe(percent.recall_critical);
    }
    expect(PAPER_TABLE_1.teacher?.parameters).toBe(108_898_569);
  });
});

describe('toCsv', () => {
  it('quotes commas, quotes and line breaks, leaves null empty and ends lines with CRLF', () => {
    const rows = [
      { name: 'a, b', value: 1.5 },
      { name: 'say "hi"\n', value: null },
    ];
    expect(toCsv(rows)).toBe('name,value\r\n"a, b",1.5\r\n"say ""hi""\n",\r\n');
  });
});

describe('toFrame', () => {
  it('keeps columns, numbers and missing values', () => {
    const frame = toFrame(table1(study));
    expect(frame.shape).toEqual([4, Object.keys(table1(study)[0]).length]);
    expect(frame.columns.slice(0, 2)).toEqual(['model', 'precision']);
    expect(frame.values[0]).toContain(108898569);
    expect(frame.toString()).toContain('vanilla student');
  });

  it('takes a column that is empty throughout', () => {
    expect(toFrame([{ a: 1, b: null }]).shape).toEqual([1, 2]);
    expect(toFrame([]).shape).toEqual([0, 0]);
  });
});

describe('a frame that is filtered', () => {
  const rows = [0.3, 0, 0.5, 0.1, 0, 0.2].map((beta, i) => ({ beta, name: 'abcdef'[i] }));
  const frame = toFrame(rows);
  const sorted = frame.sortValues('beta', { ascending: false })!;
  const namesOf = (of: typeof frame) => fromFrame(of).map(({ name }) => name);

  it('and was sorted before, has the rows of the condition in its order', () => {
    expect(namesOf(sorted)).toEqual(['c', 'a', 'f', 'd', 'b', 'e']);
    expect(namesOf(sorted.query(sorted.beta.gt(0.1))!)).toEqual(['c', 'a', 'f']);
    expect(namesOf(sorted.iloc({ rows: sorted.beta.lt(0.3) }))).toEqual(['f', 'd', 'b', 'e']);
    expect([...sorted.name.iloc(sorted.beta.lt(0.2)).values]).toEqual(['d', 'b', 'e']);
  });

  it('and was filtered before, has the rows of both conditions', () => {
    const some = frame.query(frame.beta.gt(0))!;
    expect(namesOf(some)).toEqual(['a', 'c', 'd', 'f']);
    expect(namesOf(some.query(some.beta.lt(0.5))!)).toEqual(['a', 'd', 'f']);
    expect(namesOf(some.sortValues('beta')!)).toEqual(['d', 'f', 'a', 'c']);
    expect(namesOf(some.head(2))).toEqual(['a', 'c']);
    expect(namesOf(some.tail(2))).toEqual(['d', 'f']);
  });

  it('has no row where none fits, and takes places and slices as before', () => {
    expect(namesOf(sorted.query(sorted.beta.gt(1))!)).toEqual([]);
    expect(namesOf(frame.iloc({ rows: [2, 0] }))).toEqual(['c', 'a']);
    expect(namesOf(sorted.iloc({ rows: ['1:3'] }))).toEqual(['a', 'f']);
  });
});

describe("columns with the names of a frame's own properties", () => {
  it.each(['shape', 'values', 'columns', '$data', 'index', 'toString', 'head', 'shape_'])(
    'such as %s',
    name => {
      const rows = [{ [name]: 1, part: 'train' }];
      const frame = toFrame(rows);
      expect(frame.shape).toEqual([1, 2]);
      expect(frame.columns).toEqual([`${name}_`, 'part']);
      expect(frame.toString()).toContain('train');
      expect(fromFrame(frame)).toEqual(rows);
    },
  );

  it('but not others that end so', () => {
    expect(toFrame([{ model_: 1 }]).columns).toEqual(['model_']);
    expect(fromFrame(toFrame([{ model_: 1 }]))).toEqual([{ model_: 1 }]);
  });
});

describe('fromFrame', () => {
  const rows = [
    { model: 'b', f1_percent: 91.3456, paper: null, seeds: 2 },
    { model: null, f1_percent: null, paper: null, seeds: 3 },
  ];

  it('gives back the rows that the frame was made of, with missing text, numbers and columns', () => {
    expect(fromFrame(toFrame(rows))).toEqual(rows);
    expect(fromFrame(toFrame(table1(study)))).toEqual(table1(study));
    expect(fromFrame(toFrame([]))).toEqual([]);
  });

  it('has the columns and rows in the order that Danfo gave them', () => {
    const frame = toFrame(rows)
      .sortValues('seeds', { ascending: false })
      .loc({ columns: ['seeds', 'model'] });
    expect(Object.entries(fromFrame(frame)[0])).toEqual([
      ['seeds', 3],
      ['model', null],
    ]);
    expect(fromFrame(frame.query(frame.seeds.gt(9)))).toEqual([]);
  });
});
