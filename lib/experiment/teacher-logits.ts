/**
 * Logits that another tool wrote, as JSON lines: the first line names the labels, `{"labels": ["O", "B-PER", …]}`, and each
 * that follows is a sentence, `{"tokens": [W words], "logits": [W × C numbers]}`, in the order of the corpus: the training
 * part, and behind it, where the teacher is to be scored, the validation and the test part.
 */
import { isBlank, type Line, linesOf, plainText } from '../corpus/lines';
import type { Corpus, Sentence } from '../corpus/sentence';
import { checkUtf8, isReadOnce, readBytes } from '../corpus/utf8';
import { sha256 } from '../digest';
import { InputError } from '../errors';
import { parseJson } from '../json';
import { counted, inBrief } from '../listed';

export interface TeacherLogits {
  readonly labels: readonly string[];
  /** Logits `[words, C]` of each sentence. */
  readonly train: readonly Float32Array[];
  /** `null` where the file ends behind the training part. */
  readonly valid: readonly Float32Array[] | null;
  readonly test: readonly Float32Array[] | null;
  /** SHA-256 of the file, in hexadecimal. */
  readonly digest: string;
}

const FORM = '{"tokens": [words], "logits": [[a number for each label] for each word]}';

/** @throws InputError `file:line: …` where the file is not in that form, or not of this corpus */
export function readTeacherLogits(file: string, corpus: Corpus): TeacherLogits {
  if (isReadOnce(file))
    throw new InputError(
      `${file}: this can be read once, and a study reads its teacher again; expected a file`,
    );
  const { bytes } = readBytes(file);
  const text = plainText(bytes);
  checkUtf8(text, file);
  const lines = linesOf(text);
  const filled = (function* () {
    for (const line of lines) if (!isBlank(line.text)) yield line;
  })();
  const head = filled.next();
  const labels = labelsIn(head.done ? undefined : head.value, file);
  let last = head.done ? 0 : head.value.number;
  const partOf = (name: string, sentences: readonly Sentence[], optional: boolean): Float32Array[] | null => {
    const rows: Float32Array[] = [];
    for (const [i, { words }] of sentences.entries()) {
      const next = filled.next();
      if (next.done) {
        if (optional && i === 0) return null;
        throw new InputError(
          `${file}: ends behind line ${last}, at sentence ${i + 1} of the ${sentences.length} of the corpus's ${name} part`,
        );
      }
      last = next.value.number;
      rows.push(logitsIn(next.value, words, labels, file, `sentence ${i + 1} of the ${name} part`));
    }
    return rows;
  };
  const train = partOf('training', corpus.train, false)!;
  const valid = partOf('validation', corpus.valid, true);
  const test = valid && partOf('test', corpus.test, false);
  const more = filled.next();
  if (!more.done)
    throw new InputError(
      `${file}:${more.value.number}: found a line behind the last sentence of the corpus, expected the sentences of its training, validation and test part`,
    );
  return { labels, train, valid, test, digest: sha256(bytes) };
}

function labelsIn(line: Line | undefined, file: string): readonly string[] {
  const expected = 'expected a first line {"labels": ["O", …]} that names what the numbers stand for';
  if (!line) throw new InputError(`${file}: found nothing, ${expected}`);
  const place = `${file}:${line.number}`;
  const { labels } = objectIn(line, file);
  const isList = Array.isArray(labels) && labels.length > 0 && labels.every(each => typeof each === 'string');
  if (!isList)
    throw new InputError(
      `${place}: ${labels === undefined ? 'found no labels' : `found the labels ${inBrief(labels)}`}, ${expected}`,
    );
  return labels as string[];
}

function logitsIn(
  line: Line,
  words: readonly string[],
  labels: readonly string[],
  file: string,
  where: string,
): Float32Array {
  const place = `${file}:${line.number}`;
  const { tokens, logits } = objectIn(line, file);
  if (!Array.isArray(tokens) || !Array.isArray(logits))
    throw new InputError(`${place}: found ${inBrief({ tokens, logits })}, expected ${FORM}`);
  const wrong = words.findIndex((word, i) => tokens[i] !== word);
  if (wrong >= 0 || tokens.length !== words.length) {
    const at = wrong >= 0 ? wrong : words.length;
    const name = (word: unknown) => (word === undefined ? 'no word' : inBrief(word));
    throw new InputError(
      `${place}: word ${at + 1} is ${name(tokens[at])}, expected ${name(words[at])}, as in ${where} of the corpus`,
    );
  }
  if (logits.length !== words.length)
    throw new InputError(
      `${place}: found logits of ${counted(logits.length, 'word')}, expected them of ${counted(words.length, 'word')}`,
    );
  const values = new Float32Array(words.length * labels.length);
  logits.forEach((row: unknown, word) => {
    if (!Array.isArray(row) || row.length !== labels.length)
      throw new InputError(
        `${place}: word ${word + 1} has ${Array.isArray(row) ? counted(row.length, 'logit') : inBrief(row)}, expected ${labels.length}, one for each label`,
      );
    row.forEach((value: unknown, label) => {
      const float = typeof value === 'number' ? Math.fround(value) : NaN;
      if (!Number.isFinite(float))
        throw new InputError(
          `${place}: the logit of word ${word + 1} for ${inBrief(labels[label])} is ${inBrief(value)}, expected a finite number of 32 bits`,
        );
      values[word * labels.length + label] = float;
    });
  });
  return values;
}

function objectIn({ text, number: line }: Line, file: string): Readonly<Record<string, unknown>> {
  const value = parseJson(text, { file, line });
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isObject ? (value as Readonly<Record<string, unknown>>) : {};
}
