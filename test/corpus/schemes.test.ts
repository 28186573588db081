/** Telling the scheme of a file, refusing mixtures, and the way from BIO to every scheme and back. */
import fc from 'fast-check';
import { readCorpus } from 'ner-distill/corpus/formats';
import { labelSetOf } from 'ner-distill/corpus/labels';
import { fromBio, TagReader } from 'ner-distill/corpus/schemes';
import { parseTag, SCHEMES, type Scheme, toBio } from 'ner-distill/corpus/tags';
import { InputError } from 'ner-distill/errors';
import { spansOf } from 'ner-distill/evaluation/spans';
import { describe, expect, it } from 'vitest';
import { bioTags } from './arbitrary';

const read = (tags: string, scheme?: Scheme) =>
  readCorpus(
    Buffer.from(tags.replaceAll('/', '\n').replace(/\S+/g, 'w $&\n').replaceAll(' w', 'w')),
    'train.txt',
    { format: 'conll', scheme },
  );

/** One sentence in every scheme: "Ann Lee", touched by "Bo", then "Rome". The first line is the BIO that all stand for. */
const SENTENCE: Readonly<Record<Scheme, string>> = {
  IOB2: 'O B-PER I-PER B-PER O B-LOC',
  IOB1: 'O I-PER I-PER B-PER O I-LOC',
  IOE1: 'O I-PER E-PER I-PER O I-LOC',
  IOE2: 'O I-PER E-PER E-PER O E-LOC',
  IOBES: 'O B-PER E-PER S-PER O S-LOC',
  BILOU: 'O B-PER L-PER U-PER O U-LOC',
  IO: 'O I-PER I-PER I-PER O I-LOC',
};

describe('the schemes', () => {
  it.each(SCHEMES)('%s is written as its definition says', scheme => {
    expect(fromBio(SENTENCE.IOB2.split(' '), scheme)).toEqual(SENTENCE[scheme].split(' '));
  });

  it.each(SCHEMES)('%s is told from its tags and gives the same entities', scheme => {
    const file = read(SENTENCE[scheme]);
    expect(file.scheme).toBe(scheme);
    const merged = SENTENCE.IOB2.replace('I-PER B-PER', 'I-PER I-PER');
    expect(file.sentences[0].tags).toEqual((scheme === 'IO' ? merged : SENTENCE.IOB2).split(' '));
  });

  it.each(SCHEMES.filter(scheme => scheme !== 'IO'))(
    'any BIO tags survive the way to %s and back',
    scheme => {
      fc.assert(
        fc.property(bioTags, tags => {
          expect(toBio(fromBio(tags, scheme))).toEqual(tags);
        }),
      );
    },
  );

  it('tags without a type stay so in every scheme', () => {
    const tags = ['B', 'I', 'B', 'O', 'B', 'I', 'I'];
    expect(fromBio(tags, 'IOBES')).toEqual(['B', 'E', 'S', 'O', 'B', 'I', 'E']);
    for (const scheme of SCHEMES.filter(each => each !== 'IO'))
      expect(toBio(fromBio(tags, scheme))).toEqual(tags);
    expect(labelSetOf([tags])).toMatchObject({ types: ['_'], tags: ['O', 'B', 'I'] });
    expect(labelSetOf([tags]).criticalIds(['_'])).toEqual([1, 2]);
    expect(spansOf(tags)).toEqual([
      { type: '_', start: 0, end: 2 },
      { type: '_', start: 2, end: 3 },
      { type: '_', start: 4, end: 7 },
    ]);
  });

  it('IO keeps every token of an entity, and loses only where one entity touches another of its type', () => {
    fc.assert(
      fc.property(bioTags, tags => {
        const back = toBio(fromBio(tags, 'IO'));
        expect(back.map(tag => tag.slice(2))).toEqual(tags.map(tag => tag.slice(2)));
        expect(back.filter((tag, i) => tag !== tags[i]).every(tag => tag.startsWith('I-'))).toBe(true);
      }),
    );
  });
});

describe('telling the scheme', () => {
  it.each([
    ['two tags that IOB1 would not have written', 'I-PER O B-MISC / I-PER O / I-LOC', 'IOB1'],
    ['an I- that continues nothing', 'B-PER I-PER O B-LOC / O I-LOC / B-ORG', 'IOB2'],
    ['as many tags against either', 'I-PER B-LOC', 'IOB2'],
    ['entities of several tokens alone', 'B-PER E-PER O', 'IOBES'],
    ['an I- at the end, though E- means an end', 'I-PER E-PER / O E-LOC / O I-LOC', 'IOE2'],
    ['only I-', 'I-PER I-PER O I-LOC', 'IO'],
    ['no entity', 'O O / O', null],
  ])('%s', (_, tags, scheme) => {
    expect(read(tags).scheme).toBe(scheme);
  });

  it.each([
    [
      'S- and L-',
      'B-PER I-PER / S-LOC / B-PER L-PER',
      'train.txt:7: tag "L-PER" is of BILOU, but "S-LOC" on line 4',
    ],
    [
      'U- and E-',
      'U-PER O / B-PER E-PER',
      'train.txt:5: tag "E-PER" is of IOBES or IOE, but "U-PER" on line 1',
    ],
    [
      'E- and L- in one sentence',
      'E-PER L-PER',
      'train.txt:2: tag "L-PER" is of BILOU, but "E-PER" on line 1',
    ],
  ])('refuses a mixture of %s, with both lines', (_, tags, message) => {
    expect(() => read(tags)).toThrow(InputError);
    expect(() => read(tags)).toThrow(message);
  });

  it('holds a file to the scheme that was named', () => {
    expect(read('B-PER / I-LOC', 'IOB2').scheme).toBe('IOB2');
    expect(() => read('B-PER / S-LOC', 'IOB2')).toThrow(
      'train.txt:3: tag "S-LOC" is not of the scheme IOB2, which has O, B-, I-',
    );
    expect(() => read('B-PER', 'IO')).toThrow('tag "B-PER" is not of the scheme IO, which has O, I-');
  });

  it('sees a new tag wherever it comes first', () => {
    const reader = new TagReader('f');
    reader.toBio(['O', 'B-PER'], () => 1);
    expect(() => reader.toBio(['B-PER', 'X-PER'], word => 10 + word)).toThrow(
      'f:11: tag "X-PER" is not O or B-',
    );
  });
});

it('a line end of old is no part of a type, which begins with a letter or digit', () => {
  for (const tag of ['B-LOC\x85', 'B-\u2028', 'B-"q"', 'B-_', 'B-']) expect(parseTag(tag)).toBeUndefined();
  expect(parseTag('B-a,b')).toMatchObject({ prefix: 'B', type: 'a,b' });
});
