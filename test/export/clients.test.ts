/**
 * Exported folders in the hands of those that they are for. Neither is a dependency of this project: transformers.js is
 * looked for in the folder that NER_DISTILL_TRANSFORMERS_JS names (`npm install --prefix DIR @huggingface/transformers`),
 * transformers in the Python that NER_DISTILL_PYTHON names.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readConllFile } from 'ner-distill';
import { openEngine } from 'ner-distill/engine/select';
import { spansOf } from 'ner-distill/evaluation/spans';
import { exportModel } from 'ner-distill/export/export-model';
import { InferenceModel } from 'ner-distill/inference/inference-model';
import type { Architecture } from 'ner-distill/model/architectures';
import { saveCheckpoint } from 'ner-distill/model/checkpoint';
import type { ModelConfig } from 'ner-distill/model/config';
import type { NumberType } from 'ner-distill/model/number-types';
import { initialParameters } from 'ner-distill/model/parameters';
import { Tagger } from 'ner-distill/prediction/tagger';
import { encodeWords } from 'ner-distill/tokenization/align';
import { WordTokenizer } from 'ner-distill/tokenization/tokenizer';
import { trainWordPiece } from 'ner-distill/tokenization/wordpiece-trainer';
import { describe, expect, it } from 'vitest';

const { NER_DISTILL_TRANSFORMERS_JS: scripts, NER_DISTILL_PYTHON: python } = process.env;
const hasScripts =
  scripts !== undefined && existsSync(join(scripts, 'node_modules/@huggingface/transformers'));
const hasPython =
  python !== undefined && spawnSync(python, ['-c', 'import torch, transformers']).status === 0;

const sentences = readConllFile(join(__dirname, '../../data/sample/test.txt'))
  .slice(0, 500)
  .map(({ words }) => words);

const definitions: Readonly<Record<Architecture, () => string>> = {
  bert: () => trainWordPiece(sentences.flat(), { size: 900 }),
  distilbert: () => trainWordPiece(sentences.flat(), { size: 900, lowercase: false, caseMarks: true }),
  roberta: () => readFileSync(join(__dirname, '../fixtures/byte-level-bpe/tokenizer.json'), 'utf8'),
};

/** A model with random weights whose tags are of all kinds, exported. */
async function exported(architecture: Architecture, numberType?: NumberType) {
  const definition = definitions[architecture]();
  const tokenizer = new WordTokenizer(definition, 'made here');
  const config: ModelConfig = {
    architecture,
    vocabularySize: tokenizer.vocabularySize,
    hiddenSize: 64,
    layers: 2,
    heads: 4,
    intermediateSize: 128,
    maxPositions: 256,
    ...(architecture === 'roberta' && { padId: tokenizer.special.pad }),
    dropout: 0.1,
    attentionDropout: 0.1,
    tags: ['O', 'B-PER', 'I-PER', 'B-ORG', 'I-ORG'],
  };
  const parameters = { ...initialParameters(config, 1) };
  const { shape, values } = parameters['classifier.weight'];
  parameters['classifier.weight'] = { shape, values: values.map(value => 5 * value) };
  const parent = mkdtempSync(join(tmpdir(), 'clients-'));
  const [folder, out] = [join(parent, 'model'), join(parent, `exported-${architecture}`)];
  saveCheckpoint(folder, { config, parameters });
  writeFileSync(join(folder, 'tokenizer.json'), definition);
  await exportModel(folder, out, { numberType });
  const encoded = sentences.map(words => ({
    ...encodeWords(words, tokenizer, config.maxPositions),
    labels: new Int32Array(0),
  }));
  return { folder, out, parent, config, parameters, tokenizer, encoded, some: encoded.slice(0, 40) };
}

