/** Teachers that are given: a model, an ONNX graph of it, the logits of another tool; what is asked of them, and what refused. */
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { showStatus } from 'ner-distill/commands/actions/status';
import { LabelSet } from 'ner-distill/corpus/labels';
import type { Corpus, Sentence } from 'ner-distill/corpus/sentence';
import { toBio } from 'ner-distill/corpus/tags';
import { openEngine } from 'ner-distill/engine/select';
import { readPredictions } from 'ner-distill/evaluation/predictions';
import { estimateRuns } from 'ner-distill/experiment/estimate';
import { openGivenTeacher } from 'ner-distill/experiment/given-teacher';
import { StudySession } from 'ner-distill/experiment/paper';
import { planOf, type StudyPlan } from 'ner-distill/experiment/plan';
import { inOrder } from 'ner-distill/experiment/schedule';
import { slurmFiles } from 'ner-distill/experiment/slurm';
import { storeFilesIn } from 'ner-distill/experiment/store-files';
import type { StudyRun } from 'ner-distill/experiment/study';
import { readTeacherLogits } from 'ner-distill/experiment/teacher-logits';
import { exportModel } from 'ner-distill/export/export-model';
import { openOnnxClassifier } from 'ner-distill/inference/onnx-classifier';
import { saveCheckpoint } from 'ner-distill/model/checkpoint';
import type { ModelConfig } from 'ner-distill/model/config';
import { initialParameters, type Parameters } from 'ner-distill/model/parameters';
import { encodeSafetensors, loadSafetensors } from 'ner-distill/model/safetensors';
import { Tagger } from 'ner-distill/prediction/tagger';
import { table1 } from 'ner-distill/report/tables';
import { windowsOf } from 'ner-distill/tokenization/align';
import { loadTokenizer } from 'ner-distill/tokenization/tokenizer';
import { hiddenStatesLoss } from 'ner-distill/training/losses/hidden-states';
import { onnx } from 'onnx-proto';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { tinyPlan } from './tiny.fixture';

/** A Python with transformers, which is no dependency of this project (see the tests of `export`). */
const { NER_DISTILL_PYTHON: python } = process.env;
const hasPython =
  python !== undefined && spawnSync(python, ['-c', 'import torch, transformers']).status === 0;

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

/** The largest difference between numbers in the same places. */
const furthest = (ours: ArrayLike<number>, theirs: ArrayLike<number>) =>
  Math.max(...Array.from(theirs, (value, i) => Math.abs(value - ours[i])));
function expectClose(ours: Parameters, theirs: Parameters): void {
  expect(Object.keys(ours)).toEqual(Object.keys(theirs));
  for (const [name, { values }] of Object.entries(theirs))
    expect(furthest(ours[name].values, values), name).toBeLessThan(1e-4);
}

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
    expectClose(ours.weights, theirs.weights);
  });
});

describe('an ONNX model', () => {
  it('teaches as the model that it was exported from', async () => {
    const out = newFolder();
    const lines: string[] = [];
    const session = await open({ givenTeacher: { onnx: exported } }, out, lines);
    const [teacher, , vanilla] = await session.all();
    expect(teacher).toMatchObject({ given: 'onnx', parameters: trained.teacher.parameters });
    const [ours, theirs] = [filesOf(out, vanilla), filesOf(trained.out, trained.vanilla)];
    expect(ours.config.teacher).toBe(teacher.id);
    expect(ours.predictions).toBe(theirs.predictions);
    expectClose(ours.weights, theirs.weights);
    expect(session.store.hasModel(teacher.id)).toBe(false);
    expect(await session.latency(teacher)).toBeNull();
    expect(table1(session.results())[0]).toMatchObject({ model: 'teacher', latency_mean_ms: null });
    const [asked] = await session.given!.answers([session.corpus.test[0]], 'logits', { batchSize: 1 });
    const { size } = session.labels;
    const probabilities = await session.probabilities(teacher, 0);
    const best = (row: ArrayLike<number>) => Array.from(row).indexOf(Math.max(...Array.from(row)));
    expect(probabilities).toHaveLength(session.corpus.test[0].words.length);
    expect(probabilities.map(best)).toEqual(
      probabilities.map((_, word) => best(asked.subarray(word * size, (word + 1) * size))),
    );
  });
});

const BYTE_LEVEL = resolve(__dirname, '../fixtures/byte-level-bpe/tokenizer.json');

