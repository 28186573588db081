/** The run store: names of runs, the marker that makes a folder a run, and epochs kept while a run is made. */
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { byMeasure } from 'ner-distill/evaluation/measures';
import { scores } from 'ner-distill/evaluation/scores';
import { leftovers, uselessRuns } from 'ner-distill/experiment/clean';
import { type RunConfig, runId } from 'ner-distill/experiment/run-config';
import { type RunArtefacts, type RunPart, RunStore, type StoredRun } from 'ner-distill/experiment/runs';
import { identityOfLoss, sourceDigest } from 'ner-distill/experiment/source-digest';
import { writeFileAtomically } from 'ner-distill/files';
import { canonicalJson } from 'ner-distill/json';
import type { ModelConfig } from 'ner-distill/model/config';
import { initialParameters } from 'ner-distill/model/parameters';
import { digestOfParameters, encodeSafetensors } from 'ner-distill/model/safetensors';
import { vanillaDistillation } from 'ner-distill/training/losses/distillation';
import { describe, expect, it } from 'vitest';

const MODEL: ModelConfig = {
  architecture: 'distilbert',
  vocabularySize: 6,
  hiddenSize: 4,
  layers: 1,
  heads: 1,
  intermediateSize: 8,
  maxPositions: 8,
  dropout: 0.1,
  attentionDropout: 0.1,
  tags: ['O', 'B-PER', 'I-PER'],
};
const CONFIG: RunConfig = {
  loss: { name: 'vanilla', settings: { alpha: 0.5, temperature: 2 }, source: 'l0' },
  criticalTypes: ['PER'],
  corpus: 'c0',
  tokenizer: 't0',
  initialWeights: 'i0',
  source: 's0',
  model: MODEL,
  maxLength: 8,
  training: {
    epochs: 2,
    batchSize: 8,
    learningRate: 0.001,
    warmup: 0.1,
    weightDecay: 0.01,
    maxNorm: 1,
    wordDropout: 0,
    subwordDropout: 0,
    accumulation: 1,
    seed: 1,
  },
  teacher: 'teacher0',
  engine: 'onnx',
};
/** As a study of the source that is here would ask for it. */
const CURRENT: RunConfig = {
  ...CONFIG,
  loss: identityOfLoss(vanillaDistillation()),
  source: sourceDigest('distilbert'),
};
const parameters = initialParameters(MODEL, 1);
/** Of a part with one entity, which was found. */
const COUNTS = { types: ['PER'], spans: [1, 1, 1], tokens: [2, 2] };
const PREDICTIONS = 'a B-PER B-PER\nb O O\n\n';
const someScores = scores([['B-PER', 'O']], [['B-PER', 'O']], { critical: ['PER'] });
const HISTORY = [
  {
    step: 1,
    epoch: 1,
    learningRate: 0.1,
    gradientNorm: 2,
    loss: 3,
    crossEntropy: 4,
  },
];
const ARTEFACTS: RunArtefacts = {
  checkpoint: { config: MODEL, parameters },
  tokenizer: { definition: '{}', config: {} },
  record: { epochs: [COUNTS], truncated: { words: 3, entities: 1 }, notes: ['test is half of valid'] },
  history: HISTORY,
  predictions: { validation: PREDICTIONS, test: PREDICTIONS },
};
const stateAfter = (epoch: number) => ({
  epoch,
  parameters,
  optimizer: {
    steps: 10 * epoch,
    firstMoments: initialParameters(MODEL, 2),
    secondMoments: initialParameters(MODEL, 3),
  },
  history: HISTORY,
  validations: [COUNTS],
});
/** What a run is to a study. */
const PART: RunPart = { role: 'vanilla', student: 'student', form: null, beta: 0, criticalTypes: ['PER'] };
const newStore = () => new RunStore(mkdtempSync(join(tmpdir(), 'runs-')));

/** The same value with the fields of every object written the other way round. */
function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (!value || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([name, field]) => [name, reversed(field)]),
  );
}

