/** The reader of CoNLL columns: what it accepts, what it refuses and with which words, and that writing loses nothing. */
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { readCorpus, readTagged } from 'ner-distill/corpus/formats';
import { formatConll, readConll, readConllFile } from 'ner-distill/corpus/formats/conll';
import type { Sentence } from 'ner-distill/corpus/sentence';
import { InputError } from 'ner-distill/errors';
import { describe, expect, it } from 'vitest';
import { sentences } from '../arbitrary';

const read = (text: string): Sentence[] => readConll(text, { file: 'corpus.txt' });
const tagsOf = (column: string[]): readonly string[] =>
  read(column.map(tag => `w ${tag}\n`).join(''))[0].tags;

describe('reading CoNLL columns', () => {
  it('reads the word from the first column and the tag from the last', () => {
    const sentences = read('EU NNP I-NP I-ORG\nrejects VBZ I-VP O\n\nPeter NNP I-NP I-PER\n');
    expect(sentences).toEqual([
      { words: ['EU', 'rejects'], tags: ['B-ORG', 'O'], document: 0 },
      { words: ['Peter'], tags: ['B-PER'], document: 0 },
    ]);
  });

  it('reads columns separated by tabs, runs of spaces, and either of them in one file', () => {
    const words = [{ words: ['New', 'York'], tags: ['B-LOC', 'I-LOC'], document: 0 }];
    expect(read('New\tB-LOC\nYork\tI-LOC\n')).toEqual(words);
    expect(read('  New   B-LOC  \nYork\tI-LOC\n')).toEqual(words);
  });

  it('leaves out blanks at the end of a row, and reads a row of more columns than most have', () => {
    expect(read('a\tB-PER \t\r\nb c\tI-PER\t\n')[0]).toEqual({
      words: ['a', 'b c'],
      tags: ['B-PER', 'I-PER'],
      document: 0,
    });
    const many = Array.from({ length: 40 }, (_, i) => `c${i}`);
    for (const separator of [' ', '\t'])
      expect(read(`${['a', ...many, 'B-PER'].join(separator)}\n`)[0].tags).toEqual(['B-PER']);
  });

  it('keeps a space within a word where columns are separated by tabs', () => {
    expect(read('10 000\tO\n')[0].words).toEqual(['10 000']);
  });

  it('reads CRLF, a byte order mark, blank lines of spaces and tabs, and a file without a last newline', () => {
    const expected = read('a O\nb B-PER\n\nc O\n');
    expect(read('\ufeffa O\r\nb B-PER\r\n \t\r\nc O')).toEqual(expected);
    expect(read('\n\na O\nb B-PER\n\n\nc O\n\n\n\n')).toEqual(expected);
  });

  it('splits at spaces where tabs stand only at the end of rows, unless other rows have them between columns', () => {
    expect(read('Ann _ B-PER\t\t\nleft _ O\t\n')[0]).toMatchObject({
      words: ['Ann', 'left'],
      tags: ['B-PER', 'O'],
    });
    expect(() => read('Ann\tB-PER\nNew York\t\n')).toThrow(
      'corpus.txt:2: found 1 column, expected 2 as on line 1',
    );
  });

  it('splits at ASCII spaces and tabs alone: other white space is part of a word, or a word', () => {
    const words = ['\u00a0', '\u3000', '\u2003Kg', '\u0085', '\u2028', '\v', '\f'];
    expect(read(words.map(word => `${word} O\n`).join(''))[0].words).toEqual(words);
  });

  it('drops a byte order mark at the beginning of any line, also before a document mark', () => {
    const text = '\ufeffAnn B-PER\n\n\ufeff-DOCSTART- O\n\n\ufeffBob B-PER\n\ufeff';
    expect(read(text).map(({ words, document }) => [...words, document])).toEqual([
      ['Ann', 0],
      ['Bob', 1],
    ]);
  });

  it('reads rows that end in CR alone', () => {
    expect(read('Ann B-PER\rleft O\r\rBob B-PER\r').map(({ words }) => words)).toEqual([
      ['Ann', 'left'],
      ['Bob'],
    ]);
  });

  it('takes a line that begins with # for a word', () => {
    expect(read('# O\n#ff\tB-group\n')[0].words).toEqual(['#', '#ff']);
  });

  it('counts documents from 0 at -DOCSTART- lines, which end a sentence even without a blank line', () => {
    const sentences = read('-DOCSTART- -X- O O\n\na X Y I-PER\n-DOCSTART- -X- O O\nb X Y I-PER\n\nc X Y O\n');
    expect(sentences.map(({ words, document }) => [words.join(), document])).toEqual([
      ['a', 0],
      ['b', 1],
      ['c', 1],
    ]);
    expect(sentences[1].tags).toEqual(['B-PER']);
  });

  it('reads words of any script', () => {
    expect(read('Владимир B-PER\nПутин I-PER\n東京 B-LOC\n')[0].words).toEqual(['Владимир', 'Путин', '東京']);
  });
});

