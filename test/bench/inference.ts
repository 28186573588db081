/** Sentences a second on real lengths, against PyTorch on the same sentences, batched by length there too. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readConllFile } from 'ner-distill';
import { openEngine } from 'ner-distill/engine/select';
import { InferenceModel } from 'ner-distill/inference/inference-model';
import { initialParameters } from 'ner-distill/model/parameters';
import { type EncodedSentence, encodeWords } from 'ner-distill/tokenization/align';
import { batchesByLength } from 'ner-distill/tokenization/batch';
import { loadTokenizer, WordTokenizer } from 'ner-distill/tokenization/tokenizer';
import { trainWordPiece } from 'ner-distill/tokenization/wordpiece-trainer';
import { median } from './measure';
import { STUDENT } from './models';
import { perSecond, type Row } from './rows';
import { TorchPeer } from './torch';

const PROJECT = join(__dirname, '../..');
const SHARED = join(PROJECT, '../shared/data');
const BATCH_SIZE = 32;

/** CoNLL-2003's development part with BERT's vocabulary where they are, else the sample with its own. */
export function realSentences(every: number): { name: string; sentences: EncodedSentence[] } {
  const conll = join(SHARED, 'conll2003/eng.testa');
  const [name, file] = existsSync(conll)
    ? ['CoNLL-2003 eng.testa', conll]
    : ['the sample', join(PROJECT, 'data/sample/test.txt')];
  const corpus = readConllFile(file);
  const vocabulary = join(SHARED, 'bert-uncased/tokenizer.json');
  const tokenizer = existsSync(vocabulary)
    ? loadTokenizer(vocabulary)
    : new WordTokenizer(
        trainWordPiece(
          corpus.flatMap(({ words }) => words),
          { size: 4000, lowercase: true },
        ),
        'the sample',
      );
  const sentences = corpus
    .filter((_, i) => i % every === 0)
    .map(({ words }) => ({ ...encodeWords(words, tokenizer, 128), labels: new Int32Array(0) }));
  return { name, sentences };
}

export async function inferenceRows({
  rounds,
  threads,
}: {
  rounds: number;
  threads: number;
}): Promise<Row[]> {
  const { name, sentences } = realSentences(8);
  const { config } = STUDENT;
  const model = await InferenceModel.open(
    await openEngine('onnx', { threads }),
    config,
    initialParameters(config, 1),
  );
  const peer = TorchPeer.start();
  const about = await peer?.open(config, threads);
  const batches = batchesByLength(sentences, BATCH_SIZE).map(members => {
    const longest = Math.max(...members.map(i => sentences[i].ids.length));
    return members.map(i => [...sentences[i].ids, ...new Array<number>(longest).fill(0)].slice(0, longest));
  });
  const times = { ours: [] as number[], torch: [] as number[] };
  for (let round = 0; round <= rounds; round++) {
    const start = performance.now();
    await model.outputs(sentences, { batchSize: BATCH_SIZE, padId: 0 });
    const ours = (performance.now() - start) / 1000;
    const torch = await peer?.infer(batches);
    if (round === 0) continue;
    times.ours.push(ours);
    if (torch) times.torch.push(torch.seconds);
  }
  await model.dispose();
  peer?.close();
  const seconds = median(times.ours);
  return [
    {
      what: `inference, ${STUDENT.name}, ${sentences.length} sentences of ${name}`,
      ours: perSecond(sentences.length / seconds, 'sentences'),
      peer: about
        ? `${perSecond(sentences.length / median(times.torch), 'sentences')} PyTorch ${about.version} (${about.build})`
        : 'no PyTorch here (Debian: python3-torch)',
      ratio: about ? median(times.torch) / seconds : null,
      target: '≥ 2.5 ×',
    },
  ];
}
