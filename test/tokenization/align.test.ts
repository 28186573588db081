/** Words against pieces, with a tokenizer that gives one piece a letter so that everything can be counted. */
import { LabelSet } from 'ner-distill/corpus/labels';
import { encodeSplit, IGNORED } from 'ner-distill/tokenization/align';
import { WordTokenizer } from 'ner-distill/tokenization/tokenizer';
import { trainWordPiece } from 'ner-distill/tokenization/wordpiece-trainer';
import { describe, expect, it } from 'vitest';

const [START, END, UNKNOWN] = [2, 3, 1];
const tokenizer = new WordTokenizer(trainWordPiece(['abc', 'bca', 'cab'], { size: 0 }), 'letters');
const labels = new LabelSet(['PER', 'ORG']);
const words = ['ab', 'c', 'abc', 'a'];
const tags = ['B-PER', 'O', 'B-ORG', 'I-ORG'];

function encode(maxLength: number, sentences: { words: string[]; tags: string[] }[] = [{ words, tags }]) {
  const split = sentences.map(sentence => ({ ...sentence, document: 0 }));
  return encodeSplit(split, tokenizer, labels, maxLength);
}

describe('a sentence', () => {
  it('is framed, and labelled at the first piece of each word', () => {
    const { sentences, truncated } = encode(64);
    const [{ ids, firstPieces, labels: gold }] = sentences;
    expect([...ids]).toEqual([START, ...words.flatMap(word => tokenizer.pieces(word)), END]);
    expect(ids).toHaveLength(1 + (2 + 1 + 3 + 1) + 1);
    expect([...firstPieces]).toEqual([1, 3, 4, 7]);
    expect([...gold]).toEqual([1, 0, 3, 4]);
    expect(truncated).toEqual({ words: 0, entities: 0 });
  });

  it('keeps words and labels together where a word gives no piece', () => {
    const { sentences } = encode(64, [{ words: ['\u200b', 'a'], tags: ['O', 'B-PER'] }]);
    expect([...sentences[0].ids]).toEqual([START, UNKNOWN, ...tokenizer.pieces('a'), END]);
    expect([...sentences[0].labels]).toEqual([0, 1]);
  });

  it('keeps the label of a word that is too long to be taken apart, and counts it', () => {
    const { sentences, tooLong } = encode(64, [{ words: ['a'.repeat(101), 'a'], tags: ['B-ORG', 'O'] }]);
    expect([...sentences[0].ids]).toEqual([START, UNKNOWN, ...tokenizer.pieces('a'), END]);
    expect([...sentences[0].labels]).toEqual([labels.id('B-ORG'), 0]);
    expect(tooLong).toBe(1);
    expect(encode(128, [{ words: ['a'.repeat(100)], tags: ['O'] }]).tooLong).toBe(0);
  });

  it('refuses a tag that is not in the label set', () => {
    expect(() => encode(64, [{ words: ['a'], tags: ['B-LOC'] }])).toThrow(
      'tag "B-LOC" is not one of O, B-PER',
    );
  });

  it('gives it no label where nothing is learnt from the text', () => {
    const split = [{ words: ['a', 'b'], tags: ['B-LOC', 'O'], document: 0 }];
    const { sentences } = encodeSplit(split, tokenizer, labels, 64, { others: true });
    expect([...sentences[0].labels]).toEqual([IGNORED, labels.id('O')]);
  });
});

describe('a sentence that is too long', () => {
  it.each([
    [9, 4, { words: 0, entities: 0 }],
    // [CLS], 2 + 1 + 3 pieces and [SEP] fill eight places; the cut goes through the ORG.
    [8, 3, { words: 1, entities: 1 }],
    // Neither "abc", which would need seven places, nor the shorter word after it.
    [7, 2, { words: 2, entities: 1 }],
    [5, 2, { words: 2, entities: 1 }],
    [4, 1, { words: 3, entities: 1 }],
    [3, 0, { words: 4, entities: 2 }],
  ])('at %i pieces keeps %i whole words and counts what is cut', (maxLength, kept, truncated) => {
    const split = encode(maxLength);
    const [{ ids, firstPieces, labels: gold }] = split.sentences;
    expect(ids.length).toBeLessThanOrEqual(maxLength);
    expect([...ids]).toEqual([START, ...words.slice(0, kept).flatMap(word => tokenizer.pieces(word)), END]);
    expect([firstPieces.length, gold.length]).toEqual([kept, kept]);
    expect(split.truncated).toEqual(truncated);
  });

  it('counts an entity that ends at the cut as kept, and one after another of its type as its own', () => {
    const touching = { words: ['a', 'a', 'a', 'a'], tags: ['B-PER', 'I-PER', 'B-PER', 'I-PER'] };
    expect(encode(4, [touching]).truncated).toEqual({ words: 2, entities: 1 });
    expect(encode(5, [touching]).truncated).toEqual({ words: 1, entities: 1 });
  });

  it('adds up over the sentences', () => {
    const long = { words, tags };
    const short = { words: ['a'], tags: ['O'] };
    expect(encode(8, [long, short, long]).truncated).toEqual({ words: 2, entities: 2 });
  });
});
