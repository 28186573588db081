/** Which share of what a training computes is padding: of the batches that the trainer makes, and of random ones. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readConllFile } from 'ner-distill';
import { planOf } from 'ner-distill/experiment/plan';
import { Random } from 'ner-distill/random';
import { type EncodedSentence, encodeWords } from 'ner-distill/tokenization/align';
import { chunk, padBatch, shuffledBatches } from 'ner-distill/tokenization/batch';
import { loadTokenizer, WordTokenizer } from 'ner-distill/tokenization/tokenizer';
import { trainWordPiece } from 'ner-distill/tokenization/wordpiece-trainer';
import type { Row } from './rows';

const PROJECT = join(__dirname, '../..');
const SHARED = join(PROJECT, '../shared/data');
const EPOCHS = 3;

export function paddingRows(): Row[] {
  const plan = planOf('sample');
  const sample = join(PROJECT, 'data/sample/train.txt');
  // A sample's own vocabulary is trained, as its study trains it.
  const { vocabularySize: size, lowercase } = plan.tokenizer as {
    vocabularySize: number;
    lowercase: boolean;
  };
  const words = readConllFile(sample).flatMap(sentence => sentence.words);
  const tokenizer = new WordTokenizer(trainWordPiece(words, { size, lowercase }), sample);
  const rows = [row('the sample', sample, tokenizer, plan.teacher.training.batchSize)];
  const conll = join(SHARED, 'conll2003/eng.train');
  const vocabulary = join(SHARED, 'bert-uncased/tokenizer.json');
  if (existsSync(conll) && existsSync(vocabulary))
    rows.push(row('CoNLL-2003 eng.train', conll, loadTokenizer(vocabulary), 16));
  return rows;
}

function row(name: string, file: string, tokenizer: WordTokenizer, batchSize: number): Row {
  const { maxLength } = planOf('sample');
  const sentences = readConllFile(file).map(
    ({ words }): EncodedSentence => ({
      ...encodeWords(words, tokenizer, maxLength),
      labels: new Int32Array(0),
    }),
  );
  const pieces = sentences.reduce((sum, { ids }) => sum + ids.length, 0);
  const random = new Random(1);
  let [computed, plain] = [0, 0];
  const longest = (members: readonly number[]) => Math.max(...members.map(i => sentences[i].ids.length));
  for (let epoch = 0; epoch < EPOCHS; epoch++) {
    const order = random.fork(`epoch ${epoch}`);
    for (const members of shuffledBatches(sentences, batchSize, order)) {
      const { inputIds } = padBatch(
        members.map(i => sentences[i]),
        tokenizer.special.pad,
      );
      computed += inputIds.length;
    }
    const shuffled = order.shuffle(sentences.map((_, i) => i));
    for (const members of chunk(shuffled, batchSize)) plain += members.length * longest(members);
  }
  const share = (all: number) => `${(100 * (1 - (EPOCHS * pieces) / all)).toFixed(1)} %`;
  return {
    what: `padding in an epoch of ${name}, batches of ${batchSize}`,
    ours: share(computed),
    peer: `${share(plain)} random batches, each as long as its longest sentence`,
    ratio: plain / computed,
    target: '≤ 4 %',
  };
}
