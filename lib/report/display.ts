/** What notebook cells call to show figures, tables and text. Outside a notebook the plain text goes to stdout. */
import { randomUUID } from 'node:crypto';
import type { DataFrame, Series } from 'danfojs-node';
import { figureHtml, plotlyScript } from './embed';
import type { Figure } from './figures';
import { packedPlotly } from './plotly';
import { renderSvg, whyNoPicture } from './render';
import { sentencesHtml, sentencesText, type TaggedSentence } from './sentence-view';
import { firstRows, tableHtml, tableText } from './table-view';
import { fromFrame, type GroupedFrame, type TableRow } from './tables';
import { type TokenAnswers, tokensHtml, tokensText } from './token-view';

/** tslab's own module in a running kernel, never a second copy; `undefined` outside a kernel. */
const kernel = Object.entries(require.cache).find(([path]) =>
  /[\\/]tslab[\\/]dist[\\/]jupyter\.js$/.test(path),
)?.[1];
if (kernel) require('./steady-output.cjs');

/** Representations of one thing by their mime type; a frontend shows the richest that it knows. */
type MimeBundle = Readonly<Record<string, unknown>>;
/** The function that tslab sets while a cell runs; its public `display` can send one mime type only. */
type WriteDisplayData = (
  content: { data: MimeBundle; metadata: object; transient: object },
  update: boolean,
) => void;

/** Of the cell that brought Plotly to the page last. */
let bringing: WriteDisplayData | null = null;

/**
 * Shows a figure, live in Jupyter and VS Code, with a picture in it for where no scripts run (GitHub, nbconvert), and in
 * words. The first figure of a cell brings Plotly to the page and is at once replaced by itself without it, so that what is
 * kept is small. Nobody knows here what a page has, after a reload or in a second window: so each cell brings it anew.
 * @throws InputError for a type of trace that Plotly does not know
 */
export async function show(figure: Figure): Promise<void> {
  const reason = whyNoPicture(figure);
  const picture = reason === undefined ? { svg: await renderSvg(figure) } : { reason };
  const html = asItStands(figureHtml(figure, picture));
  const bundle = {
    'application/vnd.plotly.v1+json': { data: figure.data, layout: figure.layout },
    'text/html': html,
    'text/plain': figure.description,
  };
  const write = writer();
  if (write === null || write === bringing) return display(bundle);
  bringing = write;
  const transient = { display_id: randomUUID() };
  display({ ...bundle, 'text/html': html + plotlyScript(await packedPlotly()) }, transient);
  display(bundle, transient, true);
}

/**
 * Shows rows, or what Danfo makes of them (a frame, a series, groups), as a table, a long one shortened. A frame that is the last
 * expression of a cell is shown so by itself. @param columns some of the columns, in their order
 */
export function showTable(
  table: readonly TableRow[] | DataFrame | Series | GroupedFrame,
  columns?: readonly string[],
): void {
  const all = Array.isArray(table) ? (table as readonly TableRow[]) : fromFrame(table as DataFrame);
  const { rows, note } = firstRows(all);
  const shown = columns
    ? rows.map(row => Object.fromEntries(columns.map(name => [name, row[name] ?? null])))
    : rows;
  display({
    'text/html': asItStands(tableHtml(shown) + (note ? `<p>${note}</p>` : '')),
    'text/plain': tableText(shown) + (note ? `\n${note}` : ''),
  });
}

/** Shows text in Markdown. */
export function showMarkdown(text: string): void {
  display({ 'text/markdown': text, 'text/plain': text });
}

/** Shows sentences with their entities marked, a line for each set of tags. */
export function showSentences(sentences: readonly TaggedSentence[]): void {
  display({ 'text/html': asItStands(sentencesHtml(sentences)), 'text/plain': sentencesText(sentences) });
}

/** Shows what models answer at each word of a sentence, beside each other. */
export function showTokens(answers: TokenAnswers): void {
  display({ 'text/html': asItStands(tokensHtml(answers)), 'text/plain': tokensText(answers) });
}

/** Notebooks set what stands between two dollar signs as mathematics, but for these classes of MathJax 3 and 2: words stay words. */
function asItStands(html: string): string {
  return `<div class="mathjax_ignore tex2jax_ignore">${html}</div>`;
}

/** What the cell that runs writes with; `null` outside a kernel. */
function writer(): WriteDisplayData | null {
  const exports = kernel?.exports as { lastWriteDisplayData: WriteDisplayData | null } | undefined;
  return exports?.lastWriteDisplayData ?? null;
}

function display(data: MimeBundle, transient: object = {}, update = false): void {
  const write = writer();
  if (write) write({ data, metadata: {}, transient }, update);
  else process.stdout.write(`${data['text/plain']}\n`);
}
