/** Sentences from streams in pieces of any size, and predictions written of them. */
import fc from 'fast-check';
import type { InputFormat } from 'ner-distill/corpus/formats';
import { conll } from 'ner-distill/corpus/formats/conll';
import type { InputSentence } from 'ner-distill/corpus/formats/format';
import { jsonLines } from 'ner-distill/corpus/formats/json-lines';
import { openInput } from 'ner-distill/prediction/streams';
import { describe, expect, it } from 'vitest';

async function* inPieces(text: string | Buffer, size: number): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text as string);
  for (let i = 0; i < bytes.length; i += size) yield bytes.subarray(i, i + size);
}

async function read(text: string | Buffer, format?: InputFormat, name = 'input', size = 7) {
  const input = await openInput(inPieces(text, size), name, format);
  const sentences: InputSentence[] = [];
  for await (const sentence of input.sentences) sentences.push(sentence);
  return { format: input.format, sentences };
}
const wordsOf = async (text: string, format?: InputFormat, name?: string) => {
  const { format: told, sentences } = await read(text, format, name);
  return [told, sentences.map(({ words }) => words.join(' '))];
};

describe('reading', () => {
  it('puts a long line together from many small pieces', async () => {
    const { sentences } = await read('Ann '.repeat(200_000));
    expect(sentences.map(({ words }) => words.length)).toEqual([200_000]);
  });

  it.each<[string, string, InputFormat, string[]]>([
    ['plain text', 'Ann left.\n\nBo came', 'text', ['Ann left .', 'Bo came']],
    ['text of one word a line', 'Ann\nBo\n', 'text', ['Ann', 'Bo']],
    ['columns with tags', '-DOCSTART- O\n\nAnn B-PER\nleft O\n\nBo B-PER', 'conll', ['Ann left', 'Bo']],
    ['a document mark without a tag', '-DOCSTART-\n\nAnn B-PER\nleft O\n', 'conll', ['Ann left']],
    ['a mark of fewer columns', '-DOCSTART- O\n\nAnn NNP I-NP B-PER\n', 'conll', ['Ann']],
    [
      'columns with a byte order mark and CRLF',
      '\ufeffAnn NNP I-PER\r\n\r\nBo NNP I-PER\r\n',
      'conll',
      ['Ann', 'Bo'],
    ],
    [
      'columns of files that were put together, each with its mark',
      '\ufeffAnn B-PER\nleft O\n\n\ufeffBo B-PER\n\ufeff',
      'conll',
      ['Ann left', 'Bo'],
    ],
    [
      'CoNLL-U',
      '# text = Ann left\n1-2\tx\t_\n1\tAnn\tB-PER\n2\tleft\tO\n\n1\tBo\tO\n',
      'conllu',
      ['Ann left', 'Bo'],
    ],
    ['JSON lines', '{"tokens": ["Ann", "left"]}\n{"text": "Bo came."}\n', 'jsonl', ['Ann left', 'Bo came .']],
  ])('tells %s', async (_, text, format, words) => {
    expect(await wordsOf(text)).toEqual([format, words]);
  });

  it('says where it takes lines for text that may be columns', async () => {
    const notesOf = async (text: string, format?: InputFormat) => {
      const { sentences, notes } = await openInput(inPieces(text, 7), 'input', format);
      for await (const _ of sentences);
      return notes;
    };
    const note = expect.stringContaining(
      'read as plain text, a sentence a line, though most lines have a tag',
    );
    expect(await notesOf('word\tlabel\nAnn\tB-PER\nleft\tO\n')).toEqual([note]);
    expect(await notesOf('Ann B-PER\nleft O\nBo PER\n')).toEqual([note]);
    expect(await notesOf('Ann B-PER\nleft O\nBo PER\n', 'text')).toEqual([]);
    expect(await notesOf('Ann and I\nso do I\n')).toEqual([note]);
    expect(await notesOf('Ann left.\nBo came.\n')).toEqual([]);
    expect(await notesOf('# id 1\nAnn _ B-PER\n')).toEqual([
      '1 line begins with # and was skipped as a comment',
    ]);
  });

  it('takes rows for columns where it is told so, or by the name of the file', async () => {
    expect(await wordsOf('Ann\nleft\n\nBo\n', 'conll')).toEqual(['conll', ['Ann left', 'Bo']]);
    expect(await wordsOf('Ann\nleft\n', undefined, 'words.iob2')).toEqual(['conll', ['Ann left']]);
  });

  it('gives the same for pieces of any size, which cut through characters and lines', async () => {
    const text = 'Путин приехал.\r\n東京 😀 café\n\nКонец';
    const expected = await read(text, undefined, 'input', 1000);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 60 }), async size => {
        expect(await read(text, undefined, 'input', size)).toEqual(expected);
      }),
    );
  });

  it('marks the first sentence of a document', async () => {
    const { sentences } = await read('a O\n-DOCSTART- O\n\nb O\n\nc O\n');
    expect(sentences.map(({ beginsDocument }) => beginsDocument)).toEqual([false, true, false]);
    const objects = [
      '{"tokens": ["a"], "document": 1}',
      '{"text": "b", "document": 2}',
      '{"tokens": ["c"], "document": 2}',
    ];
    const { sentences: inJson } = await read(objects.join('\n'));
    expect(inJson.map(({ beginsDocument }) => beginsDocument)).toEqual([true, true, false]);
  });

  it.each<[string | Buffer, InputFormat | undefined, string]>([
    ['Ann B-PER\n\tI O\n', undefined, 'input:2: the word in the first column is empty'],
    ['{"words": []}\n', 'jsonl', 'input:1: found the fields words, expected a list of strings in "tokens"'],
    ['{"tokens": []}\n[1]\n', undefined, 'input:2: found [1], expected a JSON object'],
    [
      '1\tAnn\tO\n1\tBo\tO\n',
      'conllu',
      'input:2: found "1" in the first column, expected the word\'s number, 2',
    ],
    ['1\tAnn\n2\n', 'conllu', 'input:2: found no word in column 2'],
    ['Ann O\n', 'conllu', 'input:1: found "Ann" in the first column, expected the word\'s number, 1'],
    ['Ann O\nleft\n', 'conll', 'input:2: found 1 column, expected 2 as on line 1'],
    ['Ann\n\tO\n', 'conll', 'input:2: found 2 columns, expected 1 as on line 1'],
    ['Ann\tO\n\tO\n', 'conll', 'input:2: the word in the first column is empty'],
    [
      Buffer.from('a\nM\xfcller\n', 'latin1'),
      undefined,
      'input:2: the text is not UTF-8 (it looks like Latin-1',
    ],
    [Buffer.from('Ann\n', 'utf16le'), undefined, 'input: the text is in UTF-16 (little-endian'],
    [`Ann\n${'Lee\n'.repeat(300)}B\0\n`, undefined, 'input:302: found a zero byte, expected text'],
  ])('refuses %j', async (text, format, message) => {
    await expect(read(text, format)).rejects.toThrow(message);
  });
});

