/** Sentences from streams in pieces of any size, and predictions written of them. */
import fc from 'fast-check';
import type { InputFormat } from 'ner-distill/corpus/formats';
import { conll } from 'ner-distill/corpus/formats/conll';
import { conllu } from 'ner-distill/corpus/formats/conllu';
import type { InputSentence } from 'ner-distill/corpus/formats/format';
import { jsonLines } from 'ner-distill/corpus/formats/json-lines';
import { openInput } from 'ner-distill/corpus/streams';
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
    confidences: [0.9, 0.98765432, 0.99, 1],
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

  /** What Python makes of `text[a:b]`. */
  const sliceOf = (text: string, [a, b]: [number, number]) => [...text].slice(a, b).join('');

  it.each<[string, string | Buffer]>([
    ['emoji of several code points', '👩‍👩‍👧 Ann 🇫🇷 Lee 👍🏽!'],
    ['marks that combine', 'Jose\u0301 e\u0301te\u0301 S\u030ca\u0304o'],
    ['tabs and other white space', '\tAnn\u00a0\u00a0Lee\u2003of\u3000IBM \u200b x'],
    ['a byte order mark and CRLF', Buffer.from('\ufeffAnn Lee, IBM\r\nBo\r\n')],
    ['several byte order marks', Buffer.from('\ufeff\ufeffAnn Lee')],
    ['letters beyond 16 bits', '𝒜nn 𐐀𐐁 東京 𠮷野家'],
    ['a line end of old, and others that are none here', 'Ann\u0085Lee\u2028Bo\u000bIBM'],
    ['halves of pairs in JSON', '{"text": "x \\ud83d Ann \\ude00 Lee 😀 Bo"}'],
    ['a text with its tokens', '{"text": "😀  Ann   Lee", "tokens": ["😀", "Ann", "Lee"]}'],
    ['tokens that are not in the text', '{"text": "nothing", "tokens": ["😀", "Ann", "Lee"]}'],
  ])('gives characters by which Python cuts the words out of the text: %s', async (_, input) => {
    const { sentences } = await read(input);
    for (const sentence of sentences) {
      const { words } = sentence;
      const pairs = words.slice(1).map((_, i) => [i, i + 2]);
      const spans = [...words.map((_, i) => [i, i + 1]), ...pairs, [0, words.length]];
      for (const [start, end] of spans) {
        const entities = [{ type: 'PER', start, end, confidence: 1 }];
        const tags = words.map(() => 'O');
        const written = JSON.parse(jsonLines.writePrediction(sentence, { tags, confidences: [], entities }));
        const [{ characters, text }] = written.entities;
        expect(sliceOf(written.text, characters)).toBe(text);
        if (end === start + 1) expect(text).toBe(words[start]);
        else expect([text.startsWith(words[start]), text.endsWith(words[end - 1])]).toEqual([true, true]);
      }
    }
  });

  it("has the line as it stands, without its end and a file's mark", async () => {
    const { sentences } = await read(Buffer.from('\ufeff Ann\t Lee \r\n\r\nBo\rIBM'));
    expect(sentences.map(({ text }) => text)).toEqual([' Ann\t Lee ', 'Bo', 'IBM']);
  });

  it('adds scores where they are asked for: a list in JSON, a column before the tag, a named column', async () => {
    const sentence = { words: ['So', 'Ann', 'Lee', 'left'], beginsDocument: true };
    expect(JSON.parse(jsonLines.writePrediction(sentence, tagged, { scores: true })).scores).toEqual([
      0.9, 0.9877, 0.99, 1,
    ]);
    expect(conll.writePrediction(sentence, tagged, { scores: true })).toBe(
      '-DOCSTART- 1.0000 O\n\nSo 0.9000 O\nAnn 0.9877 B-PER\nLee 0.9900 I-PER\nleft 1.0000 O\n\n',
    );
    expect(conllu.predictionsBegin?.({ scores: true })).toBe('# global.columns = ID FORM NER SCORE\n');
    expect(conllu.writePrediction(sentence, tagged, { scores: true })).toBe(
      '# newdoc\n# text = So Ann Lee left\n1\tSo\tO\t0.9000\n2\tAnn\tB-PER\t0.9877\n3\tLee\tI-PER\t0.9900\n4\tleft\tO\t1.0000\n\n',
    );
  });

  it('writes columns, with a mark before a document', () => {
    const sentence = { words: ['So', 'Ann', 'Lee', 'left'], beginsDocument: true };
    expect(conll.writePrediction(sentence, tagged)).toBe(
      '-DOCSTART- O\n\nSo O\nAnn B-PER\nLee I-PER\nleft O\n\n',
    );
  });
});
