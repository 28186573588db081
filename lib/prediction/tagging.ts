/**
 * What stands behind a model: the logits of the sequences that a sentence was read in, as tags and entities. It needs nothing
 * but its arguments, so that it runs in a browser as well.
 */
import { min } from 'd3-array';
import { toBio } from '../corpus/tags';
import { InputError } from '../errors';
import { type Span, spansOf } from '../evaluation/spans';
import type { Window } from '../tokenization/align';

/** An entity, and how sure the model is of it. */
export interface TaggedEntity extends Span {
  /** The lowest probability, over the words of the entity, that the model gives to the tag it has chosen there. */
  readonly confidence: number;
}

/** A sentence with what the model made of it. */
export interface Tagging {
  /** BIO tags, one a word; an `I-` that continues nothing is read as the begin of an entity. */
  readonly tags: readonly string[];
  /** The probability that the model gives to the tag it has chosen, one a word; 0 for a word that no sequence holds. */
  readonly confidences: readonly number[];
  readonly entities: readonly TaggedEntity[];
}

/**
 * What the model made of a sentence; a word that is in no window is `O`.
 * @param length of the sentence, in words
 * @param logits `[words, C]` of each window
 * @param classes the tags of the model's C classes
 * @throws InputError where logits are no numbers
 */
export function taggingOf(
  length: number,
  windows: readonly Window[],
  logits: readonly Float32Array[],
  classes: readonly string[],
): Tagging {
  const tags = new Array<string>(length).fill('O');
  const confidences = new Array<number>(length).fill(0);
  windows.forEach(({ firstWord }, w) => {
    choose(logits[w], classes).forEach(({ tag, probability }, i) => {
      tags[firstWord + i] = tag;
      confidences[firstWord + i] = probability;
    });
  });
  const entities = spansOf(tags).map(span => ({
    ...span,
    confidence: min(confidences.slice(span.start, span.end))!,
  }));
  return { tags: toBio(tags), confidences, entities };
}

/** The tag of highest probability at each word of logits `[words, C]`. */
function choose(logits: Float32Array, classes: readonly string[]): { tag: string; probability: number }[] {
  return Array.from({ length: logits.length / classes.length }, (_, word) => {
    const row = logits.subarray(word * classes.length, (word + 1) * classes.length);
    let best = 0;
    for (let c = 1; c < row.length; c++) if (row[c] > row[best]) best = c;
    let sum = 0;
    for (const value of row) sum += Math.exp(value - row[best]);
    if (Number.isNaN(sum))
      throw new InputError('the model gives no numbers for a word: its weights are too large');
    return { tag: classes[best], probability: 1 / sum };
  });
}
