/** The models of a study in 8 bits: what they predict, what is kept of it, and how they stand beside themselves as trained. */
import { cpSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gate } from 'ner-distill/commands/actions/gate';
import { listRuns, showRun } from 'ner-distill/commands/actions/runs';
import { StudySession } from 'ner-distill/experiment/paper';
import type { StudyPlan } from 'ner-distill/experiment/plan';
import { silentProgress } from 'ner-distill/experiment/progress';
import { quantizeRun } from 'ner-distill/experiment/quantize-run';
import { RunStore } from 'ner-distill/experiment/runs';
import { SealedFolder } from 'ner-distill/experiment/sealed';
import type { StudyRun } from 'ner-distill/experiment/study';
import { exportModel } from 'ner-distill/export/export-model';
import { pathsIn } from 'ner-distill/files';
import { prettyJson } from 'ner-distill/json';
import { studyFacts } from 'ner-distill/report/lost-facts';
import { quantizeCompared } from 'ner-distill/report/study-quantized';
import { runsTable, table1 } from 'ner-distill/report/tables';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { tinyPlan } from './tiny.fixture';

const tiny: StudyPlan = tinyPlan(320, 12);
const PLAN: StudyPlan = { ...tiny, precisions: ['fp32', 'int8'], maxLength: 128 };
const newFolder = () => mkdtempSync(join(tmpdir(), 'quantized-'));
const out = newFolder();
const open = (folder: string, plan = PLAN, lines: string[] = []) =>
  StudySession.open(plan, folder, {
    progress: { ...silentProgress, line: text => void lines.push(text) },
  });

let session: StudySession;
let vanilla: StudyRun;
let quantized: StudyRun;
beforeAll(async () => {
  session = await open(out);
  await session.teacher();
  vanilla = await session.vanilla();
  quantized = await session.quantized(vanilla);
});
afterEach(() => vi.restoreAllMocks());

/** Words, gold and predicted tags of each sentence of a file of predictions, by a reader of the test's own. */
function rowsOf(folder: string, ...path: string[]): string[][][] {
  const text = readFileSync(join(folder, 'runs', vanilla.id, ...path), 'utf8');
  return text
    .split('\n\n')
    .filter(block => block.trim() !== '' && !block.startsWith('-DOCSTART-'))
    .map(block =>
      block
        .trim()
        .split('\n')
        .map(line => line.split(' ')),
    );
}

/** `type start end` of each entity, which begins at B, or at an I that goes on with none. */
function entities(tags: readonly string[]): string[] {
  return tags.flatMap((tag, i) => {
    const goesOn = tag.startsWith('I-') && (tags[i - 1] ?? 'O').slice(2) === tag.slice(2);
    if (tag === 'O' || goesOn) return [];
    let end = i + 1;
    while (tags[end] === `I-${tag.slice(2)}`) end++;
    return `${tag.slice(2)} ${i} ${end}`;
  });
}

/** Micro F1 of the entities of some types, in per cent, and how many of the gold ones are found. */
function scored(sentences: readonly string[][][], types: RegExp) {
  const counts = { gold: 0, predicted: 0, correct: 0 };
  for (const rows of sentences) {
    const [gold, predicted] = [1, 2].map(column =>
      entities(rows.map(row => row[column])).filter(entity => types.test(entity)),
    );
    counts.gold += gold.length;
    counts.predicted += predicted.length;
    counts.correct += gold.filter(entity => predicted.includes(entity)).length;
  }
  return {
    f1: (200 * counts.correct) / (counts.gold + counts.predicted),
    coverage: (100 * counts.correct) / counts.gold,
  };
}

