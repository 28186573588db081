/** Entities as spans of tokens, in the two readings of tags that the field uses. */
import { memoized, parseTag, TAG_FORM, type TagParser, toBio } from '../corpus/tags';
import { InputError } from '../errors';

/** An entity: its type, its first token, and the token after its last, counted from 0 within its sentence. */
export interface Span {
  readonly type: string;
  readonly start: number;
  readonly end: number;
}

/**
 * How tags are read. `lenient` is the reading of `conlleval` (CoNLL-2000 shared task): an `I-` after `O` or of another
 * type begins an entity. `strict` is seqeval's strict IOB2: an entity is `B-` and the `I-` of its type that follow, and
 * any other `I-` is no part of an entity.
 */
export type ReadingMode = 'lenient' | 'strict';

/**
 * The entities of a sentence, in the order in which they stand.
 * @throws InputError for what is no tag, and in `strict` mode for a tag that IOB2 does not have, such as `S-PER`.
 */
export function spansOf(tags: readonly string[], mode: ReadingMode = 'lenient'): Span[] {
  const bio = bioReader(mode)(tags);
  const spans: Span[] = [];
  for (let start = 0; start < bio.length; start++) {
    if (!bio[start].startsWith('B-')) continue;
    let end = start + 1;
    while (end < bio.length && bio[end].startsWith('I-')) end++;
    spans.push({ type: bio[start].slice(2), start, end });
  }
  return spans;
}

/**
 * A function that rewrites tags as BIO in which every `I-` continues an entity. It remembers the tags that it has seen:
 * use one for many sentences. It throws as `spansOf` does.
 */
export function bioReader(mode: ReadingMode): (tags: readonly string[]) => readonly string[] {
  if (mode === 'lenient') {
    const parse = memoized(parseOrThrow);
    return tags => toBio(tags, parse);
  }
  const parse = memoized(parseStrictly);
  return tags => {
    let open: string | null = null;
    return tags.map(tag => {
      const parsed = tag === 'O' ? null : parse(tag);
      if (!parsed || !(parsed.starts || parsed.type === open)) {
        open = null;
        return 'O';
      }
      open = parsed.type;
      return tag;
    });
  };
}

/** Whether two spans are the same entity: type, start and end. */
export function sameSpan(a: Span, b: Span): boolean {
  return a.type === b.type && a.start === b.start && a.end === b.end;
}

/** The number of tokens that two spans have in common. */
export function overlapOf(a: Span, b: Span): number {
  return Math.max(0, Math.min(a.end, b.end) - Math.max(a.start, b.start));
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

const parseOrThrow: TagParser = tag => {
  const parsed = parseTag(tag);
  if (parsed === undefined) throw new InputError(`tag "${tag}" is not ${TAG_FORM}`);
  return parsed;
};

const parseStrictly: TagParser = tag => {
  const parsed = parseOrThrow(tag);
  if (parsed && tag !== parsed.begin && tag !== parsed.inside)
    throw new InputError(`tag "${tag}" is not O, B- or I-, which are all that strict IOB2 has`);
  return parsed;
};
