/**
 * The tags of the BIO family. All schemes that mark entities token by token are read by one lenient rule, so that
 * reading does not depend on which scheme a file is in; `TagReader` in `schemes.ts` finds that out beside it.
 */

/**
 * Schemes that mark entities token by token. `IO` marks membership only; `IOB1` and `IOE1` mark the begin (the end) of an
 * entity only where another of its type touches it, `IOB2` (BIO) and `IOE2` always; `IOBES` (BIOES) and `BILOU` mark both.
 */
export const SCHEMES = ['IO', 'IOB1', 'IOB2', 'IOE1', 'IOE2', 'IOBES', 'BILOU'] as const;
export type Scheme = (typeof SCHEMES)[number];
/** The schemes with the other names that they go by, for help texts. */
export const SCHEME_NAMES = 'IO, IOB1, IOB2 (or BIO), IOE1, IOE2, IOBES (or BIOES) or BILOU';

/** `S-` and `U-` mark an entity of one token, `E-` and `L-` the last of several. */
export type Prefix = 'B' | 'I' | 'E' | 'S' | 'L' | 'U';

/** Other letters for prefixes: BMES has `M-` for tokens in the middle, BMEWO `W-` for an entity of one token. */
const OTHER_LETTERS: Readonly<Record<string, Prefix>> = { M: 'I', W: 'S' };

/** The name of the type of tags without one (`B`, `I` and `O`), as seqeval has it; no other type can be called so. */
export const NAMELESS = '_';

/** A tag taken apart. `starts`: an entity always begins here; `ends`: an entity always ends here. */
export interface ParsedTag {
  readonly prefix: Prefix;
  readonly type: string;
  readonly starts: boolean;
  readonly ends: boolean;
  /** The BIO tags of its type. */
  readonly begin: string;
  readonly inside: string;
}

/** What a tag may look like, for the messages of errors. */
export const TAG_FORM =
  'O or B-, I-, E-, S-, L-, U-, M-, W- followed by an entity type, which begins with a letter or digit';

/** More entity types than any corpus has: a model has two classes, and a table of errors a row and a column, for each. */
export const MOST_TYPES = 2000;

/** A type begins with a letter or a digit of any script, and holds no blank nor U+0085, a line end of old; tags may also have none. */
const TAG = /^([BIESLUMW])(?:-([\p{L}\p{N}][^\s\x85]*))?$/u;

/** The tag of a prefix and a type. */
export function tagOf(prefix: Prefix, type: string): string {
  return type === NAMELESS ? prefix : `${prefix}-${type}`;
}

/** The type of a tag that is not `O`. */
export function typeOf(tag: string): string {
  return tag.length === 1 ? NAMELESS : tag.slice(2);
}

/** The types that occur in sequences of tags, in the order in which they do. */
export function typesIn(tagSequences: Iterable<readonly string[]>): Set<string> {
  const types = new Set<string>();
  for (const tags of tagSequences) for (const tag of tags) if (tag !== 'O') types.add(typeOf(tag));
  return types;
}

/** The parts of a tag; `null` for `O`, `undefined` for what is no tag, such as `I-`, `B_PER` or a bare `PER`. */
export function parseTag(tag: string): ParsedTag | null | undefined {
  if (tag === 'O') return null;
  const match = TAG.exec(tag);
  if (match === null) return undefined;
  const [, letter, type = NAMELESS] = match;
  const prefix = OTHER_LETTERS[letter] ?? (letter as Prefix);
  return {
    prefix,
    type,
    starts: 'BSU'.includes(prefix),
    ends: 'ESLU'.includes(prefix),
    begin: tagOf('B', type),
    inside: tagOf('I', type),
  };
}

/** What reads a tag: `parseTag`, or one that also refuses or remembers. */
export type TagParser = (tag: string) => ParsedTag | null | undefined;

/** A parser that takes each distinct tag apart once. */
export function memoized(parse: TagParser): TagParser {
  const known = new Map<string, ParsedTag | null | undefined>();
  return tag => {
    const found = known.get(tag);
    if (found !== undefined) return found;
    const parsed = parse(tag);
    known.set(tag, parsed);
    return parsed;
  };
}

/**
 * The same entities as BIO (IOB2) tags. An entity begins at a tag that always starts one, after `O`, after a tag that
 * always ends one, and where the type changes: how the CoNLL-2000 script `conlleval` reads tags.
 * What is no tag is read as `O`; readers of files refuse it before.
 * @param onEdge gets each two neighbours of which one is no `O` (`null` is `O` or the end of the sentence).
 */
export function toBio(
  tags: readonly string[],
  parse: TagParser = parseTag,
  onEdge?: (before: ParsedTag | null, tag: ParsedTag | null) => void,
): string[] {
  const bio = new Array<string>(tags.length);
  let before: ParsedTag | null = null;
  for (let i = 0; i < tags.length; i++) {
    const tag: ParsedTag | null = tags[i] === 'O' ? null : (parse(tags[i]) ?? null);
    if (tag === null) {
      bio[i] = 'O';
      if (before === null) continue;
    } else {
      const begins = tag.starts || before === null || before.ends || before.type !== tag.type;
      bio[i] = begins ? tag.begin : tag.inside;
    }
    onEdge?.(before, tag);
    before = tag;
  }
  if (before !== null) onEdge?.(before, null);
  return bio;
}
