/** Sentences written in a line, for toys: `Ann/B-PER left/O`, or with several columns of tags, `Ann/B-PER/O left/O/O`. */
import { InputError } from '../errors';
import { parseTag, TAG_FORM } from './tags';

/**
 * The words of a line, and the tags in each column after them. A word without a tag is `O` in every column.
 * @param columns how many tags a word has
 * @throws InputError for what is no tag, and for a word with another number of them
 */
export function taggedText(
  line: string,
  columns = 1,
): { readonly words: readonly string[]; readonly tags: readonly (readonly string[])[] } {
  const cells = line
    .trim()
    .split(/\s+/)
    .map(token => {
      const [word, ...tags] = token.split('/');
      const wrong = tags.find(tag => parseTag(tag) === undefined);
      if (wrong !== undefined) throw new InputError(`"${token}": tag "${wrong}" is not ${TAG_FORM}`);
      if (tags.length > 0 && tags.length !== columns)
        throw new InputError(`"${token}": found ${tags.length} tags, expected ${columns} or none`);
      return { word, tags };
    });
  return {
    words: cells.map(({ word }) => word),
    tags: Array.from({ length: columns }, (_, column) => cells.map(({ tags }) => tags[column] ?? 'O')),
  };
}
