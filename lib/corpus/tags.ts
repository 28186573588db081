/**
 * The tags of the BIO family and their reading. All schemes that mark entities token by token (IO, IOB1, IOB2, BIOES,
 * BILOU) are read by one lenient rule, so that no scheme has to be detected or named.
 */

/**
 * Schemes that mark entities token by token. `IO` marks membership only; `IOB1` and `IOE1` mark the begin (the end) of an
 * entity only where another of its type touches it, `IOB2` (BIO) and `IOE2` always; `IOBES` (BIOES) and `BILOU` mark both.
 */
export const SCHEMES = ['IO', 'IOB1', 'IOB2', 'IOE1', 'IOE2', 'IOBES', 'BILOU'] as const;
export type Scheme = (typeof SCHEMES)[number];

/** A tag taken apart. `starts`: an entity always begins here; `ends`: an entity always ends here. */
export interface ParsedTag {
  readonly type: string;
  readonly starts: boolean;
  readonly ends: boolean;
  /** The BIO tags of its type. */
  readonly begin: string;
  readonly inside: string;
}

/** What a tag may look like, for the messages of errors. */
export const TAG_FORM = 'O or B-, I-, E-, S-, L-, U- followed by an entity type';

/** A type begins with a letter or a digit of any script. */
const TAG = /^([BIESLU])-([\p{L}\p{N}]\S*)$/u;

/** The parts of a tag; `null` for `O`, `undefined` for what is no tag, such as `I-`, `B_PER` or a bare `PER`. */
export function parseTag(tag: string): ParsedTag | null | undefined {
  if (tag === 'O') return null;
  const match = TAG.exec(tag);
  if (match === null) return undefined;
  const [, prefix, type] = match;
  return {
    type,
    starts: 'BSU'.includes(prefix),
    ends: 'ESLU'.includes(prefix),
    begin: `B-${type}`,
    inside: `I-${type}`,
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
 */
export function toBio(tags: readonly string[], parse: TagParser = parseTag): string[] {
  const bio = new Array<string>(tags.length);
  let open: string | null = null;
  for (let i = 0; i < tags.length; i++) {
    const tag = tags[i] === 'O' ? null : parse(tags[i]);
    if (!tag) {
      bio[i] = 'O';
      open = null;
      continue;
    }
    bio[i] = tag.starts || tag.type !== open ? tag.begin : tag.inside;
    open = tag.ends ? null : tag.type;
  }
  return bio;
}
