/**
 * Locks between processes, also of machines that share a folder: a file that says which process holds it. Where that process
 * can be seen (same machine, same start of it, same PID namespace), the lock is void the moment it is gone. Elsewhere a sign
 * of life tells: the holder touches the file, from a thread of its own, and whoever waits looks whether its time *changes*
 * while their own monotonic clock runs. Clocks of two machines are never compared.
 *
 * A lock ends in one way, whether its holder lets go or another takes over: by the one process that makes the file
 * `…-after-TOKEN`, which a link does for one alone, also on network folders. A holder that was suspended and comes back finds
 * another token in its lock, and `checkLocksAbove` stops it before it puts a file in its place.
 *
 * Why not `proper-lockfile`: its sign of life comes from the main thread, which large weights block, its stale locks are found
 * by comparing the file's time with the clock here, two can take over one lock (rmdir, then mkdir), and a holder that is gone
 * on this very machine is waited for.
 */
import { randomBytes } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fstatSync,
  linkSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { InputError, TryAgainError, unwritable } from './errors';
import { makeFolder } from './make-folder';

/** What a lock file holds, as JSON; `null` is what is not known, as all but the number in a lock of an older version. */
export interface Holder {
  readonly pid: number;
  /** When the process began, in ticks since the machine did; known on Linux. */
  readonly started: string | null;
  /** Id of the machine's present start; known on Linux. */
  readonly boot: string | null;
  /** The PID namespace, which containers have each their own of; known on Linux. */
  readonly space: string | null;
  readonly host: string | null;
  /** Of this lock alone. */
  readonly token: string | null;
  /** Seconds between signs of life. */
  readonly every: number | null;
  /** When it was taken, by the holder's clock: for people. */
  readonly since: string | null;
}

const UNKNOWN: Holder = {
  pid: 0,
  started: null,
  boot: null,
  space: null,
  host: null,
  token: null,
  every: null,
  since: null,
};

export interface LockOptions {
  /** For how long to wait, in milliseconds, for a process that holds the lock; default: not at all. */
  readonly patience?: number;
  /** Gets a sentence that says for whom is waited, once for each. */
  readonly onWait?: (sentence: string) => void;
  readonly signal?: AbortSignal;
}

/** The environment variable for the seconds between two signs of life; a lock is void after `MISSED` of them have not come. */
export const HEARTBEAT_VARIABLE = 'NER_DISTILL_HEARTBEAT';
const HEARTBEAT_SECONDS = 15;
const MISSED = 4;

const FIRST_TRY_MS = 20;
const BETWEEN_TRIES_MS = 1000;

interface Held {
  /** Whoever comes for the same one waits for it. */
  readonly done: Promise<unknown>;
  readonly what: string;
  /** What stands in the file, and the folder, without links, that it guards. */
  taken?: { readonly token: string; readonly folder: string };
}

/** Work of this process under each lock. */
const held = new Map<string, Held>();

/** The lock that work was done under is another's now, or gone. */
export class LostLockError extends TryAgainError {}

/**
 * Does the work while this process holds the lock. Work of this process under one lock is done one after the other, so
 * work must not ask for the lock that it is done under.
 * @param what named in the error, such as `the study in results`
 * @throws TryAgainError where another process holds it, or may do so where it cannot be seen from here
 */
export async function withLock<T>(
  name: string,
  what: string,
  work: () => Promise<T>,
  options: LockOptions = {},
): Promise<T> {
  const file = resolve(name);
  while (held.has(file)) await held.get(file)?.done.catch(() => {});
  const done = Promise.resolve().then(() => underFile(file, name, what, work, options));
  held.set(file, { done, what });
  try {
    return await done;
  } finally {
    held.delete(file);
  }
}

