/**
 * Which scheme the tags of a file are in, found out while they are read, and the way from BIO back to each scheme.
 */
import { InputError } from '../errors';
import { inBrief } from '../listed';
import {
  memoized,
  NAMELESS,
  type ParsedTag,
  type Prefix,
  parseTag,
  type Scheme,
  TAG_FORM,
  tagOf,
  toBio,
  typeOf,
} from './tags';

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
after O, E-, S-, L- and U-, and where the type changes; so the scheme that was told changes nothing in what is read. M- (of BMES) is read as I-, W- (of BMEWO) as S-; where no tag has a \
type (B, I, O) all entities are of one type, which is called ${NAMELESS}.`;

/** Where a tag stands. */
interface Place {
  readonly tag: string;
  readonly line: number;
}

/** The tags of a file or of one of its columns: takes each apart once, refuses what is none, and has what is to be said of them. */
export class FileTags {
  /** Tags of the present sentence that no sentence before had. */
  private fresh: string[] = [];
  /** The first tag with a type, and the first without. */
  private named?: Place;
  private nameless?: Place;
  /** Tags whose prefix has another letter than usual, with their usual form. */
  private readonly renamed = new Map<string, string>();

  /** @param file named in errors */
  constructor(private readonly file: string) {}

  readonly parse = memoized(tag => {
    this.fresh.push(tag);
    return parseTag(tag);
  });

  /**
   * Looks at what is new in the tags of a sentence that were parsed.
   * @param lineOf the line of the word of an index, for errors
   * @throws InputError `file:line: …` for what is no tag, and where some tags have a type and some have none
   */
  check(
    tags: readonly string[],
    lineOf: (word: number) => number,
    onNew?: (tag: ParsedTag, place: Place) => void,
  ): void {
    if (this.fresh.length === 0) return;
    const fresh = new Set(this.fresh);
    this.fresh = [];
    for (const [word, tag] of tags.entries()) {
      if (!fresh.delete(tag)) continue;
      const place = { tag, line: lineOf(word) };
      const parsed = parseTag(tag);
      if (!parsed) throw new InputError(`${this.at(place)} is not ${TAG_FORM}`);
      this.notice(parsed, place);
      onNew?.(parsed, place);
    }
  }

  /** Tags just as they stand in a sentence, but prefixes with their usual letters; throws as `check` does. */
  asWritten(tags: readonly string[], lineOf: (word: number) => number): readonly string[] {
    for (const tag of tags) if (tag !== 'O') this.parse(tag);
    this.check(tags, lineOf);
    return this.renamed.size === 0 ? tags : tags.map(tag => this.renamed.get(tag) ?? tag);
  }

  /** Of errors: `file:line: tag "X"`. */
  at({ tag, line }: Place): string {
    return `${this.file}:${line}: tag ${inBrief(tag)}`;
  }

  /** What was guessed, in sentences. */
  get notes(): string[] {
    const letters = new Map([...this.renamed].map(([tag, usual]) => [tag[0], usual[0]]));
    return [
      ...(this.nameless
        ? [
            `tags have no type, such as "${this.nameless.tag}" on line ${this.nameless.line}: read as entities of one type, which is called ${NAMELESS}`,
          ]
        : []),
      ...[...letters].map(
        ([letter, usual]) => `tags that begin with ${letter} are read as those with ${usual}`,
      ),
    ];
  }

  private notice({ prefix, type }: ParsedTag, place: Place): void {
    if (type === NAMELESS) this.nameless ??= place;
    else this.named ??= place;
    const { named, nameless } = this;
    if (named && nameless) {
      const other = place.tag === named.tag ? nameless : named;
      const has = (is: Place) => (is === named ? 'has a type' : 'has no type');
      throw new InputError(
        `${this.at(place)} ${has(place)}, but ${inBrief(other.tag)} on line ${other.line} ${has(other)}; expected types in all tags or in none`,
      );
    }
    if (place.tag[0] !== prefix) this.renamed.set(place.tag, tagOf(prefix, type));
  }
}

/** Converts the tags of one file to BIO, sentence by sentence, and notes which scheme they are in. */
export class TagReader {
  private readonly tags: FileTags;
  /** Where each prefix stands first. */
  private readonly first = new Map<Prefix, Place>();
  /** How many tags (IOB) or ends of entities (IOE) a scheme would not have written so. */
  private readonly contradicting = { IOB1: 0, IOB2: 0, IOE1: 0, IOE2: 0 };

  /**
   * @param file named in errors
   * @param named the scheme that the tags are to be in; found out where it is not given
   */
  constructor(
    file: string,
    private readonly named?: Scheme,
  ) {
    this.tags = new FileTags(file);
  }

  /**
   * The BIO tags of a sentence.
   * @param lineOf the line of the word of an index, for errors
   * @throws InputError `file:line: …` for what is no tag, not in the named scheme, or of another scheme than the tags before.
   */
  toBio(tags: readonly string[], lineOf: (word: number) => number): string[] {
    const bio = toBio(tags, this.tags.parse, this.onEdge);
    this.tags.check(tags, lineOf, this.onNew);
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

  /** What was guessed, in sentences. */
  get notes(): string[] {
    return this.tags.notes;
  }

  private readonly onEdge = (before: ParsedTag | null, tag: ParsedTag | null): void => {
    const touches = before?.type === tag?.type;
    if (tag?.prefix === 'B' && !touches) this.contradicting.IOB1++;
    if (tag?.prefix === 'I' && (!touches || before?.ends)) this.contradicting.IOB2++;
    if (before?.prefix === 'E' && !touches) this.contradicting.IOE1++;
    if (before?.prefix === 'I' && !touches) this.contradicting.IOE2++;
  };

  private readonly onNew = ({ prefix }: ParsedTag, place: Place): void => {
    const at = this.tags.at(place);
    if (this.named && !PREFIXES[this.named].includes(prefix))
      throw new InputError(
        `${at} is not of the scheme ${this.named}, which has O, ${PREFIXES[this.named].map(each => `${each}-`).join(', ')}`,
      );
    if (this.first.has(prefix)) return;
    this.first.set(prefix, place);
    const other = [...this.first.keys()].find(each => FOREIGN[prefix].includes(each));
    if (other === undefined) return;
    const { tag, line } = this.first.get(other)!;
    throw new InputError(
      `${at} is of ${SCHEMES_OF[prefix]}, but ${inBrief(tag)} on line ${line} is of ${SCHEMES_OF[other]}; expected one scheme in a file`,
    );
  };
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
    const type = typeOf(tag);
    const { [i - 1]: before = 'O', [i + 1]: after = 'O' } = tags;
    const first = tag[0] === 'B';
    const last = after !== tagOf('I', type);
    const touchesBefore = before !== 'O' && typeOf(before) === type;
    const marksBegin = scheme === 'IOBES' || scheme === 'BILOU' || (scheme === 'IOB1' && touchesBefore);
    const marksEnd =
      scheme === 'IOBES' ||
      scheme === 'BILOU' ||
      scheme === 'IOE2' ||
      (scheme === 'IOE1' && after === tagOf('B', type));
    const [end, single]: Prefix[] = scheme === 'BILOU' ? ['L', 'U'] : ['E', 'S'];
    if (first && last && marksBegin && marksEnd) return tagOf(single, type);
    if (first && marksBegin) return tagOf('B', type);
    return tagOf(last && marksEnd ? end : 'I', type);
  });
}
