/** Writes what a reproduction leaves behind: tables as CSV, figures as SVG and the report. */
import { join } from 'node:path';
import { toCsv } from '../csv';
import type { ScoredSentence } from '../evaluation/errors';
import type { StudyPlan } from '../experiment/plan';
import { formatDuration } from '../experiment/progress';
import type { StoredConfig } from '../experiment/run-config';
import type { Study, StudyRun } from '../experiment/study';
import { writeFileAtomically } from '../files';
import { PRECISIONS } from '../inference/precision';
import { describeDisturbance } from '../resources/load';
import { sentenceOnBeta } from './beta-sentence';
import { forReport } from './columns';
import { escapeHtml } from './escape';
import { type Figure, figure1, figure2, figure3, figure4 } from './figures';
import { type ReportFigure, type ReportTable, reportHtml } from './html';
import { learningCurves, type Training } from './learning-curves';
import { factsSummary, type StudyFactRow, studyFacts } from './lost-facts';
import type { DOCUMENTS, FigureName } from './output-files';
import { claimsForPeople, paperClaims } from './paper-claims';
import { settingsBesidePaper } from './paper-settings';
import { PAPER_DISAGREEMENT } from './paper-tables';
import { paretoFigure } from './pareto-figure';
import { renderSvg } from './render';
import { candidatesOf } from './summaries';
import { runsTable, table1, table2 } from './tables';

const NOTES = [
  'A reproduction of I. Chudnov and O. Romashkova, “Models of resource-efficient distillation of transformers for ' +
    'preserving critical knowledge in NER tasks”: a teacher is fine-tuned, students are distilled from it with and without ' +
    'extra weight on critical entity types, and quality and resources are compared.',
  'All scores are entity-level on the test split, exact match of type and boundaries. The grey line “paper” below a value is ' +
    'what the paper prints for it, for CoNLL-2003 on its own hardware.',
];
const TABLE_1_NOTE =
  'The constrained student is the one with the highest F1_critical on the validation split. “Student without teacher” is ' +
  'trained with cross-entropy alone; what it lacks to the vanilla student is what distillation adds. Latency is that of one batch: ' +
  'every size of model is measured once, all in turn in one session, and the speed-up over the teacher is that of paired repeats, with its 95 % interval. Energy is ' +
  'that of 1,000 sentences in such batches: measured by the processor’s counters, above idle, or estimated from processor time. ' +
  'MB are those of the file of the model. “int8” is the model above it with its weights in 8 bits, as “export” writes it and ' +
  'onnxruntime executes it on the processor; its differences are to that model, paired on the same sentences, with their 95 % ' +
  'interval and the p-value after Holm’s correction over all such models. ' +
  'Under a score stands its 95 % interval: by the bootstrap over test sentences, with several seeds by Student’s t over seeds and sentences; ± is the deviation over seeds, whose lowest and highest value stand below. A click on a heading sorts.';
const TABLE_2_NOTE =
  'Differences are to the vanilla student, with their 95 % interval and the p-value after Holm’s correction over the sweep: of ' +
  'approximate randomisation over test sentences; with several seeds of Student’s t over seeds and sentences, where training noise ' +
  'is told from all students of the sweep together.';
const CLAIMS_NOTE =
  'A claim holds where the whole 95 % interval speaks for it and does not where the whole interval speaks against it. Each stands ' +
  'for itself, without a correction for their number; with one seed the interval knows nothing of training noise. The β that is chosen ' +
  'on validation is told by its test in Table 2, after the correction over the sweep.';
const SETTINGS_NOTE =
  'A dash stands where the paper gives no setting, so that the choice is ours. The whole plan is plan.json.';
const FACTS_NOTE =
  'Critical entities of the test part by who found them exactly: kept by the student, lost (found by the teacher alone), gained ' +
  '(found by the student alone), missed by both. Lost and gained by int8 are those that only the student, or only the same student ' +
  'in 8 bits, found. All of them stand in lost-facts.csv.';

const CURVES_CAPTION =
  'The loss of every step, and F1 over the critical types on the validation split after every epoch, of the first seed. Losses ' +
  'of models that are trained by different losses are not comparable, their shapes are.';

