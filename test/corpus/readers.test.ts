/**
 * A net under all readers: whatever bytes they get, they give a right result or one sentence, and whole files and streams
 * have the same words.
 */
import fc from 'fast-check';
import { FORMATS, formatCorpus, type InputFormat, readCorpus, readTagged } from 'ner-distill/corpus/formats';
import type { InputSentence } from 'ner-distill/corpus/formats/format';
import { openInput } from 'ner-distill/corpus/streams';
import { InputError } from 'ner-distill/errors';
import { describe, expect, it } from 'vitest';
import { sentences } from './arbitrary';

/** What `read` gives, or the sentence that it refuses with; any other error is a fault. */
function orRefusal<T>(read: () => T): T | string {
  try {
    return read();
  } catch (error) {
    return refusal(error);
  }
}

function refusal(error: unknown): string {
  if (!(error instanceof InputError)) throw error;
  expect(error.message).toMatch(/^f(\.\w+)?(:\d+)?: \S[^\n\r]{0,600}$/);
  return error.message;
}

async function* inPieces(bytes: Buffer, size: number): AsyncGenerator<Uint8Array> {
  for (let i = 0; i < bytes.length; i += size) yield bytes.subarray(i, i + size);
}

async function streamed(bytes: Buffer, format: InputFormat | undefined, file: string, size = 97) {
  try {
    const input = await openInput(inPieces(bytes, size), file, format);
    const found: InputSentence[] = [];
    for await (const sentence of input.sentences) found.push(sentence);
    return { format: input.format, words: found.map(({ words }) => words).filter(words => words.length > 0) };
  } catch (error) {
    return refusal(error);
  }
}

/** What readers stumble over. */
const HARM = [
  ...[
    '\ufeff',
    '\r',
    '\r\r\n',
    '\n',
    '\n\n',
    '\t',
    ' ',
    '\0',
    '#',
    '# x\n',
    '#\n',
    '-DOCSTART- O\n',
    '\u00a0',
    '\u2028',
    '0\t',
  ],
  ...[
    '"',
    '[',
    ']',
    '{',
    '}',
    ',',
    '\\',
    '\\ud800',
    'null',
    '__proto__',
    'O',
    'B',
    'I-',
    'B-_',
    'M-X',
    '1',
    '0',
    '|',
    '=',
  ],
].map(text => Buffer.from(text));
const harm = fc.oneof(
  fc.constantFrom(...HARM, Buffer.from([0xff]), Buffer.from([0xe2, 0x82]), Buffer.from([0xc3])),
  fc.uint8Array({ maxLength: 6 }).map(bytes => Buffer.from(bytes)),
);
/** Where, how many bytes go, and what comes in their place. */
const mutation = fc.tuple(fc.nat(), fc.nat({ max: 12 }), harm);

function mutated(text: string, mutations: readonly [number, number, Buffer][]): Buffer {
  return mutations.reduce((bytes, [at, gone, put]) => {
    const place = at % (bytes.length + 1);
    return Buffer.concat([bytes.subarray(0, place), put, bytes.subarray(place + gone)]);
  }, Buffer.from(text));
}

const FILES = ['f', 'f.txt', 'f.tsv', 'f.conll', 'f.conllu', 'f.jsonl', 'f.json'];

describe.each(FORMATS)('mutations of %s', format => {
  const bytes = fc
    .tuple(sentences, fc.array(mutation, { maxLength: 4 }))
    .map(([made, mutations]) => mutated(formatCorpus(made, format), mutations));

  it('are read or refused in one sentence, and give the same words as a stream', async () => {
    await fc.assert(
      fc.asyncProperty(bytes, fc.constantFrom(...FILES), async (text, file) => {
        const read = orRefusal(() => readTagged(text, file));
        orRefusal(() => readCorpus(text, file));
        orRefusal(() => readTagged(text, file, { tagColumns: 2 }));
        orRefusal(() => readTagged(text, file, { format, tagColumn: 'NER' }));
        orRefusal(() => readTagged(text, file, { format, tagColumn: 3 }));
        await streamed(text, undefined, file);
        if (typeof read === 'string') return;
        const words = read.sentences.map(sentence => sentence.words);
        expect(await streamed(text, read.format as InputFormat, file)).toEqual({
          format: read.format,
          words,
        });
      }),
      { numRuns: 100 },
    );
  });
});

