/**
 * The readings of tags: what two neighbouring tags say of the entities between them. One is conlleval's, which makes the
 * best of any sequence; the others are seqeval's strict mode, one for each scheme.
 */
import type { ParsedTag, Scheme } from '../corpus/tags';

/**
 * How tags are read. `lenient` is the reading of `conlleval` (CoNLL-2000 shared task): an `I-` after `O` or of another
 * type begins an entity. The name of a scheme is the strict reading of seqeval: what the scheme would not have
 * written so is no part of an entity.
 */
export type ReadingMode = 'lenient' | Scheme;

/** What an edge between two tags says, in bits: an entity begins after it, goes on over it, may have ended before it. */
export const STARTS = 1;
export const CONTINUES = 2;
export const ENDS = 4;

/** The bits of the edge between two tags; `null` is `O` and what stands before and after a sentence. */
export type EdgeRule = (before: ParsedTag | null, tag: ParsedTag | null) => number;

export function edgeRule(mode: ReadingMode): EdgeRule {
  return mode === 'lenient' ? lenientEdge : strictEdge(STRICT[mode]);
}

const lenientEdge: EdgeRule = (before, tag) => {
  if (tag === null) return ENDS;
  const begins = tag.starts || before === null || before.ends || before.type !== tag.type;
  return begins ? STARTS | ENDS : CONTINUES;
};

/** Prefixes of two neighbours (`*` is any, `O` included); `=` where their types must agree, `~` where they must differ. */
interface StrictEdges {
  readonly starts: string;
  readonly continues: string;
  readonly ends: string;
}

/**
 * The transitions of seqeval 1.2.2, and `IO` after the same pattern. Its IOE1 knows an entity of one token (`E-`) only
 * where another `E-` of the type stands before it.
 */
const STRICT: Readonly<Record<Scheme, StrictEdges>> = {
  IO: { starts: 'OI II~', continues: 'II=', ends: 'IO II~' },
  IOB1: { starts: 'OI II~ BI IB= BB=', continues: 'BI= II=', ends: 'II~ IO IB BO BI~ BB=' },
  IOB2: { starts: '*B', continues: 'BI= II=', ends: 'IO II~ IB BO BI~ BB' },
  IOE1: { starts: 'OI II~ EI EE=', continues: 'II= IE=', ends: 'II~ IO IE~ EI= EE=' },
  IOE2: { starts: 'OI OE EI EE II~ IE~', continues: 'II= IE=', ends: 'E*' },
  IOBES: { starts: '*B *S', continues: 'BI= BE= II= IE=', ends: 'S* E*' },
  BILOU: { starts: '*B *U', continues: 'BI= BL= II= IL=', ends: 'U* L*' },
};

function strictEdge({ starts, continues, ends }: StrictEdges): EdgeRule {
  return (before, tag) => {
    const holds = (patterns: string) => patterns.split(' ').some(pattern => matches(pattern, before, tag));
    return (holds(starts) ? STARTS : 0) | (holds(continues) ? CONTINUES : 0) | (holds(ends) ? ENDS : 0);
  };
}

function matches([first, second, types]: string, before: ParsedTag | null, tag: ParsedTag | null): boolean {
  if (first !== '*' && first !== (before?.prefix ?? 'O')) return false;
  if (second !== '*' && second !== (tag?.prefix ?? 'O')) return false;
  return types === undefined || (types === '=') === (before?.type === tag?.type);
}
