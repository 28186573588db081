/** The frame of a page of our own, which needs nothing else: one column of text, in one font. */
import { createHash } from 'node:crypto';
import { escapeHtml } from './escape';

const STYLE = `
:root { color-scheme: light; }
body { font: 16px/1.5 Helvetica, Arial, "Liberation Sans", sans-serif; color: #222; background: #fff;
  max-width: 1180px; margin: 0 auto; padding: 24px; }`;

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

/** A table of headings and cells that are HTML already. @param open its tags up to the head */
export function htmlTable(
  open: string,
  headings: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const body = rows.map(cells => `<tr>${cells.join('')}</tr>`).join('\n');
  return `${open}\n<thead><tr>${headings.join('')}</tr></thead>\n<tbody>\n${body}\n</tbody></table></div>`;
}
