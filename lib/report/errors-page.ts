/**
 * The errors of one model as a page that needs nothing else: scores, what became of the entities, which types are taken for
 * which, scores by attributes, and the sentences behind every number: a number is a link, and the page then shows these
 * sentences alone.
 */
import type { Sentence } from '../corpus/sentence';
import {
  countOutcomes,
  countOutcomesByType,
  type EntityOutcome,
  type ErrorAnalysis,
  OUTCOMES,
  type ScoredSentence,
} from '../evaluation/errors';
import { percent } from '../evaluation/format';
import type { Score } from '../evaluation/scores';
import { SLICE_ATTRIBUTES, type SliceAttribute, sliceValues } from '../evaluation/slices';
import type { ReadingMode, Span } from '../evaluation/spans';
import { dataBlock, pictureHtml } from './embed';
import { confusionFigure, typesShown } from './entity-figures';
import { escapeHtml } from './escape';
import { htmlPage, htmlTable } from './page';
import { renderSvg } from './render';
import { sentenceHtml, typeColours } from './sentence-view';

export interface ErrorsPage {
  readonly title: string;
  readonly sentences: readonly (ScoredSentence & { readonly line?: number })[];
  readonly analysis: ErrorAnalysis;
  readonly critical: readonly string[];
  /** As it was given to the analysis. */
  readonly train?: readonly Pick<Sentence, 'words' | 'tags'>[];
  readonly mode?: ReadingMode;
  /** Sentences that the page holds at most, those with errors first; default 3000. */
  readonly mostSentences?: number;
}

const MOST_SENTENCES = 3000;

const STYLE = `
h1 { font-size: 26px; line-height: 1.25; margin: 0 0 8px; overflow-wrap: anywhere; }
h2 { font-size: 20px; margin: 36px 0 8px; } h3 { font-size: 16px; margin: 20px 0 4px; }
p { max-width: 46em; }
table { border-collapse: collapse; font-size: 14px; font-variant-numeric: tabular-nums; }
.numbers th, .numbers td { padding: 4px 10px; border-bottom: 1px solid #ddd; text-align: right; }
.numbers th:first-child, .numbers td:first-child { text-align: left; }
.numbers thead th { border-bottom: 2px solid #444; vertical-align: bottom; }
a { color: #0b4f8a; } svg a text { text-decoration: underline; }
.scroll { overflow-x: auto; margin-bottom: 20px; }
.slices .numbers { table-layout: fixed; width: 1060px; } .slices th:first-child { width: 200px; }
article { border-top: 1px solid #ddd; padding: 8px 0; }
article th { padding: 2px 12px 2px 0; font-weight: 400; color: #555; } article td { line-height: 1.75; }
article p { margin: 2px 0; font-size: 14px; max-width: none; }
.where { color: #555; }
#chosen { position: sticky; top: 0; background: #fff; padding: 8px 0; border-bottom: 2px solid #444; margin-bottom: 0; }
@media print { body { max-width: none; padding: 0; font-size: 10pt; } article, tr { break-inside: avoid; } #chosen { position: static; } }`;

/** Shows the sentences of the cell that the address names, or all of them. */
const SCRIPT = `
const CELLS = JSON.parse(document.querySelector('script[data-name=cells]').textContent);
const articles = [...document.querySelectorAll('article')];
const chosen = document.getElementById('chosen');
const everything = chosen.innerHTML;
function choose() {
  const label = CELLS[location.hash.slice(1)];
  let shown = 0;
  for (const article of articles) {
    article.hidden = label !== undefined && !article.dataset.cells.split(' ').includes(location.hash.slice(1));
    if (!article.hidden) shown++;
  }
  chosen.innerHTML = everything;
  if (label === undefined) return;
  const all = document.createElement('a');
  all.href = '#sentences';
  all.textContent = 'all sentences';
  chosen.replaceChildren(label + ': ' + shown + (shown === 1 ? ' sentence (' : ' sentences ('), all, ')');
  document.getElementById('sentences').scrollIntoView();
}
addEventListener('hashchange', choose);
choose();`;

