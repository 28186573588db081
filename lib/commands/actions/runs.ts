/** Lists, shows and clears out the runs of a store. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { MEASURES, scoreOf } from '../../evaluation/measures';
import { leftovers, type UselessRun, uselessRuns } from '../../experiment/clean';
import { GIVEN_KINDS } from '../../experiment/given-teacher';
import type { RunMetrics } from '../../experiment/metrics';
import type { StoredConfig } from '../../experiment/run-config';
import { LOCK_FILE } from '../../experiment/run-files';
import type { RunStore, StoredRun } from '../../experiment/runs';
import { damageIn } from '../../experiment/sealed';
import { checkStoreFile, storeFilesIn } from '../../experiment/store-files';
import { prettyJson } from '../../json';
import { counted, formatBytes } from '../../listed';
import { withLock } from '../../lock';
import { inPercent } from '../../report/columns';
import { noteLines, runNoteLines } from '../../report/note-lines';
import { scoreRows, tableText } from '../../report/table-view';
import type { TableRow } from '../../report/tables';
import { shown } from '../../shown';
import { storeIn } from './results';

interface RunsFlags {
  readonly results: string;
  readonly json: boolean;
}

export function listRuns({ results, json }: RunsFlags): void {
  const store = storeIn(results);
  const list = store.list();
  if (json) {
    process.stdout.write(prettyJson(list));
    return;
  }
  const lines = [
    list.length === 0 ? 'no runs' : tableText(list.flatMap(rowsOf)),
    ...runNoteLines(list.flatMap(({ id, metrics }) => (metrics ? { id, notes: metrics.notes } : []))),
    ...list.flatMap(({ state, damage, locked }) =>
      !locked && (state === 'done' || state === 'damaged') ? (damage ?? []) : [],
    ),
    ...sayForeign(store),
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}

/** Reads every file of the store, or of one run; those of a run in work change while they are read. */
export function checkRuns(prefix: string | undefined, { results, json }: RunsFlags): void {
  const store = storeIn(results);
  const ids = prefix === undefined ? store.ids() : [store.idOf(prefix)];
  const beside = prefix === undefined ? storeFilesIn(results) : [];
  const found = ids.flatMap(id => {
    const damages = store.isInWork(id) ? [] : store.damagesOf(id);
    // It may have been begun meanwhile.
    return store.isInWork(id) ? [] : { damages };
  });
  const damaged = [
    ...found.flatMap(({ damages }) => damages),
    ...beside.flatMap(file => damageIn(() => checkStoreFile(results, file)) ?? []),
  ];
  if (damaged.length > 0) process.exitCode = 1;
  if (json) {
    process.stdout.write(prettyJson(damaged.map(({ file, found }) => ({ file, found }))));
    return;
  }
  for (const { message } of damaged) process.stdout.write(`${message}\n`);
  const looked = prefix === undefined ? ` and ${counted(beside.length, 'file')} beside them` : '';
  const verdict =
    damaged.length === 0 ? 'all is as it was written' : `${counted(damaged.length, 'file')} not as written`;
  process.stdout.write(`${counted(found.length, 'run')}${looked}: ${verdict}\n`);
  const inWork = ids.length - found.length;
  if (inWork > 0) process.stdout.write(`${counted(inWork, 'run')} in work, not looked at\n`);
}

/** Folders that are no runs are left alone; so that nobody looks for them in the list, it says so. */
function sayForeign(store: RunStore): string[] {
  const { length } = store.foreignFolders();
  if (length === 0) return [];
  return [
    `${counted(length, 'folder')} in ${join(store.folder, 'runs')} ${length === 1 ? 'is' : 'are'} not of this program, and left alone`,
  ];
}

export function showRun(prefix: string, { results, json }: RunsFlags): void {
  const store = storeIn(results);
  const run = store.find(prefix);
  if (json) {
    process.stdout.write(prettyJson(run));
    return;
  }
  const { metrics, config } = run;
  process.stdout.write(`run ${shown(run.id)}: ${stateOf(run)}\n`);
  process.stdout.write(`folder ${shown(store.pathOf(run.id))}\n`);
  process.stdout.write(`\n${run.damage === null ? prettyJson(config) : `${run.damage}\n`}`);
  if (!metrics) return;
  process.stdout.write(`\ntest part:\n${scoresText(metrics)}\n`);
  if (run.quantized) {
    const { bytes, metrics } = run.quantized;
    process.stdout.write(
      `\ntest part, the model in 8 bits (${formatBytes(bytes)}):\n${scoresText(metrics)}\n`,
    );
  }
  for (const line of noteLines(metrics.notes)) process.stdout.write(`${line}\n`);
}