describe('the id of a run', () => {
  it('does not depend on the order in which fields were written', () => {
    expect(runId(reversed(CONFIG) as RunConfig)).toBe(runId(CONFIG));
    expect(runId(CONFIG)).toMatch(/^[0-9a-f]{16}$/);
    fc.assert(fc.property(fc.jsonValue(), value => canonicalJson(reversed(value)) === canonicalJson(value)));
  });

  it.each<[string, Partial<RunConfig>]>([
    ['loss', { loss: { ...CONFIG.loss, name: 'logits' } }],
    ["loss's settings", { loss: { ...CONFIG.loss, settings: { alpha: 0.5, temperature: 4 } } }],
    ["loss's source", { loss: { ...CONFIG.loss, source: 'l1' } }],
    ['critical types', { criticalTypes: ['PER', 'ORG'] }],
    ['corpus', { corpus: 'c1' }],
    ['tokenizer', { tokenizer: 't1' }],
    ['initial weights', { initialWeights: 'i1' }],
    ['numerical source', { source: 's1' }],
    ['model', { model: { ...MODEL, heads: 2 } }],
    ['order of tags', { model: { ...MODEL, tags: ['O', 'I-PER', 'B-PER'] } }],
    ['seed', { training: { ...CONFIG.training, seed: 2 } }],
    ['number of epochs', { training: { ...CONFIG.training, epochs: 3 } }],
    ['teacher', { teacher: null }],
    ['engine', { engine: 'eager (wasm)' }],
  ])('changes with the %s', (_, change) => {
    expect(runId({ ...CONFIG, ...change })).not.toBe(runId(CONFIG));
  });
});

describe('a finished run', () => {
  it('is there with all of its files, and without what was kept on the way', () => {
    const store = newStore();
    store.saveEpoch('r', CONFIG, stateAfter(1));
    expect(store.isDone('r')).toBe(false);
    store.finish('r', CONFIG, ARTEFACTS);
    expect(store.isDone('r')).toBe(true);
    expect(readdirSync(store.pathOf('r')).sort()).toEqual(
      [
        ...['config.json', 'done', 'history.csv', 'metrics.json', 'model'],
        ...['predictions.conll', 'training.json', 'validation.conll'],
      ].sort(),
    );
    expect(readdirSync(store.pathOf('r', 'model')).sort()).toEqual(
      ['config.json', 'model.safetensors', 'tokenizer.json', 'tokenizer_config.json'].sort(),
    );
    const whole = { low: 1, high: 1, confidence: 0.95, resamples: 10_000 };
    const intervals = byMeasure(() => whole);
    expect(store.metrics('r')).toEqual({
      // Tables, their norm, the layer (attention, norm, feed-forward, norm), the classifier.
      parameters: 6 * 4 + 8 * 4 + 8 + (4 * 20 + 8 + (32 + 8) + (32 + 4) + 8) + 15,
      validation: someScores,
      test: someScores,
      intervals: { validation: intervals, test: intervals },
      epochs: [someScores],
      truncated: { words: 3, entities: 1 },
      notes: ['test is half of valid'],
      derived: { criticalTypes: ['PER'], by: expect.stringMatching(/^[0-9a-f]{64}$/) },
    });
    expect(store.checkpoint('r')).toEqual(ARTEFACTS.checkpoint);
    expect(readFileSync(store.predictionsFile('r'), 'utf8')).toBe(PREDICTIONS);
    expect(readFileSync(store.pathOf('r', 'history.csv'), 'utf8')).toBe(
      'step,epoch,learningRate,gradientNorm,loss,crossEntropy\n1,1,0.1,2,3,4\n',
    );
    expect(runId(JSON.parse(readFileSync(store.pathOf('r', 'config.json'), 'utf8')))).toBe(runId(CONFIG));
  });

  it.each([
    'training.json',
    'history.csv',
    'validation.conll',
    'predictions.conll',
    'model/model.safetensors',
    'model/tokenizer.json',
  ])('is none before the last of its files: stopped at %s', file => {
    const store = newStore();
    store.saveEpoch('r', CONFIG, stateAfter(1));
    // A folder of that name cannot be replaced by a file.
    mkdirSync(store.pathOf('r', file), { recursive: true });
    expect(() => store.finish('r', CONFIG, ARTEFACTS)).toThrow(`${file}: cannot be written`);
    expect(store.isDone('r')).toBe(false);
    expect(store.lastEpoch('r')).toBe(1);
  });
});

