/**
 * Scores by what an entity looks like and where it stands (after ExplainaBoard, Liu et al. 2021): which entities does a
 * model find, and which does it not? Every attribute is told of gold and predicted entities alike.
 */
import { group, rollup, sum } from 'd3-array';
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
  const counted = outcomes.flatMap(({ sentence, outcome, gold, predicted }) => {
    const { words } = sentences[sentence];
    return [
      ...(gold ? [{ values: valuesOf(words, gold), counts: [1, 0, Number(outcome === 'correct')] }] : []),
      ...(predicted ? [{ values: valuesOf(words, predicted), counts: [0, 1, 0] }] : []),
    ];
  });
  return SLICE_ATTRIBUTES.flatMap(attribute => {
    const byValue = group(counted, ({ values }) => values[attribute] ?? '');
    const order = attribute === 'type' ? [...byValue.keys()].sort() : ORDER[attribute];
    return order
      .filter(value => byValue.has(value))
      .map(value => {
        const [gold, predicted, correct] = [0, 1, 2].map(k =>
          sum(byValue.get(value)!, ({ counts }) => counts[k]),
        );
        return { attribute, value, score: score(gold, predicted, correct) };
      });
  });
}

/** How often each text stands as an entity of each type. */
function entitiesByText(sentences: readonly Pick<Sentence, 'words' | 'tags'>[]) {
  const entities = sentences.flatMap(({ words, tags }) =>
    spansOf(tags).map(({ type, start, end }) => ({ type, text: words.slice(start, end).join(' ') })),
  );
  return rollup(
    entities,
    alike => alike.length,
    ({ text }) => text,
    ({ type }) => type,
  );
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
