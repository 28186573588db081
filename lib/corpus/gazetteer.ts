/**
 * The look-up tagger: it knows the entities of the training text by heart and nothing else. What a model scores above
 * it is what the model has understood.
 */
import { max, rollup } from 'd3-array';
import type { Sentence } from './sentence';
import { tagOf, typeOf } from './tags';

/** Entities of a BIO tagged sentence as their words, joined by spaces, and their type. */
function entities({ words, tags }: Pick<Sentence, 'words' | 'tags'>): { text: string; type: string }[] {
  const found: { text: string; type: string }[] = [];
  for (let start = 0; start < tags.length; start++) {
    if (tags[start][0] !== 'B') continue;
    let end = start + 1;
    while (end < tags.length && tags[end][0] === 'I') end++;
    found.push({ text: words.slice(start, end).join(' '), type: typeOf(tags[start]) });
  }
  return found;
}

/**
 * Learns which type each string of words has most often, where "no entity" counts as a type.
 * @returns a tagger that looks the longest known strings up from left to right; words stay as they are written
 * (no change of case), and ties go to the type that came first.
 */
export function trainGazetteer(
  sentences: Iterable<Pick<Sentence, 'words' | 'tags'>>,
): (words: readonly string[]) => string[] {
  const corpus = [...sentences];
  const found = corpus.flatMap(entities);
  const known = new Set(found.map(({ text }) => text));
  const longest = max(found, ({ text }) => text.split(' ').length) ?? 0;
  // Occurrences outside entities count against a string.
  for (const { words, tags } of corpus)
    for (let start = 0; start < words.length; start++)
      for (let end = start; end < Math.min(words.length, start + longest) && tags[end] === 'O'; end++) {
        const text = words.slice(start, end + 1).join(' ');
        if (known.has(text)) found.push({ text, type: 'O' });
      }
  const counts = rollup(
    found,
    alike => alike.length,
    ({ text }) => text,
    ({ type }) => type,
  );
  const typeOf = new Map<string, string>();
  for (const [text, types] of counts) {
    const [best] = [...types].reduce((most, next) => (next[1] > most[1] ? next : most));
    if (best !== 'O') typeOf.set(text, best);
  }

  return words => {
    const tags = words.map(() => 'O');
    for (let start = 0; start < words.length; start++)
      for (let end = Math.min(words.length, start + longest); end > start; end--) {
        const type = typeOf.get(words.slice(start, end).join(' '));
        if (type === undefined) continue;
        tags.fill(tagOf('I', type), start, end);
        tags[start] = tagOf('B', type);
        start = end - 1;
        break;
      }
    return tags;
  };
}