describe('comments', () => {
  const rows = 'the _ _ O\nblue _ _ B-CW\n';
  const read = (text: string, file = 'f') => readCorpus(Buffer.from(text), file);

  it.each([
    [
      'before every sentence',
      `# id 0f-11\tdomain=en\n${rows}\n# id 0f-12\tdomain=en\n${rows}`,
      '2 lines begin with # and were skipped as comments',
    ],
    [
      'before the first alone',
      `# Copyright 2020 Ann Lee\n\n${rows}\n${rows}`,
      '1 line begins with # and was skipped as a comment',
    ],
    [
      'with as many columns as the rows',
      `# a b c\n${rows}\n# sent 2 O\n\n${rows}`,
      '1 line begins with # and was skipped as a comment',
    ],
    [
      'of OntoNotes',
      `#begin document (nw/x); part 000\n${rows}\n#end document\n${rows}`,
      '2 lines begin with # and were skipped as comments',
    ],
  ])('stand %s and are skipped, which is said', (_, text, note) => {
    const { sentences, notes, format } = read(text);
    expect(format).toBe('conll');
    expect(notes).toEqual([note]);
    expect(sentences.filter(({ words }) => words[0] === 'the')).toHaveLength(2);
  });

  it('are no hashtags, no rows with a tag, and stand in no sentence', () => {
    const hashtags = read('#Lund\tB-LOC\n#\tO\n@ann\tO\n\n# \tO\n#x\tO\n\n#a b\tO\n');
    expect(hashtags.sentences.map(({ words }) => words)).toEqual([
      ['#Lund', '#', '@ann'],
      ['# ', '#x'],
      ['#a b'],
    ]);
    expect(hashtags.notes).toEqual([]);
    expect(() => read(`the _ _ O\n# id 5\n${rows}`)).toThrow('f:2: found 3 columns, expected 4 as on line 1');
    expect(() => read(`#Lund\n${rows}`)).toThrow('f:1: found 1 column, expected at least 2');
    expect(() => read('# only\n# comments\n', 'f.txt')).toThrow('f.txt: found no sentence');
  });
});

