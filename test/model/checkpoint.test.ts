/** Models on disk: what is written can be read, and what cannot be read is said with file and tensor. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InputError } from 'ner-distill/errors';
import { loadCheckpoint, openCheckpoint, saveCheckpoint } from 'ner-distill/model/checkpoint';
import type { ModelConfig } from 'ner-distill/model/config';
import { storedAs } from 'ner-distill/model/number-types';
import { initialParameters, type Parameters } from 'ner-distill/model/parameters';
import { encodeSafetensors } from 'ner-distill/model/safetensors';
import { describe, expect, it } from 'vitest';
import { TINY_MODELS, tinyModel } from './fixtures';

describe('the reference models', () => {
  it.each(TINY_MODELS)('%s loads', name => {
    const { config, parameters } = tinyModel(name);
    expect(config.architecture).toBe(name.split('-')[0]);
    expect(config.tags).toHaveLength(9);
    expect(parameters['classifier.weight'].shape).toEqual([9, config.hiddenSize]);
  });
});

const CONFIG: ModelConfig = {
  architecture: 'distilbert',
  vocabularySize: 11,
  hiddenSize: 8,
  layers: 1,
  heads: 2,
  intermediateSize: 12,
  maxPositions: 5,
  dropout: 0.1,
  attentionDropout: 0.25,
  tags: ['O', 'B-PER', 'I-PER'],
};

function saved(architecture: ModelConfig['architecture'] = 'distilbert') {
  const folder = join(mkdtempSync(join(tmpdir(), 'checkpoint-')), 'model');
  const config = { ...CONFIG, architecture };
  const parameters = initialParameters(config, 5);
  saveCheckpoint(folder, { config, parameters });
  return { folder, config, parameters };
}

describe('a checkpoint', () => {
  it.each(['bert', 'distilbert'] as const)('of %s is read as it was saved', architecture => {
    const { folder, config, parameters } = saved(architecture);
    expect(loadCheckpoint(folder)).toEqual({ config, parameters });
  });

  it('can be read a parameter at a time, with the place of each in its file', () => {
    const { folder, config, parameters } = saved();
    const onDemand = loadCheckpoint(folder, { onDemand: true });
    expect(onDemand.config).toEqual(config);
    for (const [name, { values, shape, place }] of Object.entries(onDemand.parameters)) {
      expect({ values, shape }).toEqual(parameters[name]);
      const bytes = readFileSync(place!.file).subarray(place!.offset, place!.offset + values.byteLength);
      expect(bytes).toEqual(Buffer.from(values.buffer, values.byteOffset, values.byteLength));
    }
  });

  it('has no place for a parameter that does not stand there as it is', () => {
    const { folder, parameters } = saved();
    const [weights, name] = [join(folder, 'model.safetensors'), 'classifier.weight'];
    writeFileSync(weights, encodeSafetensors(storedAs(parameters, 'bfloat16')));
    expect(loadCheckpoint(folder, { onDemand: true }).parameters[name].place).toBeUndefined();
    // A header whose length is no multiple of 4.
    const whole = encodeSafetensors(parameters);
    const header = Number(whole.readBigUInt64LE(0));
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(header + 1));
    const text = Buffer.concat([whole.subarray(8, 8 + header), Buffer.from(' ')]);
    writeFileSync(weights, Buffer.concat([length, text, whole.subarray(8 + header)]));
    const odd = loadCheckpoint(folder, { onDemand: true }).parameters[name];
    expect(odd.place).toBeUndefined();
    expect(odd.values).toEqual(parameters[name].values);
  });

  it('has the fields that transformers reads', () => {
    const read = (architecture: ModelConfig['architecture']) =>
      JSON.parse(readFileSync(join(saved(architecture).folder, 'config.json'), 'utf8'));
    expect(read('bert')).toMatchObject({
      architectures: ['BertForTokenClassification'],
      model_type: 'bert',
      hidden_size: 8,
      num_hidden_layers: 1,
      num_attention_heads: 2,
      intermediate_size: 12,
      max_position_embeddings: 5,
      vocab_size: 11,
      hidden_dropout_prob: 0.1,
      attention_probs_dropout_prob: 0.25,
      id2label: { 0: 'O', 1: 'B-PER', 2: 'I-PER' },
      label2id: { O: 0, 'B-PER': 1, 'I-PER': 2 },
    });
    expect(read('distilbert')).toMatchObject({
      architectures: ['DistilBertForTokenClassification'],
      model_type: 'distilbert',
      dim: 8,
      n_layers: 1,
      n_heads: 2,
      hidden_dim: 12,
      dropout: 0.1,
      attention_dropout: 0.25,
    });
  });
});

describe('a checkpoint as others leave it', () => {
  const { parameters, config } = saved('bert');
  /** A folder with the model's configuration and other tensors, or another configuration. */
  function folderOf(tensors: Parameters, change: object = {}): string {
    const { folder } = saved('bert');
    const file = join(folder, 'config.json');
    writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), ...change }));
    writeFileSync(join(folder, 'model.safetensors'), encodeSafetensors(tensors));
    return folder;
  }
  const renamed = (rename: (name: string) => string): Parameters =>
    Object.fromEntries(Object.entries(parameters).map(([name, value]) => [rename(name), value]));
  const old = (name: string) =>
    name.replace(/Norm\.weight$/, 'Norm.gamma').replace(/Norm\.bias$/, 'Norm.beta');
  const bare = (name: string) => name.replace(/^bert\./, '');
  const some = { shape: [2], values: Float32Array.of(1, 2) };

  it.each<[string, Parameters]>([
    ['older names of LayerNorm', renamed(old)],
    ['no prefix', renamed(bare)],
    ['older names without a prefix', renamed(name => bare(old(name)))],
    ['the prefix of training in several processes', renamed(name => `module.${name}`)],
    ['all of these', renamed(name => `module.${bare(old(name))}`)],
    [
      'a pooler, heads of other tasks, and buffers',
      {
        'bert.embeddings.position_ids': some,
        'embeddings.token_type_ids': some,
        ...parameters,
        'bert.pooler.dense.weight': some,
        'cls.predictions.transform.LayerNorm.gamma': some,
        'cls.seq_relationship.bias': some,
        'lm_head.decoder.weight': some,
        'qa_outputs.weight': some,
        'pre_classifier.bias': some,
        'vocab_layer_norm.weight': some,
        'module.bert.pooler.dense.bias': some,
        'loss_fct.weight': some,
        class_weights: some,
        'ce_loss.weight': some,
        'score.weight': some,
        'sentence_classifier.bias': some,
        constructor: some,
      },
    ],
  ])('is read: %s', (_, tensors) => {
    expect(loadCheckpoint(folderOf(tensors))).toEqual({ config, parameters });
  });

  it.each([
    ['a CRF', ['crf.transitions', 'crf.start_transitions'], 'tensor "crf.transitions" (and 1 more) is'],
    ['a recurrent layer in between', ['lstm.weight_ih_l0'], 'tensor "lstm.weight_ih_l0" is'],
    ['a part of the embeddings', ['bert.embeddings.case.weight'], 'tensor "bert.embeddings.case.weight" is'],
    ['a layer in between', ['projection.weight'], 'tensor "projection.weight" is'],
  ])('is refused where its tags would not be its own: %s', (_, names, tensors) => {
    const square = {
      shape: [config.hiddenSize, config.hiddenSize],
      values: new Float32Array(config.hiddenSize ** 2),
    };
    const made = names.map(name => [name, name === 'projection.weight' ? square : some]);
    const folder = folderOf({ ...parameters, ...Object.fromEntries(made) });
    expect(() => loadCheckpoint(folder)).toThrow(
      `model.safetensors: ${tensors} of neither the encoder nor its classifier, so that the tags would not be the model's own; expected a linear classifier on the encoder, and nothing on it such as a CRF`,
    );
    expect(openCheckpoint(folder).deciding).toBe(tensors);
  });

  it('may hold buffers of other types', () => {
    const folder = folderOf({ ...parameters, 'bert.embeddings.position_ids': some });
    const file = join(folder, 'model.safetensors');
    // The last tensor of the header: two 32-bit numbers are one of 64 bits.
    const text = readFileSync(file, 'latin1');
    const at = text.indexOf('F32', text.indexOf('position_ids'));
    writeFileSync(file, `${text.slice(0, at)}I64${text.slice(at + 3)}`.replace('[2]', '[1]'), 'latin1');
    expect(loadCheckpoint(folder)).toEqual({ config, parameters });
  });

  it.each([
    ['in a list', { id2label: ['O', 'B-PER', 'I-PER'] }],
    ['by name only', { id2label: undefined }],
    [
      'by name only, with ids as text',
      { id2label: undefined, label2id: { 'I-PER': '2', O: '0', 'B-PER': '1' } },
    ],
    ['by id only', { label2id: undefined }],
  ])('may have its labels %s', (_, change) => {
    expect(loadCheckpoint(folderOf(parameters, change)).config.tags).toEqual(['O', 'B-PER', 'I-PER']);
  });

  it('tells what it holds before a weight is read', () => {
    const encoder = Object.fromEntries(
      Object.entries(parameters).filter(([name]) => name.startsWith('bert')),
    );
    const wrong = {
      ...encoder,
      'bert.embeddings.LayerNorm.bias': { shape: [8], values: new Float32Array(8).fill(NaN) },
    };
    const { config: found, labels, unasked, read } = openCheckpoint(folderOf(wrong));
    expect(found).toEqual({ ...config, tags: undefined });
    expect(labels).toHaveProperty('lack');
    expect(unasked).toBeUndefined();
    expect(read(['bert.embeddings.LayerNorm.weight'])).toEqual({
      'bert.embeddings.LayerNorm.weight': parameters['bert.embeddings.LayerNorm.weight'],
    });
    expect(() => read(['bert.embeddings.LayerNorm.bias'])).toThrow('holds NaN');
  });
});

