/**
 * Scores that give credit for entities found in part, in the four schemas of SemEval-2013 task 9.1 as nervaluate counts
 * them (Batista 2018): a near miss is told apart from an entity that was missed.
 */
import { InputError } from '../errors';
import { checkAligned, overlapOf, type ReadingMode, type Span, spansOf } from './spans';

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

/** Fractions; `null` where both gold and prediction are empty. */
export interface OverlapScore extends OverlapCounts {
  /** (correct + ½ partial) ÷ predicted entities. */
  readonly precision: number | null;
  /** (correct + ½ partial) ÷ gold entities. */
  readonly recall: number | null;
  readonly f1: number | null;
}

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
 * Counts and scores in the four schemas. Predicted entities choose, from left to right, the first gold entity that is
 * free and that they cover enough of.
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
  const overall = new Tally(minOverlapPercent);
  const byType = new Map<string, Tally>();
  gold.forEach((tags, s) => {
    const goldSpans = spansOf(tags, mode);
    const predictedSpans = spansOf(predicted[s], mode);
    overall.add(goldSpans, predictedSpans);
    for (const type of new Set([...goldSpans, ...predictedSpans].map(span => span.type))) {
      const tally = byType.get(type) ?? new Tally(minOverlapPercent);
      byType.set(type, tally);
      const ofType = (span: Span): boolean => span.type === type;
      tally.add(goldSpans.filter(ofType), predictedSpans.filter(ofType));
    }
  });
  const types = [...byType.keys()].sort();
  return {
    overall: overall.scores(),
    byType: Object.fromEntries(types.map(type => [type, byType.get(type)!.scores()])),
  };
}

type Verdict = 'correct' | 'incorrect' | 'partial';
type Counts = { -readonly [count in keyof OverlapCounts]: number };

/** The counts of the four schemas over sentences. */
class Tally {
  private readonly counts = bySchema<Counts>(() => ({
    correct: 0,
    incorrect: 0,
    partial: 0,
    missed: 0,
    spurious: 0,
  }));

  constructor(private readonly minOverlapPercent: number) {}

  add(gold: readonly Span[], predicted: readonly Span[]): void {
    const free = new Set(gold);
    for (const span of predicted) {
      const counterpart = [...free].find(other => this.coversEnough(span, other));
      if (counterpart) free.delete(counterpart);
      for (const schema of OVERLAP_SCHEMAS)
        this.counts[schema][counterpart ? verdict(schema, counterpart, span) : 'spurious']++;
    }
    for (const schema of OVERLAP_SCHEMAS) this.counts[schema].missed += free.size;
  }

  scores(): OverlapBySchema {
    return bySchema(schema => overlapScore(this.counts[schema]));
  }

  private coversEnough(predicted: Span, gold: Span): boolean {
    const overlap = overlapOf(predicted, gold);
    return overlap > 0 && (overlap / (gold.end - gold.start)) * 100 >= this.minOverlapPercent;
  }
}

function verdict(schema: OverlapSchema, gold: Span, predicted: Span): Verdict {
  const sameType = gold.type === predicted.type;
  const sameBoundaries = gold.start === predicted.start && gold.end === predicted.end;
  switch (schema) {
    case 'strict':
      return sameType && sameBoundaries ? 'correct' : 'incorrect';
    case 'exact':
      return sameBoundaries ? 'correct' : 'incorrect';
    case 'partial':
      return sameBoundaries ? 'correct' : 'partial';
    case 'type':
      return sameType ? 'correct' : 'incorrect';
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
  return {
    strict: value('strict'),
    exact: value('exact'),
    partial: value('partial'),
    type: value('type'),
  };
}
