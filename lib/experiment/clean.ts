/** What of a store is of no more use: runs, and files beside them that no run needs. */
import { existsSync, statSync } from 'node:fs';
import { basename, join, sep } from 'node:path';
import { InputError } from '../errors';
import { filesUnder, leftBehindIn } from '../files';
import { digestOfParameters, loadSafetensors } from '../model/safetensors';
import { TEACHER_SIGNALS, type TeacherSignal } from '../training/losses/loss';
import type { StoredRun } from './runs';

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
  const measured = new Set(kept.map(({ id }) => id));
  const teachers = new Set([...measured, ...configs.map(({ teacher }) => teacher)]);
  const states = new Set(configs.map(({ initialWeights }) => initialWeights));
  const ofRun = (file: string) => basename(file).replace(/\.[a-z]+$/, '');
  const unused = [
    ...filesIn(folder, 'latency')
      .filter(file => !measured.has(ofRun(file)))
      .map(file => ({ file, reason: 'its run is not kept' })),
    ...(configs.length < kept.length
      ? []
      : [
          ...filesIn(folder, 'initial')
            .filter(file => !states.has(digestOfState(join(folder, file)) ?? ''))
            .map(file => ({ file, reason: 'no run that is kept starts from it' })),
          ...TEACHER_SIGNALS.flatMap(signal => filesIn(folder, `teacher-${signal}`))
            .filter(file => !teachers.has(ofRun(file)))
            .map(file => ({ file, reason: 'no run that is kept needs its teacher' })),
        ]),
  ];
  const ofGoneRun = (file: string): boolean => {
    const [part, id] = file.split(sep);
    return part === 'runs' && !measured.has(id);
  };
  const leftBehind = leftBehindIn(folder)
    .filter(file => !ofGoneRun(file))
    .map(file => ({ file, reason: 'half written when its process was killed' }));
  return [...unused, ...leftBehind].map(({ file, reason }) => ({
    file,
    bytes: statSync(join(folder, file)).size,
    reason,
  }));
}

/** What this program keeps in a folder of the study, and nothing else that may stand there. */
function filesIn(folder: string, part: 'latency' | 'initial' | `teacher-${TeacherSignal}`): string[] {
  const from = join(folder, part);
  if (!existsSync(from)) return [];
  const ending = part === 'latency' ? '.json' : '.safetensors';
  return filesUnder(from)
    .filter(file => file.endsWith(ending))
    .map(file => join(part, file));
}

/** `undefined` where the file is damaged; a run that needs it draws it anew. */
function digestOfState(file: string): string | undefined {
  try {
    return digestOfParameters(loadSafetensors(file));
  } catch (error) {
    if (error instanceof InputError) return undefined;
    throw error;
  }
}

/** `3.2 MB`, in powers of ten. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const power = Math.min(units.length - 1, bytes > 0 ? Math.floor(Math.log10(bytes) / 3) : 0);
  return `${power === 0 ? bytes : (bytes / 1000 ** power).toFixed(1)} ${units[power]}`;
}
