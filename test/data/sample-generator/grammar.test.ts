import { Random } from 'ner-distill/random';
import { describe, expect, it } from 'vitest';
import { type Expansion, expand, type Mention } from '../../../data/sample-generator/grammar';

const NAMES: Record<string, Mention> = {
  city1: { words: ['Port', 'Halden'], type: 'LOC' },
  agency1: { words: ['Bank', 'of', 'Aldmark'], type: 'ORG', article: 'the' },
  adjective1: { words: ['Aldmarkish'], type: 'MISC' },
};

function options(articles = true, seed = 1): Expansion {
  const lexicon = { animal: '[cat|dog]', day: 'Monday' };
  return { lexicon, resolve: slot => NAMES[slot], random: new Random(seed), articles };
}

function texts(template: string): Set<string> {
  const seeds = Array.from({ length: 60 }, (_, seed) => seed);
  return new Set(seeds.map(seed => expand(template, options(true, seed)).words.join(' ')));
}

describe('expanding a template', () => {
  it('tags names and gives the first word a capital', () => {
    expect(expand('in @city1 on <day> .', options())).toEqual({
      words: ['In', 'Port', 'Halden', 'on', 'Monday', '.'],
      tags: ['O', 'B-LOC', 'I-LOC', 'O', 'O', 'O'],
    });
  });

  it('takes alternatives, optional parts and lexicon entries, nested too', () => {
    expect(texts('the [old <animal>|bird] {{never }slept}')).toEqual(
      new Set(
        ['The old cat', 'The old dog', 'The bird'].flatMap(text => [
          text,
          `${text} slept`,
          `${text} never slept`,
        ]),
      ),
    );
  });

  it('draws digits without a leading zero', () => {
    for (const text of texts('#.## of #,##0')) expect(text).toMatch(/^[1-9]\.\d\d of [1-9],\d\d0$/);
  });

  it('puts the article of a name outside the entity, where text has articles and there is none yet', () => {
    const { words, tags } = expand('@agency1 and its @agency1', options());
    expect(words.join(' ')).toBe('The Bank of Aldmark and its Bank of Aldmark');
    expect(tags.slice(0, 3)).toEqual(['O', 'B-ORG', 'I-ORG']);
    expect(expand('@agency1', options(false)).words.join(' ')).toBe('Bank of Aldmark');
  });

  it('says "an" before a vowel', () => {
    expect(expand('a @adjective1 and a union', options()).words.join(' ')).toBe('An Aldmarkish and a union');
  });

  it('names what is wrong with a template', () => {
    expect(() => expand('[a|b', options())).toThrow('unbalanced brackets in the template "[a|b"');
    expect(() => expand('<fish>', options())).toThrow('no lexicon entry for "<fish>"');
  });
});
