/** Sentences to be tagged, from a stream whose format is told from its beginning. */
import { cellsOf } from './columns';
import { type InputFormat, inputFormatOf, registered } from './formats';
import type { InputSentence } from './formats/format';
import { headOfLines, isBlank, linesOfStream } from './lines';
import { parseTag } from './tags';

/** Input whose format is known, and which is read as its sentences are asked for. */
export interface Input {
  readonly format: InputFormat;
  readonly sentences: AsyncGenerator<InputSentence>;
  /** What was guessed in reading, in sentences; complete when the last sentence was read. */
  readonly notes: readonly string[];
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
  const { head, read } = await headOfLines(lines);
  const told = format ?? inputFormatOf(head, name);
  const notes = format === undefined && told === 'text' && isLikeColumns(head) ? [LIKE_COLUMNS] : [];
  const options = { file: name, head, onNote: (note: string) => void notes.push(note) };
  return { format: told, sentences: registered(told).stream(chain(read, lines), options), notes };
}

const LIKE_COLUMNS =
  'read as plain text, a sentence a line, though most lines have a tag at their end or tabs; columns are read where the name ends in .conll, or by "predict --format conll"';

/** Whether most lines that are not blank have several columns, and these a tag at their end or tabs between them. */
function isLikeColumns(head: readonly string[]): boolean {
  const rows = head.filter(line => !isBlank(line));
  const like = rows.filter(line => {
    const cells = cellsOf(line);
    return (
      cells.length > 1 && (line.trim().includes('\t') || parseTag(cells[cells.length - 1]) !== undefined)
    );
  });
  return 2 * like.length > rows.length;
}

async function* chain<T>(first: T, rest: AsyncIterable<T>): AsyncGenerator<T> {
  yield first;
  for await (const each of rest) yield each;
}