/** As other tools export sentences. */
const exported = sentences.map(made =>
  made.map(({ words, tags }, s) => {
    const text = words.join(' ');
    const entities = tags.flatMap((tag, i) => (tag === 'O' ? [] : [[i, [...text].length, tag.slice(2)]]));
    return [
      { text, entities },
      { text, spans: entities.map(([start, end, label]) => ({ start, end, label })) },
      { tokens: words, ner_tags: tags.map((_, i) => i % 3) },
      {
        data: { text },
        annotations: [{ result: [{ value: { start: 0, end: 1, text: text[0], labels: ['X'] } }] }],
      },
    ][s % 4];
  }),
);

it('mutations of exports are read or refused in one sentence, and give the same words as a stream', async () => {
  const texts = fc
    .tuple(exported, fc.boolean(), fc.array(mutation, { maxLength: 3 }))
    .map(([made, isArray, mutations]) => {
      const text = isArray
        ? JSON.stringify(made, null, 1)
        : made.map(each => JSON.stringify(each)).join('\n');
      return mutated(text, mutations);
    });
  await fc.assert(
    fc.asyncProperty(texts, fc.constantFrom('f', 'f.json'), async (text, file) => {
      const read = orRefusal(() => readTagged(text, file, { labels: ['O', 'B-X', 'I-X'] }));
      orRefusal(() => readCorpus(text, file));
      if (typeof read === 'string') return;
      const words = read.sentences.map(sentence => sentence.words);
      expect(await streamed(text, read.format as InputFormat, file)).toEqual({ format: read.format, words });
    }),
    { numRuns: 200 },
  );
});

it('any bytes are read or refused in one sentence', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(harm, { maxLength: 30 }), fc.constantFrom(...FILES), async (parts, file) => {
      const text = Buffer.concat(parts);
      const read = orRefusal(() => readTagged(text, file));
      orRefusal(() => readCorpus(text, file));
      const stream = await streamed(text, undefined, file, 5);
      if (typeof read !== 'string' && typeof stream !== 'string' && stream.format === read.format)
        expect(stream.words).toEqual(read.sentences.map(sentence => sentence.words));
    }),
    { numRuns: 500 },
  );
});

it('a corpus survives the way through every format', () => {
  fc.assert(
    fc.property(
      sentences,
      fc.shuffledSubarray([...FORMATS], { minLength: FORMATS.length }),
      (made, order) => {
        const back = order.reduce(
          (corpus, format) =>
            readCorpus(Buffer.from(formatCorpus(corpus, format)), 'f', { format }).sentences,
          made,
        );
        expect(back).toEqual(made);
      },
    ),
    { numRuns: 60 },
  );
});

it('a huge line takes no more than its length', async () => {
  const length = 1 << 17;
  const files: [string, Buffer][] = [
    ['f.txt', Buffer.alloc(length, 'word ')],
    ['f.tsv', Buffer.alloc(length, 'a\t')],
    ['f.conllu', Buffer.alloc(length, '1\t')],
    ['f.jsonl', Buffer.alloc(length, '[')],
    ['f.jsonl', Buffer.from(`{"tokens": [${'"a",'.repeat(length / 8)}"a"]}`)],
    ['f.txt', Buffer.alloc(length, '\r')],
    ['f.txt', Buffer.from('\ufeff'.repeat(length / 3))],
    ['f.txt', Buffer.alloc(length, '#')],
  ];
  for (const [file, text] of files) {
    orRefusal(() => readTagged(text, file));
    await streamed(text, undefined, file, 1 << 14);
  }
});
