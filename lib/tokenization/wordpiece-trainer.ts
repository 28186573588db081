/**
 * Trains a WordPiece vocabulary on a corpus, in any script. As in Hugging Face's trainer, pieces grow by merging the
 * most frequent pair of neighbours (byte-pair encoding; Sennrich et al. 2016), and pieces inside a word carry "##".
 */
import TinyQueue from 'tinyqueue';
import { openTokenizer } from './hugging-face';
import { CONTINUATION, MAX_WORD_LENGTH, specialToken, wordPieceDefinition } from './vocabulary';

export interface WordPieceOptions {
  /** Pieces in the vocabulary, special tokens and single characters among them. Default 4,000. */
  readonly size?: number;
  /** Whether case is dropped, as in the study's uncased models. Default true. */
  readonly lowercase?: boolean;
  /**
   * Whether a mark stands before a word that begins with a capital (↑), or with two (⇑), as a piece of its own. With
   * `lowercase`, a word has the same pieces wherever it stands, and its case is not lost. Default false.
   */
  readonly caseMarks?: boolean;
  /** Whether accents are dropped (é → e, й → и). Default false. */
  readonly stripAccents?: boolean;
  /** A pair seen less often than this is not merged. Default 2. */
  readonly minimumFrequency?: number;
}

/** In the order of their ids. */
const SPECIAL_TOKENS = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'];
/** Before a word with a capital, and before one with at least two at its start, such as an abbreviation. */
const CAPITAL = '↑';
const CAPITALS = '⇑';
/** Letters beyond the most frequent so many become unknown: a corpus may hold thousands of rare symbols. */
const MAX_ALPHABET = 1000;

interface Entry {
  pieces: string[];
  readonly frequency: number;
}
interface Candidate {
  readonly key: string;
  readonly count: number;
}

/** The `tokenizer.json` of a vocabulary trained on the words, each counted as often as it occurs. */
export function trainWordPiece(words: Iterable<string>, options: WordPieceOptions = {}): string {
  const { size = 4000, minimumFrequency = 2 } = options;
  const entries = countWords(words, options);
  const vocabulary = new Set(SPECIAL_TOKENS);
  for (const character of alphabet(entries)) vocabulary.add(character);

  // Where each pair of neighbours occurs, how often, and a queue whose outdated candidates are skipped.
  const counts = new Map<string, number>();
  const places = new Map<string, Set<Entry>>();
  // Ties are broken by text, so that the vocabulary does not depend on the order of the words.
  const queue = new TinyQueue<Candidate>([], (a, b) => b.count - a.count || (a.key < b.key ? -1 : 1));
  const change = (entry: Entry, sign: 1 | -1): void => {
    for (let i = 0; i + 1 < entry.pieces.length; i++) {
      const key = `${entry.pieces[i]} ${entry.pieces[i + 1]}`;
      const count = (counts.get(key) ?? 0) + sign * entry.frequency;
      counts.set(key, count);
      if (sign > 0) {
        const entriesWithPair = places.get(key) ?? new Set();
        places.set(key, entriesWithPair.add(entry));
        queue.push({ key, count });
      }
    }
  };
  for (const entry of entries) change(entry, 1);

  while (vocabulary.size < size) {
    const best = queue.pop();
    if (!best || best.count < minimumFrequency) break;
    const count = counts.get(best.key) ?? 0;
    if (count !== best.count) {
      // Outdated: it comes back with its present count.
      if (count >= minimumFrequency && count < best.count) queue.push({ key: best.key, count });
      continue;
    }
    const [left, right] = best.key.split(' ');
    const merged = left + right.slice(right.startsWith(CONTINUATION) ? CONTINUATION.length : 0);
    vocabulary.add(merged);
    const affected = [...places.get(best.key)!];
    places.delete(best.key);
    for (const entry of affected) {
      if (!hasPair(entry.pieces, left, right)) continue;
      change(entry, -1);
      entry.pieces = mergePair(entry.pieces, left, right, merged);
      change(entry, 1);
    }
    counts.delete(best.key);
  }
  return tokenizerDefinition([...vocabulary], options);
}

/** Words as the tokenizer's own normaliser and pre-tokenizer will leave them, as single characters. */
function countWords(words: Iterable<string>, options: WordPieceOptions): Entry[] {
  const definition = tokenizerDefinition(SPECIAL_TOKENS, options);
  const { normalizer, pre_tokenizer: preTokenizer } = openTokenizer(JSON.parse(definition));
  const frequencies = new Map<string, number>();
  for (const word of words) frequencies.set(word, (frequencies.get(word) ?? 0) + 1);
  const parts = new Map<string, number>();
  for (const [word, frequency] of frequencies)
    for (const part of preTokenizer!.pre_tokenize(normalizer!.normalize(word)))
      parts.set(part, (parts.get(part) ?? 0) + frequency);
  return [...parts]
    .filter(([part]) => [...part].length <= MAX_WORD_LENGTH)
    .map(([part, frequency]) => ({
      pieces: [...part].map((character, i) => (i === 0 ? character : CONTINUATION + character)),
      frequency,
    }));
}

/** Single-character pieces, most frequent first. */
function alphabet(entries: readonly Entry[]): string[] {
  const frequencies = new Map<string, number>();
  for (const { pieces, frequency } of entries)
    for (const piece of pieces) frequencies.set(piece, (frequencies.get(piece) ?? 0) + frequency);
  return [...frequencies]
    .sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
    .slice(0, MAX_ALPHABET)
    .map(([piece]) => piece);
}

function hasPair(pieces: readonly string[], left: string, right: string): boolean {
  return pieces.some((piece, i) => piece === left && pieces[i + 1] === right);
}

function mergePair(pieces: readonly string[], left: string, right: string, merged: string): string[] {
  const result: string[] = [];
  for (let i = 0; i < pieces.length; i++) {
    if (pieces[i] === left && pieces[i + 1] === right) {
      result.push(merged);
      i++;
    } else result.push(pieces[i]);
  }
  return result;
}

/**
 * Replace the space before a word by that space and a mark: a match of no characters would be shorter, but Hugging Face's
 * own library cannot replace it.
 */
const MARKING_NORMALIZERS = [
  { type: 'Prepend', prepend: ' ' },
  { type: 'Replace', pattern: { Regex: '\\s(?=\\p{Lu}(?!\\p{Lu}))' }, content: ` ${CAPITAL} ` },
  { type: 'Replace', pattern: { Regex: '\\s(?=\\p{Lu}{2})' }, content: ` ${CAPITALS} ` },
];

/** The definition of a vocabulary that was trained. */
function tokenizerDefinition(
  pieces: readonly string[],
  { lowercase = true, caseMarks = false, stripAccents = false }: WordPieceOptions,
): string {
  const normalizer = {
    type: 'BertNormalizer',
    clean_text: true,
    handle_chinese_chars: true,
    strip_accents: stripAccents,
    lowercase,
  };
  return wordPieceDefinition({
    vocabulary: new Map(pieces.map((piece, id) => [piece, id])),
    addedTokens: SPECIAL_TOKENS.map(specialToken),
    normalizer: caseMarks
      ? { type: 'Sequence', normalizers: [...MARKING_NORMALIZERS, normalizer] }
      : normalizer,
    unknown: '[UNK]',
    frame: ['[CLS]', '[SEP]'],
  });
}
