/** Figures for a telephone: all that was there, below each other. */
import { figure1, figure2, figure3, figure4 } from 'ner-distill/report/figures';
import { narrowFigure } from 'ner-distill/report/narrow-figure';
import { describe, expect, it } from 'vitest';
import { run, study } from './study.fixture';

type Axis = { domain: [number, number]; title?: { text: string } };

describe('a figure for a telephone', () => {
  it('has its panels below each other, with an axis of ordinates each', () => {
    for (const figure of [figure2(study), figure4(study)]) {
      const { data, layout } = narrowFigure(figure);
      const { xaxis, xaxis2, yaxis, yaxis2 } = layout as unknown as Record<string, Axis>;
      expect([xaxis.domain, xaxis2.domain]).toEqual([
        [0, 1],
        [0, 1],
      ]);
      expect(yaxis.domain[1]).toBe(1);
      expect(yaxis2.domain[0]).toBe(0);
      expect(yaxis.domain[0]).toBeGreaterThan(yaxis2.domain[1]);
      expect(data).toHaveLength(figure.data.length);
      for (const trace of data) expect(trace.yaxis ?? 'y').toBe(String(trace.xaxis ?? 'x').replace('x', 'y'));
    }
  });

  it('is as wide as a telephone, and has its title in lines', () => {
    for (const figure of [figure1(study), figure3(study)]) {
      const { layout } = narrowFigure(figure);
      expect(layout.width).toBeLessThan(360);
      const { text } = layout.title as { text: string };
      for (const line of text.split('<br>')) expect(line.length).toBeLessThan(45);
    }
  });

  it('can be made of a study in which nothing, or the teacher alone, was run', () => {
    const teacher = run({ role: 'teacher', overall: [1, 1], critical: [1, 1] });
    for (const runs of [[], [teacher]])
      for (const figure of [figure1, figure2, figure3, figure4])
        expect(narrowFigure(figure({ ...study, runs, comparisons: [] })).layout.width).toBeLessThan(360);
  });
});