describe('writing', () => {
  const tagged = {
    tags: ['O', 'B-PER', 'I-PER', 'O'],
    entities: [{ type: 'PER', start: 1, end: 3, confidence: 0.98765432 }],
  };

  it('gives places in tokens and in characters, where a character beyond 16 bits is one', async () => {
    const [sentence] = (await read('😀  Ann   Lee!')).sentences;
    expect(JSON.parse(jsonLines.writePrediction(sentence, tagged))).toEqual({
      text: '😀  Ann   Lee!',
      tokens: ['😀', 'Ann', 'Lee', '!'],
      tags: tagged.tags,
      entities: [
        { type: 'PER', start: 1, end: 3, characters: [3, 12], text: 'Ann   Lee', confidence: 0.9877 },
      ],
    });
  });

  it('joins words that come without a text, and keeps the id of an object', async () => {
    const [sentence] = (await read('{"id": 7, "tokens": ["So", "Ann", "Lee", "left"]}')).sentences;
    const object = JSON.parse(jsonLines.writePrediction(sentence, tagged));
    expect(object).toMatchObject({ id: 7, text: 'So Ann Lee left' });
    expect(object.entities[0]).toMatchObject({ characters: [3, 10], text: 'Ann Lee' });
  });

  it('writes columns, with a mark before a document', () => {
    const sentence = { words: ['So', 'Ann', 'Lee', 'left'], beginsDocument: true };
    expect(conll.writePrediction(sentence, tagged)).toBe(
      '-DOCSTART- O\n\nSo O\nAnn B-PER\nLee I-PER\nleft O\n\n',
    );
  });
});
