/** Sessions of measuring: which models take part, when they are made again, and what is kept. Nothing is timed. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TryAgainError } from 'ner-distill/errors';
import type {
  MeasurementRequest,
  ModelLatency,
  ModelMeasurement,
} from 'ner-distill/experiment/measure-model';
import { Measurements, measureInProcess, type StudyToMeasure } from 'ner-distill/experiment/measurement';
import { StudySession } from 'ner-distill/experiment/paper';
import { silentProgress } from 'ner-distill/experiment/progress';
import { storeFilesIn } from 'ner-distill/experiment/store-files';
import type { StudyRun } from 'ner-distill/experiment/study';
import { beforeAll, beforeEach, expect, it, onTestFinished, vi } from 'vitest';
import { run as madeUp } from '../report/study.fixture';
import { tinyPlan } from './tiny.fixture';

const plan = tinyPlan(64, 1);
const [student] = plan.students;
const small = { ...student, name: 'small', layers: 1, hiddenSize: 16 };
let session: StudySession;
let runs: Record<'teacher' | 'control' | 'vanilla' | 'small', StudyRun>;
beforeAll(async () => {
  const folder = mkdtempSync(join(tmpdir(), 'measurement-'));
  const both = { ...plan, students: [student, small] };
  session = await StudySession.open(both, folder, { progress: silentProgress });
  runs = {
    teacher: await session.teacher(),
    control: await session.control(),
    vanilla: await session.vanilla(),
    small: await session.vanilla({ student: 'small' }),
  };
});

/** A machine whose sessions take 1 s, 2 s, … a batch, for all models alike, and are disturbed as told. */
let requests: MeasurementRequest[];
function machine(othersCores: (session: number) => number) {
  return async (request: MeasurementRequest): Promise<ModelMeasurement[]> => {
    const number = requests.push(request);
    const { latency } = madeUp({
      role: 'teacher',
      overall: [1, 1],
      critical: [1, 1],
      latencyMs: 1000 * number,
    });
    const cores = othersCores(number);
    const measured: ModelLatency = {
      ...latency!,
      session: `session ${number}`,
      load: { ...latency!.load, othersCores: cores, quiet: cores <= 0.25 },
    };
    return request.models.map(({ model }) => ({
      model,
      parameters: 1,
      engine: 'onnx',
      threads: 1,
      precision: 'fp32',
      readingSeconds: 0,
      latencies: request.settings.map(() => measured),
    }));
  };
}
const quiet = machine(() => 0.1);

/** As a notebook or a command has it. @param batch of another size, so of another file */
let batchSize = 0;
beforeEach(() => {
  requests = [];
  batchSize++;
});
function opened(measure = quiet, part: Partial<StudyToMeasure> = {}): Measurements {
  const { store, engine, corpus } = session;
  const sentences = corpus.test.map(({ words }) => words);
  const protocol = { ...plan.latency, batchSize };
  return new Measurements(
    { store, engine, protocol, sentences, maxLength: plan.maxLength, ...part },
    measure,
  );
}
const foldersOf = ({ models }: MeasurementRequest) =>
  models.map(({ model, precision }) => `${model.split('/').at(-2)} ${precision}`);

it('takes one model of each architecture, whose latency all of them share', async () => {
  const { teacher, control, vanilla, small } = runs;
  await opened().all([teacher, control, vanilla], silentProgress);
  expect(requests.map(foldersOf)).toEqual([[`${teacher.id} fp32`, `${control.id} fp32`]]);
  const again = opened();
  await again.all([teacher, control, vanilla], silentProgress);
  expect(requests).toHaveLength(1);
  expect([teacher, control, vanilla, small].map(run => again.known(run)?.session)).toEqual([
    'session 1',
    'session 1',
    'session 1',
    undefined,
  ]);
});

