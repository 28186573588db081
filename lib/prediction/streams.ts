/** Sentences to be tagged, from a stream whose format is told from its beginning. */
import { type InputFormat, inputFormatOf, PROBE_LINES, registered } from '../corpus/formats';
import type { InputSentence } from '../corpus/formats/format';
import { isBlank, type Line, linesOfStream } from '../corpus/lines';

/** Input whose format is known, and which is read as its sentences are asked for. */
export interface Input {
  readonly format: InputFormat;
  readonly sentences: AsyncGenerator<InputSentence>;
}

/**
 * Reads the beginning of a stream in UTF-8 to tell its format, then its sentences one by one.
 * @param name of the file, for its ending and for errors
 * @throws InputError `name:line: …` for a line that does not fit the format; for text that is not UTF-8
 */
export async function openInput(
  stream: AsyncIterable<Uint8Array>,
  name: string,
  format?: InputFormat,
): Promise<Input> {
  const lines = linesOfStream(stream, name);
  const head: Line[] = [];
  let seen = 0;
  while (format === undefined && seen < PROBE_LINES) {
    const { value, done } = await lines.next();
    if (done) break;
    head.push(value);
    if (!isBlank(value.text)) seen++;
  }
  const texts = head.map(({ text }) => text);
  const told = format ?? inputFormatOf(texts, name);
  return { format: told, sentences: registered(told).stream(chain(head, lines), name) };
}

async function* chain<T>(first: readonly T[], rest: AsyncIterable<T>): AsyncGenerator<T> {
  yield* first;
  yield* rest;
}
