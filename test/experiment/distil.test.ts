/** Students of losses that the plan does not have: written here as in a cell, and called by name. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { StudySession } from 'ner-distill/experiment/paper';
import { silentProgress } from 'ner-distill/experiment/progress';
import { runId } from 'ner-distill/experiment/run-config';
import { writeSealedJson } from 'ner-distill/experiment/sealed';
import { DISTILLED } from 'ner-distill/experiment/store-files';
import { gatherSeeds, type Study, type StudyRun } from 'ner-distill/experiment/study';
import { table2 } from 'ner-distill/report/tables';
import { criticalLogitsLoss } from 'ner-distill/training/losses/critical-logits';
import { vanillaDistillation } from 'ner-distill/training/losses/distillation';
import { hiddenStatesLoss } from 'ner-distill/training/losses/hidden-states';
import { defineLoss, LABELLED } from 'ner-distill/training/losses/loss';
import { beforeAll, describe, expect, it } from 'vitest';
import { tinyPlan } from './tiny.fixture';

const PLAN = tinyPlan(32, 1);
const out = mkdtempSync(join(tmpdir(), 'distil-'));
const open = (plan = PLAN) => StudySession.open(plan, out, { progress: silentProgress });
const configOf = ({ id }: StudyRun) => JSON.parse(readFileSync(join(out, 'runs', id, 'config.json'), 'utf8'));

/** KL the other way round: KL(σ(z) ‖ σ(z′)), which makes a student sure of few classes. */
const reverse = (factor: number) =>
  defineLoss({
    name: 'reverse KL',
    settings: { alpha: { default: 0.5, least: 0, most: 1 } },
    teacher: ['logits'],
    means: { labelled: LABELLED },
    scalar: () => Number.NaN,
    program:
      factor === 1
        ? ({ logits, gold, teacher, mean }, { alpha }) => {
            const [lnP, lnQ] = [tf.logSoftmax(teacher.logits), tf.logSoftmax(logits)];
            const reverseKl = mean.labelled(tf.sum(tf.mul(tf.exp(lnQ), tf.sub(lnQ, lnP)), -1));
            const crossEntropy = tf.neg(mean.labelled(tf.sum(tf.mul(gold, lnQ), -1)));
            const loss = tf.add(tf.mul(crossEntropy, alpha), tf.mul(reverseKl, 1 - alpha));
            return { loss, crossEntropy, reverseKl };
          }
        : ({ logits, gold, mean }) => ({
            loss: tf.neg(mean.labelled(tf.sum(tf.mul(gold, tf.logSoftmax(logits)), -1))),
          }),
  });

let session: StudySession;
let run: StudyRun;
beforeAll(async () => {
  session = await open();
  await session.vanilla();
  run = await session.distil({ loss: reverse(1)() });
});

