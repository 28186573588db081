/**
 * A folder that is written as a whole: beside its place, under another name, and then renamed. What stood there before is
 * replaced only where it is an export's own, each file as it was written, which the record in the folder says.
 */
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { sha256 } from '../digest';
import { InputError, reasonOf } from '../errors';
import { writeFileAtomically } from '../files';
import { prettyJson } from '../json';
import { makeFolder } from '../make-folder';

/** The record of an export: what it was made from, and of each file what it held. */
export const RECORD_FILE = 'ner-distill.json';

/** Files by name, a `/` between folder and file, each made when it is written. */
export type Files = Readonly<Record<string, () => string | Uint8Array>>;

export interface FolderRecord {
  readonly files: Readonly<Record<string, { readonly bytes: number; readonly sha256: string }>>;
}

/**
 * Writes the files and a record of them.
 * @param about what the record says beside the files
 * @throws InputError where the place is taken by anything but an earlier export, or cannot be written; it is then as before
 */
export function writeFolder<About extends object>(
  out: string,
  files: Files,
  about: About,
): About & FolderRecord {
  checkPlace(out);
  const place = resolve(out);
  const folder = existsSync(place) ? realpathSync(place) : place;
  let beside: string | undefined;
  try {
    makeFolder(dirname(folder));
    // New, with a name that nobody can know: nothing stands in it that somebody has put there.
    beside = mkdtempSync(`${folder}.`);
    const fresh = join(beside, 'new');
    const written: Record<string, { bytes: number; sha256: string }> = {};
    for (const [name, make] of Object.entries(files)) {
      const content = make();
      writeFileAtomically(join(fresh, name), content);
      written[name] = { bytes: Buffer.byteLength(content), sha256: sha256(content) };
    }
    const record = { ...about, files: written };
    writeFileAtomically(join(fresh, RECORD_FILE), prettyJson(record));
    checkPlace(out);
    replace(folder, fresh, join(beside, 'old'));
    removeBeside(beside);
    return record;
  } catch (error) {
    if (beside !== undefined) removeBeside(beside);
    throw error instanceof InputError
      ? error
      : new InputError(`${out}: the folder cannot be written (${reasonOf(error)})`);
  }
}

function replace(folder: string, fresh: string, old: string): void {
  const isThere = existsSync(folder);
  if (isThere) renameSync(folder, old);
  try {
    renameSync(fresh, folder);
  } catch (error) {
    if (isThere) renameSync(old, folder);
    throw error;
  }
  rmSync(old, { recursive: true, force: true });
}

/** Not what stood in the place before, where it could not be put back. */
function removeBeside(beside: string): void {
  rmSync(join(beside, 'new'), { recursive: true, force: true });
  if (readdirSync(beside).length === 0) rmdirSync(beside);
}

/** @throws InputError unless there is nothing, an empty folder, or an export that nobody has changed */
export function checkPlace(out: string): void {
  const expected = 'expected a new or empty folder, or one that only "export" has written';
  // An empty name is that of the working directory, but `statSync` finds nothing there.
  const place = resolve(out);
  const found = statSync(place, { throwIfNoEntry: false });
  if (!found) return;
  if (!found.isDirectory()) throw new InputError(`${out}: found a file, ${expected}`);
  const entries = readdirSync(place, { recursive: true, encoding: 'utf8' }).map(name =>
    name.replaceAll('\\', '/'),
  );
  if (entries.length === 0) return;
  const { files } = readRecord(place) ?? { files: {} };
  const isOurs = (name: string) => {
    if (name === RECORD_FILE) return true;
    if (statSync(join(place, name), { throwIfNoEntry: false })?.isDirectory())
      return Object.keys(files).some(file => file.startsWith(`${name}/`));
    return (
      Object.hasOwn(files, name) &&
      existsSync(join(place, name)) &&
      sha256(readFileSync(join(place, name))) === files[name].sha256
    );
  };
  const foreign = entries.find(name => !isOurs(name));
  if (foreign !== undefined)
    throw new InputError(
      `${out}: found "${foreign}", which ${Object.hasOwn(files, foreign) ? 'has changed since it was exported' : 'no export has written'}; ${expected}`,
    );
}

function readRecord(place: string): FolderRecord | undefined {
  try {
    const record = JSON.parse(readFileSync(join(place, RECORD_FILE), 'utf8')) as Partial<FolderRecord> | null;
    return record?.files && typeof record.files === 'object' ? (record as FolderRecord) : undefined;
  } catch {
    return undefined;
  }
}
