/**
 * Inputs that people have, each with what should come out of it: `../shared/cases`, which is not part of the project; all is
 * skipped where it is absent. Numbers are those of the table there and of seqeval 1.2.2. The same kinds in small stand in the
 * tests of each reader.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type FileOptions,
  FORMATS,
  formatCorpus,
  readCorpus,
  readCorpusFile,
} from 'ner-distill/corpus/formats';
import { loadCorpus } from 'ner-distill/corpus/sources';
import { openInput } from 'ner-distill/corpus/streams';
import { evaluate } from 'ner-distill/evaluation/evaluate';
import { readPredictions } from 'ner-distill/evaluation/predictions';
import { describe, expect, it } from 'vitest';

const CASES = join(__dirname, '../../../shared/cases');
const at = (path: string) => join(CASES, path);

/** Sentences as `word/TAG word/TAG`. */
const read = (path: string, options?: FileOptions) =>
  readCorpusFile(at(path), options).sentences.map(({ words, tags }) =>
    words.map((word, i) => `${word}/${tags[i]}`).join(' '),
  );
const notesOf = (path: string, options?: FileOptions) => readCorpusFile(at(path), options).notes;
const textOf = (path: string) => readFileSync(at(path));

async function wordsForPredict(path: string): Promise<string[][]> {
  async function* whole() {
    yield textOf(path);
  }
  const input = await openInput(whole(), at(path));
  const found: string[][] = [];
  for await (const { words } of input.sentences) found.push([...words]);
  return found;
}

const scoresOf = (path: string) => evaluate({ file: at(path) }).evaluation;

