/**
 * A figure inside an HTML page: a static picture that is there for every reader, and a script that replaces it by the
 * interactive figure where scripts run and Plotly is on the page.
 */
import { sha256 } from '../digest';
import { escapeHtml } from './escape';
import type { Figure } from './figures';
import { narrowFigure } from './narrow-figure';

/** JSON that can stand in a script element: nothing in it can end the script. */
export function scriptJson(value: unknown): string {
  return JSON.stringify(value)
    .replace(/</g, '\\u003c')
    .replace(/\u2028/g, '\\u2028')
    .replace(/\u2029/g, '\\u2029');
}

/**
 * The figure with its picture as an `img`, which survives where notebooks are cleaned of scripts and of inline SVG
 * (GitHub, untrusted notebooks in JupyterLab). @param picture as `renderSvg` draws it, or why there is none
 */
export function figureHtml(
  figure: Figure,
  picture: { readonly svg: string } | { readonly reason: string },
): string {
  const { width, height } = figure.layout;
  const alt = escapeHtml(figure.description);
  const still =
    'svg' in picture
      ? `<img src="data:image/svg+xml;base64,${Buffer.from(picture.svg).toString('base64')}" width="${width}" height="${height}" alt="${alt}" style="max-width:100%;height:auto">`
      : `<p>${escapeHtml(picture.reason)}</p>`;
  return withScript(figure, still);
}

/**
 * The picture as inline SVG, for pages of our own, as wide as its place at most.
 * @param role `group` where numbers in it are links, which nobody reaches within an `img`
 */
export function pictureHtml(figure: Figure, svg: string, role: 'img' | 'group' = 'img'): string {
  const { width, height } = figure.layout;
  const scaled = svg.replace(/^<svg /, `<svg viewBox="0 0 ${width} ${height}" `);
  return `<div class="drawing" role="${role}" aria-label="${escapeHtml(figure.description)}">${scaled}</div>`;
}

/** The picture with the figure beside it as data, for pages of our own that have Plotly and `DRAW_SCRIPT`. */
export function figureHtmlInline(figure: Figure, svg: string): string {
  const { data, layout } = figure;
  return `<div data-figure="">${pictureHtml(figure, svg)}</div>\n${dataBlock('figure', { data, layout, narrow: narrowFigure(figure) })}`;
}

/** Data of a page, which no browser takes for a program. */
export function dataBlock(name: string, value: unknown): string {
  return `<script type="application/json" data-name="${name}">${scriptJson(value)}</script>`;
}

/**
 * Draws the figures of a page over their pictures, as wide as there is room, on a telephone in their narrow form. The drawing
 * takes the words of the picture; what Plotly lays over it for the mouse says nothing more.
 */
export const DRAW_SCRIPT = `
const NARROW = matchMedia('(max-width: 640px)');
function drawFigure(place) {
  const width = place.clientWidth;
  if (!width || place.dataset.width === String(width)) return;
  place.dataset.width = width;
  const label = place.querySelector('[role=img]').getAttribute('aria-label');
  const figure = JSON.parse(place.nextElementSibling.textContent);
  const { data, layout } = NARROW.matches ? figure.narrow : figure;
  // Names beside the plot have room whatever the font is.
  const yaxis = { ...layout.yaxis, automargin: true };
  const fitting = { ...layout, yaxis, width: NARROW.matches ? width : Math.min(layout.width, width) };
  Plotly.purge(place);
  place.textContent = '';
  place.classList.add('drawing');
  const config = { displaylogo: false, responsive: false, ...(NARROW.matches && { displayModeBar: false }) };
  Plotly.newPlot(place, data, fitting, config).then(() => {
    const [drawing, ...above] = place.querySelectorAll('.main-svg');
    drawing.setAttribute('role', 'img');
    drawing.setAttribute('aria-label', label);
    for (const svg of above) svg.setAttribute('aria-hidden', 'true');
  });
}
function drawFigures() {
  for (const place of document.querySelectorAll('[data-figure]')) drawFigure(place);
}
addEventListener('resize', drawFigures);
drawFigures();`;

/** Draws the figure over its picture, at once where Plotly is on the page, else as soon as it comes. */
function withScript(figure: Figure, picture: string): string {
  const id = sha256(JSON.stringify(figure)).slice(0, 12);
  const specification = scriptJson({ data: figure.data, layout: figure.layout });
  return `<div data-figure="${id}">${picture}</div>
<script>
(() => {
  const places = document.querySelectorAll('[data-figure="${id}"]:not(.js-plotly-plot)');
  const draw = () => {
    for (const place of places) {
      const { data, layout } = ${specification};
      place.textContent = '';
      Plotly.newPlot(place, data, layout, { displaylogo: false, responsive: false });
    }
  };
  if (window.Plotly) draw();
  else (window.waitingForPlotly ??= []).push(draw);
})();
</script>`;
}

/**
 * A script that brings Plotly to a page that has none, and draws what waits for it. @param packed as `packedPlotly` gives it
 */
export function plotlyScript(packed: string): string {
  return `<script>
(async () => {
  window.waitingForPlotly ??= [];
  if (!window.Plotly && !window.plotlyComes) {
    window.plotlyComes = true;
    const bytes = Uint8Array.from(atob('${packed}'), letter => letter.charCodeAt(0));
    const text = await new Response(
      new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip')),
    ).text();
    // As on a page without a loader of modules, whatever the notebook has.
    new Function('module', 'exports', 'define', text).call(window);
  }
  if (window.Plotly) for (const draw of window.waitingForPlotly.splice(0)) draw();
})();
</script>`;
}
