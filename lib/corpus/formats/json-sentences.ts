/**
 * Sentences of JSON objects, as this project and other tools write them: tokens with tags, or with numbers that name tags
 * (Hugging Face's datasets), or a text with entities by their characters (spaCy, Prodigy, doccano, Label Studio).
 */
import { InputError } from '../../errors';
import { counted, inBrief, listed } from '../../listed';
import type { TaggedRows } from '../columns';
import type { ReadRows, RowOptions, TagNames } from './format';
import type { JsonValue } from './json-values';
import { type Offsets, OffsetTagger, type PlacedWords } from './offsets';
import { checkFound, unwritableAt, unwritableWord } from './shared';
import { inText } from './text';

type JsonObject = Readonly<Record<string, unknown>>;

/** The words of an object; with their text, where it has one. */
export type JsonWords = Pick<TaggedRows, 'words'> & Partial<PlacedWords>;

/** Fields with a tag for each token, and with entities by their characters, in the order in which they are looked for. */
const TAG_FIELDS = ['tags', 'ner_tags'];
/** One that holds tags where it has as many as there are tokens, and else entities or something of its own. */
const EITHER_FIELD = 'labels';
const ENTITY_FIELDS = ['entities', 'spans', 'label', 'labels'];
/** What is made of a task of Label Studio has its annotation under this name. */
const RESULT = 'annotations[].result';

/** The fields of tags that are looked for, for help texts. */
export const describeTagFields = `in the field ${listed(
  [...TAG_FIELDS, EITHER_FIELD].map(field => `"${field}"`),
  'or',
)} of JSON, beside "tokens", or by their characters in ${listed(
  ENTITY_FIELDS.map(field => `"${field}"`),
  'or',
)}, beside "text"`;

/** The fields of an object with words that are read, but for those of entities. */
export function fieldsOfTokens(tagColumn?: string): string[] {
  const tags = tagColumn === undefined ? [...TAG_FIELDS, EITHER_FIELD] : [tagColumn];
  return ['tokens', 'text', 'document', ...tags];
}

/**
 * All sentences of the objects of a file. A sentence without tokens is skipped.
 * @param expected for the error where there is none
 * @throws InputError `file:line: …` for an object that does not fit
 */
export function readSentences(
  values: Iterable<JsonValue>,
  { file, tagColumn, tagNames }: Pick<RowOptions, 'file' | 'tagNames'> & { readonly tagColumn?: string },
  expected: string,
): ReadRows {
  const sentences: TaggedRows[] = [];
  const reader = new JsonSentences(file, { tagColumn, tagNames });
  const begins = documents();
  let unwritable: string | undefined;
  for (const value of values) {
    const tagged = reader.taggedOf(value);
    if (tagged === null || tagged.words.length === 0) continue;
    const { object, ...sentence } = tagged;
    const wrong = unwritable === undefined ? unwritableWord(sentence.words) : undefined;
    if (wrong !== undefined) unwritable = unwritableAt(`${file}:${value.line}`, wrong);
    sentences.push({ ...sentence, beginsDocument: begins(object) });
  }
  checkFound(sentences, file, expected);
  return { sentences, notes: reader.notes, ...(unwritable && { unwritable }) };
}

/** Tells of one object after another whether a document begins there: where `document` is not what it was before. */
export function documents(): (object: { readonly document?: unknown }) => boolean {
  let name: unknown;
  return ({ document }) => {
    const begins = document !== name;
    name = document;
    return begins;
  };
}

/** Reads one object after another, and has what is to be said of them. */
export class JsonSentences {
  private readonly offsets = new OffsetTagger();
  private readonly taken = new Set<string>();
  private blanks = 0;
  private refused = 0;
  private unfinished = 0;
  private names?: TagNames;

  constructor(
    private readonly file: string,
    private readonly options: {
      readonly tagColumn?: string;
      readonly tagNames?: (field: string) => TagNames | undefined;
    } = {},
  ) {}

