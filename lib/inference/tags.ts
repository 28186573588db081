/** Logits as tags. */
import type { LabelSet } from '../corpus/labels';
import type { Sentence } from '../corpus/sentence';

/** The tag of highest logit for each word; `O` for words that were cut off. */
export function tagsOf(
  sentences: readonly Pick<Sentence, 'words'>[],
  logits: readonly Float32Array[],
  labels: Pick<LabelSet, 'size' | 'tag'>,
): string[][] {
  const classes = labels.size;
  return sentences.map(({ words }, i) =>
    words.map((_, word) => {
      const scores = logits[i].subarray(word * classes, (word + 1) * classes);
      if (scores.length === 0) return 'O';
      let best = 0;
      for (let c = 1; c < classes; c++) if (scores[c] > scores[best]) best = c;
      return labels.tag(best);
    }),
  );
}
