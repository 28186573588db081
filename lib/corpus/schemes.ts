/**
 * Which scheme the tags of a file are in, found out while they are read, and the way from BIO back to each scheme.
 */
import { InputError } from '../errors';
import { memoized, type ParsedTag, type Prefix, parseTag, type Scheme, TAG_FORM, toBio } from './tags';

/** The prefixes that each scheme has. */
export const PREFIXES: Readonly<Record<Scheme, readonly Prefix[]>> = {
  IO: ['I'],
  IOB1: ['B', 'I'],
  IOB2: ['B', 'I'],
  IOE1: ['I', 'E'],
  IOE2: ['I', 'E'],
  IOBES: ['B', 'I', 'E', 'S'],
  BILOU: ['B', 'I', 'L', 'U'],
};

/** Which schemes have a prefix, in words. */
const SCHEMES_OF: Readonly<Record<Prefix, string>> = {
  B: 'IOB, IOBES or BILOU',
  I: 'any scheme',
  E: 'IOBES or IOE',
  S: 'IOBES',
  L: 'BILOU',
  U: 'BILOU',
};

/** Prefixes that no scheme has together with one. */
const FOREIGN: Readonly<Record<Prefix, readonly Prefix[]>> = {
  B: [],
  I: [],
  E: ['L', 'U'],
  S: ['L', 'U'],
  L: ['E', 'S'],
  U: ['E', 'S'],
};

/** How `TagReader` finds out the scheme of a file, for the help of commands. */
export const describeSchemeRule = `Tags may be in IO, IOB1, IOB2 (BIO), IOE1, IOE2, IOBES (BIOES) or BILOU. Where the scheme is not \
named it is told from the whole file: L- or U- means BILOU; S-, or E- together with B-, IOBES; E- without B- means IOE2 or \
IOE1, and B- alone IOB2 or IOB1, whichever of the two fewer tags contradict (IOB2 and IOE2 where as many do); only I- means \
IO. S- or E- together with L- or U- is an error. All are read by the rule of conlleval: an entity begins at B-, S- and U-, \
after O, E-, S-, L- and U-, and where the type changes; so the scheme that was told changes nothing in what is read.`;

/** Converts the tags of one file to BIO, sentence by sentence, and notes which scheme they are in. */
export class TagReader {
  /** Where each prefix stands first. */
  private readonly first = new Map<Prefix, { readonly tag: string; readonly line: number }>();
  /** Tags of the present sentence that no sentence before had. */
  private fresh: string[] = [];
  /** How many tags (IOB) or ends of entities (IOE) a scheme would not have written so. */
  private readonly contradicting = { IOB1: 0, IOB2: 0, IOE1: 0, IOE2: 0 };
  private readonly parse = memoized(tag => {
    this.fresh.push(tag);
    return parseTag(tag);
  });

  /**
   * @param file named in errors
   * @param named the scheme that the tags are to be in; found out where it is not given
   */
  constructor(
    private readonly file: string,
    private readonly named?: Scheme,
  ) {}

  /**
   * The BIO tags of a sentence.
   * @param lineOf the line of the word of an index, for errors
   * @throws InputError `file:line: …` for what is no tag, not in the named scheme, or of another scheme than the tags before.
   */
  toBio(tags: readonly string[], lineOf: (word: number) => number): string[] {
    const bio = toBio(tags, this.parse, this.onEdge);
    if (this.fresh.length > 0) this.check(tags, lineOf);
    return bio;
  }

  /** The scheme that was named, else the one that the tags read so far are in; `null` where there is no entity. */
  get scheme(): Scheme | null {
    if (this.named) return this.named;
    const has = (prefix: Prefix) => this.first.has(prefix);
    const { IOB1, IOB2, IOE1, IOE2 } = this.contradicting;
    if (has('L') || has('U')) return 'BILOU';
    if (has('S') || (has('E') && has('B'))) return 'IOBES';
    if (has('E')) return IOE2 <= IOE1 ? 'IOE2' : 'IOE1';
    if (has('B')) return IOB2 <= IOB1 ? 'IOB2' : 'IOB1';
    return has('I') ? 'IO' : null;
  }

  private readonly onEdge = (before: ParsedTag | null, tag: ParsedTag | null): void => {
    const touches = before?.type === tag?.type;
    if (tag?.prefix === 'B' && !touches) this.contradicting.IOB1++;
    if (tag?.prefix === 'I' && (!touches || before?.ends)) this.contradicting.IOB2++;
    if (before?.prefix === 'E' && !touches) this.contradicting.IOE1++;
    if (before?.prefix === 'I' && !touches) this.contradicting.IOE2++;
  };

  private check(tags: readonly string[], lineOf: (word: number) => number): void {
    const fresh = new Set(this.fresh);
    this.fresh = [];
    for (const [word, tag] of tags.entries()) {
      if (!fresh.delete(tag)) continue;
      const place = `${this.file}:${lineOf(word)}: tag "${tag}"`;
      const parsed = parseTag(tag);
      if (!parsed) throw new InputError(`${place} is not ${TAG_FORM}`);
      const { prefix } = parsed;
      if (this.named && !PREFIXES[this.named].includes(prefix))
        throw new InputError(
          `${place} is not of the scheme ${this.named}, which has O, ${PREFIXES[this.named].map(each => `${each}-`).join(', ')}`,
        );
      if (this.first.has(prefix)) continue;
      this.first.set(prefix, { tag, line: lineOf(word) });
      const other = [...this.first.keys()].find(each => FOREIGN[prefix].includes(each));
      if (other === undefined) continue;
      const { tag: otherTag, line } = this.first.get(other)!;
      throw new InputError(
        `${place} is of ${SCHEMES_OF[prefix]}, but "${otherTag}" on line ${line} is of ${SCHEMES_OF[other]}; expected one scheme in a file`,
      );
    }
  }
}

/**
 * The same entities in another scheme.
 * @param tags BIO tags in which every `I-` continues an entity. `IO` cannot tell adjacent entities of one type apart: they
 * become one.
 */
export function fromBio(tags: readonly string[], scheme: Scheme): string[] {
  if (scheme === 'IOB2') return [...tags];
  return tags.map((tag, i) => {
    if (tag === 'O') return tag;
    const type = tag.slice(2);
    const { [i - 1]: before = 'O', [i + 1]: after = 'O' } = tags;
    const first = tag.startsWith('B-');
    const last = after !== `I-${type}`;
    const marksBegin =
      scheme === 'IOBES' || scheme === 'BILOU' || (scheme === 'IOB1' && before.slice(2) === type);
    const marksEnd =
      scheme === 'IOBES' ||
      scheme === 'BILOU' ||
      scheme === 'IOE2' ||
      (scheme === 'IOE1' && after === `B-${type}`);
    const [end, single] = scheme === 'BILOU' ? ['L', 'U'] : ['E', 'S'];
    if (first && last && marksBegin && marksEnd) return `${single}-${type}`;
    if (first && marksBegin) return `B-${type}`;
    return last && marksEnd ? `${end}-${type}` : `I-${type}`;
  });
}