  /**
   * An object, with what tools put around it taken off.
   * @throws InputError where there is none
   */
  objectOf({ value, line }: JsonValue): JsonObject {
    // spaCy: a text and its annotations.
    if (Array.isArray(value) && value.length === 2 && typeof value[0] === 'string' && isObject(value[1]))
      return { text: value[0], ...value[1] };
    if (!isObject(value))
      throw new InputError(
        `${this.file}:${line}: found ${inBrief(value)}, expected a JSON object with "tokens"`,
      );
    const { data, annotations } = value;
    // Label Studio: a task, and what each annotator has said of it.
    if (!isObject(data) || typeof data.text !== 'string' || !Array.isArray(annotations)) return value;
    const results = annotations.filter(each => isObject(each) && each.was_cancelled !== true) as JsonObject[];
    if (results.length > 1) this.taken.add('of several annotations of a text the first was read');
    // One without a result is no annotation that nobody has made, but a damaged one.
    const result = results.length === 0 ? undefined : (results[0].result ?? null);
    return { id: value.id, text: data.text, [this.options.tagColumn ?? RESULT]: result };
  }

  /** The words of an object. @throws InputError where it has none */
  wordsOf(object: JsonObject, line: number): JsonWords {
    const { tokens, text } = object;
    if (tokens === undefined && typeof text === 'string') return inText(text) as PlacedWords;
    const isOfTokens = Array.isArray(tokens) && tokens.length > 0 && tokens.every(isToken);
    const words = {
      words: isOfTokens ? tokens.map(token => token.text) : this.stringsOf(object, 'tokens', line),
    };
    return inPlace(words, text) ?? words;
  }

  /**
   * A sentence with tags as they stand there; `null` where who annotated it has refused it (Prodigy), or has skipped it or not yet
   * come to it (Label Studio).
   */
  taggedOf(value: JsonValue): (Omit<TaggedRows, 'beginsDocument'> & { readonly object: JsonObject }) | null {
    const { line } = value;
    const object = this.objectOf(value);
    if (object.answer === 'reject' || object.answer === 'ignore') {
      this.refused++;
      return null;
    }
    const field = this.options.tagColumn ?? RESULT;
    if (field in object && object[field] === undefined) {
      this.unfinished++;
      return null;
    }
    if (object[RESULT] === null)
      throw new InputError(
        `${this.file}:${line}: found an annotation without "result", expected the list of its entities`,
      );
    const words = this.wordsOf(object, line);
    const tags = this.tagsOf(object, words, line);
    if (words.words.length !== tags.length)
      throw new InputError(
        `${this.file}:${line}: found ${words.words.length} tokens but ${counted(tags.length, 'tag')}`,
      );
    return { object, words: words.words, columns: [tags], lines: words.words.map(() => line) };
  }

  /** What was guessed, in sentences. */
  get notes(): string[] {
    return [
      ...this.taken,
      ...(this.names ? [`numbers were read as the tags that ${this.names.source} names`] : []),
      ...this.offsets.notes,
      ...(this.refused > 0
        ? [`texts that have the "answer" "reject" or "ignore" were left out: ${this.refused}`]
        : []),
      ...(this.unfinished > 0
        ? [`tasks that have no annotation, or a cancelled one alone, were left out: ${this.unfinished}`]
        : []),
      ...(this.blanks > 0 ? ['blanks in the names of types were read as _'] : []),
    ];
  }

  private tagsOf(object: JsonObject, words: JsonWords, line: number): string[] {
    const { tagColumn } = this.options;
    const place = `${this.file}:${line}`;
    const field = tagColumn ?? tagFieldOf(object, words);
    const value = field === undefined ? undefined : object[field];
    if (field !== undefined && Array.isArray(value) && value.length > 0 && value.every(Number.isInteger))
      return this.namedTags(value, field, place);
    if (field !== undefined && !isEntitiesOf(object, value)) {
      const tags = this.stringsOf(object, field, line);
      if (tagColumn === undefined && field !== TAG_FIELDS[0])
        this.taken.add(`tags were read from "${field}"`);
      return tags;
    }
    const entities = field ?? [...ENTITY_FIELDS, RESULT].find(each => isEntities(object[each]));
    if (entities === undefined) return this.stringsOf(object, TAG_FIELDS[0], line);
    const at = inPlace(words, object.text);
    if (at === null)
      throw new InputError(
        `${place}: found entities in ${inBrief(entities)}, expected the text that they are in in "text", with all tokens`,
      );
    this.taken.add(`entities were read from "${entities}", by their characters`);
    const found = (object[entities] as unknown[]).flatMap(entity => this.offsetsOf(entity, entities, place));
    return this.offsets.tags(at, found, place);
  }

