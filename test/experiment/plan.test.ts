/** Presets, what flags change in them, and what is refused. */

import { copyFileSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { InputError } from 'ner-distill/errors';
import {
  fileReadOnce,
  type ModelPlan,
  type PlanChanges,
  planOf,
  readPlan,
} from 'ner-distill/experiment/plan';
import { PRESET_DESCRIPTIONS, PRESETS } from 'ner-distill/experiment/plan-schema';
import { settingsBesidePaper } from 'ner-distill/report/paper-settings';
import { describe, expect, it } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'plan-'));
function planFile(name: string, content: unknown): string {
  const file = join(folder, name);
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  return file;
}

/** A fixture with a tokenizer beside it. */
function checkpoint(name: 'bert-tiny' | 'distilbert-tiny', withTokenizer: boolean): string {
  const copy = mkdtempSync(join(tmpdir(), `${name}-`));
  for (const file of ['config.json', 'model.safetensors'])
    copyFileSync(resolve(__dirname, '../fixtures', name, file), join(copy, file));
  if (withTokenizer) writeFileSync(join(copy, 'tokenizer.json'), '{}');
  return copy;
}
const bert = checkpoint('bert-tiny', true);
const distilbert = checkpoint('distilbert-tiny', false);

const plans = [
  planOf('smoke'),
  planOf('sample'),
  planOf('scratch', { data: 'folder' }),
  planOf('paper', { data: 'folder', teacherCheckpoint: bert, studentCheckpoint: distilbert }),
];

describe('presets', () => {
  it('are four, each described', () => {
    expect(PRESETS).toEqual(['smoke', 'sample', 'scratch', 'paper']);
    expect(Object.keys(PRESET_DESCRIPTIONS)).toEqual([...PRESETS]);
    expect(plans.map(({ preset }) => preset)).toEqual([...PRESETS]);
  });

  it.each(plans)("$preset has the study's settings", plan => {
    expect(plan.criticalTypes).toEqual(['PER', 'ORG']);
    const scratch = plan.preset === 'scratch';
    expect(plan.maxLength).toBe(scratch ? 192 : 128);
    expect(plan.dropout).toBe(scratch ? 0.2 : 0.1);
    expect(plan.distillation).toMatchObject({ alpha: 0.5, temperature: 2, kappa: 10 });
    expect(plan.latency).toMatchObject({ warmup: 2, batches: 5 });
    expect(plan.teacher).toMatchObject({ architecture: 'bert', training: { weightDecay: 0.01, maxNorm: 1 } });
    const [student] = plan.students;
    expect(student).toMatchObject({
      architecture: 'distilbert',
      sweep: true,
      training: { weightDecay: 0.01, maxNorm: 1 },
    });
    expect(student.layers).toBeLessThan(plan.teacher.layers);
  });

  it('sample has students of three depths, of which only the first is swept', () => {
    expect(planOf('sample').students.map(({ name, layers, sweep }) => [name, layers, sweep])).toEqual([
      ['student', 1, true],
      ['2 layers', 2, false],
      ['3 layers', 3, false],
    ]);
  });

  it("paper fine-tunes the checkpoints with the paper's rate and the teacher's tokenizer", () => {
    const paper = plans[3];
    expect(paper.tokenizer).toEqual({ file: join(bert, 'tokenizer.json') });
    expect(paper.teacher).toMatchObject({
      initial: { checkpoint: bert },
      architecture: 'bert',
      layers: 3,
      hiddenSize: 32,
      heads: 4,
      intermediateSize: 64,
      training: { learningRate: 5e-5, epochs: 3, batchSize: 16, wordDropout: 0 },
    });
    expect(paper.students[0]).toMatchObject({
      initial: { checkpoint: distilbert },
      architecture: 'distilbert',
      layers: 2,
      training: { learningRate: 5e-5, epochs: 3, batchSize: 16, wordDropout: 0 },
    });
  });

  it("sample and scratch sweep the study's β", () => {
    for (const plan of plans.slice(1)) expect(plan.distillation.betas).toEqual([0, 0.1, 0.2, 0.5]);
  });

  it('are plain data, the same after a detour through JSON', () => {
    for (const plan of plans) expect(JSON.parse(JSON.stringify(plan))).toEqual(plan);
  });
});