describe('a student of a loss of one’s own', () => {
  it('is trained by it from the saved state, with the teacher of the study', async () => {
    const vanilla = await session.vanilla();
    const { loss, source: _, ...rest } = configOf(run);
    const { loss: __, source: ___, ...others } = configOf(vanilla);
    expect(rest).toEqual(others);
    expect(loss).toEqual({
      name: 'reverse KL',
      settings: { alpha: 0.5 },
      source: expect.stringContaining('reverseKl'),
    });
    const history = readFileSync(join(out, 'runs', run.id, 'history.csv'), 'utf8')
      .trim()
      .split('\n');
    expect(history[0]).toBe('step,epoch,learningRate,gradientNorm,loss,crossEntropy,reverseKl');
    const [, , , , total, crossEntropy, reverseKl] = history[1].split(',').map(Number);
    expect(total).toBeCloseTo(0.5 * crossEntropy + 0.5 * reverseKl, 5);
  });

  it('belongs to the results, in other sessions, too', async () => {
    expect(run).toMatchObject({
      name: 'distilled (reverse KL)',
      role: 'distilled',
      form: 'reverse KL',
      beta: null,
    });
    const again = (await open()).results();
    expect(again.runs.at(-1)).toEqual(run);
    expect(again.comparisons.map(({ form, beta }) => [form, beta])).toEqual([['reverse KL', null]]);
  });

  it('is read, not trained again, while the loss is the same', async () => {
    const lines: string[] = [];
    const other = await StudySession.open(PLAN, out, {
      progress: { ...silentProgress, line: text => lines.push(text) },
    });
    expect(await other.distil({ loss: reverse(1)() })).toEqual(run);
    expect(lines).toEqual([expect.stringMatching(/^distilled \(reverse KL\): read from the store/)]);
  });

  it('gives way to one of a loss of the same name and another text; other settings stand beside it', async () => {
    const { id } = await session.distil({ loss: reverse(2)() });
    expect(id).not.toBe(run.id);
    const half = await session.distil({ loss: reverse(1)({ alpha: 0.25 }) });
    expect(half.form).toBe('reverse KL (alpha 0.25)');
    const further = () => session.results().runs.filter(({ role }) => role === 'distilled');
    expect(further().map(each => each.id)).toEqual([id, half.id]);
    await session.distil({ loss: reverse(1)() });
    expect(further().map(each => each.id)).toEqual([half.id, run.id]);
  });

  it('is no part of a study that differs in more than the loss', async () => {
    const other = await open({ ...PLAN, maxLength: 20 });
    expect(other.results().runs).toEqual([]);
  });

  it('is one of each seed, also when the plan had one seed before', async () => {
    const loss = reverse(1)({ alpha: 0.75 });
    await session.distil({ loss });
    const other = await open({ ...PLAN, seeds: [1, 2] });
    for (const seed of [1, 2]) await other.vanilla({ seed });
    for (const seed of [1, 2]) await other.distil({ loss, seed });
    const seeds = (study: StudySession, form: string) =>
      study.results().runs.flatMap(each => (each.form === form ? each.seed : []));
    expect(seeds(other, loss.label)).toEqual([1, 2]);
    const changed = reverse(2)({ alpha: 0.75 });
    await session.distil({ loss: changed });
    expect(seeds(session, loss.label)).toEqual([1]);
  });

  it('is pooled over no seed with another loss of its name, or another learning rate, and says which is left out', async () => {
    const twice = { ...PLAN, seeds: [1, 2] };
    const lines: string[] = [];
    const study = await StudySession.open(twice, out, {
      progress: { ...silentProgress, line: text => lines.push(text) },
    });
    for (const seed of twice.seeds) await study.vanilla({ seed });
    const first = await study.distil({ loss: reverse(1)({ alpha: 0.6 }), seed: 1 });
    const second = await study.distil({ loss: reverse(2)({ alpha: 0.6 }), seed: 2 });
    const ofForm = ({ runs }: Study) => runs.filter(({ form }) => form === first.form).map(({ id }) => id);
    expect(ofForm(study.results())).toEqual([second.id]);
    const sentence = `${first.name} is left out: it has another loss or learning rate than ${second.name}`;
    expect(study.results().notes).toContain(sentence);
    const [student] = twice.students;
    const slower = {
      ...twice,
      students: [{ ...student, training: { ...student.training, learningRate: 1e-5 } }],
    };
    const third = await (await open(slower)).distil({ loss: reverse(2)({ alpha: 0.6 }), seed: 1 });
    expect(third.id).not.toBe(first.id);
    // Now that of seed 2 is the older one.
    expect(ofForm((await open(slower)).results())).toEqual([third.id]);
  });

  it('must not have the name of a loss of the library', async () => {
    const own = defineLoss({
      ...{ name: 'vanilla', settings: {}, teacher: [], means: { labelled: LABELLED } },
      scalar: () => 0,
      program: ({ logits, mean }) => ({ loss: mean.labelled(tf.sum(logits, -1)) }),
    });
    await expect(async () => session.distil({ loss: own() })).rejects.toThrow(
      'the library has a loss "vanilla" already: give your own another name',
    );
  });

  it('that tells critical tokens apart is no part of a study of other critical types', async () => {
    const own = defineLoss({
      ...{ name: 'careful', settings: {}, teacher: [] },
      means: { careful: { weight: ({ critical }) => (critical ? 2 : 1) } },
      scalar: () => 0,
      program: ({ logits, gold, mean }) => ({
        loss: tf.neg(mean.careful(tf.sum(tf.mul(gold, tf.logSoftmax(logits)), -1))),
      }),
    });
    const { id } = await session.distil({ loss: own() });
    const has = (study: StudySession) => study.results().runs.some(each => each.id === id);
    expect(has(session)).toBe(true);
    expect(has(await open({ ...PLAN, criticalTypes: ['LOC'] }))).toBe(false);
  });

  it.each(['{broken', '', '[{"run": "of an older version", "name": "x"}]'])(
    'is found in the store where the list is damaged, which is said and then mended: %j',
    async content => {
      const file = join(out, 'distilled.json');
      const before = readFileSync(file, 'utf8');
      const runs = session.results().runs.filter(({ role }) => role === 'distilled');
      writeFileSync(file, content);
      const lines: string[] = [];
      const other = await StudySession.open(PLAN, out, {
        progress: { ...silentProgress, line: text => lines.push(text) },
      });
      const found = other.results().runs.filter(({ role }) => role === 'distilled');
      expect(found.map(({ name }) => name)).toEqual(expect.arrayContaining(runs.map(({ name }) => name)));
      expect(lines).toEqual([
        `${file}: has no digest: written by an older version, or not the list of the students that were distilled beside the plan: made again from the runs that are there, the one finished last of each name`,
      ]);
      await other.distil({ loss: reverse(1)() });
      expect(JSON.parse(readFileSync(file, 'utf8')).runs.at(-1).run).toBe(run.id);
      writeFileSync(file, before);
    },
  );

  it('is not lost where another process keeps one of its own at the same time', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'list-'));
    const keeping = (names: readonly string[]) => {
      const script = `
        require('tsx/cjs/api').register();
        const { FurtherRuns } = require('${resolve('lib/experiment/further-runs')}');
        const { RunStore } = require('${resolve('lib/experiment/runs')}');
        const further = new FurtherRuns(new RunStore(${JSON.stringify(folder)}));
        (async () => {
          for (const name of ${JSON.stringify(names)}) await further.keep({ id: name, part: { name } });
        })();`;
      const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'ignore', 'inherit'] });
      return once(child, 'exit');
    };
    const names = ['a', 'b'].map(process => Array.from({ length: 50 }, (_, i) => `${process}${i}`));
    expect(await Promise.all(names.map(keeping))).toEqual([
      [0, null],
      [0, null],
    ]);
    const { runs } = JSON.parse(readFileSync(join(folder, 'distilled.json'), 'utf8'));
    expect(runs.map(({ run }: { run: string }) => run).sort()).toEqual(names.flat().sort());
    expect(readdirSync(folder)).toEqual(['distilled.json']);
  });
});

