/** Names of tags in their order, from a list or a file. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tagNamesIn, tagNamesOf } from 'ner-distill/corpus/tag-names';
import { describe, expect, it } from 'vitest';

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

it('are refused where a number between others has none', () => {
  const message = 'found no tag for the number 1, one for 3';
  expect(() => tagNamesOf('O,,B-PER,B-LOC,')).toThrow(message);
  for (const [name, text] of [
    ['gap.txt', 'O\n\nB-PER\nB-LOC\n'],
    ['gap.json', '["O", "", "B-PER", "B-LOC"]'],
    ['gap-id2label.json', '{"id2label": {"3": "B-LOC", "0": "O", "2": "B-PER"}}'],
  ])
    expect(() => tagNamesOf(file(name, text))).toThrow(`${name}: ${message}`);
  const disordered = file('disordered.json', '{"id2label": {"1": "B-PER", "0": "O"}}');
  expect(tagNamesOf(disordered)).toEqual(['O', 'B-PER']);
});

describe('of several configurations', () => {
  const feature = (names: string[]) => ({ features: { ner_tags: { feature: { names } } } });
  const news = ['O', 'B-PER', 'I-PER'];
  const bio = ['O', 'B-GENE'];
  const inCard = (name: string, names: string[]) =>
    `- config_name: ${name}\n  features:\n  - name: ner_tags\n    names:\n${names.map((each, i) => `      '${i}': ${each}\n`).join('')}`;

  it.each([
    ['dataset_infos.json', JSON.stringify({ news: feature(news), bio: feature(bio) })],
    ['README.md', `---\ndataset_info:\n${inCard('news', news)}${inCard('bio', bio)}---\n`],
  ])('are those of the one that is read, in %s', (source, text) => {
    const place = mkdtempSync(join(folder, 'several-'));
    writeFileSync(join(place, source), text);
    expect(tagNamesIn(place, 'ner_tags', 'bio')).toEqual({ names: bio, source });
    expect(tagNamesIn(place, 'ner_tags', 'news')).toEqual({ names: news, source });
    for (const unknown of [undefined, 'law'])
      expect(() => tagNamesIn(place, 'ner_tags', unknown)).toThrow(
        `${join(place, source)}: the tags of "ner_tags" have other names in news, bio; expected --labels with the tags`,
      );
  });

  it('are those of their item in a card, wherever that has its name, and of the file that knows them', () => {
    const place = mkdtempSync(join(folder, 'sorted-'));
    const item = (name: string, names: string[]) =>
      `- features:\n  - name: ner_tags\n    names:\n${names.map((each, i) => `      '${i}': ${each}\n`).join('')}  config_name: ${name}\n`;
    writeFileSync(
      join(place, 'README.md'),
      `---\ndataset_info:\n${item('news', news)}${item('bio', bio)}---\n`,
    );
    expect(tagNamesIn(place, 'ner_tags', 'news')?.names).toEqual(news);
    expect(tagNamesIn(place, 'ner_tags', 'bio')?.names).toEqual(bio);
    // Another file describes others.
    const infos = { law: feature(['O', 'B-LAW']), rest: feature(['O', 'B-REST']) };
    writeFileSync(join(place, 'dataset_infos.json'), JSON.stringify(infos));
    expect(tagNamesIn(place, 'ner_tags', 'bio')).toEqual({ names: bio, source: 'README.md' });
    const templates = { ...feature(bio), task_templates: { ner_tags: { names: ['X'] } } };
    writeFileSync(join(place, 'dataset_infos.json'), JSON.stringify({ only: templates }));
    expect(tagNamesIn(place, 'ner_tags')?.names).toEqual(bio);
  });

  it('are those on which all agree', () => {
    const place = mkdtempSync(join(folder, 'agreeing-'));
    writeFileSync(join(place, 'dataset_infos.json'), JSON.stringify({ a: feature(bio), b: feature(bio) }));
    expect(tagNamesIn(place, 'ner_tags')?.names).toEqual(bio);
  });
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