describe('a folder that holds no such model', () => {
  /** A saved model with its config.json or its tensors changed. */
  interface Damage {
    readonly config?: (json: Record<string, unknown>) => unknown;
    readonly text?: string;
    readonly weights?: (parameters: Parameters) => Buffer;
  }
  function damaged(change: Damage): string {
    const { folder, parameters } = saved();
    const file = join(folder, 'config.json');
    const json = JSON.parse(readFileSync(file, 'utf8'));
    if (change.config) writeFileSync(file, JSON.stringify(change.config(json)));
    if (change.text !== undefined) writeFileSync(file, change.text);
    if (change.weights) writeFileSync(join(folder, 'model.safetensors'), change.weights(parameters));
    return folder;
  }
  const withFields = (fields: object) => (json: object) => ({ ...json, ...fields });
  const one = { shape: [1], values: Float32Array.of(0) };
  const nan = { shape: [3], values: Float32Array.of(Number.NaN, 0, 0) };

  it.each<[string, Damage, string]>([
    ['a config.json that is not JSON', { text: '{' }, 'config.json: cannot be read as JSON'],
    ['a config.json that is null', { text: 'null' }, 'config.json: model_type is undefined'],
    [
      'another architecture',
      { config: withFields({ model_type: 'xlnet' }) },
      'config.json: model_type is "xlnet", expected one of "bert", "distilbert", "roberta"',
    ],
    [
      'heads that do not divide the width',
      { config: withFields({ n_heads: 3 }) },
      'config.json: 3 heads do not divide the hidden size 8',
    ],
    [
      'no width',
      { config: withFields({ dim: undefined }) },
      'config.json: dim is undefined, expected a positive whole number',
    ],
    [
      'no layers',
      { config: withFields({ n_layers: 0 }) },
      'config.json: n_layers is 0, expected a positive whole number',
    ],
    [
      'dropout of everything',
      { config: withFields({ dropout: 1 }) },
      'config.json: dropout is 1, expected a number from 0 to below 1',
    ],
    [
      'another activation',
      { config: withFields({ activation: 'relu' }) },
      'config.json: activation is "relu", expected "gelu"',
    ],
    [
      'another epsilon of the layer normalisation',
      { config: withFields({ layer_norm_eps: 0.1 }) },
      'config.json: layer_norm_eps is 0.1, expected 1e-12',
    ],
    [
      'positions of another kind',
      { config: withFields({ position_embedding_type: 'relative_key' }) },
      'config.json: position_embedding_type is "relative_key", expected "absolute"',
    ],
    [
      'no labels',
      { config: withFields({ id2label: undefined, label2id: undefined }) },
      'config.json: there is no id2label that names the rows of the classifier; expected a trained classifier',
    ],
    [
      'labels with a gap',
      { config: withFields({ id2label: { 0: 'O', 1: 'B-PER', 3: 'I-PER' } }) },
      'config.json: id2label has the ids 0, 1, 3, expected 0 to 2',
    ],
    [
      'labels of which two have an id in common',
      { config: withFields({ id2label: undefined, label2id: { O: 0, 'B-PER': 1, 'I-PER': 1 } }) },
      'config.json: label2id has the ids 0, 1, 1, expected 0 to 2',
    ],
    [
      'labels that are numbers',
      { config: withFields({ id2label: { 0: 'O', 1: 7, 2: 'I-PER' } }) },
      'config.json: id2label names row 1 7, expected a text',
    ],
    [
      'fewer labels than rows',
      { config: withFields({ id2label: { 0: 'O', 1: 'B-PER' } }) },
      'config.json: id2label names 2 rows, the classifier has 3',
    ],
    [
      'an encoder alone',
      {
        weights: ({ 'classifier.weight': _, 'classifier.bias': __, ...rest }) => encodeSafetensors(rest),
      },
      'model.safetensors: there is no trained classifier (tensor "classifier.weight" is missing); expected a trained classifier whose rows id2label names, such as "ner-distill train --teacher-checkpoint ',
    ],
    [
      'half a classifier',
      { weights: ({ 'classifier.bias': _, ...rest }) => encodeSafetensors(rest) },
      'model.safetensors: there is no trained classifier (tensor "classifier.bias" is missing)',
    ],
    [
      'a classifier of another shape',
      { weights: all => encodeSafetensors({ ...all, 'classifier.bias': one }) },
      "model.safetensors: the classifier's tensors have shapes [3,8] and [1], expected [classes,8] and [classes]",
    ],
    [
      'a tensor of the encoder missing',
      {
        weights: ({ 'distilbert.embeddings.LayerNorm.bias': _, ...rest }) => encodeSafetensors(rest),
      },
      'model.safetensors: tensor "distilbert.embeddings.LayerNorm.bias" is missing',
    ],
    [
      'a layer more than it says',
      { weights: all => encodeSafetensors({ ...all, 'distilbert.transformer.layer.1.ffn.lin1.bias': one }) },
      'model.safetensors: tensor "distilbert.transformer.layer.1.ffn.lin1.bias" is not part of this model; check its config.json',
    ],
    [
      'a part of a layer that is not known',
      { weights: all => encodeSafetensors({ ...all, 'transformer.layer.0.attention.q_lin.lora_A': one }) },
      'model.safetensors: tensor "transformer.layer.0.attention.q_lin.lora_A" is not part of this model',
    ],
    [
      'a parameter under two names',
      { weights: all => encodeSafetensors({ ...all, 'embeddings.LayerNorm.beta': one }) },
      'model.safetensors: tensors "distilbert.embeddings.LayerNorm.bias" and "embeddings.LayerNorm.beta" are both "distilbert.embeddings.LayerNorm.bias"',
    ],
    [
      'a file cut off',
      { weights: all => encodeSafetensors(all).subarray(0, -4) },
      'model.safetensors: tensor "classifier.bias" has shape [3]',
    ],
    [
      'a weight that is no number',
      { weights: all => encodeSafetensors({ ...all, 'classifier.bias': nan }) },
      'model.safetensors: tensor "classifier.bias" holds NaN as its value 1 of 3',
    ],
    [
      'another vocabulary',
      { config: withFields({ vocab_size: 12 }) },
      'word_embeddings.weight" has shape [11,8], expected [12,8]',
    ],
    ...Object.entries({
      n_layers: [1e7, 'n_layers is 10000000, but '],
      'n_layers ': [1e300, 'n_layers is 1e+300, expected a positive whole number'],
      dim: [1e9, 'has shape [11,8], expected [11,1000000000]'],
      vocab_size: [2 ** 52, 'has shape [11,8], expected [4503599627370496,8]'],
      hidden_dim: [1e12, 'has shape [12,8], expected [1000000000000,8]'],
      max_position_embeddings: [1e9, 'has shape [5,8], expected [1000000000,8]'],
      n_heads: [1e9, '1000000000 heads do not divide the hidden size 8'],
      'n_heads ': [-2, 'n_heads is -2, expected a positive whole number'],
      'dim ': [8.5, 'dim is 8.5, expected a positive whole number'],
      'hidden_dim ': ['12', 'hidden_dim is "12", expected a positive whole number'],
      'vocab_size ': [[11], 'vocab_size is [11], expected a positive whole number'],
    } as const).map(([field, [value, message]]): [string, Damage, string] => [
      `${field} ${value}`,
      { config: withFields({ [field.trim()]: value }) },
      message,
    ]),
  ])('is refused: %s', (_, change, message) => {
    const folder = damaged(change);
    expect(() => loadCheckpoint(folder)).toThrow(InputError);
    expect(() => loadCheckpoint(folder)).toThrow(message);
    expect(() => loadCheckpoint(folder)).toThrow(`${folder}/`);
  });

  it('is refused where a file is missing, or is a folder', () => {
    const { folder } = saved();
    expect(() => loadCheckpoint(join(folder, 'none'))).toThrow(
      `${join(folder, 'none', 'config.json')}: cannot be read`,
    );
  });

  it('leaves nothing where it cannot be saved', () => {
    const { config, parameters } = saved();
    const folder = join(mkdtempSync(join(tmpdir(), 'checkpoint-')), 'model');
    mkdirSync(join(folder, 'model.safetensors'), { recursive: true });
    expect(() => saveCheckpoint(folder, { config, parameters })).toThrow(
      'model.safetensors: cannot be written',
    );
    expect(existsSync(join(folder, 'config.json'))).toBe(false);
  });
});
