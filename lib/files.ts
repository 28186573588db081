/**
 * Writing outputs. A plain file is replaced as a whole, so that a reader sees the old content or the new, never half of it;
 * a link stays where it is, and what it leads to is written; what is no plain file (a device, a FIFO, `/dev/fd/3`) is
 * written through.
 */
import {
  accessSync,
  closeSync,
  constants,
  type Dirent,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsyncSync,
  lstatSync,
  openSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  type Stats,
  writeSync,
} from 'node:fs';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { sha256 } from './digest';
import { InputError, unwritable } from './errors';
import { checkLocksAbove, isAlive, visibleProcesses } from './lock';
import { makeFolder } from './make-folder';
import { inPieces } from './pieces';

/** What stands for the standard output (or input) where a file is named. */
export const STANDARD_STREAM = '-';

/** A file that is being written. */
export interface FileInWork {
  write(content: string | Uint8Array): void;
  /** Puts a plain file in its place. */
  close(): void;
  /** Leaves what was there before; what was written through stays written. */
  discard(): void;
}

/** Writes a whole file, of parts or in one; an `InputError` names a place that cannot be written. */
export function writeFileAtomically(
  file: string,
  content: string | Uint8Array | readonly Uint8Array[],
): void {
  const output = openFile(file);
  try {
    for (const part of Array.isArray(content) ? content : [content]) output.write(part);
    output.close();
  } catch (error) {
    output.discard();
    throw error;
  }
}

/** Opens a file to be written; each call of it, too, throws an `InputError` that names a place that cannot be written. */
export function openFile(file: string): FileInWork {
  const orExplain = <T>(work: () => T): T => {
    try {
      return work();
    } catch (error) {
      throw unwritable(file, error);
    }
  };
  const place = orExplain(() => placeOf(file));
  const output = orExplain(() => (place.kind === 'plain' ? openBeside(place) : openThrough(place)));
  return {
    write: content => orExplain(() => output.write(content)),
    close: () => orExplain(() => output.close()),
    discard: () => output.discard(),
  };
}

/** Whether a name stands for this process's standard output. */
export function isStandardOutput(file: string): boolean {
  if (file === STANDARD_STREAM) return true;
  try {
    const place = placeOf(file);
    return place.kind === 'descriptor' && place.descriptor === 1;
  } catch {
    return false;
  }
}

/** Where writing to a name leads. */
export type Place =
  /** An open file of this process, which must not be opened anew: that would begin it again. */
  | { readonly kind: 'descriptor'; readonly descriptor: number }
  | { readonly kind: 'special'; readonly path: string }
  | { readonly kind: 'plain'; readonly path: string; readonly before: Stats | undefined };

/** As Linux has it. */
const MOST_LINKS = 40;
const STANDARD_DEVICES: Readonly<Record<string, number>> = {
  '/dev/stdin': 0,
  '/dev/stdout': 1,
  '/dev/stderr': 2,
};
const DESCRIPTOR = new RegExp(`^(?:/dev|/proc/(?:self|thread-self|${process.pid}))/fd/(\\d+)$`);

/** Follows links, also one whose target is not there yet. @throws InputError for a folder and for links in a circle */
export function placeOf(file: string): Place {
  if (file === STANDARD_STREAM) return { kind: 'descriptor', descriptor: 1 };
  if (/[/\\]$/.test(file) && (sep === '\\' || file.endsWith(sep)))
    throw new InputError(`${file}: cannot be written (found the name of a folder, expected that of a file)`);
  let path = resolve(file);
  for (let links = 0; links < MOST_LINKS; links++) {
    path = join(realFolder(dirname(path)), basename(path));
    const descriptor = STANDARD_DEVICES[path] ?? DESCRIPTOR.exec(path)?.[1];
    if (descriptor !== undefined) return { kind: 'descriptor', descriptor: Number(descriptor) };
    const before = lstatSync(path, { throwIfNoEntry: false });
    if (before?.isDirectory())
      throw new InputError(`${file}: cannot be written (found a folder, expected a file)`);
    if (!before || before.isFile()) return { kind: 'plain', path, before };
    if (!before.isSymbolicLink()) return { kind: 'special', path };
    path = resolve(dirname(path), readlinkSync(path));
  }
  throw new InputError(`${file}: cannot be written (its links lead in a circle)`);
}

/** The folder without links, as far as it is there. */
function realFolder(folder: string): string {
  try {
    return realpathSync.native(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || dirname(folder) === folder) throw error;
    return join(realFolder(dirname(folder)), basename(folder));
  }
}

function openThrough(place: Exclude<Place, { kind: 'plain' }>): FileInWork {
  if (place.kind === 'descriptor' && place.descriptor === 1)
    return { write: content => void process.stdout.write(content), close() {}, discard() {} };
  if (place.kind === 'descriptor') {
    fstatSync(place.descriptor);
    return { write: content => writeAll(place.descriptor, content), close() {}, discard() {} };
  }
  const descriptor = openSync(place.path, constants.O_WRONLY | (constants.O_NOCTTY ?? 0));
  const close = onlyOnce(() => closeSync(descriptor));
  return { write: content => writeAll(descriptor, content), close, discard: close };
}

/** Temporary files that this process has open. */
const inWork = new Set<string>();

