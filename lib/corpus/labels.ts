/** The id ↔ tag mapping of a corpus. It is made once, from the corpus, and everything else asks it. */
import { InputError } from '../errors';
import { inBrief, listedBriefly } from '../listed';
import { tagOf, typesIn } from './tags';

/** A set of BIO tags with their ids: `O` is 0, then `B-` and `I-` of each entity type. */
export class LabelSet {
  readonly types: readonly string[];
  /** Tags in order of their ids. */
  readonly tags: readonly string[];
  private readonly ids: ReadonlyMap<string, number>;

  /** @param types entity types, in the order that fixes the ids (the study's is PER, ORG, LOC, MISC). */
  constructor(types: readonly string[]) {
    this.types = [...types];
    this.tags = ['O', ...types.flatMap(type => [tagOf('B', type), tagOf('I', type)])];
    this.ids = new Map(this.tags.map((tag, id) => [tag, id]));
    if (this.ids.size !== this.tags.length)
      throw new InputError(`entity types are listed twice: ${types.join(', ')}`);
  }

  /** The number of tags, which is the number of classes `C` of a model. */
  get size(): number {
    return this.tags.length;
  }

  has(tag: string): boolean {
    return this.ids.has(tag);
  }

  /** The id of a BIO tag; throws where the tag is not in the set. */
  id(tag: string): number {
    const id = this.ids.get(tag);
    if (id === undefined) throw new InputError(`tag "${tag}" is not one of ${this.tags.join(', ')}`);
    return id;
  }

  tag(id: number): string {
    return this.tags[id];
  }

  /** Ids of `B-` and `I-` of the critical types; one that is not in the set has none. */
  criticalIds(critical: readonly string[]): number[] {
    const known = critical.filter(type => this.types.includes(type));
    return known.flatMap(type => [this.id(tagOf('B', type)), this.id(tagOf('I', type))]);
  }

  /**
   * @param elsewhere types that occur in other parts of the corpus than the one that the set is of
   * @throws InputError where a critical type occurs nowhere, or where none of them is in the set
   */
  checkCritical(critical: readonly string[], elsewhere: ReadonlySet<string>): void {
    const lacking = critical.filter(type => !this.types.includes(type));
    const wrong =
      lacking.find(type => !elsewhere.has(type)) ?? (lacking.length === critical.length ? lacking[0] : null);
    if (wrong !== null)
      throw new InputError(
        `critical type ${inBrief(wrong)} is not in the tag set (${listedBriefly(this.types)}); --critical names others`,
      );
  }
}

/** Types in the order of CoNLL-2003's study first, then any others by name, so that ids do not depend on the text. */
const STUDY_ORDER = ['PER', 'ORG', 'LOC', 'MISC'];

/** The label set of the given BIO tag sequences. */
export function labelSetOf(tagSequences: Iterable<readonly string[]>): LabelSet {
  const types = typesIn(tagSequences);
  const known = STUDY_ORDER.filter(type => types.has(type));
  const others = [...types].filter(type => !STUDY_ORDER.includes(type)).sort();
  return new LabelSet([...known, ...others]);
}
