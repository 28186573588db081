/**
 * Predicted tags alone, a sentence a line and separated by blanks, as Hugging Face's `run_ner` writes them: the words are those of
 * the gold file.
 */
import type { TaggedRows } from '../corpus/columns';
import { linesOf } from '../corpus/lines';
import { parseTag } from '../corpus/tags';
import { InputError } from '../errors';
import { counted } from '../listed';

/** Where the words come from. */
export interface GoldWords {
  readonly name: string;
  readonly sentences: readonly TaggedRows[];
}

/**
 * The sentences of gold with the tags of a text in the place of theirs; `null` where the text has anything but tags.
 * @param text as `plainText` makes it
 * @throws InputError where there are other sentences or words than in gold
 */
export function readTagLines(text: Buffer, file: string, gold: GoldWords): TaggedRows[] | null {
  const rows = [];
  for (const { text: line, number } of linesOf(text)) {
    const tags = line.split(/[ \t]+/).filter(tag => tag !== '');
    if (tags.some(tag => parseTag(tag) === undefined)) return null;
    if (tags.length > 0) rows.push({ tags, number });
  }
  // Words may look like tags: then these are columns.
  if (rows.length === 0 || (rows[0].tags[0] === gold.sentences[0].words[0] && rows[0].tags.length > 1))
    return null;
  return rows.map(({ tags, number }, s) => {
    const sentence = gold.sentences[s];
    if (sentence === undefined)
      throw new InputError(
        `${file}:${number}: found a further line of tags, expected ${counted(gold.sentences.length, 'sentence')} as in ${gold.name}`,
      );
    const { words, lines } = sentence;
    if (tags.length !== words.length)
      throw new InputError(
        `${file}:${number}: found ${counted(tags.length, 'tag')}, expected ${words.length}, one for each word of ${gold.name}:${lines[0]} (tags alone were read, a sentence a line; a tool that cuts long sentences leaves some out)`,
      );
    return { ...sentence, columns: [tags], lines: words.map(() => number) };
  });
}
