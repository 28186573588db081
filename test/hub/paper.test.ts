/**
 * The paper's set-up from a Hub alone: teacher, student and corpus by their names there, through the actions of the commands. The
 * models are older ones, which have a vocabulary in the place of a tokenizer.json.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { predict } from 'ner-distill/commands/actions/predict';
import { reproduceStudy } from 'ner-distill/commands/actions/reproduce';
import { train } from 'ner-distill/commands/actions/train';
import { loadCorpus } from 'ner-distill/corpus/sources';
import { bringDataset } from 'ner-distill/hub/dataset';
import { trainWordPiece } from 'ner-distill/tokenization/wordpiece-trainer';
import { afterEach, expect, it, vi } from 'vitest';
import { sentences } from '../fixtures/parquet/expected.json';
import { openHub, temporaryFolder } from './hub.fixture';

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

const fixture = (name: string) => readFileSync(resolve(__dirname, '../fixtures', name));
const CONVERTED = 'refs/convert/parquet';
const { vocab } = JSON.parse(
  trainWordPiece(
    sentences.flatMap(({ words }) => words),
    { size: 60 },
  ),
).model;
const VOCABULARY = `${Object.keys(vocab).join('\n')}\n`;
const model = (name: string) => ({
  'config.json': fixture(`${name}/config.json`),
  'model.safetensors': fixture(`${name}/model.safetensors`),
  'vocab.txt': VOCABULARY,
});

async function openPaperHub() {
  const hub = await openHub({
    'org/teacher': { files: { ...model('bert-tiny'), 'pytorch_model.bin': 'pickle' } },
    'org/student': {
      files: { ...model('distilbert-tiny'), 'tokenizer_config.json': '{"do_lower_case":true}' },
    },
    'org/corpus': {
      kind: 'dataset',
      files: { 'corpus.py': 'raise Exception()' },
      revisions: {
        [CONVERTED]: {
          'corpus/train/0000.parquet': fixture('parquet/snappy.parquet'),
          'corpus/train/0001.parquet': fixture('parquet/zstd-delta.parquet'),
          'corpus/validation/0000.parquet': fixture('parquet/gzip-v2.parquet'),
          'corpus/test/0000.parquet': fixture('parquet/groups-and-pages.parquet'),
        },
      },
    },
  });
  vi.stubEnv('HF_ENDPOINT', hub.url);
  vi.stubEnv('HF_HOME', temporaryFolder());
  for (const name of ['HF_HUB_CACHE', 'HF_TOKEN', 'HF_HUB_OFFLINE', 'NER_DISTILL_PLAN'])
    vi.stubEnv(name, undefined);
  const printed: string[] = [];
  for (const stream of [process.stdout, process.stderr])
    vi.spyOn(stream, 'write').mockImplementation(text => printed.push(String(text)) > 0);
  return { hub, printed };
}

const PAPER = {
  preset: 'paper',
  data: 'hf:org/corpus',
  teacherCheckpoint: 'org/teacher',
  studentCheckpoint: 'org/student',
  teacherEpochs: 1,
  studentEpochs: 1,
  maxLength: 24,
  engine: 'onnx',
  threads: 1,
  wait: true,
};
const planIn = (folder: string) => JSON.parse(readFileSync(join(folder, 'plan.json'), 'utf8'));

it("the paper's models and corpus come from a Hub, and stay what they were without it", async () => {
  const { hub, printed } = await openPaperHub();
  const [first, second, third] = [temporaryFolder(), temporaryFolder(), temporaryFolder()];
  await train({ ...PAPER, out: first, json: false });
  const plan = planIn(first);
  expect(plan).toMatchObject({
    data: `hf:org/corpus@${hub.commit('org/corpus', CONVERTED)}:corpus`,
    teacher: { initial: { checkpoint: `org/teacher@${hub.commit('org/teacher')}` } },
    students: [{ initial: { checkpoint: `org/student@${hub.commit('org/student')}` } }],
  });
  const said = printed.join('');
  expect(said).toContain('corpus/train/0000.parquet and 1 more');
  expect(said).toMatch(/case and accents are dropped, as transformers does/);
  expect(hub.seen.filter(({ path }) => /pytorch_model|corpus\.py/.test(path))).toEqual([]);

  vi.stubEnv('HF_HUB_OFFLINE', '1');
  const before = hub.seen.length;
  await train({ ...PAPER, out: second, json: false });
  expect(hub.seen).toHaveLength(before);
  expect(planIn(second)).toEqual(plan);
  const runsIn = (folder: string) => readdirSync(join(folder, 'runs')).filter(name => !name.startsWith('.'));
  expect(runsIn(second)).toEqual(runsIn(first));
  const [run] = runsIn(first);
  expect(existsSync(join(first, 'runs', run, 'model/tokenizer.json'))).toBe(true);

  printed.length = 0;
  await reproduceStudy({ ...PAPER, out: third, dryRun: true, listRuns: false, json: false, submit: false });
  expect(printed.join('')).toContain('vanilla');
  expect(readdirSync(third)).toEqual([]);
});

it('a tagger on a Hub may have a vocabulary in the place of tokenizer.json', async () => {
  const { hub, printed } = await openPaperHub();
  const out = temporaryFolder();
  await train({ ...PAPER, out, json: false });
  const [run] = readdirSync(join(out, 'runs'));
  const file = (name: string) => readFileSync(join(out, 'runs', run, 'model', name));
  const weights = { 'config.json': file('config.json'), 'model.safetensors': file('model.safetensors') };
  hub.put('org/tagger', { files: { ...weights, 'vocab.txt': VOCABULARY } });
  hub.put('org/same', { files: { ...weights, 'tokenizer.json': file('tokenizer.json') } });
  const input = join(out, 'input.txt');
  writeFileSync(input, 'Ann Lee left Port Halden .\n');
  const answer = async (name: string) => {
    printed.length = 0;
    await predict([input], {
      model: name,
      results: 'results',
      out: '-',
      engine: 'onnx',
      threads: 1,
    } as Parameters<typeof predict>[1]);
    return printed.join('').replaceAll(/^downloading .*\n/gm, '');
  };
  const note = /^note: .*vocab\.txt: no tokenizer_config\.json beside it says do_lower_case; .*\n/m;
  const ofVocabulary = await answer('org/tagger');
  expect(ofVocabulary).toMatch(note);
  expect(ofVocabulary.replace(note, '')).toBe(await answer('org/same'));
});

it('a data set is a corpus by its pinned name', async () => {
  const { hub } = await openPaperHub();
  hub.put('org/cards', {
    kind: 'dataset',
    files: {
      'README.md':
        "---\ndataset_info:\n  features:\n  - name: ner_tags\n    sequence:\n      class_label:\n        names:\n          '0': O\n          '1': B-A\n          '2': I-A\n          '3': B-B\n          '4': I-B\n          '5': B-C\n          '6': I-C\n          '7': B-D\n---\n",
      'data/train-00000-of-00002.parquet': fixture('parquet/unnamed.parquet'),
      'data/train-00001-of-00002.parquet': fixture('parquet/unnamed.parquet'),
    },
  });
  const named = await bringDataset('hf:org/corpus/train/validation');
  const { corpus, files, notes } = loadCorpus(named);
  expect(corpus.name).toBe('corpus');
  expect(corpus.train).toHaveLength(2 * sentences.length);
  expect(corpus.valid.length + corpus.test.length).toBe(sentences.length);
  expect(files.train).toMatch(/corpus[/\\]train[/\\]0000\.parquet$/);
  expect(notes.join()).toContain('corpus/validation/0000.parquet was divided');

  const cards = loadCorpus(await bringDataset('hf:org/cards'));
  expect(Object.values({ ...cards.corpus, name: [] }).flat()).toHaveLength(2 * sentences.length);
  expect(cards.notes.join()).toContain('numbers were read as the tags that README.md names');
  const [, commit] = /@([0-9a-f]+)/.exec(named)!;
  expect(() => loadCorpus(`hf:org/corpus@${commit}:corpus`)).toThrow('the data set is not in the cache');
  expect(() => loadCorpus('hf:org/corpus')).toThrow(
    'hf:org/corpus: the data set is not in the cache by this name',
  );
  expect(() => loadCorpus('hf:org')).toThrow('"hf:org": expected hf:organisation/name');
});
