/**
 * Draws a Plotly figure as a static SVG without a browser: Plotly runs in jsdom, which has a document but no layout, so
 * the sizes of text are computed here from the widths of Helvetica's letters.
 */
import { createHash } from 'node:crypto';
import type { DOMWindow } from 'jsdom';
import { InputError } from '../errors';
import { giveCanvas } from './canvas';
import type { Figure } from './figures';
import { pathLength, pointAtLength } from './path-length';
import { plotlySource, smallPlotlySource } from './plotly';
import { fixTextWidths, textBox } from './text-size';

interface PlotlyElement extends HTMLElement {
  _fullLayout: { _uid: string };
}
/** What Plotly says of its types of trace: `categories` names what they are drawn on. */
type Traces = Readonly<Record<string, { readonly categories: readonly string[] }>>;
interface Plotly {
  readonly PlotSchema: { get(): { readonly traces: Traces } };
  newPlot(element: HTMLElement, data: unknown, layout: unknown, config: unknown): Promise<PlotlyElement>;
  purge(element: HTMLElement): void;
  Snapshot: { toSVG(element: PlotlyElement, format: 'svg'): string };
}

type Page = ReturnType<typeof openPage>;
let smallPage: Page | undefined;
let wholePage: Page | undefined;

/** The page that draws a figure: the small Plotly is there a second sooner, and knows what most figures need. */
function pageFor({ data }: Figure): Page {
  smallPage ??= openPage(smallPlotlySource());
  const { traces } = smallPage;
  if (data.every(trace => typeOf(trace) in traces)) return smallPage;
  wholePage ??= openPage(plotlySource());
  return wholePage;
}

/** The type of a trace; Plotly's own default where it names none. */
function typeOf(trace: Figure['data'][number]): string {
  return String(trace.type ?? 'scatter');
}

/** What only a browser or the network has, by a trace's category. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  map: 'on maps from the network',
  geo: 'on maps from the network',
  gl: 'by WebGL',
  gl3d: 'by WebGL',
};

/**
 * Why there is no still picture of the figure, as a sentence, or `undefined` where `renderSvg` draws it.
 * @throws InputError for a trace of a type that Plotly does not know: it would draw it as a scatter, without a word.
 */
export function whyNoPicture(figure: Figure): string | undefined {
  const { traces } = pageFor(figure);
  for (const trace of figure.data) {
    const type = typeOf(trace);
    const categories = traces[type]?.categories;
    if (!categories)
      throw new InputError(
        `found a trace of type "${type}"; expected one of Plotly's: ${Object.keys(traces).sort().join(', ')}`,
      );
    const category = categories.find(each => each in ELSEWHERE);
    if (category) return noPicture(type, `is drawn ${ELSEWHERE[category]}`);
    if (type === 'image' && trace.source) return noPicture(type, 'with a source is read by a browser');
  }
  const images = (figure.layout.images ?? []) as readonly { readonly source?: unknown }[];
  if (images.some(({ source }) => !String(source).startsWith('data:')))
    return noPicture('layout.images', 'is loaded from its address by a browser');
  return undefined;
}

function noPicture(what: string, reason: string): string {
  return `${what} ${reason}: there is no still picture of this figure, it is seen in a notebook that runs.`;
}

/**
 * The figure as an SVG document of its own. The same figure always gives the same text, and no two different figures
 * share an element id, so that several can stand in one page.
 * @throws InputError for a type of trace that is unknown, or that cannot be drawn here (`whyNoPicture`)
 */
export async function renderSvg(figure: Figure): Promise<string> {
  const reason = whyNoPicture(figure);
  if (reason !== undefined) throw new InputError(reason);
  const { document, plotly } = pageFor(figure);
  const element = document.createElement('div');
  document.body.appendChild(element);
  try {
    // Plotly writes into what it is given, and gives a trace without a `uid` a random one.
    const { data, layout } = structuredClone({ data: figure.data, layout: figure.layout });
    const traces = data.map((trace, i) => ({ ...trace, uid: String(i) }));
    const drawn = await plotly.newPlot(element, traces, layout, { staticPlot: true });
    fixTextWidths(drawn);
    const svg = plotly.Snapshot.toSVG(drawn, 'svg');
    return withStableIds(svg, drawn._fullLayout._uid, figure);
  } finally {
    plotly.purge(element);
    element.remove();
  }
}

function openPage(source: string) {
  // Loaded when the first figure is drawn, not with the library: it takes half a second.
  const { JSDOM } = require('jsdom') as typeof import('jsdom');
  const { window } = new JSDOM('<!DOCTYPE html><body></body>', {
    // Plotly keeps a link within a page only where its protocol is one of the web. Nothing is loaded from here.
    url: 'http://localhost/',
    runScripts: 'outside-only',
    pretendToBeVisual: false,
  });
  giveLayout(window);
  window.eval(source);
  const { Plotly: plotly } = window as unknown as { Plotly: Plotly };
  return { document: window.document, plotly, traces: plotly.PlotSchema.get().traces };
}

/** What Plotly asks of a browser and jsdom lacks. */
function giveLayout(window: DOMWindow): void {
  const box = function (this: Element) {
    return textBox(this);
  };
  const shapeOf = (element: Element) => element.getAttribute('d') ?? '';
  Object.assign(window.SVGElement.prototype, {
    getBBox: box,
    getBoundingClientRect: box,
    getComputedTextLength(this: Element) {
      return textBox(this).width;
    },
    getTotalLength(this: Element) {
      return pathLength(shapeOf(this));
    },
    getPointAtLength(this: Element, length: number) {
      return pointAtLength(shapeOf(this), length);
    },
  });
  giveCanvas(window);
  window.URL.createObjectURL = () => '';
  Object.assign(window, { TextDecoder, TextEncoder });
}

/** Plotly marks the ids of clip paths and the like with a random word; the figure's digest takes its place. */
function withStableIds(svg: string, uid: string, figure: Figure): string {
  const digest = createHash('sha256')
    .update(JSON.stringify([figure.data, figure.layout]))
    .digest('hex')
    .slice(0, 8);
  return svg.replaceAll(uid, digest);
}
