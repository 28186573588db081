/** How long a plan takes where several runs can be made at once, told from what each takes alone. */
import { max, sum } from 'd3-array';

/** A run, with the ids of those that must be there before it. */
export interface Job {
  readonly id: string;
  readonly needs: readonly string[];
  readonly seconds: number;
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

/**
 * List scheduling (Graham 1966): whenever one of the places is free, the first run in order whose needs are there begins.
 * @param places how many runs can be made at once
 */
export function scheduleOf<J extends Job>(runs: readonly J[], places: number): Schedule<J> {
  const waiting = inOrder(runs);
  const known = new Set(waiting.map(({ id }) => id));
  const jobs: ScheduledJob<J>[] = [];
  const ends = new Map<string, number>();
  const free = Array.from({ length: places }, () => 0);
  while (waiting.length > 0) {
    const readyAt = ({ needs }: J) => max(needs, id => (known.has(id) ? (ends.get(id) ?? Infinity) : 0)) ?? 0;
    const place = free.indexOf(Math.min(...free));
    // Nobody is ready before the run of a lower number, which has begun, has ended: then that is when.
    const now = Math.max(free[place], Math.min(...waiting.map(readyAt)));
    const [job] = waiting.splice(
      waiting.findIndex(run => readyAt(run) <= now),
      1,
    );
    const end = now + job.seconds;
    jobs.push({ job, start: now, end });
    ends.set(job.id, end);
    free[place] = end;
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