  private namedTags(numbers: readonly number[], field: string, place: string): string[] {
    this.names ??= this.options.tagNames?.(field);
    const { names, source } = this.names ?? {};
    if (names === undefined)
      throw new InputError(
        `${place}: the tags in ${inBrief(field)} are numbers without names; --labels gives them, in their order, such as --labels O,B-PER,I-PER`,
      );
    return numbers.map(number => {
      if (names[number] !== undefined) return names[number];
      throw new InputError(
        `${place}: found the number ${number} in ${inBrief(field)}, but ${source} names ${counted(names.length, 'tag')}, from 0 on`,
      );
    });
  }

  /** An entity as one of the tools writes it: `[start, end, label]`, or an object with these under their names. */
  private offsetsOf(entity: unknown, field: string, place: string): Offsets[] {
    if (Array.isArray(entity))
      return [this.offsetsFrom(entity[0], entity[1], entity[2], undefined, field, place)];
    const outer = entity as JsonObject;
    const inner = isObject(outer.value) ? outer.value : outer;
    // In Label Studio a result may also be a choice or a relation.
    if (outer.type === 'relation' || (isObject(outer.value) && inner.labels === undefined)) return [];
    const [start, end] = [inner.start ?? inner.start_offset, inner.end ?? inner.end_offset];
    const labels = Array.isArray(inner.labels) ? inner.labels[0] : undefined;
    const type = labels ?? inner.label ?? inner.entity_group ?? inner.type;
    return [this.offsetsFrom(start, end, type, inner.text, field, place)];
  }

  private offsetsFrom(
    start: unknown,
    end: unknown,
    label: unknown,
    text: unknown,
    field: string,
    place: string,
  ): Offsets {
    if (
      typeof start !== 'number' ||
      typeof end !== 'number' ||
      typeof label !== 'string' ||
      label.trim() === ''
    )
      throw new InputError(
        `${place}: found an entity in ${inBrief(field)} without start, end and label, expected such as [0, 3, "PER"] or {"start": 0, "end": 3, "label": "PER"}`,
      );
    const type = label.trim().replaceAll(/\s+/g, '_');
    if (type !== label) this.blanks++;
    return { start, end, type, ...(typeof text === 'string' && { text }) };
  }

  /** The strings of a field. @throws InputError where it is missing or holds anything else. */
  private stringsOf(object: JsonObject, field: string, line: number): string[] {
    const value = object[field];
    if (Array.isArray(value) && value.every(each => typeof each === 'string')) return value;
    const names = inBrief(Object.keys(object).join(', ') || '(none)').slice(1, -1);
    const found = value === undefined ? `found the fields ${names}` : 'found other values';
    throw new InputError(`${this.file}:${line}: ${found}, expected a list of strings in ${inBrief(field)}`);
  }
}

function tagFieldOf(object: JsonObject, { words }: JsonWords): string | undefined {
  const field = TAG_FIELDS.find(each => object[each] !== undefined);
  if (field !== undefined || object.tokens === undefined) return field;
  const either = object[EITHER_FIELD];
  const areTags =
    Array.isArray(either) &&
    either.length === words.length &&
    either.every(each => typeof each === 'string' || Number.isInteger(each));
  return areTags && words.length > 0 ? EITHER_FIELD : undefined;
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Whether the value of a field is a list of entities, not of tags, in the text of its object. */
function isEntitiesOf({ text, tokens }: JsonObject, value: unknown): boolean {
  return typeof text === 'string' && isEntities(value) && (value.length > 0 || tokens === undefined);
}

/** Whether a value is a list of entities by their characters; it may be empty. */
function isEntities(value: unknown): value is readonly unknown[] {
  return Array.isArray(value) && value.every(each => Array.isArray(each) || isObject(each));
}

/** A token as Prodigy has it. */
function isToken(value: unknown): value is { readonly text: string } {
  return isObject(value) && typeof value.text === 'string';
}

/** Words with where they stand in a text, each behind the one before; `null` where one is not there. */
function inPlace(words: JsonWords, text: unknown): PlacedWords | null {
  if (words.text !== undefined && words.starts !== undefined) return words as PlacedWords;
  if (typeof text !== 'string') return null;
  const starts: number[] = [];
  let from = 0;
  for (const word of words.words) {
    const start = text.indexOf(word, from);
    if (start < 0) return null;
    starts.push(start);
    from = start + word.length;
  }
  return { text, words: words.words, starts };
}
