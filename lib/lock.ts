/** Locks between processes: a file with the number of the process that holds it, void once that process is gone. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { InputError } from './errors';

/**
 * Does the work while this process holds the lock.
 * @param what named in the error, such as `the study in results`
 * @throws InputError where another living process holds it
 */
export async function withLock<T>(file: string, what: string, work: () => Promise<T>): Promise<T> {
  acquire(file, what);
  try {
    return await work();
  } finally {
    rmSync(file, { force: true });
  }
}

/** Whether another living process holds the lock. */
export function isLocked(file: string): boolean {
  const holder = holderOf(file);
  return holder !== undefined && holder !== process.pid && isAlive(holder);
}

function acquire(file: string, what: string): void {
  mkdirSync(dirname(file), { recursive: true });
  for (;;) {
    try {
      writeFileSync(file, String(process.pid), { flag: 'wx' });
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST')
        throw new InputError(`${file}: cannot be written (${(error as Error).message})`);
    }
    const holder = holderOf(file);
    if (isLocked(file))
      throw new InputError(`${what} is being worked on by process ${holder}: wait for it, or stop it`);
    rmSync(file, { force: true });
  }
}

function holderOf(file: string): number | undefined {
  try {
    return Number(readFileSync(file, 'utf8')) || undefined;
  } catch {
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