const SCHEDULE = { batchSize: 5, accumulation: 2, learningRate: 0.25, maxNorm: 2, subwordDropout: 0.1 };

describe('changes', () => {
  it('that are absent or undefined leave the preset as it is', () => {
    expect(planOf('smoke', {})).toEqual(planOf('smoke'));
    expect(planOf('smoke', { critical: undefined, seeds: undefined, teacherWidth: undefined })).toEqual(
      planOf('smoke'),
    );
  });

  it.each<[string, PlanChanges, object]>([
    ['the critical types', { critical: ['LOC'] }, { criticalTypes: ['LOC'] }],
    ['the critical types, each once', { critical: ['LOC', 'LOC'] }, { criticalTypes: ['LOC'] }],
    ['the vocabulary', { vocabularySize: 77 }, { tokenizer: { vocabularySize: 77, lowercase: false } }],
    ['the tokenizer', { tokenizer: '/a.json' }, { tokenizer: { file: '/a.json' } }],
    ['β, sorted, each once, 0 always', { betas: [2, 0.5, 2] }, { distillation: { betas: [0, 0.5, 2] } }],
    ['the form', { forms: ['weighted'] }, { distillation: { forms: ['weighted'] } }],
    ['the forms, each once', { forms: ['logits', 'logits'] }, { distillation: { forms: ['logits'] } }],
    ['the precisions, fp32 always', { precisions: ['int8', 'int8'] }, { precisions: ['fp32', 'int8'] }],
    [
      'the engine, its threads and the seeds',
      { engine: 'wasm', threads: 3, seeds: [3, 0] },
      { engine: 'wasm', threads: 3, seeds: [3, 0] },
    ],
    [
      'the size of the teacher, with heads of 32 and four times the width between',
      { teacherLayers: 5, teacherWidth: 96, teacherEpochs: 7 },
      { teacher: { layers: 5, hiddenSize: 96, heads: 3, intermediateSize: 384, training: { epochs: 7 } } },
    ],
    [
      'the size of the student',
      { studentLayers: [2], studentWidth: 12, studentEpochs: 9 },
      {
        students: [
          {
            name: 'student',
            layers: 2,
            hiddenSize: 12,
            heads: 1,
            intermediateSize: 48,
            training: { epochs: 9 },
          },
        ],
      },
    ],
    [
      'several depths, each a student of which the first is swept',
      { studentLayers: [2, 1], studentInitial: 'teacher-layers' },
      {
        students: [
          { name: 'student', layers: 2, sweep: true, initial: 'teacher-layers' },
          { name: '1 layer', layers: 1, sweep: false, initial: 'teacher-layers' },
        ],
      },
    ],
    [
      'the loss',
      { alpha: 0.3, temperature: 4, kappa: 5, highBetaLearningRateFactor: 0.5 },
      {
        distillation: {
          alpha: 0.3,
          temperature: 4,
          kappa: 5,
          highBeta: { from: 0.5, learningRateFactor: 0.5 },
        },
      },
    ],
    [
      'how a corpus is read',
      { train: '/a.tsv', test: '/b.tsv', format: 'conllu', tagColumn: 4, splitSeed: 9 },
      {
        data: { train: '/a.tsv', test: '/b.tsv' },
        reading: { format: 'conllu', tagColumn: 4, splitSeed: 9 },
        limit: null,
      },
    ],
    [
      'how many labels there are, and text beside them',
      { trainFraction: 0.1, unlabelled: 'rest' },
      { reading: { trainFraction: 0.1 }, unlabelled: 'rest' },
    ],
    ['text of a file', { unlabelled: '/text.txt' }, { unlabelled: { file: '/text.txt' } }],
    [
      'the schedule of both models',
      SCHEDULE,
      {
        teacher: { training: SCHEDULE },
        students: Array(2).fill({ training: SCHEDULE }),
      },
    ],
  ])('set %s', (_, changes, expected) => {
    expect(planOf('smoke', changes)).toMatchObject(expected);
  });

  it('to another corpus use all of it', () => {
    expect(planOf('smoke').limit).not.toBeNull();
    expect(planOf('smoke', { data: '/folder' })).toMatchObject({ data: '/folder', limit: null });
  });

  it('to one checkpoint for the students of a preset, which differ in size, leave one', () => {
    const { students } = planOf('sample', { teacherCheckpoint: bert, studentCheckpoint: distilbert });
    expect(students.map(({ name, initial }) => [name, initial])).toEqual([
      ['student', { checkpoint: distilbert }],
    ]);
  });

  it('make one of students that they make alike, of a plan that was written down as well', () => {
    const written = planFile('smoke.json', planOf('smoke'));
    for (const plan of [undefined, written])
      expect(planOf('smoke', { plan, studentInitial: 'teacher-layers' }).students).toHaveLength(1);
    const [student] = planOf('smoke').students;
    const older = planFile('older.json', {
      ...planOf('smoke'),
      students: [student, { ...student, name: 'twin', sweep: false }],
    });
    expect(readPlan(older).students).toEqual([student]);
  });

  it('of one model leave the other as it is', () => {
    const { students } = planOf('smoke', { teacherLayers: 5, teacherEpochs: 1 });
    expect(students).toEqual(planOf('smoke').students);
    const { students: wider } = planOf('smoke', { teacherWidth: 96 });
    expect(wider[0]).toEqual(planOf('smoke').students[0]);
    // But one from the teacher's layers is as wide as they are.
    expect(wider[1]).toMatchObject({ hiddenSize: 96, heads: 3, intermediateSize: 384 });
  });
});

