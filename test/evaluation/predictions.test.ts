/** Files of predictions: what is read from them, and the one sentence that each mistake gets. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readPair } from 'ner-distill/evaluation/compare';
import {
  countDocumentMarks,
  criticalTypes,
  errorSource,
  noteOnReading,
  readPredictions,
} from 'ner-distill/evaluation/predictions';
import { afterAll, describe, expect, it } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'predictions-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;
function file(text: string): string {
  const path = join(folder, `${++files}.txt`);
  writeFileSync(path, text);
  return path;
}
/** The message of an error, without the folder. */
function messageOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    return (error as Error).message.replaceAll(`${folder}/`, '');
  }
  return 'no error';
}

const gold = file('Ann B-PER\nran O\n\nOslo B-LOC\n');

describe('predictions', () => {
  it('come from one file or from two', () => {
    const expected = [
      { words: ['Ann', 'ran'], gold: ['B-PER', 'O'], predicted: ['O', 'O'], line: 1 },
      { words: ['Oslo'], gold: ['B-LOC'], predicted: ['B-ORG'], line: 4 },
    ];
    const both = file('Ann B-PER O\nran O O\n\nOslo B-LOC B-ORG\n');
    const predicted = file('Ann O\nran O\n\nOslo B-ORG\n');
    expect(readPredictions({ file: both })).toEqual(expected);
    expect(readPredictions({ gold, predicted })).toEqual(expected);
  });

  it.each([
    [
      'Ann O\nwalked O\n\nOslo O\n',
      /^(\d+)\.txt:2: found the word "walked", expected the word "ran" as in 1\.txt:2$/,
    ],
    [
      'Ann O\n\nOslo O\n',
      /^\d+\.txt:2: found the end of the sentence, expected the word "ran" as in 1\.txt:2$/,
    ],
    [
      'Ann O\nran O\nfar O\n\nOslo O\n',
      /^\d+\.txt:3: found the word "far", expected the end of the sentence/,
    ],
    ['Ann O\nran O\n', /^\d+\.txt: found 1 sentences, expected 2 as in 1\.txt, whose next is on line 4$/],
    ['Ann O\nran O\n\nOslo O\n\nRome O\n', /^\d+\.txt:6: found a further sentence, expected 2 as in 1\.txt$/],
    ['Ann O\nran X\n\nOslo O\n', /^\d+\.txt:2: tag "X" is not O or B-/],
    ['Ann\nran\n', /^\d+\.txt:1: found 1 column, expected at least 2$/],
    ['\n\n', /^\d+\.txt: found no sentence/],
  ])('in %j are refused with file and line', (text, message) => {
    expect(messageOf(() => readPredictions({ gold, predicted: file(text) }))).toMatch(message);
  });

  it('are refused in a strict reading where the scheme does not have a tag', () => {
    const predicted = file('Ann S-PER\nran O\n\nOslo O\n');
    expect(messageOf(() => readPredictions({ gold, predicted }, 'IOB2'))).toMatch(
      /^\d+\.txt:1: tag "S-PER" is not O, B- or I-, which are all that strict IOB2 has$/,
    );
    expect(messageOf(() => readPredictions({ gold, predicted }, 'IOBES'))).toBe('no error');
  });

  it('are refused in another format than columns, with what writes them so', () => {
    const numbered = file('1\tAnn\tB-PER\n2\tran\tO\n\n1\tOslo\tB-LOC\n');
    expect(messageOf(() => readPredictions({ gold: numbered, predicted: gold }))).toMatch(
      /^(\d+\.txt): found CoNLL-U, expected CoNLL columns, which "ner-distill convert \1" makes of it$/,
    );
    const lines = file('{"tokens": ["Ann"], "tags": ["B-PER"]}\n');
    expect(messageOf(() => readPredictions({ file: lines }))).toMatch(
      /: found JSON lines, expected CoNLL columns/,
    );
  });

  it('ask for one file or two, not none, one half or all three', () => {
    for (const named of [
      {},
      { gold },
      { predicted: gold },
      { file: gold, gold },
      { file: gold, gold, predicted: gold },
    ])
      expect(messageOf(() => readPredictions(named))).toBe(
        'expected either --file, or both --gold and --predicted',
      );
  });
});

it('a strict reading that finds nothing where the lenient one does gets a note', () => {
  const read = (text: string) => readPredictions({ file: file(text) });
  expect(noteOnReading(read('Ann B-PER O\nLee I-PER O\n\nBo B-PER O\n'), 'IOBES')).toBe(
    'read strictly in IOBES, the gold tags have no entity; read leniently they have 2: are they in another scheme?',
  );
  expect(noteOnReading(read('Ann B-PER O\n'), 'IOB2')).toBeNull();
  expect(noteOnReading(read('Ann O B-PER\n'), 'IOBES')).toBeNull();
  expect(noteOnReading(read('Ann B-PER O\n'), 'lenient')).toBeNull();
});

