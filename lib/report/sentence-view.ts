/** Sentences with their entities marked, one line a reader of the sentence: gold, teacher, student. */
import { type ReadingMode, type Span, spansOf } from '../evaluation/spans';
import { shown } from '../shown';
import { escapeHtml } from './escape';

/** One sentence and its tags by who gave them, such as `{ gold: […], student: […] }`. */
export interface TaggedSentence {
  readonly words: readonly string[];
  readonly tags: Readonly<Record<string, readonly string[]>>;
}

/** Light colours (Okabe–Ito, thinned), dark text; the type is written beside, so colour says nothing alone. */
const COLOURS = ['#cfe3f3', '#fbe3b5', '#c9ebdf', '#f6d5c3', '#ead3e2', '#e2e2e2', '#e6efb8', '#d5d3f2'];

/** Types that have the same colour wherever they are shown, the first ones of `COLOURS`. */
const COMMON_TYPES = ['PER', 'ORG', 'LOC', 'MISC'];

/** The background of the marks of each type. Other types take the colours after those of the common ones, by name; they come round again where there are many. */
export function typeColours(types: Iterable<string>): ReadonlyMap<string, string> {
  const others = [...new Set(types)].filter(type => !COMMON_TYPES.includes(type)).sort();
  return new Map([...COMMON_TYPES, ...others].map((type, i) => [type, COLOURS[i % COLOURS.length]]));
}

/** Entities as marks with their types. */
export function sentencesHtml(sentences: readonly TaggedSentence[]): string {
  if (sentences.length === 0) return '<p>no sentences</p>';
  const spans = sentences.flatMap(({ tags }) => Object.values(tags).flatMap(of => spansOf(of)));
  const colours = typeColours(spans.map(({ type }) => type));
  return sentences.map(sentence => sentenceHtml(sentence, colours)).join('\n');
}

/** One sentence, a row of a table for each set of tags, read as `mode` says (default `lenient`). */
export function sentenceHtml(
  { words, tags }: TaggedSentence,
  colours: ReadonlyMap<string, string>,
  mode?: ReadingMode,
): string {
  const mark = (text: string, type: string) =>
    `<mark style="background:${colours.get(type)};color:#111;padding:1px 4px;border-radius:3px">${escapeHtml(text)} <small><b>${escapeHtml(type)}</b></small></mark>`;
  const rows = Object.entries(tags).map(
    ([name, of]) =>
      `<tr><th scope="row" style="text-align:left;vertical-align:top">${escapeHtml(name)}</th><td style="text-align:left">${marked(words, spansOf(of, mode), escapeHtml, mark)}</td></tr>`,
  );
  return `<table>${rows.join('\n')}</table>`;
}

/** The same in characters: `gold: [PER Ann Lee] joined [ORG Acme]`. */
export function sentencesText(sentences: readonly TaggedSentence[]): string {
  if (sentences.length === 0) return 'no sentences';
  const plain = shown;
  const bracket = (text: string, type: string) => shown(`[${type} ${text}]`);
  const blocks = sentences.map(({ words, tags }) =>
    Object.entries(tags)
      .map(([name, of]) => `${shown(name)}: ${marked(words, spansOf(of), plain, bracket)}`)
      .join('\n'),
  );
  return blocks.join('\n\n');
}

function marked(
  words: readonly string[],
  spans: readonly Span[],
  outside: (text: string) => string,
  mark: (text: string, type: string) => string,
): string {
  const parts: string[] = [];
  let next = 0;
  const addUntil = (end: number) => {
    for (; next < end; next++) parts.push(outside(words[next]));
  };
  for (const { type, start, end } of spans) {
    addUntil(start);
    parts.push(mark(words.slice(start, end).join(' '), type));
    next = end;
  }
  addUntil(words.length);
  return parts.join(' ');
}
