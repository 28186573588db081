/** Figure 3 of studies with several students and seeds: one point a size of model, labels that can be read. */

import fc from 'fast-check';
import type { StudyRun } from 'ner-distill/experiment/study';
import { figure3 } from 'ner-distill/report/figures';
import { describe, expect, it } from 'vitest';
import { run, study } from './study.fixture';

const quality = { overall: [0.9, 0.9], critical: [0.9, 0.9] } as {
  overall: [number, number];
  critical: [number, number];
};

const teacher = run({ ...quality, role: 'teacher', latencyMs: 8 });

/** A run of a student of this size, in millions, whose repeats took `ms ± std`. */
function measured(student: string, size: number, ms: number, std: number, seed = 1): StudyRun {
  const base = run({ ...quality, role: 'vanilla', seed, latencyMs: ms });
  return {
    ...base,
    student,
    parameters: size * 1e6,
    latency: { ...base.latency!, stdSeconds: std / 1000 },
  };
}

interface Drawn {
  readonly x: readonly [number];
  readonly y: readonly [number];
  readonly error_y: { readonly array: readonly [number] };
}

function draw(runs: readonly StudyRun[]) {
  const figure = figure3({ ...study, students: ['student', '2 layers'], runs });
  const { annotations, yaxis } = figure.layout as unknown as {
    annotations: readonly { readonly y: number; readonly text: string }[];
    yaxis: { readonly range: readonly [number, number] };
  };
  return { figure, points: figure.data as unknown as readonly Drawn[], annotations, end: yaxis.range[1] };
}

describe('figure 3', () => {
  it('has a point for each size, with the deviation within and between its runs', () => {
    const runs = [teacher, measured('student', 60, 4, 0.3, 1), measured('student', 60, 4.8, 0.3, 2)];
    const { points, annotations } = draw([...runs, measured('2 layers', 40, 3, 0.1)]);
    expect(points.map(({ x, y }) => [...x, ...y.map(value => Number(value.toFixed(9)))])).toEqual([
      [108.898569, 8],
      [60, 4.4],
      [40, 3],
    ]);
    // Two runs 0.4 ms to either side of their mean, each ± 0.3 ms: √(0.3² + 0.4²).
    expect(points[1].error_y.array[0]).toBeCloseTo(0.5, 9);
    expect(annotations.map(({ text }) => text)).toEqual([
      '<b>teacher</b><br>8.00 ± 0.40 ms',
      '<b>student</b><br>4.40 ± 0.50 ms, 2 models',
      '<b>student (2 layers)</b><br>3.00 ± 0.10 ms',
    ]);
  });

  it('names all students of one size, and leaves out what was not measured', () => {
    const unmeasured = { ...measured('3 layers', 50, 1, 0), latency: null };
    const { figure } = draw([measured('student', 40, 3, 0), measured('2 layers', 40, 3, 0), unmeasured]);
    expect(figure.description).toBe('student and 2 layers: 3.00 ± 0.00 ms, 40 million parameters, 2 models');
  });

  it('has an arrow from each size to the same in 8 bits, whose mark is hollow', () => {
    const student = measured('student', 60, 4, 0.3);
    const rounded = {
      ...student,
      precision: 'int8',
      latency: measured('student', 60, 2, 0.1).latency,
    } as const;
    const figure = figure3({ ...study, runs: [teacher, student], quantized: [rounded] });
    const [arrow, ...marks] = figure.data as readonly Readonly<Record<string, unknown>>[];
    expect(arrow).toMatchObject({ x: [60, 60], y: [4, 2], marker: { symbol: 'arrow' } });
    expect(marks.map(({ name, x, y }) => [name, x, y])).toEqual([
      ['teacher', [108.898569], [8]],
      ['student', [60], [4]],
      ['student, int8', [60], [2]],
    ]);
    const colours = marks.map(({ marker }) => (marker as { readonly color: string }).color);
    expect(colours[2]).toBe('#ffffff');
    expect(colours[1]).not.toBe('#ffffff');
    expect(figure.description).toContain('student, int8: 2.00 ± 0.10 ms, 60 million parameters');
  });

  it('says which models are in 8 bits where their names are long', () => {
    const long = { ...measured('a student whose name has more letters than fit', 60, 4, 0.3) };
    const quantized = [{ ...long, precision: 'int8' as const }];
    const { annotations } = figure3({ ...study, runs: [long], quantized }).layout as unknown as {
      annotations: readonly { readonly text: string }[];
    };
    const [trained, rounded] = annotations.map(({ text }) => /<b>(.*)<\/b>/.exec(text)![1]);
    expect(trained).toMatch(/^student \(a student whose .*…$/);
    expect(rounded).toMatch(/^student \(a student whose .*…, int8$/);
    expect(rounded.length).toBeLessThanOrEqual(trained.length);
  });

  it('keeps the labels of any number of sizes apart, in the order of their points and inside the figure', () => {
    const latencies = fc.array(fc.double({ min: 0.001, max: 1000, noNaN: true }), {
      minLength: 1,
      maxLength: 15,
    });
    fc.assert(
      fc.property(latencies, values => {
        const { figure, annotations, end } = draw(values.map((ms, i) => measured(`${i}`, i + 1, ms, 0)));
        const plotHeight = figure.layout.height - 120;
        const heights = annotations
          .map(({ y }, i) => ({ ms: values[i], pixels: (y / end) * plotHeight }))
          .sort((a, b) => a.ms - b.ms || a.pixels - b.pixels)
          .map(({ pixels }) => pixels);
        expect(heights[0]).toBeGreaterThan(19.9);
        expect(plotHeight - heights[heights.length - 1]).toBeGreaterThan(19.9);
        for (let i = 1; i < heights.length; i++) expect(heights[i] - heights[i - 1]).toBeGreaterThan(39.9);
      }),
    );
  });
});
