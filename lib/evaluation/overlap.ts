/**
 * Scores that give credit for entities found in part, in the four schemas of SemEval-2013 task 9.1 as nervaluate 1.2 counts
 * them (Batista 2018): a near miss is told apart from an entity that was missed.
 */
import { group, least } from 'd3-array';
import { InputError } from '../errors';
import type { Ratios } from './scores';
import {
  checkAligned,
  overlapOf,
  overlapping,
  type ReadingMode,
  type Span,
  sameSpan,
  spansOf,
} from './spans';

/**
 * `strict`: type and boundaries must be right; `exact`: boundaries, whatever the type; `partial`: boundaries, whatever the
 * type, and an overlap counts half; `type`: the type, of an entity that overlaps.
 */
export const OVERLAP_SCHEMAS = ['strict', 'exact', 'partial', 'type'] as const;
export type OverlapSchema = (typeof OVERLAP_SCHEMAS)[number];

export interface OverlapCounts {
  readonly correct: number;
  /** Predicted entities that overlap a gold one without being right. */
  readonly incorrect: number;
  /** Overlaps, in the schema `partial`; 0 in the others. */
  readonly partial: number;
  /** Gold entities without a counterpart. */
  readonly missed: number;
  /** Predicted entities without a counterpart. */
  readonly spurious: number;
}

/** Precision is (correct + ½ partial) ÷ predicted entities, recall the same ÷ gold entities. */
export interface OverlapScore extends OverlapCounts, Ratios {}

export type OverlapBySchema = Readonly<Record<OverlapSchema, OverlapScore>>;

export interface OverlapScores {
  readonly overall: OverlapBySchema;
  /** Entities of one type alone, in gold and prediction: one taken for another type is missed and spurious here. */
  readonly byType: Readonly<Record<string, OverlapBySchema>>;
}

export interface OverlapOptions {
  /** How much of a gold entity's tokens a predicted one must cover to be its counterpart, 1–100; default 1, as nervaluate's. */
  readonly minOverlapPercent?: number;
  /** Default `lenient`. */
  readonly mode?: ReadingMode;
}

/**
 * Counts and scores in the four schemas. In each, predicted entities choose from left to right among the gold entities that
 * are free and that they cover enough of: the one that makes them right, of several that whose boundaries are nearest; else
 * the first.
 * @throws InputError as `scores` does, and for a minimum overlap that is not from 1 to 100.
 */
export function overlapScores(
  gold: readonly (readonly string[])[],
  predicted: readonly (readonly string[])[],
  { minOverlapPercent = 1, mode = 'lenient' }: OverlapOptions = {},
): OverlapScores {
  if (!(minOverlapPercent >= 1 && minOverlapPercent <= 100))
    throw new InputError(`found the minimum overlap ${minOverlapPercent} %, expected 1 to 100 %`);
  checkAligned(gold, predicted);
  const sentences = gold.map((tags, s) => ({
    gold: spansOf(tags, mode),
    predicted: spansOf(predicted[s], mode),
  }));
  const ofTypes = group(sentences.flatMap(spansByType), ([type]) => type);
  return {
    overall: countOverlaps(sentences, minOverlapPercent),
    byType: Object.fromEntries(
      [...ofTypes.keys()].sort().map(type => {
        const counted = ofTypes.get(type)!.map(([, spans]) => spans);
        return [type, countOverlaps(counted, minOverlapPercent)];
      }),
    ),
  };
}

/** Gold and predicted entities of a sentence. */
type SpanPair = Readonly<Record<'gold' | 'predicted', readonly Span[]>>;

/** Those of each type that the sentence has. */
function spansByType({ gold, predicted }: SpanPair): [string, SpanPair][] {
  const [golds, predictions] = [gold, predicted].map(spans => group(spans, ({ type }) => type));
  const types = new Set([...golds.keys(), ...predictions.keys()]);
  return Array.from(types, type => [
    type,
    { gold: golds.get(type) ?? [], predicted: predictions.get(type) ?? [] },
  ]);
}

function countOverlaps(sentences: readonly SpanPair[], minOverlapPercent: number): OverlapBySchema {
  const counts = bySchema(() => ({ correct: 0, incorrect: 0, partial: 0, missed: 0, spurious: 0 }));
  const coversEnough = (predicted: Span, gold: Span): boolean => {
    const overlap = overlapOf(predicted, gold);
    return overlap > 0 && (overlap / (gold.end - gold.start)) * 100 >= minOverlapPercent;
  };
  for (const { gold, predicted } of sentences) {
    const free = bySchema(() => new Set(gold));
    for (const span of predicted) {
      const covered = overlapping(gold, span).filter(other => coversEnough(span, other));
      for (const schema of OVERLAP_SCHEMAS) {
        const choice = covered.filter(other => free[schema].has(other));
        const right = least(
          choice.filter(other => isRight(schema, other, span)),
          other => Math.abs(other.start - span.start) + Math.abs(other.end - span.end),
        );
        const counterpart = right ?? choice[0];
        if (counterpart) free[schema].delete(counterpart);
        const near = schema === 'partial' ? 'partial' : 'incorrect';
        counts[schema][right ? 'correct' : counterpart ? near : 'spurious']++;
      }
    }
    for (const schema of OVERLAP_SCHEMAS) counts[schema].missed += free[schema].size;
  }
  return bySchema(schema => overlapScore(counts[schema]));
}

function isRight(schema: OverlapSchema, gold: Span, predicted: Span): boolean {
  switch (schema) {
    case 'strict':
      return sameSpan(gold, predicted);
    case 'exact':
    case 'partial':
      return gold.start === predicted.start && gold.end === predicted.end;
    case 'type':
      return gold.type === predicted.type;
  }
}

/** Precision, recall and F1 of counts; `null` and 0 as in `score`. */
export function overlapScore(counts: OverlapCounts): OverlapScore {
  const { correct, incorrect, partial, missed, spurious } = counts;
  const found = correct + partial / 2;
  const predicted = correct + incorrect + partial + spurious;
  const gold = correct + incorrect + partial + missed;
  const empty = gold + predicted === 0;
  return {
    ...counts,
    precision: empty ? null : predicted === 0 ? 0 : found / predicted,
    recall: empty ? null : gold === 0 ? 0 : found / gold,
    f1: empty ? null : (2 * found) / (gold + predicted),
  };
}

function bySchema<T>(value: (schema: OverlapSchema) => T): Record<OverlapSchema, T> {
  return Object.fromEntries(OVERLAP_SCHEMAS.map(schema => [schema, value(schema)])) as Record<
    OverlapSchema,
    T
  >;
}
