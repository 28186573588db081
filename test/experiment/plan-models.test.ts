/** Plans whose models come from the Hub: named by commits, and the same study as with the same files in folders. */
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { StudySession } from 'ner-distill/experiment/paper';
import { planOf, planWithModels, readPlan, type StudyPlan } from 'ner-distill/experiment/plan';
import { silentProgress } from 'ner-distill/experiment/progress';
import { trainWordPiece } from 'ner-distill/tokenization/wordpiece-trainer';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { openHub, optionsFor, temporaryFolder } from '../hub/hub.fixture';

afterEach(() => vi.unstubAllEnvs());

const fixture = (name: string) => resolve(__dirname, '../fixtures', name);
const TOKENIZER = trainWordPiece(['ann', 'lee', 'met', 'acme'], { size: 60, lowercase: true });
const filesOf = (name: string) => ({
  'config.json': readFileSync(join(fixture(name), 'config.json')),
  'model.safetensors': readFileSync(join(fixture(name), 'model.safetensors')),
  'tokenizer.json': TOKENIZER,
});

/** The same two models on a Hub, and in folders; the library reads the environment that leads to the Hub. */
async function models() {
  const hub = await openHub({
    'tiny/bert': { files: filesOf('bert-tiny') },
    'tiny/distilbert': { revisions: { v1: filesOf('distilbert-tiny') } },
  });
  const home = temporaryFolder();
  vi.stubEnv('HF_ENDPOINT', hub.url);
  vi.stubEnv('HF_HOME', home);
  vi.stubEnv('HF_HUB_CACHE', undefined);
  vi.stubEnv('HF_TOKEN', undefined);
  const folders = temporaryFolder();
  for (const name of ['bert-tiny', 'distilbert-tiny']) {
    cpSync(fixture(name), join(folders, name), { recursive: true });
    writeFileSync(join(folders, name, 'tokenizer.json'), TOKENIZER);
  }
  return { hub, home, folders, options: optionsFor(hub, home) };
}

const SETTINGS = {
  data: resolve(__dirname, '../../data/sample'),
  maxLength: 24,
  betas: [0.2],
  engine: 'onnx',
  threads: 1,
};
const ON_HUB = { ...SETTINGS, teacherCheckpoint: 'tiny/bert', studentCheckpoint: 'tiny/distilbert@v1' };

async function idsOf(plan: StudyPlan): Promise<string[]> {
  const small = { ...plan, limit: { train: 32, valid: 16, test: 24 } };
  const session = await StudySession.open(small, temporaryFolder(), { progress: silentProgress });
  return session.planned().map(({ id }) => id);
}

