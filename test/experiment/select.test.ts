import fc from 'fast-check';
import { InputError } from 'ner-distill/errors';
import { byMeasure } from 'ner-distill/evaluation/measures';
import { type Candidate, paretoFront, selectModel } from 'ner-distill/experiment/select';
import { paretoFigure } from 'ner-distill/report/pareto-figure';
import { renderSvg } from 'ner-distill/report/render';
import { candidatesOf } from 'ner-distill/report/summaries';
import { describe, expect, it } from 'vitest';
import { study } from '../report/study.fixture';

function model(
  name: string,
  parameters: number,
  latencyMs: number | null,
  f1Critical: number,
  margin = 0.05,
): Candidate {
  return {
    name,
    runs: [name],
    parameters,
    precision: 'fp32',
    bytes: 4 * parameters,
    latencyMs,
    score: byMeasure(() => f1Critical),
    low: byMeasure(() => f1Critical - margin),
  };
}
const large = model('large', 100, 8, 0.95);
const middle = model('middle', 60, 4, 0.93, 0.01);
const small = model('small', 30, 5, 0.9);
const ALL = [large, middle, small];
const choose = (prefer: 'smallest' | 'fastest' | 'best', least = {}, by: 'score' | 'low' = 'score') =>
  selectModel(ALL, { prefer, least, by }).name;

describe('the model chosen', () => {
  it('is the smallest, the fastest or the best', () => {
    expect([choose('smallest'), choose('fastest'), choose('best')]).toEqual(['small', 'middle', 'large']);
  });

  it('reaches every bound, by its score or by the lower end of its interval', () => {
    expect(choose('smallest', { coverage: 0.92 })).toBe('middle');
    expect(choose('smallest', { coverage: 0.92, f1Critical: 0.94 })).toBe('large');
    expect(choose('best', { coverage: 0.91 }, 'low')).toBe('middle');
  });

  it('is refused where none does, with what is missing', () => {
    expect(() => choose('best', { coverage: 0.97 })).toThrow(InputError);
    expect(() => choose('best', { coverage: 0.97 })).toThrow(
      'no model reaches the bounds: "large" comes nearest and falls 2.00 points short',
    );
    expect(() => selectModel([], { prefer: 'best', least: {}, by: 'score' })).toThrow('there is no model');
    expect(() =>
      selectModel([model('a', 1, null, 1)], { prefer: 'fastest', least: {}, by: 'score' }),
    ).toThrow('was not measured');
  });
});

describe('the Pareto front', () => {
  it('leaves out what another model beats at no more cost', () => {
    const names = (cost: (candidate: Candidate) => number | null) =>
      paretoFront(ALL, cost).map(({ name }) => name);
    expect(names(({ parameters }) => parameters)).toEqual(['small', 'middle', 'large']);
    expect(names(({ latencyMs }) => latencyMs)).toEqual(['middle', 'large']);
  });

  it('holds for every model a front model that is no dearer and no worse, and falls nowhere', () => {
    const candidates = fc.array(
      fc.record({ cost: fc.integer({ min: 1, max: 6 }), f1: fc.integer({ min: 0, max: 6 }) }),
      { minLength: 1, maxLength: 12 },
    );
    fc.assert(
      fc.property(candidates, points => {
        const models = points.map(({ cost, f1 }, i) => model(`${i}`, cost, cost, f1 / 6));
        const front = paretoFront(models, ({ parameters }) => parameters);
        for (const each of models)
          expect(
            front.some(
              other =>
                other.parameters! <= each.parameters! && other.score.f1Critical! >= each.score.f1Critical!,
            ),
          ).toBe(true);
        for (let i = 1; i < front.length; i++) {
          expect(front[i].parameters).toBeGreaterThan(front[i - 1].parameters!);
          expect(front[i].score.f1Critical!).toBeGreaterThan(front[i - 1].score.f1Critical!);
        }
      }),
    );
  });
});

describe('the candidates of a study', () => {
  it('have the scores of the part that is asked for', () => {
    const [teacher, , vanilla] = candidatesOf(study, 'test');
    expect(teacher).toMatchObject({ name: 'teacher', parameters: 108_898_569, latencyMs: 8.1 });
    expect(vanilla.score.coverage).toBe(0.922);
    expect(vanilla.low.coverage).toBeCloseTo(0.902, 12);
  });
});

describe('candidates in 8 bits', () => {
  const rounded = study.runs.slice(0, 2).map(each => ({ ...each, precision: 'int8', bytes: 100 }) as const);
  const withRounded = { ...study, quantized: rounded };

  it('are there where they are asked for, each behind itself as it was trained', () => {
    const names = (precisions?: readonly ('fp32' | 'int8')[]) =>
      candidatesOf(withRounded, 'test', precisions)
        .slice(0, 5)
        .map(({ name, precision, bytes }) => [name, precision, bytes]);
    expect(names(['fp32', 'int8'])).toEqual([
      ['teacher', 'fp32', 435_600_000],
      ['teacher, int8', 'int8', 100],
      ['student without teacher', 'fp32', 265_500_000],
      ['student without teacher, int8', 'int8', 100],
      ['vanilla student', 'fp32', 265_500_000],
    ]);
    expect(candidatesOf(withRounded, 'test')).toEqual(candidatesOf(study, 'test'));
    expect(candidatesOf(withRounded, 'test', ['int8']).map(({ name }) => name)).toEqual([
      'teacher, int8',
      'student without teacher, int8',
    ]);
  });

  it('stand in the Pareto figure under a ring, by the size of their files', () => {
    const figure = paretoFigure(candidatesOf(withRounded, 'test', ['fp32', 'int8']), 'test part');
    expect(figure.data).toHaveLength(6);
    expect(figure.data[2]).toMatchObject({ name: 'in 8 bits', x: [0.0001, 0.0001] });
    expect(figure.description).toContain('On the front by file of the model: ');
    expect(figure.description).toContain('at 0.0001 MB');
  });
});

describe('the Pareto figure', () => {
  it('has a panel for parameters and one for latency, and says in words what is on the fronts', async () => {
    const figure = paretoFigure(ALL, 'validation part');
    expect(figure.data).toHaveLength(4);
    expect(figure.data[1]).toMatchObject({ name: 'Pareto front', y: [90, 93, 95] });
    expect(figure.description).toContain(
      'On the front by latency of a batch: middle, 93.00 % at 4 ms; large, 95.00 % at 8 ms.',
    );
    expect(await renderSvg(figure)).toContain('Quality against cost on the validation part');
  });

  it('leaves a teacher of which only logits were given out where its cost is not known', () => {
    const given = { ...large, parameters: null, bytes: null, latencyMs: null };
    const rounded = { ...middle, name: 'middle, int8', precision: 'int8', bytes: 20 } as const;
    for (const candidates of [
      [given, middle, small],
      [given, middle, rounded],
    ])
      for (const figure of [paretoFigure(candidates, 'test part')]) {
        expect(JSON.stringify(figure)).not.toContain('large');
        expect(JSON.stringify(figure.layout)).toContain(`of ${candidates.length - 1} model`);
      }
    expect(selectModel([given, middle], { prefer: 'smallest', least: {}, by: 'score' })).toBe(middle);
  });

  it('can be made where nothing was measured, or nothing is there', async () => {
    expect(paretoFigure([model('a', 1, null, 0.5)], 'test part').data).toHaveLength(2);
    expect(await renderSvg(paretoFigure([], 'test part'))).toContain('</svg>');
  });
});
