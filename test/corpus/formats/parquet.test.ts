/** Parquet as Apache Arrow writes it, and files that are not what they say. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import fc from 'fast-check';
import { describeFile, readCorpus, readCorpusFile, readTagged } from 'ner-distill/corpus/formats';
import { openInput } from 'ner-distill/corpus/streams';
import { InputError } from 'ner-distill/errors';
import { describe, expect, it } from 'vitest';
import { files, sentences } from '../../fixtures/parquet/expected.json';

const place = (name: string) => resolve(__dirname, '../../fixtures/parquet', `${name}.parquet`);
const bytesOf = (name: string) => readFileSync(place(name));
const whole = [
  'plain',
  'snappy',
  'gzip-v2',
  'brotli',
  'lz4',
  'zstd-delta',
  'delta-length',
  'labels',
  'strings',
  'required',
  'large',
  'groups-and-pages',
  'pages',
] as const;
const read = (name: string, options = {}) => readCorpus(bytesOf(name), `${name}.parquet`, options);

describe('a Parquet file', () => {
  it.each(whole)('has the sentences that were written: %s', name => {
    const { times } = files[name];
    const found = read(name);
    expect(found.sentences.map(({ words, tags }) => ({ words, tags }))).toEqual(
      Array.from({ length: times }, () => sentences).flat(),
    );
    expect(found).toMatchObject({ format: 'parquet', scheme: 'IOB2' });
    expect(describeFile(found)).toBe('Parquet, tags in IOB2');
  });

  it('is told by its first bytes, whatever its name, and by its name', () => {
    expect(readCorpus(bytesOf('snappy'), 'train.txt').format).toBe('parquet');
    expect(readCorpusFile(place('snappy')).sentences).toHaveLength(sentences.length);
    expect(() => readCorpus(Buffer.from('Ann B-PER\n'), 'train.parquet')).toThrow(
      'train.parquet: found "Ann " at the beginning, expected "PAR1" of a Parquet file',
    );
  });

  it('names its numbers itself, else --labels or what lies beside it does', () => {
    expect(read('snappy').notes).toEqual(['numbers were read as the tags that its note "huggingface" names']);
    const labels = ['O', 'B-A', 'I-A', 'B-B', 'I-B', 'B-C', 'I-C', 'B-D', 'I-D'];
    expect(read('snappy', { labels }).sentences[0].tags).toEqual(['B-A', 'I-A', 'O', 'B-C', 'I-C', 'O']);
    expect(read('unnamed', { labels }).sentences[0].tags).toEqual(['B-A', 'I-A', 'O', 'B-C', 'I-C', 'O']);
    expect(() => read('unnamed')).toThrow(
      'unnamed.parquet:1: the tags in "ner_tags" are numbers without names; --labels gives them',
    );
  });

  it('leaves out rows without tokens and columns without values, and has documents', () => {
    expect(read('holes').sentences).toEqual([
      { words: ['Ann', 'left'], tags: ['B-PER', 'O'], document: 0 },
      { words: ['Bo'], tags: ['B-PER'], document: 1 },
    ]);
  });

  it('has tags in the column that is named', () => {
    expect(read('snappy', { tagColumn: 'ner_tags' }).sentences).toHaveLength(sentences.length);
    expect(() => read('snappy', { tagColumn: 'chunks' })).toThrow(
      'snappy.parquet: found the columns id, tokens, ner_tags; expected "tokens" with lists of texts, and "chunks" with lists of tags or their numbers',
    );
    expect(() => read('snappy', { tagColumn: 2 })).toThrow(
      'columns of Parquet have names, found the column 2',
    );
  });

  it('is no input of a stream, and says what is', async () => {
    async function* stream() {
      yield bytesOf('snappy');
    }
    await expect(openInput(stream(), 'a.parquet')).rejects.toThrow(
      'a.parquet: found a Parquet file, expected text; "ner-distill convert" makes some of it, such as with --to jsonl',
    );
    expect(() => readTagged(bytesOf('snappy'), 'f', { format: 'conll' })).toThrow(
      'f: found a Parquet file, expected text',
    );
  });

  it.each<[string, string]>([
    ['null-token', 'null-token.parquet:1: found other values, expected a list of strings in "tokens"'],
    [
      'null-sentence',
      'null-sentence.parquet:2: found the fields tags, expected a list of strings in "tokens"',
    ],
    ['lengths', 'lengths.parquet:2: found 2 tokens but 1 tag'],
    [
      'numbers',
      'numbers.parquet:1: found the number 9 in "ner_tags", but its note "huggingface" names 9 tags, from 0 on',
    ],
    [
      'columns',
      'columns.parquet: found the columns words, ner; expected "tokens" with lists of texts, and "tags", "ner_tags" or "labels" with lists of tags or their numbers (--tag-column names another)',
    ],
    ['strings-alone', 'strings-alone.parquet:1: found other values, expected a list of strings in "tokens"'],
    ['texts', 'texts.parquet: found the columns text, label; expected "tokens"'],
    ['floats', 'floats.parquet: found the columns tokens, tags; expected "tokens"'],
    ['empty', 'empty.parquet: found no sentence, expected rows with tokens and tags'],
  ])('is refused in one sentence where it is another table: %s', (name, message) => {
    expect(() => read(name)).toThrow(InputError);
    expect(() => read(name)).toThrow(message);
  });
});

describe('a Parquet file that is not what it says', () => {
  const good = bytesOf('snappy');
  const changed = (change: (bytes: Buffer) => unknown) => {
    const bytes = Buffer.from(good);
    const made = change(bytes);
    return made instanceof Buffer ? made : bytes;
  };
  const cut = (length: number) => changed(bytes => bytes.subarray(0, length));

  it.each<[string, Buffer, RegExp]>([
    ['nothing', Buffer.alloc(0), /^f\.parquet: found "" at the beginning, expected "PAR1"/],
    [
      'the magic alone',
      Buffer.from('PAR1'),
      /^f\.parquet: the Parquet file is cut off: it does not end in "PAR1"$/,
    ],
    ['cut', cut(good.length - 20), /is cut off: it does not end in "PAR1"$/],
    ['cut within its magic', cut(good.length - 1), /is cut off/],
    [
      'encrypted',
      changed(bytes => bytes.write('PARE', bytes.length - 4)),
      /^f\.parquet: the Parquet file is encrypted$/,
    ],
    [
      'a footer longer than the file',
      changed(bytes => bytes.writeUInt32LE(0xffffffff, bytes.length - 8)),
      /its footer is said to have 4294967295 bytes, the file has \d+$/,
    ],
    [
      'a footer that is none',
      changed(bytes => bytes.writeUInt32LE(3, bytes.length - 8)),
      /^f\.parquet: the footer cannot be read: the Parquet file is damaged$/,
    ],
    [
      'pages of zeros',
      changed(bytes => bytes.fill(0, 4, 300)),
      /^f\.parquet: the column "tokens" cannot be read: /,
    ],
  ])('is refused in one sentence: %s', (_, bytes, message) => {
    const attempt = () => readCorpus(bytes, 'f.parquet');
    expect(attempt).toThrow(InputError);
    expect(attempt).toThrow(message);
  });

  /** A page of a column, and a footer that names it: as much of the format as a lie needs. */
  function fileWith(page: {
    uncompressed: number;
    values: number;
    body: readonly number[];
    encoding?: number;
  }): Buffer {
    const { uncompressed, values, body, encoding = 0 } = page;
    const header = Buffer.from(
      struct(
        [1, int(0)],
        [2, int(uncompressed)],
        [3, int(body.length)],
        [5, [...struct([1, int(values)], [2, int(encoding)], [3, int(3)], [4, int(3)])], STRUCT],
      ),
    );
    const chunk = Buffer.concat([header, Buffer.from(body)]);
    const column = struct(
      [1, int(6)],
      [2, list(INT, [int(0)]), LIST],
      [3, list(BINARY, [text('tokens')]), LIST],
      [4, int(0)],
      [5, int(values), LONG],
      [6, int(chunk.length), LONG],
      [7, int(chunk.length), LONG],
      [9, int(4), LONG],
    );
    const leaf = (name: string) => struct([1, int(6)], [3, int(0)], [4, text(name), BINARY]);
    const tags = column; // the same bytes are the tags
    const footer = Buffer.from(
      struct(
        [1, int(1)],
        [
          2,
          list(STRUCT, [struct([4, text('schema'), BINARY], [5, int(2)]), leaf('tokens'), leaf('tags')]),
          LIST,
        ],
        [3, int(values), LONG],
        [
          4,
          list(STRUCT, [
            struct(
              [
                1,
                list(STRUCT, [
                  struct([2, int(4), LONG], [3, column, STRUCT]),
                  struct([2, int(4), LONG], [3, tags, STRUCT]),
                ]),
                LIST,
              ],
              [2, int(1), LONG],
              [3, int(values), LONG],
            ),
          ]),
          LIST,
        ],
      ),
    );
    const length = Buffer.alloc(4);
    length.writeUInt32LE(footer.length);
    return Buffer.concat([Buffer.from('PAR1'), chunk, footer, length, Buffer.from('PAR1')]);
  }

  it('may be made by hand', () => {
    const body = [1, 0, 0, 0, 0x61];
    expect(() => readCorpus(fileWith({ uncompressed: 5, values: 1, body }), 'f.parquet')).toThrow(
      'f.parquet:1: found other values, expected a list of strings in "tokens"',
    );
  });

  it.each<[string, Parameters<typeof fileWith>[0], RegExp]>([
    [
      'two thousand million values',
      { uncompressed: 5, values: 2e9, body: [1, 0, 0, 0, 0x61] },
      /a page is said to hold 2,000,000,000 values, more than a file of \d+ bytes can unfold to$/,
    ],
    ['fewer than no values', { uncompressed: 5, values: -1, body: [1, 0, 0, 0, 0x61] }, /^f\.parquet/],
    [
      'two thousand million bytes',
      { uncompressed: 2e9, values: 1, body: [1, 0, 0, 0, 0x61] },
      /a page is said to hold 2,000,000,000 bytes, more than/,
    ],
    [
      'more values than bytes',
      { uncompressed: 5, values: 1e6, body: [1, 0, 0, 0, 0x61] },
      /the column "tokens" cannot be read: the Parquet file is damaged$/,
    ],
    [
      'a text longer than its page',
      { uncompressed: 5, values: 1, body: [0xff, 0, 0, 0, 0x61] },
      /the Parquet file is damaged$/,
    ],
    [
      'a text that is not UTF-8',
      { uncompressed: 5, values: 1, body: [1, 0, 0, 0, 0xff] },
      /a text is not UTF-8$/,
    ],
    [
      'numbers of a dictionary that is not there',
      { uncompressed: 3, values: 1, body: [1, 2, 1], encoding: 8 },
      /a value is number 1 of 0 in its dictionary$/,
    ],
    [
      'a run of nothing',
      { uncompressed: 3, values: 1, body: [1, 0, 0], encoding: 8 },
      /it has a run of nothing$/,
    ],
    [
      'numbers of a hundred bits',
      { uncompressed: 3, values: 1, body: [100, 2, 1], encoding: 8 },
      /its numbers are said to have 100 bits$/,
    ],
    [
      'blocks of less than nothing',
      {
        uncompressed: 12,
        values: 1,
        body: [0x80, 1, 0xff, 0xff, 0xff, 0xff, 0x0f, 1, 0, 0, 0, 0],
        encoding: 6,
      },
      /its numbers are said to be in blocks of 128 in -1 parts$/,
    ],
    [
      'an encoding of tomorrow',
      { uncompressed: 5, values: 1, body: [1, 0, 0, 0, 0x61], encoding: 77 },
      /it is in an unknown encoding$/,
    ],
  ])('is refused in one sentence: %s', (_, page, message) => {
    const attempt = () => readCorpus(fileWith(page), 'f.parquet');
    expect(attempt).toThrow(InputError);
    expect(attempt).toThrow(message);
  });

  it('is read or refused in one sentence, in time and memory of its size, whatever bytes are changed', () => {
    const mutation = fc.tuple(fc.nat(), fc.oneof(fc.nat(255), fc.constantFrom(0, 1, 0x7f, 0x80, 0xfe, 0xff)));
    fc.assert(
      fc.property(
        fc.constantFrom(...whole.slice(0, 11)),
        fc.array(mutation, { minLength: 1, maxLength: 6 }),
        (name, mutations) => {
          const bytes = bytesOf(name);
          for (const [at, byte] of mutations) bytes[at % bytes.length] = byte;
          try {
            readTagged(bytes, 'f.parquet', { labels: ['O'] });
          } catch (error) {
            if (!(error instanceof InputError)) throw error;
            expect(error.message).toMatch(/^f\.parquet(:\d+)?: \S[^\n\r]{0,600}$/);
          }
        },
      ),
      { numRuns: 100 },
    );
  });
});

// Thrift's compact protocol, in which headers are written.
const [INT, LONG, BINARY, LIST, STRUCT] = [5, 6, 8, 9, 12];
type Field = readonly [id: number, value: readonly number[], type?: number];

function varint(value: number): number[] {
  const low = value % 128;
  return value < 128 ? [low] : [low + 128, ...varint(Math.floor(value / 128))];
}

/** Zigzag. */
function int(value: number): number[] {
  return varint(value < 0 ? -2 * value - 1 : 2 * value);
}

function text(value: string): number[] {
  return [...varint(value.length), ...Buffer.from(value)];
}

function list(type: number, items: readonly (readonly number[])[]): number[] {
  return [items.length * 16 + type, ...items.flat()];
}

function struct(...fields: readonly Field[]): number[] {
  let last = 0;
  const bytes = fields.flatMap(([id, value, type = INT]) => {
    const head = (id - last) * 16 + type;
    last = id;
    return [head, ...value];
  });
  return [...bytes, 0];
}