function scoresText({ test }: RunMetrics): string {
  return tableText(
    scoreRows(test).map(({ predicted_spans: _predicted, correct_spans: _correct, ...row }) => row),
  );
}

export async function cleanRuns({ results, yes }: { results: string; yes: boolean }): Promise<void> {
  const store = storeIn(results);
  const clean = async () => {
    const runs = store.list();
    const useless: (UselessRun & { readonly outcome: Awaited<ReturnType<RunStore['remove']>> })[] = [];
    for (const each of uselessRuns(runs))
      useless.push({ ...each, outcome: yes ? await store.remove(each.run) : 'deleted' });
    const gone = new Set(useless.map(({ run }) => run));
    // What has been begun or was kept meanwhile needs its files, too.
    const files = leftovers(results, yes ? store.list() : runs.filter(run => !gone.has(run)));
    if (useless.length + files.length === 0) {
      process.stdout.write('nothing to delete\n');
      return;
    }
    const say = (what: string, bytes: number, reason: string) =>
      process.stdout.write(
        `${yes ? 'deleted' : 'would delete'} ${shown(`${what}, ${formatBytes(bytes)}: ${reason}`)}\n`,
      );
    for (const { run, reason, outcome } of useless) {
      if (outcome !== 'deleted') {
        process.stdout.write(`${shown(`${run.id}, ${nameOf(run)}: ${KEPT[outcome]}, kept`)}\n`);
        continue;
      }
      say(`${run.id}, ${nameOf(run)}`, run.bytes, reason);
      if (run.foreign.length > 0) process.stdout.write(`  ${foreignIn(store.pathOf(run.id), run)}\n`);
    }
    for (const { file, bytes, reason } of files) {
      if (yes) rmSync(join(results, file), { force: true });
      say(file, bytes, reason);
    }
    const deleted = useless.flatMap(({ run, outcome }) => (outcome === 'deleted' ? run : []));
    const total = [...deleted, ...files].reduce((sum, { bytes }) => sum + bytes, 0);
    process.stdout.write(
      yes ? `freed ${formatBytes(total)}\n` : `${formatBytes(total)} in all; --yes deletes them\n`,
    );
  };
  if (yes) await withLock(join(results, LOCK_FILE), `the study in ${results}`, clean);
  else await clean();
}

const KEPT = { 'in work': 'in work', changed: 'changed since it was listed' } as const;
const MOST_NAMED = 3;

function foreignIn(folder: string, { foreign }: StoredRun): string {
  const named = foreign.slice(0, MOST_NAMED).join(', ');
  const more = foreign.length > MOST_NAMED ? ` and ${foreign.length - MOST_NAMED} more` : '';
  return `kept what is not of this program in ${folder}: ${named}${more}`;
}

/** A run, and below it its model in 8 bits, where that has predicted. */
function rowsOf(run: StoredRun): TableRow[] {
  const { metrics, quantized } = run;
  const row = rowOf(run, nameOf(run), metrics);
  return quantized ? [row, rowOf(run, `${nameOf(run)}, int8`, quantized.metrics)] : [row];
}

function rowOf(run: StoredRun, part: string, metrics: RunMetrics | null): TableRow {
  const { id, config } = run;
  return {
    run: id,
    part,
    student: run.part?.student ?? null,
    model: config && modelOf(config),
    seed: config && 'training' in config ? config.training.seed : null,
    state: stateOf(run),
    ...Object.fromEntries(
      MEASURES.map(measure => [
        `${measure.name}_${measure.unit}`,
        inPercent(metrics && scoreOf(measure, metrics.test)),
      ]),
    ),
  };
}

function modelOf(config: StoredConfig): string {
  if ('given' in config && config.model === null) return GIVEN_KINDS[config.given];
  const { architecture, layers, hiddenSize } = config.model!;
  return `${architecture} ${layers} × ${hiddenSize}`;
}

/** What it is in its study. */
export function nameOf({ part, config }: StoredRun): string {
  if (!part) return config ? ('given' in config ? 'teacher' : config.loss.name) : 'unknown';
  const { role, form, beta } = part;
  if (form === null) return config && 'given' in config ? `${role}, given` : role;
  return `${role} (${form}${role === 'constrained' ? `, β = ${beta}` : ''})`;
}

const STATES: Readonly<Record<StoredRun['state'], string>> = {
  done: 'done',
  begun: 'unfinished',
  outdated: 'older source',
  damaged: 'damaged',
};

function stateOf({ state, locked }: StoredRun): string {
  return locked ? 'in work' : STATES[state];
}
