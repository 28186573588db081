/** Starts other than random weights: checkpoints with other heads, and students from the layers of a teacher. */
import { copyFileSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import fc from 'fast-check';
import { openEngine } from 'ner-distill/engine/select';
import { InputError } from 'ner-distill/errors';
import {
  checkpointConfig,
  evenlySpacedLayers,
  parametersFromTeacher,
  pretrainedParameters,
} from 'ner-distill/experiment/pretrained';
import { encodeSafetensors, loadCheckpoint, loadSafetensors } from 'ner-distill/model/checkpoint';
import type { ModelConfig } from 'ner-distill/model/config';
import {
  checkParameters,
  initialParameters,
  type Parameters,
  parameterShapes,
} from 'ner-distill/model/parameters';
import { Predictor } from 'ner-distill/training/predict';
import { describe, expect, it } from 'vitest';

const fixture = (name: string) => resolve(__dirname, '../fixtures', name);
const bert = loadCheckpoint(fixture('bert-tiny'));
const roberta = loadCheckpoint(fixture('roberta-tiny'));

/** A checkpoint with the fixture's configuration and other tensors. */
function checkpointOf(parameters: Parameters, name = 'bert-tiny'): string {
  const folder = mkdtempSync(join(tmpdir(), 'checkpoint-'));
  copyFileSync(join(fixture(name), 'config.json'), join(folder, 'config.json'));
  writeFileSync(join(folder, 'model.safetensors'), encodeSafetensors(parameters));
  return folder;
}

const renamed = (parameters: Parameters, rename: (name: string) => string): Parameters =>
  Object.fromEntries(Object.entries(parameters).map(([name, value]) => [rename(name), value]));

const SENTENCES = [
  { ids: [2, 11, 12, 13, 3], firstPieces: Int32Array.of(1, 2, 3), labels: Int32Array.of(0, 0, 0) },
  { ids: [2, 40, 3], firstPieces: Int32Array.of(1), labels: Int32Array.of(0) },
];

async function logitsOf(config: ModelConfig, parameters: Parameters): Promise<number[]> {
  const predictor = new Predictor(await openEngine('cpu'), config);
  const rows = await predictor.ofBatch(parameters, SENTENCES as never, 2, 0);
  await predictor.dispose();
  return rows.flatMap(row => [...row]);
}

describe('layers of a teacher', () => {
  it('are those of DistilBERT for 6 of 12', () => {
    expect(evenlySpacedLayers(12, 6)).toEqual([0, 2, 4, 7, 9, 11]);
    expect(evenlySpacedLayers(12, 1)).toEqual([0]);
    expect(evenlySpacedLayers(3, 3)).toEqual([0, 1, 2]);
  });

  it('rise from the first to the last, none twice', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 24 }), fc.integer({ min: 2, max: 24 }), (a, b) => {
        const [layers, count] = [Math.max(a, b), Math.min(a, b)];
        const chosen = evenlySpacedLayers(layers, count);
        expect(chosen).toHaveLength(count);
        expect([chosen[0], chosen[count - 1]]).toEqual([0, layers - 1]);
        for (let i = 1; i < count; i++) expect(chosen[i]).toBeGreaterThan(chosen[i - 1]);
      }),
    );
  });

  it('make a DistilBERT that answers as the BERT does whose layers it has all', async () => {
    const config: ModelConfig = { ...bert.config, architecture: 'distilbert' };
    const student = parametersFromTeacher(bert, config);
    expect(Object.keys(student).some(name => name.includes('token_type'))).toBe(false);
    const [expected, found] = [await logitsOf(bert.config, bert.parameters), await logitsOf(config, student)];
    expect(found).toHaveLength(expected.length);
    for (const [i, value] of found.entries()) expect(value).toBeCloseTo(expected[i], 4);
  });

  it.each([
    ['roberta', roberta],
    ['distilbert', roberta],
    ['bert', roberta],
    ['roberta', bert],
  ] as const)(
    'make a %s that answers as its teacher does, whose layers it has all (%#)',
    async (architecture, teacher) => {
      const config: ModelConfig = { ...teacher.config, architecture, padId: 3 };
      const student = parametersFromTeacher(teacher, config);
      checkParameters(student, config, 'the student');
      const expected = await logitsOf(teacher.config, teacher.parameters);
      const found = await logitsOf(config, student);
      // The ε of their layer normalisations differ.
      for (const [i, value] of found.entries()) expect(Math.abs(value - expected[i])).toBeLessThan(2e-3);
    },
  );

  it('are taken by their place, in memory of their own', () => {
    const student = parametersFromTeacher(bert, { ...bert.config, architecture: 'distilbert', layers: 2 });
    const of = (name: string) => student[name].values;
    expect(of('distilbert.transformer.layer.1.ffn.lin1.weight')).toEqual(
      bert.parameters['bert.encoder.layer.2.intermediate.dense.weight'].values,
    );
    expect(of('classifier.weight')).toEqual(bert.parameters['classifier.weight'].values);
    expect(of('classifier.weight')).not.toBe(bert.parameters['classifier.weight'].values);
  });

  it('must be as wide as the student', () => {
    const config: ModelConfig = { ...bert.config, architecture: 'distilbert', hiddenSize: 64 };
    expect(() => parametersFromTeacher(bert, config)).toThrow(InputError);
    expect(() => parametersFromTeacher(bert, config)).toThrow(
      "found hiddenSize 64, expected the teacher's 32",
    );
  });
});

