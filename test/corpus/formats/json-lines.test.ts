/** JSON lines: tokens, tags, documents, and what is refused. */
import { readCorpus } from 'ner-distill/corpus/formats';
import { describe, expect, it } from 'vitest';

const read = (text: string, options = {}, file = 'corpus') => readCorpus(Buffer.from(text), file, options);

describe('JSON lines', () => {
  it('reads tokens and tags, and a document where its name changes', () => {
    const text =
      '{"document": "a", "tokens": ["Ann"], "tags": ["U-PER"]}\n\n' +
      '{"document": "b", "tokens": ["Bo", "Lee"], "tags": ["B-PER", "L-PER"]}\r\n' +
      '{"document": "b", "tokens": [], "tags": []}';
    expect(read(text)).toEqual({
      format: 'jsonl',
      scheme: 'BILOU',
      notes: [],
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
    ['["Ann"]', 'f:2: found "Ann", expected a JSON object'],
    ['{"words": ["Ann"]}', 'f:2: found the fields words, expected a list of strings in "tokens"'],
    ['{"tokens": ["Ann"], "tags": [null]}', 'f:2: found other values, expected a list of strings in "tags"'],
    ['{"tokens": ["Ann"], "tags": []}', 'f:2: found 1 tokens but 0 tags'],
    ['{"tokens": ["Ann"], "tags": ["PER"]}', 'f:2: tag "PER" is not O or B-'],
  ])('refuses %s', (line, message) => {
    expect(() => read(`\n${line}\n`, { format: 'jsonl' }, 'f')).toThrow(message);
  });

  it('says where a line is no JSON, and refuses what is nested without end', () => {
    expect(() => read('{"tokens": oops}\n', { format: 'jsonl' }, 'f')).toThrow(
      /^f:1: the line is not JSON \(found "o" in column 12, expected .*\)$/,
    );
    expect(() => read(`{"id": ${'['.repeat(10_000)}`, { format: 'jsonl' }, 'f')).toThrow(
      /^f:1: the line is not JSON that can be read \(found more than 100 brackets open in column \d+\)$/,
    );
  });
});
