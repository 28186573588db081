/** A figure for the width of a telephone: its panels below each other, its names and legend in lines of their own. */
import { range } from 'd3-array';
import type { Figure } from './figures';

type Settings = Readonly<Record<string, unknown>>;

/** In pixels: a telephone's page, letters, and what stands between panels. */
const WIDTH = 356;
const SIZE = 12;
const LINE = 18;
const GAP = 92;
/** Letters of a line of the title. */
const TITLE_LETTERS = 44;
/** Names that need more take it themselves. */
const MOST_LEFT = 100;
/** How much more room than otherwise stands to the right of the points where their labels do. */
const FOR_LABELS = 1.25;

/** The same data; panels that share the axis of ordinates have one each. */
export function narrowFigure({ data, layout }: Figure): Pick<Figure, 'data' | 'layout'> {
  const margin = layout.margin as { l: number; r: number; t: number; b: number };
  const title = layout.title as { text: string; subtitle?: { text: string } };
  const panels = Object.keys(layout).filter(key => /^xaxis\d*$/.test(key)).length;
  const plot = layout.height - margin.t - margin.b;
  const [titleLines, subtitleLines] = [title.text, title.subtitle?.text ?? ''].map(text =>
    linesOf(text, TITLE_LETTERS),
  );
  const entries = data.filter(
    trace => trace.showlegend === true || (trace.showlegend === undefined && trace.name),
  ).length;
  const narrow = {
    l: Math.min(margin.l, MOST_LEFT),
    r: 14,
    t: 44 + LINE * (titleLines.length + subtitleLines.length),
    b: 72 + (layout.legend ? 1.3 * LINE * entries : 0),
  };
  const height = panels * plot + (panels - 1) * GAP;
  const domainOf = (panel: number): [number, number] => {
    const from = 1 - (panel * (plot + GAP) + plot) / height;
    return [Math.max(0, from), Math.min(1, from + plot / height)];
  };
  const numbered = (name: string, panel: number) => (panel === 0 ? name : `${name}${panel + 1}`);
  const axes = range(panels).flatMap(p => {
    const x = layout[numbered('xaxis', p)] as Settings;
    const y = (layout[numbered('yaxis', p)] ?? layout.yaxis) as Settings;
    return [
      [
        numbered('xaxis', p),
        {
          ...x,
          ...forLabels(x, layout),
          title: titleOf(x),
          domain: [0, 1],
          anchor: numbered('y', p),
          nticks: 6,
        },
      ],
      [
        numbered('yaxis', p),
        {
          ...y,
          title: titleOf(y) ?? titleOf(layout.yaxis as Settings),
          domain: domainOf(p),
          anchor: numbered('x', p),
          automargin: true,
        },
      ],
    ];
  });
  const annotations = ((layout.annotations ?? []) as readonly Settings[]).map((annotation, i) => {
    const isTitle = annotation.yref === 'paper' && annotation.y === 1;
    return { ...annotation, font: { size: SIZE - 1 }, ...(isTitle && { x: 0.5, y: domainOf(i)[1] }) };
  });
  return {
    data: data.map(trace => {
      const panel = Number(String(trace.xaxis ?? 'x').slice(1) || 1) - 1;
      return panel === 0 ? trace : { ...trace, yaxis: numbered('y', panel) };
    }),
    layout: {
      ...layout,
      ...Object.fromEntries(axes),
      annotations,
      width: WIDTH,
      height: narrow.t + height + narrow.b,
      margin: narrow,
      font: { ...(layout.font as Settings), size: SIZE },
      title: {
        ...title,
        text: titleLines.join('<br>'),
        font: { size: SIZE + 2 },
        ...(title.subtitle && { subtitle: { text: subtitleLines.join('<br>'), font: { size: SIZE } } }),
      },
      ...(layout.legend ? { legend: { ...(layout.legend as Settings), font: { size: SIZE - 1 } } } : {}),
    },
  };
}

/** Of an axis, in smaller letters; none where it is empty. */
function titleOf({ title }: Settings): Settings | undefined {
  const { text } = (title ?? {}) as { text?: string };
  return text ? { text, font: { size: SIZE } } : undefined;
}

/** The range of an axis that has labels of points beside them. */
function forLabels({ range: ends }: Settings, { annotations = [] }: Settings): Settings {
  const labelled = (annotations as readonly Settings[]).some(
    ({ xref, xanchor }) => !xref && xanchor === 'left',
  );
  if (!labelled) return {};
  const [from, to] = ends as [number, number];
  return { range: [from, FOR_LABELS * to] };
}

/** Words in lines of so many letters; none of no text. */
function linesOf(text: string, letters: number): string[] {
  const lines: string[] = [];
  for (const word of text.replaceAll('<br>', ' ').split(' ').filter(Boolean)) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= letters)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
