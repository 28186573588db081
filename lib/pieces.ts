/** Large contents piece by piece: what files and hashes take or give at once is less than 2 GiB. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

/** Of one piece: Node's `writeSync`, `readSync` and `Hash.update` take 2³¹ − 1 bytes at most. Tests set less. */
export const PIECE = { bytes: 2 ** 30 };

/** The bytes of a view in order, in pieces of its own memory. */
export function* inPieces({ buffer, byteOffset, byteLength }: ArrayBufferView): Generator<Uint8Array> {
  for (let at = 0; at < byteLength; at += PIECE.bytes)
    yield new Uint8Array(buffer, byteOffset + at, Math.min(PIECE.bytes, byteLength - at));
}

/** A whole file, of which `readFileSync` reads no more than 2 GiB; what cannot be read throws as there. */
export function readWhole(file: string): Buffer {
  const descriptor = openSync(file, 'r');
  try {
    const bytes = Buffer.alloc(fstatSync(descriptor).size);
    let read = 0;
    for (const piece of inPieces(bytes))
      for (let filled = 0; filled < piece.length; ) {
        const more = readSync(descriptor, piece, filled, piece.length - filled, null);
        // It has become shorter.
        if (more === 0) return bytes.subarray(0, read);
        filled += more;
        read += more;
      }
    return bytes;
  } finally {
    closeSync(descriptor);
  }
}
