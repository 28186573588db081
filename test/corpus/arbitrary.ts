/** Random sentences for properties of readers and writers. */
import fc from 'fast-check';
import type { Sentence } from 'ner-distill/corpus/sentence';

/** BIO tags of a sentence: random types and cuts, with `I-` only where it continues an entity. */
export const bioTags = fc
  .array(fc.constantFrom('O', 'B-PER', 'B-ORG', 'I-PER', 'I-ORG'), { minLength: 1, maxLength: 12 })
  .map(tags =>
    tags.reduce<string[]>((made, tag) => {
      const before = made.at(-1) ?? 'O';
      made.push(tag[0] === 'I' && before.slice(2) !== tag.slice(2) ? `B-${tag.slice(2)}` : tag);
      return made;
    }, []),
  );

/** What may stand in a column: any characters but those that separate columns and rows, and zero. */
const word = fc
  .string({ unit: 'binary', minLength: 1, maxLength: 8 })
  .filter(text => !/[\t\n\r]/.test(text) && !text.includes('\0') && text !== '-DOCSTART-');

const sentence = bioTags.chain(tags =>
  fc.record({
    words: fc.array(word, { minLength: tags.length, maxLength: tags.length }),
    tags: fc.constant(tags),
    begins: fc.boolean(),
  }),
);

/** Sentences in documents that are counted from 0. */
export const sentences = fc.array(sentence, { minLength: 1, maxLength: 8 }).map(made => {
  let document = 0;
  return made.map(({ words, tags, begins }, s): Sentence => {
    if (s > 0 && begins) document++;
    return { words, tags, document };
  });
});
