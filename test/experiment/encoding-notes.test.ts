/** One piece a letter, so that everything can be counted by hand. */

import { LabelSet } from 'ner-distill/corpus/labels';
import type { Corpus, Sentence } from 'ner-distill/corpus/sentence';
import { encodingNotes } from 'ner-distill/experiment/encoding-notes';
import { encodeSplit } from 'ner-distill/tokenization/align';
import { WordTokenizer } from 'ner-distill/tokenization/tokenizer';
import { trainWordPiece } from 'ner-distill/tokenization/wordpiece-trainer';
import { expect, it } from 'vitest';

const tokenizer = new WordTokenizer(trainWordPiece(['abc', 'bca', 'cab'], { size: 0 }), 'letters');
const labels = new LabelSet(['PER']);
const ann: Sentence = { words: ['abc', 'ab', 'c'], tags: ['B-PER', 'O', 'B-PER'], document: 0 };
const short: Sentence = { words: ['a'], tags: ['O'], document: 0 };

function notes(parts: Pick<Corpus, 'train' | 'valid' | 'test'>, maxLength: number): string[] {
  const corpus = { name: 'letters', ...parts };
  const encode = (sentences: readonly Sentence[]) => encodeSplit(sentences, tokenizer, labels, maxLength);
  const encoded = { train: encode(corpus.train), valid: encode(corpus.valid), test: encode(corpus.test) };
  return encodingNotes(corpus, encoded, { maxLength, maxWordLength: tokenizer.maxWordLength });
}

it('is silent where everything is read', () => {
  expect(notes({ train: [ann], valid: [short], test: [ann] }, 8)).toEqual([]);
});

it('counts what is cut off in each part, of how much, and says what follows', () => {
  // Seven places: [CLS], three and two letters, [SEP]; the third word and its entity do not fit.
  expect(notes({ train: [ann, ann, short], valid: [short], test: [short, ann] }, 7)).toEqual([
    'test: at 7 pieces a sequence (--max-length), 1 of 4 words and 1 of 2 entities are cut off; they count as not found',
    'train: at 7 pieces a sequence (--max-length), 2 of 7 words and 2 of 4 entities are cut off; nothing is learnt from them',
  ]);
});

it('counts words that the tokenizer does not take apart', () => {
  const long: Sentence = { ...short, words: ['a'.repeat(101)] };
  expect(notes({ train: [long, long], valid: [short], test: [long] }, 8)).toEqual([
    '2 words of train and 1 word of test longer than the 100 characters that the tokenizer takes apart: read as unknown',
  ]);
});
