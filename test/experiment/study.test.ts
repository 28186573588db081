/** A very small study from end to end: what is made, what is read again, and what a stopped or killed run leaves. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { readTagged } from 'ner-distill/corpus/formats';
import { InputError } from 'ner-distill/errors';
import { scores } from 'ner-distill/evaluation/scores';
import { StudySession } from 'ner-distill/experiment/paper';
import { type Progress, silentProgress } from 'ner-distill/experiment/progress';
import { RunStore } from 'ner-distill/experiment/runs';
import type { StudyRun } from 'ner-distill/experiment/study';
import { digestOfParameters, encodeSafetensors, loadSafetensors } from 'ner-distill/model/safetensors';
import { beforeAll, describe, expect, it } from 'vitest';
import { tinyPlan } from './tiny.fixture';

const PLAN = tinyPlan(48, 2);

const newFolder = () => mkdtempSync(join(tmpdir(), 'study-'));
const open = (out: string, progress: Progress = silentProgress, signal?: AbortSignal) =>
  StudySession.open(PLAN, out, { progress, signal });

/** Every file under a folder with the time of its last change. */
function timesOf(folder: string): Record<string, number> {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
  return Object.fromEntries(files.map(file => [file, statSync(join(folder, file)).mtimeMs]));
}

/** What must not depend on what happened on the way. */
function bytesOf(out: string, id: string): Record<string, string> {
  const files = [
    'config.json',
    'metrics.json',
    'history.csv',
    'predictions.conll',
    'model/model.safetensors',
  ];
  return Object.fromEntries(
    files.map(file => [file, readFileSync(join(out, 'runs', id, file)).toString('latin1')]),
  );
}

const out = newFolder();
let session: StudySession;
let runs: StudyRun[];
const updates: string[] = [];

beforeAll(async () => {
  session = await open(out, { ...silentProgress, update: text => updates.push(text) });
  runs = await session.all();
});

const runNamed = (name: string): StudyRun => runs.find(run => run.name === name)!;
const configOf = (id: string, folder = out) =>
  JSON.parse(readFileSync(join(folder, 'runs', id, 'config.json'), 'utf8'));

/** A copy of the study without some of its runs. */
function copyWithout(...names: string[]): string {
  const copy = newFolder();
  cpSync(out, copy, { recursive: true });
  for (const name of names) rmSync(join(copy, 'runs', runNamed(name).id), { recursive: true });
  return copy;
}

const LOGITS = 'constrained (logits, β = 0.5)';

describe('a study', () => {
  it("makes every run of the plan in the paper's order", () => {
    expect(runs.map(({ name, role, form, beta }) => [name, role, form, beta])).toEqual([
      ['teacher', 'teacher', null, null],
      ['student without teacher', 'control', null, null],
      ['vanilla', 'vanilla', null, 0],
      [LOGITS, 'constrained', 'logits', 0.5],
      ['constrained (weighted, β = 0.5)', 'constrained', 'weighted', 0.5],
    ]);
    expect(readdirSync(join(out, 'runs')).sort()).toEqual(runs.map(({ id }) => id).sort());
    for (const { id } of runs) expect(session.store.isDone(id)).toBe(true);
  });

  it('has β = 0 as the vanilla run in every form', async () => {
    const { id } = runNamed('vanilla');
    expect((await session.constrained('logits', 0)).id).toBe(id);
    expect((await session.constrained('weighted', 0)).id).toBe(id);
  });

  it('results in exactly the planned runs that are done', async () => {
    expect(session.results()).toEqual({
      preset: 'smoke',
      corpus: 'sample',
      criticalTypes: ['PER', 'ORG'],
      betas: [0, 0.5],
      forms: ['logits', 'weighted'],
      students: ['student'],
      seeds: [1],
      givenTeacher: null,
      notes: [
        expect.stringContaining('tags in IOB2'),
        expect.stringContaining('only the first 48 / 16 / 24 sentences are used'),
        'test: at 24 pieces a sequence (--max-length), 187 of 333 words and 19 of 42 entities are cut off; they count as not found',
        expect.stringMatching(/^valid: at 24 pieces .* count as not found$/),
        expect.stringMatching(/^train: at 24 pieces .* nothing is learnt from them$/),
      ],
      runs,
      comparisons: [
        expect.objectContaining({ form: 'logits' }),
        expect.objectContaining({ form: 'weighted' }),
      ],
      contrasts: [
        expect.objectContaining({ claim: 'student against teacher' }),
        expect.objectContaining({ claim: 'critical against all types' }),
      ],
      overSeeds: [],
      quantized: [],
      quantization: [],
    });
    const copy = copyWithout('vanilla');
    mkdirSync(join(copy, 'runs', '0123456789abcdef'));
    writeFileSync(join(copy, 'runs', '0123456789abcdef', 'done'), '');
    expect((await open(copy)).results().runs).toEqual(runs.filter(({ name }) => name !== 'vanilla'));
  });

  it('computes the logits of the teacher once for all students', () => {
    expect(updates.filter(text => text.startsWith("teacher's logits: batch 1/"))).toHaveLength(1);
    expect(readdirSync(join(out, 'teacher-logits'))).toEqual([`${runNamed('teacher').id}.safetensors`]);
  });

  it('starts every student from the same saved state, and the teacher from its own', () => {
    const digests = runs.map(({ id }) => configOf(id).initialWeights);
    const [teacher, ...students] = digests;
    expect(new Set(students).size).toBe(1);
    expect(teacher).not.toBe(students[0]);
    const saved = readdirSync(join(out, 'initial')).map(file => loadSafetensors(join(out, 'initial', file)));
    expect(saved.map(digestOfParameters).sort()).toEqual([teacher, students[0]].sort());
  });

  it('is read by a second session, which trains and writes nothing', async () => {
    const before = timesOf(out);
    const lines: string[] = [];
    const second = await open(out, { ...silentProgress, line: text => lines.push(text) });
    expect(await second.all()).toEqual(runs);
    expect(timesOf(out)).toEqual(before);
    expect(lines.map(line => line.split(': ')[1].split(',')[0])).toEqual(
      runs.map(() => 'read from the store'),
    );
  });
});

