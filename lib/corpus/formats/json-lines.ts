/**
 * JSON lines: one sentence a line, `{"tokens": ["Ann", "left"], "tags": ["B-PER", "O"]}`. Blank lines are skipped. What other tools
 * write is read too: an array of such objects, and what `json-sentences.ts` tells of.
 */
import { InputError } from '../../errors';
import { isBlank, type Line, linesOf } from '../lines';
import { fromBio } from '../schemes';
import type { Scheme } from '../tags';
import type {
  InputSentence,
  PredictedTags,
  PredictionFormat,
  PredictionOptions,
  TaggedFormat,
  TaggedWords,
} from './format';
import { describeTagFields, documents, JsonSentences, readSentences } from './json-sentences';
import { JsonReader, type JsonValue } from './json-values';
import { inDigits, withDocuments } from './shared';

export const jsonLines: TaggedFormat<'jsonl'> & PredictionFormat = {
  name: 'jsonl',
  title: 'JSON lines',
  endings: ['.jsonl', '.ndjson', '.json'],
  anyWord: true,

  looksLike(lines) {
    const [first = '', second = ''] = lines.filter(line => !isBlank(line));
    if (/^\s*\[\s*$/.test(first)) return /^\s*[[{\]]/.test(second);
    // In the markup of a wiki a link is [[in brackets]].
    return /^\s*(\{.*\}|\[\s*(?:\{|\[\s*(?:["']|$)).*|\[\s*"(?:[^"\\]|\\.)*"\s*,\s*\{.*\}\s*\])\s*$/.test(
      first,
    );
  },

  /** `tagColumn` is the field with the tags. */
  read(text, { file, tagColumn, tagColumns = 1, tagNames }) {
    if (typeof tagColumn === 'number')
      throw new InputError(`${file}: JSON lines have fields, found the column ${tagColumn}, expected a name`);
    if (tagColumns === 2)
      throw new InputError(
        `${file}: found JSON lines, expected gold and predicted tags in files of their own, the gold tags with --gold`,
      );
    const options = { file, tagColumn, tagNames };
    return readSentences(
      valuesOf(linesOf(text), file),
      options,
      'lines such as {"tokens": […], "tags": […]}',
    );
  },

  /** An object may have `text` in the place of `tokens`; one without any words is a sentence too. */
  async *stream(lines, { file }) {
    const json = new JsonReader(file);
    const reader = new JsonSentences(file);
    const begins = documents();
    const sentenceOf = (value: JsonValue): InputSentence => {
      const object = reader.objectOf(value);
      const words = reader.wordsOf(object, value.line);
      const beginsDocument = words.words.length > 0 && begins(object);
      return {
        ...words,
        beginsDocument,
        line: value.line,
        ...(object.id !== undefined && { id: object.id }),
      };
    };
    for await (const block of lines)
      for (const line of block) for (const value of json.next(line)) yield sentenceOf(value);
    json.end();
  },

  write: formatJsonLines,

  writePrediction(sentence, predicted, options) {
    return `${JSON.stringify(predictionOf(sentence, predicted, options))}\n`;
  },

  help: {
    looks: 'it begins with an object in braces, or with an array of such',
    tags: describeTagFields,
    predictions: `JSON lines have "text" (where the input is words: these, with a space between), "tokens", "tags" and "entities": \
"type"; "start" and "end", the first token and the one after the last, from 0; "characters", the same in characters (Unicode code points) of "text"; \
"text"; and "confidence", the lowest of its tokens'. With --scores they have "scores", the confidence of every token.`,
  },
};

function* valuesOf(lines: Iterable<Line>, file: string): Generator<JsonValue> {
  const json = new JsonReader(file);
  for (const line of lines) yield* json.next(line);
  json.end();
}

/** Sentences as JSON lines; `document` is written where there are several. */
export function formatJsonLines(sentences: readonly TaggedWords[], scheme: Scheme = 'IOB2'): string {
  let text = '';
  for (const { words, tags, document } of withDocuments(sentences))
    text += `${JSON.stringify({ document, tokens: words, tags: fromBio(tags, scheme) })}\n`;
  return text;
}

function predictionOf(
  { words, id, ...input }: InputSentence,
  { tags, confidences, entities }: PredictedTags,
  { scores = false }: PredictionOptions = {},
): object {
  const text = input.text ?? words.join(' ');
  const starts = input.starts ?? startsOfJoined(words);
  const codePoints = codePointsIn(text);
  return {
    ...(id !== undefined && { id }),
    text,
    tokens: words,
    tags,
    ...(scores && { scores: confidences.map(confidence => Number(inDigits(confidence))) }),
    entities: entities.map(({ type, start, end, confidence }) => {
      const from = starts[start];
      const to = starts[end - 1] + words[end - 1].length;
      return {
        type,
        start,
        end,
        characters: [codePoints(from), codePoints(to)],
        text: text.slice(from, to),
        confidence: Number(inDigits(confidence)),
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

/** Tells the number of code points before a place that is counted in UTF-16 units, of one place after another. */
function codePointsIn(text: string): (units: number) => number {
  let points = 0;
  let seen = 0;
  return units => {
    // A half of a pair that stands alone, as JSON may have it, is a code point too.
    for (; seen < units; points++) seen += text.codePointAt(seen)! > 0xffff ? 2 : 1;
    return points;
  };
}
