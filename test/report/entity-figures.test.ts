import { NO_ENTITY } from 'ner-distill/evaluation/errors';
import {
  confusionFigure,
  entityTypesFigure,
  type OutcomesRow,
  outcomesFigure,
  type TypeCounts,
} from 'ner-distill/report/entity-figures';
import { renderSvg } from 'ner-distill/report/render';
import { describe, expect, it } from 'vitest';
import { rounded } from './study.fixture';

const PARTS: TypeCounts[] = [
  { part: 'train', counts: { PER: 30, ORG: 50, LOC: 20 } },
  { part: 'test', counts: { PER: 1, ORG: 3 } },
];
const MODELS: OutcomesRow[] = [
  { model: 'teacher', correct: 810, 'wrong type': 22, 'wrong boundary': 18, missed: 60, spurious: 41 },
  { model: 'student (β = 0.2)', correct: 700, 'wrong type and boundary': 12, missed: 198, spurious: 131 },
];

describe('entityTypesFigure', () => {
  it('is the specification that was looked at', () =>
    expect(rounded(entityTypesFigure(PARTS))).toMatchSnapshot());

  it('gives shares of each part in percent', () => {
    const { data, description } = entityTypesFigure(PARTS);
    expect(data.map(bars => bars.y)).toEqual([
      [30, 50, 20],
      [25, 75, 0],
    ]);
    expect(description.split('\n')[4]).toBe('test, ORG: 75.0 %');
  });

  it('writes no numbers where they would not fit', () => {
    const counts = Object.fromEntries(Array.from({ length: 18 }, (_, i) => [`TYPE${i}`, 1]));
    const [bars] = entityTypesFigure([
      { part: 'train', counts },
      { part: 'test', counts },
    ]).data;
    expect(bars).not.toHaveProperty('text');
  });
});

describe('outcomesFigure', () => {
  it('is the specification that was looked at', () =>
    expect(rounded(outcomesFigure(MODELS))).toMatchSnapshot());

  it('has both panels on one scale', () => {
    type Axis = { domain: [number, number]; range: [number, number] };
    const layout = outcomesFigure(MODELS).layout as unknown as { xaxis: Axis; xaxis2: Axis };
    const entitiesAWidth = ({ domain, range }: Axis) => range[1] / (domain[1] - domain[0]);
    expect(entitiesAWidth(layout.xaxis)).toBeCloseTo(entitiesAWidth(layout.xaxis2), 6);
  });

  it('says in words what it shows', () =>
    expect(outcomesFigure(MODELS).description.split('\n')[0]).toBe(
      'teacher: of 910 gold entities 810 correct, 22 wrong type, 18 wrong boundary, 0 wrong type and boundary, 60 missed; 41 spurious',
    ));
});

describe('confusionFigure', () => {
  const confusion = {
    names: ['LOC', 'PER', NO_ENTITY],
    counts: [
      [3, 1, 0],
      [0, 1200, 2],
      [4, 0, 0],
    ],
  };

  it('is the specification that was looked at', () =>
    expect(rounded(confusionFigure(confusion))).toMatchSnapshot());

  it('has a number in each cell that has entities, and says in words what it counts', () => {
    const { data, description } = confusionFigure(confusion);
    expect(data[0]).toMatchObject({
      x: [0, 1, 1, 2, 0],
      y: [0, 0, 1, 1, 2],
      text: ['3', '1', '1,200', '2', '4'],
    });
    expect(description.split('\n')).toEqual([
      'LOC predicted as LOC: 3',
      'LOC predicted as PER: 1',
      'PER predicted as PER: 1200',
      'PER missed: 2',
      'LOC where there is no entity: 4',
    ]);
  });

  it('has links on request, and keeps them in the picture', async () => {
    const figure = confusionFigure(confusion, { linkOf: (gold, predicted) => `#${gold}-${predicted}` });
    expect(await renderSvg(figure)).toContain('xlink:href="#1-2"');
  });

  it('shows of many types those with the most errors, and says so', () => {
    // 100 types: each is right 5 times, and the last one is taken for each of the first 29.
    const names = [...Array.from({ length: 100 }, (_, i) => `T${i}`), NO_ENTITY];
    const counts = names.map((_, gold) =>
      names.map((_, predicted) =>
        gold === predicted && gold < 100 ? 5 : gold === 99 && predicted < 29 ? 1 : 0,
      ),
    );
    const { layout, data, description } = confusionFigure(
      { names, counts },
      { linkOf: (gold, predicted) => `#${gold}-${predicted}` },
    );
    const { xaxis, shapes, title } = layout as unknown as {
      xaxis: { ticktext: string[] };
      shapes: unknown[];
      title: { text: string };
    };
    expect(xaxis.ticktext).toEqual([...names.slice(0, 29), 'T99', '<i>missed</i>']);
    expect(title.text).toContain('the 30 of 100 types with the most errors');
    expect(description).toMatch(/^the 30 of 100 types with the most errors\nT0 predicted as T0: 5\n/);
    expect(data[0].text).toContain('<a href="#99-28" target="_self">1</a>');
    // The cells that have entities, the grid and the frames.
    expect(shapes).toHaveLength(30 + 29 + 2);
  });

  it('has room for long names', () => {
    const width = (name: string) => {
      const { margin } = confusionFigure({ ...confusion, names: [name, 'PER', NO_ENTITY] })
        .layout as unknown as {
        margin: { l: number };
      };
      return margin.l;
    };
    expect(width('geographical-place')).toBeGreaterThan(width('LOC') + 50);
  });
});

describe('all', () => {
  it('can be drawn of little or nothing, and escape names', async () => {
    const hostile = '<script>alert(1)</script>';
    const figures = [
      entityTypesFigure([]),
      entityTypesFigure([{ part: hostile, counts: {} }]),
      entityTypesFigure([{ part: 'test', counts: { [hostile]: 1 } }]),
      outcomesFigure([]),
      outcomesFigure([{ model: hostile }]),
      confusionFigure({ names: [NO_ENTITY], counts: [[0]] }),
      confusionFigure({
        names: [hostile, NO_ENTITY],
        counts: [
          [1, 0],
          [0, 0],
        ],
      }),
    ];
    for (const figure of figures) {
      const svg = await renderSvg(figure);
      expect(svg).toContain('</svg>');
      expect(svg).not.toContain('<script');
      expect(svg).not.toContain('NaN');
    }
  });
});
