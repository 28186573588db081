/** What models answer at each word of a sentence, beside each other: their first two classes and how probable these are. */
import { alignColumns } from '../evaluation/format';
import { shown } from '../shown';
import { escapeHtml } from './escape';
import { htmlTable } from './page';

/** One sentence as models see it. */
export interface TokenAnswers {
  readonly words: readonly string[];
  /** BIO tags, one a word. */
  readonly gold: readonly string[];
  /** The critical types; words of their entities are marked. */
  readonly critical: readonly string[];
  /** The tag of each class. */
  readonly tags: readonly string[];
  /** By the name of the model, `[words][classes]`; words that were cut off have none. */
  readonly probabilities: Readonly<Record<string, readonly (readonly number[])[]>>;
}

interface Answer {
  readonly tag: string;
  readonly probability: number;
}

const MARK = 'critical';
/** Classes that are named of each answer. */
const NAMED = 2;

/** A table with a row for each word; critical words are marked by a word of their own as well as by colour. */
export function tokensHtml(answers: TokenAnswers): string {
  const models = Object.keys(answers.probabilities);
  const header = ['word', 'gold', '', ...models].map(
    heading => `<th scope="col" style="text-align:left">${escapeHtml(heading)}</th>`,
  );
  const rows = answers.words.map((word, w) => {
    const marked = isCritical(answers, w);
    const cell = (html: string) =>
      `<td style="text-align:left${marked ? ';background:#fbe3b5;color:#111' : ''}">${html}</td>`;
    const name = escapeHtml(word);
    return [
      `<th scope="row" style="text-align:left">${marked ? `<mark>${name}</mark>` : name}</th>`,
      cell(escapeHtml(answers.gold[w])),
      cell(marked ? MARK : ''),
      ...models.map(model => cell(answerHtml(answersAt(answers, model, w), answers.gold[w]))),
    ];
  });
  return htmlTable('<div style="overflow-x:auto"><table>', header, rows);
}

/** Bold where the answer is the gold one. */
function answerHtml([first, ...others]: readonly Answer[], gold: string): string {
  if (!first) return '–';
  const best = escapeHtml(wordsOf(first));
  const rest = others.map(answer => `, ${escapeHtml(wordsOf(answer))}`).join('');
  return `${first.tag === gold ? `<b>${best}</b>` : best}<small>${rest}</small>`;
}

/** The same in characters. */
export function tokensText(answers: TokenAnswers): string {
  const models = Object.keys(answers.probabilities);
  const rows = answers.words.map((word, w) => [
    shown(word),
    answers.gold[w],
    isCritical(answers, w) ? MARK : '',
    ...models.map(model => answersAt(answers, model, w).map(wordsOf).join(', ') || '–'),
  ]);
  return alignColumns([['word', 'gold', '', ...models.map(shown)], ...rows], () => false).slice(0, -1);
}

function wordsOf({ tag, probability }: Answer): string {
  return `${tag} ${probability.toFixed(3)}`;
}

function isCritical({ gold, critical }: TokenAnswers, word: number): boolean {
  return critical.includes(gold[word].slice(2));
}

/** The most probable classes at a word, the first one first. */
function answersAt({ probabilities, tags }: TokenAnswers, model: string, word: number): Answer[] {
  return [...(probabilities[model][word] ?? [])]
    .map((probability, c) => ({ tag: tags[c], probability }))
    .sort((a, b) => b.probability - a.probability)
    .slice(0, NAMED);
}
