/** Entities as spans of tokens, found in tags by any of the readings. */
import { bisector } from 'd3-array';
import { PREFIXES } from '../corpus/schemes';
import { type ParsedTag, parseTag, type Scheme, TAG_FORM } from '../corpus/tags';
import { InputError } from '../errors';
import { listed } from '../listed';
import { CONTINUES, type EdgeRule, ENDS, edgeRule, type ReadingMode, STARTS } from './readings';

export type { ReadingMode } from './readings';

/** An entity: its type, its first token, and the token after its last, counted from 0 within its sentence. */
export interface Span {
  readonly type: string;
  readonly start: number;
  readonly end: number;
}

/**
 * The entities of a sentence, in the order in which they stand.
 * @throws InputError for what is no tag, and in a strict reading for a tag that the scheme does not have, such as `S-PER`
 * in `IOB2`.
 */
export function spansOf(tags: readonly string[], mode: ReadingMode = 'lenient'): Span[] {
  const reader = READERS.get(mode) ?? new SpanReader(mode);
  READERS.set(mode, reader);
  const spans: Span[] = [];
  reader.read(tags, (type, start, end) => spans.push({ type: reader.types[type], start, end }));
  return spans;
}

/** Finds the entities of many sentences: it takes each distinct tag, and each pair of neighbours, apart once. */
export class SpanReader {
  /** The types seen so far, in order of their ids. */
  readonly types: string[] = [];
  private readonly rule: EdgeRule;
  /** Ids of tags; `O` has 0. */
  private readonly ids = new Map<string, number>();
  private readonly parsed: (ParsedTag | null)[] = [null];
  private readonly typeIds: number[] = [-1];
  private readonly idsOfTypes = new Map<string, number>();
  /** Bits of pairs of neighbours. */
  private readonly edges = new Map<number, number>();

  constructor(private readonly mode: ReadingMode) {
    this.rule = edgeRule(mode);
  }

  /** Hands over the entities of a sentence, left to right, with the ids of their types; throws as `spansOf` does. */
  read(tags: readonly string[], onSpan: (type: number, start: number, end: number) => void): void {
    let open = -1;
    let before = 0;
    for (let i = 0; i <= tags.length; i++) {
      const id = i === tags.length || tags[i] === 'O' ? 0 : this.idOf(tags[i]);
      if (id === 0 && before === 0) continue;
      const edge = this.edges.get(before * MOST_TAGS + id) ?? this.addEdge(before, id);
      if (open < 0 || (edge & CONTINUES) === 0) {
        if (open >= 0 && (edge & ENDS) !== 0) onSpan(this.typeIds[before], open, i);
        open = (edge & STARTS) !== 0 ? i : -1;
      }
      before = id;
    }
  }

  private idOf(tag: string): number {
    return this.ids.get(tag) ?? this.addTag(tag);
  }

  private addTag(tag: string): number {
    const parsed = parseTag(tag);
    if (!parsed) throw new InputError(`tag "${tag}" is not ${TAG_FORM}`);
    if (this.mode !== 'lenient' && !PREFIXES[this.mode].includes(parsed.prefix))
      throw new InputError(`tag "${tag}" is not ${strictForm(this.mode)}`);
    const id = this.parsed.push(parsed) - 1;
    const type = this.idsOfTypes.get(parsed.type) ?? this.types.push(parsed.type) - 1;
    this.idsOfTypes.set(parsed.type, type);
    this.typeIds.push(type);
    this.ids.set(tag, id);
    return id;
  }

  private addEdge(before: number, tag: number): number {
    const edge = this.rule(this.parsed[before], this.parsed[tag]);
    this.edges.set(before * MOST_TAGS + tag, edge);
    return edge;
  }
}

/** Above the number of distinct tags, so that two ids make one key. */
const MOST_TAGS = 2 ** 26;
const READERS = new Map<ReadingMode, SpanReader>();

/** What the tags of a scheme look like, for messages: `O, B- or I-, which are all that strict IOB2 has`. */
export function strictForm(scheme: Scheme): string {
  const forms = ['O', ...PREFIXES[scheme].map(prefix => `${prefix}-`)];
  return `${listed(forms, 'or')}, which are all that strict ${scheme} has`;
}

/** Whether two spans are the same entity: type, start and end. */
export function sameSpan(a: Span, b: Span): boolean {
  return a.type === b.type && a.start === b.start && a.end === b.end;
}

/** The number of tokens that two spans have in common. */
export function overlapOf(a: Span, b: Span): number {
  return Math.max(0, Math.min(a.end, b.end) - Math.max(a.start, b.start));
}

const byEnd = bisector((span: Span) => span.end);

/** Of the spans of a sentence, in their order, those that have a token in common with another one. */
export function overlapping(spans: readonly Span[], { start, end }: Span): Span[] {
  const found: Span[] = [];
  // Spans of one reading do not overlap each other, so that their ends are in order too.
  for (let i = byEnd.right(spans, start); i < spans.length && spans[i].start < end; i++) found.push(spans[i]);
  return found;
}

/** @throws InputError where the two have not the same number of sentences, or of tags in a sentence. */
export function checkAligned(
  gold: readonly (readonly string[])[],
  predicted: readonly (readonly string[])[],
  names: readonly [string, string] = ['gold', 'predicted'],
): void {
  const [a, b] = names;
  if (gold.length !== predicted.length)
    throw new InputError(`${a} has ${gold.length} sentences, but ${b} has ${predicted.length}`);
  for (let s = 0; s < gold.length; s++) {
    if (gold[s].length !== predicted[s].length)
      throw new InputError(
        `sentence ${s + 1}: ${a} has ${gold[s].length} tags, but ${b} has ${predicted[s].length}`,
      );
  }
}
