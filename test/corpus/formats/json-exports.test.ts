/** JSON as other tools export it: arrays, Hugging Face's numbers, and entities by their characters. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { formatCorpus, readCorpus, readCorpusFile } from 'ner-distill/corpus/formats';
import { openInput } from 'ner-distill/corpus/streams';
import { describe, expect, it } from 'vitest';
import { sentences } from '../arbitrary';

const read = (value: unknown, options = {}) => {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  const { sentences, ...told } = readCorpus(Buffer.from(text), 'f', { format: 'jsonl', ...options });
  return {
    ...told,
    rows: sentences.map(({ words, tags }) => words.map((word, i) => `${word}/${tags[i]}`).join(' ')),
  };
};
const BY = (field: string) => `entities were read from "${field}", by their characters`;

async function wordsForPredict(text: string): Promise<(readonly string[])[]> {
  async function* whole() {
    yield Buffer.from(text);
  }
  const found = [];
  for await (const { words } of (await openInput(whole(), 'f')).sentences) found.push(words);
  return found;
}

describe('an array of sentences', () => {
  const made = [
    { tokens: ['Ann', '[', '"}'], tags: ['B-PER', 'O', 'O'] },
    { tokens: ['Bo'], tags: ['B-PER'] },
  ];

  it.each([
    ['on one line', JSON.stringify(made)],
    ['over many lines', JSON.stringify(made, null, 1)],
    ['with objects on lines of their own', `[\n${made.map(each => JSON.stringify(each)).join(',\n')}\n]\n`],
    ['with blanks around', ` \n\n  ${JSON.stringify(made, null, '\t')}  \n \n`],
    ['put together of two', made.map(each => JSON.stringify([each])).join('\n')],
  ])('%s is read as its elements on lines', async (_, text) => {
    const lines = made.map(each => JSON.stringify(each)).join('\n');
    expect(readCorpus(Buffer.from(text), 'f')).toEqual(readCorpus(Buffer.from(lines), 'f'));
    expect(await wordsForPredict(text)).toEqual(made.map(({ tokens }) => tokens));
  });

  it('is read as its elements on lines, for any sentences', () => {
    fc.assert(
      fc.property(sentences, made => {
        const lines = formatCorpus(made, 'jsonl');
        const array = JSON.stringify(
          lines
            .trim()
            .split('\n')
            .map(line => JSON.parse(line)),
          null,
          1,
        );
        expect(readCorpus(Buffer.from(array), 'f')).toEqual(readCorpus(Buffer.from(lines), 'f'));
      }),
      { numRuns: 50 },
    );
  });

  it.each([
    ['[\n{"tokens": ["Ann"],\n"tags": ["X"]}]', 'f:2: tag "X" is not O'],
    ['[{"tokens": [], "tags": []},\n\n{"tokens": oops}]', 'f:3: the element is not JSON ('],
    [
      '[{"tokens": ["a"], "tags": ["O"]}\n',
      'f:1: found the end of the file within the array, expected one JSON array',
    ],
    [
      '[{"tokens": [], "tags": []}, \n] x',
      'f:2: found text behind the end of the array, expected one JSON array',
    ],
    ['[{"tokens": [], "tags": []}\n, ,{}]', 'f:2: found a comma without an element before it'],
    ['[1, 2]', 'f:1: found 1, expected a JSON object'],
    ['[{}}', 'f:1: found a } without its {'],
    ['[]', 'f: found no sentence'],
  ])('is refused with the line where something is wrong: %j', (text, message) => {
    expect(() => read(text)).toThrow(message);
  });
});

describe('entities by their characters', () => {
  const text = 'Ann left Port Halden.';
  it.each<[string, unknown, string]>([
    [
      'spaCy',
      {
        text,
        entities: [
          [0, 3, 'PER'],
          [9, 20, 'LOC'],
        ],
      },
      'entities',
    ],
    [
      "spaCy's training data",
      [
        [
          text,
          {
            entities: [
              [0, 3, 'PER'],
              [9, 20, 'LOC'],
            ],
          },
        ],
      ],
      'entities',
    ],
    [
      "spaCy's training data on a line",
      `${JSON.stringify([
        text,
        {
          entities: [
            [0, 3, 'PER'],
            [9, 20, 'LOC'],
          ],
        },
      ])}\n`,
      'entities',
    ],
    [
      'Prodigy',
      {
        text,
        spans: [
          { start: 0, end: 3, label: 'PER' },
          { start: 9, end: 20, label: 'LOC', token_start: 2 },
        ],
      },
      'spans',
    ],
    [
      'doccano',
      {
        id: 1,
        text,
        label: [
          [0, 3, 'PER'],
          [9, 20, 'LOC'],
        ],
      },
      'label',
    ],
    [
      'doccano with relations',
      {
        text,
        entities: [
          { id: 1, label: 'PER', start_offset: 0, end_offset: 3 },
          { id: 2, label: 'LOC', start_offset: 9, end_offset: 20 },
        ],
        relations: [],
      },
      'entities',
    ],
    [
      'Label Studio',
      [
        {
          id: 3,
          data: { text },
          annotations: [
            { was_cancelled: true, result: [] },
            {
              result: [
                { type: 'labels', value: { start: 0, end: 3, text: 'Ann', labels: ['PER'] } },
                { type: 'choices', value: { choices: ['good'] } },
                { type: 'relation', from_id: 'a', to_id: 'b' },
                { type: 'labels', value: { start: 9, end: 20, text: 'Port Halden', labels: ['LOC'] } },
              ],
            },
          ],
        },
      ],
      'annotations[].result',
    ],
    [
      'Label Studio in short',
      [
        {
          text,
          label: [
            { start: 0, end: 3, text: 'Ann', labels: ['PER'] },
            { start: 9, end: 20, labels: ['LOC'] },
          ],
        },
      ],
      'label',
    ],
    [
      'a pipeline of transformers',
      {
        text,
        entities: [
          { entity_group: 'PER', start: 0, end: 3, word: 'ann' },
          { entity_group: 'LOC', start: 9, end: 20 },
        ],
      },
      'entities',
    ],
    [
      'tokens beside them',
      {
        text,
        tokens: ['Ann', 'left', 'Port', 'Halden', '.'],
        entities: [
          [0, 3, 'PER'],
          [9, 20, 'LOC'],
        ],
      },
      'entities',
    ],
  ])('are read from %s', async (_, value, field) => {
    const { rows, notes } = read(value);
    expect(rows).toEqual(['Ann/B-PER left/O Port/B-LOC Halden/I-LOC ./O']);
    expect(notes).toEqual([BY(field)]);
    const written = typeof value === 'string' ? value : JSON.stringify(value);
    expect(await wordsForPredict(written)).toEqual([['Ann', 'left', 'Port', 'Halden', '.']]);
  });

  it('are left out where who annotated the text refused it, and an empty sentence says nothing', () => {
    const lines = [
      { text: 'Ann', spans: [{ start: 0, end: 3, label: 'PER' }], answer: 'accept' },
      { text: 'Bo', spans: [], answer: 'reject' },
      { text: 'Cy', spans: [], answer: 'ignore' },
    ];
    expect(read(lines)).toMatchObject({
      rows: ['Ann/B-PER'],
      notes: [BY('spans'), 'texts that have the "answer" "reject" or "ignore" were left out: 2'],
    });
    // As predict writes them.
    const predicted = [
      { text: '', tokens: [], tags: [], entities: [] },
      { text: 'Ann', tokens: ['Ann'], tags: ['B-PER'], entities: [{ type: 'PER', start: 0, end: 1 }] },
    ];
    expect(read(predicted)).toMatchObject({ rows: ['Ann/B-PER'], notes: [] });
  });

  it('are left out where no annotator of Label Studio has finished the text', async () => {
    const result = [{ type: 'labels', value: { start: 0, end: 3, labels: ['PER'] } }];
    const tasks = [
      { data: { text: 'Ann' }, annotations: [{ result }] },
      { data: { text: 'Bo' }, annotations: [{ was_cancelled: true, result: [] }] },
      { data: { text: 'Cy' }, annotations: [] },
      // Without an entity, says who has finished it.
      { data: { text: 'left' }, annotations: [{ was_cancelled: false, result: [] }] },
    ];
    expect(read(tasks)).toMatchObject({
      rows: ['Ann/B-PER', 'left/O'],
      notes: [
        BY('annotations[].result'),
        'tasks that have no annotation, or a cancelled one alone, were left out: 2',
      ],
    });
    expect(await wordsForPredict(JSON.stringify(tasks))).toEqual([['Ann'], ['Bo'], ['Cy'], ['left']]);
    // By whatever name it is asked for.
    expect(read(tasks, { tagColumn: 'entities' }).rows).toEqual(['Ann/B-PER', 'left/O']);
  });

  it('are refused where an annotation of Label Studio has no result', () => {
    for (const damaged of [{ reslt: [] }, { result: null }, {}])
      expect(() => read([{ data: { text: 'Ann' }, annotations: [damaged] }])).toThrow(
        'f:1: found an annotation without "result", expected the list of its entities',
      );
  });

  it('count code points, as Python does', () => {
    const value = { text: '😀👩‍👩‍👧 Ann left', entities: [[7, 10, 'PER']] };
    // Python: ("😀👩‍👩‍👧 Ann left").index("Ann") is 7, in UTF-16 units it is 12.
    expect(read(value).rows[0]).toMatch(/ Ann\/B-PER left\/O$/);
  });

  it('count UTF-16 units where only then the text is right, and say so', () => {
    const units = { text: '😀 Ann left', label: [{ start: 3, end: 6, text: 'Ann', labels: ['PER'] }] };
    const { rows, notes } = read([units]);
    expect(rows).toEqual(['😀/O Ann/B-PER left/O']);
    expect(notes).toEqual([
      BY('label'),
      'places in 1 text were read in UTF-16 units, since in code points they do not fit',
    ]);
    expect(read({ text: '😀 Ann', entities: [[3, 6, 'PER']] }).rows).toEqual(['😀/O Ann/B-PER']);
  });

  it('are widened to whole words, and left out where they overlap others or have no word, which is counted', () => {
    const { rows, notes } = read({
      text: 'Annie Lee  left',
      entities: [
        [0, 3, 'PER'],
        [6, 9, 'ORG'],
        [0, 9, 'PER'],
        [10, 11, 'LOC'],
      ],
    });
    expect(rows).toEqual(['Annie/B-PER Lee/I-PER left/O']);
    expect(notes).toEqual([
      BY('entities'),
      'entities that overlap a longer one, or one before, and were left out, since a word has one tag: 2 of 4 entities',
      'entities that have no word and were left out: 1 of 4 entities',
    ]);
    expect(
      read({
        text: 'Annie left',
        entities: [
          [0, 3, 'PER'],
          [6, 9, 'X'],
        ],
      }),
    ).toMatchObject({
      rows: ['Annie/B-PER left/B-X'],
      notes: [
        BY('entities'),
        'entities that begin or end within a word and were widened to whole words: 2 of 2 entities',
      ],
    });
    expect(read({ text: 'Ann Lee', entities: [[0, 4, 'a type']] })).toMatchObject({
      rows: ['Ann/B-a_type Lee/O'],
      notes: [BY('entities'), 'blanks in the names of types were read as _'],
    });
  });

  it.each([
    [
      { text: 'Ann', entities: [[0, 9, 'PER']] },
      'f:1: found an entity from character 0 to 9, expected a part of the text of 3 characters',
    ],
    [{ text: 'Ann', entities: [[2, 2, 'PER']] }, 'f:1: found an entity from character 2 to 2'],
    [{ text: 'Ann', entities: [[-1, 2, 'PER']] }, 'f:1: found an entity from character -1 to 2'],
    [{ text: 'Ann', entities: [[0.5, 2, 'PER']] }, 'f:1: found an entity from character 0.5 to 2'],
    [{ text: 'Ann', entities: [[0, 3]] }, 'f:1: found an entity in "entities" without start, end and label'],
    [
      { text: 'Ann', spans: [{ start: 0, end: 3 }] },
      'f:1: found an entity in "spans" without start, end and label',
    ],
    [
      { tokens: ['Ann'], spans: [{ start: 0, end: 3, label: 'PER' }] },
      'f:1: found entities in "spans", expected the text',
    ],
    [
      { text: 'Ann', tokens: ['Bo'], entities: [[0, 3, 'PER']] },
      'f:1: found entities in "entities", expected the text',
    ],
    [
      { text: 'Ann', label: ['good'] },
      'f:1: found the fields text, label, expected a list of strings in "tags"',
    ],
    [{ text: 'Ann' }, 'f:1: found the fields text, expected a list of strings in "tags"'],
  ])('are refused: %j', (value, message) => {
    expect(() => read(value)).toThrow(message);
  });
});

describe('numbers in the place of tags', () => {
  const value = { id: '0', tokens: ['Ann', 'left'], ner_tags: [1, 0] };
  const NAMES = ['O', 'B-PER', 'I-PER'];
  const expected = [{ words: ['Ann', 'left'], tags: ['B-PER', 'O'], document: 0 }];

  it('are those that are named, and strings need no names', () => {
    expect(read(value, { labels: NAMES })).toMatchObject({
      rows: ['Ann/B-PER left/O'],
      notes: ['numbers were read as the tags that --labels names'],
    });
    expect(read({ ...value, ner_tags: ['B-PER', 'O'] })).toMatchObject({
      rows: ['Ann/B-PER left/O'],
      notes: ['tags were read from "ner_tags"'],
    });
    expect(read({ tokens: ['Ann'], labels: [2] }, { labels: NAMES, tagColumn: 'labels' }).rows).toEqual([
      'Ann/B-PER',
    ]);
  });

  it('may stand in "labels", as may tags, where there is one for each token', () => {
    const { tokens } = value;
    expect(read({ tokens, labels: [1, 0] }, { labels: NAMES }).rows).toEqual(['Ann/B-PER left/O']);
    expect(read({ tokens, labels: ['B-PER', 'O'] })).toMatchObject({
      rows: ['Ann/B-PER left/O'],
      notes: ['tags were read from "labels"'],
    });
    // The fields that are meant for tags come first, and what is no tags is left to what it was.
    expect(read({ ...value, tags: ['O', 'O'], labels: ['B-X', 'O'] }).rows).toEqual(['Ann/O left/O']);
    expect(read({ tokens, text: 'Ann left', labels: [[0, 3, 'PER']] }).rows).toEqual(['Ann/B-PER left/O']);
    expect(() => read({ tokens, labels: ['news'] })).toThrow('f:1: found the fields tokens, labels');
  });

  it('are refused where nothing names them, or not all', () => {
    expect(() => read(value)).toThrow(
      'f:1: the tags in "ner_tags" are numbers without names; --labels gives them',
    );
    expect(() => read(value, { labels: ['O'] })).toThrow(
      'f:1: found the number 1 in "ner_tags", but --labels names 1 tag, from 0 on',
    );
  });

  it.each([
    [
      'dataset_infos.json',
      JSON.stringify({
        conll2003: {
          features: {
            pos_tags: { feature: { names: ['"'] } },
            ner_tags: { feature: { names: NAMES, _type: 'ClassLabel' }, _type: 'Sequence' },
          },
        },
      }),
    ],
    ['dataset_info.json', JSON.stringify({ features: { ner_tags: { feature: { names: NAMES } } } })],
    [
      'README.md',
      "---\ndataset_info:\n  features:\n  - name: pos_tags\n    sequence:\n      class_label:\n        names:\n          '0': NN\n  - name: ner_tags\n    sequence:\n      class_label:\n        names:\n          '0': O\n          '1': B-PER\n          '2': I-PER\n  splits:\n  - name: train\n---\n# A card\n",
    ],
    ['labels.txt', `${NAMES.join('\n')}\n`],
  ])('are named by %s beside them', (source, text) => {
    const folder = mkdtempSync(join(tmpdir(), 'names-'));
    writeFileSync(join(folder, source), text);
    writeFileSync(join(folder, 'train.jsonl'), `${JSON.stringify(value)}\n`);
    const { sentences, notes } = readCorpusFile(join(folder, 'train.jsonl'));
    expect(sentences).toEqual(expected);
    expect(notes).toEqual([`numbers were read as the tags that ${source} names`]);
  });
});