interface FigureOfStudy {
  readonly make: (study: Study) => Figure;
  readonly caption: string;
  /** Whether the caption goes on with the figure in words, where the figure itself names no models. */
  readonly withDescription?: boolean;
}

/** By the name of the file. */
const FIGURES: Readonly<Record<FigureName, FigureOfStudy>> = {
  figure1: {
    make: figure1,
    caption:
      'Entity-level F1 over all types. The axis spans the values and need not begin at 0. Bars are deviations over seeds; with one seed, 95 % bootstrap intervals over test sentences.',
  },
  figure2: {
    make: figure2,
    caption:
      'F1 over the critical types and Coverage, the share of gold critical spans that are found exactly. The axes span the values and need not begin at 0. Bars as in Figure 1.',
  },
  figure3: {
    make: figure3,
    caption:
      'Mean latency of one batch on this machine against the number of parameters: a point for each size of model, ± one standard deviation of a repeat’s mean. All sizes were measured in turn, and the speed-up is that of paired repeats, with its 95 % interval. An arrow leads to the same models in 8 bits, which have as many parameters.',
  },
  figure4: {
    make: figure4,
    caption:
      'F1 over all types and over the critical types against β; β = 0 is the vanilla student. The axes span the values and need not begin at 0. Bars as in Figure 1.',
  },
  pareto: {
    make: study => paretoFigure(candidatesOf(study, 'test', PRECISIONS), `test split of ${study.corpus}`),
    caption:
      'F1 over the critical types against what a model costs. No other model is both cheaper and better than one on the line.',
    withDescription: true,
  },
};

/** What stands behind a study's numbers. */
export interface Evidence {
  readonly plan: StudyPlan;
  readonly configOf: (run: StudyRun) => StoredConfig | undefined;
  /** The test part as a run predicted it. */
  readonly predictionsOf: (run: StudyRun) => readonly ScoredSentence[];
  /** The trainings whose curves the report shows. */
  readonly trainings?: readonly Training[];
  readonly origin?: Origin;
}

/** When the report was made and from what. */
export interface Origin {
  readonly at: Date;
  /** When the first of the runs began and the last one ended, by their files. */
  readonly trained?: { readonly from: Date; readonly to: Date };
  /** The version of the library, and where that is known its commit. */
  readonly source: string;
}

/** Lost facts that the report lists; the file has all. */
const LISTED_FACTS = 200;

/**
 * Writes `table1.csv`, `table2.csv`, `claims.csv`, `runs.csv`, `lost-facts.csv`, `figure1.svg` … `figure4.svg`, `pareto.svg` and
 * `report.html` into `folder`.
 * @param versions the text of `versions.txt`, shown in the report.
 * @returns the paths written.
 */