/** SentencePiece's Unigram, with the special tokens of ALBERT: a piece for each character, and a few longer ones. */
function sentencePiece(): string {
  const special = ['<pad>', '<unk>', '[CLS]', '[SEP]', '[MASK]'];
  const characters = [...new Set(trained.session.corpus.train.flatMap(({ words }) => [...words.join('')]))];
  const scores = { '▁': -2, '▁the': -1, er: -1.5, an: -1.5 };
  const pieces = [...characters.map(each => [each, -5]), ...Object.entries(scores)];
  const file = join(newFolder(), 'tokenizer.json');
  const definition = {
    added_tokens: special.map((content, id) => ({ id, content, special: true })),
    normalizer: { type: 'NFKC' },
    decoder: { type: 'Metaspace', replacement: '▁', prepend_scheme: 'always', split: true },
    pre_tokenizer: { type: 'Metaspace', replacement: '▁', prepend_scheme: 'always', split: true },
    post_processor: {
      type: 'TemplateProcessing',
      single: [
        { SpecialToken: { id: '[CLS]', type_id: 0 } },
        { Sequence: { id: 'A', type_id: 0 } },
        { SpecialToken: { id: '[SEP]', type_id: 0 } },
      ],
      pair: [],
      special_tokens: {
        '[CLS]': { id: '[CLS]', ids: [2], tokens: ['[CLS]'] },
        '[SEP]': { id: '[SEP]', ids: [3], tokens: ['[SEP]'] },
      },
    },
    model: { type: 'Unigram', unk_id: 1, vocab: [...special.map(each => [each, 0]), ...pieces] },
  };
  writeFileSync(file, JSON.stringify(definition));
  return file;
}

/**
 * A RoBERTa with random weights that reads in sequences of 16 pieces, and its export.
 * @param tags its labels @param file its tokenizer
 */
async function foreignTeacher(
  tags: readonly string[],
  file = BYTE_LEVEL,
  layers = 1,
): Promise<{ folder: string; exported: string }> {
  const { special, vocabularySize } = loadTokenizer(file);
  const config: ModelConfig = {
    architecture: 'roberta',
    vocabularySize,
    hiddenSize: 32,
    layers,
    heads: 2,
    intermediateSize: 64,
    maxPositions: 16,
    padId: special.pad,
    dropout: 0.1,
    attentionDropout: 0.1,
    tags,
  };
  const parameters = { ...initialParameters(config, 5) };
  const { shape, values } = parameters['classifier.weight'];
  parameters['classifier.weight'] = { shape, values: values.map(value => 40 * value) };
  const folder = newFolder();
  saveCheckpoint(folder, { config, parameters });
  cpSync(file, join(folder, 'tokenizer.json'));
  const exported = join(newFolder(), 'export');
  await exportModel(folder, exported, { scores: false });
  return { folder, exported };
}

describe('a teacher with other pieces than its students', () => {
  const tagsOf = () => trained.session.labels.tags;

  it.each([
    ['bytes', () => BYTE_LEVEL],
    ['SentencePiece', sentencePiece],
  ])('says of each word what it says in predict, however long the sentence (%s)', async (_, tokenizer) => {
    const { folder, exported } = await foreignTeacher(tagsOf(), tokenizer());
    const tagger = await Tagger.open(folder, { engine: 'onnx', threads: 1 });
    const { test } = trained.session.corpus;
    const expected = (await tagger.tag(test.map(({ words }) => words))).map(({ tags }) => tags);
    await tagger.dispose();
    // A word that is longer than a sequence is `O` in predict; of a teacher the beginning is asked.
    const reader = loadTokenizer(join(folder, 'tokenizer.json'));
    const readable = (tags: readonly string[], s: number) =>
      tags.filter((_, word) => reader.pieces(test[s].words[word]).length <= 14);
    expect(new Set(expected.flat()).size).toBeGreaterThan(3);
    for (const givenTeacher of [{ model: folder }, { onnx: exported }]) {
      const out = newFolder();
      const session = await open({ givenTeacher }, out);
      const { id } = await session.teacher();
      const file = session.store.predictionsFile(id);
      const found = readPredictions({ file }).sentences.map(({ predicted }) => toBio(predicted));
      expect(found.map(readable)).toEqual(expected.map(readable));
    }
  });

  it('is asked for the tags of the corpus by their names, at first pieces', async () => {
    const labels = ['B-DATE', ...[...tagsOf()].reverse()];
    const { folder, exported } = await foreignTeacher(labels);
    const session = await open({ givenTeacher: { onnx: exported } });
    expect(session.notes.at(-1)).toBe(
      `${exported}/onnx/model.onnx: the teacher's labels B-DATE are no tags of the corpus; its answers are taken without them`,
    );
    const tokenizer = loadTokenizer(join(folder, 'tokenizer.json'));
    const sentence: Sentence = { words: ['Ann', 'left', 'Oslo'], tags: ['O', 'O', 'O'], document: 0 };
    const pieces = sentence.words.map(word => tokenizer.pieces(word));
    const ids = [tokenizer.special.start, ...pieces.flat(), tokenizer.special.end];
    const graph = await InferenceSession.create(join(exported, 'onnx/model.onnx'));
    const int64 = (values: readonly number[]) =>
      new Tensor('int64', BigInt64Array.from(values, BigInt), [1, values.length]);
    const { logits } = await graph.run({ input_ids: int64(ids), attention_mask: int64(ids.map(() => 1)) });
    const at = (position: number) =>
      tagsOf().map(tag => logits.data[position * labels.length + labels.indexOf(tag)] as number);
    const firsts = [1, 1 + pieces[0].length, 1 + pieces[0].length + pieces[1].length];
    for (const givenTeacher of [{ onnx: exported }, { model: folder }]) {
      const { given } = await open({ givenTeacher });
      const [answers] = await given!.answers([sentence], 'logits', { batchSize: 4 });
      expect(furthest(answers, firsts.flatMap(at))).toBeLessThan(1e-4);
      expect(answers).toHaveLength(3 * tagsOf().length);
    }
  });

  it('reads the beginning of a word that is longer than its sequences', async () => {
    const { exported } = await foreignTeacher(tagsOf());
    const { given } = await open({ givenTeacher: { onnx: exported } });
    const words = ['Ann', 'x'.repeat(300), 'left'];
    const sentences = [{ words, tags: ['O', 'O', 'O'], document: 0 }];
    const [answers] = await given!.answers(sentences, 'logits', { batchSize: 4 });
    expect(answers).toHaveLength(3 * tagsOf().length);
    expect(answers.every(Number.isFinite)).toBe(true);
  });
});

