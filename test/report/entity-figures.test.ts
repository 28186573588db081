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

/** As Plotly writes and a reader sees them: the names below the bars, and how they stand. */
const below = (types: readonly string[]) => {
  const counts = Object.fromEntries(types.map((type, i) => [type, types.length - i]));
  const { layout, description } = entityTypesFigure([{ part: 'train', counts }]);
  const { xaxis, margin, height, title } = layout as unknown as {
    xaxis: { tickangle: number; ticktext?: string[] };
    margin: { b: number };
    height: number;
    title: { text: string };
  };
  return { ...xaxis, bottom: margin.b, height, title: title.text, lines: description.split('\n').length };
};

describe('entityTypesFigure of many types, or of long names', () => {
  it('shows the most frequent, says so, and writes every name', () => {
    const many = below(Array.from({ length: 300 }, (_, i) => `T${i}`));
    expect(many.ticktext).toEqual(Array.from({ length: 40 }, (_, i) => `T${i}`));
    expect(many.title).toBe('Entity types in the parts of the corpus (the 40 most frequent of 300)');
    expect(many.lines).toBe(40);
  });

  it('stands long names on end, with room for them, and shortens none but the longest', () => {
    expect(below(['PER', 'ORG']).tickangle).toBe(0);
    const long = ['PRODUCT', 'MISCELLANEOUS_EVENT_NAME_NUMBER_1', 'MISCELLANEOUS_EVENT_NAME_NUMBER_2'];
    const { tickangle, ticktext, bottom, height } = below(long);
    expect([tickangle, ticktext]).toEqual([90, long]);
    expect(bottom).toBeGreaterThan(33 * 8);
    expect(height - bottom).toBe(below(['PER']).height - below(['PER']).bottom);
    expect(below(['x'.repeat(200)]).ticktext).toEqual([`${'x'.repeat(39)}…`]);
  });

  it('counts a type that is called as what every object has', () => {
    const counts = JSON.parse('{"constructor": 1, "toString": 3}');
    const [, test] = entityTypesFigure([
      { part: 'train', counts },
      { part: 'test', counts: { PER: 2 } },
    ]).data;
    expect(test.customdata).toEqual([0, 0, 2]);
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

  it('of many types shows those with the most errors, and shares of all that is in a row', () => {
    const size = 67;
    const counts = Array.from({ length: size }, (_, gold) => {
      const row = new Array<number>(size).fill(0);
      row[gold] = 3;
      return row;
    });
    // The 24 last types are missed twice each; the last but one is also taken for the first, which is not shown.
    for (let gold = 42; gold < 66; gold++) counts[gold][66] = 2;
    counts[64][0] = 1;
    const names = [...Array.from({ length: 66 }, (_, i) => `T${i}`), NO_ENTITY];
    const links: string[] = [];
    const { layout, data, description } = confusionFigure(
      { names, counts },
      { linkOf: (gold, predicted) => `#${links.push(`${names[gold]} ${names[predicted]}`)}` },
    );
    const { yaxis, title, shapes } = layout as unknown as {
      yaxis: { ticktext: string[] };
      shapes: unknown[];
      title: { text: string };
    };
    expect(yaxis.ticktext).toEqual([...names.slice(42, 66), '<i>spurious</i>']);
    expect(title.text).toBe('Which types are taken for which (the 24 most often mistaken of 66)');
    expect(data[0].x).toHaveLength(2 * 24 + 1);
    // The cells that have entities, the grid and the frames.
    expect(shapes).toHaveLength(2 * 24 + 1 + 2);
    expect(links).toContain(`T64 ${NO_ENTITY}`);
    expect(description).toContain('T65 missed: 2');
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
    // Letters of East Asia are as wide as they are high.
    expect(width('地理的な場所の名前')).toBeGreaterThanOrEqual(9 * 14);
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
