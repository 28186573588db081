/**
 * A figure inside an HTML page: a static picture that is there for every reader, and a script that replaces it by the
 * interactive figure where scripts run and Plotly is on the page.
 */
import { sha256 } from '../digest';
import { escapeHtml } from './escape';
import type { Figure } from './figures';

/** JSON that can stand in a script element: nothing in it can end the script. */
export function scriptJson(value: unknown): string {
  return JSON.stringify(value)
    .replace(/</g, '\\u003c')
    .replace(/\u2028/g, '\\u2028')
    .replace(/\u2029/g, '\\u2029');
}

/**
 * The figure with its picture as an `img`, which survives where notebooks are cleaned of scripts and of inline SVG
 * (GitHub, untrusted notebooks in JupyterLab).
 */
export function figureHtml(figure: Figure, svg: string): string {
  const { width, height } = figure.layout;
  const source = `data:image/svg+xml;base64,${Buffer.from(svg).toString('base64')}`;
  const alt = escapeHtml(figure.description);
  const picture = `<img src="${source}" width="${width}" height="${height}" alt="${alt}" style="max-width:100%;height:auto">`;
  return withScript(figure, picture);
}

/** The picture as inline SVG, for pages of our own. */
export function pictureHtml(figure: Figure, svg: string): string {
  return `<div role="img" aria-label="${escapeHtml(figure.description)}">${svg}</div>`;
}

/** The picture with the figure beside it as data, for pages of our own that have Plotly and `DRAW_SCRIPT`. */
export function figureHtmlInline(figure: Figure, svg: string): string {
  const { data, layout } = figure;
  return `<div data-figure="">${pictureHtml(figure, svg)}</div>\n${dataBlock('figure', { data, layout })}`;
}

/** Data of a page, which no browser takes for a program. */
export function dataBlock(name: string, value: unknown): string {
  return `<script type="application/json" data-name="${name}">${scriptJson(value)}</script>`;
}

/** Draws the figures of a page over their pictures. */
export const DRAW_SCRIPT = `
for (const place of document.querySelectorAll('[data-figure]')) {
  const { data, layout } = JSON.parse(place.nextElementSibling.textContent);
  place.textContent = '';
  Plotly.newPlot(place, data, layout, { displaylogo: false, responsive: false });
}`;

function withScript(figure: Figure, picture: string): string {
  const id = sha256(JSON.stringify(figure)).slice(0, 12);
  const specification = scriptJson({ data: figure.data, layout: figure.layout });
  return `<div data-figure="${id}">${picture}</div>
<script>
if (window.Plotly) for (const place of document.querySelectorAll('[data-figure="${id}"]')) {
  const { data, layout } = ${specification};
  place.textContent = '';
  Plotly.newPlot(place, data, layout, { displaylogo: false, responsive: false });
}
</script>`;
}