/** Writes the logits of a teacher as another tool would. */
async function logitsFile(
  parts: readonly (readonly Sentence[])[],
  teacher: StudyPlan['givenTeacher'],
): Promise<string> {
  const { given, labels } = await open({ givenTeacher: teacher });
  const lines: object[] = [{ labels: labels.tags }];
  for (const part of parts) {
    const answers = await given!.answers(part, 'logits', { batchSize: 32 });
    part.forEach(({ words }, s) => {
      const row = (_: string, word: number) => [
        ...answers[s].subarray(word * labels.size, (word + 1) * labels.size),
      ];
      lines.push({ tokens: words, logits: words.map(row) });
    });
  }
  const file = join(newFolder(), 'logits.jsonl');
  writeFileSync(file, `${lines.map(line => JSON.stringify(line)).join('\n')}\n`);
  return file;
}

describe('logits of another tool', () => {
  it('teach, to the last bit, as the model that gave them; without a test part the teacher has no row', async () => {
    const { train, valid, test } = trained.session.corpus;
    const students = await Promise.all(
      [
        { model },
        { logits: await logitsFile([train, valid, test], { model }) },
        { logits: await logitsFile([train], { model }) },
      ].map(async givenTeacher => {
        const out = newFolder();
        const session = await open({ givenTeacher }, out);
        const vanilla = await session.vanilla();
        await session.all();
        return { ...filesOf(out, vanilla), session, table: table1(session.results()) };
      }),
    );
    const [ofModel, ofAll, ofTraining] = students;
    for (const { weights, predictions } of [ofAll, ofTraining]) {
      expect(weights).toEqual(ofModel.weights);
      expect(predictions).toBe(ofModel.predictions);
    }
    expect(ofAll.table[0]).toEqual({
      ...ofModel.table[0],
      parameters: null,
      file_bytes: null,
      runs: ofAll.table[0].runs,
    });
    expect(ofTraining.table.map(row => row.model)).not.toContain('teacher');
    expect(ofTraining.session.notes.at(-1)).toMatch(
      /holds the training part only, so that the teacher has no scores$/,
    );
    await expect(ofTraining.session.teacher()).rejects.toThrow('it has no scores, and no run');
    const ids = students.map(({ config }) => config.teacher);
    expect(new Set(ids).size).toBe(3);
  });

  it.skipIf(!hasPython)('come from the lines of Python that the documentation shows', async () => {
    const page = readFileSync(resolve(__dirname, '../../docs/teachers.md'), 'utf8');
    const [, shown] = /```python\n([\s\S]*?)```/.exec(page)!;
    const { corpus: all, encoded } = trained.session;
    // Those that the model reads whole: with a longer one those lines fail.
    const sentences = all.train.filter(
      ({ words }, i) => encoded.train.sentences[i].firstPieces.length === words.length,
    );
    const file = join(newFolder(), 'logits.jsonl');
    const given = { folder: exported, out: file, sentences: sentences.map(({ words }) => words) };
    const script = `import json, sys\nglobals().update(json.load(sys.stdin))\n${shown}`;
    execFileSync(python!, ['-c', script], {
      input: JSON.stringify(given),
      stdio: ['pipe', 'ignore', 'pipe'],
    });
    const read = readTeacherLogits(file, { ...all, train: sentences });
    expect(read.labels).toEqual(trained.session.labels.tags);
    expect(read.test).toBeNull();
    const session = await open({ givenTeacher: { model } });
    const ours = await session.given!.answers(sentences, 'logits', { batchSize: 8 });
    expect(sentences.length).toBeGreaterThan(3);
    read.train.forEach((rows, s) => {
      expect(rows).toHaveLength(ours[s].length);
      expect(furthest(rows, ours[s])).toBeLessThan(1e-4);
    });
  });

  it.each<[string, (lines: string[]) => string[], RegExp]>([
    ['nothing', () => [], /: found nothing, expected a first line \{"labels"/],
    ['no labels', lines => lines.slice(1), /:1: found no labels, expected a first line/],
    [
      'a line that is no JSON',
      ([head, , ...rest]) => [head, '{"tokens": NaN', ...rest],
      /:2: not JSON \(found "N"/,
    ],
    [
      'another word',
      ([head, line, ...rest]) => [head, line.replace(/"tokens":\["[^"]*"/, '"tokens":["Zzz"'), ...rest],
      /:2: word 1 is "Zzz", expected ".*", as in sentence 1 of the training part of the corpus$/,
    ],
    [
      'a word too many',
      ([head, line, ...rest]) => [head, line.replace('],"logits"', ',"more"],"logits"'), ...rest],
      /:2: word \d+ is "more", expected no word/,
    ],
    [
      'a sentence too few',
      lines => lines.slice(0, -1),
      /: ends behind line 24, at sentence 24 of the 24 of the corpus's training part$/,
    ],
    [
      'a sentence too many',
      lines => [...lines, lines[1]],
      /:26: word \d+ is .*, expected .*, as in sentence 1 of the validation part/,
    ],
    [
      'a logit too few',
      ([head, line, ...rest]) => [head, line.replace(/\[\[[^,]*,/, '[['), ...rest],
      /:2: word 1 has 8 logits, expected 9, one for each label$/,
    ],
    [
      'a number that is none',
      ([head, line, ...rest]) => [head, line.replace(/\[\[[^,]*,/, '[["x",'), ...rest],
      /:2: the logit of word 1 for "O" is "x", expected a finite number/,
    ],
    [
      'a number beyond 32 bits',
      ([head, line, ...rest]) => [head, line.replace(/\[\[[^,]*,/, '[[1e39,'), ...rest],
      /:2: the logit of word 1 for "O" is 1e\+39, expected a finite number/,
    ],
    [
      'labels of another scheme',
      ([head, ...rest]) => [head.replace('B-PER', 'E-PER'), ...rest],
      /the teacher's labels are O, E-PER, .* \(IOE\); expected BIO tags/,
    ],
  ])('are refused with %s', async (_, change, message) => {
    const file = await logitsFile([trained.session.corpus.train], { model });
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
    writeFileSync(
      file,
      change(lines)
        .map(line => `${line}\n`)
        .join(''),
    );
    await expect(open({ givenTeacher: { logits: file } })).rejects.toThrow(message);
  });
});

describe('a teacher without the I- of a type whose entities are single words', () => {
  const labels = ['B-YEAR', 'O', 'I-PER', 'B-PER'];
  const { tags } = new LabelSet(['PER', 'YEAR']);
  const words = ['Ann', 'Lee', 'left', 'in', '1984'];
  const sentence: Sentence = { words, tags: ['B-PER', 'I-PER', 'O', 'O', 'B-YEAR'], document: 0 };
  const corpusOf = (...test: Sentence[]): Corpus => ({
    name: 'years',
    train: [sentence],
    valid: [sentence],
    test: [sentence, ...test],
  });

  it('is used; the class is ten below the mean of the others, so that it is as good as impossible', async () => {
    const { folder, exported } = await foreignTeacher(labels);
    const engine = await openEngine('onnx', { threads: 1 });
    const own = await openOnnxClassifier(exported).open(1);
    const encoded = windowsOf(words, loadTokenizer(folder), 16).map(each => each.encoded);
    const theirs = (await own.outputs(encoded, { batchSize: 8, padId: 1 })).flatMap(rows => [...rows]);
    await own.dispose();
    const rows = words.map((_, word) => theirs.slice(4 * word, 4 * word + 4));
    const expected = rows.map(([year, o, i, b]) => [o, b, i, year, (year + o + i + b) / 4 - 10]);
    const file = join(newFolder(), 'logits.jsonl');
    const line = JSON.stringify({ tokens: words, logits: rows });
    writeFileSync(file, [JSON.stringify({ labels }), line, line, line].join('\n'));
    for (const given of [{ model: folder }, { onnx: exported }, { logits: file }]) {
      const corpus = corpusOf();
      const teacher = openGivenTeacher(given, corpus, tags, engine);
      const [answers] = await teacher.answers([corpus.train[0]], 'logits', { batchSize: 8 });
      expect(furthest(answers, expected.flat())).toBeLessThan(1e-4);
      for (let word = 0; word < words.length; word++) {
        const powers = Array.from(answers.subarray(5 * word, 5 * word + 5), Math.exp);
        const total = powers.reduce((sum, power) => sum + power);
        expect(powers[4] / total).toBeLessThan(Math.exp(-10) / 4);
      }
      expect(teacher.notes.at(-1)).toMatch(
        /: the teacher has no label for I-YEAR, which no word of the corpus has; /,
      );
    }
  });

  it('is refused where a word has it, in whatever part', async () => {
    const { folder } = await foreignTeacher(labels);
    const engine = await openEngine('onnx', { threads: 1 });
    const long: Sentence = { words: ['in', 'year', '1'], tags: ['O', 'B-YEAR', 'I-YEAR'], document: 0 };
    expect(() => openGivenTeacher({ model: folder }, corpusOf(long), tags, engine)).toThrow(
      `the teacher has no label for I-YEAR (it has ${labels.join(', ')}); expected BIO tags, one for each of the corpus: O, B-PER, I-PER, B-YEAR, I-YEAR`,
    );
  });
});

describe('a teacher that does not fit is refused in a sentence:', () => {
  const copyOf = (folder: string) => {
    const copy = newFolder();
    cpSync(folder, copy, { recursive: true });
    return copy;
  };
  const withLabels = (folder: string, rename: (label: string) => string) => {
    const copy = copyOf(folder);
    const file = join(copy, 'config.json');
    const json = JSON.parse(readFileSync(file, 'utf8'));
    const id2label = Object.entries<string>(json.id2label).map(([id, label]) => [id, rename(label)]);
    writeFileSync(file, JSON.stringify({ ...json, id2label: Object.fromEntries(id2label) }));
    return copy;
  };

  it.each([
    [
      'numbers',
      (label: string) => `LABEL_${label.length}`,
      /the teacher's labels are LABEL_1, LABEL_5, .*; expected BIO tags, one for each of the corpus: O, B-PER/,
    ],
    [
      'names without prefixes',
      (label: string) => label.slice(2) || 'O',
      /the teacher's labels are O, PER, PER, .*; expected BIO tags/,
    ],
    ['IO', (label: string) => label.replace('B-', 'I-'), /labels are O, I-PER, .* \(IO\); expected BIO tags/],
    [
      'BIOES',
      (label: string) => label.replace('B-PER', 'S-PER'),
      /labels are O, S-PER, .* \(BIOES\); expected BIO tags/,
    ],
    [
      'BILOU',
      (label: string) => label.replace('B-PER', 'U-PER'),
      /labels are O, U-PER, .* \(BILOU\); expected BIO tags/,
    ],
    [
      'other types',
      (label: string) => label.replace('PER', 'PERSON'),
      /the teacher has no label for B-PER, I-PER \(it has O, B-PERSON, .*\); expected BIO tags/,
    ],
    [
      'a label twice',
      (label: string) => label.replace('I-PER', 'B-PER'),
      /the teacher has the label B-PER twice; expected/,
    ],
  ])('its labels are %s', async (_, rename, message) => {
    await expect(open({ givenTeacher: { model: withLabels(model, rename) } })).rejects.toThrow(message);
    await expect(open({ givenTeacher: { onnx: withLabels(exported, rename) } })).rejects.toThrow(message);
  });

  it('its configuration has fewer layers than its weights', async () => {
    const { folder } = await foreignTeacher(trained.session.labels.tags, BYTE_LEVEL, 2);
    const file = join(folder, 'config.json');
    const json = JSON.parse(readFileSync(file, 'utf8'));
    writeFileSync(file, JSON.stringify({ ...json, num_hidden_layers: 1 }));
    // Of a layer: weight and bias of 4 products in attention, of 2 beside it, and of 2 normalizations.
    await expect(open({ givenTeacher: { model: folder } })).rejects.toThrow(
      /tensor "roberta\.encoder\.layer\.1\..*" \(and 15 more\) is not part of this model; check its config\.json$/,
    );
  });

  it('a CRF decides its tags', async () => {
    const copy = copyOf(model);
    const file = join(copy, 'model.safetensors');
    const transitions = { shape: [2], values: Float32Array.of(1, 2) };
    writeFileSync(file, encodeSafetensors({ ...loadSafetensors(file), 'crf.transitions': transitions }));
    await expect(open({ givenTeacher: { model: copy } })).rejects.toThrow(
      /tensor "crf\.transitions" is of neither the encoder nor its classifier, so that/,
    );
  });

  it('it is an encoder alone', async () => {
    const copy = copyOf(model);
    const file = join(copy, 'config.json');
    const { id2label: _, label2id: __, ...json } = JSON.parse(readFileSync(file, 'utf8'));
    writeFileSync(file, JSON.stringify(json));
    await expect(open({ givenTeacher: { model: copy } })).rejects.toThrow(
      /there is no id2label that names the rows of the classifier; expected a teacher that is trained for the tags/,
    );
  });

  type Graph = onnx.IGraphProto;
  const withGraph = (change: (graph: Graph) => void) => {
    const copy = copyOf(exported);
    const file = join(copy, 'onnx/model.onnx');
    const decoded = onnx.ModelProto.decode(readFileSync(file));
    change(decoded.graph!);
    writeFileSync(file, onnx.ModelProto.encode(decoded).finish());
    return copy;
  };
  it.each<[string, (graph: Graph) => void, RegExp]>([
    [
      'reads something else',
      graph => {
        graph.input![0].name = 'pixel_values';
      },
      /the graph reads pixel_values \(int64\), .*, expected input_ids and, if it wants them, attention_mask and token_type_ids, all int64$/,
    ],
    [
      'gives nothing of a number for each label',
      graph => {
        graph.output![0].type!.tensorType!.shape!.dim![2] = { dimValue: 3 };
      },
      /the graph gives logits \(float \[.*, 3\]\), expected one output of 32-bit floats \[sentences, pieces, 9\]/,
    ],
    [
      'gives logits of half the bits',
      graph => {
        graph.output![0].type!.tensorType!.elemType = onnx.TensorProto.DataType.FLOAT16;
      },
      /the graph gives logits \(float16 /,
    ],
  ])('its graph %s', async (_, change, message) => {
    await expect(open({ givenTeacher: { onnx: withGraph(change) } })).rejects.toThrow(message);
  });

  it('its graph cannot be run', async () => {
    const copy = withGraph(graph => {
      graph.node![0].opType = 'Nonsense';
    });
    const session = await open({ givenTeacher: { onnx: copy } });
    await expect(session.teacher()).rejects.toThrow(/^teacher: .*model\.onnx: onnxruntime cannot open it \(/);
  });

  it('a file of it is missing, or is none', async () => {
    const without = (name: string) => {
      const copy = copyOf(exported);
      rmSync(join(copy, name), { recursive: true });
      return copy;
    };
    await expect(open({ givenTeacher: { onnx: without('onnx') } })).rejects.toThrow(
      ': there is no onnx/model.onnx or model.onnx in this folder',
    );
    const vocabulary = without('tokenizer.json');
    rmSync(join(vocabulary, 'tokenizer_config.json'));
    const { notes } = await open({ givenTeacher: { onnx: vocabulary } });
    expect(notes.join()).toContain('vocab.txt');
    rmSync(join(vocabulary, 'vocab.txt'));
    await expect(open({ givenTeacher: { onnx: vocabulary } })).rejects.toThrow(
      'found no tokenizer in the folder; expected tokenizer.json, vocab.txt of BERT',
    );
    await expect(open({ givenTeacher: { onnx: without('config.json') } })).rejects.toThrow('config.json');
    const damaged = copyOf(exported);
    writeFileSync(join(damaged, 'onnx/model.onnx'), 'version https://git-lfs.github.com/spec/v1');
    await expect(open({ givenTeacher: { onnx: damaged } })).rejects.toThrow(
      'found no graph, expected an ONNX model',
    );
    await expect(open({ givenTeacher: { logits: join(damaged, 'none') } })).rejects.toThrow(
      'there is no such file',
    );
  });

  it('a loss compares hidden states that it has not', async () => {
    const session = await open({ givenTeacher: { onnx: exported } });
    await expect(session.distil({ loss: hiddenStatesLoss({}) })).rejects.toThrow(
      'compares hidden states, and an ONNX model gives logits alone: expected another loss, or --teacher-model',
    );
  });
});

it('a graph without attention_mask reads no padding', async () => {
  const copy = newFolder();
  cpSync(exported, copy, { recursive: true });
  const file = join(copy, 'onnx/model.onnx');
  const decoded = onnx.ModelProto.decode(readFileSync(file));
  const graph = decoded.graph!;
  // The same graph, for which every piece is a token: what it is not told of.
  graph.input = graph.input!.filter(({ name }) => name !== 'attention_mask');
  const { INT64 } = onnx.TensorProto.DataType;
  const value = { dims: [1], dataType: INT64, rawData: new Uint8Array([1, 0, 0, 0, 0, 0, 0, 0]) };
  graph.node!.unshift(
    onnx.NodeProto.create({ opType: 'Shape', input: ['input_ids'], output: ['shape of input_ids'] }),
    onnx.NodeProto.create({
      opType: 'ConstantOfShape',
      input: ['shape of input_ids'],
      output: ['attention_mask'],
      attribute: [{ name: 'value', type: onnx.AttributeProto.AttributeType.TENSOR, t: value }],
    }),
  );
  writeFileSync(file, onnx.ModelProto.encode(decoded).finish());
  const sentences = trained.session.corpus.test;
  const answersOf = async (onnx: string) => {
    const { given } = await open({ givenTeacher: { onnx } });
    return given!.answers(sentences, 'logits', { batchSize: 8 });
  };
  const [masked, unmasked] = [await answersOf(exported), await answersOf(copy)];
  expect(new Set(sentences.map(({ words }) => words.length)).size).toBeGreaterThan(1);
  unmasked.forEach((rows, i) => void expect(furthest(rows, masked[i])).toBeLessThan(1e-4));
});

it('weights may stand beside the graph', async () => {
  const copy = newFolder();
  cpSync(exported, copy, { recursive: true });
  const file = join(copy, 'onnx/model.onnx');
  const decoded = onnx.ModelProto.decode(readFileSync(file));
  const weights: Uint8Array[] = [];
  let offset = 0;
  for (const tensor of decoded.graph!.initializer!) {
    const { rawData: bytes } = tensor;
    if (!bytes || bytes.length < 1024) continue;
    weights.push(bytes);
    tensor.dataLocation = onnx.TensorProto.DataLocation.EXTERNAL;
    tensor.externalData = Object.entries({ location: 'model.onnx_data', offset, length: bytes.length }).map(
      ([key, value]) => ({ key, value: String(value) }),
    );
    tensor.rawData = undefined;
    offset += bytes.length;
  }
  expect(weights.length).toBeGreaterThan(3);
  writeFileSync(file, onnx.ModelProto.encode(decoded).finish());
  const data = join(copy, 'onnx/model.onnx_data');
  writeFileSync(data, Buffer.concat(weights));
  const sentences = trained.session.corpus.test;
  const answersOf = async (onnx: string) => {
    const { given } = await open({ givenTeacher: { onnx } });
    return { digest: given!.digest, rows: await given!.answers(sentences, 'logits', { batchSize: 8 }) };
  };
  const [whole, apart] = [await answersOf(exported), await answersOf(copy)];
  expect(apart.rows).toEqual(whole.rows);
  // Other weights beside the same graph are another teacher.
  const bytes = readFileSync(data);
  bytes[100] ^= 1;
  writeFileSync(data, bytes);
  expect((await answersOf(copy)).digest).not.toBe(apart.digest);
  rmSync(data);
  await expect(open({ givenTeacher: { onnx: copy } })).rejects.toThrow(/model\.onnx_data: cannot be read/);
});

describe('a given teacher in 8 bits', () => {
  it('reads in windows, as predict does with the same model in 8 bits', async () => {
    const { folder } = await foreignTeacher(trained.session.labels.tags);
    const session = await open({ givenTeacher: { model: folder } });
    const teacher = await session.teacher();
    const quantized = await session.quantized(teacher);
    expect(quantized).toMatchObject({ id: teacher.id, name: 'teacher, int8', given: 'model', seed: null });
    expect(quantized.bytes).toBeLessThan(teacher.bytes!);
    const options = { engine: 'onnx', threads: 1, precision: 'int8' } as const;
    const tagger = await Tagger.open(folder, options);
    const { test } = session.corpus;
    const expected = (await tagger.tag(test.map(({ words }) => words))).map(({ tags }) => tags);
    await tagger.dispose();
    const reader = loadTokenizer(join(folder, 'tokenizer.json'));
    const readable = (tags: readonly string[], s: number) =>
      tags.filter((_, word) => reader.pieces(test[s].words[word]).length <= 14);
    const found = session.predictions(quantized).map(({ predicted }) => toBio(predicted));
    expect(found.map(readable)).toEqual(expected.map(readable));
  });

  it('is none where it has no weights', async () => {
    const session = await open({ givenTeacher: { onnx: exported } });
    const teacher = await session.teacher();
    await expect(session.quantized(teacher)).rejects.toThrow(
      'the run is a teacher that was given, and has no model of its own',
    );
  });
});

describe('a given teacher among the runs of a plan', () => {
  it('comes first, is made by its id, and is told of by status', async () => {
    const out = newFolder();
    const session = await open({ givenTeacher: { onnx: exported }, seeds: [1, 2] }, out);
    const estimates = inOrder(await estimateRuns(session));
    const [{ id, memory, seconds }] = estimates;
    expect(estimates.map(({ name, kind, needs }) => [name, kind, needs])).toEqual([
      ['teacher', 'teacher', []],
      ...[1, 2].flatMap(seed => [
        [`student without teacher, seed ${seed}`, 'control', []],
        [`vanilla, seed ${seed}`, 'vanilla', [id]],
      ]),
    ]);
    expect(seconds).toBeGreaterThan(0);
    // Of each parameter its number and a packed copy, 4 bytes each, beside 500 MB of the process.
    expect(memory).toBe(500e6 + 8 * trained.teacher.parameters!);
    const options = { program: 'p', plan: 'plan.json', out, folder: 'jobs', cores: 1 };
    expect(slurmFiles(estimates, { seconds: 1, memory }, options)['teachers.txt']).toBe(`${id}\n`);

    writeFileSync(join(out, 'plan.json'), JSON.stringify(session.plan));
    expect(await statesIn(out)).toEqual(['to do', 'to do', 'to do', 'to do', 'to do']);
    expect(await session.one(id.slice(0, 8))).toMatchObject({ id, given: 'onnx' });
    expect(await statesIn(out)).toEqual(['done', 'to do', 'to do', 'to do', 'to do']);
  });

  it('is no run, and needed by none, where its logits are of the training part alone', async () => {
    const logits = await logitsFile([trained.session.corpus.train], { model });
    const session = await open({ givenTeacher: { logits } });
    const estimates = await estimateRuns(session);
    expect(estimates.map(({ kind, needs }) => [kind, needs])).toEqual([
      ['control', []],
      ['vanilla', []],
    ]);
    expect((await session.one(estimates[1].id)).role).toBe('vanilla');
  });
});

/** What status says of each run, in its order. */
async function statesIn(results: string): Promise<string[]> {
  let text = '';
  const write = vi.spyOn(process.stdout, 'write').mockImplementation(part => {
    text += part;
    return true;
  });
  await showStatus({ results, json: true }).finally(() => write.mockRestore());
  return JSON.parse(text).map(({ state }: { state: string }) => state);
}

describe('what else a given teacher bears on', () => {
  it('an export of it says that it was given, and of what', async () => {
    const session = await open({ givenTeacher: { model } });
    const { id, test } = await session.teacher();
    const out = join(newFolder(), 'export');
    await exportModel(session.store.modelFolder(id), out);
    const card = readFileSync(join(out, 'README.md'), 'utf8');
    expect(card).toContain('on the test part of the corpus that it was scored on, in per cent.');
    expect(card).toContain('none here: it was given as it is');
    expect(card).toContain(session.given!.digest);
    expect(card).toContain((100 * test.overall.f1!).toFixed(2));
  });

  it('students start from the layers of a model, read by its tokenizer, and from no others', async () => {
    const students = PLAN.students.map(student => ({ ...student, initial: 'teacher-layers' as const }));
    const given = planOf('smoke', { teacherModel: model, studentInitial: 'teacher-layers' });
    expect(given.tokenizer).toEqual({ file: join(model, 'tokenizer.json') });
    const session = await open({ ...PLAN, students, tokenizer: given.tokenizer, givenTeacher: { model } });
    const vanilla = await session.vanilla();
    expect(vanilla.parameters).toBeGreaterThan(0);
    expect(() => planOf('smoke', { teacherOnnx: exported, studentInitial: 'teacher-layers' })).toThrow(
      "starts from the teacher's layers, and the given teacher has none to take: expected --teacher-model",
    );
  });

  it('hidden states of a model are those at first pieces', async () => {
    const session = await open({ givenTeacher: { model } });
    const run = await session.distil({ loss: hiddenStatesLoss({}) });
    expect(run.role).toBe('distilled');
  });

  it('all seeds have the one teacher', async () => {
    const session = await open({ givenTeacher: { model }, seeds: [1, 2] });
    const runs = await session.all(['teacher', 'vanilla']);
    expect(runs.map(({ name }) => name)).toEqual(['teacher', 'vanilla, seed 1', 'vanilla, seed 2']);
    expect(session.known().filter(({ part }) => part.role === 'teacher')).toHaveLength(1);
  });

  it('what is damaged in the store is noticed, and asked again', async () => {
    const out = newFolder();
    const session = await open({ givenTeacher: { onnx: exported } }, out);
    const { id } = await session.vanilla();
    const teacher = await session.teacher();
    const before = filesOf(out, { id } as StudyRun).weights;
    const [answers] = storeFilesIn(out).filter(({ kind }) => kind === 'answers');
    expect(answers).toMatchObject({ run: teacher.id });
    for (const file of [join(out, answers.path), session.store.predictionsFile(teacher.id)]) {
      const bytes = readFileSync(file);
      bytes[bytes.length - 3] ^= 1;
      writeFileSync(file, bytes);
    }
    rmSync(join(out, 'runs', id), { recursive: true });
    const lines: string[] = [];
    const again = await open({ givenTeacher: { onnx: exported } }, out, lines);
    await again.vanilla();
    expect(filesOf(out, { id } as StudyRun).weights).toEqual(before);
    const text = lines.join('\n');
    expect(text).toMatch(/teacher: .*predictions\.conll: changed since .*; it is asked again/);
    expect(text).toMatch(
      /teacher-logits.*: changed since it was written, or not the logits of .*: computed anew/,
    );
  });
});
