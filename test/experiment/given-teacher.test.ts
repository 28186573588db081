/** Teachers that are given: a model, an ONNX graph of it, the logits of another tool; what is asked of them, and what refused. */
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { onnx } from 'onnx-proto';
import { StudySession } from 'ner-distill/experiment/paper';
import type { StudyPlan } from 'ner-distill/experiment/plan';
import { silentProgress } from 'ner-distill/experiment/progress';
import type { StudyRun } from 'ner-distill/experiment/study';
import { exportModel } from 'ner-distill/export/export-model';
import { loadSafetensors } from 'ner-distill/model/safetensors';
import { table1 } from 'ner-distill/report/tables';
import { beforeAll, describe, expect, it } from 'vitest';
import { tinyPlan } from './tiny.fixture';

const newFolder = () => mkdtempSync(join(tmpdir(), 'given-'));
const PLAN: StudyPlan = {
  ...tinyPlan(24, 1),
  distillation: { ...tinyPlan(1, 1).distillation, betas: [0], forms: ['logits'] },
};
const open = (changes: Partial<StudyPlan>, out = newFolder(), lines: string[] = []) =>
  StudySession.open({ ...PLAN, ...changes }, out, {
    progress: { update() {}, line: text => void lines.push(text) },
  });
const filesOf = (out: string, { id }: StudyRun) => ({
  predictions: readFileSync(join(out, 'runs', id, 'predictions.conll'), 'utf8'),
  weights: loadSafetensors(join(out, 'runs', id, 'model', 'model.safetensors')),
  config: JSON.parse(readFileSync(join(out, 'runs', id, 'config.json'), 'utf8')),
});

/** A study that trains its teacher, the folder of the teacher's model, and an export of it. */
let trained: { out: string; session: StudySession; teacher: StudyRun; vanilla: StudyRun };
let model: string;
let exported: string;
beforeAll(async () => {
  const out = newFolder();
  const session = await open({}, out);
  trained = { out, session, teacher: await session.teacher(), vanilla: await session.vanilla() };
  model = session.store.modelFolder(trained.teacher.id);
  exported = join(newFolder(), 'export');
  await exportModel(model, exported, { scores: false });
});

describe('a model that is trained already', () => {
  let out: string;
  let session: StudySession;
  let runs: StudyRun[];
  const lines: string[] = [];
  beforeAll(async () => {
    out = newFolder();
    session = await open({ givenTeacher: { model } }, out, lines);
    runs = await session.all();
  });

  it('is the teacher as it is: its tags, its parameters, and no training', () => {
    const [teacher] = runs;
    expect(teacher).toMatchObject({ role: 'teacher', given: 'model', seed: null });
    expect(teacher.parameters).toBe(trained.teacher.parameters);
    expect(existsSync(join(out, 'runs', teacher.id, 'history.csv'))).toBe(false);
    expect(session.training(teacher)).toMatchObject({ history: [], scores: [] });
    const row = table1(session.results())[0];
    expect(row).toMatchObject({ model: 'teacher', seeds: 1, runs: teacher.id });
    expect(lines[0]).toMatch(/^teacher: given, not trained; asked in .*, F1 /);
  });

  it('teaches as the teacher that was trained to it', () => {
    const [ours, theirs] = [filesOf(out, runs[2]), filesOf(trained.out, trained.vanilla)];
    expect(ours.predictions).toBe(theirs.predictions);
    for (const [name, { values }] of Object.entries(theirs.weights))
      values.forEach((value, i) => expect(ours.weights[name].values[i]).toBeCloseTo(value, 4));
  });
});
