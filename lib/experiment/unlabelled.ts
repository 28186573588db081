/**
 * Text without labels, on which students see only the teacher: sentences of a file, or those of the training part that a
 * study leaves out. What is in the corpus already is left out of a file: of the test part above all, since a student that has
 * seen what its teacher says of a test sentence is not tested by it.
 */
import { basename } from 'node:path';
import type { Corpus } from '../corpus/sentence';
import { PARTS, type Part } from '../corpus/sources';
import { readUnlabelled, type WordsOfSentence } from '../corpus/unlabelled';
import { sha256 } from '../digest';
import { InputError } from '../errors';
import { counted, listed } from '../listed';
import { type EncodedSentence, encodeUnlabelled } from '../tokenization/align';
import type { WordTokenizer } from '../tokenization/tokenizer';
import type { StudyPlan } from './plan-schema';

export interface UnlabelledText {
  /** In windows, where a sentence is longer than a sequence. */
  readonly sentences: readonly WordsOfSentence[];
  /** One for each of them; every word is `UNLABELLED`. */
  readonly encoded: readonly EncodedSentence[];
  /** Of the words, SHA-256 in hexadecimal; where they come from is no matter. */
  readonly digest: string;
  /** What it is, what was guessed in reading it and what was left out, in sentences. */
  readonly notes: readonly string[];
}

/**
 * The text that a plan names, as students read it.
 * @param rest of the training part, what the plan leaves out
 * @throws InputError where there is none, where it has no sentence that is not in the corpus, and where none has a word that
 * fits into a sequence
 */
export async function unlabelledText(
  asked: NonNullable<StudyPlan['unlabelled']>,
  { corpus, rest }: { readonly corpus: Corpus; readonly rest: readonly WordsOfSentence[] },
  tokenizer: WordTokenizer,
  maxLength: number,
): Promise<UnlabelledText> {
  const { name, sentences, notes } =
    asked === 'rest' ? restOfTraining(rest) : await sentencesOfFile(asked.file, corpus);
  const windows = encodeUnlabelled(sentences, tokenizer, maxLength);
  if (windows.length === 0)
    throw new InputError(
      `${name}: none of ${counted(sentences.length, 'sentence')} has a word that fits into ${maxLength} pieces (--max-length)`,
    );
  return {
    sentences: windows.map(({ words }) => ({ words })),
    encoded: windows.map(({ encoded }) => encoded),
    digest: sha256(JSON.stringify(windows.map(({ words }) => words))),
    notes,
  };
}

interface FoundText {
  /** For messages. */
  readonly name: string;
  readonly sentences: readonly WordsOfSentence[];
  readonly notes: readonly string[];
}

function restOfTraining(rest: readonly WordsOfSentence[]): FoundText {
  if (rest.length === 0)
    throw new InputError(
      'the share of the training sentences (--train-fraction) leaves none out that could be text (--unlabelled rest): expected a smaller one',
    );
  return {
    name: 'the rest of the training part',
    sentences: rest,
    notes: [
      `text without labels: the ${counted(rest.length, 'training sentence')} that --train-fraction leaves out`,
    ],
  };
}

const PART_NAMES: Readonly<Record<Part, string>> = {
  train: 'the training part',
  valid: 'the validation part',
  test: 'the test part',
};

async function sentencesOfFile(file: string, corpus: Corpus): Promise<FoundText> {
  const { sentences, readAs, notes } = await readUnlabelled(file);
  const partOf = new Map(
    PARTS.flatMap(part => corpus[part].map(sentence => [lettersOf(sentence), part] as const)),
  );
  const kept = sentences.filter(sentence => !partOf.has(lettersOf(sentence)));
  const known = PARTS.flatMap(part => {
    const count = sentences.filter(sentence => partOf.get(lettersOf(sentence)) === part).length;
    return count === 0 ? [] : `${count} of ${PART_NAMES[part]}`;
  });
  const all = counted(sentences.length, 'sentence');
  if (kept.length === 0)
    throw new InputError(
      `${file}: found ${all}, ${listed(known, 'and')}; expected text that is not in the corpus already`,
    );
  const title = basename(file);
  const left = known.length > 0 ? `, of which ${listed(known, 'and')} are left out` : '';
  return {
    name: file,
    sentences: kept,
    notes: [
      `text without labels: ${title}, ${readAs}, ${all}${left}`,
      ...notes.map(note => `${title}: ${note}`),
    ],
  };
}

/** Tells a sentence however it is split into words. */
function lettersOf({ words }: WordsOfSentence): string {
  return words.join('').replace(/\s/g, '');
}
