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
    expect(read(ten('_'), { format: 'conllu', tagColumn: 'NER' }).sentences[0].tags).toEqual(['O']);
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
    ['1\tAnn\tO\n2\tleft\n', undefined, 'f:2: found 2 columns, without the word or its tag'],
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
