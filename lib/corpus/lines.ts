/** Lines of text, of a whole file or as a stream brings them. A byte order mark and the ends of lines are no part of them. */
import { InputError } from '../errors';

export interface Line {
  readonly text: string;
  /** Counted from 1. */
  readonly number: number;
}

export function isBlank(line: string): boolean {
  return line.trim() === '';
}

export function* linesOf(text: string): Generator<Line> {
  const lines = (text.startsWith('\ufeff') ? text.slice(1) : text).split('\n');
  for (let i = 0; i < lines.length; i++) yield lineOf(lines[i], i + 1);
}

/**
 * The lines of a stream, read as they are asked for.
 * @param name of the stream, for errors
 * @throws InputError where the bytes are no UTF-8
 */
export async function* linesOfStream(stream: AsyncIterable<Uint8Array>, name: string): AsyncGenerator<Line> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let number = 0;
  /** Parts of the line that has not ended yet: put together once, however many there are. */
  let rest: string[] = [];
  const decode = (bytes?: Uint8Array): string => {
    try {
      return bytes ? decoder.decode(bytes, { stream: true }) : decoder.decode();
    } catch {
      throw new InputError(`${name}: the text is not UTF-8 (after line ${number})`);
    }
  };
  for await (const bytes of stream) {
    const [end, ...lines] = decode(bytes).split('\n');
    rest.push(end);
    for (const beginning of lines) {
      yield lineOf(rest.join(''), ++number);
      rest = [beginning];
    }
  }
  const last = rest.join('') + decode();
  if (last !== '') yield lineOf(last, ++number);
}

function lineOf(text: string, number: number): Line {
  return { text: text.endsWith('\r') ? text.slice(0, -1) : text, number };
}
