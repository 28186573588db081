/** Seeds whose training comes to numbers that are none: they are named, and in no mean. */
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StudySession } from 'ner-distill/experiment/paper';
import type { StudyPlan } from 'ner-distill/experiment/plan';
import { silentProgress } from 'ner-distill/experiment/progress';
import { withoutDiverged } from 'ner-distill/notebook/reproduce';
import { expect, it } from 'vitest';
import { command } from '../command';
import { tinyPlan } from './tiny.fixture';

const plan: StudyPlan = { ...tinyPlan(32, 1), seeds: [1, 2, 3] };
const { teacher } = plan;
const wild = { ...plan, teacher: { ...teacher, training: { ...teacher.training, learningRate: 1e30 } } };
const newFolder = () => mkdtempSync(join(tmpdir(), 'diverged-'));
const open = (asked: StudyPlan, out: string) => StudySession.open(asked, out, { progress: silentProgress });

it('a seed that diverged is left out by name when the study is next opened, of no other study, and of none where all did', async () => {
  const out = newFolder();
  const session = await open(wild, out);
  const found = /^teacher, seed 2: step \d+ gave a loss of .*: try a lower learning rate$/;
  await expect(session.teacher({ seed: 2 })).rejects.toThrow(found);
  const left = await open(wild, out);
  expect(left.plan.seeds).toEqual([1, 3]);
  const sentence = /^seed 2 is left out: teacher, seed 2 diverged \(step \d+ gave a loss of .*\)$/;
  expect(left.results().notes).toContainEqual(expect.stringMatching(sentence));
  expect(left.leftOut).toEqual([expect.stringMatching(sentence)]);
  writeFileSync(join(out, 'plan.json'), JSON.stringify(wild));
  const status = command(['status', '--results', out]);
  expect([status.status, status.stdout.split('\n').at(-3)]).toEqual([0, expect.stringMatching(sentence)]);
  expect(left.asked().some(({ name }) => name.includes('seed 2'))).toBe(false);
  expect((await open(plan, out)).plan.seeds).toEqual([1, 2, 3]);
  for (const seed of [1, 3]) await expect(left.teacher({ seed })).rejects.toThrow('gave a loss of');
  // Nothing is left to be averaged, and who tries again is told why.
  const none = await open(wild, out);
  expect([none.plan.seeds, none.results().runs]).toEqual([[1, 2, 3], []]);
});

it('what says so is of its run, and no reason where it is damaged', async () => {
  const out = newFolder();
  const { store, ...session } = await open(plan, out).then(each => ({
    store: each.store,
    runs: each.planned(),
  }));
  const { id } = session.runs[0];
  store.keepDivergence(id, 'step 7 gave a loss of NaN');
  expect((await open(plan, out)).plan.seeds).toEqual([2, 3]);
  expect(store.ids()).toEqual([id]);
  writeFileSync(store.pathOf(id, 'diverged.json'), '{"found": "step 8"}');
  expect((await open(plan, out)).plan.seeds).toEqual([1, 2, 3]);
  const [listed] = store.list();
  expect([listed.state, listed.foreign]).toEqual(['begun', []]);
  await store.remove(listed);
  expect(existsSync(store.pathOf(id))).toBe(false);
});

it('work that fails as a run diverges is done again without its seed; what fails otherwise fails', async () => {
  const of = (...seeds: number[]) => ({ plan: { ...plan, seeds } });
  const tried: (readonly number[])[] = [];
  const work = async ({ plan: { seeds } }: ReturnType<typeof of>) => {
    tried.push(seeds);
    if (seeds.includes(2)) throw new Error('seed 2: step 7 gave a loss of NaN');
    return 'made';
  };
  expect(await withoutDiverged(of(1, 2, 3), async () => of(1, 3), work)).toBe('made');
  expect(tried).toEqual([
    [1, 2, 3],
    [1, 3],
  ]);
  await expect(withoutDiverged(of(2), async () => of(2), work)).rejects.toThrow('seed 2: step 7');
});
