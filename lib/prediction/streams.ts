/** Sentences to be tagged, read line by line from a stream, and the forms in which they are written with their tags. */
import { DOCUMENT_MARK } from '../corpus/columns';
import { formatConll } from '../corpus/conll';
import { checkWordNumber } from '../corpus/conllu';
import { formatOf } from '../corpus/formats';
import { parseObject, tokensOf } from '../corpus/json-lines';
import { parseTag } from '../corpus/tags';
import { InputError } from '../errors';
import type { Tagging } from './tagger';
import { type PlacedWord, splitWords } from './words';

/** `conll`: the first column of each row; `conllu`: the second; `jsonl`: `tokens`, or `text`; `text`: a sentence a line. */
export const INPUT_FORMATS = ['conll', 'conllu', 'jsonl', 'text'] as const;
export type InputFormat = (typeof INPUT_FORMATS)[number];

/** Lines that are looked at to tell a format. */
const PROBE_LINES = 50;

/** How the format of a stream is told, for the help of commands. */
export const describeInputRule = `Without --format the first ${PROBE_LINES} lines that are not blank tell what the input is: JSON lines and CoNLL-U as \
"ner-distill convert" tells them; CoNLL columns where all rows have the same number of columns, two or more, and a tag in the \
last, or where the file's name ends in .conll, .iob, .iob2 or .bio; else plain text.`;

/** A sentence to be tagged. */
export interface InputSentence {
  readonly words: readonly string[];
  /** The line it stands in, where it is one; words are found in it at `starts` (UTF-16 units). */
  readonly text?: string;
  readonly starts?: readonly number[];
  /** Whether it is the first of a document that is marked. */
  readonly beginsDocument?: boolean;
  /** Carried over from JSON. */
  readonly id?: unknown;
}

interface Line {
  readonly text: string;
  /** Counted from 1. */
  readonly number: number;
}

/** Input whose format is known, and which is read as its sentences are asked for. */
export interface Input {
  readonly format: InputFormat;
  readonly sentences: AsyncGenerator<InputSentence>;
}

/**
 * Reads the beginning of a stream in UTF-8 to tell its format, then its sentences one by one.
 * @param name of the file, for its ending and for errors
 * @throws InputError `name:line: …` for a line that does not fit the format; for text that is not UTF-8
 */
export async function openInput(
  stream: AsyncIterable<Uint8Array>,
  name: string,
  format?: InputFormat,
): Promise<Input> {
  const lines = linesOf(stream, name);
  const head: Line[] = [];
  let seen = 0;
  while (format === undefined && seen < PROBE_LINES) {
    const { value, done } = await lines.next();
    if (done) break;
    head.push(value);
    if (value.text.trim() !== '') seen++;
  }
  const told =
    format ??
    inputFormatOf(
      head.map(({ text }) => text),
      name,
    );
  return { format: told, sentences: READERS[told](chain(head, lines), name) };
}

/** The format by `describeInputRule`. */
function inputFormatOf(lines: readonly string[], name: string): InputFormat {
  const format = formatOf(Buffer.from(lines.join('\n')), name);
  if (format !== 'conll' || /\.(conll|iob2?|bio)$/i.test(name)) return format;
  const rows = lines.map(cellsOf).filter(([first]) => first !== '' && first !== DOCUMENT_MARK);
  const columns = rows[0]?.length ?? 0;
  const hasTags = rows.every(row => row.length === columns && parseTag(row[columns - 1]) !== undefined);
  return columns >= 2 && hasTags ? 'conll' : 'text';
}

async function* linesOf(stream: AsyncIterable<Uint8Array>, name: string): AsyncGenerator<Line> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let number = 0;
  let rest = '';
  const decode = (bytes?: Uint8Array): string => {
    try {
      return bytes ? decoder.decode(bytes, { stream: true }) : decoder.decode();
    } catch {
      throw new InputError(`${name}: the text is not UTF-8 (after line ${number})`);
    }
  };
  const line = (text: string): Line => ({
    text: text.endsWith('\r') ? text.slice(0, -1) : text,
    number: ++number,
  });
  for await (const bytes of stream) {
    const lines = (rest + decode(bytes)).split('\n');
    rest = lines.pop()!;
    for (const text of lines) yield line(text);
  }
  rest += decode();
  if (rest !== '') yield line(rest);
}

async function* chain<T>(first: readonly T[], rest: AsyncIterable<T>): AsyncGenerator<T> {
  yield* first;
  yield* rest;
}

const READERS: Readonly<
  Record<InputFormat, (lines: AsyncIterable<Line>, name: string) => AsyncGenerator<InputSentence>>
