/**
 * How the store knows its files again: each has a SHA-256 that was taken when it was written and is held against what is
 * read, so that a file that was changed, cut short or replaced by another's is named, and never taken for what it was.
 *
 * Files that belong together (a finished run, an epoch) have theirs in a `done` file that is written last; what can be made
 * again stands alone and has its own within it. All cover what the file is *of*, so that one of another run is none.
 */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { sha256 } from '../digest';
import { InputError } from '../errors';
import { writeFileAtomically } from '../files';
import { canonicalJson, prettyJson } from '../json';
import type { Parameters } from '../model/parameters';
import { decodeSafetensors, digestOfParameters, safetensorsHeader } from '../model/safetensors';
import { inPieces, readWhole } from '../pieces';

/** A file of the store is not what was written there. */
export class DamagedFileError extends InputError {
  /** @param remedy what makes the file right again, where whoever reads it does not do so */
  constructor(
    readonly file: string,
    readonly found: string,
    remedy = '',
  ) {
    super(`${file}: ${found}${remedy}`);
  }
}

/** What work finds damaged; `null` where it finds nothing. */
export function damageIn(work: () => void): DamagedFileError | null {
  try {
    work();
    return null;
  } catch (error) {
    if (error instanceof DamagedFileError) return error;
    throw error;
  }
}

// ------------------------------------------------------------------------------------------------------ a JSON object

/** Writes an object as JSON, with a seal over it and over what it is of. */
export function writeSealedJson(file: string, of: string, value: object): void {
  writeFileAtomically(file, sealedJson(of, value));
}

/**
 * Reads what `writeSealedJson` wrote.
 * @throws DamagedFileError where that is not there, or it is of something else
 */
export function readSealedJson<T extends object>(file: string, of: string): T {
  const text = readBytes(file).toString('utf8');
  try {
    const { seal: _, ...value } = JSON.parse(text) as T & { readonly seal?: unknown };
    if (sealedJson(of, value) === text) return value as unknown as T;
  } catch {
    // No JSON, or nothing that can have a seal.
  }
  throw new DamagedFileError(file, whyNot(of, text.includes('"seal"')));
}

function sealedJson(of: string, value: object): string {
  return prettyJson({ ...value, seal: sha256(canonicalJson({ of, value })) });
}

// ------------------------------------------------------------------------------------------------------------ tensors

/** Writes tensors as safetensors; their digest and what they are of stand in the header. */
export function writeSealedTensors(file: string, of: string, tensors: Parameters): void {
  const header = safetensorsHeader(tensors, sealOf(of, digestOfParameters(tensors)));
  const data = Object.values(tensors).flatMap(({ values }) => [...inPieces(values)]);
  writeFileAtomically(file, [header, ...data]);
}

/**
 * Reads what `writeSealedTensors` wrote, with the digest of the tensors.
 * @throws DamagedFileError where that is not there, or it is of something else
 */
export function readSealedTensors(file: string, of: string): { tensors: Parameters; digest: string } {
  const bytes = readBytes(file);
  let tensors: Parameters;
  try {
    tensors = decodeSafetensors(bytes, file);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw new DamagedFileError(file, error.message.replace(`${file}: `, ''));
  }
  const digest = digestOfParameters(tensors);
  // The bytes are those that would be written: nothing else is in the header, and nothing behind the last tensor.
  const header = safetensorsHeader(tensors, sealOf(of, digest));
  const size = Object.values(tensors).reduce((sum, { values }) => sum + values.byteLength, header.length);
  const found = bytes.subarray(0, header.length);
  if (bytes.length !== size || !found.equals(header))
    throw new DamagedFileError(file, whyNot(of, found.includes('"sha256"')));
  return { tensors, digest };
}

function whyNot(of: string, hasDigest: boolean): string {
  return hasDigest
    ? `changed since it was written, or not ${of}`
    : `has no digest: written by an older version, or not ${of}`;
}

function sealOf(of: string, digest: string): Record<string, string> {
  return { of, sha256: digest };
}

