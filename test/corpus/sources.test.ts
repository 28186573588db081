/** Finding and dividing corpora in folders, on small folders made for each test. */
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { type LoadedCorpus, loadCorpus } from 'ner-distill/corpus/sources';
import { describe, expect, it } from 'vitest';

function folderWith(files: Record<string, string>): string {
  const folder = mkdtempSync(join(tmpdir(), 'corpus-'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}

/** Documents `d0`, `d1` …, each of one sentence of that one word. */
const documents = (count: number): string =>
  Array.from({ length: count }, (_, d) => `-DOCSTART- O\n\nd${d} B-PER\n`).join('\n');
const one = 'a B-PER\n';
const namesOf = (folder: string): string[] =>
  Object.values(loadCorpus(folder).files).map(file => basename(file));

describe('a part in several files', () => {
  const parts = (names: Record<string, string>) => loadCorpus(folderWith(names));

  it('is read in their order, and named by the first', () => {
    const { corpus, files, readAs } = parts({
      'train-00001-of-00002.txt': 'b B-PER\n',
      'train-00000-of-00002.txt': 'a B-PER\n',
      'validation-00000-of-00001.txt': 'c B-PER\n',
      'test.txt': 'd B-PER\n',
    });
    expect(corpus.train.map(({ words, document }) => [words[0], document])).toEqual([
      ['a', 0],
      ['b', 0],
    ]);
    expect(basename(files.train)).toBe('train-00000-of-00002.txt');
    expect(readAs).toEqual([
      'train-00000-of-00002.txt and 1 more, validation-00000-of-00001.txt, test.txt: tags in IOB2',
    ]);
  });

  it('has the documents of all', () => {
    const { corpus } = parts({
      'train-00000-of-00002.txt': documents(2),
      'train-00001-of-00002.txt': documents(2),
      'dev.txt': one,
      'test.txt': one,
    });
    expect(corpus.train.map(({ document }) => document)).toEqual([0, 1, 2, 3]);
  });

  it('is refused where one is missing', () => {
    const folder = folderWith({ 'train-00001-of-00002.parquet': '', 'test-00000-of-00001.parquet': '' });
    expect(() => loadCorpus(folder)).toThrow(
      `${folder}: found train-00001-of-00002.parquet; expected all 2 files of train.parquet`,
    );
  });
});

describe('finding the parts', () => {
  it.each([
    [['train.txt', 'valid.txt', 'test.txt']],
    [['eng.train', 'eng.testa', 'eng.testb']],
    [['train.conll', 'dev.conll', 'test.conll']],
    [['wnut17train.conll', 'emerging.dev.conll', 'emerging.test.annotated']],
    [['en_ewt-ud-train.iob2', 'en_ewt-ud-dev.iob2', 'en_ewt-ud-test.iob2']],
    ...['val', 'validation', 'development', 'devel', 'eval', 'my_val', 'eval-2'].map(valid => [
      ['train.txt', `${valid}.txt`, 'test.txt'],
    ]),
  ])('knows %j', names => {
    const others = { 'README.md': '', LICENSE: '', 'LICENSE.txt': '', 'notes.md': '', 'train.py': '' };
    const folder = folderWith({ ...others, ...Object.fromEntries(names.map(name => [name, one])) });
    expect(namesOf(folder)).toEqual(names);
    expect(loadCorpus(folder)).toMatchObject({
      corpus: { name: basename(folder) },
      readAs: [`${names.join(', ')}: tags in IOB2`],
      notes: [],
    });
  });

  it.each(['json', 'ndjson', 'jsonl', 'conllu', 'conllup'])('knows .%s, as it is read', ending => {
    const text = ending.startsWith('conllu') ? '1\ta\tB-PER\n' : '{"tokens": ["a"], "tags": ["B-PER"]}\n';
    const names = ['train', 'dev', 'test'].map(name => `${name}.${ending}`);
    expect(namesOf(folderWith(Object.fromEntries(names.map(name => [name, text]))))).toEqual(names);
  });

  it('takes a short name only where it is a word of the name, and says what it did not read', () => {
    const files = {
      'train.txt': documents(9),
      'intervals.txt': one,
      'labels.txt': one,
      'dev.txt': documents(9),
    };
    const { files: found, readAs } = loadCorpus(folderWith(files));
    expect(basename(found.valid)).toBe('dev.txt');
    expect(readAs).toContain('not read: intervals.txt, labels.txt');
  });

  it('takes an exact name before a longer one', () => {
    const files = { 'train.txt': one, 'train-small.txt': one, 'valid.txt': one, 'test.txt': one };
    expect(namesOf(folderWith(files))).toEqual(['train.txt', 'valid.txt', 'test.txt']);
  });

  it('refuses two files that fit one part equally well', () => {
    const folder = folderWith({ 'train.txt': one, 'train.conll': one });
    expect(() => loadCorpus(folder)).toThrow(`${folder}: train.conll and train.txt both fit the train part`);
  });

  it('refuses a folder without a train file, saying what it found', () => {
    expect(() => loadCorpus(folderWith({ 'a.txt': one, 'test.txt': one }))).toThrow(
      'found a.txt, test.txt; expected a train file',
    );
    expect(() => loadCorpus(folderWith({ README: '' }))).toThrow('found no file that could be one');
    expect(() => loadCorpus('/no/such/folder')).toThrow('/no/such/folder: there is no such folder');
  });

  it('does not take a folder for a file', () => {
    const folder = folderWith({ 'train.txt': documents(20) });
    mkdirSync(join(folder, 'test'));
    expect(namesOf(folder)).toEqual(['train.txt', 'train.txt', 'train.txt']);
  });
});

describe('dividing', () => {
  const wordsOf = (sentences: readonly { words: readonly string[] }[]): string[] =>
    sentences.flatMap(({ words }) => words);

  /** All words of a corpus, to see that nothing is lost or doubled. */
  const allWords = ({ corpus }: LoadedCorpus): string[] =>
    wordsOf([...corpus.train, ...corpus.valid, ...corpus.test]).sort();
  const expectedWords = (count: number): string[] => Array.from({ length: count }, (_, d) => `d${d}`).sort();

  it('divides a lone valid file in halves, by whole documents', () => {
    const { corpus, notes } = loadCorpus(folderWith({ 'train.txt': one, 'dev.txt': documents(5) }));
    expect([corpus.valid.length, corpus.test.length]).toEqual([3, 2]);
    expect([...wordsOf(corpus.valid), ...wordsOf(corpus.test)].sort()).toEqual(expectedWords(5));
    expect(notes.at(-1)).toBe(
      'there is no test file: dev.txt was divided 1 : 1 into valid, test, documents drawn with seed 1',
    );
  });

  it('keeps runs of sentences together where a file has no document marks', () => {
    const text = Array.from({ length: 240 }, (_, s) => `s${s} B-PER\n`).join('\n');
    const { corpus, notes } = loadCorpus(folderWith({ 'train.txt': one, 'test.txt': text }));
    expect([corpus.valid.length, corpus.test.length]).toEqual([120, 120]);
    const runs = wordsOf(corpus.test).map(word => Math.floor(Number(word.slice(1)) / 20));
    for (const run of new Set(runs)) expect(runs.filter(other => other === run)).toHaveLength(20);
    expect(notes.at(-1)).toMatch(/there is no valid file: .* runs of 20 sentences drawn with seed 1/);
  });

  it('cuts a small file without document marks into shorter runs, so that each part gets its share', () => {
    const text = Array.from({ length: 50 }, (_, s) => `s${s} B-PER\n`).join('\n');
    const { corpus, notes } = loadCorpus(folderWith({ 'all.txt': text }));
    expect([corpus.train.length, corpus.valid.length, corpus.test.length]).toEqual([40, 5, 5]);
    expect(notes.at(-1)).toContain('divided 8 : 1 : 1 into train, valid, test, runs of 5 sentences');
  });

  it.each(['wikigold.conll.txt', 'train.txt', 'dev.txt'])(
    'divides a single file 8 : 1 : 1 by documents, whatever its name: %s',
    name => {
      const loaded = loadCorpus(folderWith({ [name]: documents(20) }));
      const { train, valid, test } = loaded.corpus;
      expect([train.length, valid.length, test.length]).toEqual([16, 2, 2]);
      expect(allWords(loaded)).toEqual(expectedWords(20));
    },
  );

  it('takes a file in the place of a folder', () => {
    const file = join(folderWith({ 'all.conll': documents(20), 'other.conll': one }), 'all.conll');
    const loaded = loadCorpus(file);
    expect(loaded.corpus.name).toBe('all.conll');
    expect(allWords(loaded)).toEqual(expectedWords(20));
  });

  it('makes a missing train part from valid', () => {
    const { corpus, files } = loadCorpus(folderWith({ 'dev.txt': documents(9), 'test.txt': one }));
    expect([corpus.train.length, corpus.valid.length, corpus.test.length]).toEqual([8, 1, 1]);
    expect(basename(files.train)).toBe('dev.txt');
  });

  it('draws by the seed: the same one the same parts, another one others', () => {
    const folder = folderWith({ 'train.txt': documents(60) });
    const drawn = (splitSeed?: number) => wordsOf(loadCorpus(folder, { splitSeed }).corpus.test);
    expect(drawn()).toEqual(drawn(1));
    expect(drawn(2)).toEqual(drawn(2));
    expect(drawn(2)).not.toEqual(drawn(1));
  });

  it('leaves the only document with a type in train, for any seed', () => {
    const rare = '-DOCSTART- O\n\nrare B-LAW\n';
    const folder = folderWith({ 'train.txt': `${documents(5)}\n${rare}\n${documents(5)}` });
    for (let splitSeed = 1; splitSeed <= 20; splitSeed++)
      expect(wordsOf(loadCorpus(folder, { splitSeed }).corpus.train)).toContain('rare');
  });

  it('refuses to divide what is too short', () => {
    expect(() => loadCorpus(folderWith({ 'train.txt': 'a B-PER\n\nb B-PER\n' }))).toThrow(
      'train.txt: found 2 sentences, too few to divide into train, valid, test',
    );
  });

  it('refuses to divide where no type can be spared', () => {
    const text = ['A', 'B', 'C'].map(type => `w B-${type}\n`).join('\n');
    expect(() => loadCorpus(folderWith({ 'train.txt': text }))).toThrow(
      'train.txt: every one of 3 sentences has the only entity of some type, so that none is left for valid',
    );
  });
});

describe('formats, schemes and files of their own', () => {
  it('reads each part in its own format, and says what it is', () => {
    const folder = folderWith({
      'train.jsonl': '{"tokens": ["Ann", "Lee"], "tags": ["B-PER", "I-PER"]}\n',
      'dev.conllu': '# text = Ann left\n1\tAnn\tU-PER\n2\tleft\tO\n',
      'test.txt': 'Ann S-PER\n\nBo B-PER\nLee E-PER\n',
    });
    const { corpus, readAs } = loadCorpus(folder);
    expect(corpus.train[0]).toEqual({ words: ['Ann', 'Lee'], tags: ['B-PER', 'I-PER'], document: 0 });
    expect(corpus.valid[0].tags).toEqual(['B-PER', 'O']);
    expect(corpus.test.map(({ tags }) => tags)).toEqual([['B-PER'], ['B-PER', 'I-PER']]);
    expect(readAs).toEqual([
      'train.jsonl: JSON lines, tags in IOB2',
      'dev.conllu: CoNLL-U, tags in BILOU',
      'test.txt: tags in IOBES',
    ]);
  });

  it('takes files one by one, and the column of the tags', () => {
    const folder = folderWith({ a: 'Ann B-PER x\n', b: 'Bo B-PER x\n', c: 'Cy B-PER x\n' });
    const [train, valid, test] = ['a', 'b', 'c'].map(name => join(folder, name));
    const { corpus, files } = loadCorpus({ train, valid, test }, { tagColumn: 2, scheme: 'IOB2' });
    expect(corpus.name).toBe(basename(folder));
    expect(files).toEqual({ train, valid, test });
    expect([corpus.train, corpus.valid, corpus.test].map(([{ words }]) => words[0])).toEqual([
      'Ann',
      'Bo',
      'Cy',
    ]);
    expect(() => loadCorpus({})).toThrow('no file of a corpus is named, expected at least one');
  });

  it('says which part is empty', () => {
    const folder = folderWith({ 'train.txt': one, 'valid.txt': one, 'test.txt': '\n' });
    expect(() => loadCorpus(folder)).toThrow(`${join(folder, 'test.txt')}: found no sentence`);
  });
});

it('reads a pipe in the place of a file, once', () => {
  const folder = folderWith({ 'all.txt': documents(20) });
  const pipe = join(folder, 'pipe');
  execFileSync('mkfifo', [pipe]);
  spawn('sh', ['-c', `cat '${folder}/all.txt' > '${pipe}'`]);
  expect(loadCorpus(pipe).corpus.train).toEqual(loadCorpus(join(folder, 'all.txt')).corpus.train);
});

it('has what was guessed of its files among its notes, and refuses words that no run could keep', () => {
  const folder = folderWith({
    'train.tsv': '0\tAnn\tB-PER\n1\tleft\tO\n',
    'val.txt': '# id 1\nAnn B-PER\n',
    'test.jsonl': '{"tokens": ["Ann"], "ner_tags": ["B-PER"]}\n',
  });
  expect(loadCorpus(folder).notes).toEqual([
    'train.tsv: the first column numbers the words from 0 in every sentence and was skipped',
    'val.txt: 1 line begins with # and was skipped as a comment',
    'test.jsonl: tags were read from "ner_tags"',
  ]);
  writeFileSync(join(folder, 'test.jsonl'), '\n{"tokens": ["Ann", " \\n"], "tags": ["B-PER", "O"]}\n');
  expect(() => loadCorpus(folder)).toThrow(
    `${join(folder, 'test.jsonl')}:2: the word " \\n" cannot stand in CoNLL columns, in JSON lines it can`,
  );
});

it('uses the first sentences of each part where it is limited, and says so', () => {
  const folder = folderWith({
    'train.txt': documents(5),
    'valid.txt': documents(5),
    'test.txt': documents(5),
  });
  const { corpus, notes } = loadCorpus(folder, {}, { train: 3, valid: 2, test: 1 });
  expect([corpus.train, corpus.valid, corpus.test].map(part => part.length)).toEqual([3, 2, 1]);
  expect(notes).toEqual(['only the first 3 / 2 / 1 sentences are used']);
});

it('says how many entities are of types that training lacks', () => {
  const folder = folderWith({
    'train.txt': one,
    'valid.txt': 'a B-LOC\n',
    'test.txt': 'a B-LOC\nb I-LOC\nc B-PER\n\nd B-ORG\n',
  });
  expect(loadCorpus(folder).notes).toEqual([
    'valid: 1 of 1 entity is of a type that training lacks (LOC); it counts as not found',
    'test: 2 of 3 entities are of types that training lacks (LOC, ORG); they count as not found',
  ]);
});

const data = join(__dirname, '../../../shared/data');
it.skipIf(!existsSync(data))(
  'loads CoNLL-2003 and factRuEval (skipped where ../shared/data is absent)',
  () => {
    const { corpus, readAs, notes } = loadCorpus(join(data, 'conll2003'));
    expect(corpus.train).toHaveLength(14041);
    expect(corpus.valid.length + corpus.test.length).toBe(3250);
    expect(readAs).toEqual(['eng.train, eng.testa: tags in IOB1']);
    expect(notes).toEqual([
      'there is no test file: eng.testa was divided 1 : 1 into valid, test, documents drawn with seed 1',
    ]);
    expect(namesOf(join(data, 'factrueval-2016'))).toEqual(['train.iob2', 'test.iob2', 'test.iob2']);
  },
);
