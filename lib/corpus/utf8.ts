/** Text files of corpora: reading them once, and a word about what a file is in where it is not UTF-8. */
import { isUtf8 } from 'node:buffer';
import { readFileSync, statSync } from 'node:fs';
import { InputError } from '../errors';
import { STANDARD_STREAM } from '../files';
import { isParquet } from './parquet';

export interface FileBytes {
  readonly bytes: Buffer;
  /** For messages. */
  readonly name: string;
}

/** Whether a path can be read but once: the standard input, and what is neither a file nor a folder, such as a pipe. */
export function isReadOnce(path: string): boolean {
  if (path === STANDARD_STREAM) return true;
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats !== undefined && !stats.isFile() && !stats.isDirectory();
}

/**
 * The bytes of a file, of a pipe, or of the standard input where its name is `-`.
 * @throws InputError where it cannot be read (missing, not permitted, a folder).
 */
export function readBytes(path: string): FileBytes {
  if (path !== STANDARD_STREAM) return { bytes: bytesOf(path, path), name: path };
  const name = 'standard input';
  return { bytes: bytesOf(0, name), name };
}

/**
 * @param firstLine the line that the bytes begin with, where they are a part of the file
 * @throws InputError `file:line: …` where the bytes are no text in UTF-8, with the encoding that they seem to be in.
 */
export function checkUtf8(bytes: Buffer, file: string, firstLine = 1): void {
  if (firstLine === 1 && isParquet(bytes))
    throw new InputError(
      `${file}: found a Parquet file, expected text; "ner-distill convert" makes some of it, such as with --to jsonl`,
    );
  const utf16 = firstLine === 1 ? utf16Of(bytes) : undefined;
  if (utf16) throw new InputError(`${file}: the text is in ${utf16}, expected UTF-8`);
  const wrong = (at: number) => `${file}:${firstLine + linesBefore(bytes, at)}: `;
  if (!isUtf8(bytes))
    throw new InputError(
      `${wrong(firstNotUtf8(bytes))}the text is not UTF-8 (it looks like ${eightBitEncoding(bytes)})`,
    );
  const zero = bytes.indexOf(0);
  if (zero >= 0) throw new InputError(`${wrong(zero)}found a zero byte, expected text`);
}

/** Bytes that are looked at for a zero: in UTF-16 a space or a newline has one. */
const UTF16_PROBE = 1024;

/** UTF-16 by its byte order mark or by a zero byte, which no text in UTF-8 has. */
function utf16Of(bytes: Buffer): string | undefined {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'UTF-16 (little-endian, by its byte order mark)';
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'UTF-16 (big-endian, by its byte order mark)';
  const zero = bytes.subarray(0, UTF16_PROBE).indexOf(0);
  if (zero < 0) return undefined;
  return `UTF-16 (${zero % 2 === 0 ? 'big' : 'little'}-endian, by its zero bytes) or no text at all`;
}

/**
 * A guess. In Cyrillic text most bytes beyond ASCII stand beside others, in Western European text few do. Small letters,
 * which are most of any text, are 0xE0–0xFF in Windows-1251 and 0xC0–0xDF in KOI8-R.
 */
function eightBitEncoding(bytes: Buffer): string {
  let high = 0;
  let beside = 0;
  let upperHalf = 0;
  for (let i = 0; i < bytes.length; i++) {
    if (bytes[i] < 0x80) continue;
    high++;
    if (bytes[i - 1] >= 0x80 || bytes[i + 1] >= 0x80) beside++;
    if (bytes[i] >= 0xe0) upperHalf++;
  }
  if (2 * beside < high) return 'Latin-1 or Windows-1252';
  return 2 * upperHalf > high ? 'Windows-1251' : 'KOI8-R';
}

/** Where the first line begins that is not UTF-8. */
function firstNotUtf8(bytes: Buffer): number {
  for (let start = 0; start < bytes.length; ) {
    const newline = bytes.indexOf(0x0a, start);
    const end = newline < 0 ? bytes.length : newline;
    if (!isUtf8(bytes.subarray(start, end))) return start;
    start = end + 1;
  }
  return bytes.length;
}

function linesBefore(bytes: Buffer, at: number): number {
  let lines = 0;
  for (let i = bytes.indexOf(0x0a); i >= 0 && i < at; i = bytes.indexOf(0x0a, i + 1)) lines++;
  return lines;
}

function bytesOf(file: string | number, name: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown';
    const reasons: Record<string, string> = {
      ENOENT: 'there is no such file',
      EACCES: 'the file may not be read (permission denied)',
      EISDIR: 'found a folder, expected a file with a corpus',
      ERR_FS_FILE_TOO_LARGE: 'the file is larger than 2 GiB, which is the most that can be read at once',
    };
    throw new InputError(`${name}: ${reasons[code] ?? `the file cannot be read (${code})`}`);
  }
}
