/** Text files of corpora: UTF-8, and a word about what a file is in where it is something else. */
import { isUtf8 } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { InputError } from '../errors';

/**
 * The bytes of a file in UTF-8.
 * @throws InputError where it cannot be read (missing, not permitted, a folder) or is in another encoding, then with the
 * encoding that it seems to be in.
 */
export function readUtf8File(path: string): Buffer {
  const bytes = readBytes(path);
  checkUtf8(bytes, path);
  return bytes;
}

/** @throws InputError `file:line: …` where the bytes are no UTF-8, with the encoding that they seem to be in. */
export function checkUtf8(bytes: Buffer, file: string): void {
  const utf16 = utf16Of(bytes);
  if (utf16) throw new InputError(`${file}: the text is in ${utf16}, expected UTF-8`);
  if (!isUtf8(bytes))
    throw new InputError(
      `${file}:${firstLineNotUtf8(bytes)}: the text is not UTF-8 (it looks like ${eightBitEncoding(bytes)})`,
    );
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

function firstLineNotUtf8(bytes: Buffer): number {
  let line = 1;
  for (let start = 0; start < bytes.length; line++) {
    const newline = bytes.indexOf(0x0a, start);
    const end = newline < 0 ? bytes.length : newline;
    if (!isUtf8(bytes.subarray(start, end))) return line;
    start = end + 1;
  }
  return line;
}

function readBytes(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown';
    const reasons: Record<string, string> = {
      ENOENT: 'there is no such file',
      EACCES: 'the file may not be read (permission denied)',
      EISDIR: 'found a folder, expected a file with a corpus',
    };
    throw new InputError(`${path}: ${reasons[code] ?? `the file cannot be read (${code})`}`);
  }
}
