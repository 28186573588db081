/** Models on disk: what is written can be read, and what cannot be read is said with file and tensor. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { LabelSet } from 'ner-distill/corpus/labels';
import { InputError } from 'ner-distill/errors';
import {
  decodeSafetensors,
  digestOfParameters,
  encodeSafetensors,
  loadCheckpoint,
  loadSafetensors,
  saveCheckpoint,
} from 'ner-distill/model/checkpoint';
import type { ModelConfig } from 'ner-distill/model/config';
import { initialParameters, type Parameters } from 'ner-distill/model/parameters';
import { describe, expect, it } from 'vitest';
import { TINY_MODELS, tinyModel } from './fixtures';

const anyTensor = fc
  .array(fc.integer({ min: 0, max: 4 }), { maxLength: 3 })
  .chain(shape => {
    const size = shape.reduce((product, side) => product * side, 1);
    return fc.tuple(fc.constant(shape), fc.float32Array({ minLength: size, maxLength: size }));
  })
  .map(([shape, values]) => ({ shape, values }));
const tensorName = fc
  .string({ unit: 'grapheme' })
  .filter(name => !['__metadata__', '__proto__'].includes(name));
const anyParameters = fc.dictionary(tensorName, anyTensor, { noNullPrototype: true });

/** The bytes of a safetensors file with this header and so many bytes of data. */
function fileOf(header: unknown, dataBytes: number): Buffer {
  const text = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([length, text, Buffer.alloc(dataBytes)]);
}