describe('a plan with models of the Hub', () => {
  it('names them by their commits, and has their sizes and their tokenizer', async () => {
    const { hub, home, options } = await models();
    const plan = await planWithModels('paper', ON_HUB, options);
    expect(plan.teacher.initial).toEqual({ checkpoint: `tiny/bert@${hub.commit('tiny/bert')}` });
    expect(plan.students[0].initial).toEqual({
      checkpoint: `tiny/distilbert@${hub.commit('tiny/distilbert', 'v1')}`,
    });
    expect(plan.teacher).toMatchObject({ architecture: 'bert', layers: 3 });
    expect(plan.students[0]).toMatchObject({ architecture: 'distilbert', layers: 2 });
    expect((plan.tokenizer as { file: string }).file.startsWith(join(home, 'hub/models--tiny--bert'))).toBe(
      true,
    );
  });

  it('stays the study that it was when the branch moves, read from its file or changed by it', async () => {
    const { hub, options } = await models();
    const plan = await planWithModels('paper', ON_HUB, options);
    const file = join(temporaryFolder(), 'plan.json');
    writeFileSync(file, JSON.stringify(plan));
    hub.put('tiny/bert', { files: { ...filesOf('bert-tiny'), 'README.md': 'moved' } });
    expect(readPlan(file)).toEqual(plan);
    expect(await planWithModels(undefined, { plan: file }, options)).toEqual(plan);
    const anew = await planWithModels('paper', ON_HUB, options);
    expect(anew.teacher.initial).toEqual({ checkpoint: `tiny/bert@${hub.commit('tiny/bert')}` });
    expect(anew.teacher.initial).not.toEqual(plan.teacher.initial);
  });

  it('has the runs that it has with the same files in folders', async () => {
    const { folders, options } = await models();
    const inFolders = planOf('paper', {
      ...SETTINGS,
      teacherCheckpoint: join(folders, 'bert-tiny'),
      studentCheckpoint: join(folders, 'distilbert-tiny'),
    });
    expect(await idsOf(await planWithModels('paper', ON_HUB, options))).toEqual(await idsOf(inFolders));
  });

  it('may be given a tokenizer by its folder or its vocabulary', async () => {
    const { folders } = await models();
    const { vocab } = JSON.parse(TOKENIZER).model;
    const folder = join(folders, 'vocabulary');
    mkdirSync(folder);
    writeFileSync(join(folder, 'vocab.txt'), `${Object.keys(vocab).join('\n')}\n`);
    writeFileSync(join(folder, 'tokenizer_config.json'), '{"do_lower_case":true,"strip_accents":false}');
    const plan = (tokenizer?: string) =>
      planOf('paper', {
        ...SETTINGS,
        tokenizer,
        teacherCheckpoint: join(folders, 'bert-tiny'),
        studentCheckpoint: join(folders, 'distilbert-tiny'),
      });
    const ofFolder = await idsOf(plan(folder));
    expect(await idsOf(plan(join(folder, 'vocab.txt')))).toEqual(ofFolder);
    expect(ofFolder).toHaveLength((await idsOf(plan())).length);
  });

  it('opens on a machine whose cache does not have them', async () => {
    const { home, options } = await models();
    const plan = await planWithModels('paper', ON_HUB, options);
    const ids = await idsOf(plan);
    rmSync(join(home, 'hub'), { recursive: true });
    expect(await idsOf(plan)).toEqual(ids);
  });

  it('in a file may be beside folders, which are told from the file', async () => {
    const { hub, folders, options } = await models();
    const file = join(folders, 'plan.json');
    const patch = {
      preset: 'paper',
      data: SETTINGS.data,
      teacher: { initial: { checkpoint: 'tiny/bert' } },
      students: [{ initial: { checkpoint: 'distilbert-tiny' } }],
    };
    writeFileSync(file, JSON.stringify(patch));
    const plan = await planWithModels(undefined, { plan: file }, options);
    expect(plan.teacher.initial).toEqual({ checkpoint: `tiny/bert@${hub.commit('tiny/bert')}` });
    expect(plan.students[0].initial).toEqual({ checkpoint: join(folders, 'distilbert-tiny') });
    cpSync(join(folders, 'bert-tiny'), join(folders, 'tiny/bert'), { recursive: true });
    const ofFolder = await planWithModels(undefined, { plan: file }, options);
    expect(ofFolder.teacher.initial).toEqual({ checkpoint: join(folders, 'tiny/bert') });
  });

  it('may have a teacher that is trained already, as weights or as an ONNX model, likewise by its commit', async () => {
    const { hub, folders, options } = await models();
    const { 'model.safetensors': _, ...others } = filesOf('bert-tiny');
    hub.put('tiny/onnx', {
      files: { ...others, 'onnx/model.onnx': 'graph', 'onnx/model.onnx_data': 'weights' },
    });
    const students = { studentCheckpoint: 'tiny/distilbert@v1' };
    const plan = await planWithModels(
      'paper',
      { ...SETTINGS, ...students, teacherModel: 'tiny/bert' },
      options,
    );
    const pinned = `tiny/bert@${hub.commit('tiny/bert')}`;
    expect(plan.givenTeacher).toEqual({ model: pinned });
    expect(plan.teacher).toMatchObject({ architecture: 'bert', layers: 3 });
    expect(plan.tokenizer).toMatchObject({ file: expect.stringContaining('models--tiny--distilbert') });
    const inFolder = planOf('paper', {
      ...SETTINGS,
      teacherModel: join(folders, 'bert-tiny'),
      studentCheckpoint: join(folders, 'distilbert-tiny'),
    });
    expect(await idsOf(plan)).toEqual(await idsOf(inFolder));
    const file = join(temporaryFolder(), 'plan.json');
    writeFileSync(file, JSON.stringify(plan));
    expect(readPlan(file)).toEqual(plan);
    const onnx = await planWithModels(
      'paper',
      { ...SETTINGS, ...students, teacherOnnx: 'tiny/onnx' },
      options,
    );
    expect(onnx.givenTeacher).toEqual({ onnx: `tiny/onnx@${hub.commit('tiny/onnx')}` });
    await expect(
      planWithModels('paper', { ...SETTINGS, ...students, teacherOnnx: 'tiny/bert' }, options),
    ).rejects.toThrow('expected config.json and onnx/model.onnx');
  });

  it('is refused with a sentence where a name is neither folder nor model', async () => {
    const { options } = await models();
    mkdirSync(temporaryFolder(), { recursive: true });
    await expect(
      planWithModels('paper', { ...ON_HUB, teacherCheckpoint: 'tiny/none' }, options),
    ).rejects.toThrow(
      /^tiny\/none: there is no such model on .* \(and there is no folder tiny\/none here\)$/,
    );
    await expect(
      planWithModels('paper', { ...ON_HUB, studentCheckpoint: './nowhere' }, options),
    ).rejects.toThrow(
      `${resolve('nowhere')}: there is no such folder; expected a folder, or a model of the Hugging Face Hub`,
    );
  });
});
