/** Presets, what flags change in them, and what is refused. */
import { InputError } from 'ner-distill/errors';
import { type PlanChanges, PRESET_DESCRIPTIONS, PRESETS, planOf } from 'ner-distill/experiment/plan';
import { describe, expect, it } from 'vitest';

const plans = [planOf('smoke'), planOf('sample'), planOf('scratch', { data: 'folder' })];

describe('presets', () => {
  it('are three, each described', () => {
    expect(PRESETS).toEqual(['smoke', 'sample', 'scratch']);
    expect(Object.keys(PRESET_DESCRIPTIONS)).toEqual([...PRESETS]);
    expect(plans.map(({ preset }) => preset)).toEqual([...PRESETS]);
  });

  it.each(plans)("$preset has the study's settings", plan => {
    expect(plan.criticalTypes).toEqual(['PER', 'ORG']);
    expect(plan.maxLength).toBe(128);
    expect(plan.dropout).toBe(0.1);
    expect(plan.distillation).toMatchObject({ alpha: 0.5, temperature: 2, kappa: 10 });
    expect(plan.latency).toMatchObject({ warmup: 2, batches: 5 });
    expect(plan.teacher).toMatchObject({ architecture: 'bert', training: { weightDecay: 0.01, maxNorm: 1 } });
    expect(plan.student).toMatchObject({
      architecture: 'distilbert',
      training: { weightDecay: 0.01, maxNorm: 1 },
    });
    expect(plan.student.layers).toBeLessThan(plan.teacher.layers);
  });

  it("sample and scratch sweep the study's β", () => {
    for (const plan of plans.slice(1)) expect(plan.distillation.betas).toEqual([0, 0.1, 0.2, 0.5]);
  });

  it('are plain data, the same after a detour through JSON', () => {
    for (const plan of plans) expect(JSON.parse(JSON.stringify(plan))).toEqual(plan);
  });
});

describe('changes', () => {
  it('that are absent or undefined leave the preset as it is', () => {
    expect(planOf('smoke', {})).toEqual(planOf('smoke'));
    expect(planOf('smoke', { critical: undefined, seed: undefined, teacherWidth: undefined })).toEqual(
      planOf('smoke'),
    );
  });

  it.each<[string, PlanChanges, object]>([
    ['the critical types', { critical: ['LOC'] }, { criticalTypes: ['LOC'] }],
    ['the critical types, each once', { critical: ['LOC', 'LOC'] }, { criticalTypes: ['LOC'] }],
    ['the vocabulary', { vocabularySize: 77 }, { tokenizer: { vocabularySize: 77, lowercase: false } }],
    ['the tokenizer', { tokenizer: 'a.json' }, { tokenizer: { file: 'a.json' } }],
    ['β, sorted, each once, 0 always', { betas: [2, 0.5, 2] }, { distillation: { betas: [0, 0.5, 2] } }],
    ['the form', { forms: ['weighted'] }, { distillation: { forms: ['weighted'] } }],
    ['the forms, each once', { forms: ['logits', 'logits'] }, { distillation: { forms: ['logits'] } }],
    [
      'the engine, its threads and the seed',
      { engine: 'wasm', threads: 3, seed: 0 },
      { engine: 'wasm', threads: 3, seed: 0 },
    ],
    [
      'the size of the teacher, with heads of 32 and four times the width between',
      { teacherLayers: 5, teacherWidth: 96, teacherEpochs: 7 },
      { teacher: { layers: 5, hiddenSize: 96, heads: 3, intermediateSize: 384, training: { epochs: 7 } } },
    ],
    [
      'the size of the student',
      { studentLayers: 2, studentWidth: 12, studentEpochs: 9 },
      { student: { layers: 2, hiddenSize: 12, heads: 1, intermediateSize: 48, training: { epochs: 9 } } },
    ],
    [
      'the schedule of both models',
      { batchSize: 5, learningRate: 0.25 },
      {
        teacher: { training: { batchSize: 5, learningRate: 0.25 } },
        student: { training: { batchSize: 5, learningRate: 0.25 } },
      },
    ],
  ])('set %s', (_, changes, expected) => {
    expect(planOf('smoke', changes)).toMatchObject(expected);
  });

  it('to another corpus use all of it', () => {
    expect(planOf('smoke').limit).not.toBeNull();
    expect(planOf('smoke', { data: 'folder' })).toMatchObject({ data: 'folder', limit: null });
  });

  it('of one model leave the other as it is', () => {
    const { student } = planOf('smoke', { teacherLayers: 5, teacherEpochs: 1 });
    expect(student).toEqual(planOf('smoke').student);
  });
});

describe('what does not fit', () => {
  it.each<[string, PlanChanges, string]>([
    ['huge', {}, 'unknown preset "huge": expected one of smoke, sample, scratch'],
    ['toString', {}, 'unknown preset "toString": expected one of smoke, sample, scratch'],
    ['scratch', {}, 'the preset "scratch" needs a corpus folder: --data FOLDER'],
    ['smoke', { teacherLayers: 0 }, 'the teacher has 0 layers, expected at least 1'],
    ['smoke', { studentLayers: 0 }, 'the student has 0 layers, expected at least 1'],
    ['smoke', { teacherWidth: 48 }, "the teacher's width is 48, expected a multiple of 32, or of 4 below 32"],
    ['smoke', { studentWidth: 6 }, "the student's width is 6, expected a multiple of 32, or of 4 below 32"],
    ['smoke', { studentWidth: 0 }, "the student's width is 0, expected a multiple of 32, or of 4 below 32"],
    ['smoke', { teacherEpochs: 0 }, 'the teacher is trained for 0 epochs, expected at least 1'],
    ['smoke', { studentEpochs: 0 }, 'the student is trained for 0 epochs, expected at least 1'],
    ['smoke', { batchSize: 0 }, 'the batch size is 0, expected at least 1'],
    ['smoke', { learningRate: 0 }, 'the learning rate is 0, expected more than 0'],
    ['smoke', { learningRate: Number.NaN }, 'the learning rate is NaN, expected more than 0'],
    [
      'smoke',
      { critical: [] },
      'no critical type is given: expected at least one, such as --critical PER,ORG',
    ],
    ['smoke', { forms: [] }, 'no form of the critical loss is given: expected logits, weighted or both'],
    ['smoke', { betas: [0.1, -0.5] }, 'β is -0.5, expected 0 or more'],
    ['smoke', { vocabularySize: 0 }, 'the vocabulary has 0 pieces, expected at least 1'],
    ['smoke', { threads: 0 }, 'the engine has 0 threads, expected at least 1 and at most 512'],
    ['smoke', { threads: 100_000 }, 'the engine has 100000 threads, expected at least 1 and at most 512'],
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