describe('a file of settings', () => {
  const file = planFile('changes.json', {
    preset: 'smoke',
    seeds: [1, 2],
    teacher: { layers: 3, training: { epochs: 4 } },
    students: [{}, { name: 'small', hiddenSize: 32 }, { layers: 2, sweep: true }],
    distillation: { highBeta: { learningRateFactor: 0.5 } },
    latency: { repeats: 2 },
    tokenizer: { vocabularySize: 500 },
    data: 'corpus',
  });

  it('is put over its preset: what it does not name stays', () => {
    const plan = planOf(undefined, { plan: file });
    const smoke = planOf('smoke');
    expect(plan).toEqual({
      ...smoke,
      data: join(folder, 'corpus'),
      limit: null,
      seeds: [1, 2],
      tokenizer: { vocabularySize: 500, lowercase: false, caseMarks: false },
      teacher: { ...smoke.teacher, layers: 3, training: { ...smoke.teacher.training, epochs: 4 } },
      students: [
        smoke.students[0],
        {
          ...smoke.students[0],
          name: 'small',
          hiddenSize: 32,
          heads: 1,
          intermediateSize: 128,
          sweep: false,
        },
        { ...smoke.students[0], name: '2 layers', layers: 2 },
      ],
      distillation: { ...smoke.distillation, highBeta: { from: 0.5, learningRateFactor: 0.5 } },
      latency: { ...smoke.latency, repeats: 2 },
    });
  });

  it('gives way to flags', () => {
    const plan = planOf(undefined, { plan: file, seeds: [7], teacherLayers: 1, vocabularySize: 90 });
    expect(plan).toMatchObject({
      seeds: [7],
      teacher: { layers: 1, training: { epochs: 4 } },
      tokenizer: { vocabularySize: 90 },
    });
    expect(planOf('sample', { plan: file }).preset).toBe('sample');
  });

  it('may be the whole plan of a study', () => {
    for (const plan of plans) expect(planOf(undefined, { plan: planFile('whole.json', plan) })).toEqual(plan);
  });

  it.each<[string, unknown, string]>([
    [
      'an unknown setting',
      { teachers: {} },
      'teachers: found a setting that is not known, expected an object with preset, data',
    ],
    [
      'an unknown setting within',
      { teacher: { training: { epoch: 3 } } },
      'teacher.training.epoch: found a setting that is not known, expected an object with epochs, batchSize',
    ],
    [
      'a text for a number',
      { students: [{}, { layers: 'two' }] },
      'students[1].layers: found "two", expected a whole number from 1 to 128',
    ],
    [
      'one that generators would take for another',
      { seeds: [1, 2 ** 32 + 1] },
      'seeds[1]: found 4294967297, expected a whole number from 0 to 4294967295',
    ],
    ['a fraction', { seeds: [1.5] }, 'seeds[0]: found 1.5, expected a whole number from 0 to 4294967295'],
    ['no student', { students: [] }, 'students: found [], expected a list of at least one student'],
    [
      'an unknown start',
      { students: [{ initial: 'zeros' }] },
      'students[0].initial: found "zeros", expected "random", "teacher-layers" or {"checkpoint": path of a folder}',
    ],
    [
      'a teacher from its own layers',
      { teacher: { initial: 'teacher-layers' } },
      'teacher.initial: found "teacher-layers", expected "random" or {"checkpoint": path of a folder}',
    ],
    [
      'an unknown form',
      { distillation: { forms: ['cosine'] } },
      'distillation.forms[0]: found "cosine", expected one of "logits", "weighted", "hidden"',
    ],
    [
      'an unknown precision',
      { precisions: ['fp32', 'int4'] },
      'precisions[1]: found "int4", expected one of "fp32", "int8"',
    ],
    [
      'an unknown scheme',
      { reading: { scheme: 'BIO' } },
      'reading.scheme: found "BIO", expected one of "IO", "IOB1"',
    ],
    [
      'an unknown architecture',
      { teacher: { architecture: 'xlnet' } },
      'teacher.architecture: found "xlnet", expected one of "bert", "distilbert", "roberta"',
    ],
    [
      'a teacher given in two ways',
      { givenTeacher: { model: 'a', onnx: 'b' } },
      'givenTeacher: found {"model":"a","onnx":"b"}, expected {"model": path of a folder}, {"onnx": path of a folder}, {"logits": path of a file}, or null',
    ],
    ['a list', [], 'found [], expected an object with preset, data'],
    ['no JSON', '{', 'the plan is not JSON'],
  ])('is refused in a sentence that names file and setting: %s', (name, content, message) => {
    const wrong = planFile(`${name}.json`, content);
    expect(() => planOf('smoke', { plan: wrong })).toThrow(InputError);
    expect(() => planOf('smoke', { plan: wrong })).toThrow(`${wrong}: ${message}`);
  });

  it('is refused where it is missing', () => {
    const missing = join(folder, 'none.json');
    expect(() => planOf('smoke', { plan: missing })).toThrow(`${missing}: the plan cannot be read (ENOENT`);
  });
});