describe.each(['bert', 'distilbert', 'roberta'] as const)('%s', architecture => {
  it.skipIf(!hasScripts)('finds the same entities in transformers.js as in predict', async () => {
    const { folder, out, encoded, parent } = await exported(architecture);
    const request = join(parent, 'request.json');
    const spansBy = (dtype: 'fp32' | 'q8') => {
      writeFileSync(
        request,
        JSON.stringify({ folder: out, dtype, texts: sentences.map(words => words.join(' ')) }),
      );
      const args = [join(__dirname, 'transformers-js.mjs'), scripts!, request];
      const labels = JSON.parse(
        execFileSync(process.execPath, args, { encoding: 'utf8', maxBuffer: 2 ** 28 }),
      );
      return encoded.map(({ firstPieces }, s) =>
        spansOf(Array.from(firstPieces, piece => labels[s][piece] ?? 'O')),
      );
    };
    for (const [precision, dtype] of [
      ['fp32', 'fp32'],
      ['int8', 'q8'],
    ] as const) {
      const tagger = await Tagger.open(folder, { engine: 'onnx', threads: 1, precision });
      const ours = (await tagger.tag(sentences)).map(({ tags }) => spansOf(tags));
      await tagger.dispose();
      expect(ours.flat().length).toBeGreaterThan(500);
      expect(spansBy(dtype)).toEqual(ours);
    }
  });

  it.skipIf(!hasPython)('has the logits of the engine in transformers, and the same pieces', async () => {
    const model = await exported(architecture);
    const answer = askTransformers(model);
    expect(answer.dtype).toBe('torch.float32');
    expect(Object.values(answer.labels)).toEqual(model.config.tags);
    expect(answer.pieces).toEqual(model.some.map(({ ids }) => [...ids]));
    // Its own pipeline takes the folder as it is.
    expect(answer.entities).toEqual([true, true]);
    const { config, parameters, tokenizer, some } = model;
    const inference = await InferenceModel.open(await openEngine('onnx', { threads: 1 }), config, parameters);
    const ours = await inference.outputs(some, { batchSize: 8, padId: tokenizer.special.pad });
    await inference.dispose();
    const atFirstPieces = (logits: number[][][]) =>
      some.map(({ firstPieces }, s) => [...firstPieces].flatMap(piece => logits[s][piece]));
    expect(worst(atFirstPieces(answer.logits), ours)).toBeLessThan(1e-4);
    if (answer.onnx) expect(worst(atFirstPieces(answer.onnx), ours)).toBeLessThan(1e-4);
  });
});

it.skipIf(!hasPython).each([
  ['float16', 0.05],
  ['bfloat16', 0.4],
] as const)('is read by transformers in %s', async (type, tolerance) => {
  const model = await exported('bert', type);
  const answer = askTransformers(model, 2);
  expect(answer.dtype).toBe(`torch.${type}`);
  const difference = worst(
    answer.logits.map(rows => rows.flat()),
    askTransformers(await exported('bert'), 2).logits.map(rows => rows.flat()),
  );
  expect(difference).toBeGreaterThan(0);
  expect(difference).toBeLessThan(tolerance);
});

interface Answer {
  readonly dtype: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly pieces: number[][];
  readonly entities: boolean[];
  /** Of each sentence, `[pieces, C]`. */
  readonly logits: number[][][];
  /** The same by Python's onnxruntime; `null` where there is none. */
  readonly onnx: number[][][] | null;
}

function askTransformers({ out, some: all }: Awaited<ReturnType<typeof exported>>, count = 40): Answer {
  const some = all.slice(0, count);
  const request = {
    folder: out,
    sentences: sentences.slice(0, some.length),
    ids: some.map(({ ids }) => [...ids]),
  };
  const answer = execFileSync(python!, [join(__dirname, 'transformers_peer.py')], {
    input: JSON.stringify(request),
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  return JSON.parse(answer) as Answer;
}

function worst(a: readonly ArrayLike<number>[], b: readonly ArrayLike<number>[]): number {
  const differences = a.flatMap((values, s) => {
    expect(values).toHaveLength(b[s].length);
    return Array.from(values, (value, i) => Math.abs(value - b[s][i]));
  });
  return differences.reduce((most, each) => Math.max(most, each), 0);
}
