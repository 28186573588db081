/**
 * Lines of text, of a whole file or as a stream brings them, by one rule. A line ends at LF, CRLF or CR. Its end is no part
 * of it, nor is a byte order mark at its beginning: files that were put together (`cat`) have one wherever a file began.
 */
import { InputError } from '../errors';
import { formatBytes } from '../listed';
import { checkUtf8 } from './utf8';

export interface Line {
  readonly text: string;
  /** Counted from 1. */
  readonly number: number;
}

export function isBlank(line: string): boolean {
  return line.trim() === '';
}

/** Lines that are looked at to tell what a text is, blank ones apart; and with them. */
export const PROBE_LINES = 50;
const MOST_PROBED = 1000;

/** The lines of a whole text as `plainText` makes it. */
export function* linesOf(text: Buffer): Generator<Line> {
  let number = 0;
  for (const block of blocksOf(text))
    for (const line of splitLines(block)) yield { text: line, number: ++number };
}

/** The lines of a block; an LF at its end begins no other. */
function splitLines(block: Buffer): string[] {
  const lines = block.toString().split('\n');
  if (lines[lines.length - 1] === '') lines.pop();
  return lines;
}

/** Bytes of a block at least; a string cannot hold a file of half a gigabyte. */
const BLOCK_BYTES = 1 << 26;

/** A text in blocks of whole lines. */
export function* blocksOf(text: Buffer): Generator<Buffer> {
  for (let start = 0; start < text.length; ) {
    const newline = text.indexOf(NEWLINE, start + BLOCK_BYTES);
    const end = newline < 0 ? text.length : newline + 1;
    yield text.subarray(start, end);
    start = end;
  }
}

/** The first lines of a whole text: `PROBE_LINES` that are not blank, or all there are. */
export function headOf(text: Buffer): string[] {
  const head: string[] = [];
  for (let seen = 0, start = 0; start < text.length && seen < PROBE_LINES && head.length < MOST_PROBED; ) {
    const newline = text.indexOf(NEWLINE, start);
    const end = newline < 0 ? text.length : newline;
    const line = text.toString('utf8', start, end);
    head.push(line);
    if (!isBlank(line)) seen++;
    start = end + 1;
  }
  return head;
}

/** The same of a stream, and what was read for them, which goes on behind them. */
export async function headOfLines(
  blocks: AsyncIterator<readonly Line[]>,
): Promise<{ readonly head: readonly string[]; readonly read: readonly Line[] }> {
  let read: readonly Line[] = [];
  const head: string[] = [];
  for (let seen = 0; seen < PROBE_LINES && head.length < MOST_PROBED; ) {
    if (head.length === read.length) {
      const { value, done } = await blocks.next();
      if (done) break;
      read = [...read, ...value];
      continue;
    }
    const { text } = read[head.length];
    head.push(text);
    if (!isBlank(text)) seen++;
  }
  return { head, read };
}

const NEWLINE = 10;
const RETURN = 13;
const MARK = Buffer.from('\ufeff');

/** The same text with lines that end at LF and have no byte order mark before them. */
export function plainText(bytes: Buffer): Buffer {
  const ends = new LineEnds();
  const text = ends.next(bytes);
  const rest = ends.rest();
  return withoutMarks(rest.length > 0 ? Buffer.concat([text, rest]) : text);
}

/** Makes LF of every CRLF and CR in bytes that come in pieces; several CR before an LF are one end with it. */
class LineEnds {
  private returns = 0;

  next(bytes: Buffer): Buffer {
    if (this.returns === 0 && !bytes.includes(RETURN)) return bytes;
    const made = Buffer.allocUnsafe(this.returns + bytes.length);
    let length = 0;
    for (let i = 0; i < bytes.length; i++) {
      const byte = bytes[i];
      if (byte === RETURN) {
        this.returns++;
        continue;
      }
      // An LF stands for those before it.
      if (byte === NEWLINE) this.returns = 0;
      for (; this.returns > 0; this.returns--) made[length++] = NEWLINE;
      made[length++] = byte;
    }
    return made.subarray(0, length);
  }

  rest(): Buffer {
    return Buffer.alloc(this.returns, NEWLINE);
  }
}

function withoutMarks(text: Buffer): Buffer {
  if (!text.includes(MARK)) return text;
  const kept: Buffer[] = [];
  let start = 0;
  for (let mark = text.indexOf(MARK); mark >= 0; mark = text.indexOf(MARK, mark + MARK.length)) {
    if (mark > 0 && text[mark - 1] !== NEWLINE) continue;
    kept.push(text.subarray(start, mark));
    start = mark + MARK.length;
  }
  return Buffer.concat([...kept, text.subarray(start)]);
}

/**
 * The lines of a stream, as many at a time as it has in one piece, read as they are asked for.
 * @param name of the stream, for errors
 * @throws InputError `name:line: …` where the bytes are no text in UTF-8
 */
export async function* linesOfStream(
  stream: AsyncIterable<Uint8Array>,
  name: string,
): AsyncGenerator<readonly Line[]> {
  let number = 0;
  for await (const block of wholeLines(stream, () => `${name}:${number + 1}`)) {
    checkUtf8(block, name, number + 1);
    yield splitLines(withoutMarks(block)).map(text => ({ text, number: ++number }));
  }
}

/** Bytes of the longest line of a stream: a line is held as a whole, and a string has room for twice as many. */
const LONGEST_LINE = 1 << 28;

/**
 * Bytes in blocks of whole lines, as the stream has them.
 * @param place of the line that is open, for errors
 */
async function* wholeLines(stream: AsyncIterable<Uint8Array>, place: () => string): AsyncGenerator<Buffer> {
  const ends = new LineEnds();
  let open: Buffer[] = [];
  let length = 0;
  for await (const piece of stream) {
    const bytes = ends.next(Buffer.from(piece.buffer, piece.byteOffset, piece.length));
    const end = bytes.lastIndexOf(NEWLINE) + 1;
    if (end > 0) {
      yield Buffer.concat([...open, bytes.subarray(0, end)]);
      open = [];
      length = 0;
    }
    if (end < bytes.length) open.push(bytes.subarray(end));
    length += bytes.length - end;
    if (length > LONGEST_LINE)
      throw new InputError(
        `${place()}: found a line of more than ${formatBytes(LONGEST_LINE)}, expected shorter ones`,
      );
  }
  const last = Buffer.concat([...open, ends.rest()]);
  if (last.length > 0) yield last;
}