describe('a loss of the library, given to `distil`', () => {
  it('with the settings of the plan makes the run of the plan', async () => {
    const { alpha, temperature } = PLAN.distillation;
    expect(await session.distil({ loss: vanillaDistillation({ alpha, temperature }) })).toEqual(
      await session.vanilla(),
    );
    const planned = await session.distil({ loss: criticalLogitsLoss({ beta: 0.5 }) });
    expect(planned).toEqual(await session.constrained('logits', 0.5));
    expect(planned.role).toBe('constrained');
  });

  it('with other settings makes a student that stands beside that of the plan', async () => {
    const planned = await session.constrained('logits', 0.5);
    const other = await session.distil({ loss: criticalLogitsLoss({ beta: 0.5, alpha: 0.25 }) });
    expect(other).toMatchObject({
      role: 'distilled',
      form: 'logits (alpha 0.25, beta 0.5)',
      beta: 0.5,
    });
    const results = session.results();
    const groups = gatherSeeds(results.runs).filter(([{ id }]) => [planned.id, other.id].includes(id));
    expect(groups.map(group => group.length)).toEqual([1, 1]);
    expect(results.comparisons.every(({ seeds }) => seeds.length === 1)).toBe(true);
  });

  it('that the plan does not sweep stands in Table 2 like one of one’s own', async () => {
    const { id } = await session.distil({ loss: hiddenStatesLoss({ beta: 0.5 }) });
    expect(table2(session.results()).find(({ runs }) => runs === id)).toMatchObject({
      form: 'hidden (beta 0.5)',
      beta: 0.5,
      // The paper has no such loss, though it has that β.
      paper_f1_percent: null,
    });
  });

  it('is no part of the results when its source has changed since', async () => {
    const run = await session.distil({ loss: hiddenStatesLoss({ beta: 2, alpha: 0.25 }) });
    const distilled = () => session.results().runs.filter(({ role }) => role === 'distilled');
    expect(distilled().map(({ id }) => id)).toContain(run.id);
    const config = configOf(run);
    const older = { ...config, loss: { ...config.loss, source: 'older' } };
    const { store } = session;
    const text = (name: string) => readFileSync(store.pathOf(run.id, name), 'utf8');
    store.finish(runId(older), older, {
      checkpoint: store.checkpoint(run.id),
      tokenizer: { definition: text('model/tokenizer.json'), config: {} },
      record: JSON.parse(text('training.json')),
      history: store.history(run.id),
      predictions: { validation: text('validation.conll'), test: text('predictions.conll') },
    });
    const list = JSON.parse(readFileSync(join(out, 'distilled.json'), 'utf8')).runs;
    const runs = list.map((each: { run: string }) =>
      each.run === run.id ? { ...each, run: runId(older) } : each,
    );
    expect(runs).not.toEqual(list);
    const before = distilled();
    writeSealedJson(join(out, DISTILLED.path), DISTILLED.of, { runs });
    expect(distilled()).toEqual(before.filter(({ id }) => id !== run.id));
    writeSealedJson(join(out, DISTILLED.path), DISTILLED.of, { runs: list });
  });
});

