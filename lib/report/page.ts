/**
 * The frame of a page of our own, which needs nothing else: one column of text, in one font, in the light or dark colours that
 * its reader's system asks for.
 */
import { createHash } from 'node:crypto';
import { escapeHtml } from './escape';

/** Figures are drawn for light paper: in the dark their light is turned round, and their hues are kept. */
const STYLE = `
:root { color-scheme: light dark; --text: #222; --page: #fff; --quiet: #555; --line: #ddd; --strong: #444; --link: #0b4f8a;
  --panel: #f6f6f6; --chosen: #fff8dc; }
@media (prefers-color-scheme: dark) {
  :root { --text: #e4e4e4; --page: #1b1b1b; --quiet: #b4b4b4; --line: #444; --strong: #aaa; --link: #8cc4f5;
    --panel: #262626; --chosen: #3a3420; }
  .drawing { filter: invert(0.9) hue-rotate(180deg); }
}
@media print { :root { color-scheme: light; --text: #222; --page: #fff; --quiet: #555; --line: #ddd; --strong: #444; --link: #0b4f8a;
  --panel: #f6f6f6; --chosen: #fff8dc; } .drawing { filter: none; } }
body { font: 16px/1.5 Helvetica, Arial, "Liberation Sans", sans-serif; color: var(--text); background: var(--page);
  max-width: 1180px; margin: 0 auto; padding: 24px; }
@media (max-width: 600px) { body { padding: 16px; } }
h1, h2, h3, p, li, summary, figcaption { overflow-wrap: anywhere; }
a { color: var(--link); }
nav ol { columns: 16em; column-gap: 2.6em; padding-left: 1.6em; margin: 8px 0; }
.scroll { overflow-x: auto; }
.scroll:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
mark { color: #111; background: #fbe3b5; padding: 1px 3px; border-radius: 3px; }`;

/**
 * Only the programs that the page was written with run, known by their digests, and nothing is loaded or sent: whatever
 * else might get into the page, it is text. Styles are not told apart, since elements carry theirs with them.
 * (https://www.w3.org/TR/CSP3/; as a `meta` element, since nobody serves the page.)
 */
function contentPolicy(scripts: readonly string[], further: readonly string[]): string {
  const digests = scripts.map(script => ` 'sha256-${createHash('sha256').update(script).digest('base64')}'`);
  return [
    "default-src 'none'",
    `script-src${digests.join('') || " 'none'"}`,
    "style-src 'unsafe-inline'",
    // What Plotly's button saves.
    'img-src data: blob:',
    "base-uri 'none'",
    "form-action 'none'",
    ...further,
  ].join('; ');
}

/**
 * @param body HTML
 * @param scripts programs that run after it, the same in every page: what they work on is data in the body
 * @param policies directives of what the page may load in addition
 */
export function htmlPage(
  title: string,
  style: string,
  body: string,
  scripts: readonly string[] = [],
  policies: readonly string[] = [],
): string {
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${contentPolicy(scripts, policies)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>${STYLE}${style}</style>
</head>
<body>
<main>
<h1>${escapeHtml(title)}</h1>
${body}
</main>
${scripts.map(script => `<script>${script}</script>`).join('\n')}
</body>
</html>
`;
}

/** A section of a page, which its list of contents leads to. */
export interface Section {
  /** The element's, in addresses. */
  readonly id: string;
  readonly title: string;
  /** HTML below the heading. */
  readonly body: string;
}

/** A list of contents. */
export function contentsHtml(sections: readonly Pick<Section, 'id' | 'title'>[]): string {
  const items = sections.map(({ id, title }) => `<li><a href="#${id}">${escapeHtml(title)}</a></li>`);
  return `<nav aria-label="Contents"><ol>\n${items.join('\n')}\n</ol></nav>`;
}

export function sectionHtml({ id, title, body }: Section): string {
  return `<h2 id="${id}">${escapeHtml(title)}</h2>\n${body}`;
}

/** Opens what may be wider than the page, which keys reach and scroll. @param name what it is, other than all else of the page */
export function scrollRegion(name: string): string {
  return `<div class="scroll" role="region" tabindex="0" aria-label="${escapeHtml(name)}">`;
}

/** A table of headings and cells that are HTML already. @param open its tags up to the head */
export function htmlTable(
  open: string,
  headings: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const body = rows.map(cells => `<tr>${cells.join('')}</tr>`).join('\n');
  return `${open}\n<thead><tr>${headings.join('')}</tr></thead>\n<tbody>\n${body}\n</tbody></table></div>`;
}
