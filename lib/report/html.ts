/** The report of a study as one page that needs nothing else: texts, tables, figures, runs and versions. */
import type { Study } from '../experiment/study';
import { figureHtmlInline } from './embed';
import { escapeHtml } from './escape';
import type { Figure } from './figures';
import { plotlySource } from './render';
import { tableHtml } from './table-view';
import type { TableRow } from './tables';

export interface ReportTable {
  readonly title: string;
  readonly rows: readonly TableRow[];
  /** What a reader has to know of it. */
  readonly note?: string;
}

export interface ReportFigure {
  readonly figure: Figure;
  /** The same figure as `renderSvg` draws it. */
  readonly svg: string;
  readonly caption: string;
}

export interface Report {
  readonly study: Study;
  readonly tables: readonly ReportTable[];
  readonly figures: readonly ReportFigure[];
  /** Software and hardware, the text of `versions.txt`. */
  readonly versions: string;
  /** Paragraphs that stand before the tables. */
  readonly notes: readonly string[];
}

const STYLE = `
:root { color-scheme: light; }
body { font: 16px/1.5 Helvetica, Arial, "Liberation Sans", sans-serif; color: #222; background: #fff;
  max-width: 1180px; margin: 0 auto; padding: 24px; }
h1 { font-size: 28px; line-height: 1.25; margin: 0 0 8px; }
h2 { font-size: 20px; margin: 40px 0 8px; }
p { max-width: 46em; }
table { border-collapse: collapse; font-size: 12.5px; font-variant-numeric: tabular-nums; }
th, td { padding: 5px 7px; border-bottom: 1px solid #ddd; vertical-align: top; }
td { white-space: nowrap; }
thead th { border-bottom: 2px solid #444; font-weight: 600; vertical-align: bottom; }
dl { display: grid; grid-template-columns: max-content auto; gap: 2px 16px; }
dt { font-weight: 600; } dd { margin: 0; }
figure { margin: 24px 0; } figcaption, .note { color: #444; font-size: 14px; max-width: 60em; }
figure svg { max-width: 100%; height: auto; }
pre, td.id { font: 13px/1.4 Menlo, Consolas, "Liberation Mono", monospace; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; background: #f6f6f6; padding: 12px; }
@media print {
  body { max-width: none; padding: 0; font-size: 11pt; }
  h2 { break-after: avoid; } figure, tr { break-inside: avoid; }
  table { font-size: 7.5pt; } th, td { padding: 2px 4px; }
  .modebar { display: none !important; }
}`;

/** The whole page, 1 MB of which is Plotly. All texts are escaped; nothing is loaded from elsewhere. */
export function reportHtml(report: Report): string {
  const { study } = report;
  const title = `Distillation of NER models that keeps the critical entities: ${study.corpus}, preset ${study.preset}`;
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>${STYLE}</style>
<script>${plotlySource()}</script>
</head>
<body>
<h1>${escapeHtml(title)}</h1>
${report.notes.map(paragraph).join('\n')}
<h2>What was run</h2>
${summary(study)}
${report.tables.map(tableSection).join('\n')}
<h2>Figures</h2>
${report.figures.map(figureSection).join('\n')}
<h2>Runs</h2>
<p>Every number above comes from one of these folders of the run store.</p>
${tableHtml(runRows(study))}
<h2>Versions</h2>
<pre>${escapeHtml(report.versions)}</pre>
</body>
</html>
`;
}

function summary(study: Study): string {
  const entries: [string, string][] = [
    ['Preset', study.preset],
    ['Corpus', study.corpus],
    ['Critical types', study.criticalTypes.join(', ')],
    ['β', study.betas.join(', ')],
    ['Forms of the critical loss', study.forms.join(', ')],
    ['Runs', String(study.runs.length)],
    ['Seeds', [...new Set(study.runs.map(run => run.seed))].join(', ')],
  ];
  return `<dl>${entries.map(([term, text]) => `<dt>${escapeHtml(term)}</dt><dd>${escapeHtml(text)}</dd>`).join('')}</dl>`;
}

function tableSection({ title, rows, note }: ReportTable): string {
  return `<h2>${escapeHtml(title)}</h2>\n${tableHtml(rows)}${note ? `\n<p class="note">${escapeHtml(note)}</p>` : ''}`;
}

function figureSection({ figure, svg, caption }: ReportFigure): string {
  return `<figure>\n${figureHtmlInline(figure, svg)}\n<figcaption>${escapeHtml(caption)}</figcaption>\n</figure>`;
}

function runRows(study: Study): TableRow[] {
  return study.runs.map(run => ({
    name: run.name,
    role: run.role,
    form: run.form,
    beta: run.beta,
    seed: run.seed,
    run: run.id,
  }));
}

function paragraph(text: string): string {
  return `<p>${escapeHtml(text)}</p>`;
}
