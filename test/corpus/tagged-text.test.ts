import { taggedText } from 'ner-distill/corpus/tagged-text';
import { describe, expect, it } from 'vitest';

describe('a line of tagged words', () => {
  it('has a tag a word, O where there is none', () => {
    expect(taggedText(' Ann/B-PER  left Oslo/B-LOC ')).toEqual({
      words: ['Ann', 'left', 'Oslo'],
      tags: [['B-PER', 'O', 'B-LOC']],
    });
  });

  it('has several columns of tags', () => {
    expect(taggedText('Ann/B-PER/O left Acme/O/B-ORG', 2)).toEqual({
      words: ['Ann', 'left', 'Acme'],
      tags: [
        ['B-PER', 'O', 'O'],
        ['O', 'O', 'B-ORG'],
      ],
    });
  });

  it('refuses what is no tag, and another number of tags', () => {
    expect(() => taggedText('Ann/PER')).toThrow('"Ann/PER": tag "PER" is not O or B-, I-');
    expect(() => taggedText('Ann/O', 2)).toThrow('"Ann/O": found 1 tags, expected 2 or none');
  });
});
