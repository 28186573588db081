/**
 * Sentences a second on real lengths, against transformers.js and PyTorch with the same weights, each at the batch size that is
 * best for it on sentences sorted by length, and against transformers.js as people call it: its pipeline, sentence by sentence.
 * transformers.js is where NER_DISTILL_TRANSFORMERS_JS says (the folder with its node_modules).
 */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { readConllFile } from 'ner-distill';
import { openEngine } from 'ner-distill/engine/select';
import { exportModel } from 'ner-distill/export/export-model';
import { InferenceModel } from 'ner-distill/inference/inference-model';
import { PRECISIONS } from 'ner-distill/inference/precision';
import { saveCheckpoint } from 'ner-distill/model/checkpoint';
import { initialParameters } from 'ner-distill/model/parameters';
import { Tagger } from 'ner-distill/prediction/tagger';
import { type EncodedSentence, encodeWords } from 'ner-distill/tokenization/align';
import { batchesByLength } from 'ner-distill/tokenization/batch';
import { loadTokenizer, WordTokenizer } from 'ner-distill/tokenization/tokenizer';
import { trainWordPiece } from 'ner-distill/tokenization/wordpiece-trainer';
import { LineProcess } from './line-process';
import { STUDENT } from './models';
import { missing, pythonWith } from './python';
import { perSecond, type Row, timesAsFast } from './rows';

const PROJECT = join(__dirname, '../..');
const SHARED = join(PROJECT, '../shared/data');
const BATCH_SIZE = 32;
/** Of which each peer takes the best. */
const PEER_BATCH_SIZES = [4, 8, 16, 32, 64];

/** A file's sentences; without one CoNLL-2003's development part with BERT's vocabulary where they are, else the sample's with its own. */
export function realSentences(
  every: number,
  given?: string,
): {
  name: string;
  texts: (readonly string[])[];
  tokenizer: WordTokenizer;
  sentences: EncodedSentence[];
} {
  const conll = join(SHARED, 'conll2003/eng.testa');
  const [name, file] = given
    ? [basename(given), given]
    : existsSync(conll)
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
        name,
      );
  const texts = corpus.filter((_, i) => i % every === 0).map(({ words }) => words);
  const sentences = texts.map(words => ({
    ...encodeWords(words, tokenizer, 128),
    labels: new Int32Array(0),
  }));
  return { name, texts, tokenizer, sentences };
}

const NO_TRANSFORMERS_JS =
  'no transformers.js here: npm install --ignore-scripts --prefix FOLDER @huggingface/transformers@4.3.1, and name FOLDER in NER_DISTILL_TRANSFORMERS_JS';

/** What one round took, in seconds. */
interface Cost {
  readonly seconds: number;
  /** Of processors, of the system too: what a busy machine changes little. */
  readonly cpu: number;
}

interface Entrant {
  readonly name: string;
  readonly round: () => Promise<Cost>;
}

/** The batches of a peer, and how many sentences each has at most. */
function batchesFor(sentences: readonly EncodedSentence[], batchSize: number) {
  return batchesByLength(sentences, batchSize).map(members => {
    const rows = members.map(i => [...sentences[i].ids]);
    const longest = Math.max(...rows.map(({ length }) => length));
    const padded = (row: number[], by: number) => [
      ...row,
      ...new Array<number>(longest - row.length).fill(by),
    ];
    return {
      ids: rows.map(row => padded(row, 0)),
      mask: rows.map(row =>
        padded(
          row.map(() => 1),
          0,
        ),
      ),
    };
  });
}

/** A peer at the batch size at which a part of the sentences takes least. */
async function atItsBest(
  peer: LineProcess,
  name: string,
  dtype: string,
  sentences: readonly EncodedSentence[],
): Promise<Entrant> {
  let best: { size: number; cpu: number } | undefined;
  const run = (size: number, of = sentences) =>
    peer.ask<Cost>({ do: 'infer', dtype, batches: batchesFor(of, size) });
  const part = sentences.filter((_, i) => i % 3 === 0);
  for (const size of PEER_BATCH_SIZES) {
    const { cpu } = await run(size, part);
    if (!best || cpu < best.cpu) best = { size, cpu };
  }
  const { size } = best!;
  return { name: `${name}, batches of ${size}`, round: () => run(size) };
}

async function timed(work: () => Promise<unknown>): Promise<Cost> {
  const [before, start] = [process.cpuUsage(), performance.now()];
  await work();
  const { user, system } = process.cpuUsage(before);
  return { seconds: (performance.now() - start) / 1000, cpu: (user + system) / 1e6 };
}