describe('a run that is being made', () => {
  it('has no epoch at first', () => {
    const store = newStore();
    expect(store.lastEpoch('r')).toBeUndefined();
    expect(store.loadEpoch('r')).toBeUndefined();
    mkdirSync(store.pathOf('r', 'partial', 'incomplete'), { recursive: true });
    expect(store.loadEpoch('r')).toBeUndefined();
  });

  it('keeps the newest epoch, whole, and drops the one before', () => {
    const store = newStore();
    for (const epoch of [1, 2, 10]) {
      store.saveEpoch('r', CONFIG, stateAfter(epoch));
      expect(readdirSync(store.pathOf('r', 'partial'))).toEqual([`epoch-${epoch}`]);
      expect(store.loadEpoch('r')).toEqual(stateAfter(epoch));
    }
    expect(existsSync(store.pathOf('r', 'config.json'))).toBe(true);
  });

  it('goes on from the newest where a stop left two, and overlooks one that is not whole', () => {
    const store = newStore();
    store.saveEpoch('other', CONFIG, stateAfter(9));
    store.saveEpoch('r', CONFIG, stateAfter(10));
    mkdirSync(store.pathOf('r', 'partial', 'epoch-9'));
    mkdirSync(store.pathOf('r', 'partial', 'incomplete'));
    writeFileSync(store.pathOf('r', 'partial', 'incomplete', 'state.json'), '{"epo');
    expect(store.lastEpoch('r')).toBe(10);
    expect(store.loadEpoch('r')?.epoch).toBe(10);
    store.saveEpoch('r', CONFIG, stateAfter(11));
    expect(readdirSync(store.pathOf('r', 'partial'))).toEqual(['epoch-11']);
  });
});

describe('runs of no more use', () => {
  const stored = (change: Partial<StoredRun>): StoredRun => ({
    id: 'a',
    state: 'done',
    damage: null,
    locked: false,
    config: CONFIG,
    metrics: null,
    part: null,
    bytes: 0,
    ...change,
  });

  it('are unfinished, or of another numerical source, and not in work', () => {
    const reasons = [
      stored({}),
      stored({ state: 'begun' }),
      stored({ state: 'begun', config: null }),
      stored({ state: 'outdated' }),
      stored({ state: 'damaged', damage: 'x: not JSON', config: null }),
      stored({ state: 'damaged', damage: 'x: not JSON', config: null, locked: true }),
      stored({ state: 'begun', locked: true }),
      stored({ state: 'outdated', locked: true }),
    ].map(run => uselessRuns([run])[0]?.reason);
    expect(reasons).toEqual([
      ...[undefined, 'unfinished', 'unfinished', 'older source'],
      ...['damaged (x: not JSON)', undefined, undefined, undefined],
    ]);
  });
});

describe('files that no run needs', () => {
  const folder = mkdtempSync(join(tmpdir(), 'leftovers-'));
  const write = (file: string, content: string | Uint8Array) =>
    writeFileAtomically(join(folder, file), content);
  const stateOfSeed = (seed: number) => initialParameters(MODEL, seed);
  for (const seed of [1, 2])
    write(`initial/distilbert-${seed}.safetensors`, encodeSafetensors(stateOfSeed(seed)));
  write('initial/distilbert-3.safetensors', 'not tensors');
  write('initial/mine.txt', 'of somebody else');
  for (const id of ['aa', 'bb', 'cc']) {
    write(`teacher-logits/${id}.safetensors`, 'logits');
    write(`latency/k0/${id}.json`, '[]');
  }
  const store = new RunStore(folder);
  const config = { ...CONFIG, initialWeights: digestOfParameters(stateOfSeed(2)), teacher: 'bb' };
  store.finish('aa', config, ARTEFACTS);
  const files = () => leftovers(folder, store.list()).map(({ file }) => file.replaceAll('\\', '/'));

  it('are measurements of runs that are gone, states that none starts from, and logits that none learns from', () => {
    expect(files()).toEqual([
      'latency/k0/bb.json',
      'latency/k0/cc.json',
      'initial/distilbert-1.safetensors',
      'initial/distilbert-3.safetensors',
      'teacher-logits/cc.safetensors',
    ]);
    expect(leftovers(folder, store.list()).map(({ bytes }) => bytes)[4]).toBe('logits'.length);
  });

  it('are what a process has half written when it was killed, but not within a run that goes as a whole', () => {
    const here = mkdtempSync(join(tmpdir(), 'killed-'));
    const script = `
      require(${JSON.stringify(join(__dirname, '../../lib/loader.cjs'))});
      const { openFile } = require(${JSON.stringify(join(__dirname, '../../lib/files.ts'))});
      for (const file of ['plan.json', 'runs/aa/part.json', 'runs/gone/part.json']) openFile(file).write('{');
      process.kill(process.pid, 'SIGKILL');`;
    spawnSync(process.execPath, ['-e', script], { cwd: here });
    new RunStore(here).finish('aa', CONFIG, ARTEFACTS);
    const kept = new RunStore(here).list().filter(({ id }) => id === 'aa');
    // That of the run was removed when the run was written.
    expect(leftovers(here, kept)).toEqual([
      {
        file: expect.stringMatching(/^plan\.json\.[0-9a-f]{8}-0\.\d+\.tmp$/),
        bytes: 1,
        reason: 'half written when its process was killed',
      },
    ]);
    rmSync(here, { recursive: true });
  });

  it('are no states and no logits while a run is begun that does not say yet what it needs', () => {
    mkdirSync(store.pathOf('cc'));
    expect(files()).toEqual(['latency/k0/bb.json']);
  });
});

