/** Files of predictions: what is read from them, and the one sentence that each mistake gets. */
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readPair } from 'ner-distill/evaluation/compare';
import { evaluate } from 'ner-distill/evaluation/evaluate';
import { formatConlleval } from 'ner-distill/evaluation/format';
import {
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
      { words: ['Ann', 'ran'], gold: ['B-PER', 'O'], predicted: ['O', 'O'], lines: [1, 2] },
      { words: ['Oslo'], gold: ['B-LOC'], predicted: ['B-ORG'], lines: [4] },
    ];
    const both = file('Ann B-PER O\nran O O\n\nOslo B-LOC B-ORG\n');
    const predicted = file('Ann O\nran O\n\nOslo B-ORG\n');
    const read = { sentences: expected, notes: [], documentMarks: 0 };
    expect(readPredictions({ file: both })).toMatchObject(read);
    expect(readPredictions({ gold, predicted })).toMatchObject(read);
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

  it('may be in any format of a corpus, each file in its own', () => {
    const numbered = file('# text = Ann ran\n0\tAnn\tB-PER\n1\tran\tO\n\n0\tOslo\tB-LOC\n');
    const lines = file(
      '{"tokens": ["Ann", "ran"], "tags": ["O", "O"]}\n{"tokens": ["Oslo"], "tags": ["S-LOC"]}\n',
    );
    const { sentences, notes } = readPredictions({ gold: numbered, predicted: lines });
    expect(sentences).toEqual([
      { words: ['Ann', 'ran'], gold: ['B-PER', 'O'], predicted: ['O', 'O'], lines: [2, 3] },
      { words: ['Oslo'], gold: ['B-LOC'], predicted: ['S-LOC'], lines: [5] },
    ]);
    expect(notes).toEqual([
      `${numbered}: the first column numbers the words from 0 in every sentence and was skipped`,
    ]);
    const other = file(
      '{"tokens": ["Ann", "ran"], "tags": ["O", "O"]}\n{"tokens": ["Rome"], "tags": ["O"]}\n',
    );
    expect(messageOf(() => readPredictions({ gold: numbered, predicted: other }))).toMatch(
      /^\d+\.txt:2: found the word "Rome", expected the word "Oslo" as in \d+\.txt:5$/,
    );
  });

  it('have both columns behind a number that is not a word', () => {
    const numbered = file('1\tAnn\tB-PER\tO\n2\tran\tO\tO\n');
    expect(readPredictions({ file: numbered }).sentences).toMatchObject([
      { words: ['Ann', 'ran'], gold: ['B-PER', 'O'], predicted: ['O', 'O'] },
    ]);
    const lines = file('{"tokens": ["Ann"], "tags": ["B-PER"]}\n');
    expect(messageOf(() => readPredictions({ file: lines }))).toMatch(
      /: found JSON lines, expected gold and predicted tags in files of their own/,
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

it('pipes are read once and give what files give', () => {
  const text = '-DOCSTART- O O\n\nAnn B-PER B-PER\nleft O O\n\n-DOCSTART- O O\n\nBob B-PER O\n';
  const pipe = join(folder, 'pipe');
  execFileSync('mkfifo', [pipe]);
  const whole = evaluate({ file: file(text) });
  spawn('sh', ['-c', `cat '${folder}/${files}.txt' > '${pipe}'`]);
  const piped = evaluate({ file: pipe });
  expect(piped).toEqual(whole);
  // Of 3 words 2 are right, and conlleval counts both marks.
  expect(formatConlleval(piped.counts, piped.read.documentMarks)).toContain(
    'processed 5 tokens with 2 phrases',
  );
  expect(formatConlleval(piped.counts, piped.read.documentMarks)).toContain('accuracy:  80.00%');
});

describe('tags alone, a sentence a line, as run_ner writes them', () => {
  it('have the words of gold', () => {
    const { sentences, notes } = readPredictions({ gold, predicted: file('B-PER O\n\nB-ORG \n') });
    expect(sentences).toEqual([
      { words: ['Ann', 'ran'], gold: ['B-PER', 'O'], predicted: ['B-PER', 'O'], lines: [1, 2] },
      { words: ['Oslo'], gold: ['B-LOC'], predicted: ['B-ORG'], lines: [4] },
    ]);
    expect(notes).toEqual([expect.stringMatching(/\d+\.txt: tags alone were read, a sentence a line$/)]);
    const both = [file('B-PER O\nO\n'), file('O O\nB-LOC\n')] as const;
    expect(readPair(both, gold).map(({ sentences: [, { predicted }] }) => predicted)).toEqual([
      ['O'],
      ['B-LOC'],
    ]);
  });

  it.each([
    [
      'B-PER\nB-LOC\n',
      /^\d+\.txt:1: found 1 tag, expected 2, one for each word of 1\.txt:1 \(tags alone were read/,
    ],
    ['B-PER O\n', /^\d+\.txt: found 1 sentences, expected 2 as in 1\.txt/],
    ['B-PER O\nO\nO\n', /^\d+\.txt:3: found a further line of tags, expected 2 sentences as in 1\.txt$/],
    ['B-PER O\nX\n', /^\d+\.txt:/],
  ])('are refused with the line: %j', (text, message) => {
    expect(messageOf(() => readPredictions({ gold, predicted: file(text) }))).toMatch(message);
  });

  it('are columns where words look like tags', () => {
    const letters = file('O O\nB B-X\n');
    expect(readPredictions({ gold: letters, predicted: letters }).sentences).toMatchObject([
      { words: ['O', 'B'], predicted: ['O', 'B-X'] },
    ]);
  });
});

it('a column of tags is that of gold, and of predictions in its format', () => {
  const ten = (tag: string) => `1\tAnn\t_\t_\t_\t_\t0\troot\t_\tNER=${tag}\n`;
  const inMisc = file(ten('B-PER'));
  const read = (predicted: string) =>
    readPredictions({ gold: inMisc, predicted, tagColumn: 'NER' }).sentences[0];
  expect(read(file(ten('B-ORG')))).toMatchObject({ gold: ['B-PER'], predicted: ['B-ORG'] });
  expect(read(file('Ann B-LOC\n'))).toMatchObject({ gold: ['B-PER'], predicted: ['B-LOC'] });
  expect(read(file('{"tokens": ["Ann"], "tags": ["O"]}\n'))).toMatchObject({ predicted: ['O'] });
});

it('names of tags and their column are for all files that are read', () => {
  const numbers = file('{"tokens": ["Ann", "ran"], "ner": [1, 0]}\n{"tokens": ["Oslo"], "ner": [2]}\n');
  const reading = { tagColumn: 'ner', labels: ['O', 'B-PER', 'B-LOC'] };
  const source = errorSource({
    NER_DISTILL_GOLD: numbers,
    NER_DISTILL_PREDICTED: numbers,
    NER_DISTILL_TRAIN: numbers,
    NER_DISTILL_TAG_COLUMN: 'ner',
    NER_DISTILL_LABELS: 'O,B-PER,B-LOC',
  });
  expect(source?.models[0].sentences[0]).toMatchObject({ gold: ['B-PER', 'O'] });
  expect(source?.train[1].tags).toEqual(['B-LOC']);
  expect(source?.notes).toContain(`${numbers}: numbers were read as the tags that --labels names`);
  expect(readPair([numbers, numbers], numbers, undefined, reading)[0].sentences[1].gold).toEqual(['B-LOC']);
  expect(messageOf(() => readPredictions({ file: gold, tagColumn: 2 }))).toContain(
    '--tag-column is for files of one of them, with --gold',
  );
});

it('tags without a type are scored as of one type, as seqeval does', () => {
  const { evaluation, counts, read } = evaluate({
    file: file('The O O\nBRCA1 B B\ngene I I\nin O B\nmice O O\n'),
    critical: ['_'],
  });
  expect(evaluation.overall).toMatchObject({ precision: 0.5, recall: 1, f1: 2 / 3 });
  expect(evaluation.byType).toEqual({ _: evaluation.overall });
  expect(evaluation.critical).toEqual(evaluation.overall);
  expect(formatConlleval(counts)).toContain(
    '\n                 : precision:  50.00%; recall: 100.00%; FB1:  66.67  2\n',
  );
  expect(read.notes).toEqual([expect.stringContaining('tags have no type, such as "B" on line 2')]);
});

it('tags with other letters for prefixes are those that they stand for, token by token too', () => {
  const { evaluation } = evaluate({
    file: file('a B-ORG B-ORG\nb M-ORG I-ORG\nc E-ORG E-ORG\nd S-LOC W-LOC\n'),
  });
  expect(evaluation.overall.f1).toBe(1);
  expect(evaluation.accuracy).toBe(1);
});

it('a strict reading that finds nothing where the lenient one does gets a note', () => {
  const read = (text: string) => readPredictions({ file: file(text) }).sentences;
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
    expect(pair.map(({ sentences: [{ predicted }] }) => predicted)).toEqual([['O'], ['B-PER']]);
    expect(readPair([a, b], a)[1].sentences[0]).toMatchObject({ gold: ['O'], predicted: ['B-PER'] });
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
  expect(readPredictions({ gold: path, predicted: path }).documentMarks).toBe(2);
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