export async function inferenceRows({
  rounds,
  threads,
  sentences: file,
}: {
  rounds: number;
  threads: number;
  sentences?: string;
}): Promise<Row[]> {
  const { name, texts, tokenizer, sentences } = realSentences(file ? 1 : 8, file);
  const parent = mkdtempSync(join(tmpdir(), 'bench-inference-'));
  const [folder, exported] = [join(parent, 'model'), join(parent, 'exported')];
  const config = { ...STUDENT.config, vocabularySize: tokenizer.vocabularySize };
  saveCheckpoint(folder, { config, parameters: initialParameters(config, 1) });
  writeFileSync(join(folder, 'tokenizer.json'), tokenizer.definition);
  await exportModel(folder, exported);
  const { NER_DISTILL_TRANSFORMERS_JS: scripts } = process.env;
  const python = pythonWith('torch', 'transformers');
  const js = scripts
    ? new LineProcess(
        process.execPath,
        [join(__dirname, 'transformers-js-peer.mjs'), scripts],
        'transformers.js',
      )
    : undefined;
  const torch = python
    ? new LineProcess(python.command, [join(__dirname, 'transformers_peer.py')], 'PyTorch')
    : undefined;
  const engine = await openEngine('onnx', { threads });
  const parameters = initialParameters(config, 1);
  const models = await Promise.all(
    PRECISIONS.map(precision => InferenceModel.open(engine, config, parameters, { precision })),
  );
  const tagger = await Tagger.open(folder, { engine: 'onnx', threads });
  try {
    const ours = models.map((model, i) => ({
      name: PRECISIONS[i],
      round: () => timed(() => model.outputs(sentences, { batchSize: BATCH_SIZE, padId: 0 })),
    }));
    const ourText = { name: 'text', round: () => timed(() => tagger.tag(texts)) };
    const peers: { of: Entrant; target: string; entrant: Entrant }[] = [];
    if (js) {
      const { version } = await js.ask<{ version: string }>({
        do: 'open',
        folder: exported,
        threads,
        dtypes: ['fp32', 'q8'],
      });
      const label = `transformers.js ${version}`;
      peers.push(
        { of: ours[0], target: '≥ 1.05 ×', entrant: await atItsBest(js, `${label} fp32`, 'fp32', sentences) },
        { of: ours[1], target: '≥ 1.05 ×', entrant: await atItsBest(js, `${label} q8`, 'q8', sentences) },
        {
          of: ourText,
          target: '≥ 2 ×',
          entrant: {
            name: `${label} fp32, its pipeline, unsorted`,
            round: () =>
              js.ask<Cost>({ do: 'tag', dtype: 'fp32', texts: texts.map(words => words.join(' ')) }),
          },
        },
      );
    }
    if (torch) {
      const { version } = await torch.ask<{ version: string }>({ do: 'open', folder: exported, threads });
      peers.push(
        {
          of: ours[0],
          target: '≥ 1.05 ×',
          entrant: await atItsBest(torch, `PyTorch ${version}`, 'fp32', sentences),
        },
        {
          of: ours[1],
          target: '≥ 1.4 ×',
          entrant: await atItsBest(torch, `PyTorch ${version}, bfloat16`, 'bf16', sentences),
        },
      );
    }
    const costs = new Map<Entrant, Cost[]>();
    const entrants = [...ours, ...(js ? [ourText] : []), ...peers.map(({ entrant }) => entrant)];
    for (let round = 0; round <= rounds; round++)
      for (const entrant of entrants) {
        const cost = await entrant.round();
        if (round > 0) costs.set(entrant, [...(costs.get(entrant) ?? []), cost]);
      }
    const all = (entrant: Entrant, of: keyof Cost) => costs.get(entrant)!.map(cost => cost[of]);
    const rate = (entrant: Entrant) =>
      perSecond(
        all(entrant, 'seconds').map(time => sentences.length / time),
        'sentences',
      );
    const what = (entrant: Entrant) =>
      `inference, ${STUDENT.name}, ${entrant.name}, ${sentences.length} sentences of ${name}`;
    return [
      ...peers.map(({ of, target, entrant }) => ({
        what: what(of),
        ours: rate(of),
        peer: `${rate(entrant)} ${entrant.name}; by processor time ${timesAsFast(all(of, 'cpu'), all(entrant, 'cpu')).toFixed(2)} ×`,
        ratio: timesAsFast(all(of, 'seconds'), all(entrant, 'seconds')),
        target,
      })),
      ...[
        js ? '' : NO_TRANSFORMERS_JS,
        torch ? '' : missing('PyTorch with transformers', 'torch transformers'),
      ]
        .filter(peer => peer !== '')
        .flatMap(peer => ours.map(of => ({ what: what(of), ours: rate(of), peer, ratio: null }))),
    ];
  } finally {
    js?.close();
    torch?.close();
    for (const model of models) await model.dispose();
    await tagger.dispose();
    rmSync(parent, { recursive: true });
  }
}