it('measures all again, those of before too, where a model or a precision is new', async () => {
  const { teacher, vanilla, small } = runs;
  const measurements = opened();
  await measurements.all([teacher, vanilla], silentProgress);
  await measurements.all([small, { ...vanilla, precision: 'int8' }], silentProgress);
  expect(foldersOf(requests[1])).toEqual([
    `${small.id} fp32`,
    `${vanilla.id} int8`,
    `${teacher.id} fp32`,
    `${vanilla.id} fp32`,
  ]);
  expect(requests[1].models.map(({ engine }) => engine)).toEqual(['onnx', 'onnx', 'onnx', 'onnx']);
  const all = [teacher, vanilla, small, { ...vanilla, precision: 'int8' as const }];
  expect(new Set(all.map(model => opened().known(model)?.session))).toEqual(new Set(['session 2']));
});

it('keeps a session until the next one is complete', async () => {
  const { teacher, vanilla, small } = runs;
  await opened().all([teacher, vanilla], silentProgress);
  const killed = opened(async () => Promise.reject(new Error('killed')));
  await expect(killed.all([teacher, vanilla, small], silentProgress)).rejects.toThrow('killed');
  expect(opened().known(teacher)?.session).toBe('session 1');
});

it('measures a machine that was not quiet again when it is next opened, three times at most, and keeps the least disturbed', async () => {
  const { teacher, vanilla } = runs;
  const busy = machine(number => [1, 0.5, 2, 3][number - 1]);
  const found: (string | undefined)[] = [];
  for (let i = 0; i < 5; i++) {
    const measurements = opened(busy);
    for (let times = 0; times < 2; times++) await measurements.all([teacher, vanilla], silentProgress);
    found.push(measurements.known(teacher)?.session);
  }
  expect(requests).toHaveLength(3);
  expect(found).toEqual(['session 1', 'session 2', 'session 2', 'session 2', 'session 2']);
  // A quiet one ends it; a new model begins anew, on whatever machine.
  await opened(busy).all([teacher, vanilla, runs.small], silentProgress);
  expect(opened().known(teacher)?.session).toBe('session 4');
  await opened().all([teacher, vanilla, runs.small], silentProgress);
  await opened().all([teacher, vanilla, runs.small], silentProgress);
  expect(requests).toHaveLength(5);
  expect(opened().known(teacher)?.session).toBe('session 5');
});

it('tells apart what is measured with other sentences, lengths and settings', async () => {
  const { teacher } = runs;
  await opened().all([teacher], silentProgress);
  const others = [{ sentences: Array.from({ length: 99 }, () => ['other']) }, { maxLength: 7 }];
  for (const part of others) expect(opened(quiet, part).known(teacher)).toBeNull();
  const settings = [1, 2].map(size => ({
    length: 'real' as const,
    protocol: { ...plan.latency, batchSize: size },
  }));
  const files = storeFilesIn(session.store.folder).length;
  const latencies = await opened().in(settings, [teacher, runs.vanilla]);
  expect(latencies.map(ofModel => ofModel.length)).toEqual([2, 2]);
  expect(storeFilesIn(session.store.folder)).toHaveLength(files + 1);
  await opened().in(settings, [runs.vanilla]);
  expect(requests).toHaveLength(2);
});

it('knows nothing of a run that is not there', () => {
  expect(opened().known({ id: '0'.repeat(16) })).toBeNull();
});

const nothing = {
  models: [],
  sentences: [],
  settings: [],
  maxLength: null,
  threads: null,
  wattsPerCore: 10,
};

it('ends the measuring process when it is told to stop, for the reason that was given', async () => {
  const stop = new AbortController();
  const measured = measureInProcess(nothing, stop.signal);
  const reason = new TryAgainError('stopped');
  stop.abort(reason);
  await expect(measured).rejects.toBe(reason);
});

it('says of a measuring process that was killed, as where memory runs out, that the same may do later', async () => {
  const killed = join(mkdtempSync(join(tmpdir(), 'killed-')), 'killed.cjs');
  writeFileSync(killed, "process.kill(process.pid, 'SIGKILL');");
  onTestFinished(() => void vi.unstubAllEnvs());
  vi.stubEnv('NODE_OPTIONS', `--require ${killed}`);
  const error = await measureInProcess(nothing).catch(error => error);
  expect(error).toBeInstanceOf(TryAgainError);
  expect(error.message).toBe('the measuring process was ended by SIGKILL, as where memory runs out');
});
