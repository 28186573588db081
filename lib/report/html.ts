/**
 * The report of a study as one page that needs nothing else: what was found, tables that can be sorted, figures, the facts that were
 * lost, and every run with what determines it, to which the rows of all tables link.
 */
import { percent } from '../evaluation/format';
import { DECIDING, type KnownMeasure, MEASURES, measureOf, scoreOf } from '../evaluation/measures';
import type { Scores } from '../evaluation/scores';
import type { StoredConfig } from '../experiment/run-config';
import type { Study, StudyRun } from '../experiment/study';
import { DRAW_SCRIPT, figureHtmlInline } from './embed';
import { escapeHtml } from './escape';
import type { Figure } from './figures';
import { findingOf } from './finding';
import { contentsHtml, htmlPage, type Section, sectionHtml } from './page';
import { isCriticalLoss } from './paper-tables';
import { smallPlotlySource } from './plotly';
import { type DrawnColumn, reportTable, runAnchor, SORT_SCRIPT, TABLE_STYLE } from './report-table';
import { scoreRows } from './table-view';
import type { TableRow } from './tables';

export interface ReportTable {
  readonly title: string;
  readonly rows: readonly TableRow[];
  /** What a reader has to know of it. */
  readonly note?: string;
  readonly drawn?: DrawnColumn;
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
  /** Tables of critical facts, after the figures. */
  readonly facts: readonly ReportTable[];
  /** The settings of the plan, at the end of what was run. */
  readonly settings: ReportTable;
  /** What determines a run; `undefined` where it is not known. */
  readonly configOf: (run: StudyRun) => StoredConfig | undefined;
  /** Software and hardware, the text of `versions.txt`. */
  readonly versions: string;
  /** When, from what and on what it was made, in one line. */
  readonly made: string;
  /** Paragraphs that stand before the tables. */
  readonly notes: readonly string[];
}

const STYLE = `
h1 { font-size: 28px; line-height: 1.25; margin: 0 0 8px; }
h2 { font-size: 20px; margin: 40px 0 8px; }
p { max-width: 46em; }
dl { display: grid; grid-template-columns: max-content auto; gap: 2px 16px; }
dt { font-weight: 600; } dd { margin: 0; }
.finding { font-size: 18px; } .made { color: var(--quiet); font-size: 14px; max-width: none; }
figure { margin: 24px 0; } figcaption, .note { color: var(--quiet); font-size: 14px; max-width: 60em; }
figure [role=img] > svg { max-width: 100%; height: auto; }
pre { font: 13px/1.4 Menlo, Consolas, "Liberation Mono", monospace; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; background: var(--panel); padding: 12px; }
details.run { border-top: 1px solid var(--line); padding: 6px 0; } details.run > summary { cursor: pointer; }
details.run:target { background: var(--chosen); }
@media (max-width: 600px) { dl { display: block; } dd { margin-bottom: 6px; } }
${TABLE_STYLE}
@media print {
  body { max-width: none; padding: 0; font-size: 11pt; }
  h2 { break-after: avoid; } figure, tr { break-inside: avoid; }
  table { font-size: 7.5pt; } th, td { padding: 2px 4px; }
  .modebar { display: none !important; }
}`;

/** The whole page, 1 MB of which is Plotly. All texts are escaped; nothing is loaded from elsewhere. */
export function reportHtml(report: Report): string {
  const { study } = report;
  const in8Bits = new Map(study.quantized.map(run => [run.id, run]));
  const title = `Distillation of NER models that keeps the critical entities: ${study.corpus}, preset ${study.preset}`;
  const sections: Section[] = [
    {
      id: 'study',
      title: 'What was run',
      body: `${report.notes.map(paragraph).join('\n')}\n${summary(study)}`,
    },
    ...report.tables.map(tableSection),
    { id: 'figures', title: 'Figures', body: report.figures.map(figureSection).join('\n') },
    ...report.facts.map(tableSection),
    tableSection(report.settings),
    {
      id: 'runs',
      title: 'Runs',
      body: `<p>Every number above comes from one of these folders of the run store, <code>runs/</code>.</p>
${study.runs.map(run => runSection(run, report.configOf(run), in8Bits.get(run.id))).join('\n')}`,
    },
    { id: 'versions', title: 'Versions', body: `<pre>${escapeHtml(report.versions)}</pre>` },
  ];
  const body = `${findingOf(study)
    .map(sentence => `<p class="finding">${escapeHtml(sentence)}</p>`)
    .join('\n')}
<p class="made">${escapeHtml(report.made)}</p>
${contentsHtml(sections)}
${sections.map(sectionHtml).join('\n')}`;
  return htmlPage(title, STYLE, body, [smallPlotlySource(), DRAW_SCRIPT, SORT_SCRIPT]);
}

function summary(study: Study): string {
  const entries = {
    Preset: study.preset,
    Corpus: study.corpus,
    'Critical types': study.criticalTypes.join(', '),
    β: study.betas.join(', '),
    [study.forms.every(isCriticalLoss) ? 'Forms of the critical loss' : 'Losses with a weight β']:
      study.forms.join(', '),
    Students: study.students.join(', '),
    Runs: String(study.runs.length),
    Seeds: [...new Set(study.runs.flatMap(run => run.seed ?? []))].join(', '),
  };
  return `<dl>${Object.entries(entries)
    .map(([term, text]) => `<dt>${escapeHtml(term)}</dt><dd>${escapeHtml(text)}</dd>`)
    .join('')}</dl>`;
}

function paragraph(text: string): string {
  return `<p>${escapeHtml(text)}</p>`;
}

/** In addresses it is called as its title begins: `table-1`. */
function tableSection({ title, rows, note, drawn }: ReportTable): Section {
  const id = title
    .replace(/[.,].*/, '')
    .replace(/[^\w]+/g, '-')
    .toLowerCase();
  const body = `${reportTable(rows, title, drawn)}${note ? `\n<p class="note">${escapeHtml(note)}</p>` : ''}`;
  return { id, title, body };
}

function figureSection({ figure, svg, caption }: ReportFigure): string {
  return `<figure>\n${figureHtmlInline(figure, svg)}\n<figcaption>${escapeHtml(caption)}</figcaption>\n</figure>`;
}

/** A run folded up: what it is and scored, and, opened, its scores by type and everything that determines it. */
function runSection(run: StudyRun, config: StoredConfig | undefined, in8Bits: StudyRun | undefined): string {
  const { id, name, validation, test } = run;
  const scoresOf = (part: Scores, measures: readonly KnownMeasure[]) =>
    measures.map(measure => `${measure.title} ${percent(scoreOf(measure, part))}`).join(', ');
  const scores = `${scoresOf(test, MEASURES)} on test; ${scoresOf(validation, [measureOf(DECIDING)])} on validation`;
  const determined = config
    ? `<p>Determined by (<code>config.json</code>, whose hash is the id):</p>\n<pre>${escapeHtml(JSON.stringify(config, null, 2))}</pre>`
    : '';
  return `<details class="run" id="${runAnchor(escapeHtml(id))}">
<summary><code>${escapeHtml(id)}</code> ${escapeHtml(name)}: ${scores}</summary>
${reportTable(scoreRows(test), `Scores of run ${id}`)}
${in8Bits ? `<p>Its model in 8 bits, by <code>int8/predictions.conll</code> in the folder of the run:</p>\n${reportTable(scoreRows(in8Bits.test), `Scores of run ${id} in 8 bits`)}` : ''}
${determined}
</details>`;
}