describe('the loss on hidden states', () => {
  it('is asked for like the forms of the critical loss, and of the teacher its hidden states', async () => {
    const teacher = await session.teacher();
    const hidden = await session.constrained('hidden', 1);
    expect(hidden).toMatchObject({ role: 'constrained', form: 'hidden', beta: 1 });
    expect(existsSync(join(out, 'teacher-hidden', `${teacher.id}.safetensors`))).toBe(true);
    const [head, first] = readFileSync(join(out, 'runs', hidden.id, 'history.csv'), 'utf8').split('\n');
    expect(head).toMatch(/,hiddenStates$/);
    expect(Number(first.split(',').at(-1))).toBeGreaterThan(0);
    expect(configOf(hidden).criticalTypes).toBeNull();
  });

  it('needs a student as wide as its teacher', async () => {
    const narrow = await open({
      ...PLAN,
      students: [{ ...PLAN.students[0], hiddenSize: 16, intermediateSize: 32, heads: 2 }],
    });
    await expect(async () => narrow.distil({ loss: hiddenStatesLoss() })).rejects.toThrow(
      'the loss "hidden" compares hidden states: found a student of width 16, expected the teacher\'s 32',
    );
  });

  it('is not known under another name', async () => {
    await expect(async () => session.constrained('hiden', 1)).rejects.toThrow(
      'there is no loss "hiden" with a weight β, expected one of "logits", "weighted", "hidden"',
    );
  });
});

it('a training that diverges is told by the name of its run, and leaves no run', async () => {
  const wild = await open({ ...PLAN, seeds: [1, 2] });
  const diverging = defineLoss({
    name: 'diverging',
    settings: {},
    teacher: [],
    means: { labelled: LABELLED },
    scalar: () => Number.NaN,
    program: ({ logits, gold, mean }) => ({
      loss: tf.div(mean.labelled(tf.sum(tf.mul(gold, tf.logSoftmax(logits)), -1)), 0),
    }),
  });
  await expect(wild.distil({ loss: diverging(), seed: 2 })).rejects.toThrow(
    /^distilled \(diverging\), seed 2: step 1 gave a loss of -Infinity and a gradient .*: try a lower learning rate$/,
  );
  expect(wild.results().runs.some(({ name }) => name.includes('diverging'))).toBe(false);
});