// -------------------------------------------------------------------------------------------- files that belong together

/** Written last: a folder without it is not whole. */
export const DONE = 'done';

interface KnownFile {
  readonly bytes: number;
  readonly sha256: string;
}

/** Files by their names within the folder; each is made when its turn comes, since weights are large. */
export type FolderContent = Readonly<Record<string, () => string | Uint8Array>>;

/** A folder of files that belong together. */
export class SealedFolder {
  /**
   * @param of what it is of, such as `the run 0123456789abcdef`
   * @param remedy see `DamagedFileError`
   */
  constructor(
    private readonly folder: string,
    private readonly of: string,
    private readonly remedy = '',
  ) {}

  /** Writes all files, and then that they are all. @param folder where they are written, to be moved afterwards */
  write(content: FolderContent, folder = this.folder): void {
    const files: Record<string, KnownFile> = {};
    for (const [name, make] of Object.entries(content)) {
      const made = make();
      writeFileAtomically(join(folder, name), made);
      files[name] = { bytes: Buffer.byteLength(made), sha256: sha256(made) };
    }
    writeSealedJson(join(folder, DONE), this.of, { files });
  }

  /** Stands for the content of all its files. @throws DamagedFileError */
  get digest(): string {
    return sha256(canonicalJson(this.files));
  }

  /** Size of a file as it was written. @throws DamagedFileError */
  bytesOf(name: string): number {
    return this.files[name].bytes;
  }

  /** @throws DamagedFileError */
  get names(): string[] {
    return Object.keys(this.files);
  }

  /** A file as it was written. @throws DamagedFileError where it is not */
  read(name: string): Buffer {
    const file = join(this.folder, name);
    const known = this.files[name];
    if (!known) throw this.damage(file, `${this.of} was written without this file`);
    const bytes = this.explained(() => readBytes(file));
    this.checkSize(file, bytes.length, known);
    if (sha256(bytes) !== known.sha256) throw this.damage(file, `changed since ${this.of} was written`);
    return bytes;
  }

  /**
   * Holds files against what is known of them.
   * @param of `sizes` reads none of them, which tells most damage at no cost
   * @param names default: all
   * @throws DamagedFileError names the first that is not as it was written
   */
  check(of: 'sizes' | 'content', names: readonly string[] = this.names): void {
    for (const name of names) {
      if (of === 'content') this.read(name);
      else {
        const file = join(this.folder, name);
        const { size } = this.explained(() => statOf(file));
        this.checkSize(file, size, this.files[name]);
      }
    }
  }

  /** Every file that is not as it was written; all are read. */
  damages(): DamagedFileError[] {
    const ofList = damageIn(() => this.files);
    if (ofList) return [ofList];
    return this.names.flatMap(name => damageIn(() => this.read(name)) ?? []);
  }

  private known?: Readonly<Record<string, KnownFile>>;
  private get files(): Readonly<Record<string, KnownFile>> {
    this.known ??= this.explained(() => {
      const read = readSealedJson<{ readonly files: Record<string, KnownFile> }>(
        join(this.folder, DONE),
        this.of,
      );
      return read.files;
    });
    return this.known;
  }

  private checkSize(file: string, bytes: number, known: KnownFile): void {
    if (bytes !== known.bytes)
      throw this.damage(
        file,
        `changed since ${this.of} was written (found ${bytes} bytes, expected ${known.bytes})`,
      );
  }

  private damage(file: string, found: string): DamagedFileError {
    return new DamagedFileError(file, found, this.remedy);
  }

  private explained<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      if (error instanceof DamagedFileError) throw this.damage(error.file, error.found);
      throw error;
    }
  }
}

function readBytes(file: string): Buffer {
  return orDamaged(file, () => readWhole(file));
}

function statOf(file: string): { readonly size: number } {
  return orDamaged(file, () => statSync(file));
}

function orDamaged<T>(file: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new DamagedFileError(
      file,
      code === 'ENOENT' ? 'there is no such file, but there was one' : `cannot be read (${code ?? message})`,
    );
  }
}
