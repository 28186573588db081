/**
 * What a student made of its teacher's critical knowledge, fact by fact: a fact is a gold entity of a critical type, and
 * who finds it finds its type, start and end.
 */
import { group } from 'd3-array';
import { checkAligned, overlapping, type ReadingMode, type Span, sameSpan, spansOf } from './spans';

/** Who found a fact: `kept` both, `lost` the teacher alone, `gained` the student alone, `missed` neither. */
export const FATES = ['kept', 'lost', 'gained', 'missed'] as const;
export type Fate = (typeof FATES)[number];

/** A gold entity of a critical type and where it stands. */
export interface Fact {
  readonly sentence: number;
  readonly span: Span;
}

/** Each gold critical entity is in exactly one of the four. */
export type FactsKept = Readonly<Record<Fate, readonly Fact[]>>;

/**
 * What distillation did to critical knowledge.
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
  const isCritical = new Set(critical);
  const facts: Record<Fate, Fact[]> = { kept: [], lost: [], gained: [], missed: [] };
  gold.forEach((tags, sentence) => {
    const byTeacher = spansOf(teacher[sentence], mode);
    const byStudent = spansOf(student[sentence], mode);
    const finds = (found: readonly Span[], span: Span) =>
      overlapping(found, span).some(other => sameSpan(span, other));
    for (const span of spansOf(tags, mode)) {
      if (!isCritical.has(span.type)) continue;
      const had = finds(byTeacher, span);
      const has = finds(byStudent, span);
      facts[had ? (has ? 'kept' : 'lost') : has ? 'gained' : 'missed'].push({ sentence, span });
    }
  });
  return facts;
}

/** A type alias, so that a row is a row of any table as well. Sentences and words are counted from 1. */
export type FactRow = {
  readonly fate: Fate;
  readonly type: string;
  /** The words, with spaces between. */
  readonly text: string;
  readonly sentence: number;
  readonly first_word: number;
  readonly last_word: number;
  /** What the two predicted there, such as `ORG Acme`, the entities that overlap the fact; `null` where nothing. */
  readonly teacher: string | null;
  readonly student: string | null;
};

export interface FactSources {
  readonly words: readonly (readonly string[])[];
  readonly gold: readonly (readonly string[])[];
  readonly teacher: readonly (readonly string[])[];
  readonly student: readonly (readonly string[])[];
}

/**
 * Every fact as a row, in the order of the text.
 * @throws InputError as `scores` does.
 */
export function factsTable(
  { words, gold, teacher, student }: FactSources,
  critical: readonly string[],
  mode: ReadingMode = 'lenient',
): FactRow[] {
  const facts = lostFacts(gold, teacher, student, critical, mode);
  const textOf = (sentence: number, { start, end }: Span): string =>
    words[sentence].slice(start, end).join(' ');
  const [ofTeacher, ofStudent] = [teacher, student].map(tagged => tagged.map(tags => spansOf(tags, mode)));
  const predictedAt = (spans: readonly Span[], sentence: number, span: Span): string | null => {
    const there = overlapping(spans, span);
    return there.map(other => `${other.type} ${textOf(sentence, other)}`).join('; ') || null;
  };
  const rows = FATES.flatMap(fate =>
    facts[fate].map(({ sentence, span }) => ({
      fate,
      type: span.type,
      text: textOf(sentence, span),
      sentence: sentence + 1,
      first_word: span.start + 1,
      last_word: span.end,
      teacher: predictedAt(ofTeacher[sentence], sentence, span),
      student: predictedAt(ofStudent[sentence], sentence, span),
    })),
  );
  return rows.sort((a, b) => a.sentence - b.sentence || a.first_word - b.first_word);
}

export type FateCounts = { readonly facts: number } & Readonly<Record<Fate, number>>;
export type FactCountsRow = { readonly type: string } & FateCounts;

/** How many facts of each critical type had each fate, and of all of them in the last row, `all`. */
export function factCounts(rows: readonly FactRow[]): FactCountsRow[] {
  const byType = group(rows, row => row.type);
  const types = [...byType.keys()].sort();
  return [
    ...types.map(type => ({ type, ...countFates(byType.get(type)!) })),
    { type: 'all', ...countFates(rows) },
  ];
}

/** How many facts there are, and how many had each fate. */
export function countFates(rows: readonly Pick<FactRow, 'fate'>[]): FateCounts {
  const counts = FATES.map(fate => [fate, rows.filter(row => row.fate === fate).length]);
  return { facts: rows.length, ...(Object.fromEntries(counts) as Record<Fate, number>) };
}
