/** Learning curves: what is drawn where, and in words. */
import { learningCurves } from 'ner-distill/report/learning-curves';
import { describe, expect, it } from 'vitest';

const step = (number: number, epoch: number, loss: number) => ({
  ...{ step: number, epoch, learningRate: 0.1, gradientNorm: 1 },
  loss,
});
const history = [step(1, 1, 4), step(2, 1, 2), step(3, 2, 1), step(4, 2, 0.5)];

describe('learning curves', () => {
  it('put every step at its share of the epochs, and scores after their epochs', () => {
    const { data } = learningCurves([{ name: 'a <b>', role: 'teacher', history, scores: [0.5, null] }]);
    expect(data[0]).toMatchObject({ name: 'a &#60;b&#62;', x: [0.5, 1, 1.5, 2], y: [4, 2, 1, 0.5] });
    expect(data[1]).toMatchObject({ x: [1, 2], y: [50, null], yaxis: 'y2' });
  });

  it('draw means of neighbours where there are many steps', () => {
    const long = Array.from({ length: 300 }, (_, i) => step(i + 1, 1, i % 3));
    const [{ x, y }] = learningCurves([{ name: 'long', role: 'vanilla', history: long, scores: [] }]).data;
    expect((y as number[]).slice(0, 3)).toEqual([1, 1, 1]);
    expect(x).toHaveLength(100);
    expect((x as number[]).at(-1)).toBe(1);
  });

  it('say in words where a training began and ended', () => {
    expect(
      learningCurves([{ name: 'teacher', role: 'teacher', history, scores: [0.5, 0.75] }]).description,
    ).toBe('teacher: 4 steps, loss 4.000 → 0.500, F1_critical on validation 75.00 %');
    expect(learningCurves([{ name: 'none', role: 'control', history: [], scores: [] }]).description).toBe(
      'none: not trained here',
    );
  });
});