describe('what a run leaves', () => {
  it('are predictions that score as its metrics say', () => {
    for (const { id, test } of runs) {
      const file = join(out, 'runs', id, 'predictions.conll');
      const sentences = readTagged(readFileSync(file), file, { tagColumns: 2 }).sentences;
      const [gold, predicted] = [0, 1].map(column => sentences.map(({ columns }) => columns[column]));
      expect(gold).toEqual(session.corpus.test.map(({ tags }) => tags));
      expect(scores(gold, predicted, { critical: ['PER', 'ORG'] })).toEqual(test);
      expect(session.predictions({ id }).map(({ words }) => words)).toEqual(
        session.corpus.test.map(({ words }) => words),
      );
    }
  });

  it('are metrics without any time in them', () => {
    for (const { id } of runs) {
      const text = readFileSync(join(out, 'runs', id, 'metrics.json'), 'utf8');
      const metrics = JSON.parse(text);
      expect(Object.keys(metrics)).toEqual([
        'parameters',
        'validation',
        'test',
        'intervals',
        'epochs',
        'truncated',
        'notes',
        'derived',
        'seal',
      ]);
      expect(metrics.epochs).toHaveLength(2);
      expect(metrics.epochs[1]).toEqual(metrics.validation);
      expect(text).not.toMatch(/second|time|date|latency/i);
    }
  });

  it('is a history of every step with the terms of its loss', () => {
    const historyOf = (name: string): string[][] =>
      readFileSync(join(out, 'runs', runNamed(name).id, 'history.csv'), 'utf8')
        .trim()
        .split('\n')
        .map(line => line.split(','));
    const STEP = ['step', 'epoch', 'learningRate', 'gradientNorm', 'loss'];
    for (const [name, terms] of [
      ['teacher', ['crossEntropy']],
      ['student without teacher', ['crossEntropy']],
      ['vanilla', ['crossEntropy', 'distillation']],
      [LOGITS, ['crossEntropy', 'distillation', 'criticalMatching']],
    ] as const) {
      const [head, ...rows] = historyOf(name);
      expect(head, name).toEqual([...STEP, ...terms]);
      // 48 sentences in batches of 8, twice.
      expect(rows).toHaveLength(12);
      for (const cell of rows.flat()) expect(Number.isFinite(Number(cell)) && cell !== '').toBe(true);
    }
  });
});

