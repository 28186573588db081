/** By what contents are known again. */
import { createHash } from 'node:crypto';
import { inPieces } from './pieces';

/** SHA-256, in hexadecimal. */
export function sha256(content: string | Uint8Array): string {
  return sha256OfAll([content]);
}

/** SHA-256 of contents that follow one another, of any size, in hexadecimal. */
export function sha256OfAll(contents: Iterable<string | ArrayBufferView>): string {
  const hash = createHash('sha256');
  for (const content of contents)
    if (typeof content === 'string') hash.update(content);
    else for (const piece of inPieces(content)) hash.update(piece);
  return hash.digest('hex');
}
