/** Plain text: a sentence a line. It has no tags, so that it can be tagged but is no corpus. */
import { describeWordRule, splitWords } from '../words';
import type { InputSentence, TextFormat } from './format';

export const text: TextFormat<'text'> = {
  name: 'text',
  title: 'plain text',
  endings: [],
  looksLike: () => true,
  async *stream(lines) {
    for await (const block of lines)
      for (const line of block) {
        const sentence = inText(line.text);
        if (sentence.words.length > 0) yield { ...sentence, line: line.number };
      }
  },
  help: { words: `In plain text every line is a sentence. ${describeWordRule}` },
};

/** The words of a line, with their places in it. */
export function inText(line: string): InputSentence {
  const words = splitWords(line);
  return { words: words.map(({ text }) => text), text: line, starts: words.map(({ start }) => start) };
}