describe('a teacher that is given', () => {
  const logits = resolve('logits.jsonl');
  const fromFile = planFile('given.json', { givenTeacher: { logits: 'logits.jsonl' } });

  it('stands in the plan in place of the one that is trained, told from the folder of its file', () => {
    expect(planOf('smoke').givenTeacher).toBeNull();
    expect(planOf('smoke', { teacherLogits: 'logits.jsonl' }).givenTeacher).toEqual({ logits });
    expect(planOf('smoke', { teacherOnnx: 'folder' }).givenTeacher).toEqual({ onnx: resolve('folder') });
    const inFolder = { logits: join(folder, 'logits.jsonl') };
    expect(planOf('smoke', { plan: fromFile }).givenTeacher).toEqual(inFolder);
    const byFlag = planOf('smoke', { plan: fromFile, teacherOnnx: 'folder' });
    expect(byFlag.givenTeacher).toEqual({ onnx: resolve('folder') });
    const none = planFile('none-given.json', { givenTeacher: null });
    expect(planOf('smoke', { plan: none }).givenTeacher).toBeNull();
  });

  it('is pretrained enough for the paper', () => {
    const teacherLogits = 'logits.jsonl';
    expect(() => planOf('paper', { data: 'folder', teacherLogits })).toThrow(
      'the preset "paper" needs a pretrained student',
    );
  });

  it('is not also trained, and is one', () => {
    expect(() => planOf('smoke', { teacherLogits: 'a', teacherLayers: 2, teacherCheckpoint: 'b' })).toThrow(
      '--teacher-logits is a teacher that is not trained: found --teacher-layers and --teacher-checkpoint beside it, expected the one or the other',
    );
    expect(() => planOf('smoke', { plan: fromFile, teacherEpochs: 2 })).toThrow(
      'the givenTeacher of the plan is a teacher that is not trained: found --teacher-epochs beside it',
    );
    expect(() => planOf('smoke', { teacherModel: 'a', teacherOnnx: 'b' })).toThrow(
      'a study has one teacher: found --teacher-model and --teacher-onnx, expected one of them',
    );
    // What holds for all models is that of the students.
    expect(planOf('smoke', { teacherLogits: 'a', batchSize: 4 }).students[0].training.batchSize).toBe(4);
  });

  it('is told beside the settings of the paper, with what students are trained by', () => {
    const rows = settingsBesidePaper(planOf('smoke', { teacherLogits: 'a' }));
    const here = (name: string) => rows.find(({ setting }) => setting === name)?.here;
    expect(here('teacher')).toBe('given, not trained: a file of logits');
    expect(here('epochs')).toBe('5');
  });
});

