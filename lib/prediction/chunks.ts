/**
 * Sentences tagged chunk by chunk, in their order: enough at a time that those of similar length fill batches, few enough that
 * memory does not grow with the input. A chunk is read while the one before it is tagged.
 */
import type { InputSentence } from '../corpus/formats/format';
import type { Tagger } from './tagger';
import type { Tagging } from './tagging';

/** Where a chunk ends: at so many sentences, or at the sentence that makes its words so many. */
export interface ChunkLimits {
  readonly sentences: number;
  readonly words: number;
}

/** Lines of a text have twenty words or so; where they are whole articles, a chunk has fewer of them. */
export const CHUNK: ChunkLimits = { sentences: 1024, words: 1 << 16 };

/** What was tagged together. */
export interface TaggedChunk<S> {
  readonly sentences: readonly S[];
  /** One for each sentence. */
  readonly taggings: readonly Tagging[];
}

/**
 * The sentences of a stream with what a tagger makes of them. At most two chunks are held: the one that is tagged or written,
 * and the next, which is read meanwhile.
 * @param check is shown every sentence before those of its chunk are tagged, and may refuse it
 */
export async function* tagged<S extends Pick<InputSentence, 'words'>>(
  sentences: AsyncIterable<S>,
  tagger: Pick<Tagger, 'tag'>,
  limits: ChunkLimits = CHUNK,
  check: (sentence: S) => void = () => {},
): AsyncGenerator<TaggedChunk<S>> {
  for await (const chunk of ahead(chunksOf(sentences, limits))) {
    chunk.forEach(check);
    yield { sentences: chunk, taggings: await tagger.tag(chunk.map(({ words }) => words)) };
  }
}

async function* chunksOf<S extends Pick<InputSentence, 'words'>>(
  sentences: AsyncIterable<S>,
  limits: ChunkLimits,
): AsyncGenerator<S[]> {
  let chunk: S[] = [];
  let words = 0;
  for await (const sentence of sentences) {
    chunk.push(sentence);
    words += sentence.words.length;
    if (chunk.length < limits.sentences && words < limits.words) continue;
    yield chunk;
    chunk = [];
    words = 0;
  }
  if (chunk.length > 0) yield chunk;
}

/** The same items, each asked for before the one before it is taken. */
async function* ahead<T>(items: AsyncGenerator<T>): AsyncGenerator<T> {
  for (let next = items.next(); ; ) {
    const { value, done } = await next;
    if (done) return;
    next = items.next();
    // Its error is thrown where it is awaited.
    next.catch(() => {});
    yield value;
  }
}