describe('a checkpoint', () => {
  const folder = fixture('bert-tiny');

  it('is taken whole where its classes are those of the corpus', () => {
    expect(pretrainedParameters(folder, bert.config, 7)).toEqual(bert.parameters);
  });

  it('gets a classifier drawn from the seed where the classes differ', () => {
    const config: ModelConfig = { ...bert.config, tags: ['O', 'B-GENE', 'I-GENE'] };
    const start = pretrainedParameters(folder, config, 7);
    expect(start['classifier.weight'].shape).toEqual([3, 32]);
    expect(start).toEqual(pretrainedParameters(folder, config, 7));
    expect(start['classifier.weight']).not.toEqual(
      pretrainedParameters(folder, config, 8)['classifier.weight'],
    );
    const { 'classifier.weight': _, 'classifier.bias': __, ...rest } = start;
    for (const [name, value] of Object.entries(rest)) expect(value).toEqual(bert.parameters[name]);
  });

  it('of the same number of classes in another order gets one too', () => {
    const config: ModelConfig = { ...bert.config, tags: [...bert.config.tags].reverse() };
    expect(pretrainedParameters(folder, config, 7)['classifier.weight']).not.toEqual(
      bert.parameters['classifier.weight'],
    );
  });

  it('may have been pretrained for another task, with the older names of LayerNorm', () => {
    const { 'classifier.weight': _, 'classifier.bias': __, ...encoder } = bert.parameters;
    const old = renamed(encoder, name =>
      name.replace('LayerNorm.weight', 'LayerNorm.gamma').replace('LayerNorm.bias', 'LayerNorm.beta'),
    );
    const head = initialParameters(bert.config, 1)['classifier.bias'];
    const start = pretrainedParameters(
      checkpointOf({ ...old, 'cls.predictions.bias': head, 'bert.pooler.dense.bias': head }),
      bert.config,
      7,
    );
    expect(Object.keys(start)).toEqual(Object.keys(bert.parameters));
    for (const [name, value] of Object.entries(encoder)) expect(start[name]).toEqual(value);
  });

  it('may have a buffer of whole numbers, as older files do', () => {
    const bytes = encodeSafetensors({
      'bert.embeddings.position_ids': bert.parameters['classifier.bias'],
      ...bert.parameters,
    });
    const length = Number(bytes.readBigUInt64LE(0));
    const header = bytes
      .subarray(8, 8 + length)
      .toString()
      .replace('F32', 'I32');
    const old = Buffer.concat([bytes.subarray(0, 8), Buffer.from(header), bytes.subarray(8 + length)]);
    const folder = checkpointOf(bert.parameters);
    writeFileSync(join(folder, 'model.safetensors'), old);
    expect(() => loadSafetensors(join(folder, 'model.safetensors'))).toThrow('is of type I32');
    expect(pretrainedParameters(folder, bert.config, 7)).toEqual(bert.parameters);
  });

  it('may be of the encoder alone, without its prefix', () => {
    const bare = checkpointOf(renamed(bert.parameters, name => name.replace(/^bert\./, '')));
    expect(pretrainedParameters(bare, bert.config, 7)).toEqual(bert.parameters);
  });

  it('of a RoBERTa may be of its encoder alone, or come with the head of a language model', () => {
    const { 'classifier.weight': _, 'classifier.bias': __, ...encoder } = roberta.parameters;
    const bare = renamed(encoder, name => name.replace(/^roberta\./, ''));
    const head = { 'lm_head.bias': roberta.parameters['classifier.bias'] };
    for (const parameters of [bare, { ...encoder, ...head }]) {
      const start = pretrainedParameters(checkpointOf(parameters, 'roberta-tiny'), roberta.config, 7);
      expect(Object.keys(start)).toEqual(Object.keys(parameterShapes(roberta.config)));
      for (const [name, value] of Object.entries(encoder)) expect(start[name]).toEqual(value);
    }
  });

  it('that lacks a part of the model is refused', () => {
    const { 'bert.embeddings.word_embeddings.weight': _, ...rest } = bert.parameters;
    expect(() => pretrainedParameters(checkpointOf(rest), bert.config, 7)).toThrow(
      'tensor "bert.embeddings.word_embeddings.weight" is missing',
    );
  });

  it('says how large it is', () => {
    expect(checkpointConfig(fixture('distilbert-tiny'))).toMatchObject({
      architecture: 'distilbert',
      layers: 2,
      maxPositions: 40,
    });
    expect(loadSafetensors(join(folder, 'model.safetensors'))).toEqual(bert.parameters);
  });
});
