/** JSON lines: one sentence a line, `{"tokens": ["Ann", "left"], "tags": ["B-PER", "O"]}`. Blank lines are skipped. */
import { InputError } from '../../errors';
import { parseJson } from '../../json';
import { isBlank, linesOf } from '../lines';
import { fromBio } from '../schemes';
import type { Scheme } from '../tags';
import type { InputSentence, PredictedTags, PredictionFormat, TaggedFormat, TaggedWords } from './format';
import { SentenceCollector, unwritableWord, withDocuments } from './shared';
import { inText } from './text';

export const jsonLines: TaggedFormat<'jsonl'> & PredictionFormat = {
  name: 'jsonl',
  title: 'JSON lines',
  endings: ['.jsonl', '.ndjson', '.json'],

  looksLike(lines) {
    return /^\s*\{.*\}\s*$/.test(lines.find(line => !isBlank(line)) ?? '');
  },

  /** `tagColumn` is the field with the tags. A sentence without tokens is skipped. */
  read(text, { tagColumn = 'tags', ...options }) {
    const { file } = options;
    if (typeof tagColumn === 'number')
      throw new InputError(`${file}: JSON lines have fields, found the column ${tagColumn}, expected a name`);
    const found = new SentenceCollector(options);
    const begins = documents();
    for (const { text: line, number } of linesOf(text.toString())) {
      if (isBlank(line)) continue;
      const place = `${file}:${number}`;
      const object = parseObject(line, file, number);
      const words = tokensOf(object, place);
      const tags = stringsOf(object, tagColumn, place);
      if (words.length !== tags.length)
        throw new InputError(`${place}: found ${words.length} tokens but ${tags.length} tags`);
      if (words.length > 0) found.add(words, tags, begins(object), () => number);
    }
    return found.all('lines such as {"tokens": […], "tags": […]}');
  },

  /** An object may have `text` in the place of `tokens`; one without any words is a sentence too. */
  async *stream(lines, file) {
    const begins = documents();
    for await (const { text: line, number } of lines) {
      if (isBlank(line)) continue;
      const place = `${file}:${number}`;
      const object = parseObject(line, file, number);
      const sentence: InputSentence =
        object.tokens === undefined && typeof object.text === 'string'
          ? inText(object.text)
          : { words: tokensOf(object, place) };
      const beginsDocument = sentence.words.length > 0 && begins(object);
      yield { ...sentence, beginsDocument, ...(object.id !== undefined && { id: object.id }) };
    }
  },

  write: formatJsonLines,

  writePrediction(sentence, predicted) {
    return `${JSON.stringify(predictionOf(sentence, predicted))}\n`;
  },

  help: {
    looks: 'its first line is an object in braces',
    tags: 'in the field "tags" of JSON, beside "tokens"',
    predictions: `JSON lines have "text" (where the input is words: these, with a space between), "tokens", "tags" and "entities": \
"type"; "start" and "end", the first token and the one after the last, from 0; "characters", the same in characters (Unicode code points) of "text"; \
"text"; and "confidence", the lowest probability, over the entity's tokens, that the model gives to the tag it has chosen.`,
  },
};

type JsonObject = Readonly<Record<string, unknown>>;

/** Tells of one object after another whether a document begins there: where `document` is not what it was before. */
function documents(): (object: JsonObject) => boolean {
  let name: unknown;
  return ({ document }) => {
    const begins = document !== name;
    name = document;
    return begins;
  };
}

/** @throws InputError where a line is no JSON object. */
function parseObject(text: string, file: string, line: number): JsonObject {
  const value = parseJson(text, { file, line, what: 'the line is not JSON' });
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new InputError(
      `${file}:${line}: found ${text.trim().slice(0, 40)}, expected a JSON object with "tokens"`,
    );
  return value as JsonObject;
}

/** The strings of `tokens`. @throws InputError also for one that cannot stand in the columns of the other formats. */
function tokensOf(object: JsonObject, place: string): string[] {
  const tokens = stringsOf(object, 'tokens', place);
  const wrong = unwritableWord(tokens);
  if (wrong !== undefined)
    throw new InputError(`${place}: the token ${JSON.stringify(wrong)} cannot stand in CoNLL columns`);
  return tokens;
}

/** The strings of a field. @throws InputError where it is missing or holds anything else. */
function stringsOf(object: JsonObject, field: string, place: string): string[] {
  const value = object[field];
  if (Array.isArray(value) && value.every(each => typeof each === 'string')) return value;
  const found =
    value === undefined
      ? `found the fields ${Object.keys(object).join(', ') || '(none)'}`
      : 'found other values';
  throw new InputError(`${place}: ${found}, expected a list of strings in "${field}"`);
}

/** Sentences as JSON lines; `document` is written where there are several. */
export function formatJsonLines(sentences: readonly TaggedWords[], scheme: Scheme = 'IOB2'): string {
  let text = '';
  for (const { words, tags, document } of withDocuments(sentences))
    text += `${JSON.stringify({ document, tokens: words, tags: fromBio(tags, scheme) })}\n`;
  return text;
}

function predictionOf({ words, id, ...input }: InputSentence, { tags, entities }: PredictedTags): object {
  const text = input.text ?? words.join(' ');
  const starts = input.starts ?? startsOfJoined(words);
  const codePoints = codePointsIn(text);
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
        characters: [codePoints(from), codePoints(to)],
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

/** Tells the number of code points before a place that is counted in UTF-16 units, of one place after another. */
function codePointsIn(text: string): (units: number) => number {
  let pairs = 0;
  let seen = 0;
  return units => {
    for (; seen < units; seen++) if ((text.charCodeAt(seen) & 0xfc00) === 0xd800) pairs++;
    return units - pairs;
  };
}
