/** Text without labels: what learns from it, under which ids, what is left out of it, and what is refused. */
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatCorpus } from 'ner-distill/corpus/formats';
import type { Sentence } from 'ner-distill/corpus/sentence';
import { loadCorpus } from 'ner-distill/corpus/sources';
import { InputError } from 'ner-distill/errors';
import { leftovers } from 'ner-distill/experiment/clean';
import { estimateRuns } from 'ner-distill/experiment/estimate';
import { SAMPLE_FOLDER, StudySession } from 'ner-distill/experiment/paper';
import { planOf, type StudyPlan } from 'ner-distill/experiment/plan';
import { type Progress, silentProgress } from 'ner-distill/experiment/progress';
import { storeFilesIn } from 'ner-distill/experiment/store-files';
import type { StudyRun } from 'ner-distill/experiment/study';
import { UNLABELLED } from 'ner-distill/tokenization/align';
import { vanillaDistillation } from 'ner-distill/training/losses/distillation';
import { defineLoss, LABELLED } from 'ner-distill/training/losses/loss';
import { beforeAll, describe, expect, it } from 'vitest';
import { tinyPlan } from './tiny.fixture';

const PLAN: StudyPlan = { ...tinyPlan(24, 2), maxLength: 96 };
/** The same study with 6 of the 24 training sentences. */
const FEW: StudyPlan = { ...PLAN, reading: { trainFraction: 0.25 } };
const newFolder = () => mkdtempSync(join(tmpdir(), 'unlabelled-'));
const open = (plan: StudyPlan, out = newFolder(), progress: Progress = silentProgress) =>
  StudySession.open(plan, out, { progress });
const idsOf = (session: StudySession) =>
  Object.fromEntries(session.planned().map(({ id, part }) => [`${part.role} ${part.form}`, id]));
const fileWith = (text: string, name = 'text.txt') => {
  const file = join(newFolder(), name);
  writeFileSync(file, text);
  return file;
};
const withText = (file: string, plan = PLAN): StudyPlan => ({ ...plan, unlabelled: { file } });

const { train, test } = loadCorpus(SAMPLE_FOLDER).corpus;
const NUMBERED = 'It was the %th day , and Ann left Paris .'.split(' ');
/** Ten sentences that the study does not have. */
const OTHERS = Array.from({ length: 10 }, (_, i) => ({
  words: NUMBERED.map(word => word.replace('%', String(i))),
  tags: NUMBERED.map(word => (word === 'Ann' ? 'B-PER' : 'O')),
}));
const linesOf = (sentences: readonly Pick<Sentence, 'words'>[]) =>
  sentences.map(({ words }) => `${words.join(' ')}\n`);