describe('a student', () => {
  it('does not change when another trained student is changed', async () => {
    const copy = copyWithout(LOGITS);
    const other = await open(copy);
    const { id } = runNamed('vanilla');
    const logits = join(copy, 'teacher-logits', `${runNamed('teacher').id}.safetensors`);
    const before = statSync(logits).mtimeMs;
    // In memory and on disk.
    const { parameters } = other.store.checkpoint(id);
    for (const { values } of Object.values(parameters)) values.fill(1);
    writeFileSync(other.store.pathOf(id, 'model', 'model.safetensors'), encodeSafetensors(parameters));
    const run = await other.constrained('logits', 0.5);
    expect(run).toEqual(runNamed(LOGITS));
    expect(configOf(run.id, copy).initialWeights).toBe(configOf(id).initialWeights);
    expect(bytesOf(copy, run.id)).toEqual(bytesOf(out, run.id));
    expect(statSync(logits).mtimeMs).toBe(before);
  });

  it('is the same whether it is made first or last', async () => {
    const copy = copyWithout('student without teacher', 'vanilla');
    const other = await open(copy);
    await other.vanilla();
    await other.control();
    for (const name of ['student without teacher', 'vanilla'])
      expect(bytesOf(copy, runNamed(name).id)).toEqual(bytesOf(out, runNamed(name).id));
  });

  it.each(['before', 'after'])(
    'is trained from the state that was drawn, not from a saved one that was changed %s the study was opened',
    async when => {
      const copy = copyWithout('vanilla');
      const lines: string[] = [];
      const other = await open(copy, { ...silentProgress, line: text => lines.push(text) });
      if (when === 'after') other.planned();
      const files = readdirSync(join(copy, 'initial')).map(name => join(copy, 'initial', name));
      for (const file of files) {
        const state = loadSafetensors(file);
        state['classifier.bias'].values[0] = 1;
        writeFileSync(file, encodeSafetensors(state));
      }
      expect((await other.vanilla()).id).toBe(runNamed('vanilla').id);
      expect(bytesOf(copy, runNamed('vanilla').id)).toEqual(bytesOf(out, runNamed('vanilla').id));
      expect(lines.filter(line => line.endsWith(': drawn anew'))).toHaveLength(when === 'after' ? 1 : 2);
      // That of the teacher, which is there, is not needed.
      const mended = files.filter(file =>
        readFileSync(file).equals(readFileSync(join(out, 'initial', basename(file)))),
      );
      expect(mended).toHaveLength(1);
    },
  );
});

describe('a run that is cut short', () => {
  it.each(['teacher', 'vanilla', LOGITS])('goes on after its last epoch to the same end: %s', async name => {
    const copy = copyWithout(name);
    const { id } = runNamed(name);
    const make = (each: StudySession) =>
      name === 'teacher'
        ? each.teacher()
        : name === 'vanilla'
          ? each.vanilla()
          : each.constrained('logits', 0.5);
    const stop = new AbortController();
    const update = (text: string) => {
      if (text.startsWith(`${name}: validation`)) stop.abort(new InputError('stopped'));
    };
    await expect(make(await open(copy, { ...silentProgress, update }, stop.signal))).rejects.toThrow(
      'stopped',
    );
    const lines: string[] = [];
    const second = await open(copy, { ...silentProgress, line: text => lines.push(text) });
    expect([second.store.isDone(id), second.store.lastEpoch(id)]).toEqual([false, 1]);
    expect(await make(second)).toEqual(runNamed(name));
    expect(lines[0]).toBe(`${name}: goes on after epoch 1 of 2`);
    expect(bytesOf(copy, id)).toEqual(bytesOf(out, id));
  });

  it('begins anew where it was stopped within its first epoch', async () => {
    const copy = copyWithout('vanilla');
    const { id } = runNamed('vanilla');
    const stop = new AbortController();
    const update = (text: string) => text.includes('step 3/') && stop.abort(new InputError('stopped'));
    const first = await open(copy, { ...silentProgress, update }, stop.signal);
    await expect(first.vanilla()).rejects.toThrow('stopped');
    expect(first.store.lastEpoch(id)).toBeUndefined();
    await (await open(copy)).vanilla();
    expect(bytesOf(copy, id)).toEqual(bytesOf(out, id));
  });

  it('goes on where the process was killed', async () => {
    const { id } = runNamed('teacher');
    const killed = newFolder();
    // Slow enough at every step that the second epoch cannot end before the kill.
    const script = `
      const { StudySession } = require('ner-distill');
      const sleep = () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 60);
      const progress = { update: sleep, line() {} };
      StudySession.open(${JSON.stringify(PLAN)}, ${JSON.stringify(killed)}, { progress }).then(s => s.teacher());`;
    const child = spawn(process.execPath, ['-e', script], {
      cwd: resolve(__dirname, '../..'),
      stdio: 'ignore',
    });
    const exit = once(child, 'exit');
    try {
      const epoch = join(killed, 'runs', id, 'partial', 'epoch-1');
      for (let i = 0; i < 6000 && child.exitCode === null && !existsSync(epoch); i++) await delay(10);
      expect(existsSync(epoch)).toBe(true);
    } finally {
      child.kill('SIGKILL');
    }
    expect(await exit).toEqual([null, 'SIGKILL']);
    const second = await open(killed);
    expect([second.store.isDone(id), second.store.lastEpoch(id)]).toEqual([false, 1]);
    expect(await second.teacher()).toEqual(runNamed('teacher'));
    expect(bytesOf(killed, id)).toEqual(bytesOf(out, id));
  });
});

