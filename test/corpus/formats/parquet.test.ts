/** Parquet as Apache Arrow writes it, and files that are not what they say. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import fc from 'fast-check';
import { describeFile, readCorpus, readCorpusFile, readTagged } from 'ner-distill/corpus/formats';
import { InputError } from 'ner-distill/errors';
import { openInput } from 'ner-distill/prediction/streams';
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
      { numRuns: 600 },
    );
  });
});