async function underFile<T>(
  file: string,
  name: string,
  what: string,
  work: () => Promise<T>,
  { patience = 0, onWait, signal }: LockOptions,
): Promise<T> {
  const token = newToken();
  const began = performance.now();
  let said: string | null = null;
  let pause = FIRST_TRY_MS;
  for (let other = acquire(file, name, token); other !== undefined; other = acquire(file, name, token)) {
    if (performance.now() - began >= patience) throw new TryAgainError(refusal(name, what, other));
    if (said !== other.token + describe(other)) onWait?.(`${what}: waiting for ${waitedFor(other)}`);
    said = other.token + describe(other);
    const most = Math.min(BETWEEN_TRIES_MS, ((other.every ?? HEARTBEAT_SECONDS) * 1000) / 2);
    await sleep(Math.min(pause, most), undefined, { signal }).catch(() => signal?.throwIfAborted());
    pause *= 1.5;
  }
  watched.delete(file);
  held.get(file)!.taken = { token, folder: realpathSync(dirname(file)) };
  heart().postMessage({ file, token, every: heartbeat() * 1000 });
  try {
    return await work();
  } finally {
    heart().postMessage({ token });
    release(file, token);
  }
}

/** Whether a living process holds the lock, this one included, or may do so where it cannot be seen from here. */
export function isLocked(file: string): boolean {
  return livingHolder(file) !== undefined;
}

/** Who holds the lock; `undefined` where it is free or void. */
export function livingHolder(file: string): Holder | undefined {
  const holder = holderOf(file);
  return holder !== undefined && isHolding(resolve(file), holder) ? holder : undefined;
}

/** Removes a lock that no living process holds, and what others have left when they were killed at taking it. */
export function clearVoidLock(file: string): void {
  if (existsSync(file) && !isLocked(file)) release(file, holderOf(file)?.token ?? null);
  clearLeftBehind(file);
}

/**
 * Asked before a file is put in its place: that every lock of this process on a folder around it still is its own.
 * @param path without links
 * @throws LostLockError where one is not, so that nothing is written into what another process works on
 */
export function checkLocksAbove(path: string): void {
  for (const [file, { taken }] of held) if (taken && path.startsWith(taken.folder + sep)) checkLock(file);
}

/** That a lock, where work of this process is done under it, still is its own. @throws LostLockError */
export function checkLock(name: string): void {
  const file = resolve(name);
  const { what, taken } = held.get(file) ?? {};
  const holder = taken && holderOf(file);
  if (taken && holder?.token !== taken.token) throw new LostLockError(loss(file, what!, holder));
}

// ----------------------------------------------------------------------------------------------------- what people are told

function describe({ pid, host, space }: Holder): string {
  if (host !== null && host !== hostname()) return `process ${pid} of the machine "${host}"`;
  return isElsewhere(space, ourselves().space)
    ? `process ${pid} of another container of this machine`
    : `process ${pid}`;
}

/** The sentence on who holds a lock, and since when by the holder's clock. */
export function waitedFor(holder: Holder): string {
  const { since } = holder;
  return `${describe(holder)}${since === null ? '' : `, which has it since ${since}`}`;
}

function refusal(file: string, what: string, holder: Holder): string {
  const remedy = sight(holder) === 'unseen' ? `; if nothing works on it there any more, delete ${file}` : '';
  return `${what} is being worked on by ${describe(holder)}: wait until it has ended${remedy}`;
}

function loss(file: string, what: string, holder: Holder | undefined): string {
  const now = holder
    ? `${describe(holder)} has taken it over while this process gave no sign of life`
    : existsSync(dirname(file))
      ? `its lock ${file} is gone`
      : `its folder ${dirname(file)} is gone`;
  return `${what}: ${now}; nothing more is written there`;
}

// ------------------------------------------------------------------------------------------------------- taking and letting go

