/** CoNLL-U: which rows are words, where their tags are, and what is refused. */
import { readCorpus } from 'ner-distill/corpus/formats';
import { describe, expect, it } from 'vitest';

const read = (text: string, options = {}, file = 'corpus') => readCorpus(Buffer.from(text), file, options);

describe('CoNLL-U', () => {
  const text = `# newdoc id = first
# sent_id = 1
# text = Vámonos al mar
1-2\tVámonos\tO
1\tVamos\tO
2\tnos\tB-PER
3-4\tal\tO
3\ta\tO
4\tel\tB-LOC
4.1\tnada\tB-LOC
5\tmar\tI-LOC

# newdoc id = second
# just a comment
1\tFin\tO
`;

  it('reads the words, without ranges, empty nodes and comments, and documents from newdoc', () => {
    expect(read(text)).toEqual({
      format: 'conllu',
      scheme: 'IOB2',
      notes: [],
      sentences: [
        {
          words: ['Vamos', 'nos', 'a', 'el', 'mar'],
          tags: ['O', 'B-PER', 'O', 'B-LOC', 'I-LOC'],
          document: 0,
        },
        { words: ['Fin'], tags: ['O'], document: 1 },
      ],
    });
  });

  const ten = (misc: string) => `1\tAnn\tann\tPROPN\tNNP\t_\t0\troot\t_\t${misc}\n`;
  it.each([
    ['a number', '1\tAnn\tx\tB-PER\n', 4],
    ['a name in global.columns', '# global.columns = ID FORM X:NE\n1\tAnn\tB-PER\n', 'x:ne'],
    ['the NER column of global.columns', '# global.columns = ID NER FORM\n1\tB-PER\tAnn\n', undefined],
    ["a name of CoNLL-U's ten", ten('B-PER'), 'MISC'],
    ['a key in MISC', ten('SpaceAfter=No|NER=B-PER'), 'NER'],
  ])('takes the tags from %s', (_, text, tagColumn) => {
    expect(read(text, { format: 'conllu', tagColumn }).sentences[0].tags).toEqual(['B-PER']);
  });

  it('reads a word without the key in MISC as O', () => {
    const { sentences, notes } = read(ten('_'), { format: 'conllu', tagColumn: 'NER' });
    expect(sentences[0].tags).toEqual(['O']);
    expect(notes).toEqual(['no word has "NER" in MISC: all are O']);
  });

  it('reads a key in MISC behind a blank as well, as NorNE has it, and says so', () => {
    const rows = ['name=B-PER', 'SpaceAfter=No name=I-PER', 'name=I-PER SpaceAfter=No', 'Gloss'];
    const text = rows.map((misc, i) => ten(misc).replace('1', String(i + 1))).join('');
    const { sentences, notes } = read(text, { format: 'conllu', tagColumn: 'name' });
    expect(sentences[0].tags).toEqual(['B-PER', 'I-PER', 'I-PER', 'O']);
    expect(notes).toEqual([
      'in MISC of 2 words a blank stands where | was expected; "name" was read there too',
    ]);
  });

  it('counts from 0 and is separated by spaces where a file is so, and says that numbers are no words', () => {
    const from0 = read('0\tAnn\tB-PER\n1\tleft\tO\n\n0\tBo\tB-PER\n');
    expect(from0.sentences.map(({ words }) => words)).toEqual([['Ann', 'left'], ['Bo']]);
    expect(from0.notes).toEqual([
      'the first column numbers the words from 0 in every sentence and was skipped',
    ]);
    const spaced = read('1 Ann NNP B-PER\n2 left VBD O\n\n'.repeat(5));
    expect(spaced.sentences[4]).toMatchObject({ words: ['Ann', 'left'], tags: ['B-PER', 'O'] });
    expect(spaced.notes).toEqual([
      'the first column numbers the words in every sentence and was skipped',
      'the tags were read from column 4, the last',
    ]);
  });

  it('leaves out blanks at the ends of rows', () => {
    const { sentences, notes } = read('1\tAnn \tB-PER \t\n2\tleft\tO\t\t \n');
    expect(sentences[0]).toMatchObject({ words: ['Ann ', 'left'], tags: ['B-PER', 'O'] });
    expect(notes).toEqual([]);
  });

  it('says that a first column of numbers that it cannot tell so was read as words', () => {
    const { sentences, notes } = read('7 Ann B-PER\n8 left O\n');
    expect(sentences[0].words).toEqual(['7', '8']);
    expect(notes).toEqual(['the first column has numbers alone, which were read as the words']);
    expect(read('7 B-PER\n8 O\n').notes).toEqual([]);
  });

  it.each([
    [ten('_'), undefined, 'f:1: found 10 columns and none named NER, TAG, TAGS; name the column of the tags'],
    [ten('_'), 11, 'f:1: the column of tags is 11, expected 3 to 10'],
    ['1\tAnn\tO\n', 'NER', 'f:1: there is no column "NER"; the columns have no names, expected a number'],
    [
      '# global.columns = ID FORM TAG\n1\tAnn\tO\n',
      'NE',
      'f:2: there is no column "NE"; expected one of ID, FORM, TAG',
    ],
    [ten('NER=O|SpaceAfter=No'), 'NRE', 'f: no word has "NRE" in MISC; found the keys NER, SpaceAfter'],
    [
      '0\tAnn\tO\n\n1\tBo\tO\n',
      undefined,
      'f:3: found "1" in the first column, expected the word\'s number, 0',
    ],
    [
      '0\tAnn\tO\n2\tBo\tO\n',
      undefined,
      'f:2: found "2" in the first column, expected the word\'s number, 1',
    ],
    ['1\tAnn\t\tx\n', 3, 'f:1: found an empty column 3, expected the tag in column 3'],
    ['1\t\tO\n', undefined, 'f:1: found no word in column 2'],
    ['1\tAnn\tO\n2\tleft\n', undefined, 'f:2: found 2 columns, expected the tag in column 3'],
    ['Ann\tx\tO\n', undefined, 'f:1: found "Ann" in the first column, expected the word\'s number'],
    [
      '1\tAnn\tO\n3\tleft\tO\n',
      undefined,
      'f:2: found "3" in the first column, expected the word\'s number, 2',
    ],
    ['1\ta\tO\n\n2\tb\tO\n', undefined, 'f:3: found "2" in the first column, expected the word\'s number, 1'],
    ['1\ta\tO\n1\tb\tO\n', undefined, 'f:2: found "1" in the first column, expected the word\'s number, 2'],
    ['1\t-DOCSTART-\tO\n', undefined, 'f:1: the word "-DOCSTART-" cannot stand in CoNLL columns'],
    ['# text\n1\tAnn\tPER\n', undefined, 'f:2: tag "PER" is not O or B-'],
    ['# text\n', undefined, 'f: found no sentence'],
  ])('refuses %j', (text, tagColumn, message) => {
    expect(() => read(text, { format: 'conllu', tagColumn }, 'f')).toThrow(message);
  });
});
