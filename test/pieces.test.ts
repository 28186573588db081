/** Contents that are larger than Node takes at once: here as if that were a few bytes. */
import { createHash, Hash } from 'node:crypto';
import fs, { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sha256 } from 'ner-distill/digest';
import { readSealedTensors, SealedFolder, writeSealedTensors } from 'ner-distill/experiment/sealed';
import { writeFileAtomically } from 'ner-distill/files';
import { digestOfParameters, encodeSafetensors } from 'ner-distill/model/safetensors';
import { inPieces, PIECE, readWhole } from 'ner-distill/pieces';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';

const FEW = 5;
const tensors = {
  hidden: { shape: [3, 2], values: Float32Array.of(1, 2, 3, 4, 5, 6) },
  bias: { shape: [1], values: Float32Array.of(-7) },
};
const text = 'ten words and ö';

describe('what is larger than a piece', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'pieces-'));
    return () => rmSync(folder, { recursive: true });
  });

  it('is written, hashed and read in pieces, with the bytes and digests of the whole', () => {
    const digest = digestOfParameters(tensors);
    const whole = encodeSafetensors(tensors, { of: 'these tensors', sha256: digest });
    const digestOfBytes = createHash('sha256').update(whole).digest('hex');
    takeNoMoreThan(FEW);

    expect(sha256(whole)).toBe(digestOfBytes);
    const [file, copy] = [join(folder, 'sealed'), join(folder, 'text')];
    writeSealedTensors(file, 'these tensors', tensors);
    expect(readWhole(file).equals(whole)).toBe(true);
    expect(readSealedTensors(file, 'these tensors')).toEqual({ tensors, digest });
    writeFileAtomically(copy, text);
    expect(readWhole(copy).toString()).toBe(text);
    const sealed = new SealedFolder(join(folder, 'run'), 'the run');
    sealed.write({ weights: () => whole });
    expect(sealed.read('weights').equals(whole)).toBe(true);
  });

  it('is cut where it stands, without a copy', () => {
    takeNoMoreThan(FEW);
    const pieces = [...inPieces(tensors.hidden.values.subarray(1, 4))];
    expect(pieces.map(({ byteOffset, length }) => [byteOffset, length])).toEqual([
      [4, 5],
      [9, 5],
      [14, 2],
    ]);
    expect(pieces.every(({ buffer }) => buffer === tensors.hidden.values.buffer)).toBe(true);
  });

  it('is read up to where it ends, where it has become shorter', () => {
    const file = join(folder, 'short');
    writeFileSync(file, '0123456');
    takeNoMoreThan(FEW);
    const { fstatSync } = fs;
    vi.spyOn(fs, 'fstatSync').mockImplementation(((fd: number) => ({ ...fstatSync(fd), size: 99 })) as never);
    syncBuiltinESMExports();
    expect(readWhole(file).toString()).toBe('0123456');
  });
});

/** Has files and hashes refuse more bytes at once, as they refuse 2 GiB. */
function takeNoMoreThan(most: number): void {
  const { bytes } = PIECE;
  const { writeSync, readSync } = fs;
  const { update } = Hash.prototype;
  const check = (length: number) => {
    if (length > most) throw new RangeError(`${length} bytes at once`);
  };
  onTestFinished(() => {
    PIECE.bytes = bytes;
    vi.restoreAllMocks();
    syncBuiltinESMExports();
  });
  PIECE.bytes = most;
  vi.spyOn(fs, 'writeSync').mockImplementation(((fd: number, data: Uint8Array, from: number) => {
    check(data.byteLength - from);
    return writeSync(fd, data, from);
  }) as never);
  vi.spyOn(fs, 'readSync').mockImplementation(((
    fd: number,
    data: Uint8Array,
    from: number,
    length: number,
    at: number | null,
  ) => {
    check(length);
    return readSync(fd, data, from, length, at);
  }) as never);
  syncBuiltinESMExports();
  vi.spyOn(Hash.prototype, 'update').mockImplementation(function (this: Hash, data: string | Uint8Array) {
    if (typeof data !== 'string') check(data.byteLength);
    return (update as (data: string | Uint8Array) => Hash).call(this, data);
  } as never);
}