describe('conversion to BIO', () => {
  it.each([
    ['IOB2', 'O B-PER I-PER B-PER O', 'O B-PER I-PER B-PER O'],
    ['IOB1, B- only between adjacent entities', 'I-PER I-PER B-PER I-ORG O', 'B-PER I-PER B-PER B-ORG O'],
    ['IOB1 with a B- after O, as eng.train has it', 'O B-MISC I-MISC', 'O B-MISC I-MISC'],
    ['IO', 'I-PER I-PER O I-PER I-LOC', 'B-PER I-PER O B-PER B-LOC'],
    ['IOE1, E- only between adjacent entities', 'I-PER E-PER I-PER I-PER O', 'B-PER I-PER B-PER I-PER O'],
    ['IOE2', 'I-PER E-PER I-PER E-PER E-PER O', 'B-PER I-PER B-PER I-PER B-PER O'],
    ['BIOES', 'S-PER B-ORG I-ORG E-ORG S-ORG E-PER', 'B-PER B-ORG I-ORG I-ORG B-ORG B-PER'],
    ['BILOU', 'U-PER B-ORG L-ORG I-ORG', 'B-PER B-ORG I-ORG B-ORG'],
    ['BMES', 'B-ORG M-ORG E-ORG S-NAME', 'B-ORG I-ORG I-ORG B-NAME'],
    ['BMEWO', 'B-ORG M-ORG E-ORG W-NAME O', 'B-ORG I-ORG I-ORG B-NAME O'],
    ['tags without a type', 'O B I I B O I', 'O B I I B O B'],
    ['BIOES without a type', 'S B I E O', 'B B I I O'],
  ])('reads %s', (_, tags, bio) => {
    expect(tagsOf(tags.split(' '))).toEqual(bio.split(' '));
  });
});

describe('what is refused', () => {
  it.each([
    ['I-', 'tag "I-" is not O or B-'],
    ['X-PER', 'tag "X-PER" is not'],
    ['PER', 'tag "PER" is not'],
    ['B_PER', 'tag "B_PER" is not'],
    ['o', 'tag "o" is not'],
  ])('refuses %s as a tag, with its file and line', (tag, message) => {
    expect(() => read(`a O\n\nb O\nc ${tag}\n`)).toThrow(InputError);
    expect(() => read(`a O\n\nb O\nc ${tag}\n`)).toThrow(`corpus.txt:4: ${message}`);
    expect(() => read(`-DOCSTART- O\n\na O\nc ${tag}`)).toThrow(`corpus.txt:4: ${message}`);
  });

  it('refuses a row of another length than the first', () => {
    expect(() => read('\na X O\nb X Y O\n')).toThrow(
      'corpus.txt:3: found 4 columns, expected 3 as on line 2',
    );
    expect(() => read('a\nb\n')).toThrow('corpus.txt:1: found 1 column, expected at least 2');
  });

  it('refuses an empty word', () => {
    expect(() => read('a\tO\n\tO\n')).toThrow('corpus.txt:2: the word in the first column is empty');
  });

  it.each(['', '\n\n', '\ufeff', '-DOCSTART- O\n\n'])('refuses a text without a sentence (%j)', text => {
    expect(() => read(text)).toThrow('corpus.txt: found no sentence');
  });

  it('refuses files that are missing, folders, or not UTF-8', () => {
    const folder = mkdtempSync(join(tmpdir(), 'conll-'));
    const latin = join(folder, 'latin.txt');
    writeFileSync(latin, Buffer.from('a O\n\nM\xfcller B-PER\n', 'latin1'));
    expect(() => readConllFile(join(folder, 'none.txt'))).toThrow(/none\.txt: there is no such file/);
    expect(() => readConllFile(folder)).toThrow(/found a folder, expected a file/);
    expect(() => readConllFile(latin)).toThrow(/latin\.txt:3: the text is not UTF-8/);
  });
});

it.each([
  ['B-PER M-PER E-PER', ['tags that begin with M are read as those with I']],
  ['W-PER O', ['tags that begin with W are read as those with S']],
  ['O B I', ['tags have no type, such as "B" on line 2: read as entities of one type, which is called _']],
  ['B-PER I-PER O', []],
])('says what it guessed of the tags %s', (tags, notes) => {
  const text = tags.split(' ').map(tag => `w ${tag}\n`);
  expect(readCorpus(Buffer.from(text.join('')), 'f').notes).toEqual(notes);
});

it('refuses tags of which some have a type and some have none, with both lines', () => {
  expect(() => read('a B-PER\nb O\nc I\n')).toThrow(
    'corpus.txt:3: tag "I" has no type, but "B-PER" on line 1 has a type; expected types in all tags or in none',
  );
});

