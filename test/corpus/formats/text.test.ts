/** Plain text: sentences of words with their places, without tags. */
import { registered } from 'ner-distill/corpus/formats';
import { expect, it } from 'vitest';

it('streams the lines that have words, with the places of these', async () => {
  async function* lines() {
    const all = ['', ' Ann left.', ' \t', 'Bo'].map((text, i) => ({ text, number: i + 1 }));
    yield all.slice(0, 3);
    yield all.slice(3);
  }
  const found = [];
  for await (const sentence of registered('text').stream(lines(), { file: 'f', head: [], onNote() {} }))
    found.push(sentence);
  expect(found).toEqual([
    { words: ['Ann', 'left', '.'], text: ' Ann left.', starts: [1, 5, 9], line: 2 },
    { words: ['Bo'], text: 'Bo', starts: [0], line: 4 },
  ]);
});
