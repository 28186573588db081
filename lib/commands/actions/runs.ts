/** Lists, shows and clears out the runs of a store. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { MEASURES, scoreOf } from '../../evaluation/measures';
import { formatBytes, leftovers, uselessRuns } from '../../experiment/clean';
import type { StoredRun } from '../../experiment/runs';
import { prettyJson } from '../../json';
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
  const list = storeIn(results).list();
  if (json) {
    process.stdout.write(prettyJson(list));
    return;
  }
  process.stdout.write(`${list.length === 0 ? 'no runs' : tableText(list.map(rowOf))}\n`);
  const scored = list.flatMap(({ id, metrics }) => (metrics ? { id, notes: metrics.notes } : []));
  for (const line of runNoteLines(scored)) process.stdout.write(`${line}\n`);
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
  const scores = scoreRows(metrics.test).map(
    ({ predicted_spans: _predicted, correct_spans: _correct, ...row }) => row,
  );
  process.stdout.write(`\ntest part:\n${tableText(scores)}\n`);
  for (const line of noteLines(metrics.notes)) process.stdout.write(`${line}\n`);
}

export async function cleanRuns({ results, yes }: { results: string; yes: boolean }): Promise<void> {
  const store = storeIn(results);
  const clean = async () => {
    const runs = store.list();
    const useless = uselessRuns(runs);
    const gone = new Set(useless.map(({ run }) => run));
    const files = leftovers(
      results,
      runs.filter(run => !gone.has(run)),
    );
    if (useless.length + files.length === 0) {
      process.stdout.write('nothing to delete\n');
      return;
    }
    const say = (what: string, bytes: number, reason: string) =>
      process.stdout.write(
        `${yes ? 'deleted' : 'would delete'} ${shown(`${what}, ${formatBytes(bytes)}: ${reason}`)}\n`,
      );
    for (const { run, reason } of useless) {
      if (yes) await store.remove(run.id);
      say(`${run.id}, ${nameOf(run)}`, run.bytes, reason);
    }
    for (const { file, bytes, reason } of files) {
      if (yes) rmSync(join(results, file), { force: true });
      say(file, bytes, reason);
    }
    const total = [...useless.map(({ run }) => run), ...files].reduce((sum, { bytes }) => sum + bytes, 0);
    process.stdout.write(
      yes ? `freed ${formatBytes(total)}\n` : `${formatBytes(total)} in all; --yes deletes them\n`,
    );
  };
  if (yes) await withLock(join(results, 'lock'), `the study in ${results}`, clean);
  else await clean();
}

function rowOf(run: StoredRun): TableRow {
  const { id, config, metrics } = run;
  return {
    run: id,
    part: nameOf(run),
    student: run.part?.student ?? null,
    model: config && `${config.model.architecture} ${config.model.layers} × ${config.model.hiddenSize}`,
    seed: config?.training.seed ?? null,
    state: stateOf(run),
    ...Object.fromEntries(
      MEASURES.map(measure => [
        `${measure.name}_${measure.unit}`,
        inPercent(metrics && scoreOf(measure, metrics.test)),
      ]),
    ),
  };
}

function nameOf({ part, config }: StoredRun): string {
  if (!part) return config?.loss.name ?? 'unknown';
  const { role, form, beta } = part;
  if (form === null) return role;
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