describe('the plan kept beside results', () => {
  it('is read back as it was', () => {
    for (const plan of plans) expect(readPlan(planFile('plan.json', plan))).toEqual(plan);
  });

  it('takes from its preset what it was stored without', () => {
    const { threads: _, ...stored } = planOf('scratch', { data: 'folder', studentLayers: [1, 2] });
    const olderTraining = ({ subwordDropout: _, accumulation: __, ...training }: ModelPlan['training']) =>
      training;
    const older = {
      ...stored,
      teacher: { ...stored.teacher, training: olderTraining(stored.teacher.training) },
      students: stored.students.map(student => ({ ...student, training: olderTraining(student.training) })),
    };
    const plan = readPlan(planFile('older.json', older));
    expect(plan).toEqual({ ...stored, threads: null });
    expect(plan.teacher.training).toMatchObject({ subwordDropout: 0.25, accumulation: 1 });
  });

  it('takes the precisions of its preset where it is older than they are', () => {
    for (const [preset, precisions] of [
      ['smoke', ['fp32']],
      ['sample', ['fp32', 'int8']],
    ] as const) {
      const { precisions: _, ...older } = planOf(preset);
      expect(readPlan(planFile(`older-${preset}.json`, older)).precisions).toEqual(precisions);
    }
  });

  it('must name its preset, and holds no setting that is not known', () => {
    const { preset: _, ...rest } = plans[0];
    const file = planFile('part.json', rest);
    expect(() => readPlan(file)).toThrow(
      `${file}: preset: found nothing, expected one of "smoke", "sample", "scratch", "paper"`,
    );
    const newer = planFile('newer.json', { ...plans[0], latency: { ...plans[0].latency, rounds: 3 } });
    expect(() => readPlan(newer)).toThrow(
      `${newer}: latency.rounds: found a setting that is not known, expected an object with warmup, batches`,
    );
    const wrong = planFile('wrong.json', { ...plans[0], seeds: [] });
    expect(() => readPlan(wrong)).toThrow(
      `${wrong}: seeds: found [], expected a list of at least one whole number from 0 on`,
    );
  });
});

