/** How long a plan takes where several runs can be made at once, told from what each takes alone. */
import { max, min, sum } from 'd3-array';

/** A run, with the ids of those that must be there before it. */
export interface Job {
  readonly id: string;
  readonly needs: readonly string[];
  readonly seconds: number;
  /** That it is made with; default: 1. */
  readonly threads?: number;
}

export interface ScheduledJob<J extends Job = Job> {
  readonly job: J;
  /** Seconds from the beginning. */
  readonly start: number;
  readonly end: number;
}

export interface Schedule<J extends Job = Job> {
  readonly jobs: readonly ScheduledJob<J>[];
  /** Seconds until the last one has ended. */
  readonly seconds: number;
  /** The longest chain of runs of which each needs the one before: no number of nodes is faster. */
  readonly criticalPath: readonly J[];
}

/** Runs in the order to begin them: those that others need first, else as they are; each once. */
export function inOrder<J extends Pick<Job, 'id' | 'needs'>>(runs: readonly J[]): J[] {
  const once = [...new Map(runs.map(run => [run.id, run])).values()];
  const needed = new Set(once.flatMap(({ needs }) => needs));
  return [...once.filter(({ id }) => needed.has(id)), ...once.filter(({ id }) => !needed.has(id))];
}

/** What there is for runs to be made in at once. */
export interface Room {
  /** How many runs at once, at most. */
  readonly jobs: number;
  /** Of all runs together; default: no matter. One that wants more is made alone. */
  readonly cores?: number;
}

/**
 * The first run in order that may begin: what it needs is there, and there is room for it. `undefined` where none may.
 * @param waiting runs that are left, in the order to begin them
 * @param running those that are being made
 */
export function nextOf<J extends Job>(
  waiting: readonly J[],
  running: readonly J[],
  { jobs, cores = Number.POSITIVE_INFINITY }: Room,
): J | undefined {
  if (running.length >= jobs) return undefined;
  const missing = new Set([...waiting, ...running].map(({ id }) => id));
  const free = cores - sum(running, ({ threads = 1 }) => threads);
  return waiting.find(
    ({ needs, threads = 1 }) =>
      !needs.some(id => missing.has(id)) && (threads <= free || running.length === 0),
  );
}

/** List scheduling (Graham 1966): whenever there is room, the first run in order that fits and whose needs are there begins. */
export function scheduleOf<J extends Job>(runs: readonly J[], room: Room): Schedule<J> {
  let waiting = inOrder(runs);
  let running: ScheduledJob<J>[] = [];
  const jobs: ScheduledJob<J>[] = [];
  for (let now = 0; waiting.length > 0; ) {
    const job = nextOf(
      waiting,
      running.map(({ job }) => job),
      room,
    );
    if (job) {
      const begun = { job, start: now, end: now + job.seconds };
      waiting = waiting.filter(each => each !== job);
      running.push(begun);
      jobs.push(begun);
    } else {
      now = min(running, ({ end }) => end)!;
      running = running.filter(({ end }) => end > now);
    }
  }
  return { jobs, seconds: max(jobs, ({ end }) => end) ?? 0, criticalPath: criticalPathOf(runs) };
}

function criticalPathOf<J extends Job>(runs: readonly J[]): J[] {
  const byId = new Map(runs.map(run => [run.id, run]));
  const pathTo = (job: J): J[] => [...longest(job.needs.flatMap(id => byId.get(id) ?? []).map(pathTo)), job];
  return longest([...byId.values()].map(pathTo));
}

function longest<J extends Job>(paths: readonly J[][]): J[] {
  const seconds = (path: readonly J[]) => sum(path, job => job.seconds);
  return paths.reduce((best, path) => (seconds(path) > seconds(best) ? path : best), []);
}
