/**
 * Scores by what an entity looks like and where it stands (after ExplainaBoard, Liu et al. 2021): which entities does a
 * model find, and which does it not? Every attribute is told of gold and predicted entities alike.
 */
import { sum } from 'd3-array';
import type { Sentence } from '../corpus/sentence';
import { type Score, score } from './scores';
import { type Span, spansOf } from './spans';

/** Of an entity, as far as a slice counts it; `EntityOutcome` is one. */
interface CountedOutcome {
  readonly sentence: number;
  readonly outcome: string;
  readonly gold: Span | null;
  readonly predicted: Span | null;
}

/** The score over the gold and predicted entities that have one value of an attribute. */
export interface Slice {
  readonly attribute: SliceAttribute;
  readonly value: string;
  readonly score: Score;
}

export const SLICE_ATTRIBUTES = [
  'type',
  'words in the entity',
  'words in the sentence',
  'capital letters',
  'place in the sentence',
  'training',
  'times in training',
] as const;
export type SliceAttribute = (typeof SLICE_ATTRIBUTES)[number];

/** The values of an entity's attributes; those about training only where there is a training part. */
export type SliceValues = Readonly<Partial<Record<SliceAttribute, string>>>;

/** Values in the order in which they are listed; types are listed by name. */
const ORDER: Readonly<Record<Exclude<SliceAttribute, 'type'>, readonly string[]>> = {
  'words in the entity': ['1', '2', '3', '4 or more'],
  'words in the sentence': ['1–10', '11–20', '21–30', '31 or more'],
  'capital letters': ['Each Word', 'ALL LETTERS', 'some', 'none', 'without case'],
  'place in the sentence': ['first word', 'first half', 'second half'],
  training: ['seen with this type', 'seen with other types', 'not seen'],
  'times in training': ['0', '1', '2–4', '5–19', '20 or more'],
};

/**
 * A function that tells the attributes of an entity.
 * @param train sentences that the model learnt from; an entity is seen where its words stand there as an entity, written alike.
 */
export function sliceValues(
  train?: readonly Pick<Sentence, 'words' | 'tags'>[],
): (words: readonly string[], span: Span) => SliceValues {
  const seen = train && train.length > 0 ? entitiesByText(train) : null;
  return (words, span) => {
    const text = words.slice(span.start, span.end).join(' ');
    const values = {
      type: span.type,
      'words in the entity': binned(span.end - span.start, [1, 2, 3], ORDER['words in the entity']),
      'words in the sentence': binned(words.length, [10, 20, 30], ORDER['words in the sentence']),
      'capital letters': capitals(text),
      'place in the sentence': place(span, words.length),
    };
    if (!seen) return values;
    const types = seen.get(text);
    const times = sum(types?.values() ?? []);
    const [thisType, otherTypes, not] = ORDER.training;
    return {
      ...values,
      training: !types ? not : types.has(span.type) ? thisType : otherTypes,
      'times in training': binned(times, [0, 1, 4, 19], ORDER['times in training']),
    };
  };
}

/**
 * The slices that have an entity, attribute by attribute.
 * @param outcomes as `errorsOf` gives them for `sentences`.
 */
export function slicesOf(
  sentences: readonly { readonly words: readonly string[] }[],
  outcomes: readonly CountedOutcome[],
  train?: readonly Pick<Sentence, 'words' | 'tags'>[],
): Slice[] {
  const valuesOf = sliceValues(train);
  const counts = new Map<SliceAttribute, Map<string, [gold: number, predicted: number, correct: number]>>();
  const count = (sentence: number, span: Span, which: 0 | 1 | 2): void => {
    const values = valuesOf(sentences[sentence].words, span);
    for (const [attribute, value] of Object.entries(values) as [SliceAttribute, string][]) {
      const ofAttribute = counts.get(attribute) ?? new Map<string, [number, number, number]>();
      counts.set(attribute, ofAttribute);
      const ofValue = ofAttribute.get(value) ?? [0, 0, 0];
      ofAttribute.set(value, ofValue);
      ofValue[which]++;
    }
  };
  for (const { sentence, outcome, gold, predicted } of outcomes) {
    if (gold) count(sentence, gold, 0);
    if (predicted) count(sentence, predicted, 1);
    if (outcome === 'correct') count(sentence, gold!, 2);
  }
  return SLICE_ATTRIBUTES.flatMap(attribute => {
    const ofAttribute = counts.get(attribute) ?? new Map<string, [number, number, number]>();
    const order = attribute === 'type' ? [...ofAttribute.keys()].sort() : ORDER[attribute];
    return order
      .filter(value => ofAttribute.has(value))
      .map(value => ({ attribute, value, score: score(...ofAttribute.get(value)!) }));
  });
}

/** How often each text stands as an entity of each type. */
function entitiesByText(
  sentences: readonly Pick<Sentence, 'words' | 'tags'>[],
): ReadonlyMap<string, ReadonlyMap<string, number>> {
  const texts = new Map<string, Map<string, number>>();
  for (const { words, tags } of sentences) {
    for (const { type, start, end } of spansOf(tags)) {
      const text = words.slice(start, end).join(' ');
      const types = texts.get(text) ?? new Map<string, number>();
      texts.set(text, types);
      types.set(type, (types.get(type) ?? 0) + 1);
    }
  }
  return texts;
}

/** The first name whose limit the value does not exceed, else the last name. */
function binned(value: number, limits: readonly number[], names: readonly string[]): string {
  const bin = limits.findIndex(limit => value <= limit);
  return names[bin < 0 ? limits.length : bin];
}

function capitals(text: string): string {
  const [eachWord, all, some, none, withoutCase] = ORDER['capital letters'];
  const [upper, lower] = [text.toUpperCase(), text.toLowerCase()];
  if (upper === lower) return withoutCase;
  if (text === lower) return none;
  // A single letter, such as an initial, is a capitalised word.
  if (text === upper && /\p{Lu}\P{L}*\p{Lu}/u.test(text)) return all;
  return text.split(' ').every(word => /^\P{L}*\p{Lu}/u.test(word)) ? eachWord : some;
}

function place({ start, end }: Span, words: number): string {
  const [first, firstHalf, secondHalf] = ORDER['place in the sentence'];
  if (start === 0) return first;
  return start + end <= words ? firstHalf : secondHalf;
}
