/**
 * The cache that Python's `huggingface_hub` shares
 * (https://huggingface.co/docs/huggingface_hub/guides/manage-cache): content under its hash in `blobs`, a folder of links
 * for each commit in `snapshots`, the commit of each branch in `refs`, the listing of each commit in `trees`.
 */
import {
  copyFileSync,
  linkSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  symlinkSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { InputError } from '../errors';
import { pathsIn, writeFileAtomically } from '../files';
import { inBrief } from '../listed';
import { makeFolder } from '../make-folder';
import { type HubId, isCommit } from './id';

/** A file of a repository at a commit, as the Hub lists it. */
export interface RemoteFile {
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** Git's id of what git holds: the content, or the pointer to it. */
  readonly oid: string;
  /** SHA-256 of the content, where git holds only a pointer to it (LFS). */
  readonly sha256?: string;
  /** Where Python finds the content in the Hub's storage; kept for it. */
  readonly xetHash?: string;
}

/** The name of a file's content in `blobs`. */
export function blobName({ oid, sha256 }: RemoteFile): string {
  return sha256 ?? oid;
}

/** A repository's folder in the cache. */
export class CachedRepository {
  readonly folder: string;

  constructor(
    readonly cache: string,
    { kind, name }: HubId,
  ) {
    this.folder = join(cache, [`${kind}s`, ...name.split('/')].join('--'));
  }

  blob(name: string): string {
    return join(this.folder, 'blobs', name);
  }

  /** Where this library's download of a blob stands until it is complete; others' have other names. */
  incomplete(name: string): string {
    return `${this.blob(name)}.ner-distill.incomplete`;
  }

  lock(name: string): string {
    return join(this.cache, '.locks', relative(this.cache, this.folder), `${name}.ner-distill.lock`);
  }

  snapshot(commit: string): string {
    return join(this.folder, 'snapshots', commit);
  }

  /** Which commit a revision was when it was last asked for. */
  commitOf(revision: string): string | undefined {
    if (isCommit(revision)) return revision;
    const text = textOf(join(this.folder, 'refs', revision))?.trim();
    return text !== undefined && isCommit(text) ? text : undefined;
  }

  setCommit(revision: string, commit: string): void {
    if (this.commitOf(revision) !== commit) writeFileAtomically(join(this.folder, 'refs', revision), commit);
  }

  /** The listing of a commit, if it is known. */
  listing(commit: string): RemoteFile[] | undefined {
    try {
      const { format_version, files } = JSON.parse(textOf(this.treeFile(commit)) ?? '{}') as Tree;
      if (format_version !== TREE_FORMAT) return undefined;
      return Object.entries(files).map(([path, file]) => ({
        path,
        size: file.lfs_size ?? file.size,
        oid: file.blob_id,
        sha256: file.lfs_sha256,
        xetHash: file.xet_hash,
      }));
    } catch {
      return undefined;
    }
  }

  setListing(commit: string, listing: readonly RemoteFile[]): void {
    const files: Tree['files'] = Object.fromEntries(
      listing.map(({ path, size, oid, sha256, xetHash }) => [
        path,
        {
          size,
          blob_id: oid,
          ...(sha256 && { lfs_sha256: sha256, lfs_size: size }),
          ...(xetHash && { xet_hash: xetHash }),
        },
      ]),
    );
    const tree: Tree = { format_version: TREE_FORMAT, files };
    writeFileAtomically(this.treeFile(commit), JSON.stringify(tree, null, 1));
  }

  private treeFile(commit: string): string {
    return join(this.folder, 'trees', `${commit}.json`);
  }

  /** Paths of the files in a snapshot. */
  filesIn(commit: string): string[] {
    const folder = this.snapshot(commit);
    if (!statsOf(folder)?.isDirectory()) return [];
    return pathsIn(folder).filter(path => statsOf(join(folder, path))?.isFile());
  }

  /** Whether a snapshot has a file, of its size. */
  has(commit: string, path: string, size?: number): boolean {
    const found = sizeOf(join(this.snapshot(commit), path));
    return found !== undefined && (size === undefined || found === size);
  }

  /**
   * Puts a blob into a snapshot.
   * @param ways for tests: systems differ in which they let whom do
   * @throws InputError where the folder cannot be written
   */
  place(
    blob: string,
    commit: string,
    path: string,
    ways: readonly Way[] = [linked, hardLinked, copied],
  ): void {
    const file = join(this.snapshot(commit), path);
    const temporary = `${file}.${process.pid}.tmp`;
    try {
      makeFolder(dirname(file));
      rmSync(temporary, { force: true });
      for (const [i, way] of ways.entries())
        try {
          way(this.blob(blob), temporary);
          break;
        } catch (error) {
          if (i === ways.length - 1) throw error;
        }
      renameSync(temporary, file);
    } catch (error) {
      rmSync(temporary, { force: true });
      throw new InputError(`${file}: cannot be written (${(error as Error).message})`);
    }
  }
}

type Way = (blob: string, file: string) => void;

/** As in Python, relative, so that the cache can be moved. */
export function linked(blob: string, file: string): void {
  symlinkSync(relative(dirname(file), blob), file);
}

/** Windows lets few make symbolic links, some file systems nobody: a hard link costs no room either. */
export function hardLinked(blob: string, file: string): void {
  linkSync(realpathSync(blob), file);
}

export function copied(blob: string, file: string): void {
  copyFileSync(blob, file);
}

/** The form of `trees` that huggingface_hub 2 writes. */
const TREE_FORMAT = 1;

interface Tree {
  readonly format_version?: number;
  readonly files: Readonly<
    Record<
      string,
      { size: number; blob_id: string; lfs_sha256?: string; lfs_size?: number; xet_hash?: string }
    >
  >;
}

/** What stands at a path; `undefined` where there is nothing, or nothing that can be looked at. */
export function statsOf(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}

/** Bytes of a file; `undefined` where there is none. */
export function sizeOf(file: string): number | undefined {
  const found = statsOf(file);
  return found?.isFile() ? found.size : undefined;
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

/**
 * Refuses a name that leads out of the folder that it is meant for, on this system or another. Git can hold no `..`, so that
 * only a Hub that is none lists one.
 * @throws InputError
 */
export function checkPath(path: string): void {
  const parts = path.split('/');
  const unsafe = (part: string) => part === '' || part === '.' || part === '..' || /^[A-Za-z]:/.test(part);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
  if (parts.some(unsafe) || /[\\\x00-\x1f\x7f]/.test(path))
    throw new InputError(`found a file named ${inBrief(path)}; expected names that stay within their folder`);
}
