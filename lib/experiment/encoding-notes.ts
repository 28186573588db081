/** What the longest sequence cuts off and what the tokenizer does not take apart, in sentences to stand beside scores. */
import type { Corpus } from '../corpus/sentence';
import type { Part } from '../corpus/sources';
import { counted, listed } from '../listed';
import type { EncodedSplit } from '../tokenization/align';

/** What follows for the entities of each part. */
const CONSEQUENCES: Readonly<Record<Part, string>> = {
  test: 'they count as not found',
  valid: 'they count as not found',
  train: 'nothing is learnt from them',
};

/** @returns nothing where every word of every part is read */
export function encodingNotes(
  corpus: Corpus,
  encoded: Readonly<Record<Part, EncodedSplit>>,
  { maxLength, maxWordLength }: { readonly maxLength: number; readonly maxWordLength: number },
): string[] {
  const parts = (['test', 'valid', 'train'] as const).filter(part => encoded[part].truncated.words > 0);
  const cut = parts.map(part => {
    const { words, entities } = encoded[part].truncated;
    const tags = corpus[part].flatMap(sentence => sentence.tags);
    const all = tags.filter(tag => tag[0] === 'B').length;
    return `${part}: at ${maxLength} pieces a sequence (--max-length), ${words} of ${counted(tags.length, 'word')} and ${entities} of ${counted(all, 'entity', 'entities')} are cut off; ${CONSEQUENCES[part]}`;
  });
  const long = (['train', 'valid', 'test'] as const).filter(part => encoded[part].tooLong > 0);
  const unknown = `${listed(
    long.map(part => `${counted(encoded[part].tooLong, 'word')} of ${part}`),
    'and',
  )} longer than the ${maxWordLength} characters that the tokenizer takes apart: read as unknown`;
  return long.length > 0 ? [...cut, unknown] : cut;
}
