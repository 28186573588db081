/**
 * The errors of one model as a page that needs nothing else: scores, what became of the entities, which types are taken for
 * which, scores by attributes, and the sentences behind every number, those with errors first, the right ones folded up: a
 * number is a link, and the page then shows these sentences alone, as it does for words that are searched.
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
import { contentsHtml, htmlPage, htmlTable, type Section, scrollRegion, sectionHtml } from './page';
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
h1 { font-size: 26px; line-height: 1.25; margin: 0 0 8px; }
h2 { font-size: 20px; margin: 36px 0 8px; } h3 { font-size: 16px; margin: 20px 0 4px; }
p { max-width: 46em; }
table { font-size: 14px; }
.numbers th, .numbers td { padding: 4px 10px; border-bottom: 1px solid var(--line); text-align: right; }
.numbers th:first-child, .numbers td:first-child { text-align: left; }
.numbers thead th { border-bottom: 2px solid var(--strong); vertical-align: bottom; }
svg a text { text-decoration: underline; }
.scroll { margin-bottom: 20px; }
.slices .numbers { table-layout: fixed; width: 1060px; } .slices th:first-child { width: 200px; }
article { border-top: 1px solid var(--line); padding: 8px 0; }
article th { padding: 2px 12px 2px 0; font-weight: 400; color: var(--quiet); } article td { line-height: 1.9; overflow-wrap: anywhere; }
article p { margin: 2px 0; font-size: 14px; max-width: none; }
.where { color: var(--quiet); }
details > summary { cursor: pointer; font-weight: 600; padding: 8px 0; }
#tools { position: sticky; top: 0; background: var(--page); padding: 8px 0; border-bottom: 2px solid var(--strong); }
#chosen { margin: 0 0 4px; } #search { font: inherit; font-size: 15px; width: 100%; max-width: 22em; padding: 4px 8px; box-sizing: border-box; }
@media (min-width: 900px) {
  article tbody { display: grid; grid-template-columns: 1fr 1fr; gap: 24px; } article tr { display: flex; }
  article table { width: 100%; }
}
@media print { body { max-width: none; padding: 0; font-size: 10pt; } article, tr { break-inside: avoid; } #tools { position: static; } #search, label { display: none; } }`;

/** Shows the sentences of the cell that the address names, or all of them, and of these the ones with the words that are searched. */
const SCRIPT = `
const CELLS = JSON.parse(document.querySelector('script[data-name=cells]').textContent);
const articles = [...document.querySelectorAll('article')];
const folded = document.getElementById('right');
const chosen = document.getElementById('chosen');
const search = document.getElementById('search');
const everything = chosen.innerHTML;
const words = new Map();
// As it is shown, and without the types behind entities, which stand between words.
function textOf(article) {
  if (words.has(article)) return words.get(article);
  const plain = article.cloneNode(true);
  for (const type of plain.querySelectorAll('mark small')) type.remove();
  const text = [article, plain].map(each => each.textContent.replace(/\\s+/g, ' ').toLowerCase()).join('\\n');
  words.set(article, text);
  return text;
}
function choose() {
  const cell = location.hash.slice(1);
  const label = CELLS[cell];
  const sought = search.value.trim().replace(/\\s+/g, ' ').toLowerCase();
  let shown = 0;
  for (const article of articles) {
    const isOfCell = label === undefined || article.dataset.cells.split(' ').includes(cell);
    article.hidden = !isOfCell || !textOf(article).includes(sought);
    if (!article.hidden) shown++;
  }
  const chooses = label !== undefined || sought !== '';
  if (folded) {
    folded.hidden = chooses && ![...folded.querySelectorAll('article')].some(article => !article.hidden);
    folded.open = chooses && !folded.hidden;
  }
  chosen.innerHTML = everything;
  if (!chooses) return;
  const parts = [label, sought && '“' + search.value.trim() + '”'].filter(Boolean).join(', ');
  const count = parts + ': ' + shown + (shown === 1 ? ' sentence' : ' sentences');
  if (label === undefined) return chosen.replaceChildren(count);
  const all = document.createElement('a');
  all.href = '#sentences';
  all.textContent = 'all sentences';
  chosen.replaceChildren(count + ' (', all, ')');
}
function follow() {
  choose();
  if (CELLS[location.hash.slice(1)] !== undefined) document.getElementById('sentences').scrollIntoView();
}
search.addEventListener('input', choose);
addEventListener('hashchange', follow);
follow();`;

