/** A text as `predict` reads plain text, a sentence a line, and its entities with their places. */
import { inText } from '../../corpus/formats/text';
import type { GraphSession } from '../../engine/engine';
import { graphInputs, LOGITS } from '../../inference/graph-inputs';
import { taggingOf } from '../../prediction/tagging';
import type { EncodedSentence } from '../../tokenization/align';
import { windowsOf } from '../../tokenization/align';
import { padBatch } from '../../tokenization/batch';
import type { WordTokenizer } from '../../tokenization/tokenizer';
import type { TaggedText } from './messages';

export interface TextModel {
  /** Of an exported graph. */
  readonly session: GraphSession;
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
  { session, tokenizer, tags, maxLength }: TextModel,
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
      logits.push(await logitsOf(encoded, session, tokenizer));
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

/** Logits `[words, C]` of a sequence at its words' first pieces. */
async function logitsOf(
  encoded: EncodedSentence,
  session: GraphSession,
  { special }: WordTokenizer,
): Promise<Float32Array> {
  const inputs = graphInputs(padBatch([encoded], special.pad));
  const { shape, values } = (await session.run(inputs))[LOGITS];
  const classes = shape[2];
  const rows = new Float32Array(encoded.firstPieces.length * classes);
  encoded.firstPieces.forEach((piece, word) => {
    rows.set(values.subarray(piece * classes, (piece + 1) * classes), word * classes);
  });
  return rows;
}