export async function writeOutputs(
  study: Study,
  folder: string,
  versions: string,
  evidence: Evidence,
): Promise<string[]> {
  const figures: (ReportFigure & { name: string })[] = [];
  for (const [name, { make, caption, withDescription }] of Object.entries(FIGURES)) {
    const figure = make(study);
    const words = withDescription ? ` ${figure.description.replaceAll('\n', ' ')}` : '';
    figures.push({ name, figure, svg: await renderSvg(figure), caption: caption + words });
  }
  const [rows1, rows2] = [table1(study), table2(study)];
  const tables = [
    {
      title: 'Table 1. Quality and resources',
      rows: forReport(rows1),
      note: [TABLE_1_NOTE, energyNote(rows1), 'Quantiles of latency stand in table1.csv.'].join(' '),
    },
    {
      title: 'Table 2. The sweep over β',
      rows: forReport(rows2),
      note: [sentenceOnBeta(study), TABLE_2_NOTE, PAPER_DISAGREEMENT].join(' '),
    },
  ];
  const claims = paperClaims(study);
  if (claims.length > 0)
    tables.push({
      title: 'The paper’s claims, one by one',
      rows: claimsForPeople(claims),
      note: CLAIMS_NOTE,
    });
  const loads = [...study.runs, ...study.quantized].flatMap(({ latency }) => latency?.load ?? []);
  const allFacts = studyFacts(study, evidence.predictionsOf);
  // All runs predict the same part.
  const sentences = study.runs.length > 0 ? evidence.predictionsOf(study.runs[0]) : [];
  const wordsOf = ({ sentence }: StudyFactRow) => sentences[sentence - 1].words;
  const lost = allFacts.filter(({ fate }) => fate === 'lost');
  const lostByInt8 = allFacts.filter(({ int8_fate }) => int8_fate === 'lost');
  const facts = [
    { title: 'Critical facts kept and lost', rows: forReport(factsSummary(allFacts)), note: FACTS_NOTE },
    listedFacts('Facts that were lost', lost, wordsOf),
    ...(study.quantized.length > 0
      ? [listedFacts('Facts that were lost in 8 bits', lostByInt8, wordsOf)]
      : []),
  ];
  const drawn = Object.fromEntries(figures.map(({ name, svg }) => [`${name}.svg`, svg]));
  const files: Record<(typeof DOCUMENTS)[number], string> = {
    'table1.csv': toCsv(rows1),
    'table2.csv': toCsv(rows2),
    'claims.csv': toCsv(claims),
    'runs.csv': toCsv(runsTable(study)),
    'lost-facts.csv': toCsv(allFacts),
    ...drawn,
    'report.html': reportHtml({
      study,
      tables,
      figures: [...figures, ...(await curvesOf(evidence))],
      facts,
      settings: { title: 'Settings', rows: settingsBesidePaper(evidence.plan), note: SETTINGS_NOTE },
      configOf: evidence.configOf,
      versions,
      made: originLine(versions, evidence.origin),
      notes: [...NOTES, ...study.notes, describeDisturbance(loads)].filter(note => note !== null),
    }),
  };
  for (const [name, text] of Object.entries(files)) writeFileAtomically(join(folder, name), text);
  return Object.keys(files).map(name => join(folder, name));
}

/** The first of them, each in its sentence; without what all have in common. */
function listedFacts(
  title: string,
  facts: readonly StudyFactRow[],
  wordsOf: (fact: StudyFactRow) => readonly string[],
): ReportTable {
  const listed = facts.slice(0, LISTED_FACTS);
  return {
    title: `${title}${facts.length > LISTED_FACTS ? `, the first ${LISTED_FACTS}` : ''}`,
    rows: listed.map(({ fate: _, int8_fate, int8, ...row }) => (int8_fate === null ? row : { ...row, int8 })),
    drawn: { heading: 'in its sentence', cells: listed.map(fact => inSentence(fact, wordsOf(fact))) },
  };
}

function inSentence({ first_word, last_word }: StudyFactRow, words: readonly string[]): string {
  const text = (from: number, to?: number) => escapeHtml(words.slice(from, to).join(' '));
  return `${text(0, first_word - 1)} <mark>${text(first_word - 1, last_word)}</mark> ${text(last_word)}`.trim();
}

/** `2026-11-26 11:18 UTC` */
function minuteOf(date: Date): string {
  return `${date.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

/** One line; the rest of the machine stands at the end of the report. */
function originLine(versions: string, origin?: Origin): string {
  const stated = new Map(versions.split('\n').map(line => line.split(/: (.*)/, 2) as [string, string]));
  const { at, trained, source } = origin ?? {};
  const duration = trained && formatDuration((trained.to.getTime() - trained.from.getTime()) / 1000);
  const parts = [
    at && `Report of ${minuteOf(at)}`,
    trained && `runs made from ${minuteOf(trained.from)} to ${minuteOf(trained.to)} (${duration})`,
    source,
    stated.has('cpu') && `${stated.get('cpu')}, ${stated.get('cores')} cores`,
    ...['node', 'onnxruntime-node', '@tensorflow/tfjs'].map(
      name => stated.has(name) && `${name} ${stated.get(name)}`,
    ),
  ];
  return parts.filter(Boolean).join(' · ');
}

/** How the models were trained, for the report alone: notebook 2 has the same figure. */
async function curvesOf({ trainings = [] }: Evidence): Promise<ReportFigure[]> {
  if (trainings.length === 0) return [];
  const figure = learningCurves(trainings);
  return [{ figure, svg: await renderSvg(figure), caption: CURVES_CAPTION }];
}

function energyNote(rows: ReturnType<typeof table1>): string {
  const sources = [...new Set(rows.flatMap(row => row.energy_from ?? []))];
  return sources.length > 0 ? `Energy here is ${sources.join('; ')}.` : '';
}
