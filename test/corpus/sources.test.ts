/** Finding and dividing corpora in folders, on small folders made for each test. */
import { existsSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { loadCorpus } from 'ner-distill/corpus/sources';
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

describe('finding the parts', () => {
  it.each([
    [['train.txt', 'valid.txt', 'test.txt']],
    [['eng.train', 'eng.testa', 'eng.testb']],
    [['train.conll', 'dev.conll', 'test.conll']],
    [['wnut17train.conll', 'emerging.dev.conll', 'emerging.test.annotated']],
    [['en_ewt-ud-train.iob2', 'en_ewt-ud-dev.iob2', 'en_ewt-ud-test.iob2']],
  ])('knows %j', names => {
    const others = { 'README.md': '', LICENSE: '', 'LICENSE.txt': '', 'notes.md': '', 'train.py': '' };
    const folder = folderWith({ ...others, ...Object.fromEntries(names.map(name => [name, one])) });
    expect(namesOf(folder)).toEqual(names);
    expect(loadCorpus(folder)).toMatchObject({ corpus: { name: basename(folder) }, notes: [] });
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
    expect(() => loadCorpus(folderWith({ 'dev.txt': one, 'test.txt': one }))).toThrow(
      'found dev.txt, test.txt; expected a train file',
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

  it('divides a lone valid file by whole documents, in turn', () => {
    const { corpus, notes } = loadCorpus(folderWith({ 'train.txt': one, 'dev.txt': documents(5) }));
    expect(wordsOf(corpus.valid)).toEqual(['d0', 'd2', 'd4']);
    expect(wordsOf(corpus.test)).toEqual(['d1', 'd3']);
    expect(notes).toEqual([
      'there is no test file: dev.txt was divided, documents in turn to valid and to test',
    ]);
  });

  it('divides a file without document marks by runs of 20 sentences', () => {
    const text = Array.from({ length: 50 }, (_, s) => `s${s} B-PER\n`).join('\n');
    const { corpus, notes } = loadCorpus(folderWith({ 'train.txt': one, 'test.txt': text }));
    expect([corpus.valid.length, corpus.test.length]).toEqual([30, 20]);
    expect(wordsOf(corpus.test)[0]).toBe('s20');
    expect(notes[0]).toMatch(/there is no valid file: test\.txt was divided, runs of 20 sentences/);
  });

  it('divides train 80/10/10 by documents where there is nothing else, whatever its name', () => {
    const { corpus } = loadCorpus(folderWith({ 'wikigold.conll.txt': documents(20) }));
    expect([corpus.train.length, corpus.valid.length, corpus.test.length]).toEqual([16, 2, 2]);
    expect([wordsOf(corpus.valid), wordsOf(corpus.test)]).toEqual([
      ['d8', 'd18'],
      ['d9', 'd19'],
    ]);
  });

  it('refuses to divide what is too short', () => {
    expect(() => loadCorpus(folderWith({ 'train.txt': documents(9) }))).toThrow(
      'train.txt: found 9 sentences, too few to divide into 3 parts by documents',
    );
  });
});

it('refuses a type in valid or test that training lacks', () => {
  const folder = folderWith({ 'train.txt': one, 'valid.txt': one, 'test.txt': 'a B-LOC\n' });
  expect(() => loadCorpus(folder)).toThrow(
    'test.txt: entity type "LOC" does not occur in training, which has PER',
  );
});

const data = join(__dirname, '../../../shared/data');
it.skipIf(!existsSync(data))(
  'loads CoNLL-2003 and factRuEval (skipped where ../shared/data is absent)',
  () => {
    const { corpus, notes } = loadCorpus(join(data, 'conll2003'));
    expect(corpus.train).toHaveLength(14041);
    expect(corpus.valid.length + corpus.test.length).toBe(3250);
    expect(notes).toHaveLength(1);
    expect(namesOf(join(data, 'factrueval-2016'))).toEqual(['train.iob2', 'test.iob2', 'test.iob2']);
  },
);
