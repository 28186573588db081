/** The run store: names of runs, the marker that makes a folder a run, and epochs kept while a run is made. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
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
import { writeSealedJson, writeSealedTensors } from 'ner-distill/experiment/sealed';
import { identityOfLoss, sourceDigest } from 'ner-distill/experiment/source-digest';
import { initialStateFile, latencyFile } from 'ner-distill/experiment/store-files';
import { writeFileAtomically } from 'ner-distill/files';
import { canonicalJson } from 'ner-distill/json';
import type { ModelConfig } from 'ner-distill/model/config';
import { initialParameters } from 'ner-distill/model/parameters';
import { digestOfParameters } from 'ner-distill/model/safetensors';
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
  record: {
    threads: 1,
    epochs: [COUNTS],
    truncated: { words: 3, entities: 1 },
    notes: ['test is half of valid'],
  },
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
const PART: RunPart = {
  name: 'vanilla',
  role: 'vanilla',
  student: 'student',
  form: null,
  beta: 0,
  criticalTypes: ['PER'],
};
const newStore = (say?: (line: string) => void) => new RunStore(mkdtempSync(join(tmpdir(), 'runs-')), say);
/** A configuration like `CURRENT`, and the id of its run. */
const ofSeed = (seed: number) => {
  const config = { ...CURRENT, training: { ...CURRENT.training, seed } };
  return { config, id: runId(config) };
};
const ID = runId(CURRENT);
/** Two runs whose ids begin alike, and one whose does not. */
const ALIKE = ofSeed(1);
const OTHERS = Array.from({ length: 100 }, (_, i) => ofSeed(i + 2));
const LIKE = OTHERS.find(({ id }) => id[0] === ALIKE.id[0])!;
const UNLIKE = OTHERS.find(({ id }) => id[0] !== ALIKE.id[0])!;
/** Flips a bit in the middle. */
function flip(file: string, place = Math.floor(statSync(file).size / 2)): void {
  const bytes = readFileSync(file);
  bytes[place] ^= 1;
  writeFileSync(file, bytes);
}

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
    store.saveEpoch(ID, CURRENT, stateAfter(1));
    expect(store.isDone(ID)).toBe(false);
    store.finish(ID, CURRENT, ARTEFACTS);
    expect(store.isDone(ID)).toBe(true);
    expect(readdirSync(store.pathOf(ID)).sort()).toEqual(
      [
        ...['config.json', 'done', 'history.csv', 'metrics.json', 'model'],
        ...['predictions.conll', 'training.json', 'validation.conll'],
      ].sort(),
    );
    expect(readdirSync(store.pathOf(ID, 'model')).sort()).toEqual(
      ['config.json', 'model.safetensors', 'tokenizer.json', 'tokenizer_config.json'].sort(),
    );
    const whole = { low: 1, high: 1, confidence: 0.95, resamples: 10_000 };
    const intervals = byMeasure(() => whole);
    expect(store.metrics(ID)).toEqual({
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
    expect(store.checkpoint(ID)).toEqual(ARTEFACTS.checkpoint);
    expect(store.history(ID)).toEqual(HISTORY);
    expect(readFileSync(store.predictionsFile(ID), 'utf8')).toBe(PREDICTIONS);
    expect(readFileSync(store.pathOf(ID, 'history.csv'), 'utf8')).toBe(
      'step,epoch,learningRate,gradientNorm,loss,crossEntropy\n1,1,0.1,2,3,4\n',
    );
    expect(runId(JSON.parse(readFileSync(store.pathOf(ID, 'config.json'), 'utf8')))).toBe(ID);
  });

  it('has the sizes and digests of its files in the marker that is written last', () => {
    const store = newStore();
    store.finish(ID, CURRENT, ARTEFACTS);
    const { files } = JSON.parse(readFileSync(store.pathOf(ID, 'done'), 'utf8'));
    const bytes = readFileSync(store.pathOf(ID, 'predictions.conll'));
    expect(files['predictions.conll']).toEqual({
      bytes: bytes.length,
      sha256: createHash('sha256').update(bytes).digest('hex'),
    });
    expect(Object.keys(files).sort()).toEqual(
      [
        ...['config.json', 'history.csv', 'predictions.conll', 'training.json', 'validation.conll'],
        ...['config.json', 'model.safetensors', 'tokenizer.json', 'tokenizer_config.json'].map(
          name => `model/${name}`,
        ),
      ].sort(),
    );
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
    store.saveEpoch(ID, CURRENT, stateAfter(1));
    // A folder of that name cannot be replaced by a file.
    mkdirSync(store.pathOf(ID, file), { recursive: true });
    expect(() => store.finish(ID, CURRENT, ARTEFACTS)).toThrow(`${file}: cannot be written`);
    expect(store.isDone(ID)).toBe(false);
    expect(store.lastEpoch(ID)).toBe(1);
  });
});