/** Takes the lock; gives its holder where there is one already. */
function acquire(file: string, name: string, token: string): Holder | undefined {
  const ours = `${file}-${token}`;
  // Those who wait only look: on a network folder every file that is made for nothing costs all.
  const present = holderOf(file);
  if (present !== undefined && isHolding(file, present)) return present;
  try {
    makeFolder(dirname(file));
    writeFileSync(ours, JSON.stringify(selfWith(token)));
    // A link appears with its content, so nobody can read a lock that does not yet say whose it is.
    while (!links(ours, file, token)) {
      const holder = holderOf(file);
      if (holder !== undefined && isHolding(file, holder)) return holder;
      const before = holder?.token ?? null;
      const rival = holderOf(afterOf(file, before));
      if (endsLock(file, before, token, ours)) continue;
      if (rival !== undefined && isHolding(afterOf(file, before), rival)) return rival;
      discard(afterOf(file, before), rival);
    }
    return undefined;
  } catch (error) {
    throw unwritable(name, error);
  } finally {
    tidy(file, ours);
  }
}

/**
 * What comes after the lock with the token `before`: the link `…-after-…`, which only one process can make, becomes the lock.
 * `false` where another process is at it.
 */
function endsLock(file: string, before: string | null, token: string, ours: string): boolean {
  const after = afterOf(file, before);
  if (!links(ours, after, token)) return false;
  const isTheirs = existsSync(file) && (holderOf(file)?.token ?? null) === before;
  try {
    if (isTheirs) renameSync(after, file);
  } catch (error) {
    // Held up here for so long that another took this step for void: then it is not ours.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  if (!isTheirs) rmSync(after, { force: true });
  return true;
}

/** Ends the lock with this token, where it is there, as one that takes over would: it may be doing so right now. */
function release(file: string, token: string | null): void {
  const last = newToken();
  const ours = `${file}-${last}`;
  const after = afterOf(file, token);
  try {
    writeFileSync(ours, JSON.stringify(selfWith(last)));
    if (!links(ours, after, last)) return;
    if ((holderOf(file)?.token ?? null) === token) rmSync(file, { force: true });
    rmSync(after, { force: true });
  } catch {
    // A lock that cannot be removed is void when this process has ended; what was done under it stands.
  } finally {
    tidy(file, ours);
  }
}

function newToken(): string {
  return randomBytes(6).toString('hex');
}

/** What this process writes into a lock. */
function selfWith(token: string): Holder {
  const since = `${new Date().toISOString().slice(0, 19).replace('T', ' ')} UTC`;
  return { ...ourselves(), token, every: heartbeat(), since };
}

function afterOf(file: string, token: string | null): string {
  return `${file}-after-${token ?? 'none'}`;
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

/** Makes `file` a second name of `ours`; `false` where there is such a file already that does not have our token. */
function links(ours: string, file: string, token: string): boolean {
  try {
    linkSync(ours, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    // The answer of a server may have been lost, and the question asked again.
    return holderOf(file)?.token === token;
  }
}

/** Removes what a process left that was killed between two steps, unless another has put its own there meanwhile. */
function discard(after: string, holder: Holder | undefined): void {
  if (holder !== undefined && holderOf(after)?.token === holder.token) rmSync(after, { force: true });
}

/** Removes what processes that were killed while they took or ended this lock have left beside it. */
function clearLeftBehind(file: string): void {
  const folder = dirname(file);
  for (const name of readdirSync(folder)) {
    const [, , pid] = LEFT_BEHIND.exec(name.slice(basename(file).length)) ?? [];
    if (!name.startsWith(basename(file)) || !LEFT_BEHIND.test(name.slice(basename(file).length))) continue;
    const left = holderOf(join(folder, name)) ?? { ...UNKNOWN, pid: Number(pid) };
    if (left.pid > 0 && (isSame(left, ourselves()) || sight(left) === 'gone'))
      rmSync(join(folder, name), { force: true });
  }
}

/** Beside a lock: what is linked to it, by the token; of older versions, by the process. */
const LEFT_BEHIND = /^-(?:(?:after-)?([0-9a-f]{12}|none)|(\d+)(?:-void)?)$/;

// --------------------------------------------------------------------------------------------------------- whose is it, and lives it

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

function isSame(a: Holder, b: Holder): boolean {
  return (
    a.pid === b.pid &&
    a.started === b.started &&
    a.boot === b.boot &&
    a.space === b.space &&
    a.host === b.host
  );
}

/** Whether this process or another holds the lock, as far as can be told by now. */
function isHolding(file: string, holder: Holder): boolean {
  if (isSame(holder, ourselves())) {
    const taken = held.get(file)?.taken;
    return taken !== undefined && taken.token === holder.token;
  }
  const seen = sight(holder);
  return seen === 'lives' || (seen === 'unseen' && !isSilent(file, holder));
}

/** What can be seen from here of the process that holds a lock. */
function sight({ pid, started, boot, space, host }: Holder): 'lives' | 'gone' | 'unseen' {
  const here = ourselves();
  if (
    [[host, here.host] as const, [boot, here.boot] as const, [space, here.space] as const].some(([a, b]) =>
      isElsewhere(a, b),
    )
  )
    return 'unseen';
  if (started !== null && here.started !== null && startOf(pid) !== started) return 'gone';
  return isAlive(pid) ? 'lives' : 'gone';
}

function isElsewhere(theirs: string | null, ours: string | null): boolean {
  return theirs !== null && ours !== null && theirs !== ours;
}

/** What was last seen of a lock whose holder cannot be. */
interface Watch {
  readonly token: string | null;
  readonly touched: number;
  /** Seconds, by the clock here, for which nothing has changed while it was looked at. */
  readonly silent: number;
  readonly at: number;
}
const watched = new Map<string, Watch>();

/** Whether a lock has given no sign of life for so long that its holder is gone. */
function isSilent(file: string, { token, every }: Holder): boolean {
  if (every === null) return false;
  const touched = timeOf(file);
  const at = performance.now() / 1000;
  const before = watched.get(file);
  const isNew = before === undefined || before.token !== token || before.touched !== touched;
  // Of a time in which nobody looked, since this process or the folder was held up, little counts.
  const silent = isNew ? 0 : before.silent + Math.min(at - before.at, every);
  watched.set(file, { token, touched, silent, at });
  return silent >= MISSED * every;
}

/** When the file was touched, by the clock that did it; opened for it, since network folders keep what they knew of closed ones. */
function timeOf(file: string): number {
  try {
    const descriptor = openSync(file, 'r');
    try {
      return fstatSync(descriptor).mtimeMs;
    } finally {
      closeSync(descriptor);
    }
  } catch {
    return 0;
  }
}

/** Whether there is a process of this number here. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Names the processes that can be seen from here, those of this machine in this PID namespace, also after its next start. */
export function visibleProcesses(): string {
  const { host, boot, space } = ourselves();
  return [host, textOf('/etc/machine-id')?.trim() || boot, space].join(' ');
}

let own: Holder | undefined;
function ourselves(): Holder {
  // A container may have been given the `/proc` of another namespace, whose numbers are not its own.
  const hasOwnProc = linkOf('/proc/self') === String(process.pid);
  own ??= {
    ...UNKNOWN,
    pid: process.pid,
    started: hasOwnProc ? startOf(process.pid) : null,
    boot: textOf('/proc/sys/kernel/random/boot_id')?.trim() ?? null,
    space: linkOf('/proc/self/ns/pid'),
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

function linkOf(path: string): string | null {
  try {
    return readlinkSync(path);
  } catch {
    return null;
  }
}

// ------------------------------------------------------------------------------------------------------------- signs of life

/** Seconds between two signs of life of this process. */
function heartbeat(): number {
  const text = process.env[HEARTBEAT_VARIABLE] ?? '';
  const seconds = Number(text);
  if (text !== '' && !(seconds > 0 && seconds <= 3600))
    throw new InputError(
      `${HEARTBEAT_VARIABLE}: found "${text}", expected seconds, more than 0 and at most 3600`,
    );
  return text === '' ? HEARTBEAT_SECONDS : seconds;
}

let worker: Worker | undefined;
/** A thread of its own, since this one is blocked for as long as large weights are read or written. */
function heart(): Worker {
  if (worker) return worker;
  worker = new Worker(join(__dirname, 'heartbeat.cjs'), { execArgv: [], stdout: false, stderr: false });
  worker.on('error', () => {
    worker = undefined;
  });
  worker.unref();
  return worker;
}
