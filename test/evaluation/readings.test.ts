/** The strict readings against seqeval's own test-suite and random sequences, and against well-formed tags. */
import fc from 'fast-check';
import { parseTag, SCHEMES, type Scheme } from 'ner-distill/corpus/tags';
import { CONTINUES, ENDS, edgeRule, STARTS } from 'ner-distill/evaluation/readings';
import { spansOf } from 'ner-distill/evaluation/spans';
import { describe, expect, it } from 'vitest';
import seqeval from '../fixtures/seqeval-strict.json';

type Example = readonly [string, ReadonlyArray<readonly [string, number, number]>];
const strict = Object.keys(seqeval.transitions) as (keyof typeof seqeval.transitions)[];
const triples = (tags: string, mode: Scheme): [string, number, number][] =>
  spansOf(tags === '' ? [] : tags.split(' '), mode).map(({ type, start, end }) => [type, start, end]);

describe.each(strict)('the strict reading in %s', scheme => {
  it('has the transitions of seqeval', () => {
    const rule = edgeRule(scheme);
    for (const [before, tag, says] of seqeval.transitions[scheme]) {
      const edge = rule(parseTag(before) ?? null, parseTag(tag) ?? null);
      const bits = [
        (edge & STARTS) !== 0 ? 's' : '',
        (edge & CONTINUES) !== 0 ? 'i' : '',
        (edge & ENDS) !== 0 ? 'e' : '',
      ];
      expect([before, tag, bits.join('')]).toEqual([before, tag, says]);
    }
  });

  it("finds the entities of seqeval's examples", () => {
    for (const [tags, entities] of seqeval.examples[scheme] as unknown as Example[])
      expect([tags, triples(tags, scheme)]).toEqual([tags, entities]);
  });

  it('finds what seqeval finds in random sequences, malformed for the most part', () => {
    for (const [tags, entities] of seqeval.random[scheme] as unknown as Example[])
      expect([tags, triples(tags, scheme)]).toEqual([tags, entities]);
  });
});

/** Entities of a sentence, as `[outside words before it, length, type]`, and its tags as each scheme writes them. */
const entities = fc.array(
  fc.tuple(fc.nat(2), fc.integer({ min: 1, max: 4 }), fc.constantFrom('PER', 'ORG')),
  {
    maxLength: 5,
  },
);
function written(parts: readonly (readonly [number, number, string])[], scheme: Scheme): string[] {
  const tags: string[] = [];
  parts.forEach(([gap, length, type], i) => {
    tags.push(...Array(gap).fill('O'));
    const touchesBefore = i > 0 && gap === 0 && parts[i - 1][2] === type;
    const after = parts[i + 1];
    const touchesAfter = after !== undefined && after[0] === 0 && after[2] === type;
    const inside: string[] = Array(length).fill('I');
    if (scheme === 'IOB2' || (scheme === 'IOB1' && touchesBefore)) inside[0] = 'B';
    if (scheme === 'IOE2' || (scheme === 'IOE1' && touchesAfter)) inside[length - 1] = 'E';
    if (scheme === 'IOBES' || scheme === 'BILOU') {
      const [end, single] = scheme === 'IOBES' ? ['E', 'S'] : ['L', 'U'];
      inside[0] = length === 1 ? single : 'B';
      if (length > 1) inside[length - 1] = end;
    }
    tags.push(...inside.map(prefix => `${prefix}-${type}`));
  });
  return tags;
}

describe('well-formed tags', () => {
  it.each(SCHEMES.filter(scheme => scheme !== 'IO' && scheme !== 'IOE1'))(
    'have the entities that were written, strictly read in %s and leniently',
    scheme => {
      fc.assert(
        fc.property(entities, parts => {
          let at = 0;
          const expected = parts.map(([gap, length, type]) => {
            const start = at + gap;
            at = start + length;
            return { type, start, end: at };
          });
          const tags = written(parts, scheme);
          expect(spansOf(tags, scheme)).toEqual(expected);
          expect(spansOf(tags)).toEqual(expected);
        }),
      );
    },
  );

  it('in IO, entities of one type that touch are one', () => {
    expect(triples('I-PER I-PER I-ORG O I-PER', 'IO')).toEqual([
      ['PER', 0, 2],
      ['ORG', 2, 3],
      ['PER', 4, 5],
    ]);
  });
});

it.each([
  ['S-PER', 'IOB2', 'tag "S-PER" is not O, B- or I-, which are all that strict IOB2 has'],
  ['B-PER', 'IOE1', 'tag "B-PER" is not O, I- or E-'],
  ['L-PER', 'IOBES', 'tag "L-PER" is not O, B-, I-, E- or S-'],
  ['E-PER', 'BILOU', 'tag "E-PER" is not O, B-, I-, L- or U-'],
  ['B-PER', 'IO', 'tag "B-PER" is not O or I-'],
] as const)('%s is refused by the strict reading in %s', (tag, scheme, message) => {
  expect(() => spansOf([tag], scheme)).toThrow(message);
});