describe('what does not fit', () => {
  it.each<[string, PlanChanges, string | RegExp]>([
    ['huge', {}, 'unknown preset "huge": expected one of smoke, sample, scratch, paper'],
    ['toString', {}, 'unknown preset "toString": expected one of smoke, sample, scratch, paper'],
    [
      'scratch',
      {},
      'the preset "scratch" needs a corpus: --data with a folder, or a data set of the Hugging Face Hub such as hf:eriktks/conll2003',
    ],
    [
      'paper',
      {},
      'the preset "paper" needs a corpus: --data with a folder, or a data set of the Hugging Face Hub such as hf:eriktks/conll2003',
    ],
    [
      'paper',
      { data: 'd' },
      'the preset "paper" needs a pretrained teacher: --teacher-checkpoint with a folder, or a model of',
    ],
    [
      'paper',
      { data: 'd', teacherCheckpoint: bert },
      'the preset "paper" needs a pretrained student: --student-checkpoint, likewise, or --student-initial teacher-layers',
    ],
    [
      'paper',
      { data: 'd', teacherCheckpoint: distilbert, studentCheckpoint: distilbert },
      `${distilbert}: found no tokenizer; expected the one that the checkpoint was made with`,
    ],
    ['smoke', { teacherCheckpoint: '/nowhere' }, '/nowhere/config.json: cannot be read as JSON'],
    ['smoke', { teacherLayers: 0 }, 'teacher.layers: found 0, expected a whole number from 1 to 128'],
    ['smoke', { studentLayers: [0] }, 'students[0].layers: found 0, expected a whole number from 1 to 128'],
    ['smoke', { teacherWidth: 48 }, 'the width is 48, expected a multiple of 32, or of 4 below 32'],
    [
      'smoke',
      { studentWidth: 6, studentLayers: [1] },
      "the student's width is 6, expected a multiple of 4 times its 1 head",
    ],
    ['smoke', { studentWidth: 0 }, 'students[0].hiddenSize: found 0, expected a whole number from 4 on'],
    [
      'smoke',
      { teacherEpochs: 0 },
      'teacher.training.epochs: found 0, expected a whole number from 1 to 100000',
    ],
    [
      'smoke',
      { studentEpochs: 0 },
      'students[0].training.epochs: found 0, expected a whole number from 1 to 100000',
    ],
    [
      'smoke',
      { batchSize: 0 },
      'teacher.training.batchSize: found 0, expected a whole number from 1 to 16384',
    ],
    ['smoke', { learningRate: 0 }, 'teacher.training.learningRate: found 0, expected a number above 0'],
    [
      'smoke',
      { learningRate: Number.NaN },
      'teacher.training.learningRate: found NaN, expected a number above 0',
    ],
    ['smoke', { critical: [] }, 'criticalTypes: found [], expected a list of at least one entity type'],
    [
      'smoke',
      { forms: [] },
      'distillation.forms: found [], expected a list of at least one loss with a weight β',
    ],
    ['smoke', { betas: [0.1, -0.5] }, 'distillation.betas[0]: found -0.5, expected a number from 0 on'],
    ['smoke', { vocabularySize: 0 }, 'tokenizer.vocabularySize: found 0, expected a whole number from 1 on'],
    ['smoke', { threads: 0 }, 'threads: found 0, expected a whole number from 1 to 512'],
    ['smoke', { threads: 100_000 }, 'threads: found 100000, expected a whole number from 1 to 512'],
    ['smoke', { studentLayers: [1, 2, 2] }, 'two students have the name "2 layers"'],
    [
      'sample',
      { studentCheckpoint: distilbert, studentLayers: [1, 2] },
      '--student-layers says nothing beside --student-checkpoint, whose model is as large as it is',
    ],
    [
      'sample',
      { teacherCheckpoint: bert, teacherWidth: 64 },
      '--teacher-width says nothing beside --teacher-checkpoint',
    ],
    [
      'sample',
      { plan: planFile('twins.json', { students: [{ name: 'a' }, { name: 'b' }] }) },
      'the students "a" and "b" differ in their names alone, and would be one model',
    ],
    [
      'smoke',
      { seeds: Array.from({ length: 2000 }, (_, i) => i), betas: [0.1, 0.2, 0.3] },
      'the plan asks for 22,000 runs (2000 seeds, 2 students, 4 β), expected at most 10,000',
    ],
    [
      'smoke',
      { teacherLayers: 1e9 },
      'teacher.layers: found 1000000000, expected a whole number from 1 to 128',
    ],
    ['smoke', { batchSize: 1e9 }, 'batchSize: found 1000000000, expected a whole number from 1 to 16384'],
    ['smoke', { studentWidth: 2 ** 20 }, /^the student .* would have [\d,]+ parameters/],
    ['smoke', { maxLength: 1e12 }, /^the teacher would have [\d,]+ parameters .* maxLength 1000000000000/],
    [
      'smoke',
      { data: 'a', train: 'b' },
      'a corpus is a folder or files: --data, or --train, --valid and --test',
    ],
    [
      'smoke',
      { teacherWidth: 32, studentWidth: 64 },
      'the student "layer of the teacher" starts from the teacher\'s layers: found hiddenSize 64, expected the teacher\'s 32',
    ],
    [
      'smoke',
      { studentLayers: [3], studentInitial: 'teacher-layers' },
      "the student starts from the teacher's layers: found 3 layers, expected at most the teacher's 2",
    ],
    [
      'smoke',
      { tokenizer: 'tokenizer.json', vocabularySize: 500 },
      'a vocabulary is trained only where no tokenizer is given: --tokenizer or --vocabulary-size',
    ],
  ])('is refused in a sentence: %s with %j', (preset, changes, message) => {
    expect(() => planOf(preset, changes)).toThrow(InputError);
    expect(() => planOf(preset, changes)).toThrow(message);
  });
});

it('a corpus that can be read but once is told from files and folders', () => {
  const once = (changes: PlanChanges) => fileReadOnce(planOf('smoke', changes));
  expect(once({})).toBeUndefined();
  expect(once({ data: __dirname })).toBeUndefined();
  expect(once({ train: __filename, test: __filename })).toBeUndefined();
  expect(once({ data: '-' })).toBe('-');
  expect(once({ train: __filename, test: '-' })).toBe('-');
});
