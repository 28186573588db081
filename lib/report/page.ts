/** The frame of a page of our own, which needs nothing else: one column of text, in one font. */
import { escapeHtml } from './escape';

const STYLE = `
:root { color-scheme: light; }
body { font: 16px/1.5 Helvetica, Arial, "Liberation Sans", sans-serif; color: #222; background: #fff;
  max-width: 1180px; margin: 0 auto; padding: 24px; }`;

/** @param head what the page needs before its text, such as the source of Plotly; HTML, as `body` is */
export function htmlPage(title: string, style: string, body: string, head = ''): string {
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>${STYLE}${style}</style>
${head}</head>
<body>
<h1>${escapeHtml(title)}</h1>
${body}
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