/** The whole page. All texts are escaped; nothing is loaded from elsewhere. */
export async function errorsPage(page: ErrorsPage): Promise<string> {
  const { title, sentences, analysis, critical } = page;
  const { scores, confusion } = analysis;
  const cells = new Cells(page);
  const types = confusion.names.slice(0, -1);
  const figure = confusionFigure(confusion, {
    linkOf: (gold, predicted) => `#${cells.id(confusionCell(types[gold], types[predicted]))}`,
  });
  const sections: Section[] = [
    {
      id: 'scores',
      title: 'Scores',
      body: `${scoresTable(analysis)}
<p>Coverage of the critical types (${escapeHtml(critical.join(', '))}): ${percent(scores.coverage)} %. Tokens right: ${percent(scores.accuracy)} %.</p>`,
    },
    {
      id: 'outcomes',
      title: 'What became of the entities',
      body: `<p>A gold entity is paired with the predicted one that overlaps it; what has no partner is missed (gold) or spurious (predicted).</p>
${outcomesTable(analysis, cells)}`,
    },
    {
      id: 'confusion',
      title: 'Confusion of types',
      body: `${scrollRegion('Confusion of types as a figure')}${pictureHtml(figure, await renderSvg(figure), 'group')}</div>${confusionTable(analysis, cells)}`,
    },
    {
      id: 'attributes',
      title: 'By attribute',
      body: `<p>Scores over the entities that have a value. “Not found” are gold entities that were not predicted exactly so, “not right” predicted ones that are not gold.</p>
<div class="slices">
${slicesTables(analysis, cells).join('\n')}
</div>`,
    },
  ];
  // Last: the sentences know the numbers that lead to them.
  sections.push({ id: 'sentences', title: 'Sentences', body: sentencesSection(page, cells) });
  const body = `<p>${sentences.length.toLocaleString('en-US')} sentences, ${scores.overall.support.toLocaleString('en-US')} gold and ${scores.overall.predicted.toLocaleString('en-US')} predicted entities. Every number that is a link leads to its sentences.</p>
${contentsHtml(sections)}
${sections.map(sectionHtml).join('\n')}
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

/** A table whose cells are HTML already, except for the headings; the first of a row names it. */
function numbersTable(name: string, head: readonly string[], rows: readonly (readonly string[])[]): string {
  return htmlTable(
    `${scrollRegion(name)}<table class="numbers">`,
    head.map(text => (text === '' ? '<td></td>' : `<th scope="col">${escapeHtml(text)}</th>`)),
    rows.map(([first, ...cells]) => [
      `<th scope="row">${first}</th>`,
      ...cells.map(cell => `<td>${cell}</td>`),
    ]),
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
    'Scores by type',
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
  return `\n<p>All types, what was confused most first:</p>\n${numbersTable('Confusion of all types', ['gold', 'predicted', 'entities'], rows)}`;
}

function outcomesTable(analysis: ErrorAnalysis, cells: Cells): string {
  const rows = countOutcomesByType(analysis).map(([type, counts]) => [
    escapeHtml(type),
    ...OUTCOMES.map(outcome => cells.link(outcomeCell(type, outcome), counts[outcome])),
  ]);
  const all = countOutcomes(analysis.outcomes);
  return numbersTable(
    'Outcomes by type',
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
    return [numbersTable(`By ${attribute}`, [attribute, ...SCORE_HEAD, 'not found', 'not right'], rows)];
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
  const articlesOf = (which: readonly number[]) =>
    which.map(s => {
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
  const wrong = withEntities.filter(s => shown.has(s) && isWrong(s));
  const right = withEntities.filter(s => shown.has(s) && !isWrong(s));
  const [withErrors, allRight] = [wrong, right].map(of => of.length.toLocaleString('en-US'));
  const foldedUp =
    right.length > 0
      ? `<details id="right"><summary>${allRight} without errors</summary>\n${articlesOf(right).join('\n')}\n</details>`
      : '';
  return `${note}<div id="tools"><h3 id="chosen" aria-live="polite">${withErrors} with errors${right.length > 0 ? `, then ${allRight} without, folded up` : ''}</h3>
<label for="search">Search words and entities</label> <input id="search" type="search"></div>
${articlesOf(wrong).join('\n')}
${foldedUp}`;
}

function sayOutcome({ outcome, gold, predicted }: EntityOutcome, words: readonly string[]): string {
  const name = ({ type, start, end }: Span): string => `${type} “${words.slice(start, end).join(' ')}”`;
  if (!gold || !predicted) return `${outcome} ${name((gold ?? predicted)!)}`;
  return `${outcome}: ${name(gold)} predicted as ${name(predicted)}`;
}
