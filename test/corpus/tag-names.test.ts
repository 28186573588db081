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

describe('in the card of a data set', () => {
  const inCard = (card: string, field = 'ner_tags') => {
    const place = mkdtempSync(join(folder, 'card-'));
    writeFileSync(join(place, 'README.md'), card);
    return tagNamesIn(place, field)?.names;
  };
  const head = (features: string) => `---\nlicense: mit\ndataset_info:\n  features:\n${features}---\n`;

  it('are those of a field, or none', () => {
    const card = head(
      '  - name: tokens\n    sequence: string\n  - name: ner_tags\n    sequence: int64\n  - name: chunks\n    names:\n      0: X\n',
    );
    expect(inCard(card)).toBeUndefined();
    expect(inCard(card, 'chunks')).toEqual(['X']);
    expect(inCard(card.replaceAll('\n', '\r\n'), 'chunks')).toEqual(['X']);
    // What the text below the head says is no description.
    expect(inCard(`# Card\n\n${card}`, 'chunks')).toBeUndefined();
    expect(inCard(`---\nlicense: mit\n---\n${card}`, 'chunks')).toBeUndefined();
    expect(inCard('---\na: [\n---\n')).toBeUndefined();
    // A field that is called as the list of names is.
    expect(inCard(head('  - name: names\n    names: [O]\n'), 'names')).toEqual(['O']);
    expect(tagNamesIn('/none', 'ner_tags')).toBeUndefined();
  });

  it.each([
    ['in quotes, with words after them', "\n        '0': 'O'  # outside\n        \"1\": B-PER # begins\n"],
    ['in any order', '\n        1: B-PER\n        0: O\n'],
    ['in a list', '\n      - O\n      - B-PER\n'],
    ['in a line', ' [O, B-PER]\n'],
    ['in a line, by number', ' {0: O, 1: B-PER}\n'],
  ])('are read as YAML is: %s', (_, names) => {
    expect(
      inCard(head(`  - name: ner_tags\n    sequence:\n     class_label:\n      names:${names}`)),
    ).toEqual(['O', 'B-PER']);
  });

  it('are texts, whatever else YAML would read, and none where a number has none', () => {
    const card = (names: string) => head(`  - names: ${names}\n    name: ner_tags\n`);
    expect(inCard(card('{0: NO, 1: 1, 2: null, 3: true}'))).toEqual(['NO', '1', 'null', 'true']);
    expect(inCard(card('{0: O, 2: B-PER}'))).toBeUndefined();
    expect(inCard(card('{0: O, 1: }'))).toBeUndefined();
  });
});
