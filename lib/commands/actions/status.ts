/** How far the runs of a study are, and where those in work are made. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import type { StudySession } from '../../experiment/paper';
import type { GivenRun, PlannedRun } from '../../experiment/planned-runs';
import { inOrder } from '../../experiment/schedule';
import { prettyJson } from '../../json';
import { counted } from '../../listed';
import { type Holder, livingHolder, waitedFor } from '../../lock';
import { tableText } from '../../report/table-view';
import { shown } from '../../shown';
import { STOPPED } from '../../stop-signal';
import { studyIn } from './results';

interface RunStatus {
  readonly id: string;
  readonly name: string;
  readonly state: 'done' | 'running' | 'failed' | 'begun' | 'to do';
  /** Epochs that are finished and kept, of a run that is not done; a teacher that is given has none. */
  readonly epochs: number;
  readonly of: number;
  /** The process that makes it. */
  readonly holder: Pick<Holder, 'pid' | 'host' | 'since'> | null;
  /** The last line of its log, where it failed. */
  readonly error: string | null;
  readonly what: string | null;
}

export async function showStatus({ results, json }: { results: string; json: boolean }): Promise<void> {
  const session = await studyIn(results);
  const runs = inOrder(session.asked().map(run => ({ ...run, needs: session.needsOf(run) })));
  const list = runs.map(run => statusOf(session, run));
  if (json) {
    process.stdout.write(prettyJson(list.map(({ what: _, ...run }) => run)));
    return;
  }
  const rows = list.map(({ id, name, state, what }) => ({ run: id, name, state, what }));
  const count = (state: RunStatus['state']) => list.filter(run => run.state === state).length;
  const states = ['done', 'running', 'failed', 'begun', 'to do'] as const;
  const counts = states.flatMap(state => (count(state) > 0 ? `${count(state)} ${state}` : []));
  const left = session.leftOut.map(each => `${shown(each)}\n`).join('');
  process.stdout.write(`${tableText(rows)}\n${left}${counted(list.length, 'run')}: ${counts.join(', ')}\n`);
}

function statusOf({ store }: StudySession, { id, name, config }: PlannedRun | GivenRun): RunStatus {
  const of = 'given' in config ? 0 : config.training.epochs;
  const isDone = store.isWhole(id) && store.isDone(id);
  const epochs = isDone ? of : (store.lastEpoch(id) ?? 0);
  const living = isDone ? undefined : livingHolder(store.lockFile(id));
  const holder = living ? { pid: living.pid, host: living.host, since: living.since } : null;
  const last = isDone || living ? null : lastLine(join(store.folder, LOGS, `${id}.log`));
  const error = last?.startsWith('error:') && !last.endsWith(STOPPED) ? last : null;
  const after = `after epoch ${epochs} of ${of}`;
  const state = isDone ? 'done' : living ? 'running' : error ? 'failed' : epochs > 0 ? 'begun' : 'to do';
  const what = {
    done: null,
    running: living ? [waitedFor(living), ...(of > 0 ? [after] : [])].join('; ') : null,
    failed: error,
    begun: after,
    'to do': null,
  }[state];
  return { id, name, state, epochs, of, holder, error, what };
}

/** Where scripts that make runs leave what each printed, in the folder of results. */
const LOGS = 'logs';
/** A line is no longer than a sentence. */
const MOST_BYTES = 4096;

/** `null` where there is no such file, or nothing in it. */
function lastLine(file: string): string | null {
  try {
    const descriptor = openSync(file, 'r');
    try {
      const { size } = fstatSync(descriptor);
      const end = Buffer.alloc(Math.min(size, MOST_BYTES));
      readSync(descriptor, end, 0, end.length, size - end.length);
      return end.toString('utf8').trimEnd().split('\n').at(-1) || null;
    } finally {
      closeSync(descriptor);
    }
  } catch {
    return null;
  }
}
