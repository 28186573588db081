/** Sentences tagged chunk by chunk: their order, what of them is held at a time, and what is refused. */
import { setImmediate } from 'node:timers/promises';
import { type ChunkLimits, tagged } from 'ner-distill/prediction/chunks';
import type { Tagging } from 'ner-distill/prediction/tagging';
import { describe, expect, it } from 'vitest';

/** A tagger that says of each sentence how many were tagged with it, after a while. */
const tagger = {
  async tag(sentences: readonly (readonly string[])[]): Promise<Tagging[]> {
    await setImmediate();
    return sentences.map(words => ({ tags: words.map(() => 'O'), confidences: [], entities: [] }));
  },
};

async function chunksOf(lengths: Iterable<number>, limits: ChunkLimits) {
  let [read, done, most] = [0, 0, 0];
  async function* sentences() {
    for (const length of lengths) {
      most = Math.max(most, ++read - done);
      yield { words: Array.from({ length }, () => 'w'), number: read };
    }
  }
  const chunks: number[][] = [];
  for await (const { sentences: chunk, taggings } of tagged(sentences(), tagger, limits)) {
    expect(taggings.map(({ tags }) => tags.length)).toEqual(chunk.map(({ words }) => words.length));
    chunks.push(chunk.map(({ number }) => number));
    // Writing takes its time, too.
    await setImmediate();
    done += chunk.length;
  }
  return { chunks, most };
}

describe('tagging a stream', () => {
  it('keeps the order, in chunks of so many sentences', async () => {
    const { chunks } = await chunksOf([1, 5, 2, 0, 9], { sentences: 2, words: 100 });
    expect(chunks).toEqual([[1, 2], [3, 4], [5]]);
  });

  it('ends a chunk at the sentence that makes its words so many', async () => {
    const { chunks } = await chunksOf([3, 3, 4, 20, 1, 1], { sentences: 4, words: 10 });
    expect(chunks).toEqual([[1, 2, 3], [4], [5, 6]]);
  });

  it.each([100, 1000, 5000])('holds two chunks of %i sentences at most, and reads ahead', async count => {
    const limits = { sentences: 16, words: 1000 };
    const { chunks, most } = await chunksOf(Array<number>(count).fill(3), limits);
    expect(chunks.flat()).toHaveLength(count);
    expect(most).toBeGreaterThan(limits.sentences);
    expect(most).toBeLessThanOrEqual(2 * limits.sentences);
  });

  it('hands over what was tagged before a sentence that cannot be read', async () => {
    async function* sentences() {
      for (let i = 0; i < 5; i++) yield { words: ['w'] };
      throw new Error('line 6');
    }
    let count = 0;
    const all = async () => {
      for await (const chunk of tagged(sentences(), tagger, { sentences: 2, words: 10 }))
        count += chunk.sentences.length;
    };
    await expect(all()).rejects.toThrow('line 6');
    expect(count).toBe(4);
  });

  it('shows each sentence before it is tagged', async () => {
    async function* sentences() {
      yield* [{ words: ['a'] }, { words: ['b'] }];
    }
    const refused = tagged(sentences(), tagger, undefined, ({ words }) => {
      if (words[0] === 'b') throw new Error('b');
    });
    await expect(refused.next()).rejects.toThrow('b');
  });
});