describe('safetensors', () => {
  it('gives back names, shapes and bits of what was written', () => {
    fc.assert(
      fc.property(anyParameters, parameters => {
        const read = decodeSafetensors(encodeSafetensors(parameters), 'file');
        expect(Object.keys(read)).toEqual(Object.keys(parameters));
        for (const [name, { shape, values }] of Object.entries(parameters)) {
          expect(read[name].shape).toEqual(shape);
          expect(Buffer.from(read[name].values.buffer)).toEqual(
            Buffer.from(values.buffer, values.byteOffset, values.byteLength),
          );
        }
      }),
    );
  });

  it('is laid out as the format says, with the tensors aligned to eight bytes', () => {
    fc.assert(
      fc.property(anyParameters, parameters => {
        const bytes = encodeSafetensors(parameters);
        const length = Number(bytes.readBigUInt64LE(0));
        expect((8 + length) % 8).toBe(0);
        const values = Object.values(parameters).reduce((sum, tensor) => sum + tensor.values.length, 0);
        expect(bytes).toHaveLength(8 + length + 4 * values);
        expect(bytes[8]).toBe('{'.charCodeAt(0));
      }),
    );
    const two = encodeSafetensors({
      a: { shape: [2], values: Float32Array.of(1, -2) },
      b: { shape: [], values: Float32Array.of(0.5) },
    });
    const length = Number(two.readBigUInt64LE(0));
    expect(JSON.parse(two.subarray(8, 8 + length).toString())).toEqual({
      __metadata__: { format: 'pt' },
      a: { dtype: 'F32', shape: [2], data_offsets: [0, 8] },
      b: { dtype: 'F32', shape: [], data_offsets: [8, 12] },
    });
    expect([0, 4, 8].map(at => two.readFloatLE(8 + length + at))).toEqual([1, -2, 0.5]);
  });

  it('may carry metadata, which is not a tensor', () => {
    const header = { __metadata__: { format: 'pt' }, a: { dtype: 'F32', shape: [1], data_offsets: [0, 4] } };
    expect(decodeSafetensors(fileOf(header, 4), 'file')).toEqual({
      a: { shape: [1], values: Float32Array.of(0) },
    });
  });

  const tensor = { dtype: 'F32', shape: [2], data_offsets: [0, 8] };
  const whole = encodeSafetensors({ a: { shape: [2], values: Float32Array.of(1, 2) } });
  it.each([
    ['an empty file', Buffer.alloc(0), 'not a safetensors file (a header of 0 bytes in a file of 0)'],
    ['a text', Buffer.from('version https://git-lfs.github.com/spec/v1\n'), 'not a safetensors file'],
    ['a header longer than the file', whole.subarray(0, 20), /a header of \d+ bytes in a file of 20/],
    ['a header that is not JSON', fileOf('{"a": ', 0), 'not a safetensors file (its header is not JSON)'],
    ['a header that is a list', fileOf([tensor], 8), 'not a safetensors file'],
    ['a header that is null', fileOf('null', 8), 'not a safetensors file'],
    ['a tensor that is null', fileOf({ a: null }, 8), 'tensor "a"'],
    [
      'a file cut off in its data',
      whole.subarray(0, -1),
      'tensor "a" has shape [2] and bytes [0,8], which do not fit',
    ],
    [
      'half precision',
      fileOf({ a: { ...tensor, dtype: 'F16' } }, 8),
      'tensor "a" is of type F16, expected F32',
    ],
    ['a shape that is none', fileOf({ a: { ...tensor, shape: [-2] } }, 8), 'tensor "a" has shape [-2]'],
    ['no shape', fileOf({ a: { dtype: 'F32', data_offsets: [0, 8] } }, 8), 'tensor "a" has shape undefined'],
    [
      'too many bytes for a shape',
      fileOf({ a: { ...tensor, shape: [1] } }, 8),
      'which do not fit each other',
    ],
    [
      'no bytes',
      fileOf({ a: { dtype: 'F32', shape: [2] } }, 8),
      'tensor "a" has shape [2] and bytes undefined',
    ],
    ['bytes before the data', fileOf({ a: { ...tensor, data_offsets: [-8, 0] } }, 8), 'bytes [-8,0]'],
    ['bytes in fractions', fileOf({ a: { ...tensor, data_offsets: [0.5, 8.5] } }, 9), 'bytes [0.5,8.5]'],
    ['bytes as text', fileOf({ a: { ...tensor, data_offsets: ['0', '8'] } }, 8), 'bytes ["0","8"]'],
  ])('is refused with the name of the file: %s', (_, bytes, message) => {
    expect(() => decodeSafetensors(bytes, 'the/file')).toThrow(InputError);
    expect(() => decodeSafetensors(bytes, 'the/file')).toThrow(message);
    expect(() => decodeSafetensors(bytes, 'the/file')).toThrow(/^the\/file: /);
  });
});

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

  it('takes the tags of a label set where one is given', () => {
    const { folder } = saved();
    expect(loadCheckpoint(folder, new LabelSet(['ORG'])).config.tags).toEqual(['O', 'B-ORG', 'I-ORG']);
  });

  it('has a digest that changes with a single value, a shape or a name', () => {
    const { parameters } = saved();
    const digest = digestOfParameters(parameters);
    expect(digest).toMatch(/^[0-9a-f]{64}$/);
    expect(digestOfParameters(saved().parameters)).toBe(digest);
    const bias = parameters['classifier.bias'];
    const changed = (parameter: Parameters[string], name = 'classifier.bias'): string => {
      const { 'classifier.bias': _, ...others } = parameters;
      return digestOfParameters({ ...others, [name]: parameter });
    };
    expect(changed(bias)).toBe(digest);
    expect(changed({ ...bias, values: Float32Array.of(0, 0, 1e-30) })).not.toBe(digest);
    expect(changed({ ...bias, shape: [3, 1] })).not.toBe(digest);
    expect(changed(bias, 'classifier.bias2')).not.toBe(digest);
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
      'no tags',
      { config: withFields({ id2label: undefined }) },
      'config.json: id2label is missing or has gaps',
    ],
    [
      'tags with a gap',
      { config: withFields({ id2label: { 0: 'O', 2: 'B-PER' } }) },
      'config.json: id2label is missing or has gaps',
    ],
    [
      'a tensor missing',
      { weights: ({ 'classifier.bias': _, ...rest }) => encodeSafetensors(rest) },
      'model.safetensors: tensor "classifier.bias" is missing',
    ],
    [
      'a tensor too many',
      { weights: all => encodeSafetensors({ ...all, pooler: one }) },
      'model.safetensors: tensor "pooler" is not part of this model',
    ],
    [
      'a tensor of another shape',
      { weights: all => encodeSafetensors({ ...all, 'classifier.bias': one }) },
      'model.safetensors: tensor "classifier.bias" has shape [1], expected [3]',
    ],
    [
      'a file cut off',
      { weights: all => encodeSafetensors(all).subarray(0, -4) },
      'model.safetensors: tensor "classifier.bias" has shape [3]',
    ],
    [
      'another vocabulary',
      { config: withFields({ vocab_size: 12 }) },
      'word_embeddings.weight" has shape [11,8], expected [12,8]',
    ],
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
    expect(() => loadSafetensors(join(folder, 'none'))).toThrow(`${join(folder, 'none')}: no such file`);
    expect(() => loadSafetensors(folder)).toThrow(`${folder}: no such file`);
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