it('finished runs were made from when the first began to when the last one ended', () => {
  const store = newStore();
  expect(store.spanOf([])).toBeUndefined();
  const at = (minute: number) => new Date(Date.UTC(2026, 0, 1, 0, minute));
  for (const [r, { id, config }] of [ofSeed(1), ofSeed(2)].entries()) {
    store.keepPart(id, PART);
    store.finish(id, config, ARTEFACTS);
    utimesSync(store.pathOf(id, 'part.json'), at(10 * r + 1), at(10 * r + 1));
    utimesSync(store.pathOf(id, 'done'), at(10 * r + 9), at(10 * r + 9));
  }
  expect(store.spanOf([1, 2].map(seed => ofSeed(seed).id))).toEqual({ from: at(1), to: at(19) });
  expect(store.spanOf([ofSeed(2).id, 'missing'])).toEqual({ from: at(11), to: at(19) });
  // Another plan asks for the run under another name.
  store.keepPart(ofSeed(2).id, { ...PART, name: 'vanilla, seed 2' });
  expect(store.partOf(ofSeed(2).id)?.name).toBe('vanilla, seed 2');
  expect(store.spanOf([ofSeed(2).id])).toEqual({ from: at(11), to: at(19) });
});

describe('a run that is being made', () => {
  it('has no epoch at first', () => {
    const store = newStore();
    expect(store.lastEpoch(ID)).toBeUndefined();
    expect(store.loadEpoch(ID)).toBeUndefined();
    mkdirSync(store.pathOf(ID, 'partial', 'incomplete-1'), { recursive: true });
    expect(store.loadEpoch(ID)).toBeUndefined();
  });

  it('keeps the newest epoch, whole, and drops the one before', () => {
    const store = newStore();
    for (const epoch of [1, 2, 10]) {
      store.saveEpoch(ID, CURRENT, stateAfter(epoch));
      expect(readdirSync(store.pathOf(ID, 'partial'))).toEqual([`epoch-${epoch}`]);
      expect(store.loadEpoch(ID)).toEqual(stateAfter(epoch));
    }
    expect(existsSync(store.pathOf(ID, 'config.json'))).toBe(true);
  });

  it('goes on from the newest where a stop left two, and overlooks one that is not whole', () => {
    const store = newStore();
    store.saveEpoch(ID, CURRENT, stateAfter(10));
    mkdirSync(store.pathOf(ID, 'partial', 'epoch-9'));
    mkdirSync(store.pathOf(ID, 'partial', 'incomplete-1'));
    writeFileSync(store.pathOf(ID, 'partial', 'incomplete-1', 'state.json'), '{"epo');
    expect(store.lastEpoch(ID)).toBe(10);
    expect(store.loadEpoch(ID)?.epoch).toBe(10);
    store.saveEpoch(ID, CURRENT, stateAfter(11));
    expect(readdirSync(store.pathOf(ID, 'partial'))).toEqual(['epoch-11']);
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
    quantized: null,
    part: null,
    bytes: 0,
    foreign: [],
    ...change,
  });

  it('are unfinished, or of another numerical source, and not in work', () => {
    const reasons = [
      stored({}),
      stored({ damage: 'part.json: changed since it was written' }),
      stored({ state: 'begun' }),
      stored({ state: 'begun', config: null }),
      stored({ state: 'outdated' }),
      stored({ state: 'damaged', damage: 'x: not JSON', config: null }),
      stored({ state: 'damaged', damage: 'x: not JSON', config: null, locked: true }),
      stored({ state: 'begun', locked: true }),
      stored({ state: 'outdated', locked: true }),
    ].map(run => uselessRuns([run])[0]?.reason);
    expect(reasons).toEqual([
      ...[undefined, undefined, 'unfinished', 'unfinished', 'older source'],
      ...['damaged (x: not JSON)', undefined, undefined, undefined],
    ]);
  });
});

