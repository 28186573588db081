/** Errors entity by entity: what became of each gold and predicted entity, and which types are taken for which. */
import { group } from 'd3-array';
import type { Sentence } from '../corpus/sentence';
import { MOST_TYPES } from '../corpus/tags';
import { InputError } from '../errors';
import { type Scores, scores } from './scores';
import { type Slice, slicesOf } from './slices';
import {
  checkAligned,
  overlapOf,
  overlapping,
  type ReadingMode,
  type Span,
  sameSpan,
  spansOf,
} from './spans';

/** The kinds of outcome, after nervaluate's and MUC-5's: a pair of entities differs in type, in boundary, or in both. */
export const OUTCOMES = [
  'correct',
  'wrong type',
  'wrong boundary',
  'wrong type and boundary',
  'missed',
  'spurious',
] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** What became of one entity. */
export interface EntityOutcome {
  /** Counted from 0. */
  readonly sentence: number;
  readonly outcome: Outcome;
  /** `null` where the entity is `spurious`. */
  readonly gold: Span | null;
  /** `null` where the entity was `missed`. */
  readonly predicted: Span | null;
}

/**
 * The outcome of every gold and every predicted entity, by sentence and place. Each gold entity is paired with at most one
 * predicted entity that overlaps it; of several, one of its own type goes first, then the longer overlap, then the
 * earlier. What is left is missed or spurious.
 * @throws InputError as `scores` does.
 */
export function errorsOf(
  gold: readonly (readonly string[])[],
  predicted: readonly (readonly string[])[],
  mode: ReadingMode = 'lenient',
): EntityOutcome[] {
  checkAligned(gold, predicted);
  return gold.flatMap((tags, sentence) =>
    outcomesOf(spansOf(tags, mode), spansOf(predicted[sentence], mode)).map(outcome => ({
      sentence,
      ...outcome,
    })),
  );
}

function outcomesOf(gold: readonly Span[], predicted: readonly Span[]): Omit<EntityOutcome, 'sentence'>[] {
  const pairs = gold
    .flatMap(g => overlapping(predicted, g).map(p => ({ gold: g, predicted: p, overlap: overlapOf(g, p) })))
    // The sort is stable: equal pairs stay in the order of the text. An exact pair overlaps nothing else.
    .sort((a, b) => Number(sameType(b)) - Number(sameType(a)) || b.overlap - a.overlap);
  const goldLeft = new Set(gold);
  const predictedLeft = new Set(predicted);
  const outcomes: Omit<EntityOutcome, 'sentence'>[] = [];
  for (const { gold: g, predicted: p } of pairs) {
    if (!goldLeft.has(g) || !predictedLeft.has(p)) continue;
    goldLeft.delete(g);
    predictedLeft.delete(p);
    outcomes.push({ outcome: outcomeOf(g, p), gold: g, predicted: p });
  }
  for (const g of goldLeft) outcomes.push({ outcome: 'missed', gold: g, predicted: null });
  for (const p of predictedLeft) outcomes.push({ outcome: 'spurious', gold: null, predicted: p });
  return outcomes.sort((a, b) => startOf(a) - startOf(b));
}

function sameType(pair: { readonly gold: Span; readonly predicted: Span }): boolean {
  return pair.gold.type === pair.predicted.type;
}

function outcomeOf(gold: Span, predicted: Span): Outcome {
  if (sameSpan(gold, predicted)) return 'correct';
  if (gold.type === predicted.type) return 'wrong boundary';
  return gold.start === predicted.start && gold.end === predicted.end
    ? 'wrong type'
    : 'wrong type and boundary';
}

function startOf({ gold, predicted }: Pick<EntityOutcome, 'gold' | 'predicted'>): number {
  return (gold ?? predicted)!.start;
}

/** Which types are taken for which, in entities. */
export interface TypeConfusion {
  /** Row and column names: the types by name, then `none`. */
  readonly names: readonly string[];
  /**
   * `[gold, predicted]`: pairs of entities by their types, whatever their boundaries. The last column counts missed
   * entities, the last row spurious ones.
   */
  readonly counts: readonly (readonly number[])[];
}

/** The name of the last row and column of a confusion of types. */
export const NO_ENTITY = 'none';

/** @throws InputError where there are more than `MOST_TYPES` types, since each two have a number. */
export function confusionOfTypes(outcomes: readonly EntityOutcome[]): TypeConfusion {
  const types = new Set(
    outcomes.flatMap(({ gold, predicted }) => [gold, predicted].flatMap(span => span?.type ?? [])),
  );
  if (types.size > MOST_TYPES)
    throw new InputError(
      `found ${types.size} entity types, expected at most ${MOST_TYPES}: there is a number for each two of them`,
    );
  const names = [...[...types].sort(), NO_ENTITY];
  const places = new Map(names.slice(0, -1).map((name, i) => [name, i]));
  const counts = names.map(() => names.map(() => 0));
  const last = names.length - 1;
  const placeOf = (span: Span | null): number => (span === null ? last : places.get(span.type)!);
  for (const { gold, predicted } of outcomes) counts[placeOf(gold)][placeOf(predicted)]++;
  return { names, counts };
}

/** A sentence of a test set with what a model made of it. */
export interface ScoredSentence {
  readonly words: readonly string[];
  readonly gold: readonly string[];
  readonly predicted: readonly string[];
}

/** All that there is to say of a model's errors: counts, not texts. */
export interface ErrorAnalysis {
  readonly scores: Scores;
  readonly outcomes: readonly EntityOutcome[];
  readonly confusion: TypeConfusion;
  readonly slices: readonly Slice[];
}

export interface AnalysisOptions {
  /** The critical entity types. */
  readonly critical: readonly string[];
  /** What the model learnt from; without it there are no slices about training. */
  readonly train?: readonly Pick<Sentence, 'words' | 'tags'>[];
  /** Default `lenient`. */
  readonly mode?: ReadingMode;
}

/**
 * Scores, outcomes, confusion of types and slices of a model's predictions.
 * @throws InputError as `scores` does.
 */
export function analyseErrors(
  sentences: readonly ScoredSentence[],
  { critical, train, mode }: AnalysisOptions,
): ErrorAnalysis {
  const gold = sentences.map(sentence => sentence.gold);
  const predicted = sentences.map(sentence => sentence.predicted);
  const outcomes = errorsOf(gold, predicted, mode);
  return {
    scores: scores(gold, predicted, { critical, mode }),
    outcomes,
    confusion: confusionOfTypes(outcomes),
    slices: slicesOf(sentences, outcomes, train),
  };
}

/** How many entities had each outcome. */
export function countOutcomes(outcomes: readonly EntityOutcome[]): Record<Outcome, number> {
  const counts = OUTCOMES.map(kind => [kind, outcomes.filter(({ outcome }) => outcome === kind).length]);
  return Object.fromEntries(counts) as Record<Outcome, number>;
}

/** The same for each type, by name: the gold one, or the predicted one of a spurious entity. */
export function countOutcomesByType({
  scores,
  outcomes,
}: ErrorAnalysis): [string, Record<Outcome, number>][] {
  const byType = group(outcomes, ({ gold, predicted }) => (gold ?? predicted)!.type);
  return Object.keys(scores.byType).map(type => [type, countOutcomes(byType.get(type) ?? [])]);
}
