/** Studies with several students, several seeds and pretrained models, on a few sentences. */
import { cpSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { readTagged } from 'ner-distill/corpus/formats';
import { toBio } from 'ner-distill/corpus/tags';
import { StudySession } from 'ner-distill/experiment/paper';
import { type ModelPlan, planOf, type StudyPlan } from 'ner-distill/experiment/plan';
import { silentProgress } from 'ner-distill/experiment/progress';
import type { Study, StudyRun } from 'ner-distill/experiment/study';
import { digestOfParameters, encodeSafetensors, loadSafetensors } from 'ner-distill/model/safetensors';
import { Tagger } from 'ner-distill/prediction/tagger';
import { table1, table2 } from 'ner-distill/report/tables';
import { trainWordPiece } from 'ner-distill/tokenization/wordpiece-trainer';
import { beforeAll, describe, expect, it } from 'vitest';

const base = planOf('smoke');
const tiny = <M extends ModelPlan>(model: M): M => ({
  ...model,
  hiddenSize: 32,
  heads: 2,
  intermediateSize: 64,
  training: { ...model.training, epochs: 1 },
});
const SMALL = {
  limit: { train: 32, valid: 16, test: 24 },
  maxLength: 24,
  engine: 'onnx',
  threads: 1,
} as const;

const fixture = (name: string) => resolve(__dirname, '../fixtures', name);
const newFolder = () => mkdtempSync(join(tmpdir(), 'students-'));
const open = (plan: StudyPlan, out: string) => StudySession.open(plan, out, { progress: silentProgress });
const configOf = (out: string, { id }: StudyRun) =>
  JSON.parse(readFileSync(join(out, 'runs', id, 'config.json'), 'utf8'));

describe('a study with two seeds and two students', () => {
  const plan: StudyPlan = {
    ...base,
    ...SMALL,
    tokenizer: { vocabularySize: 300, lowercase: false, caseMarks: false },
    teacher: tiny(base.teacher),
    students: base.students.map(tiny),
    distillation: {
      ...base.distillation,
      forms: ['logits'],
      highBeta: { from: 0.5, learningRateFactor: 0.5 },
    },
    seeds: [3, 4],
  };
  const out = newFolder();
  let session: StudySession;
  let study: Study;
  beforeAll(async () => {
    session = await open(plan, out);
    await session.all();
    study = session.results();
  });

  it('makes every run for each seed', () => {
    const ofSeed = (seed: number) =>
      study.runs.filter(run => run.seed === seed).map(({ role, student }) => [role, student]);
    const expected = [
      ['teacher', null],
      ['control', 'student'],
      ['vanilla', 'student'],
      ['constrained', 'student'],
      ['control', 'layer of the teacher'],
      ['vanilla', 'layer of the teacher'],
    ];
    expect([ofSeed(3), ofSeed(4)]).toEqual([expected, expected]);
    expect(study.runs.map(({ name }) => name).slice(0, 6)).toEqual([
      'teacher, seed 3',
      'student without teacher, seed 3',
      'vanilla, seed 3',
      'constrained (logits, β = 0.5), seed 3',
      'student without teacher, layer of the teacher, seed 3',
      'vanilla, layer of the teacher, seed 3',
    ]);
    expect(new Set(study.runs.map(({ id }) => id)).size).toBe(12);
  });

  it('keeps the names of students beside their runs', () => {
    const names = Object.fromEntries(session.store.list().map(({ id, part }) => [id, part?.student]));
    expect(names).toEqual(Object.fromEntries(study.runs.map(({ id, student }) => [id, student])));
  });

  it('starts all students of a seed and a size from one state, other seeds from others', () => {
    const starts = (seed: number, student: string) => [
      ...new Set(
        study.runs
          .filter(run => run.seed === seed && run.student === student)
          .map(run => configOf(out, run).initialWeights),
      ),
    ];
    const all = [3, 4].flatMap(seed => study.students.map(student => starts(seed, student)));
    for (const digests of all) expect(digests).toHaveLength(1);
    expect(new Set(all.flat()).size).toBe(4);
    const saved = readdirSync(join(out, 'initial')).map(file =>
      digestOfParameters(loadSafetensors(join(out, 'initial', file))),
    );
    for (const seed of [3, 4]) expect(saved).toContain(starts(seed, 'student')[0]);
  });

  it('lets every student learn from the teacher of its own seed', () => {
    for (const run of study.runs) {
      const teacher = study.runs.find(({ role, seed }) => role === 'teacher' && seed === run.seed)!;
      const teaches = run.role === 'vanilla' || run.role === 'constrained';
      expect(configOf(out, run).teacher).toBe(teaches ? teacher.id : null);
    }
  });

  it('lowers the learning rate of a high β only', () => {
    const rates = study.runs.map(run => configOf(out, run).training.learningRate);
    expect(rates.slice(0, 6)).toEqual([0.003, 0.003, 0.003, 0.0015, 0.003, 0.003]);
  });

  it('shows each model once, with mean, spread and the number of seeds', () => {
    const rows = table1(study);
    expect(rows.map(({ model, seeds }) => [model, seeds])).toEqual([
      ['teacher', 2],
      ['student without teacher', 2],
      ['vanilla student', 2],
      ['constrained student (logits, β = 0.5)', 2],
      ['student without teacher (layer of the teacher)', 2],
      ['vanilla student (layer of the teacher)', 2],
    ]);
    for (const row of rows) {
      expect(row.f1_min_percent!).toBeLessThanOrEqual(row.f1_percent!);
      expect(row.f1_max_percent!).toBeGreaterThanOrEqual(row.f1_percent!);
      expect(row.f1_low_percent!).toBeLessThanOrEqual(row.f1_high_percent!);
    }
  });

  it('compares each β with vanilla over both seeds', () => {
    expect(study.comparisons.map(({ form, beta, seeds }) => [form, beta, seeds])).toEqual([
      ['logits', 0.5, [3, 4]],
    ]);
    const [atZero, atHalf] = table2(study);
    expect([atZero.f1_critical_p, atZero.f1_critical_difference_percent]).toEqual([null, null]);
    expect(atHalf.f1_critical_p_holm).toBe(atHalf.f1_critical_p);
  });

  it('is the same study whichever way a run is asked for', async () => {
    const choice = { seed: 4, student: 'layer of the teacher' };
    expect(await session.vanilla(choice)).toEqual(study.runs[11]);
    expect(await session.teacher({ seed: 4 })).toEqual(study.runs[6]);
    expect(await session.constrained('logits', 0, choice)).toEqual(study.runs[11]);
  });

  it('makes the teacher first where a student starts from its layers', async () => {
    const copy = newFolder();
    const other = await open(plan, copy);
    const control = await other.control({ student: 'layer of the teacher' });
    expect(control.test).toEqual(study.runs[4].test);
    expect(other.results().runs.map(({ role }) => role)).toEqual(['teacher', 'control']);
  });
});

describe.each([
  ['a vocabulary trained on the corpus', base.tokenizer, '[PAD]', 0],
  ['a byte-level tokenizer', { file: fixture('byte-level-bpe/tokenizer.json') }, '<pad>', 1],
])('a study of RoBERTa with %s', (_, tokenizer, padToken, padId) => {
  /** Long enough that no sentence is cut off. */
  const LENGTH = 200;
  const roberta = <M extends ModelPlan>(model: M): M => {
    const changed = tiny(model);
    return {
      ...changed,
      architecture: 'roberta',
      training: { ...changed.training, wordDropout: 0.1, subwordDropout: 0.2 },
    };
  };
  const plan: StudyPlan = {
    ...base,
    ...SMALL,
    maxLength: LENGTH,
    tokenizer,
    teacher: roberta(base.teacher),
    students: base.students.map(roberta),
  };

  it('trains teacher and students, whose models are read again by transformers and the tagger', async () => {
    const out = newFolder();
    const session = await open(plan, out);
    const teacher = await session.teacher();
    const students = [await session.vanilla(), await session.vanilla({ student: base.students[1].name })];
    for (const run of [teacher, ...students]) {
      const folder = join(out, 'runs', run.id, 'model');
      const read = (file: string) => JSON.parse(readFileSync(join(folder, file), 'utf8'));
      expect(read('config.json')).toMatchObject({
        architectures: ['RobertaForTokenClassification'],
        pad_token_id: padId,
        max_position_embeddings: LENGTH + padId + 1,
      });
      expect(read('tokenizer_config.json')).toMatchObject({ pad_token: padToken, model_max_length: LENGTH });
      const tagger = await Tagger.open(folder, { engine: 'onnx', threads: 1 });
      const tagged = await tagger.tag(session.corpus.test.map(({ words }) => words));
      await tagger.dispose();
      const file = join(out, 'runs', run.id, 'predictions.conll');
      const kept = readTagged(readFileSync(file), file, { tagColumns: 2 }).sentences;
      expect(tagged.map(({ tags }) => tags)).toEqual(kept.map(({ columns }) => toBio(columns[1])));
    }
  });
});

describe("the paper's set-up on tiny checkpoints", () => {
  /** A fixture with a tokenizer of no more pieces than it knows. */
  function checkpoint(name: string): string {
    const folder = newFolder();
    cpSync(fixture(name), folder, { recursive: true });
    const words = ['ann', 'lee', 'met', 'acme'];
    writeFileSync(join(folder, 'tokenizer.json'), trainWordPiece(words, { size: 60, lowercase: true }));
    return folder;
  }
  const [teacher, student] = [checkpoint('bert-tiny'), checkpoint('distilbert-tiny')];
  const paper = () =>
    planOf('paper', {
      data: resolve(__dirname, '../../data/sample'),
      teacherCheckpoint: teacher,
      studentCheckpoint: student,
      maxLength: 24,
      betas: [0.2],
      engine: 'onnx',
      threads: 1,
    });

  it('fine-tunes the teacher and distils the student, each from its checkpoint', async () => {
    const out = newFolder();
    const session = await open({ ...paper(), limit: SMALL.limit }, out);
    const runs = await session.all();
    expect(runs.map(({ name }) => name)).toEqual([
      'teacher',
      'student without teacher',
      'vanilla',
      'constrained (logits, β = 0.2)',
    ]);
    const configs = runs.map(run => configOf(out, run));
    expect(configs.map(({ model }) => [model.architecture, model.layers, model.maxPositions])).toEqual([
      ['bert', 3, 40],
      ...Array(3).fill(['distilbert', 2, 40]),
    ]);
    expect(configs[0].training).toMatchObject({ learningRate: 5e-5, epochs: 3 });
    const [trained, initial] = [
      join(out, 'runs', runs[0].id, 'model', 'model.safetensors'),
      join(teacher, 'model.safetensors'),
    ].map(file => loadSafetensors(file));
    // Three epochs at the paper's rate move a weight by little.
    const name = 'bert.encoder.layer.1.output.dense.weight';
    const moved = trained[name].values.map((value, i) => Math.abs(value - initial[name].values[i]));
    expect(Math.max(...moved)).toBeGreaterThan(0);
    expect(Math.max(...moved)).toBeLessThan(0.01);
  });

  it('is refused where the tokenizer or the longest sequence is not for the checkpoint', async () => {
    const { tokenizer } = planOf('smoke');
    await expect(open({ ...paper(), tokenizer }, newFolder())).rejects.toThrow(
      `${teacher}: the checkpoint has 60 word pieces, the tokenizer 1000`,
    );
    await expect(open({ ...paper(), maxLength: 128 }, newFolder())).rejects.toThrow(
      `${teacher}: the checkpoint has 40 positions, expected at least the 128`,
    );
    const roberta = { ...paper().teacher, initial: { checkpoint: fixture('roberta-tiny') } };
    await expect(open({ ...paper(), teacher: roberta }, newFolder())).rejects.toThrow(
      `${fixture('roberta-tiny')}: the checkpoint's padding token is 1, the tokenizer's 0; expected the checkpoint's own`,
    );
  });

  it('is refused where a checkpoint reads words into other ids', async () => {
    const other = newFolder();
    cpSync(student, other, { recursive: true });
    const file = join(other, 'tokenizer.json');
    const json = JSON.parse(readFileSync(file, 'utf8'));
    const { a, ...vocab } = json.model.vocab;
    const [piece] = Object.keys(vocab).slice(-1);
    json.model.vocab = { ...json.model.vocab, a: vocab[piece], [piece]: a };
    writeFileSync(file, JSON.stringify(json));
    const students = paper().students.map(plan => ({ ...plan, initial: { checkpoint: other } }));
    await expect(open({ ...paper(), students }, newFolder())).rejects.toThrow(
      `${other}: the checkpoint's tokenizer is another than ${teacher}/tokenizer.json, by which all models of a study read: the piece "a" has the id ${vocab[piece]} there, ${a} here`,
    );
  });

  it('is refused where a checkpoint takes words apart by other rules, unless a third tokenizer is given', async () => {
    const other = newFolder();
    cpSync(student, other, { recursive: true });
    const file = join(other, 'tokenizer.json');
    const json = JSON.parse(readFileSync(file, 'utf8'));
    writeFileSync(
      file,
      JSON.stringify({ ...json, normalizer: { ...json.normalizer, lowercase: false } }, null, 2),
    );
    const students = paper().students.map(plan => ({ ...plan, initial: { checkpoint: other } }));
    await expect(open({ ...paper(), students }, newFolder())).rejects.toThrow(
      'normalizer.lowercase is off there, true here',
    );
    const given = join(newFolder(), 'tokenizer.json');
    writeFileSync(given, readFileSync(join(teacher, 'tokenizer.json')));
    const session = await open({ ...paper(), students, tokenizer: { file: given } }, newFolder());
    expect(session.tokenizer.vocabularySize).toBeLessThanOrEqual(60);
  });

  it('says once what of a checkpoint was drawn anew', async () => {
    const lines: string[] = [];
    const progress = { update() {}, line: (text: string) => void lines.push(text) };
    const plan = { ...paper(), limit: { train: 40, valid: 4, test: 4 } };
    const tags = ['O', 'B-DATE', 'I-DATE', 'B-PER'];
    const weights = loadSafetensors(join(student, 'model.safetensors'));
    const other = newFolder();
    cpSync(student, other, { recursive: true });
    const config = JSON.parse(readFileSync(join(other, 'config.json'), 'utf8'));
    writeFileSync(join(other, 'config.json'), JSON.stringify({ ...config, id2label: tags }));
    const cut = ({ shape, values }: (typeof weights)[string]) => {
      const width = values.length / shape[0];
      return { shape: [4, ...shape.slice(1)], values: values.slice(0, 4 * width) };
    };
    writeFileSync(
      join(other, 'model.safetensors'),
      encodeSafetensors({
        ...weights,
        'classifier.weight': cut(weights['classifier.weight']),
        'classifier.bias': cut(weights['classifier.bias']),
      }),
    );
    const epochs = <M extends { training: object }>(model: M) => ({
      ...model,
      training: { ...model.training, epochs: 1 },
    });
    const students = plan.students.map(each => ({ ...epochs(each), initial: { checkpoint: other } }));
    const session = await StudySession.open(
      { ...plan, students, teacher: epochs(plan.teacher) },
      newFolder(),
      { progress },
    );
    await session.control({ seed: 1 });
    await session.control({ seed: 2 });
    const told = lines.filter(line => line.includes('drawn anew'));
    expect(told).toHaveLength(1);
    expect(told[0]).toMatch(
      /model.safetensors: the classifier's rows for O, B-PER are kept; drawn anew: I-PER, B-ORG, .*; dropped: B-DATE, I-DATE$/,
    );
    const { initial } = session.planned()[1];
    expect(session.states.notesOf(initial)).toEqual(told);
    expect(session.states.notesOf(session.planned()[0].initial)).toEqual([]);
  });

  it('has other ids where a checkpoint has other weights', async () => {
    const session = await open(paper(), newFolder());
    const before = session.planned().map(({ id }) => id);
    const weights = loadSafetensors(join(student, 'model.safetensors'));
    weights['distilbert.transformer.layer.0.ffn.lin1.bias'].values[0] += 1;
    writeFileSync(join(student, 'model.safetensors'), encodeSafetensors(weights));
    const after = (await open(paper(), newFolder())).planned().map(({ id }) => id);
    expect(after[0]).toBe(before[0]);
    for (const i of [1, 2, 3]) expect(after[i]).not.toBe(before[i]);
  });
});
