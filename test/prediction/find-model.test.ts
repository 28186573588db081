/** Which folder is meant by what a command is given as a model. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bringModel, findModel, modelFiles } from 'ner-distill/prediction/find-model';
import { describe, expect, it } from 'vitest';
import { openHub, optionsFor, temporaryFolder } from '../hub/hub.fixture';
import { RUN, saveModel } from './model';

const model = saveModel('Ann left'.split(' '));

describe('finding a model', () => {
  it('takes the folder of the model, of its run, and the id of the run or its beginning', () => {
    const run = join(model.results, 'runs', RUN);
    for (const [given, results] of [
      [model.folder, 'none'],
      [run, 'none'],
      [RUN, model.results],
      [RUN.slice(0, 4), model.results],
    ])
      expect(findModel(given, results)).toBe(model.folder);
  });

  it('knows its files, so that no output takes the place of one', () => {
    const { folder } = saveModel(['Ann']);
    const names = ['config.json', 'model.safetensors', 'tokenizer.json', 'tokenizer_config.json'];
    writeFileSync(join(folder, 'tokenizer_config.json'), '{}');
    expect(modelFiles(folder)).toEqual(names.map(name => join(folder, name)));
  });

  it('brings a model of the Hub where there is no folder of its name', async () => {
    const names = ['config.json', 'tokenizer.json', 'model.safetensors'];
    const files = Object.fromEntries(names.map(name => [name, readFileSync(join(model.folder, name))]));
    const options = optionsFor(await openHub({ 'tiny/ner': { files } }), temporaryFolder());
    const found = await bringModel('tiny/ner', 'none', options);
    for (const name of names) expect(readFileSync(join(found, name)).equals(files[name])).toBe(true);
    expect(await bringModel(RUN.slice(0, 4), model.results, options)).toBe(model.folder);
    await expect(bringModel('tiny/none', 'none', options)).rejects.toThrow(
      '(and there is no folder tiny/none here)',
    );
    await expect(bringModel('nothing', 'none', options)).rejects.toThrow(
      /whose id begins so; a model of the Hugging Face Hub is organisation\/name$/,
    );
  });

  it('refuses what is no model, a beginning of several runs, and a run without a model', () => {
    const runs = join(model.results, 'runs');
    const ids = ['ab12', 'ab34'].map(id => id.padEnd(16, '0'));
    for (const id of ids) mkdirSync(join(runs, id));
    writeFileSync(join(runs, 'notes'), '');
    expect(() => findModel('notes', model.results)).toThrow(
      `notes: there is no model (config.json, tokenizer.json, model.safetensors) in this folder or its folder "model", and no run in ${runs} whose id begins so`,
    );
    expect(() => findModel('', 'none')).toThrow('there is no model');
    expect(() => findModel('ab', model.results)).toThrow(
      `"ab" is the beginning of 2 runs, ${ids.join(', ')}; expected that of one`,
    );
    expect(() => findModel('ab1', model.results)).toThrow(
      `${join(runs, ids[0], 'model')}: the run has no model; it is not finished, or damaged`,
    );
  });
});