describe('files that no run needs', () => {
  const folder = mkdtempSync(join(tmpdir(), 'leftovers-'));
  const write = (file: string, content: string | Uint8Array) =>
    writeFileAtomically(join(folder, file), content);
  const keys = ['1', '2', '3'].map(digit => digit.repeat(16));
  const stateOfSeed = (seed: number) => initialParameters(MODEL, seed);
  for (const seed of [1, 2]) {
    const { path, of } = initialStateFile('distilbert', keys[seed - 1]);
    writeSealedTensors(join(folder, path), of, stateOfSeed(seed));
  }
  write(`initial/distilbert-${keys[2]}.safetensors`, 'not tensors');
  const config = {
    ...CURRENT,
    initialWeights: digestOfParameters(stateOfSeed(2)),
    teacher: 'b'.repeat(16),
  };
  const kept = runId(config);
  const others = ['b', 'c'].map(digit => digit.repeat(16));
  for (const id of [kept, ...others]) {
    write(`teacher-logits/${id}.safetensors`, 'logits');
    const { path, of } = latencyFile(id.slice(0, 12));
    writeSealedJson(join(folder, path), of, { models: [{ id: 'd'.repeat(16) }, { id }] });
  }
  const foreign = [
    ...['initial/mine.txt', 'initial/mine.safetensors', 'initial/bert-1.safetensors'],
    ...['latency/mine.json', `latency/mine/${others[0]}.json`],
    ...['teacher-logits/mine.safetensors', `teacher-mine/${others[1]}.safetensors`],
  ];
  for (const file of foreign) write(file, 'of somebody else');
  symlinkSync('.', join(folder, 'initial', 'circle'));
  const store = new RunStore(folder);
  store.finish(kept, config, ARTEFACTS);
  const files = () => leftovers(folder, store.list()).map(({ file }) => file.replaceAll('\\', '/'));

  it('are measurements of runs that are gone, states that none starts from, and logits that none learns from', () => {
    expect(files()).toEqual([
      ...others.map(id => `latency/${id.slice(0, 12)}.json`),
      ...[keys[0], keys[2]].map(key => `initial/distilbert-${key}.safetensors`),
      `teacher-logits/${others[1]}.safetensors`,
    ]);
    expect(leftovers(folder, store.list()).map(({ bytes }) => bytes)[4]).toBe('logits'.length);
  });

  it('are what a process has half written when it was killed, but not within a run that goes as a whole', () => {
    const here = mkdtempSync(join(tmpdir(), 'killed-'));
    const script = `
      require(${JSON.stringify(join(__dirname, '../../lib/loader.cjs'))});
      const { openFile } = require(${JSON.stringify(join(__dirname, '../../lib/files.ts'))});
      for (const file of ['plan.json', 'runs/${ID}/part.json', 'runs/gone/part.json']) openFile(file).write('{');
      process.kill(process.pid, 'SIGKILL');`;
    spawnSync(process.execPath, ['-e', script], { cwd: here });
    new RunStore(here).finish(ID, CURRENT, ARTEFACTS);
    const kept = new RunStore(here).list().filter(({ id }) => id === ID);
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
    mkdirSync(store.pathOf(others[1]));
    expect(files()).toEqual([`latency/${others[0].slice(0, 12)}.json`]);
  });
});

