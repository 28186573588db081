/** The formats of corpora: telling them, reading CoNLL-U and JSON lines, and writing each so that nothing is lost. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { FORMATS, formatCorpus, formatOf, readCorpus, readCorpusFile } from 'ner-distill/corpus/formats';
import { SCHEMES } from 'ner-distill/corpus/tags';
import { describe, expect, it } from 'vitest';
import { sentences } from './arbitrary';

const read = (text: string, options = {}, file = 'corpus') => readCorpus(Buffer.from(text), file, options);

describe('telling the format', () => {
  const numbered = '# newdoc id = a\n1\tAnn\tB-PER\n\n1\tBo\tB-PER\n2\tleft\tO\n\n';
  it.each([
    ['conllu', 'corpus', numbered],
    ['conllu', 'corpus.iob2', `\ufeff${numbered}`],
    ['conllu', 'corpus', '1\tof\tO\n2-3\tdes\t_\n2\tde\tO\n3\tles\tO\n'],
    ['conllu', 'corpus.conllu', ''],
    ['conll', 'one.txt', '1\tCD\tO\n\nAnn\tNNP\tB-PER\n'],
    ['conll', 'numbers.txt', '1 CD O\n2 CD O\n\n1 CD O\n'],
    ['conll', 'comment.txt', '# O\n1\tO\n'],
    ['conll', 'brace.txt', '{ O\n} O\n'],
    ['jsonl', 'corpus', '\n{"tokens": [], "tags": []}\r\n'],
    ['jsonl', 'corpus.jsonl', ''],
  ])('%s, in a file named %s', (format, file, text) => {
    expect(formatOf(Buffer.from(text), file)).toBe(format);
  });
});

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

describe('JSON lines', () => {
  it('reads tokens and tags, and a document where its name changes', () => {
    const text =
      '{"document": "a", "tokens": ["Ann"], "tags": ["U-PER"]}\n\n' +
      '{"document": "b", "tokens": ["Bo", "Lee"], "tags": ["B-PER", "L-PER"]}\r\n' +
      '{"document": "b", "tokens": [], "tags": []}';
    expect(read(text)).toEqual({
      format: 'jsonl',
      scheme: 'BILOU',
      sentences: [
        { words: ['Ann'], tags: ['B-PER'], document: 0 },
        { words: ['Bo', 'Lee'], tags: ['B-PER', 'I-PER'], document: 1 },
      ],
    });
  });

  it('takes the tags from another field', () => {
    const text = '{"tokens": ["Ann"], "ner": ["B-PER"]}\n';
    expect(read(text, { tagColumn: 'ner' }).sentences[0].tags).toEqual(['B-PER']);
  });

  it.each([
    ['{"tokens": ["Ann"]', 'f:2: the line is not JSON'],
    ['["Ann"]', 'f:2: found ["Ann"], expected a JSON object'],
    ['{"words": ["Ann"]}', 'f:2: found the fields words, expected a list of strings in "tokens"'],
    ['{"tokens": ["Ann"], "tags": [1]}', 'f:2: found other values, expected a list of strings in "tags"'],
    ['{"tokens": ["Ann"], "tags": []}', 'f:2: found 1 tokens but 0 tags'],
    ['{"tokens": [""], "tags": ["O"]}', 'f:2: the token "" cannot stand in CoNLL columns'],
    ['{"tokens": ["a\\nb"], "tags": ["O"]}', 'f:2: the token "a\\nb" cannot stand in CoNLL columns'],
    [
      '{"tokens": ["-DOCSTART-"], "tags": ["O"]}',
      'f:2: the token "-DOCSTART-" cannot stand in CoNLL columns',
    ],
    ['{"tokens": ["Ann"], "tags": ["PER"]}', 'f:2: tag "PER" is not O or B-'],
  ])('refuses %s', (line, message) => {
    expect(() => read(`\n${line}\n`, { format: 'jsonl' }, 'f')).toThrow(message);
  });
});

describe('the column of the tags', () => {
  it('is a number in CoNLL columns', () => {
    expect(read('Ann B-PER x\n', { tagColumn: 2 }).sentences[0].tags).toEqual(['B-PER']);
    expect(() => read('Ann O\n', { tagColumn: 3 })).toThrow('corpus:1: found 2 columns, expected at least 3');
    expect(() => read('Ann O\n', { tagColumn: 1 })).toThrow('the column of tags is 1, expected 2 or more');
    expect(() => read('Ann O\n', { tagColumn: 'NER' })).toThrow('found the column "NER", expected a number');
  });

  it('is a name in JSON lines', () => {
    expect(() => read('{"tokens": []}', { tagColumn: 2 })).toThrow('found the column 2, expected a name');
  });
});

describe('encodings', () => {
  it.each([
    ['UTF-16 (little-endian, by its byte order mark)', Buffer.from('\ufeffAnn O\n', 'utf16le')],
    ['UTF-16 (big-endian, by its byte order mark)', Buffer.from('\ufeffAnn O\n', 'utf16le').swap16()],
    ['UTF-16 (little-endian, by its zero bytes)', Buffer.from('Анна O\n', 'utf16le')],
    ['UTF-16 (big-endian, by its zero bytes)', Buffer.from('Анна O\n', 'utf16le').swap16()],
  ])('names %s', (name, bytes) => {
    expect(() => readCorpus(bytes, 'f', {})).toThrow(`f: the text is in ${name}`);
  });

  // "Привет, Москва" as iconv writes it in Windows-1251 and KOI8-R; "Müller, café" in Latin-1.
  it.each([
    ['Windows-1251', 'cff0e8e2e5f2 cceef1eae2e0'],
    ['KOI8-R', 'f0d2c9d7c5d4 edcfd3cbd7c1'],
    ['Latin-1 or Windows-1252', '4dfc6c6c6572 636166e9'],
  ])('guesses %s, with the line', (name, words) => {
    const rows = words.split(' ').map(word => Buffer.concat([Buffer.from(word, 'hex'), Buffer.from(' O\n')]));
    expect(() => readCorpus(Buffer.concat([Buffer.from('a O\n'), ...rows]), 'f', {})).toThrow(
      `f:2: the text is not UTF-8 (it looks like ${name})`,
    );
  });
});

describe.each(FORMATS)('writing %s', format => {
  it.each(SCHEMES.filter(scheme => scheme !== 'IO'))('in %s is undone by reading', scheme => {
    fc.assert(
      fc.property(sentences, made => {
        const text = formatCorpus(made, format, scheme);
        expect(read(text, { format, scheme })).toEqual({ sentences: made, format, scheme });
      }),
      { numRuns: 50 },
    );
  });

  it('refuses a tag too few', () => {
    expect(() => formatCorpus([{ words: ['a', 'b'], tags: ['O'] }], format)).toThrow(
      'sentence 1 has 2 words but 1 tags',
    );
  });
});

/** Development corpora that are not part of the project; counts from the README beside them. */
const data = join(__dirname, '../../../shared/data');
describe.skipIf(!existsSync(data))(
  'corpora that are not in the project (skipped where ../shared/data is absent)',
  () => {
    it.each([
      ['conll2003/eng.train', 'conll', 'IOB1', 14041, 203621],
      ['conll2003/eng.testa', 'conll', 'IOB1', 3250, 51362],
      ['wnut17/wnut17train.conll', 'conll', 'IOB2', 3394, 62730],
      ['wnut17/emerging.dev.conll', 'conll', 'IOB2', 1009, 15733],
      ['wnut17/emerging.test.annotated', 'conll', 'IOB2', 1287, 23394],
      ['wikigold/wikigold.conll.txt', 'conll', 'IO', 1696, 39007],
      ['factrueval-2016/train.iob2', 'conll', 'IOB2', 1769, 30940],
      ['factrueval-2016/test.iob2', 'conll', 'IOB2', 3138, 59382],
      ['uner-en-ewt/en_ewt-ud-dev.iob2', 'conllu', 'IOB2', 2001, 25149],
    ])(
      '%s is %s in %s, and the same after writing in each format and scheme',
      (file, format, scheme, count, tokens) => {
        const corpus = readCorpusFile(join(data, file));
        expect(corpus).toMatchObject({ format, scheme });
        expect(corpus.sentences).toHaveLength(count);
        expect(corpus.sentences.reduce((sum, { words }) => sum + words.length, 0)).toBe(tokens);
        for (const [i, other] of FORMATS.entries()) {
          const written = formatCorpus(corpus.sentences, other, SCHEMES[1 + i]);
          expect(read(written, { format: other, scheme: SCHEMES[1 + i] }).sentences).toEqual(
            corpus.sentences,
          );
          const bilou = formatCorpus(corpus.sentences, other, 'BILOU');
          expect(read(bilou, { format: other }).sentences).toEqual(corpus.sentences);
        }
      },
    );

    it('UNER EWT has 318 documents and its entities', () => {
      const { sentences: read } = readCorpusFile(join(data, 'uner-en-ewt/en_ewt-ud-dev.iob2'));
      expect(read.at(-1)?.document).toBe(317);
      const begins = read.flatMap(({ tags }) => tags).filter(tag => tag.startsWith('B-'));
      // Counted with cut and grep over the third column.
      expect(begins.filter(tag => tag === 'B-LOC')).toHaveLength(399);
      expect(begins.filter(tag => tag === 'B-ORG')).toHaveLength(224);
      expect(begins.filter(tag => tag === 'B-PER')).toHaveLength(343);
    });
  },
);