describe('the store', () => {
  it('does not follow links, which may lead in a circle', () => {
    const store = new RunStore(mkdtempSync(join(tmpdir(), 'circle-')));
    store.finish('aa', CONFIG, ARTEFACTS);
    const [{ bytes }] = store.list();
    for (const name of ['a', 'b']) symlinkSync('.', store.pathOf('aa', name));
    symlinkSync('..', join(store.folder, 'runs', 'back'));
    expect(store.list()).toHaveLength(1);
    expect(store.list()[0].bytes).toBe(bytes);
  });

  it('lists its runs, finds one by the beginning of its id, and removes it', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'store-'));
    const store = new RunStore(folder);
    expect(store.list()).toEqual([]);
    for (const id of ['ab12', 'ab34', 'cd56']) store.finish(id, CURRENT, ARTEFACTS);
    expect(store.list().map(({ id, state }) => [id, state])).toEqual([
      ['ab12', 'done'],
      ['ab34', 'done'],
      ['cd56', 'done'],
    ]);
    expect(store.find('c')).toMatchObject({ id: 'cd56', config: CURRENT, metrics: { test: someScores } });
    expect(() => store.find('ab')).toThrow(
      '"ab" is the beginning of 2 runs, ab12, ab34; expected that of one',
    );
    expect(() => store.find('e')).toThrow('there is no run "e"');
    await store.remove('cd56');
    expect(store.list().map(({ id }) => id)).toEqual(['ab12', 'ab34']);
    expect(existsSync(store.pathOf('cd56'))).toBe(false);
  });

  it.each([
    ['config.json', '{bad', /not JSON/],
    ['config.json', '{}', /found no "loss.name"/],
    ['config.json', 'null', /found no "loss.name"/],
    ['config.json', null, /there is no such file/],
  ])('says which run is damaged, and lists the others: %s is %j', (name, content, what) => {
    const store = newStore();
    for (const id of ['ab12', 'cd34']) store.finish(id, CURRENT, ARTEFACTS);
    const file = store.pathOf('ab12', name);
    rmSync(file);
    if (content !== null) writeFileSync(file, content);
    writeFileSync(join(store.folder, 'runs', 'cd.txt'), 'no run');
    const [damaged, whole] = store.list();
    expect(damaged).toMatchObject({ id: 'ab12', state: 'damaged', config: null, metrics: null });
    expect(damaged.damage).toContain(`${file}: `);
    expect(damaged.damage).toMatch(what);
    expect(whole).toMatchObject({ id: 'cd34', state: 'done', damage: null });
    expect(store.find('cd').id).toBe('cd34');
    expect(store.find('ab').damage).toBe(damaged.damage);
  });

  it('takes a whole id for itself, though another begins so too', () => {
    const store = newStore();
    for (const id of ['ab', 'ab12']) store.finish(id, CONFIG, ARTEFACTS);
    expect(store.find('ab').id).toBe('ab');
  });

  it('knows what its runs are to the study that asked last', () => {
    const store = newStore();
    store.finish('ab12', CURRENT, ARTEFACTS);
    const parts = () => store.list().map(run => run.part);
    expect(parts()).toEqual([null]);
    store.keepPart('ab12', PART);
    expect(parts()).toEqual([PART]);
    store.keepPart('ab12', { ...PART, student: '2 layers', criticalTypes: [] });
    expect(parts()).toEqual([{ ...PART, student: '2 layers', criticalTypes: [] }]);
    // The scores are those of the types that are critical to the study.
    expect(store.metrics('ab12').test.coverage).toBe(null);
    expect(store.metrics('ab12', ['PER']).test.coverage).toBe(1);
  });

  it('is not misled by a part that is none', () => {
    const store = newStore();
    store.finish('ab12', CURRENT, ARTEFACTS);
    const part = { role: 'constrained', student: 'student', form: 'logits', beta: 1, criticalTypes: ['PER'] };
    for (const wrong of [
      { criticalTypes: [1] },
      { criticalTypes: 'PER' },
      { role: 'pupil' },
      { form: {} },
      { beta: '1' },
      { student: undefined },
    ]) {
      writeFileSync(store.pathOf('ab12', 'part.json'), JSON.stringify({ ...part, ...wrong }));
      expect(store.partOf('ab12'), JSON.stringify(wrong)).toBeNull();
    }
    writeFileSync(store.pathOf('ab12', 'part.json'), JSON.stringify(part));
    expect(store.partOf('ab12')).toEqual(part);
  });

  it('has scores for the critical types of before where it is not kept any more what a run is to a study', () => {
    const store = newStore();
    store.finish('ab12', { ...CURRENT, criticalTypes: null }, ARTEFACTS);
    store.keepPart('ab12', PART);
    expect(store.metrics('ab12').test.coverage).toBe(1);
    rmSync(store.pathOf('ab12', 'part.json'));
    expect(store.metrics('ab12').test.coverage).toBe(1);
    writeFileSync(store.pathOf('ab12', 'metrics.json'), '{"derived": {"criticalTypes": 3}}');
    expect(store.metrics('ab12').test.coverage).toBeNull();
  });

  it('derives scores also where they cannot be kept', () => {
    const store = newStore();
    store.finish('ab12', CURRENT, ARTEFACTS);
    const before = store.metrics('ab12');
    rmSync(store.pathOf('ab12', 'metrics.json'));
    // A folder of that name cannot be replaced by a file.
    mkdirSync(store.pathOf('ab12', 'metrics.json'));
    expect(store.metrics('ab12')).toEqual(before);
    expect(store.list()).toEqual([expect.objectContaining({ state: 'done', damage: null })]);
    expect(uselessRuns(store.list())).toEqual([]);
  });

  it.each([
    '{"epochs": 3, "truncated": {"words": 0, "entities": 0}, "notes": []}',
    '{"epochs": [{}], "truncated": {"words": 0, "entities": 0}, "notes": []}',
    '{"epochs": [{"types": ["PER"], "spans": [1], "tokens": [2, 2]}], "truncated": {"words": 0, "entities": 0}, "notes": []}',
  ])('says that a run is damaged where its record of the training is %s', record => {
    const store = newStore();
    for (const id of ['ab12', 'cd34']) store.finish(id, CURRENT, ARTEFACTS);
    writeFileSync(store.pathOf('ab12', 'training.json'), record);
    rmSync(store.pathOf('ab12', 'metrics.json'));
    const [damaged, whole] = store.list();
    expect(damaged).toMatchObject({ state: 'damaged' });
    expect(damaged.damage).toContain(
      'training.json: found "epochs" that are no counts of spans after each epoch',
    );
    expect(whole.state).toBe('done');
  });

  it('says which file of a begun run is broken', () => {
    const store = newStore();
    store.saveEpoch('ab12', CURRENT, stateAfter(1));
    writeFileSync(store.pathOf('ab12', 'partial', 'epoch-1', 'state.json'), '{"epo');
    expect(() => store.loadEpoch('ab12')).toThrow(/epoch-1.state\.json: not JSON/);
  });

  it('refuses a run of an older version in one sentence, and says what to do', () => {
    const store = newStore();
    store.finish('ab12', CURRENT, ARTEFACTS);
    const old = { ...CURRENT, role: 'vanilla', loss: { kind: 'vanilla', alpha: 0.5, temperature: 2 } };
    writeFileSync(store.pathOf('ab12', 'config.json'), JSON.stringify(old));
    const [{ state, damage }] = store.list();
    expect(state).toBe('outdated');
    expect(damage).toMatch(
      /config\.json: the run was made by an older version, .*"runs clean --yes" deletes/,
    );
    expect(uselessRuns(store.list())).toEqual([expect.objectContaining({ reason: 'older source' })]);
    expect(() => store.metrics('ab12')).toThrow('made by an older version');
  });

  it('does not remove a run that another process is making', async () => {
    const store = new RunStore(mkdtempSync(join(tmpdir(), 'store-')));
    store.finish('ab12', CONFIG, ARTEFACTS);
    // The process that started this one lives.
    writeFileSync(store.lockFile('ab12'), String(process.ppid));
    expect(store.list()[0].locked).toBe(true);
    await expect(store.remove('ab12')).rejects.toThrow('the run ab12 is being worked on by process');
    expect(store.isDone('ab12')).toBe(true);
  });
});