describe('two models', () => {
  it('are read beside one file of gold tags, or from files that have the same', () => {
    const [a, b] = [file('Ann B-PER O\n'), file('Ann B-PER B-PER\n')];
    const pair = readPair([a, b], undefined);
    expect(pair.map(([{ predicted }]) => predicted)).toEqual([['O'], ['B-PER']]);
    expect(readPair([a, b], a)[1][0]).toMatchObject({ gold: ['O'], predicted: ['B-PER'] });
  });

  it('are refused where their gold tags differ', () => {
    const [a, b] = [file('x O O\nAnn B-PER O\n'), file('x O O\nAnn B-ORG B-PER\n')];
    expect(messageOf(() => readPair([a, b], undefined))).toMatch(
      /^\d+\.txt:2: found the gold tag "B-ORG", expected "B-PER" as in \d+\.txt:2$/,
    );
  });
});

it('document marks are counted where the first column is one', () => {
  const path = file('-DOCSTART- O\n\nAnn O\n-DOCSTART-x O\n\n-DOCSTART-\tO\n');
  expect(countDocumentMarks(path)).toBe(2);
});

it('critical types that were asked for must occur; the study asks for its own whether they do or not', () => {
  expect(criticalTypes(['LOC'], ['LOC', 'PER'], { file: 'f' })).toEqual(['LOC']);
  expect(criticalTypes(undefined, ['LOC'], { file: 'f' })).toEqual(['PER', 'ORG']);
  expect(() => criticalTypes(['LOC', 'XYZ'], ['LOC', 'PER'], { gold: 'g', predicted: 'p' })).toThrow(
    'no critical type "XYZ" in g and p, expected some of LOC, PER',
  );
  expect(() => criticalTypes(['PER'], [], { file: 'f' })).toThrow('but there is no entity');
});

describe('files that the environment names', () => {
  const predicted = file('Ann O\nran O\n\nOslo B-LOC\n');
  const teacher = file('Ann B-PER\nran O\n\nOslo O\n');

  it('are gold and predictions, and whatever else is given', () => {
    const source = errorSource(
      {
        NER_DISTILL_GOLD: '1.txt',
        NER_DISTILL_PREDICTED: predicted,
        NER_DISTILL_TEACHER: teacher,
        NER_DISTILL_TRAIN: gold,
        NER_DISTILL_CRITICAL: 'PER, LOC',
        NER_DISTILL_SCHEME: 'IOB2',
      },
      folder,
    );
    expect(source?.mode).toBe('IOB2');
    expect(source?.models.map(({ sentences }) => sentences.map(({ predicted }) => predicted))).toEqual([
      [['B-PER', 'O'], ['O']],
      [['O', 'O'], ['B-LOC']],
    ]);
    expect(source?.train).toHaveLength(2);
    expect(source?.critical).toEqual(['PER', 'LOC']);
  });

  it('may be none, or one model alone', () => {
    expect(errorSource({})).toBeNull();
    expect(errorSource({ NER_DISTILL_GOLD: '', NER_DISTILL_FILE: '' })).toBeNull();
    const source = errorSource({ NER_DISTILL_GOLD: gold, NER_DISTILL_PREDICTED: predicted });
    expect(source).toMatchObject({ train: [], critical: ['PER', 'ORG'], mode: 'lenient' });
    expect(source?.models).toHaveLength(1);
    expect(() => errorSource({ NER_DISTILL_GOLD: gold })).toThrow('expected either --file');
  });

  it('may have critical types and a scheme, of which those that are empty are not given', () => {
    const files = { NER_DISTILL_GOLD: gold, NER_DISTILL_PREDICTED: predicted };
    const source = errorSource({ ...files, NER_DISTILL_CRITICAL: '', NER_DISTILL_SCHEME: '' });
    expect(source).toMatchObject({ critical: ['PER', 'ORG'], mode: 'lenient' });
    expect(() => errorSource({ ...files, NER_DISTILL_CRITICAL: 'PER,ORG' })).toThrow(
      `no critical type "ORG" in ${gold} and ${predicted}, expected some of LOC, PER`,
    );
    expect(() => errorSource({ ...files, NER_DISTILL_SCHEME: 'BIO' })).toThrow(
      'NER_DISTILL_SCHEME is "BIO", expected one of IO, IOB1, IOB2, IOE1, IOE2, IOBES, BILOU',
    );
    const single = file('Ann S-PER\nran O\n\nOslo O\n');
    expect(() => errorSource({ ...files, NER_DISTILL_TEACHER: single, NER_DISTILL_SCHEME: 'IOB2' })).toThrow(
      'tag "S-PER" is not O, B- or I-, which are all that strict IOB2 has',
    );
  });

  it('may have training in any format of a corpus', () => {
    const train = file('# text = Ann left\n1\tAnn\tB-PER\n2\tleft\tO\n');
    const files = { NER_DISTILL_GOLD: gold, NER_DISTILL_PREDICTED: predicted };
    expect(errorSource({ ...files, NER_DISTILL_TRAIN: train })?.train).toMatchObject([
      { words: ['Ann', 'left'], tags: ['B-PER', 'O'] },
    ]);
  });
});

it('a sentence on a critical type that is not there names some of those that are', () => {
  const types = Array.from({ length: 1000 }, (_, i) => `T${i}`);
  expect(() => criticalTypes(['X'], types, { file: 'a' })).toThrow(
    /^no critical type "X" in a, expected some of T0, T1, .*, T8 and 991 more$/,
  );
});
