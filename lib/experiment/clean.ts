/** What of a store is of no more use: runs, and files beside them that no run needs. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { leftBehindIn } from '../files';
import type { MeasuringSession } from './measurement';
import type { StoredRun } from './runs';
import { DamagedFileError, readSealedJson, readSealedTensors } from './sealed';
import { type StoreFile, storeFilesIn } from './store-files';

export interface UselessRun {
  readonly run: StoredRun;
  readonly reason: string;
}

/**
 * Unfinished and damaged runs, and runs of older numerical source, which no study reads any more. Those that a living
 * process makes are not among them.
 */
export function uselessRuns(runs: readonly StoredRun[]): UselessRun[] {
  const reasons: Record<StoredRun['state'], (run: StoredRun) => string | null> = {
    done: () => null,
    begun: () => 'unfinished',
    outdated: () => 'older source',
    damaged: ({ damage }) => `damaged (${damage})`,
  };
  return runs.flatMap(run => {
    const reason = run.locked ? null : reasons[run.state](run);
    return reason === null ? [] : [{ run, reason }];
  });
}

export interface Leftover {
  /** Path within the folder of the study. */
  readonly file: string;
  readonly bytes: number;
  readonly reason: string;
}

/**
 * Measurements, saved initial states and what teachers answered that no run among those kept refers to. A run in work that
 * has not said yet what it is made from may need any state and any answer, so that none of them is among the leftovers then.
 */
export function leftovers(folder: string, kept: readonly StoredRun[]): Leftover[] {
  const configs = kept.flatMap(({ config }) => config ?? []);
  const ids = new Set(kept.map(({ id }) => id));
  const trained = configs.flatMap(config => ('given' in config ? [] : config));
  const teachers = new Set([...ids, ...trained.map(({ teacher }) => teacher)]);
  const states = new Set(trained.map(({ initialWeights }) => initialWeights));
  const isKnown = configs.length === kept.length;
  const reasonFor = (each: StoreFile): string | null => {
    switch (each.kind) {
      case 'latency':
        return measuredIn(folder, each).some(({ id }) => ids.has(id)) ? null : 'none of its runs is kept';
      case 'initial':
        return !isKnown || states.has(digestOfState(folder, each) ?? '')
          ? null
          : 'no run that is kept starts from it';
      case 'answers':
        return !isKnown || teachers.has(each.run) ? null : 'no run that is kept needs its teacher';
      case 'list':
        return null;
      default:
        throw new Error(`no kind of file: ${each.kind satisfies never}`);
    }
  };
  const unused = storeFilesIn(folder).flatMap(each => {
    const reason = reasonFor(each);
    return reason === null ? [] : { file: each.path, reason };
  });
  const ofGoneRun = (file: string): boolean => {
    const [part, id] = file.split('/');
    return part === 'runs' && !ids.has(id);
  };
  const leftBehind = leftBehindIn(folder)
    .filter(file => !ofGoneRun(file))
    .map(file => ({ file, reason: 'half written when its process was killed' }));
  return [...unused, ...leftBehind].map(({ file, reason }) => ({
    file,
    bytes: statSync(join(folder, file), { throwIfNoEntry: false })?.size ?? 0,
    reason,
  }));
}

/** None where the file is damaged; they are measured again when they are asked for. */
function measuredIn(folder: string, { path, of }: StoreFile): MeasuringSession['models'] {
  try {
    return readSealedJson<MeasuringSession>(join(folder, path), of).models;
  } catch (error) {
    if (error instanceof DamagedFileError) return [];
    throw error;
  }
}

/** `undefined` where the file is damaged; a run that needs it draws it anew. */
function digestOfState(folder: string, { path, of }: StoreFile): string | undefined {
  try {
    return readSealedTensors(join(folder, path), of).digest;
  } catch (error) {
    if (error instanceof DamagedFileError) return undefined;
    throw error;
  }
}
