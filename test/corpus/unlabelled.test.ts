/** Files whose tags are not read. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { readUnlabelled } from 'ner-distill/corpus/unlabelled';
import { expect, it } from 'vitest';
import { sentences } from '../fixtures/parquet/expected.json';

const fileWith = (name: string, text: string) => {
  const file = join(mkdtempSync(join(tmpdir(), 'text-')), name);
  writeFileSync(file, text);
  return file;
};
const WORDS = [{ words: ['Ann', 'left', '.'] }, { words: ['Bo', '.'] }];

it.each([
  ['plain text, a sentence a line', 'text.txt', 'Ann left.\n\n  Bo.\r\n', 'plain text'],
  [
    'columns',
    'a.conll',
    'Ann NO-TAG\nleft O\n. O\n\nBo B-PER\n. O\n',
    'CoNLL columns, whose tags are not read',
  ],
  [
    'CoNLL-U',
    'a.conllu',
    ['1 Ann', '2 left', '3 .', '', '1 Bo', '2 .', '']
      .map(line => `${line.replace(' ', '\t')}${line ? '\t_'.repeat(8) : ''}\n`)
      .join(''),
    'CoNLL-U, whose tags are not read',
  ],
  [
    'JSON lines',
    'a.jsonl',
    '{"tokens": ["Ann", "left", "."], "ner_tags": [1, 0, 0]}\n{"text": "Bo."}\n',
    'JSON lines, whose tags are not read',
  ],
])('%s', async (_, name, text, readAs) => {
  expect(await readUnlabelled(fileWith(name, text))).toEqual({ sentences: WORDS, readAs, notes: [] });
});

it('Parquet', async () => {
  const read = await readUnlabelled(resolve(__dirname, '../fixtures/parquet/snappy.parquet'));
  expect(read).toEqual({
    sentences: sentences.map(({ words }) => ({ words })),
    readAs: 'Parquet, whose tags are not read',
    notes: [],
  });
});

it('columns that were taken for text are told', async () => {
  const { notes } = await readUnlabelled(fileWith('a.txt', 'word\tlabel\nAnn\tB-PER\nleft\tO\n'));
  expect(notes).toEqual([
    'read as plain text, a sentence a line, though most lines have a tag at their end or tabs; columns are read where the name ends in .conll, or by "predict --format conll"',
  ]);
});
