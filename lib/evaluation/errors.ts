/**
 * Errors entity by entity: what became of each gold and predicted entity, which types are taken for which, and which
 * critical facts a student lost that its teacher had.
 */
import { checkAligned, overlapOf, type ReadingMode, type Span, sameSpan, spansOf } from './spans';

/** The kinds of outcome, after nervaluate's and MUC-5's: a pair of entities differs in type, in boundary, or in both. */
export type Outcome =
  | 'correct'
  | 'wrong type'
  | 'wrong boundary'
  | 'wrong type and boundary'
  | 'missed'
  | 'spurious';

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
    .flatMap(g => predicted.map(p => ({ gold: g, predicted: p, overlap: overlapOf(g, p) })))
    .filter(({ overlap }) => overlap > 0)
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

export function confusionOfTypes(outcomes: readonly EntityOutcome[]): TypeConfusion {
  const types = new Set(
    outcomes.flatMap(({ gold, predicted }) => [gold, predicted].flatMap(span => span?.type ?? [])),
  );
  const names = [...[...types].sort(), NO_ENTITY];
  const counts = names.map(() => names.map(() => 0));
  const last = names.length - 1;
  const indexOf = (span: Span | null): number => (span === null ? last : names.indexOf(span.type));
  for (const { gold, predicted } of outcomes) counts[indexOf(gold)][indexOf(predicted)]++;
  return { names, counts };
}

/** A gold entity of a critical type and where it stands. */
export interface Fact {
  readonly sentence: number;
  readonly span: Span;
}

/** Gold critical entities by who found them, with type, start and end. Each is in exactly one of the four. */
export interface FactsKept {
  /** Found by teacher and student. */
  readonly kept: readonly Fact[];
  /** Found by the teacher, not by the student. */
  readonly lost: readonly Fact[];
  /** Found by the student, not by the teacher. */
  readonly gained: readonly Fact[];
  /** Found by neither. */
  readonly missed: readonly Fact[];
}

/**
 * What distillation did to critical knowledge, fact by fact.
 * @throws InputError as `scores` does.
 */
export function lostFacts(
  gold: readonly (readonly string[])[],
  teacher: readonly (readonly string[])[],
  student: readonly (readonly string[])[],
  critical: readonly string[],
  mode: ReadingMode = 'lenient',
): FactsKept {
  checkAligned(gold, teacher, ['gold', 'the teacher']);
  checkAligned(gold, student, ['gold', 'the student']);
  const facts: Record<keyof FactsKept, Fact[]> = { kept: [], lost: [], gained: [], missed: [] };
  gold.forEach((tags, sentence) => {
    const byTeacher = spansOf(teacher[sentence], mode);
    const byStudent = spansOf(student[sentence], mode);
    for (const span of spansOf(tags, mode)) {
      if (!critical.includes(span.type)) continue;
      const had = byTeacher.some(other => sameSpan(span, other));
      const has = byStudent.some(other => sameSpan(span, other));
      facts[had ? (has ? 'kept' : 'lost') : has ? 'gained' : 'missed'].push({ sentence, span });
    }
  });
  return facts;
}
