/** Measurements that are kept: what is damaged is measured again. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Engine } from 'ner-distill/engine/engine';
import type { ModelLatency } from 'ner-distill/experiment/measure-model';
import { Measurements } from 'ner-distill/experiment/measurement';
import { RunStore } from 'ner-distill/experiment/runs';
import { afterAll, expect, it } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'measurement-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const measurements = new Measurements({
  store: new RunStore(folder),
  engine: { name: 'onnx', threads: 1 } as Engine,
  protocol: { warmup: 1, batches: 1, repeats: 1, batchSize: 2 },
  sentences: [],
  maxLength: 8,
});
/** Where the latency of a run by the plan's protocol is kept: the folder's name is a digest of all that it depends on. */
const file = (measurements as unknown as { fileOf(id: string, settings: unknown): string }).fileOf('aa', [
  { protocol: { warmup: 1, batches: 1, repeats: 1, batchSize: 2 }, length: 'median' },
]);
mkdirSync(join(file, '..'), { recursive: true });

const whole: Partial<ModelLatency> = {
  ...{ meanSeconds: 0.5, stdSeconds: 0.1, batchSize: 2 },
  ...{ energy: {} as ModelLatency['energy'], load: {} as ModelLatency['load'] },
};

it('is read where it is whole', () => {
  writeFileSync(file, JSON.stringify([whole]));
  expect(measurements.known('aa')).toEqual(whole);
  expect(readdirSync(join(folder, 'latency'))).toHaveLength(1);
});

it.each([
  ['cut short', '[{"meanSeconds": 0.5,'],
  ['empty', ''],
  ['another thing', '{}'],
  ['of another number of settings', JSON.stringify([whole, whole])],
  ['of other values', JSON.stringify([{ ...whole, meanSeconds: null }])],
  ['without its load', JSON.stringify([{ ...whole, load: undefined }])],
  ['deep', '['.repeat(10_000)],
])('is not known where it is %s', (_, text) => {
  writeFileSync(file, text);
  expect(measurements.known('aa')).toBeNull();
});