describe('raw tags', () => {
  it('gives the last columns as they stand', () => {
    const text = '-DOCSTART- O O\n\na X I-PER O\nb X I-PER E-PER\n';
    const { sentences, documentMarks } = readTagged(Buffer.from(text), 'f', { tagColumns: 2 });
    const [sentence] = sentences;
    expect(sentence.columns).toEqual([
      ['I-PER', 'I-PER'],
      ['O', 'E-PER'],
    ]);
    expect(sentence.lines).toEqual([3, 4]);
    expect(documentMarks).toBe(1);
  });

  it('wants a word before the tags', () => {
    expect(() => readTagged(Buffer.from('a O\n'), 'f', { tagColumns: 2 })).toThrow(
      'f:1: found 2 columns, expected at least 3',
    );
  });
});

describe('writing CoNLL columns', () => {
  it('is undone by reading, for any words, tags and documents', () => {
    fc.assert(
      fc.property(sentences, made => {
        expect(read(formatConll(made))).toEqual(made);
      }),
    );
  });

  it('puts a further tag sequence in the last column', () => {
    const text = formatConll([{ words: ['a', 'b'], tags: ['B-PER', 'O'] }], [['O', 'O']]);
    expect(text).toBe('a B-PER O\nb O O\n\n');
  });

  it('refuses sequences of different lengths and words that could not be read back', () => {
    expect(() => formatConll([{ words: ['a', 'b'], tags: ['O'] }])).toThrow(
      'sentence 1 has 2 words but 1 tags',
    );
    expect(() => formatConll([{ words: ['a'], tags: ['O'] }], [])).toThrow(
      '0 further tag sequences for 1 sentences',
    );
    expect(() => formatConll([{ words: ['a\tb'], tags: ['O'] }])).toThrow('cannot stand in CoNLL columns');
  });
});

/** Development corpora that are not part of the project; counts from the README beside them and their publishers. */
const data = join(__dirname, '../../../../shared/data');
describe.skipIf(!existsSync(data))('counts of known corpora (skipped where ../shared/data is absent)', () => {
  it.each([
    ['conll2003/eng.train', 14041, 203621, { LOC: 7140, MISC: 3438, ORG: 6321, PER: 6600 }],
    ['conll2003/eng.testa', 3250, 51362, { LOC: 1837, MISC: 922, ORG: 1341, PER: 1842 }],
    ['wnut17/wnut17train.conll', 3394, 62730, undefined],
    ['wnut17/emerging.dev.conll', 1009, 15733, undefined],
    ['wnut17/emerging.test.annotated', 1287, 23394, undefined],
    ['wikigold/wikigold.conll.txt', 1696, 39007, undefined],
    ['factrueval-2016/train.iob2', 1769, 30940, undefined],
    ['factrueval-2016/test.iob2', 3138, 59382, undefined],
  ])('%s has %i sentences and %i tokens', (file, sentences, tokens, entities) => {
    const corpus = readConllFile(join(data, file));
    expect(corpus).toHaveLength(sentences);
    expect(corpus.reduce((sum, { words }) => sum + words.length, 0)).toBe(tokens);
    if (!entities) return;
    const counts: Record<string, number> = {};
    for (const { tags } of corpus) {
      for (const tag of tags)
        if (tag.startsWith('B-')) counts[tag.slice(2)] = (counts[tag.slice(2)] ?? 0) + 1;
    }
    expect(counts).toEqual(entities);
  });

  it.each(['wnut17/emerging.test.annotated', 'factrueval-2016/train.iob2', 'conll2003/eng.testa'])(
    '%s is the same after writing and reading',
    file => {
      const corpus = readConllFile(join(data, file));
      expect(read(formatConll(corpus))).toEqual(corpus);
    },
  );

  it('wikigold has 145 documents', () => {
    expect(readConllFile(join(data, 'wikigold/wikigold.conll.txt')).at(-1)?.document).toBe(144);
  });
});