/** Writes beside a plain file, with the rights and the owner of what is there, and renames over it. */
function openBeside({ path, before }: Extract<Place, { kind: 'plain' }>): FileInWork {
  // A file that must not be written is not replaced either.
  if (before) accessSync(path, constants.W_OK);
  // A folder that is gone with the lock on it is not made again.
  checkLocksAbove(path);
  makeFolder(dirname(path));
  sweepOnce(dirname(path));
  const { temporary, descriptor } = openTemporary(path, before);
  inWork.add(temporary);
  const end = onlyOnce(() => {
    inWork.delete(temporary);
    closeSync(descriptor);
  });
  return {
    write: content => writeAll(descriptor, content),
    close() {
      if (before) keepRights(descriptor, before);
      fsyncSync(descriptor);
      end();
      // Whoever takes a lock over removes the temporary files: so either this finds it lost, or there is nothing to rename.
      checkLocksAbove(path);
      try {
        renameSync(temporary, path);
      } catch (error) {
        checkLocksAbove(path);
        throw error;
      }
    },
    discard() {
      end();
      rmSync(temporary, { force: true });
    },
  };
}

function onlyOnce(work: () => void): () => void {
  let done = false;
  return () => {
    if (done) return;
    done = true;
    work();
  };
}

function keepRights(descriptor: number, { mode, uid, gid }: Stats): void {
  const own = fstatSync(descriptor);
  if (own.uid !== uid || own.gid !== gid)
    try {
      fchownSync(descriptor, uid, gid);
    } catch {
      // Only the superuser can give files away.
    }
  fchmodSync(descriptor, mode & 0o7777);
}

function writeAll(descriptor: number, content: string | Uint8Array): void {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  for (const piece of inPieces(bytes)) writePiece(descriptor, piece);
}

function writePiece(descriptor: number, bytes: Uint8Array): void {
  for (let written = 0; written < bytes.length; )
    try {
      written += writeSync(descriptor, bytes, written);
    } catch (error) {
      // A pipe that others have set not to wait, and that is full.
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PIPE_WAIT_MS);
    }
}

const PIPE_WAIT_MS = 5;

/**
 * The name of a temporary file says whose it is: the machine, a number, the process. The first is a digest of which processes
 * can be seen, since several machines and containers may share a file system and each knows which of its own live.
 */
const MACHINE = sha256(visibleProcesses()).slice(0, 8);
const TEMPORARY = /\.([0-9a-f]{8})-\d+\.(\d+)\.tmp$/;
/** Leaves room for what is added: names have 255 bytes at most, and a character up to three (of UTF-16 units). */
const NAME_CHARACTERS = 70;
const MOST_TRIES = 1000;

/** A new file, never one that somebody has put there under this name. */
function openTemporary(path: string, before: Stats | undefined): { temporary: string; descriptor: number } {
  const stem = join(dirname(path), basename(path).slice(0, NAME_CHARACTERS));
  for (let number = 0; ; number++) {
    const temporary = `${stem}.${MACHINE}-${number}.${process.pid}.tmp`;
    try {
      // What replaces a private file is private from the beginning.
      return { temporary, descriptor: openSync(temporary, 'wx', before ? 0o600 : 0o666) };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || number > MOST_TRIES) throw error;
    }
  }
}

const swept = new Set<string>();

/** Before this process first writes in a folder: what killed ones have left there is removed. */
function sweepOnce(folder: string): void {
  if (swept.has(folder)) return;
  swept.add(folder);
  try {
    for (const name of readdirSync(folder)) if (isLeftBehind(folder, name)) rmSync(join(folder, name));
  } catch {
    // It only takes room.
  }
}

/** Removes the temporary files in a folder, whosoever they are: for the one process that may write there. */
export function sweepTemporary(folder: string): void {
  try {
    for (const name of readdirSync(folder))
      if (TEMPORARY.test(name) && !inWork.has(join(realFolder(folder), name))) rmSync(join(folder, name));
  } catch {
    // There is no such folder yet.
  }
}

/** The temporary files in a folder, in all depths, that processes of this machine have left when they were killed. */
export function leftBehindIn(folder: string): string[] {
  return pathsIn(folder).filter(file => isLeftBehind(dirname(join(folder, file)), basename(file)));
}

function isLeftBehind(folder: string, name: string): boolean {
  const [, machine, pid] = TEMPORARY.exec(name) ?? [];
  if (machine !== MACHINE) return false;
  // A number may have been given to another process since: then the file stays until that one has ended, too.
  return Number(pid) === process.pid ? !inWork.has(join(realFolder(folder), name)) : !isAlive(Number(pid));
}

/**
 * What stands in a folder and in those within it, but for the folders, as paths within it with `/`, by name. Links are not
 * followed: they may lead out, or in a circle. A folder within that is gone when its turn comes counts as empty.
 * @throws InputError where a folder cannot be read
 */
export function pathsIn(folder: string): string[] {
  const within = (at: string): string[] =>
    entriesOf(join(folder, at), at !== '').flatMap(entry => {
      const path = at === '' ? entry.name : `${at}/${entry.name}`;
      return entry.isDirectory() ? within(path) : [path];
    });
  return within('').sort();
}

function entriesOf(folder: string, mayBeGone: boolean): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (mayBeGone && code === 'ENOENT') return [];
    throw new InputError(`${folder}: the folder cannot be read (${code})`);
  }
}
