/** Which runs of a store are of no more use. */
import type { StoredRun } from './runs';
import { sourceDigest } from './source-digest';

export interface UselessRun {
  readonly run: StoredRun;
  readonly reason: string;
}

/**
 * Unfinished and damaged runs, and runs of older numerical source, which no study reads any more. Those that a living
 * process makes are not among them.
 */
export function uselessRuns(runs: readonly StoredRun[], source = sourceDigest()): UselessRun[] {
  return runs.flatMap(run => {
    if (run.locked) return [];
    if (run.damage !== null) return [{ run, reason: `damaged (${run.damage})` }];
    if (run.config && run.config.source !== source) return [{ run, reason: 'older source' }];
    return run.state === 'begun' ? [{ run, reason: 'unfinished' }] : [];
  });
}

/** `3.2 MB`, in powers of ten. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const power = Math.min(units.length - 1, bytes > 0 ? Math.floor(Math.log10(bytes) / 3) : 0);
  return `${power === 0 ? bytes : (bytes / 1000 ** power).toFixed(1)} ${units[power]}`;
}
