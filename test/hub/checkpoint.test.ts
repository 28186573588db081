/** What a text names: a folder, a model of the Hub, or neither. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findCheckpoint, resolveCheckpoint } from 'ner-distill/hub/checkpoint';
import { isRepositoryName, modelId } from 'ner-distill/hub/id';
import { shown } from 'ner-distill/shown';
import { afterEach, describe, expect, it } from 'vitest';
import { filesBelow, openHub, optionsFor, temporaryFolder } from './hub.fixture';

const start = process.cwd();
afterEach(() => process.chdir(start));

const MODEL = {
  'config.json': '{}',
  'tokenizer.json': '{"a":1}',
  'tokenizer_config.json': '{}',
  'model.safetensors': 'weights',
};
const OTHERS = {
  'README.md': '#',
  'vocab.txt': 'a',
  'pytorch_model.bin': 'pickle',
  'tf_model.h5': 'h5',
  'onnx/model.onnx': 'graph',
};

describe('a Hub id', () => {
  it.each([
    ['google-bert/bert-base-uncased', 'main'],
    ['distilbert/distilbert-base-uncased@v1.0', 'v1.0'],
    ['a/b@refs/pr/1', 'refs/pr/1'],
    ['dslim/bert-base-NER_2', 'main'],
  ])('%s names a model', (text, revision) => {
    expect(modelId(text)).toEqual({ kind: 'model', name: text.split('@')[0], revision });
  });

  it.each([
    'bert',
    './a/b',
    '../a',
    'a/b/c',
    '/a/b',
    'a/b/',
    'a\\b',
    'C:/b',
    'a b/c',
    'a/b--c',
    'a/..',
    '.a/b',
    'a/b.git',
    'a/-b',
    '',
  ])('%j names none', text => {
    expect(modelId(text)).toBeUndefined();
    expect(isRepositoryName(text)).toBe(false);
  });

  it.each([
    'a/b@',
    'a/b@../../x',
    'a/b@/x',
    'a/b@x//y',
    'a/b@x y',
    'a/b@x\\y',
    'a/b@x\0',
    'a/b@.x',
    'a/b@x@{1}^',
  ])('%j has no revision that git could have', text => {
    expect(() => modelId(text)).toThrow(/is no revision; expected a branch, a tag or a commit$/);
  });
});

describe('a checkpoint', () => {
  it('is a folder where there is one, whatever the Hub has', async () => {
    process.chdir(temporaryFolder());
    mkdirSync('tiny/bert', { recursive: true });
    const hub = await openHub({ 'tiny/bert': { files: MODEL } });
    expect(await findCheckpoint('tiny/bert', optionsFor(hub, temporaryFolder()))).toEqual({
      folder: 'tiny/bert',
      pinned: 'tiny/bert',
    });
    expect(hub.seen).toEqual([]);
  });

  it('is a model of the Hub, of which no more is downloaded than is used', async () => {
    const hub = await openHub({ 'tiny/bert': { files: { ...OTHERS, ...MODEL } } });
    const options = optionsFor(hub, temporaryFolder());
    const folder = await resolveCheckpoint('tiny/bert', options);
    expect(filesBelow(folder)).toEqual(Object.keys(MODEL).sort());
    expect(readFileSync(join(folder, 'model.safetensors'), 'utf8')).toBe('weights');
  });

  it('says how to name it so that it stays the same when the branch moves', async () => {
    const hub = await openHub({ 'tiny/bert': { files: MODEL } });
    const options = optionsFor(hub, temporaryFolder());
    const { folder, pinned } = await findCheckpoint('tiny/bert', options);
    expect(pinned).toBe(`tiny/bert@${hub.commit('tiny/bert')}`);
    hub.put('tiny/bert', { files: { ...MODEL, 'config.json': '{"other":1}' } });
    expect((await findCheckpoint(pinned, options)).folder).toBe(folder);
    expect((await findCheckpoint('tiny/bert', options)).folder).not.toBe(folder);
  });

  it('in several parts is the list of the parts and all of them', async () => {
    const parts = {
      'model.safetensors.index.json': '{}',
      'model-00001-of-00002.safetensors': '1',
      'model-00002-of-00002.safetensors': '2',
    };
    const { 'model.safetensors': _, ...rest } = MODEL;
    const hub = await openHub({ 'tiny/bert': { files: { ...rest, ...parts } } });
    const folder = await resolveCheckpoint('tiny/bert', optionsFor(hub, temporaryFolder()));
    expect(filesBelow(folder)).toEqual(Object.keys({ ...rest, ...parts }).sort());
    const { 'model-00001-of-00002.safetensors': __, ...lacking } = parts;
    hub.put('tiny/bert', { files: { ...rest, ...lacking } });
    await expect(resolveCheckpoint('tiny/bert', optionsFor(hub, temporaryFolder()))).rejects.toThrow(
      /^tiny\/bert: found 1 of the 2 parts that its weights are in$/,
    );
  });

  // As optimum, PyTorch and Olive name what does not fit into a graph, on the Hub.
  it.each([
    ['onnx/', ['model.onnx_data']],
    ['onnx/', ['model.onnx_data', 'model.onnx_data_1', 'model.onnx_data_2']],
    ['', ['model.onnx.data']],
    ['onnx/', ['model.data']],
  ])('for ONNX is the graph with its data: %j %j', async (folder, data) => {
    const named = (names: readonly string[]) => Object.fromEntries(names.map(name => [folder + name, name]));
    const others = ['model_q4.onnx', 'model_q4.onnx_data', 'model_q4.onnx.data', 'model.onnx.sha256'];
    const files = { ...MODEL, ...named(['model.onnx', ...data, ...others]) };
    const hub = await openHub({ 'tiny/bert': { files } });
    const found = await resolveCheckpoint('tiny/bert', {
      ...optionsFor(hub, temporaryFolder()),
      weights: 'onnx',
    });
    const { 'model.safetensors': _, ...rest } = MODEL;
    expect(filesBelow(found)).toEqual(
      [...Object.keys(rest), ...Object.keys(named(['model.onnx', ...data]))].sort(),
    );
  });

  it('without weights that are read is refused before anything is downloaded', async () => {
    const { 'model.safetensors': _, ...rest } = MODEL;
    const hub = await openHub({
      'tiny/bert': { files: { ...rest, ...OTHERS } },
      'tiny/weights': { files: { 'model.safetensors': 'x' } },
    });
    const options = optionsFor(hub, temporaryFolder());
    await expect(resolveCheckpoint('tiny/bert', options)).rejects.toThrow(
      /^tiny\/bert: found weights in pytorch_model\.bin, tf_model\.h5 and onnx\/model\.onnx only; expected config\.json and model\.safetensors$/,
    );
    await expect(resolveCheckpoint('tiny/weights', options)).rejects.toThrow(
      /^tiny\/weights: found no config\.json; expected config\.json and model\.safetensors$/,
    );
    expect(options.progress).toEqual([]);
  });

  it.each([
    [{ 'vocab.txt': 'a' }, ['vocab.txt']],
    [
      { 'vocab.txt': 'a', 'tokenizer_config.json': '{}', 'added_tokens.json': '{}', 'README.md': '' },
      ['added_tokens.json', 'tokenizer_config.json', 'vocab.txt'],
    ],
    [
      { 'vocab.json': '{}', 'merges.txt': '', 'special_tokens_map.json': '{}' },
      ['merges.txt', 'special_tokens_map.json', 'vocab.json'],
    ],
  ])('without tokenizer.json is its vocabulary with what stands beside it: %j', async (others, files) => {
    const { 'tokenizer.json': _, 'tokenizer_config.json': __, ...rest } = MODEL;
    const hub = await openHub({ 'tiny/bert': { files: { ...rest, ...others } } });
    const folder = await resolveCheckpoint('tiny/bert', optionsFor(hub, temporaryFolder()));
    expect(filesBelow(folder)).toEqual(['config.json', 'model.safetensors', ...files].sort());
  });

  it.each([
    [{ 'vocab.json': '{}', 'tokenizer_config.json': '{}' }, 'vocab.json'],
    [{ 'sentencepiece.bpe.model': '' }, 'sentencepiece.bpe.model'],
    [{}, 'no tokenizer'],
  ])('without a tokenizer is refused before anything is downloaded: %j', async (others, found) => {
    const { 'tokenizer.json': _, 'tokenizer_config.json': __, ...rest } = MODEL;
    const hub = await openHub({ 'tiny/bert': { files: { ...rest, ...others } } });
    const options = optionsFor(hub, temporaryFolder());
    await expect(resolveCheckpoint('tiny/bert', options)).rejects.toThrow(
      `tiny/bert: found ${found}; expected tokenizer.json, vocab.txt of BERT, or vocab.json and merges.txt of RoBERTa: python -c 'from transformers import AutoTokenizer; AutoTokenizer.from_pretrained("tiny/bert").save_pretrained("FOLDER")' makes the first`,
    );
    expect(options.progress).toEqual([]);
    expect(hub.seen.filter(({ path }) => /resolve|cdn:/.test(path))).toEqual([]);
  });

  it.each(['nowhere', './nowhere/here', 'a/b/c', '/nowhere/bert', 'bert-base-uncased', '', 'a\0b'])(
    '%j is neither',
    async text => {
      await expect(resolveCheckpoint(text)).rejects.toThrow(
        `${shown(text)}: there is no such folder; expected a folder, or a model of the Hugging Face Hub such as google-bert/bert-base-uncased or organisation/name@revision`,
      );
    },
  );

  it('is no file', async () => {
    const file = join(temporaryFolder(), 'model.safetensors');
    writeFileSync(file, '');
    await expect(resolveCheckpoint(file)).rejects.toThrow(
      `${file}: found a file; expected a folder, or a model`,
    );
  });

  it('that looks like an id and is a mistyped folder is told so', async () => {
    const hub = await openHub({});
    const message =
      /there is no such model on 127\.0\.0\.1:\d+, .* \(and there is no folder models\/bert here\)$/;
    await expect(resolveCheckpoint('models/bert', optionsFor(hub, temporaryFolder()))).rejects.toThrow(
      message,
    );
  });

  it('is found without the Hub where Python downloaded it without what only Python reads', async () => {
    const hub = await openHub({ 'tiny/bert': { files: MODEL } });
    const home = temporaryFolder();
    const repository = join(home, 'hub/models--tiny--bert');
    const commit = hub.commit('tiny/bert');
    const snapshot = join(repository, 'snapshots', commit);
    mkdirSync(join(repository, 'refs'), { recursive: true });
    mkdirSync(snapshot, { recursive: true });
    writeFileSync(join(repository, 'refs/main'), commit);
    for (const name of ['config.json', 'tokenizer.json', 'model.safetensors'] as const)
      writeFileSync(join(snapshot, name), MODEL[name]);
    expect(await resolveCheckpoint('tiny/bert', optionsFor(hub, home, { HF_HUB_OFFLINE: '1' }))).toBe(
      snapshot,
    );
    expect(hub.seen).toEqual([]);
  });
});
