/** The files that a checkpoint may have as its tokenizer, by their names: what is downloaded of a model, and what is read. */

export const TOKENIZER_FILE = 'tokenizer.json';
/** A piece a line, whose number, from 0 on, is its id: BERT's. */
export const VOCABULARY_FILE = 'vocab.txt';
/** Pieces with their ids, and pairs of pieces in the order in which they are merged: RoBERTa's. */
export const BYTE_LEVEL_FILES = ['vocab.json', 'merges.txt'] as const;

/** What stands beside a vocabulary; the first also beside a definition. */
export const SETTINGS_FILE = 'tokenizer_config.json';
export const SPECIAL_TOKENS_FILE = 'special_tokens_map.json';
export const ADDED_TOKENS_FILE = 'added_tokens.json';

/** What there may be, for messages. */
export const TOKENIZER_PLACES = `${TOKENIZER_FILE}, ${VOCABULARY_FILE} of BERT, or ${BYTE_LEVEL_FILES.join(' and ')} of RoBERTa`;

/** Which of the files in a folder are its tokenizer, the one that names it first; none where there is none. */
export function tokenizerFiles(has: (name: string) => boolean): string[] {
  if (has(TOKENIZER_FILE)) return [TOKENIZER_FILE, SETTINGS_FILE].filter(has);
  const vocabulary = [[VOCABULARY_FILE], [...BYTE_LEVEL_FILES]].find(names => names.every(has));
  if (!vocabulary) return [];
  return [...vocabulary, ...[SETTINGS_FILE, SPECIAL_TOKENS_FILE, ADDED_TOKENS_FILE].filter(has)];
}
