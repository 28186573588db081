import { trainGazetteer } from 'ner-distill/corpus/gazetteer';
import { describe, expect, it } from 'vitest';

/** A sentence written as "word/TAG word", where words without a tag are O. */
function tagged(text: string): { words: string[]; tags: string[] } {
  const pairs = text.split(' ').map(token => token.split('/'));
  return { words: pairs.map(([word]) => word), tags: pairs.map(([, tag]) => tag ?? 'O') };
}

function lookUp(training: readonly string[], text: string): string {
  return trainGazetteer(training.map(tagged))(text.split(' ')).join(' ');
}

describe('the look-up tagger', () => {
  it('tags what it has seen and leaves the rest O', () => {
    expect(lookUp(['Kessler/B-PER left Halden/B-LOC'], 'Halden misses Kessler and Marr')).toBe(
      'B-LOC O B-PER O O',
    );
  });

  it('prefers the longest match', () => {
    const training = ['in Halden/B-LOC', 'Halden/B-ORG United/I-ORG won'];
    expect(lookUp(training, 'Halden United left Halden')).toBe('B-ORG I-ORG O B-LOC');
  });

  it('gives a string its most frequent type', () => {
    const training = ['Halden/B-ORG won', 'Halden/B-ORG lost', 'in Halden/B-LOC'];
    expect(lookUp(training, 'in Halden')).toBe('O B-ORG');
  });

  it('leaves words O that are more often outside entities', () => {
    const training = ['Price/B-PER left', 'The Price was high', 'a Price rose'];
    expect(lookUp(training, 'Price left')).toBe('O O');
    expect(lookUp([...training, 'Ms Price/B-PER', 'Mr Price/B-PER'], 'Price left')).toBe('B-PER O');
  });

  it('does not count a part of a longer entity as no entity', () => {
    const training = [
      'Bank/B-ORG of/I-ORG Aldmark/I-ORG',
      'Bank/B-ORG of/I-ORG Aldmark/I-ORG',
      'in Aldmark/B-LOC',
    ];
    expect(lookUp(training, 'the Bank of Aldmark in Aldmark')).toBe('O B-ORG I-ORG I-ORG O B-LOC');
  });

  it('begins a new entity where one follows another', () => {
    expect(lookUp(['Marr/B-PER', 'Halden/B-LOC'], 'Marr Marr Halden')).toBe('B-PER B-PER B-LOC');
  });

  it('is sensitive to case and tags nothing after no training', () => {
    expect(lookUp(['Halden/B-LOC'], 'HALDEN')).toBe('O');
    expect(lookUp([], 'Halden')).toBe('O');
  });
});