describe('students of few labels, and the other sentences as text', () => {
  const out = newFolder();
  let session: StudySession;
  let runs: StudyRun[];
  beforeAll(async () => {
    session = await open({ ...FEW, unlabelled: 'rest' }, out);
    runs = await session.all();
  });

  it('divides the training part into what has labels and what has none', async () => {
    const all = (await open(PLAN)).corpus.train;
    const ofBoth = [...session.corpus.train, ...session.text!.sentences].map(({ words }) => words.join(' '));
    expect([session.corpus.train.length, session.text!.sentences.length]).toEqual([6, 18]);
    expect(ofBoth.sort()).toEqual(all.map(({ words }) => words.join(' ')).sort());
    expect(session.text!.encoded.every(({ labels }) => labels.every(label => label === UNLABELLED))).toBe(
      true,
    );
    expect(session.results().notes).toEqual(
      expect.arrayContaining([
        'only 6 of the 24 training sentences are used (--train-fraction 0.25), drawn with seed 1',
        'text without labels: the 18 training sentences that --train-fraction leaves out',
      ]),
    );
  });

  it('is learnt from by students that have a teacher alone: 3 steps an epoch instead of 1', () => {
    const steps = Object.fromEntries(runs.map(run => [run.role, session.store.history(run.id).length]));
    expect(steps).toEqual({ teacher: 2, control: 2, vanilla: 6, constrained: 6 });
  });

  it('is told of in the notes of those runs alone', () => {
    const told = runs.filter(({ notes }) => notes.some(note => note.startsWith('text without labels')));
    expect(told.map(({ role }) => role)).toEqual(['vanilla', 'constrained', 'constrained']);
  });

  it('has teacher and control in common with the study without text, and no student', async () => {
    const [some, none] = [idsOf(session), idsOf(await open(FEW))];
    const same = Object.keys(some).filter(run => some[run] === none[run]);
    expect(same).toEqual(['teacher null', 'control null']);
  });

  it('keeps what the teacher said of the text beside what it said of the training part', () => {
    const [{ id }] = runs;
    const kept = storeFilesIn(out).flatMap(({ kind, path }) => (kind === 'answers' ? path : []));
    const key = session.text!.digest.slice(0, 16);
    expect(kept.sort()).toEqual([
      `teacher-logits/${id}-${key}.safetensors`,
      `teacher-logits/${id}.safetensors`,
    ]);
    expect(leftovers(out, session.store.list())).toEqual([]);
    expect(session.unanswered({ id })).toEqual([]);
  });

  it('goes on after an epoch to the same bytes', async () => {
    const again = newFolder();
    const stop = new AbortController();
    const update = (text: string) => {
      if (text.startsWith('constrained (logits, β = 0.5): validation')) stop.abort(new InputError('stopped'));
    };
    const plan: StudyPlan = { ...FEW, unlabelled: 'rest' };
    const stopped = await StudySession.open(plan, again, {
      progress: { ...silentProgress, update },
      signal: stop.signal,
    });
    await expect(stopped.constrained('logits', 0.5)).rejects.toThrow('stopped');
    const lines: string[] = [];
    const resumed = await open(plan, again, { ...silentProgress, line: line => void lines.push(line) });
    const { id } = await resumed.constrained('logits', 0.5);
    expect(lines).toContain('constrained (logits, β = 0.5): goes on after epoch 1 of 2');
    for (const file of ['model/model.safetensors', 'history.csv', 'predictions.conll', 'training.json'])
      expect(
        readFileSync(join(again, 'runs', id, file)).equals(readFileSync(join(out, 'runs', id, file))),
      ).toBe(true);
  });

  it('a loss without a mean over words without labels is the same with text and without', async () => {
    const own = defineLoss({
      name: 'own',
      settings: {},
      teacher: ['logits'],
      means: { labelled: LABELLED },
      scalar: () => 0,
      program: ({ logits, mean }) => ({ loss: mean.labelled(logits.sum(1)) }),
    });
    const without = await open(FEW, out);
    const [a, b] = [await session.distil({ loss: own() }), await without.distil({ loss: own() })];
    expect(b.id).toBe(a.id);
    expect(session.store.history(a.id)).toHaveLength(2);
  });

  it('is estimated with its steps', async () => {
    const estimates = await estimateRuns(await open({ ...FEW, unlabelled: 'rest' }));
    expect(estimates.every(({ seconds }) => seconds > 0)).toBe(true);
  });
});

describe('ids', () => {
  it('have nothing of text where there is none', async () => {
    for (const { config } of (await open(PLAN)).planned()) expect(config).not.toHaveProperty('unlabelled');
  });

  it('a share of all is no share', async () => {
    expect(idsOf(await open({ ...PLAN, reading: { trainFraction: 1 } }))).toEqual(idsOf(await open(PLAN)));
  });

  it('cover the words of the text, not its file, format or tags', async () => {
    const untagged = OTHERS.map(({ words }) => ({ words, tags: words.map(() => 'O') }));
    const columns = idsOf(await open(withText(fileWith(formatCorpus(OTHERS, 'conll')))));
    const json = idsOf(await open(withText(fileWith(formatCorpus(untagged, 'jsonl'), 'other.jsonl'))));
    expect(json).toEqual(columns);
    const fewer = idsOf(await open(withText(fileWith(formatCorpus(OTHERS.slice(1), 'conll')))));
    expect(fewer['vanilla null']).not.toBe(columns['vanilla null']);
    expect(fewer['control null']).toBe(columns['control null']);
  });

  it('a smaller share is a part of a larger one, by the seed of the split', () => {
    const drawn = (trainFraction: number, splitSeed = 1) =>
      loadCorpus(SAMPLE_FOLDER, { trainFraction, splitSeed }).corpus.train.map(({ words }) =>
        words.join(' '),
      );
    const [tenth, quarter, other] = [drawn(0.1), drawn(0.25), drawn(0.1, 2)];
    expect([tenth.length, quarter.length]).toEqual([train.length / 10, train.length / 4].map(Math.round));
    expect(quarter).toEqual(expect.arrayContaining(tenth));
    expect(other).not.toEqual(tenth);
    // In the order of the file.
    const order = train.map(({ words }) => words.join(' '));
    let place = -1;
    for (const text of tenth) {
      place = order.indexOf(text, place + 1);
      expect(place).toBeGreaterThanOrEqual(0);
    }
  });
});