/** The whole page. All texts are escaped; nothing is loaded from elsewhere. */
export async function errorsPage(page: ErrorsPage): Promise<string> {
  const { title, sentences, analysis, critical } = page;
  const { scores, confusion } = analysis;
  const cells = new Cells(page);
  const types = confusion.names.slice(0, -1);
  const figure = confusionFigure(confusion, {
    linkOf: (gold, predicted) => `#${cells.id(confusionCell(types[gold], types[predicted]))}`,
  });
  const sections = [
    `<h2>Scores</h2>\n${scoresTable(analysis)}`,
    `<p>Coverage of the critical types (${escapeHtml(critical.join(', '))}): ${percent(scores.coverage)} %. Tokens right: ${percent(scores.accuracy)} %.</p>`,
    `<h2>What became of the entities</h2>\n<p>A gold entity is paired with the predicted one that overlaps it; what has no partner is missed (gold) or spurious (predicted).</p>\n${outcomesTable(analysis, cells)}`,
    `<h2>Confusion of types</h2>\n<div class="scroll">${pictureHtml(figure, await renderSvg(figure))}</div>${confusionTable(analysis, cells)}`,
    `<h2>By attribute</h2>\n<p>Scores over the entities that have a value. “Not found” are gold entities that were not predicted exactly so, “not right” predicted ones that are not gold.</p>`,
    `<div class="slices">\n${slicesTables(analysis, cells).join('\n')}\n</div>`,
    sentencesSection(page, cells),
  ];
  const body = `<p>${sentences.length.toLocaleString('en-US')} sentences, ${scores.overall.support.toLocaleString('en-US')} gold and ${scores.overall.predicted.toLocaleString('en-US')} predicted entities. Every number that is a link leads to its sentences.</p>
${sections.join('\n')}
${dataBlock('cells', cells.labels())}`;
  return htmlPage(title, STYLE, body, [SCRIPT]);
}

/** What the sentences behind a number are asked for by, and what it is called. */
type Cell = string;
const confusionCell = (gold: string | undefined, predicted: string | undefined): Cell => {
  if (gold === undefined) return `${predicted} where there is no entity`;
  if (predicted === undefined) return `${gold} missed`;
  return gold === predicted ? `${gold} found as ${gold}` : `${gold} predicted as ${predicted}`;
};
const outcomeCell = (type: string, outcome: string): Cell => `${type}: ${outcome}`;
const sliceCell = (attribute: SliceAttribute, value: string, wrong: 'not found' | 'not right'): Cell =>
  `${attribute} “${value}”: ${wrong}`;

/** Which sentences stand behind which cell. */
class Cells {
  private readonly ids = new Map<Cell, string>();
  private readonly bySentence: Set<Cell>[];

  constructor({ sentences, analysis, train }: ErrorsPage) {
    const valuesOf = sliceValues(train);
    this.bySentence = sentences.map(() => new Set<Cell>());
    for (const { sentence, outcome, gold, predicted } of analysis.outcomes) {
      const cells = this.bySentence[sentence];
      cells.add(confusionCell(gold?.type, predicted?.type));
      cells.add(outcomeCell((gold ?? predicted)!.type, outcome));
      if (outcome === 'correct') continue;
      const addSlices = (span: Span, wrong: 'not found' | 'not right'): void => {
        for (const [attribute, value] of Object.entries(valuesOf(sentences[sentence].words, span)))
          cells.add(sliceCell(attribute as SliceAttribute, value, wrong));
      };
      if (gold) addSlices(gold, 'not found');
      if (predicted) addSlices(predicted, 'not right');
    }
  }

  /** The fragment of the cell in addresses. */
  id(cell: Cell): string {
    const id = this.ids.get(cell) ?? `c${this.ids.size + 1}`;
    this.ids.set(cell, id);
    return id;
  }

  link(cell: Cell, count: number): string {
    return count === 0 ? '0' : `<a href="#${this.id(cell)}">${count.toLocaleString('en-US')}</a>`;
  }

  /** Of the cells that were linked. */
  ofSentence(sentence: number): string[] {
    return [...this.bySentence[sentence]].flatMap(cell => this.ids.get(cell) ?? []);
  }

  labels(): Record<string, string> {
    return Object.fromEntries([...this.ids].map(([cell, id]) => [id, cell]));
  }
}

/** A table whose cells are HTML already, except for the headings. */
function numbersTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return htmlTable(
    '<div class="scroll"><table class="numbers">',
    head.map(text => `<th scope="col">${escapeHtml(text)}</th>`),
    rows.map(row => row.map(cell => `<td>${cell}</td>`)),
  );
}

const SCORE_HEAD = ['gold', 'predicted', 'correct', 'precision, %', 'recall, %', 'F1, %'];
function scoreCells({ support, predicted, correct, precision, recall, f1 }: Score): string[] {
  const counts = [support, predicted, correct].map(count => count.toLocaleString('en-US'));
  return [...counts, ...[precision, recall, f1].map(percent)];
}

function scoresTable({ scores }: ErrorAnalysis): string {
  const rows: [string, Score][] = [
    ['overall', scores.overall],
    ...Object.entries(scores.byType),
    ['critical types', scores.critical],
  ];
  return numbersTable(
    ['', ...SCORE_HEAD],
    rows.map(([name, score]) => [escapeHtml(name), ...scoreCells(score)]),
  );
}

