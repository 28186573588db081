/** The models in 8 bits of a study, on a machine without onnxruntime. */
import Module from 'node:module';
import { StudySession } from 'ner-distill/experiment/paper';
import { planOf } from 'ner-distill/experiment/plan';
import { quantizeCompared } from 'ner-distill/report/study-quantized';
import { afterEach, expect, it, vi } from 'vitest';

afterEach(() => void vi.restoreAllMocks());

it('are left out where onnxruntime cannot be loaded, and it says so', async () => {
  const loader = Module as unknown as { _load(name: string, ...rest: unknown[]): unknown };
  const load = loader._load;
  vi.spyOn(loader, '_load').mockImplementation((name, ...rest) => {
    if (name === 'onnxruntime-node') throw new Error('no binary');
    return load.call(loader, name, ...rest);
  });
  const lines: string[] = [];
  const store = { say: (line: string) => void lines.push(line) };
  const study: StudySession = Object.create(StudySession.prototype);
  Object.assign(study, { plan: planOf('sample'), store });
  expect(await quantizeCompared(study)).toEqual([]);
  expect(lines).toEqual(['no model in 8 bits: engine "onnx" cannot be used here: no binary']);
});