> = {
  async *text(lines) {
    for await (const { text } of lines) {
      const words = splitWords(text);
      if (words.length > 0) yield inText(text, words);
    }
  },
  async *jsonl(lines, name) {
    for await (const { text: line, number } of lines) {
      if (line.trim() === '') continue;
      const place = `${name}:${number}`;
      const object = parseObject(line, place);
      const id = object.id === undefined ? {} : { id: object.id };
      if (object.tokens === undefined && typeof object.text === 'string')
        yield { ...inText(object.text, splitWords(object.text)), ...id };
      else yield { words: tokensOf(object, place), ...id };
    }
  },
  conll: (lines, name) => rowsToSentences(lines, name, 0, text => cellsOf(text)[0] === DOCUMENT_MARK),
  conllu: (lines, name) => rowsToSentences(lines, name, 1, text => /^#\s*newdoc\b/.test(text)),
};

/** Sentences of rows with their word in one column; comments, ranges and empty nodes of CoNLL-U are left out. */
async function* rowsToSentences(
  lines: AsyncIterable<Line>,
  name: string,
  column: 0 | 1,
  isMark: (text: string) => boolean,
): AsyncGenerator<InputSentence> {
  let words: string[] = [];
  let beginsDocument = false;
  for await (const { text, number } of lines) {
    const mark = isMark(text);
    if (text.trim() === '' || mark) {
      if (words.length > 0) {
        yield { words, beginsDocument };
        beginsDocument = false;
      }
      words = [];
      beginsDocument ||= mark;
    } else if (column === 0 || !/^(#|\d+[-.]\d+\t)/.test(text)) {
      const cells = cellsOf(text);
      if (column === 1) checkWordNumber(cells[0], words.length + 1, `${name}:${number}`);
      const word = cells[column];
      if (!word) throw new InputError(`${name}:${number}: found no word in column ${column + 1}`);
      words.push(word);
    }
  }
  if (words.length > 0) yield { words, beginsDocument };
}

function cellsOf(row: string): string[] {
  return row.includes('\t') ? row.trimEnd().split('\t') : row.trim().split(/ +/);
}

function inText(text: string, words: readonly PlacedWord[]): InputSentence {
  return { words: words.map(word => word.text), text, starts: words.map(({ start }) => start) };
}

/** `conll`: word and tag in columns; `jsonl`: an object a sentence, with `text`, `tokens`, `tags` and `entities`. */
export const OUTPUT_FORMATS = ['conll', 'jsonl'] as const;
export type OutputFormat = (typeof OUTPUT_FORMATS)[number];

/** What `jsonl` output holds, for the help of commands. */
export const describeOutput = `JSON lines have "text" (where the input is words: these, with a space between), "tokens", "tags" and "entities": \
"type"; "start" and "end", the first token and the one after the last, from 0; "characters", the same in characters (Unicode code points) of "text"; \
"text"; and "confidence", the lowest probability, over the entity's tokens, that the model gives to the tag it has chosen.`;

/** A tagged sentence as text. */
export function formatTagged(input: InputSentence, tagged: Tagging, format: OutputFormat): string {
  if (format === 'jsonl') return `${JSON.stringify(objectOf(input, tagged))}\n`;
  if (input.words.length === 0) return '';
  const mark = input.beginsDocument ? `${DOCUMENT_MARK} O\n\n` : '';
  return mark + formatConll([{ words: input.words, tags: tagged.tags }]);
}

function objectOf({ words, id, ...input }: InputSentence, { tags, entities }: Tagging): object {
  const text = input.text ?? words.join(' ');
  const starts = input.starts ?? startsOfJoined(words);
  return {
    ...(id !== undefined && { id }),
    text,
    tokens: words,
    tags,
    entities: entities.map(({ type, start, end, confidence }) => {
      const from = starts[start];
      const to = starts[end - 1] + words[end - 1].length;
      return {
        type,
        start,
        end,
        characters: [codePoints(text, from), codePoints(text, to)],
        text: text.slice(from, to),
        confidence: Number(confidence.toFixed(4)),
      };
    }),
  };
}

function startsOfJoined(words: readonly string[]): number[] {
  let next = 0;
  return words.map(word => {
    const start = next;
    next += word.length + 1;
    return start;
  });
}

/** The number of code points before a place that is counted in UTF-16 units. */
function codePoints(text: string, units: number): number {
  let pairs = 0;
  for (let i = 0; i < units; i++) if ((text.charCodeAt(i) & 0xfc00) === 0xd800) pairs++;
  return units - pairs;
}