describe.skipIf(!existsSync(CASES))(
  'inputs that people have (skipped where ../shared/cases is absent)',
  () => {
    it.each<[string, string[], FileOptions?]>([
      ['01-blank-line-with-tab/a.txt', ['Ann/B-PER left/O', 'Bob/B-PER came/O', 'Eve/B-PER']],
      ['02-bom-last-line/a.txt', ['Ann/B-PER left/O']],
      ['02b-bom-last-line-nl/a.txt', ['Ann/B-PER left/O']],
      ['03-bom-in-middle/a.txt', ['Ann/B-PER left/O', 'Bob/B-PER came/O']],
      ['05-space-in-token/a.tsv', ['Ann Lee/B-PER left/O : "/O']],
      ['05b-trailing-tab-space-separated/a.txt', ['Ann/B-PER left/O']],
      ['05b-trailing-tab-space-separated/p.txt', ['Ann/B-PER left/O']],
      ['06-bio-without-type/a.txt', ['The/O BRCA1/B gene/I']],
      ['07-bmes/a.txt', ['中/B-ORG 国/I-ORG 行/I-ORG 王/B-NAME']],
      ['19-docstart/a.txt', ['to/O be/O ;/O', 'unseen/B-X', 'x/O', 'y/B-X']],
      ['22-cr-only/a.txt', ['Ann/B-PER left/O', 'Bob/B-PER']],
      ['faults/cr-line-ends/cr.txt', ['Ann/B-PER Lee/I-PER left/O']],
      ['23-multiconer/a.conll', ['the/O blue/B-CW lagoon/I-CW', 'ann/B-PER']],
      ['24-hashtag/a.tsv', ['#Lund/B-LOC #/O @ann/O', '# /O #x/O']],
      ['25-germeval/noempty.tsv', ['Als/O Lund/B-LOC kam/O', 'Ann/B-PER']],
      ['26-conllu-misc/norne.conllu', ['Dommer/O Finn/B-PER Eil/I-PER ./O'], { tagColumn: 'name' }],
      ['26-conllu-misc/bar.conllu', ['Finn/B-PER ./O'], { tagColumn: 'NER' }],
      ['27-zero-based/train.tsv', ['Her/O visit/O to/O Lund/B-LOC ./O', 'Ann/B-PER left/O']],
      ['27-zero-based/train.conllu', ['Her/O visit/O to/O Lund/B-LOC ./O', 'Ann/B-PER left/O']],
      ['37-nbsp-rows/a.txt', ['Ann/B-PER \u00a0/O Lee/B-PER \u00a0Kg/O']],
      ['60-fifo/g.txt', ['Ann/B-PER left/O', 'Bob/B-PER']],
      ['38-json-exports/array.json', ['Ann/B-PER', 'Bob/B-PER']],
      ['38-json-exports/array-oneline.json', ['Ann/B-PER']],
      ['38-json-exports/doccano.jsonl', ['Ann/B-PER left/O Lund/B-LOC ./O']],
      ['38-json-exports/hf-ints.jsonl', ['Ann/B-PER left/O'], { labels: ['O', 'B-PER', 'I-PER'] }],
      ['38-json-exports/hf-strings.jsonl', ['Ann/B-PER left/O']],
      ['38-json-exports/prodigy.jsonl', ['Ann/B-PER left/O']],
      [
        'formats-people-have/hf-datasets.jsonl',
        ['Kessler/B-PER left/O'],
        { labels: ['O', 'B-PER', 'I-PER'] },
      ],
      ['formats-people-have/hf-datasets-str.jsonl', ['Kessler/B-PER left/O']],
      ['formats-people-have/prodigy.jsonl', ['Kessler/B-PER left/O']],
      ['formats-people-have/spacy-offsets.jsonl', ['Kessler/B-PER left/O Port/B-LOC Halden/I-LOC ./O']],
    ])('%s', (path, sentences, options) => {
      expect(read(path, options)).toEqual(sentences);
    });

    it.each<[string, string | RegExp, FileOptions?]>([
      ['04-tab-token/a.txt', /:3: the word in the first column is empty$/],
      ['08-zero-for-O/a.txt', /:2: tag "0" is not O or B-/],
      ['09-odd-tags/00.txt', /:1: tag "b-per" is not O or B-/],
      ['09-odd-tags/03.txt', /:1: tag "B-" is not O or B-/],
      ['23b-ontonotes-begin/a.conll', /:2: tag "-" is not O or B-/],
      ['25-germeval/a.tsv', /:4: found no word in column 2$/],
      [
        '26-conllu-misc/bar.conllu',
        /: no word has "NRE" in MISC; found the keys NER, SpaceAfter$/,
        { tagColumn: 'NRE' },
      ],
      ['33-offsets/a.txt', /a\.txt:\d: /],
      ['55-header-row/a.tsv', /:1: tag "label" is not O or B-/],
      ['55-kaggle-csv/ner.csv', /:4: the text is not UTF-8 \(it looks like Latin-1/],
      ['57-utf16/a.txt', /the text is in UTF-16 \(little-endian, by its byte order mark\), expected UTF-8$/],
    ])('%s is refused', (path, message, options) => {
      expect(() => read(path, options)).toThrow(message);
    });

    it.each<[string, RegExp, FileOptions?]>([
      ['06-bio-without-type/a.txt', /no type.*one type/],
      ['07-bmes/a.txt', /M are read as those with I/],
      ['23-multiconer/a.conll', /^2 lines begin with # and were skipped/],
      ['26-conllu-misc/norne.conllu', /^in MISC of 2 words a blank/, { tagColumn: 'name' }],
      ['27-zero-based/train.tsv', /^the first column numbers the words from 0/],
    ])('what was guessed of %s is said', (path, note, options) => {
      expect(notesOf(path, options)).toEqual([expect.stringMatching(note)]);
    });

    it.each([
      '01-blank-line-with-tab/a.txt',
      '03-bom-in-middle/a.txt',
      '05-space-in-token/a.tsv',
      '09-odd-tags/14.txt',
      '13-I-start/f.txt',
      '20-label-studio/a.conll',
      '22-crlf/f.txt',
      '24-hashtag/a.tsv',
      '37-ws-words/a.jsonl',
      '38-json-exports/doc-ids.jsonl',
    ])('of %s nothing is guessed, and it survives the way to each format', path => {
      const { sentences, notes } = readCorpusFile(at(path));
      expect(notes).toEqual([]);
      for (const format of FORMATS) {
        const written = Buffer.from(formatCorpus(sentences, format));
        expect(readCorpus(written, 'f', { format }).sentences).toEqual(sentences);
      }
    });

    it.each([
      ['06-bio-without-type/f.txt', [0.5, 1, 2 / 3]],
      ['22-cr-only/f.txt', [1, 0.5, 2 / 3]],
      ['22-crlf/f.txt', [1, 0.5, 2 / 3]],
    ])('%s is scored as seqeval scores it', (path, expected) => {
      const { precision, recall, f1 } = scoresOf(path).overall;
      for (const [i, value] of [precision, recall, f1].entries()) expect(value).toBeCloseTo(expected[i], 12);
    });

    it('predict reads the words that the others read', async () => {
      for (const path of [
        '37-nbsp-rows/a.txt',
        '37-nbsp-rows/late.txt',
        '27-zero-based/train.tsv',
        '23-multiconer/a.conll',
        '22-cr-only/a.txt',
        '03-bom-in-middle/a.txt',
        '24-hashtag/a.tsv',
      ])
        expect(await wordsForPredict(path)).toEqual(
          readCorpusFile(at(path)).sentences.map(({ words }) => words),
        );
      expect(await wordsForPredict('63-json-ws/newline.jsonl')).toEqual([
        ['Ann', 'left', '.'],
        ['Ann', '\n', 'left'],
        ['Bob'],
      ]);
    });

    it('58-only-last-type-in-test is a corpus, and says what no model can find', () => {
      expect(loadCorpus(at('58-only-last-type-in-test')).notes).toEqual([
        'test: 5 of 10 entities are of a type that training lacks (ORG); they count as not found',
      ]);
    });

    it.each([
      ['val', 'val.txt'],
      ['biobert', 'devel.tsv'],
      ['hf-legacy', 'dev.txt'],
      ['wnut17', 'emerging.dev.conll'],
      ['conll2002', 'esp.testa'],
    ])('65-folders/%s has its validation part in %s', (folder, valid) => {
      const { files, notes } = loadCorpus(at(`65-folders/${folder}`));
      expect(files.valid).toBe(at(`65-folders/${folder}/${valid}`));
      expect(notes).toEqual([]);
    });

    it('60-fifo has four tokens right of five with its marks, as conlleval counts', () => {
      const { documentMarks, sentences } = readPredictions({
        gold: at('60-fifo/g.txt'),
        predicted: at('60-fifo/p.txt'),
      });
      expect([documentMarks, sentences.length]).toEqual([2, 2]);
    });
  },
);
