/** The formats together: telling them, and what holds for each that is registered, so that nothing is lost in one. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import {
  FORMATS,
  formatCorpus,
  formatOf,
  INPUT_FORMATS,
  type InputFormat,
  inputFormatOf,
  OUTPUT_FORMATS,
  outputFormatFor,
  readCorpus,
  readCorpusFile,
  registered,
} from 'ner-distill/corpus/formats';
import type { InputSentence, PredictionFormat } from 'ner-distill/corpus/formats/format';
import { headOf, linesOfStream, plainText } from 'ner-distill/corpus/lines';
import { SCHEMES } from 'ner-distill/corpus/tags';
import { describe, expect, it } from 'vitest';
import { sentences } from '../arbitrary';

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
    ['conllu', 'spaces.txt', `${'1 Ann B-PER\n2 left O\n\n'.repeat(5)}`],
    ['conllu', 'from0.tsv', '0\tAnn\tB-PER\n\n0\tBo\tB-PER\n1\tleft\tO\n'],
    ['conll', 'two.tsv', '0\tO\n1\tO\n\n0\tO\n'],
    ['conll', 'comment.txt', '# O\n1\tO\n'],
    ['conll', 'brace.txt', '{ O\n} O\n'],
    ['jsonl', 'corpus', '\n{"tokens": [], "tags": []}\r\n'],
    ['jsonl', 'corpus.jsonl', ''],
  ])('%s, in a file named %s', (format, file, text) => {
    expect(formatOf(plainText(Buffer.from(text)), file)).toBe(format);
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

describe('the registered formats', () => {
  const all = INPUT_FORMATS.map(name => registered(name));

  it('have names, titles and endings that tell them of their own', () => {
    for (const values of [
      all.map(({ name }) => name),
      all.map(({ title }) => title),
      all.flatMap(({ endings }) => endings),
    ])
      expect(new Set(values).size).toBe(values.length);
    for (const ending of all.flatMap(({ endings }) => endings)) expect(ending).toMatch(/^\.[a-z]+$/);
    for (const { name, endings } of all)
      for (const ending of endings) {
        expect(formatOf(Buffer.from('Ann O\n'), `corpus${ending}`)).toBe(name);
        expect(inputFormatOf(['Ann left.'], `corpus${ending}`)).toBe(name);
      }
  });

  it('are those with tags, those that can be tagged and those of predictions', () => {
    expect(FORMATS).toEqual(expect.arrayContaining(['conll', 'conllu', 'jsonl']));
    expect(INPUT_FORMATS).toEqual(expect.arrayContaining([...FORMATS, 'text']));
    expect(FORMATS).not.toContain('text');
    expect(OUTPUT_FORMATS).toEqual(expect.arrayContaining(['conll', 'conllu', 'jsonl']));
    const inputs = ['conll', 'conllu', 'jsonl', 'text'] as const;
    expect(inputs.map(outputFormatFor)).toEqual(['conll', 'conll', 'jsonl', 'jsonl']);
  });

  it.each([
    [
      'a numbered list',
      Array.from({ length: 12 }, (_, i) => `${i + 1} Call Ann Kessler${i % 2 ? ' again' : ''} today`),
    ],
    ['the markup of a wiki', ['[[Port Halden]] is nice.', '[[Ann]] lives there.']],
  ])('are told to be text: %s', (_, lines) => {
    expect(inputFormatOf(lines, '-')).toBe('text');
  });

  it('are read as corpora only where they have tags', () => {
    expect(() => read('Ann left.', { format: 'text' }, 'f')).toThrow(
      'f: "text" is no format with tags, expected conll, ',
    );
  });
});

/** What a stream of all of a text gives. */
async function streamed(format: InputFormat, text: string): Promise<InputSentence[]> {
  async function* whole() {
    yield Buffer.from(text);
  }
  const found: InputSentence[] = [];
  for await (const sentence of registered(format).stream(linesOfStream(whole(), 'f'), {
    file: 'f',
    head: headOf(Buffer.from(text)),
    onNote() {},
  }))
    found.push(sentence);
  return found;
}

describe.each(FORMATS)('%s', format => {
  it.each(SCHEMES.filter(scheme => scheme !== 'IO'))('written in %s is undone by reading', scheme => {
    fc.assert(
      fc.property(sentences, made => {
        const text = formatCorpus(made, format, scheme);
        expect(read(text, { format, scheme })).toEqual({ sentences: made, format, scheme, notes: [] });
      }),
      { numRuns: 50 },
    );
  });

  it('streams the words and documents that it reads', async () => {
    await fc.assert(
      fc.asyncProperty(sentences, async made => {
        const found = await streamed(format, formatCorpus(made, format));
        expect(found.map(({ words }) => words)).toEqual(made.map(({ words }) => words));
        const several = made.some(({ document }) => document > 0);
        const begins = made.map(({ document }, s) => several && document !== made[s - 1]?.document);
        expect(found.map(({ beginsDocument }) => beginsDocument)).toEqual(begins);
      }),
      { numRuns: 50 },
    );
  });

  it('is told from what it writes', () => {
    const text = formatCorpus([{ words: ['Ann', 'left'], tags: ['B-PER', 'O'] }], format);
    expect(formatOf(Buffer.from(text), 'corpus')).toBe(format);
    expect(inputFormatOf(text.split('\n'), 'corpus')).toBe(format);
  });

  it('refuses a tag too few', () => {
    expect(() => formatCorpus([{ words: ['a', 'b'], tags: ['O'] }], format)).toThrow(
      'sentence 1 has 2 words but 1 tags',
    );
  });
});

/** Development corpora that are not part of the project; counts from the README beside them. */
const data = join(__dirname, '../../../../shared/data');
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

describe.each(OUTPUT_FORMATS)('predictions in %s', format => {
  it.each([false, true])('are read back as they were, with scores: %s', scores => {
    const writer: PredictionFormat = registered(format);
    fc.assert(
      fc.property(sentences, fc.double({ min: 0, max: 1, noNaN: true }), (made, confidence) => {
        const written = made.map(({ words, tags, document }, s) =>
          writer.writePrediction(
            { words, beginsDocument: s > 0 && document !== made[s - 1].document },
            { tags, confidences: words.map(() => confidence), entities: [] },
            { scores },
          ),
        );
        const text = [writer.predictionsBegin?.({ scores }) ?? '', ...written].join('');
        const { sentences: found } = read(text, { format, scheme: 'IOB2' });
        expect(found.map(({ words, tags }) => ({ words, tags }))).toEqual(
          made.map(({ words, tags }) => ({ words, tags })),
        );
      }),
      { numRuns: 50 },
    );
  });

  it('have confidences of four digits, whatever the number', () => {
    const writer: PredictionFormat = registered(format);
    const text = writer.writePrediction(
      { words: ['a', 'b', 'c', 'd'] },
      { tags: ['O', 'O', 'O', 'O'], confidences: [1, 0.98765, 1e-9, 0.5], entities: [] },
      { scores: true },
    );
    const found = text.match(/\b[01](\.\d+)?\b/g)?.map(Number);
    expect(found?.filter(number => number > 0 || format !== 'conllu')).toEqual(
      expect.arrayContaining([1, 0.9877, 0.5]),
    );
    expect(text).not.toMatch(/NaN|null|\de-|\.\d{5}/);
  });
});
