/**
 * Draws a Plotly figure as a static SVG without a browser: Plotly runs in jsdom, which has a document but no layout, so
 * the sizes of text are computed here from the widths of Helvetica's letters.
 */
import { createHash } from 'node:crypto';
import type { DOMWindow } from 'jsdom';
import type { Figure } from './figures';
import { plotlySource } from './plotly';
import { textBox } from './text-size';

interface PlotlyElement extends HTMLElement {
  _fullLayout: { _uid: string };
}
interface Plotly {
  newPlot(element: HTMLElement, data: unknown, layout: unknown, config: unknown): Promise<PlotlyElement>;
  purge(element: HTMLElement): void;
  Snapshot: { toSVG(element: PlotlyElement, format: 'svg'): string };
}

let page: ReturnType<typeof openPage> | undefined;

/**
 * The figure as an SVG document of its own. The same figure always gives the same text, and no two different figures
 * share an element id, so that several can stand in one page.
 */
export async function renderSvg(figure: Figure): Promise<string> {
  page ??= openPage();
  const { document, plotly } = page;
  const element = document.createElement('div');
  document.body.appendChild(element);
  try {
    // Plotly writes into what it is given, and gives a trace without a `uid` a random one.
    const { data, layout } = structuredClone({ data: figure.data, layout: figure.layout });
    const traces = data.map((trace, i) => ({ ...trace, uid: String(i) }));
    const drawn = await plotly.newPlot(element, traces, layout, { staticPlot: true });
    const svg = plotly.Snapshot.toSVG(drawn, 'svg');
    return withStableIds(svg, drawn._fullLayout._uid, figure);
  } finally {
    plotly.purge(element);
    element.remove();
  }
}

function openPage() {
  // Loaded when the first figure is drawn, not with the library: it takes half a second.
  const { JSDOM } = require('jsdom') as typeof import('jsdom');
  const { window } = new JSDOM('<!DOCTYPE html><body></body>', {
    // Plotly keeps a link within a page only where its protocol is one of the web. Nothing is loaded from here.
    url: 'http://localhost/',
    runScripts: 'outside-only',
    pretendToBeVisual: false,
  });
  giveLayout(window);
  window.eval(plotlySource());
  return { document: window.document, plotly: (window as unknown as { Plotly: Plotly }).Plotly };
}

/** What Plotly asks of a browser and jsdom lacks. */
function giveLayout(window: DOMWindow): void {
  const box = function (this: Element) {
    return textBox(this);
  };
  const svgElement = window.SVGElement.prototype as unknown as Record<string, unknown>;
  svgElement.getBBox = box;
  svgElement.getBoundingClientRect = box;
  svgElement.getComputedTextLength = function (this: Element) {
    return textBox(this).width;
  };
  window.HTMLCanvasElement.prototype.getContext = () => null;
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
