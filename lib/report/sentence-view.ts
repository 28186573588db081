/** Sentences with their entities marked, one line a reader of the sentence: gold, teacher, student. */
import { spansOf } from '../evaluation/spans';
import { escapeHtml } from './escape';

/** One sentence and its tags by who gave them, such as `{ gold: […], student: […] }`. */
export interface TaggedSentence {
  readonly words: readonly string[];
  readonly tags: Readonly<Record<string, readonly string[]>>;
}

/** Light colours (Okabe–Ito, thinned), dark text; the type is written beside, so colour says nothing alone. */
const COLOURS = ['#cfe3f3', '#fbe3b5', '#c9ebdf', '#f6d5c3', '#ead3e2', '#e8e8e8'];

/** Entities as marks with their types. */
export function sentencesHtml(sentences: readonly TaggedSentence[]): string {
  if (sentences.length === 0) return '<p>no sentences</p>';
  const types = [...new Set(sentences.flatMap(({ tags }) => Object.values(tags).flat()))]
    .filter(tag => tag !== 'O')
    .map(tag => tag.slice(2))
    .sort();
  const colours = new Map([...new Set(types)].map((type, i) => [type, COLOURS[i % COLOURS.length]]));
  const mark = (text: string, type: string) =>
    `<mark style="background:${colours.get(type)};color:#111;padding:1px 4px;border-radius:3px">${escapeHtml(text)} <small><b>${escapeHtml(type)}</b></small></mark>`;
  const line = ([name, tags]: [string, readonly string[]], words: readonly string[]) =>
    `<tr><th scope="row" style="text-align:left;vertical-align:top">${escapeHtml(name)}</th><td style="text-align:left">${marked(words, tags, escapeHtml, mark)}</td></tr>`;
  const tables = sentences.map(
    ({ words, tags }) =>
      `<table>${Object.entries(tags)
        .map(entry => line(entry, words))
        .join('\n')}</table>`,
  );
  return tables.join('\n');
}

/** The same in characters: `gold: [PER Ann Lee] joined [ORG Acme]`. */
export function sentencesText(sentences: readonly TaggedSentence[]): string {
  if (sentences.length === 0) return 'no sentences';
  const plain = (text: string) => text;
  const bracket = (text: string, type: string) => `[${type} ${text}]`;
  const blocks = sentences.map(({ words, tags }) =>
    Object.entries(tags)
      .map(([name, of]) => `${name}: ${marked(words, of, plain, bracket)}`)
      .join('\n'),
  );
  return blocks.join('\n\n');
}

function marked(
  words: readonly string[],
  tags: readonly string[],
  outside: (text: string) => string,
  mark: (text: string, type: string) => string,
): string {
  const parts: string[] = [];
  let next = 0;
  for (const { type, start, end } of spansOf(tags)) {
    parts.push(...words.slice(next, start).map(outside), mark(words.slice(start, end).join(' '), type));
    next = end;
  }
  return [...parts, ...words.slice(next).map(outside)].join(' ');
}