describe('latency', () => {
  it('is measured once by the protocol of the plan, and then read', async () => {
    const copy = copyWithout();
    const first = await open(copy);
    const run = runNamed('vanilla');
    const before = timesOf(join(copy, 'runs'));
    const summary = (await first.latency(run))!;
    expect(summary).toMatchObject(PLAN.latency);
    expect(summary.meanSeconds).toBeGreaterThan(0);
    expect(summary.sentencesPerSecond).toBeCloseTo(8 / summary.meanSeconds, 6);
    const times = timesOf(copy);
    expect(await first.latency(run)).toEqual(summary);
    const second = await open(copy);
    expect(second.measurements.known(run)).toEqual(summary);
    expect(timesOf(copy)).toEqual(times);
    // It stands beside the runs, not in them.
    expect(timesOf(join(copy, 'runs'))).toEqual(before);
    // All students have one architecture, and with it one latency.
    const [teacher, ...students] = second.results().runs.map(({ latency }) => latency);
    expect(students).toEqual([summary, summary, summary, summary]);
    expect(teacher).toMatchObject({ session: summary.session, repeats: summary.repeats });
    expect(teacher!.meanSeconds).not.toBe(summary.meanSeconds);
  });

  it('is refused for a batch that the test part cannot fill', async () => {
    const plan = { ...PLAN, latency: { ...PLAN.latency, batchSize: 25 } };
    const other = await StudySession.open(plan, out, { progress: silentProgress });
    await expect(other.latency(runNamed('vanilla'))).rejects.toThrow(
      'a batch of 25 is larger than the test part (24 sentences)',
    );
  });
});

it('a critical type that the corpus lacks is refused before anything is written', async () => {
  const nowhere = join(newFolder(), 'out');
  const opening = StudySession.open({ ...PLAN, criticalTypes: ['PER', 'GENE'] }, nowhere, {
    progress: silentProgress,
  });
  await expect(opening).rejects.toThrow(InputError);
  await expect(opening).rejects.toThrow('critical type "GENE" is not in the tag set (PER, ORG');
  expect(existsSync(nowhere)).toBe(false);
});

it('the order in which critical types are named makes no other run', async () => {
  const out = newFolder();
  const ids = async (criticalTypes: string[]) =>
    (await StudySession.open({ ...PLAN, criticalTypes }, out, { progress: silentProgress }))
      .planned()
      .map(({ id }) => id);
  const [named, other] = [await ids(['PER', 'ORG']), await ids(['ORG', 'PER'])];
  expect(other).toEqual(named);
  expect(await ids(['PER'])).not.toEqual(named);
});

it('a run that is read is scored, from then on, by the critical types of the study that reads it', async () => {
  const folder = newFolder();
  cpSync(out, folder, { recursive: true });
  const { id } = runNamed('vanilla');
  const plan = { ...PLAN, criticalTypes: ['LOC'] };
  const read = await (await StudySession.open(plan, folder, { progress: silentProgress })).vanilla();
  expect(read.id).toBe(id);
  const { part, metrics } = new RunStore(folder).find(id);
  expect(part?.criticalTypes).toEqual(['LOC']);
  expect(metrics?.test).toEqual(read.test);
});

it('two that ask for runs of one teacher at once get one teacher', async () => {
  const lines: string[] = [];
  const session = await open(newFolder(), { line: text => void lines.push(text), update: () => {} });
  await Promise.all([session.vanilla(), session.constrained('logits', 0.5), session.vanilla()]);
  const trained = lines.filter(line => line.includes('trained in')).map(line => line.split(':')[0]);
  expect(trained.sort()).toEqual(['constrained (logits, β = 0.5)', 'teacher', 'vanilla']);
});

it('is refused where no word fits into its longest sequence, with the length that the first would fit', async () => {
  const folder = newFolder();
  // A vocabulary of single letters: five pieces and eight.
  for (const part of ['train', 'valid', 'test'])
    writeFileSync(join(folder, `${part}.txt`), 'abcde B-PER\n\nfghijklm B-ORG\n');
  const plan = (maxLength: number) => ({
    ...PLAN,
    data: folder,
    tokenizer: { vocabularySize: 1, lowercase: false, caseMarks: false },
    maxLength,
    latency: { ...PLAN.latency, batchSize: 1 },
  });
  const openWith = (maxLength: number) =>
    StudySession.open(plan(maxLength), folder, { progress: silentProgress });
  await expect(openWith(6)).rejects.toThrow(
    'maxLength (--max-length): found 6 pieces, expected at least 7: no word of the training part fits',
  );
  expect((await openWith(7)).encoded.train.truncated.words).toBe(1);
});
