/** Names of tags in their order, from a list or a file. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tagNamesIn, tagNamesOf } from 'ner-distill/corpus/tag-names';
import { expect, it } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'tag-names-'));
const file = (name: string, text: string) => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};

it.each([
  ['a list', 'O, B-PER,I-PER'],
  ['a file with one a line', file('lines.txt', 'O\r\nB-PER\r\nI-PER\r\n\r\n')],
  ['a list in JSON', file('list.json', '["O", "B-PER", "I-PER"]')],
  ["a model's configuration", file('config.json', '{"id2label": {"0": "O", "1": "B-PER", "2": "I-PER"}}')],
])('stand in %s', (_, given) => {
  expect(tagNamesOf(given)).toEqual(['O', 'B-PER', 'I-PER']);
});

it('are refused where one is no tag', () => {
  expect(() => tagNamesOf('labels.txt')).toThrow('found the tag "labels.txt", which is not O or B-');
  // Longer than the name of any file.
  const many = Array.from({ length: 300 }, (_, i) => `B-TYPE${i}`);
  expect(tagNamesOf(many.join(','))).toEqual(many);
  expect(() => tagNamesOf('')).toThrow('found no tag; expected tags such as O,B-PER,I-PER');
  expect(() => tagNamesOf(file('bad.txt', 'O\nPER\n'))).toThrow('bad.txt: found the tag "PER", which is not');
});

it('beside a file are those of its field, or none', () => {
  const card =
    '- name: tokens\n  sequence: string\n- name: ner_tags\n  sequence: int64\n- name: chunks\n  names:\n    0: X\n';
  writeFileSync(join(folder, 'README.md'), card);
  expect(tagNamesIn(folder, 'ner_tags')).toBeUndefined();
  expect(tagNamesIn(folder, 'chunks')).toEqual({
    names: ['X'],
    source: 'README.md',
  });
  expect(tagNamesIn('/none', 'ner_tags')).toBeUndefined();
});
