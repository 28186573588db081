/** A text as `predict` reads plain text, a sentence a line, and its entities with their places. */
import { inText } from '../../corpus/formats/text';
import { batchLogits, type GraphRuntime } from '../../inference/graph-batch';
import { taggingOf, windowsOf } from '../../prediction/tagging';
import type { WordTokenizer } from '../../tokenization/tokenizer';
import type { TaggedText } from './messages';

export interface TextModel {
  readonly runtime: GraphRuntime;
  readonly tokenizer: WordTokenizer;
  readonly tags: readonly string[];
  readonly maxLength: number;
}

/**
 * Tags a text. Sequences are read one by one: what the graph in 8 bits makes of one varies a little with what stands beside it.
 * @param text its lines end at LF, as those of a text field do
 * @param beforeEach is awaited before each sequence, with the words that are done and all there are; ends the work by throwing
 */
export async function tagText(
  text: string,
  { runtime, tokenizer, tags, maxLength }: TextModel,
  beforeEach: (done: number, total: number) => Promise<void> = async () => {},
): Promise<TaggedText> {
  let offset = 0;
  const lines = text.split('\n').map(line => {
    const placed = { ...inText(line), offset };
    offset += line.length + 1;
    return placed;
  });
  const total = lines.reduce((sum, { words }) => sum + words.length, 0);
  let before = 0;
  const entities = [];
  for (const { words, starts, offset } of lines) {
    const windows = windowsOf(words, tokenizer, maxLength);
    const logits: Float32Array[] = [];
    for (const { firstWord, encoded } of windows) {
      await beforeEach(before + firstWord, total);
      logits.push(...(await batchLogits(runtime, [encoded], tokenizer.special.pad)));
    }
    for (const { type, start, end, confidence } of taggingOf(words.length, windows, logits, tags).entities) {
      const last = end - 1;
      entities.push({
        type,
        start: offset + starts![start],
        end: offset + starts![last] + words[last].length,
        confidence,
      });
    }
    before += words.length;
  }
  return { entities, words: total };
}