describe('a model in 8 bits', () => {
  it('predicts what onnxruntime makes of the file that an export writes', async () => {
    const exported = newFolder();
    await exportModel(session.store.modelFolder(vanilla.id), exported, { scores: false });
    const file = join(exported, 'onnx', 'model_quantized.onnx');
    expect(quantized.bytes).toBe(statSync(file).size);
    const { tags } = session.labels;
    const { special } = session.tokenizer;
    const model = await InferenceSession.create(file);
    const sentences = rowsOf(out, 'int8', 'predictions.conll');
    const pieces = sentences.map(rows => {
      const ofWords = rows.map(([word]) => session.tokenizer.pieces(word));
      return [special.start, ...ofWords.flat(), special.end].map(BigInt);
    });
    // All in one batch, the longest first.
    const order = sentences.map((_, i) => i).sort((a, b) => pieces[b].length - pieces[a].length || a - b);
    expect(order).toHaveLength(24);
    const length = pieces[order[0]].length;
    expect(length).toBeLessThanOrEqual(PLAN.maxLength);
    const padded = order.map(i => [
      ...pieces[i],
      ...new Array<bigint>(length - pieces[i].length).fill(BigInt(special.pad)),
    ]);
    const tensor = (rows: readonly bigint[][]) =>
      new Tensor('int64', BigInt64Array.from(rows.flat()), [rows.length, length]);
    const mask = order.map(i => padded[0].map((_, at) => BigInt(at < pieces[i].length ? 1 : 0)));
    const { logits } = await model.run({ input_ids: tensor(padded), attention_mask: tensor(mask) });
    const values = logits.data as Float32Array;
    order.forEach((sentence, row) => {
      let at = 1;
      for (const [word, , predicted] of sentences[sentence]) {
        const begin = (row * length + at) * tags.length;
        const scores = [...values.subarray(begin, begin + tags.length)];
        expect(predicted).toBe(tags[scores.indexOf(Math.max(...scores))]);
        at += session.tokenizer.pieces(word).length;
      }
    });
    await model.release();
  });

  it('is asked about the words and the gold of the run, of both parts', () => {
    for (const name of ['predictions.conll', 'validation.conll']) {
      const [trained, rounded] = [rowsOf(out, name), rowsOf(out, 'int8', name)].map(sentences =>
        sentences.map(rows => rows.map(([word, gold]) => [word, gold])),
      );
      expect(rounded).toEqual(trained);
    }
  });

  it('is the run with its own scores, name and size', () => {
    const file = join(out, 'runs', vanilla.id, 'model', 'model.safetensors');
    expect(vanilla).toMatchObject({ precision: 'fp32', bytes: statSync(file).size, name: 'vanilla' });
    expect(quantized).toMatchObject({ id: vanilla.id, precision: 'int8', name: 'vanilla, int8' });
    expect(quantized.parameters).toBe(vanilla.parameters);
    expect(quantized.bytes).toBeLessThan(vanilla.bytes!);
    const rows = rowsOf(out, 'int8', 'predictions.conll');
    expect(100 * quantized.test.overall.f1!).toBeCloseTo(scored(rows, /./).f1, 9);
    expect(100 * quantized.test.coverage!).toBeCloseTo(scored(rows, /^(PER|ORG) /).coverage, 9);
  });

  it('is asked once, and then read', async () => {
    const times = () => pathsIn(out).map(path => [path, statSync(join(out, path)).mtimeMs]);
    const before = times();
    const lines: string[] = [];
    expect(await (await open(out, PLAN, lines)).quantized(vanilla)).toEqual(quantized);
    expect(lines).toEqual([]);
    expect(times()).toEqual(before);
  });

  it('is asked again where the run has other files, or what it left is damaged or half written', async () => {
    const whole = readFileSync(join(out, 'runs', vanilla.id, 'int8', 'predictions.conll'));
    const changes: Record<string, (folder: string) => void> = {
      'another quantiser': folder => {
        const { record, files } = { record: 'model.json', files: ['validation.conll', 'predictions.conll'] };
        const text = (name: string) => readFileSync(join(folder, name), 'utf8');
        const older = { ...JSON.parse(text(record)), by: 'another' };
        new SealedFolder(folder, `the predictions in 8 bits of the run ${vanilla.id}`).write({
          [record]: () => prettyJson(older),
          ...Object.fromEntries(files.map(name => [name, () => text(name)])),
        });
      },
      damage: folder => writeFileSync(join(folder, 'predictions.conll'), 'Ann B-PER O\n'),
      'a death before the end': folder => {
        rmSync(join(folder, 'done'));
        writeFileSync(join(folder, 'predictions.conll'), 'Ann B-');
      },
    };
    for (const [what, change] of Object.entries(changes)) {
      const copy = newFolder();
      cpSync(out, copy, { recursive: true });
      const folder = join(copy, 'runs', vanilla.id, 'int8');
      change(folder);
      const lines: string[] = [];
      const again = await open(copy, PLAN, lines);
      if (what === 'damage') {
        expect(again.results().quantized).toEqual([]);
        expect(lines).toEqual([expect.stringMatching(/int8.predictions\.conll: .*; predicted again/)]);
      }
      const said = lines.length;
      expect(await again.quantized(vanilla), what).toEqual(quantized);
      // What is replaced is not called damaged.
      if (what !== 'damage')
        expect(lines.slice(said)).toEqual([expect.stringMatching(/^vanilla, int8: F1 /)]);
      expect(readFileSync(join(folder, 'predictions.conll')), what).toEqual(whole);
      expect(new RunStore(copy).damagesOf(vanilla.id)).toEqual([]);
    }
  });
});

