/**
 * Words taken apart differently each time they are read in training, so that a model learns what the parts of rare words
 * mean: MaxMatch-Dropout (Hiraoka 2022), the WordPiece form of BPE-dropout, within the pieces of the usual reading. The
 * pieces of a byte-level vocabulary are spelled in the same way, byte by byte at most.
 */
import type { Random } from '../random';
import type { EncodedSentence } from './align';
import type { WordTokenizer } from './tokenizer';

export class SubwordDropout {
  private readonly ids: ReadonlyMap<string, number>;
  private readonly texts: ReadonlyMap<number, string>;
  private readonly continuation: string;

  constructor({
    vocabulary,
    special,
    continuation,
  }: Pick<WordTokenizer, 'vocabulary' | 'special' | 'continuation'>) {
    this.continuation = continuation;
    const kept = new Set(Object.values(special));
    this.ids = vocabulary;
    this.texts = new Map([...vocabulary].filter(([, id]) => !kept.has(id)).map(([text, id]) => [id, text]));
  }

  /**
   * The ids of a word, its pieces taken apart further: from the left the longest match is taken, each match of more than
   * one character being passed over with probability `rate`. A piece that cannot be spelled in shorter ones stays whole.
   */
  split(pieces: Int32Array, rate: number, random: Random): number[] {
    return [...pieces].flatMap(id => {
      const text = this.texts.get(id);
      return (text !== undefined && this.spell(text, rate, random)) || [id];
    });
  }

  /** A training sentence read anew; the words at its end stay as they are where it would grow beyond `maxLength` pieces. */
  reread(sentence: EncodedSentence, rate: number, maxLength: number, random: Random): EncodedSentence {
    const { ids, firstPieces, labels } = sentence;
    const reread: number[] = [ids[0]];
    const places: number[] = [];
    const end = ids.length - 1;
    firstPieces.forEach((start, word) => {
      const next = firstPieces[word + 1] ?? end;
      const split = this.split(ids.subarray(start, next), rate, random);
      places.push(reread.length);
      const rest = ids.length - next;
      reread.push(...(reread.length + split.length + rest <= maxLength ? split : ids.subarray(start, next)));
    });
    reread.push(ids[end]);
    return { ids: Int32Array.from(reread), firstPieces: Int32Array.from(places), labels };
  }

  private spell(text: string, rate: number, random: Random): number[] | undefined {
    const prefix = text.startsWith(this.continuation) ? this.continuation : '';
    const characters = [...text.slice(prefix.length)];
    const ids: number[] = [];
    for (let start = 0; start < characters.length; ) {
      const before = start === 0 ? prefix : this.continuation;
      let found: number | undefined;
      let end = characters.length;
      for (; end > start; end--) {
        const id = this.ids.get(before + characters.slice(start, end).join(''));
        if (id === undefined || (end - start > 1 && random.chance(rate))) continue;
        found = id;
        break;
      }
      if (found === undefined) return undefined;
      ids.push(found);
      start = end;
    }
    return ids;
  }
}