describe('the store', () => {
  it('lists its runs, finds one by the beginning of its id, and removes it', async () => {
    const store = newStore();
    expect(store.list()).toEqual([]);
    const runs = [ALIKE, LIKE, UNLIKE];
    for (const { id, config } of runs) store.finish(id, config, ARTEFACTS);
    const ids = runs.map(({ id }) => id).sort();
    expect(store.list().map(({ id, state }) => [id, state])).toEqual(ids.map(id => [id, 'done']));
    const { id, config } = UNLIKE;
    expect(store.find(id[0])).toMatchObject({ id, config, metrics: { test: someScores } });
    const alike = ids.filter(each => each !== id);
    expect(() => store.find(alike[0][0])).toThrow(
      `"${alike[0][0]}" is the beginning of 2 runs, ${alike.join(', ')}; expected that of one`,
    );
    expect(() => store.find('x')).toThrow('there is no run "x"');
    await store.remove(store.find(id));
    expect(store.list().map(run => run.id)).toEqual(alike);
    expect(existsSync(store.pathOf(id))).toBe(false);
  });

  it.each([
    ['config.json', '{bad', /changed since the run \w+ was written \(found 4 bytes, expected \d+\)/],
    ['config.json', '', /changed since .* \(found 0 bytes/],
    ['config.json', null, /there is no such file, but there was one/],
    ['model/model.safetensors', '', /changed since .* \(found 0 bytes/],
    ['done', '{}', /has no digest: written by an older version, or not the run/],
    ['done', '[', /has no digest: written by an older version, or not the run/],
    ['done', 'null', /has no digest: written by an older version, or not the run/],
  ])('says which run is damaged, and lists the others: %s is %j', (name, content, what) => {
    const store = newStore();
    for (const { id, config } of [ALIKE, UNLIKE]) store.finish(id, config, ARTEFACTS);
    const file = store.pathOf(ALIKE.id, name);
    rmSync(file);
    if (content !== null) writeFileSync(file, content);
    writeFileSync(join(store.folder, 'runs', `${UNLIKE.id}.txt`), 'no run');
    const damaged = store.find(ALIKE.id);
    expect(damaged).toMatchObject({ state: 'damaged', config: null, metrics: null });
    expect(damaged.damage).toContain(`${file}: `);
    expect(damaged.damage).toMatch(what);
    expect(damaged.damage).toMatch(/makes it anew$/);
    expect(store.list()).toHaveLength(2);
    expect(store.find(UNLIKE.id)).toMatchObject({ state: 'done', damage: null });
  });

  it('knows what its runs are to the study that asked last', () => {
    const store = newStore();
    store.finish(ID, CURRENT, ARTEFACTS);
    const parts = () => store.list().map(run => run.part);
    expect(parts()).toEqual([null]);
    store.keepPart(ID, PART);
    expect(parts()).toEqual([PART]);
    store.keepPart(ID, { ...PART, student: '2 layers', criticalTypes: [] });
    expect(parts()).toEqual([{ ...PART, student: '2 layers', criticalTypes: [] }]);
    // The scores are those of the types that are critical to the study.
    expect(store.metrics(ID).test.coverage).toBe(null);
    expect(store.metrics(ID, ['PER']).test.coverage).toBe(1);
  });

  it('says that a part is damaged, and does without it', () => {
    const lines: string[] = [];
    const store = newStore(line => lines.push(line));
    store.finish(ID, CURRENT, ARTEFACTS);
    store.keepPart(ID, PART);
    const file = store.pathOf(ID, 'part.json');
    flip(file);
    const said = `${file}: changed since it was written, or not the part of the run ${ID} in its study`;
    expect(store.list()).toMatchObject([{ state: 'done', part: null, damage: said }]);
    expect(lines).toEqual([`${said}: written again by the next study that asks for the run`]);
    store.keepPart(ID, PART);
    expect(store.list()).toMatchObject([{ state: 'done', part: PART, damage: null }]);
  });

  it('has scores for the critical types of before where it is not kept any more what a run is to a study', () => {
    const lines: string[] = [];
    const store = newStore(line => lines.push(line));
    const config = { ...CURRENT, criticalTypes: null };
    const id = runId(config);
    store.finish(id, config, ARTEFACTS);
    store.keepPart(id, PART);
    expect(store.metrics(id).test.coverage).toBe(1);
    rmSync(store.pathOf(id, 'part.json'));
    expect(store.metrics(id).test.coverage).toBe(1);
    expect(lines).toEqual([]);
    writeFileSync(store.pathOf(id, 'metrics.json'), '{"derived": {"criticalTypes": 3}}');
    expect(store.metrics(id).test.coverage).toBeNull();
    expect(lines).toEqual([
      expect.stringMatching(/metrics\.json: has no digest: .*: derived again from the predictions$/),
    ]);
  });

  it('derives scores also where they cannot be kept', () => {
    const store = newStore();
    store.finish(ID, CURRENT, ARTEFACTS);
    const before = store.metrics(ID);
    rmSync(store.pathOf(ID, 'metrics.json'));
    // A folder of that name cannot be replaced by a file.
    mkdirSync(store.pathOf(ID, 'metrics.json'));
    expect(store.metrics(ID)).toEqual(before);
    expect(store.list()).toEqual([expect.objectContaining({ state: 'done', damage: null })]);
    expect(uselessRuns(store.list())).toEqual([]);
  });

  it('takes scores for none that somebody wrote, or that are of another run', () => {
    const lines: string[] = [];
    const store = newStore(line => lines.push(line));
    store.finish(ID, CURRENT, ARTEFACTS);
    const wrong = 'a B-PER O\nb O O\n\n';
    const other = { ...ARTEFACTS, predictions: { validation: wrong, test: wrong } };
    store.finish(UNLIKE.id, UNLIKE.config, other);
    const file = store.pathOf(ID, 'metrics.json');
    const right = readFileSync(file, 'utf8');
    for (const text of [
      right.replace('"f1": 1', '"f1": 0.5'),
      readFileSync(store.pathOf(UNLIKE.id, 'metrics.json'), 'utf8'),
      right.trimEnd(),
    ]) {
      expect(text).not.toBe(right);
      writeFileSync(file, text);
      expect(store.metrics(ID).test).toEqual(someScores);
      expect(readFileSync(file, 'utf8')).toBe(right);
    }
    expect(new Set(lines)).toEqual(
      new Set([expect.stringMatching(/metrics\.json: .*: derived again from the predictions$/)]),
    );
  });

  it('finds scores that are not those of the predictions though everything else fits', () => {
    const store = newStore();
    store.finish(ID, CURRENT, ARTEFACTS);
    const file = store.pathOf(ID, 'metrics.json');
    const { files } = JSON.parse(readFileSync(store.pathOf(ID, 'done'), 'utf8'));
    const digest = createHash('sha256').update(canonicalJson(files)).digest('hex');
    const metrics = { ...store.metrics(ID), parameters: 7 };
    writeSealedJson(file, `the scores of the run ${ID} with the files ${digest}`, metrics);
    expect(store.metrics(ID).parameters).toBe(7);
    expect(store.damagesOf(ID).map(({ message }) => message)).toEqual([
      `${file}: the scores are not those of the predictions`,
    ]);
  });

  it.each([
    ['empty, as before there were digests', 'done', ''],
    [
      'of a loss with a kind',
      'config.json',
      JSON.stringify({ ...CURRENT, loss: { kind: 'vanilla', alpha: 0.5, temperature: 2 } }),
    ],
  ])('refuses a run of an older version in one sentence, and says what to do: %s', (_, name, content) => {
    const store = newStore();
    store.finish(ID, CURRENT, ARTEFACTS);
    if (name === 'config.json') rmSync(store.pathOf(ID, 'done'));
    writeFileSync(store.pathOf(ID, name), content);
    const [{ state, damage }] = store.list();
    expect(state).toBe('outdated');
    expect(damage).toContain(`${store.pathOf(ID, name)}: the run was made by an older version`);
    expect(damage).toContain('"runs clean --yes" deletes');
    expect(uselessRuns(store.list())).toEqual([expect.objectContaining({ reason: 'older source' })]);
    expect(() => store.metrics(ID)).toThrow('made by an older version');
    expect(store.damagesOf(ID).map(({ message }) => message)).toEqual([damage]);
  });

  it('does not remove a run that another process is making', async () => {
    const store = newStore();
    store.finish(ID, CURRENT, ARTEFACTS);
    // The process that started this one lives.
    writeFileSync(store.lockFile(ID), String(process.ppid));
    expect(store.list()[0].locked).toBe(true);
    expect(await store.remove({ id: ID, state: 'done' })).toBe('in work');
    expect(store.isDone(ID)).toBe(true);
  });

  it('does not remove a run that has been finished since it was listed', async () => {
    const store = newStore();
    mkdirSync(store.pathOf(ID), { recursive: true });
    const [listed] = store.list();
    expect(listed.state).toBe('begun');
    store.finish(ID, CURRENT, ARTEFACTS);
    expect(await store.remove(listed)).toBe('changed');
    expect(store.list()).toMatchObject([{ state: 'done', locked: false }]);
  });
});

describe('what is of somebody else', () => {
  const folderOf = (store: RunStore, id: string, files: readonly string[]) => {
    for (const file of files) writeFileAtomically(join(store.folder, 'runs', id, file), 'x');
  };

  it('is every folder that has no id for its name, or nothing in it that only a run has', () => {
    const store = newStore();
    store.finish(ID, CURRENT, ARTEFACTS);
    folderOf(store, 'Nov25_host', ['events.out.tfevents.1', 'config.json', 'done']);
    folderOf(store, 'a'.repeat(16), ['events.out.tfevents.1']);
    folderOf(store, 'b'.repeat(16), ['config.json', 'metrics.json', 'model/model.safetensors']);
    folderOf(store, 'c'.repeat(17), ['done']);
    expect(store.list().map(({ id }) => id)).toEqual([ID]);
    expect(store.foreignFolders()).toEqual(['Nov25_host', 'a'.repeat(16), 'b'.repeat(16), 'c'.repeat(17)]);
    expect(() => store.find('Nov')).toThrow('there is no run "Nov"');
  });

  it('stays where a run is removed from around it', async () => {
    const store = newStore();
    store.finish(ID, CURRENT, ARTEFACTS);
    folderOf(store, ID, ['notes.txt', 'model/model.onnx', 'partial/mine/done', 'done.bak']);
    writeFileSync(store.pathOf(ID, 'history.csv.123.tmp'), 'cut short');
    const outside = join(store.folder, 'outside');
    mkdirSync(outside);
    writeFileSync(join(outside, 'config.json'), 'x');
    symlinkSync(outside, store.pathOf(ID, 'link'));
    const foreign = ['done.bak', 'link', 'model/model.onnx', 'notes.txt', 'partial/mine/done'];
    expect(store.list()[0].foreign).toEqual(foreign);
    await store.remove(store.find(ID));
    expect(readdirSync(store.pathOf(ID)).sort()).toEqual(
      ['done.bak', 'link', 'model', 'notes.txt', 'partial'].sort(),
    );
    expect(readdirSync(store.pathOf(ID, 'model'))).toEqual(['model.onnx']);
    expect(readdirSync(outside)).toEqual(['config.json']);
    expect(store.list()).toEqual([]);
    expect(store.foreignFolders()).toEqual([ID]);
  });

  it('may be links in a circle', () => {
    const store = newStore();
    store.finish(ID, CURRENT, ARTEFACTS);
    const { bytes } = store.list()[0];
    for (const name of ['a', 'b']) symlinkSync('.', store.pathOf(ID, name));
    symlinkSync('nowhere', store.pathOf(ID, 'c'));
    expect(store.list()).toMatchObject([{ state: 'done', foreign: ['a', 'b', 'c'], bytes }]);
  });
});

describe('a run in work', () => {
  const newStore = () => new RunStore(mkdtempSync(join(tmpdir(), 'in-work-')));
  const id = runId(CONFIG);

  it('has nothing left that another process has half written and could still put in its place', async () => {
    const store = newStore();
    const left = [
      'config.json.ffffffff-0.7.tmp',
      'model/config.json.ffffffff-3.7.tmp',
      'partial/incomplete-7/state.json',
    ];
    const kept = ['config.json.mine', 'partial/epoch-1/done'];
    for (const name of [...left, ...kept]) {
      mkdirSync(join(store.pathOf(id, name), '..'), { recursive: true });
      writeFileSync(store.pathOf(id, name), '');
    }
    await store.withRun(id, 'the run', async () => {
      expect(left.filter(name => existsSync(store.pathOf(id, name)))).toEqual([]);
      expect(kept.filter(name => existsSync(store.pathOf(id, name)))).toEqual(kept);
    });
  });

  it.each([
    ['an epoch', (store: RunStore) => store.saveEpoch(id, CONFIG, stateAfter(1))],
    ['the end of it', (store: RunStore) => store.finish(id, CONFIG, ARTEFACTS)],
    ['a single file', (store: RunStore) => writeFileAtomically(store.pathOf(id, 'config.json'), '{}')],
  ])('keeps %s no more once another process has taken it over', async (_, keep) => {
    const store = newStore();
    const work = async () => {
      writeFileSync(store.lockFile(id), JSON.stringify({ pid: 7, host: 'node7', token: 'ffffffffffff' }));
      keep(store);
    };
    await expect(store.withRun(id, 'the run', work)).rejects.toThrow(
      'the run: process 7 of the machine "node7" has taken it over while this process gave no sign of life; nothing more is written there',
    );
    expect(readdirSync(store.pathOf(id))).toEqual(['lock']);
  });
});
