/**
 * A folder that is written as a whole: beside its place, under another name, and then renamed. What stood there before is
 * replaced only where it is an export's own, each file as it was written, which the record in the folder says.
 */
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { sha256 } from '../digest';
import { InputError, reasonOf } from '../errors';
import { writeFileAtomically } from '../files';
import { prettyJson } from '../json';
import { makeFolder } from '../make-folder';
import { readWhole } from '../pieces';
import { discardWhenStopped } from '../stop-signal';

/** The record of an export: what it was made from, and of each file what it held. */
export const RECORD_FILE = 'ner-distill.json';

/** Files by name, a `/` between folder and file, each made when it is written. */
export type Files = Readonly<Record<string, () => string | Uint8Array>>;

export interface FolderRecord {
  readonly files: Readonly<Record<string, { readonly bytes: number; readonly sha256: string }>>;
}

/**
 * Writes files and a record of them. Where that is cannot be written is told before they are made; where the process is asked to
 * stop meanwhile, nothing is left behind.
 * @param contents gives the files, and what the record says beside them
 * @throws InputError where the place is taken by anything but an earlier export, or cannot be written; it is then as before
 */
export async function writeFolder<About extends object>(
  out: string,
  contents: () => Promise<{ readonly files: Files; readonly about: About }>,
): Promise<About & FolderRecord> {
  const orExplain = <T>(work: () => T): T => {
    try {
      return work();
    } catch (error) {
      if (error instanceof InputError) throw error;
      throw new InputError(`${out}: the folder cannot be written (${reasonOf(error)})`);
    }
  };
  orExplain(() => checkPlace(out));
  const place = resolve(out);
  const folder = existsSync(place) ? realpathSync(place) : place;
  const above = missingAbove(folder);
  const work = orExplain(() => openWork(folder));
  const discard = () => {
    removeWork(work);
    if (!existsSync(folder)) removeEmpty(above);
  };
  const listening = discardWhenStopped(discard);
  try {
    const { files, about } = await contents();
    const fresh = join(work, 'new');
    const written: Record<string, { bytes: number; sha256: string }> = {};
    for (const [name, make] of Object.entries(files)) {
      // Only here a signal is heard.
      await setImmediate();
      const content = make();
      orExplain(() => writeFileAtomically(join(fresh, name), content));
      written[name] = { bytes: Buffer.byteLength(content), sha256: sha256(content) };
    }
    const record = { ...about, files: written };
    orExplain(() => {
      writeFileAtomically(join(fresh, RECORD_FILE), prettyJson(record));
      checkPlace(out, basename(work));
      replace(folder, fresh, work);
    });
    return record;
  } finally {
    listening.end();
    discard();
  }
}

/** The folders above a place that are not there, the innermost first. */
function missingAbove(folder: string): string[] {
  const above = dirname(folder);
  return existsSync(above) ? [] : [above, ...missingAbove(above)];
}

function removeEmpty(folders: readonly string[]): void {
  for (const folder of folders) if (existsSync(folder) && readdirSync(folder).length === 0) rmdirSync(folder);
}

/** New, with a name that nobody can know: nothing stands in it that somebody has put there. Within the folder where it must not be beside. */
function openWork(folder: string): string {
  const isThere = existsSync(folder);
  if (!isThere) makeFolder(dirname(folder));
  try {
    return mkdtempSync(`${folder}.`);
  } catch (error) {
    if (!isThere) throw error;
    return mkdtempSync(join(folder, WORK_WITHIN));
  }
}

const WORK_WITHIN = '.export-';

function replace(folder: string, fresh: string, work: string): void {
  if (!existsSync(folder)) {
    renameSync(fresh, folder);
    return;
  }
  const old = join(work, 'old');
  try {
    renameSync(folder, old);
  } catch {
    // Another file system begins there, or the work is within it.
    exchange(folder, fresh, work);
    return;
  }
  try {
    renameSync(fresh, folder);
  } catch (error) {
    renameSync(old, folder);
    throw error;
  }
  rmSync(old, { recursive: true, force: true });
}

/** Puts what is new in the place of what is in a folder that stays where it is. */
function exchange(folder: string, fresh: string, work: string): void {
  const isWithin = dirname(work) === folder;
  const within = isWithin ? work : mkdtempSync(join(folder, WORK_WITHIN));
  const moved: [string, string][] = [];
  const move = (name: string, from: string, to: string) => {
    renameSync(join(from, name), join(to, name));
    moved.push([join(to, name), join(from, name)]);
  };
  const [here, old] = [join(within, 'new'), join(within, 'old')];
  try {
    if (!isWithin) cpSync(fresh, here, { recursive: true });
    mkdirSync(old);
    for (const name of readdirSync(folder)) if (name !== basename(within)) move(name, folder, old);
    for (const name of readdirSync(here)) move(name, here, folder);
    rmSync(old, { recursive: true, force: true });
  } catch (error) {
    for (const [from, to] of moved.reverse()) renameSync(from, to);
    if (existsSync(old)) rmdirSync(old);
    throw error;
  } finally {
    removeWork(within);
  }
}

/** Not what stood in the place before, where it could not be put back. */
function removeWork(work: string): void {
  if (!existsSync(work)) return;
  rmSync(join(work, 'new'), { recursive: true, force: true });
  if (readdirSync(work).length === 0) rmdirSync(work);
}

/**
 * @param except the name of an entry that does not count
 * @throws InputError unless there is nothing, an empty folder, or an export that nobody has changed
 */
export function checkPlace(out: string, except?: string): void {
  const expected = 'expected a new or empty folder, or one that only "export" has written';
  // An empty name is that of the working directory, but `statSync` finds nothing there.
  const place = resolve(out);
  const found = statSync(place, { throwIfNoEntry: false });
  if (!found) return;
  if (!found.isDirectory()) throw new InputError(`${out}: found a file, ${expected}`);
  const entries = readdirSync(place, { recursive: true, encoding: 'utf8' })
    .map(name => name.replaceAll('\\', '/'))
    .filter(name => name.split('/')[0] !== except);
  if (entries.length === 0) return;
  const { files } = readRecord(place) ?? { files: {} };
  const isOurs = (name: string) => {
    if (name === RECORD_FILE) return true;
    if (statSync(join(place, name), { throwIfNoEntry: false })?.isDirectory())
      return Object.keys(files).some(file => file.startsWith(`${name}/`));
    return (
      Object.hasOwn(files, name) &&
      existsSync(join(place, name)) &&
      sha256(readWhole(join(place, name))) === files[name].sha256
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
