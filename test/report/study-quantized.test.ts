/** The models in 8 bits of a study, on a machine without onnxruntime. */
import { InputError } from 'ner-distill/errors';
import type { StudySession } from 'ner-distill/experiment/paper';
import { planOf } from 'ner-distill/experiment/plan';
import { quantizeCompared } from 'ner-distill/report/study-quantized';
import { expect, it, vi } from 'vitest';

// By its place: the module that the library itself loads.
vi.mock('../../lib/engine/select', async original => ({
  ...(await original<object>()),
  openEngine: () => Promise.reject(new InputError('engine "onnx" cannot be used here: no binary')),
}));

it('are left out where onnxruntime cannot be loaded, and it says so', async () => {
  const lines: string[] = [];
  const progress = { update() {}, line: (text: string) => void lines.push(text) };
  const study = { plan: planOf('sample'), progress } as unknown as StudySession;
  expect(await quantizeCompared(study)).toEqual([]);
  expect(lines).toEqual(['no model in 8 bits: engine "onnx" cannot be used here: no binary']);
});
