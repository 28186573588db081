/**
 * Locks between processes: a file that says which process holds it, void once that process is gone. A number alone does not
 * tell a process, since numbers are used again: its start, the machine's start and the machine's name stand beside it.
 */
import {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { InputError, reasonOf } from './errors';

/** What a lock file holds, as JSON; `null` is what is not known, as all but the number in a lock of an older version. */
interface Holder {
  readonly pid: number;
  /** When the process began, in ticks since the machine did; known on Linux. */
  readonly started: string | null;
  /** Id of the machine's present start; known on Linux. */
  readonly boot: string | null;
  readonly host: string | null;
}

const UNKNOWN: Holder = { pid: 0, started: null, boot: null, host: null };

export interface LockOptions {
  /** For how long to wait, in milliseconds, for a process that holds the lock; default: not at all. */
  readonly patience?: number;
}

const BETWEEN_TRIES_MS = 20;

/** Work of this process under each lock: whoever comes for the same one waits for it. */
const held = new Map<string, Promise<unknown>>();

/**
 * Does the work while this process holds the lock. Work of this process under one lock is done one after the other, so
 * work must not ask for the lock that it is done under.
 * @param what named in the error, such as `the study in results`
 * @throws InputError where another living process holds it, or one of another machine, of which nobody here can tell
 */
export async function withLock<T>(
  file: string,
  what: string,
  work: () => Promise<T>,
  options: LockOptions = {},
): Promise<T> {
  while (held.has(file)) await held.get(file)?.catch(() => {});
  const done = Promise.resolve().then(() => underFile(file, what, work, options));
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
  return holder !== undefined && (isSame(holder, ourselves()) ? held.has(file) : mayLive(holder));
}

/** Removes a lock that no living process holds, and what others have left when they were killed at taking it. */
export function clearVoidLock(file: string): void {
  const holder = holderOf(file);
  if (existsSync(file) && !isLocked(file)) clear(file, holder);
  clearLeftBehind(file);
}

async function underFile<T>(
  file: string,
  what: string,
  work: () => Promise<T>,
  { patience = 0 }: LockOptions,
): Promise<T> {
  const last = performance.now() + patience;
  for (let other = acquire(file); other !== undefined; other = acquire(file)) {
    if (performance.now() >= last) throw new InputError(refusal(file, what, other));
    await sleep(BETWEEN_TRIES_MS);
  }
  try {
    return await work();
  } finally {
    if (isSame(holderOf(file), ourselves())) rmSync(file, { force: true });
  }
}

function refusal(file: string, what: string, { pid, host }: Holder): string {
  return host === null || host === hostname()
    ? `${what} is being worked on by process ${pid}: wait until it has ended`
    : `${what} is being worked on by process ${pid} of the machine "${host}": wait until it has ended; if nothing works on it there any more, delete ${file}`;
}

/** Takes the lock; gives its holder where there is one already. */
function acquire(file: string): Holder | undefined {
  const ours = `${file}-${process.pid}`;
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(ours, JSON.stringify(ourselves()));
    // A link appears with its content, so nobody can read a lock that does not yet say whose it is.
    while (!links(ours, file)) {
      const holder = holderOf(file);
      if (holder !== undefined && !isSame(holder, ourselves()) && mayLive(holder)) return holder;
      clear(file, holder);
    }
    return undefined;
  } catch (error) {
    throw new InputError(`${file}: cannot be written (${reasonOf(error)})`);
  } finally {
    tidy(file, ours);
  }
}

/** Removes what taking a lock has left. What cannot be removed only takes room, and must not hide why there is no lock. */
function tidy(file: string, ours: string): void {
  try {
    rmSync(ours, { force: true });
    clearLeftBehind(file);
  } catch {
    // As said.
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
function clear(file: string, holder: Holder | undefined): void {
  const aside = `${file}-${process.pid}-void`;
  try {
    renameSync(file, aside);
  } catch {
    return;
  }
  if (!isSame(holderOf(aside), holder)) links(aside, file);
  rmSync(aside, { force: true });
}

/** Removes what processes that were killed while they took or cleared this lock have left beside it. */
function clearLeftBehind(file: string): void {
  const folder = dirname(file);
  for (const name of readdirSync(folder)) {
    const [, pid] = /^-(\d+)(?:-void)?$/.exec(name.slice(basename(file).length)) ?? [];
    if (pid === undefined || !name.startsWith(basename(file))) continue;
    const left = holderOf(join(folder, name)) ?? { ...UNKNOWN, pid: Number(pid) };
    if (isSame(left, ourselves()) || !mayLive(left)) rmSync(join(folder, name), { force: true });
  }
}

/** `undefined` where there is no lock, or nothing in it that names a process. */
function holderOf(file: string): Holder | undefined {
  const text = textOf(file);
  if (text === null) return undefined;
  let value: Partial<Holder> | number | null;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const holder = { ...UNKNOWN, ...(typeof value === 'number' ? { pid: value } : value) };
  return Number.isInteger(holder.pid) && holder.pid > 0 ? holder : undefined;
}

function isSame(a: Holder | undefined, b: Holder | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a.pid === b.pid && a.started === b.started && a.boot === b.boot && a.host === b.host;
}

/** Whether the process lives, as far as can be told from here. */
function mayLive({ pid, started, boot, host }: Holder): boolean {
  const here = ourselves();
  if (host !== null && host !== here.host) return true;
  if (boot !== null && here.boot !== null && boot !== here.boot) return false;
  if (started !== null && here.started !== null && startOf(pid) !== started) return false;
  return isAlive(pid);
}

/** Whether there is a process of this number on this machine. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

let own: Holder | undefined;
function ourselves(): Holder {
  own ??= {
    pid: process.pid,
    started: startOf(process.pid),
    boot: textOf('/proc/sys/kernel/random/boot_id')?.trim() ?? null,
    host: hostname(),
  };
  return own;
}

/** Field 22 of `/proc/PID/stat` (proc(5)); the second, a name in brackets, may have spaces and brackets in it. */
function startOf(pid: number): string | null {
  const stat = textOf(`/proc/${pid}/stat`);
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
}

function textOf(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}
