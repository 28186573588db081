/** Locks between processes: a file with the number of the process that holds it, void once that process is gone. */
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { InputError } from './errors';

/** Work of this process under each lock: whoever comes for the same one waits for it. */
const held = new Map<string, Promise<unknown>>();

/**
 * Does the work while this process holds the lock. Work of this process under one lock is done one after the other, so
 * work must not ask for the lock that it is done under.
 * @param what named in the error, such as `the study in results`
 * @throws InputError where another living process holds it
 */
export async function withLock<T>(file: string, what: string, work: () => Promise<T>): Promise<T> {
  while (held.has(file)) await held.get(file)?.catch(() => {});
  const done = Promise.resolve().then(() => underFile(file, what, work));
  held.set(file, done);
  try {
    return await done;
  } finally {
    held.delete(file);
  }
}

/** Whether a living process holds the lock, this one included. */
export function isLocked(file: string): boolean {
  const holder = holderOf(file);
  return holder !== undefined && (holder === process.pid ? held.has(file) : isAlive(holder));
}

async function underFile<T>(file: string, what: string, work: () => Promise<T>): Promise<T> {
  acquire(file, what);
  try {
    return await work();
  } finally {
    if (holderOf(file) === process.pid) rmSync(file, { force: true });
  }
}

function acquire(file: string, what: string): void {
  const ours = `${file}-${process.pid}`;
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(ours, String(process.pid));
    // A link appears with its content, so nobody can read a lock that does not yet say whose it is.
    while (!links(ours, file)) {
      const holder = holderOf(file);
      if (holder !== undefined && holder !== process.pid && isAlive(holder))
        throw new InputError(`${what} is being worked on by process ${holder}: wait for it, or stop it`);
      clear(file, holder);
    }
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw new InputError(`${file}: cannot be written (${(error as Error).message})`);
  } finally {
    rmSync(ours, { force: true });
  }
}

/** Makes `file` a second name of `ours`; `false` where there is such a file already. */
function links(ours: string, file: string): boolean {
  try {
    linkSync(ours, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Removes a void lock, unless another process was quicker to replace it by one of its own. */
function clear(file: string, holder: number | undefined): void {
  const aside = `${file}-${process.pid}-void`;
  try {
    renameSync(file, aside);
  } catch {
    return;
  }
  if (holderOf(aside) !== holder) links(aside, file);
  rmSync(aside, { force: true });
}

function holderOf(file: string): number | undefined {
  try {
    return Number(readFileSync(file, 'utf8')) || undefined;
  } catch {
    return undefined;
  }
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