describe('a study', () => {
  it('has models in 8 bits where its plan asks for them, each beside itself as it was trained', async () => {
    const study = session.results();
    expect(study.quantized).toEqual([quantized]);
    const without = await open(out, { ...PLAN, precisions: ['fp32'] });
    expect(without.results().quantized).toEqual([]);
    expect(without.results().runs).toEqual(study.runs);
    expect(await quantizeCompared(without)).toEqual([]);
  });

  it('has a row of Table 1 for it, with the difference from the row above', () => {
    const rows = table1(session.results());
    expect(rows.map(({ model, precision }) => [model, precision])).toEqual([
      ['teacher', 'fp32'],
      ['vanilla student', 'fp32'],
      ['vanilla student, int8', 'int8'],
    ]);
    const [, trained, rounded] = rows;
    const files = [['predictions.conll'], ['int8', 'predictions.conll']].map(path => rowsOf(out, ...path));
    const [before, after] = files.map(sentences => scored(sentences, /^(PER|ORG) /));
    expect(trained.f1_critical_percent).toBeCloseTo(before.f1, 4);
    expect(rounded.f1_critical_percent).toBeCloseTo(after.f1, 4);
    expect(rounded.f1_critical_difference_percent).toBeCloseTo(after.f1 - before.f1, 3);
    expect(rounded.coverage_difference_percent).toBeCloseTo(after.coverage - before.coverage, 3);
    expect(trained.f1_critical_difference_percent).toBeNull();
    expect(rounded).toMatchObject({
      parameters: trained.parameters,
      runs: trained.runs,
      file_bytes: quantized.bytes,
    });
    expect(rounded.f1_critical_difference_low_percent!).toBeLessThanOrEqual(
      rounded.f1_critical_difference_percent!,
    );
    expect(rounded.f1_critical_difference_high_percent!).toBeGreaterThanOrEqual(
      rounded.f1_critical_difference_percent!,
    );
  });

  it('has its scores in the long table, behind those of the runs', () => {
    const rows = runsTable(session.results());
    const ofRun = rows.filter(
      ({ run, split, types }) => run === vanilla.id && split === 'test' && types === 'overall',
    );
    expect(ofRun.map(({ precision, file_bytes }) => [precision, file_bytes])).toEqual([
      ['fp32', vanilla.bytes],
      ['int8', quantized.bytes],
    ]);
    expect(ofRun[1].f1_fraction).toBe(quantized.test.overall.f1);
  });

  it('says of each critical fact whether the student in 8 bits still finds it', () => {
    const facts = studyFacts(session.results(), run => session.predictions(run));
    const [before, after] = [['predictions.conll'], ['int8', 'predictions.conll']].map(path =>
      rowsOf(out, ...path).map(rows => entities(rows.map(row => row[2]))),
    );
    for (const { sentence, type, first_word, last_word, int8_fate } of facts) {
      const entity = `${type} ${first_word - 1} ${last_word}`;
      const [had, has] = [before, after].map(found => found[sentence - 1].includes(entity));
      expect(int8_fate).toBe(had ? (has ? 'kept' : 'lost') : has ? 'gained' : 'missed');
    }
    expect(facts.length).toBeGreaterThan(10);
  });

  it('measures it by the protocol of the plan, in turn with the model as it was trained', async () => {
    const copy = newFolder();
    cpSync(out, copy, { recursive: true });
    const study = await open(copy);
    const made = await quantizeCompared(study);
    expect(made.map(({ name }) => name)).toEqual(['teacher, int8', 'vanilla, int8']);
    for (const { latency } of made) expect(latency).toMatchObject(PLAN.latency);
    const { runs, quantized: models } = (await open(copy)).results();
    expect(models).toEqual(made);
    expect(pathsIn(copy).filter(path => path.startsWith('latency/'))).toHaveLength(1);
    // In one session with themselves as they were trained.
    const all = [...runs, ...models].map(({ latency }) => latency!);
    expect(new Set(all.map(({ session }) => session)).size).toBe(1);
    expect(new Set(all.map(({ meanSeconds }) => meanSeconds)).size).toBe(4);
  });
});

