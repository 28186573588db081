/** Writes what a reproduction leaves behind: tables as CSV, figures as SVG and the report. */
import { join } from 'node:path';
import type { Study } from '../experiment/study';
import { writeFileAtomically } from '../files';
import { describeDisturbance } from '../resources/load';
import { toCsv } from './csv';
import { type Figure, figure1, figure2, figure3, figure4 } from './figures';
import { type ReportFigure, reportHtml } from './html';
import { PAPER_DISAGREEMENT } from './paper-tables';
import { renderSvg } from './render';
import { runsTable, type TableRow, table1, table2 } from './tables';

const NOTES = [
  'A reproduction of I. Chudnov and O. Romashkova, “Models of resource-efficient distillation of transformers for ' +
    'preserving critical knowledge in NER tasks”: a teacher is fine-tuned, students are distilled from it with and without ' +
    'extra weight on critical entity types, and quality and resources are compared.',
  'All scores are entity-level on the test split, exact match of type and boundaries. Columns that begin with “paper” are ' +
    'the numbers that the paper prints, for CoNLL-2003 on its own hardware; a dash stands where it prints none.',
];
const TABLE_1_NOTE =
  'The constrained student is the one with the highest F1_critical on the validation split. “Student without teacher” is ' +
  'trained with cross-entropy alone; what it lacks to the vanilla student is what distillation adds. Latency is that of one batch. Energy is ' +
  'that of 1,000 sentences in such batches: measured by the processor’s counters, above idle, or estimated from processor time, as the column says.';

const FIGURES: readonly { name: string; make: (study: Study) => Figure; caption: string }[] = [
  {
    name: 'figure1',
    make: figure1,
    caption:
      'Entity-level F1 over all types. The axis spans the values and need not begin at 0. Bars are deviations over seeds, where there are several.',
  },
  {
    name: 'figure2',
    make: figure2,
    caption:
      'F1 over the critical types and Coverage, the share of gold critical spans that are found exactly. The axes span the values and need not begin at 0.',
  },
  {
    name: 'figure3',
    make: figure3,
    caption:
      'Mean latency of one batch on this machine against the number of parameters: a point for each size of model, all its runs together, ± one standard deviation of a repeat’s mean within and between runs.',
  },
  {
    name: 'figure4',
    make: figure4,
    caption:
      'F1 over all types and over the critical types against β; β = 0 is the vanilla student. The axes span the values and need not begin at 0.',
  },
];

/**
 * Writes `table1.csv`, `table2.csv`, `runs.csv`, `figure1.svg` … `figure4.svg` and `report.html` into `folder`.
 * @param versions the text of `versions.txt`, shown in the report.
 * @returns the paths written.
 */
export async function writeOutputs(study: Study, folder: string, versions: string): Promise<string[]> {
  const figures: (ReportFigure & { name: string })[] = [];
  for (const { name, make, caption } of FIGURES) {
    const figure = make(study);
    figures.push({ name, figure, svg: await renderSvg(figure), caption });
  }
  const [rows1, rows2] = [table1(study), table2(study)];
  const tables = [
    { title: 'Table 1. Quality and resources', rows: forReading(rows1), note: TABLE_1_NOTE },
    { title: 'Table 2. The sweep over β', rows: forReading(rows2), note: PAPER_DISAGREEMENT },
  ];
  const files: Record<string, string> = {
    'table1.csv': toCsv(rows1),
    'table2.csv': toCsv(rows2),
    'runs.csv': toCsv(runsTable(study)),
    ...Object.fromEntries(figures.map(({ name, svg }) => [`${name}.svg`, svg])),
    'report.html': reportHtml({
      study,
      tables,
      figures,
      versions,
      notes: [...NOTES, ...study.notes, ...loadNotes(study)],
    }),
  };
  for (const [name, text] of Object.entries(files)) writeFileAtomically(join(folder, name), text);
  return Object.keys(files).map(name => join(folder, name));
}

function loadNotes(study: Study): string[] {
  const note = describeDisturbance(study.runs.flatMap(({ latency }) => (latency ? [latency.load] : [])));
  return note === null ? [] : [note];
}

/** Without the ids, which the report lists below, and without columns about seeds and spread where they say nothing. */
function forReading(rows: readonly TableRow[]): TableRow[] {
  const hidden = rows.every(row => row.seeds === 1) ? /^(runs|seeds|f1_.*std_percent)$/ : /^runs$/;
  return rows.map(row => Object.fromEntries(Object.entries(row).filter(([column]) => !hidden.test(column))));
}