/** Every two types of which one was taken for the other, where the figure does not show them all. */
function confusionTable({ confusion }: ErrorAnalysis, cells: Cells): string {
  const types = confusion.names.slice(0, -1);
  if (typesShown(confusion).length === types.length) return '';
  const pairs = confusion.counts.flatMap((row, gold) =>
    row.flatMap((count, predicted) => (count > 0 && gold !== predicted ? [{ gold, predicted, count }] : [])),
  );
  const rows = pairs
    .sort((a, b) => b.count - a.count)
    .map(({ gold, predicted, count }) => [
      escapeHtml(types[gold] ?? 'spurious'),
      escapeHtml(types[predicted] ?? 'missed'),
      cells.link(confusionCell(types[gold], types[predicted]), count),
    ]);
  return `\n<p>All types, what was confused most first:</p>\n${numbersTable(['gold', 'predicted', 'entities'], rows)}`;
}

function outcomesTable(analysis: ErrorAnalysis, cells: Cells): string {
  const rows = countOutcomesByType(analysis).map(([type, counts]) => [
    escapeHtml(type),
    ...OUTCOMES.map(outcome => cells.link(outcomeCell(type, outcome), counts[outcome])),
  ]);
  const all = countOutcomes(analysis.outcomes);
  return numbersTable(
    ['gold type, or predicted where spurious', ...OUTCOMES],
    [...rows, ['all', ...OUTCOMES.map(outcome => all[outcome].toLocaleString('en-US'))]],
  );
}

function slicesTables({ slices }: ErrorAnalysis, cells: Cells): string[] {
  return SLICE_ATTRIBUTES.flatMap(attribute => {
    const ofAttribute = slices.filter(slice => slice.attribute === attribute);
    if (ofAttribute.length === 0) return [];
    const rows = ofAttribute.map(({ value, score }) => [
      escapeHtml(value),
      ...scoreCells(score),
      cells.link(sliceCell(attribute, value, 'not found'), score.support - score.correct),
      cells.link(sliceCell(attribute, value, 'not right'), score.predicted - score.correct),
    ]);
    return [numbersTable([attribute, ...SCORE_HEAD, 'not found', 'not right'], rows)];
  });
}

function sentencesSection(page: ErrorsPage, cells: Cells): string {
  const { sentences, analysis, mode, mostSentences = MOST_SENTENCES } = page;
  const outcomes = sentences.map((): EntityOutcome[] => []);
  for (const outcome of analysis.outcomes) outcomes[outcome.sentence].push(outcome);
  const withEntities = [...sentences.keys()].filter(s => outcomes[s].length > 0);
  const isWrong = (s: number): boolean => outcomes[s].some(({ outcome }) => outcome !== 'correct');
  const shown = new Set(
    [...withEntities.filter(isWrong), ...withEntities.filter(s => !isWrong(s))].slice(0, mostSentences),
  );
  const colours = typeColours(analysis.confusion.names);
  const jumped = new Set<string>();
  const articles = withEntities
    .filter(s => shown.has(s))
    .map(s => {
      const { words, gold, predicted, line } = sentences[s];
      const ids = cells.ofSentence(s);
      // Where no script runs, a number leads to its first sentence.
      const anchors = ids.filter(id => !jumped.has(id)).map(id => `<a id="${id}"></a>`);
      for (const id of ids) jumped.add(id);
      const errors = outcomes[s].filter(({ outcome }) => outcome !== 'correct');
      const said = errors.map(outcome => escapeHtml(sayOutcome(outcome, words))).join('; ') || 'all right';
      return `<article data-cells="${ids.join(' ')}">${anchors.join('')}<p><span class="where">sentence ${s + 1}${line === undefined ? '' : `, line ${line}`}:</span> ${said}</p>
${sentenceHtml({ words, tags: { gold, predicted } }, colours, mode)}</article>`;
    });
  const left = withEntities.length - shown.size;
  const note =
    left > 0
      ? `<p>The page holds ${shown.size.toLocaleString('en-US')} sentences; ${left.toLocaleString('en-US')} more with entities are left out.</p>\n`
      : '';
  return `<h2 id="sentences">Sentences</h2>
${note}<h3 id="chosen">All ${articles.length.toLocaleString('en-US')} with entities</h3>
${articles.join('\n')}`;
}

function sayOutcome({ outcome, gold, predicted }: EntityOutcome, words: readonly string[]): string {
  const name = ({ type, start, end }: Span): string => `${type} “${words.slice(start, end).join(' ')}”`;
  if (!gold || !predicted) return `${outcome} ${name((gold ?? predicted)!)}`;
  return `${outcome}: ${name(gold)} predicted as ${name(predicted)}`;
}