describe('on the command line', () => {
  const printed = () => {
    const lines: string[] = [];
    vi.spyOn(process.stdout, 'write').mockImplementation(text => lines.push(String(text)) > 0);
    return lines;
  };

  it('the list of runs has it below its run, and a run shows its scores', () => {
    const list = printed();
    listRuns({ results: out, json: false });
    const rows = list.join('').split('\n');
    const at = rows.findIndex(row => row.includes(vanilla.id));
    expect(rows[at + 1]).toContain(vanilla.id);
    expect(rows[at + 1]).toContain('vanilla, int8');
    expect(rows[at + 1]).toContain((100 * quantized.test.overall.f1!).toFixed(2));
    list.length = 0;
    showRun(vanilla.id, { results: out, json: false });
    expect(list.join('')).toContain('the model in 8 bits (');
  });

  it.each([undefined, 0.95])('gate holds it against bounds, at confidence %s', async confidence => {
    const copy = newFolder();
    cpSync(out, copy, { recursive: true });
    rmSync(join(copy, 'runs', vanilla.id, 'int8'), { recursive: true });
    const list = printed();
    const interval = quantized.intervals.test.f1!;
    const held = confidence === undefined ? quantized.test.overall.f1! : interval.low;
    for (const [bound, kept] of [
      [held - 1e-9, true],
      [held + 1e-9, false],
    ] as const) {
      list.length = 0;
      await gate({ run: vanilla.id, results: copy, precision: 'int8', minF1: bound, confidence, json: true });
      expect(JSON.parse(list.join(''))).toMatchObject({ run: vanilla.id, precision: 'int8', kept });
    }
    process.exitCode = 0;
    expect(new RunStore(copy).quantized(vanilla.id)).not.toBeNull();
  });

  it('a damaged run is refused', async () => {
    const copy = newFolder();
    cpSync(out, copy, { recursive: true });
    const store = new RunStore(copy);
    writeFileSync(store.pathOf(vanilla.id, 'model', 'model.safetensors'), 'no weights');
    rmSync(store.pathOf(vanilla.id, 'int8'), { recursive: true });
    await expect(quantizeRun(store, vanilla.id)).rejects.toThrow(/model\.safetensors: changed since the run/);
  });
});