describe('text that is in the corpus', () => {
  it('is left out, and that is said, however it is split into words', async () => {
    const known = [`${train[0].words.join('  ')}\n`, `${test[1].words.join(' ')}\n`];
    const session = await open(withText(fileWith([...linesOf(OTHERS), ...known].join(''))));
    expect(session.readAs.at(-1)).toBe(
      'text without labels: text.txt, plain text, 12 sentences, of which 1 of the training part and 1 of the test part are left out',
    );
    expect(idsOf(session)).toEqual(idsOf(await open(withText(fileWith(linesOf(OTHERS).join(''))))));
  });

  it('is refused where there is no other', async () => {
    const whole = join(newFolder(), 'again.txt');
    copyFileSync(join(SAMPLE_FOLDER, 'test.txt'), whole);
    const plan: StudyPlan = { ...PLAN, limit: { ...PLAN.limit!, test: test.length } };
    await expect(open(withText(whole, plan))).rejects.toThrow(
      `${whole}: found ${test.length} sentences, ${test.length} of the test part; expected text that is not in the corpus already`,
    );
  });
});

describe('what is no text', () => {
  it.each<[string, () => Partial<StudyPlan>, RegExp]>([
    [
      'an empty file',
      () => withText(fileWith('')),
      /text\.txt: found no sentence, expected text, a sentence a line, or a corpus$/,
    ],
    [
      'blank lines',
      () => withText(fileWith('\n \n\t\n')),
      /text\.txt: found no sentence, expected text, a sentence a line, or a corpus$/,
    ],
    [
      'a file that is not there',
      () => withText('/no/such/file'),
      /^\/no\/such\/file: there is no such file$/,
    ],
    [
      'words that are longer than a sequence',
      () => ({ ...withText(fileWith(`${'e'.repeat(90)}\n`)), maxLength: 24 }),
      /text\.txt: none of 1 sentence has a word that fits into 24 pieces \(--max-length\)$/,
    ],
    ['a folder', () => withText(newFolder()), /: found a folder, expected a file/],
    [
      'the rest of a share that leaves none out',
      () => ({ reading: { trainFraction: 0.99 }, unlabelled: 'rest' }),
      /^the share of the training sentences \(--train-fraction\) leaves none out that could be text \(--unlabelled rest\): expected a smaller one$/,
    ],
    [
      'too small a share',
      () => ({ ...PLAN, reading: { trainFraction: 0.001 } }),
      /^the training part has 24 sentences, of which the share 0.001 \(--train-fraction\) is none$/,
    ],
  ])('%s', async (_, plan, message) => {
    await expect(open({ ...PLAN, ...plan() })).rejects.toThrow(message);
  });

  it('the rest of all', () => {
    expect(() => planOf('smoke', { unlabelled: 'rest' })).toThrow(
      'the text without labels is the rest of the training part (--unlabelled rest), of which nothing is left: expected --train-fraction with a number below 1',
    );
  });

  it('a share that is none', () => {
    for (const trainFraction of [0, -1, 1.5, Number.NaN])
      expect(() => planOf('smoke', { trainFraction })).toThrow(
        `reading.trainFraction: found ${trainFraction}, expected a number above 0 and at most 1`,
      );
  });

  it('where the teacher is given as logits, which say nothing of it', () => {
    expect(() => planOf('smoke', { unlabelled: 'text.txt', teacherLogits: 'logits.jsonl' })).toThrow(
      'a file of logits says nothing of text without labels: expected --teacher-model or --teacher-onnx, or no --unlabelled',
    );
  });
});

it('a teacher that is given is asked of the text as well, word by word', async () => {
  const out = newFolder();
  const trained = await open(FEW, out);
  const model = trained.store.modelFolder((await trained.teacher()).id);
  const given: StudyPlan = { ...FEW, unlabelled: 'rest', givenTeacher: { model } };
  const [ours, theirs] = [await open(given), await open({ ...FEW, unlabelled: 'rest' }, out)];
  const [a, b] = [await ours.vanilla(), await theirs.vanilla()];
  const history = (session: StudySession, { id }: StudyRun) =>
    session.store.history(id).map(({ loss, distillation }) => [loss, distillation]);
  expect(history(ours, a)).toEqual(history(theirs, b).map(row => row.map(value => expect.closeTo(value, 3))));
  expect(readdirSync(join(ours.store.folder, 'teacher-logits'))).toHaveLength(2);
  expect(vanillaDistillation().usesUnlabelled).toBe(true);
});
