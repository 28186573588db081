/** Several runs of a study at once, each in a process of its own: what is begun when, what a death costs, and the same bytes. */
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { InputError, TryAgainError } from 'ner-distill/errors';
import { StudySession } from 'ner-distill/experiment/paper';
import type { StudyPlan } from 'ner-distill/experiment/plan';
import { silentProgress } from 'ner-distill/experiment/progress';
import { type JobsOptions, makeAtOnce, type RunReply, type RunToMake } from 'ner-distill/experiment/run-jobs';
import { pathsIn } from 'ner-distill/files';
import { livingHolder } from 'ner-distill/lock';
import { describe, expect, it } from 'vitest';
import { tinyPlan } from './tiny.fixture';

const newFolder = () => mkdtempSync(join(tmpdir(), 'jobs-'));
const quiet = () => ({ update() {}, line() {}, end() {} });
const options = (changes: Partial<JobsOptions> = {}): JobsOptions => ({
  planFile: '',
  out: '',
  room: { jobs: 2 },
  patience: Number.POSITIVE_INFINITY,
  progressOf: quiet,
  ...changes,
});
const run = (id: string, ...needs: string[]): RunToMake => ({ id, name: id, needs, seconds: 1, threads: 1 });
const RUNS = [run('c'), run('t'), run('v', 't'), run('w', 't')];

/** Notes what begins and ends; a run ends when others that can have begun. */
function played(replies: Record<string, RunReply> = {}) {
  const events: string[] = [];
  const make = async ({ id }: RunToMake): Promise<RunReply> => {
    events.push(`+${id}`);
    await sleep(5);
    events.push(`-${id}`);
    return replies[id] ?? { made: true };
  };
  return { events, make };
}

describe('runs made at once', () => {
  it('are no more than there is room for, each after what it needs', async () => {
    const { events, make } = played();
    await makeAtOnce(RUNS, options(), make);
    expect(events.filter(event => event.startsWith('+')).sort()).toEqual(['+c', '+t', '+v', '+w']);
    for (const id of ['v', 'w']) expect(events.indexOf(`+${id}`)).toBeGreaterThan(events.indexOf('-t'));
    let now = 0;
    const atOnce = events.map(event => {
      now += event.startsWith('+') ? 1 : -1;
      return now;
    });
    expect(Math.max(...atOnce)).toBe(2);
  });

  it('end when others have: one that fails fails all, and keeps only those from being made that need it', async () => {
    const { events, make } = played({ t: { failure: 't: the disk is gone', again: false } });
    const made = makeAtOnce(RUNS, options(), make);
    await expect(made).rejects.toThrow(new InputError('t: the disk is gone'));
    await expect(made).rejects.not.toBeInstanceOf(TryAgainError);
    expect(events.filter(event => event.startsWith('-')).sort()).toEqual(['-c', '-t']);
  });

  it('may do later where each that failed may', async () => {
    const again = (failure: string) => ({ failure, again: true });
    const { make } = played({ c: again('c: killed'), v: again('v: killed') });
    const made = makeAtOnce(RUNS, options(), make);
    await expect(made).rejects.toThrow('2 runs failed, the first: c: killed');
    await expect(made).rejects.toBeInstanceOf(TryAgainError);
  });

  it('are not begun once it is to stop', async () => {
    const stop = new AbortController();
    const { events, make } = played();
    const made = makeAtOnce(RUNS, options({ signal: stop.signal }), make);
    stop.abort(new TryAgainError('stopped'));
    await expect(made).rejects.toThrow('stopped');
    expect(events.filter(event => event.startsWith('-'))).toHaveLength(2);
  });
});

describe('in processes', () => {
  async function studyOf(plan: StudyPlan) {
    const out = newFolder();
    mkdirSync(out, { recursive: true });
    const planFile = join(out, 'plan.json');
    writeFileSync(planFile, JSON.stringify(plan));
    const session = await StudySession.open(plan, out, { progress: silentProgress });
    const runs = session.planned().map(({ id, name, config }): RunToMake => {
      return { ...run(id, ...(config.teacher === null ? [] : [config.teacher])), name };
    });
    return { out, planFile, session, runs };
  }

  it('they are what one process makes one after the other, with any --threads, to the last byte', async () => {
    const tiny = tinyPlan(16, 1);
    // Of this width, other threads would give other bits.
    const size = { hiddenSize: 128, heads: 4, intermediateSize: 512 };
    const [teacher, students] = [
      { ...tiny.teacher, ...size },
      tiny.students.map(student => ({ ...student, ...size })),
    ];
    const alone = await studyOf({ ...tiny, teacher, students, threads: 1 });
    await alone.session.all();
    const together = await studyOf({ ...tiny, teacher, students, threads: 3 });
    const lines: string[] = [];
    const { out, planFile, runs } = together;
    const progressOf = () => ({ ...quiet(), line: (text: string) => void lines.push(text) });
    await makeAtOnce(runs, options({ out, planFile, progressOf }));
    expect(runs.map(({ id }) => id)).toEqual(alone.runs.map(({ id }) => id));
    for (const { name } of runs)
      expect(lines.filter(line => line.startsWith(`${name}: trained in`))).toHaveLength(1);
    expect(pathsIn(out)).toEqual(pathsIn(alone.out));
    for (const path of pathsIn(out).filter(path => path !== 'plan.json'))
      expect(readFileSync(join(out, path)).equals(readFileSync(join(alone.out, path))), path).toBe(true);
    const record = JSON.parse(readFileSync(join(out, 'runs', runs[0].id, 'training.json'), 'utf8'));
    expect(JSON.stringify(record)).toContain('"threads":1');
  }, 120_000);

  it('one that is killed or told to stop keeps its epochs, and what cannot be made says why', async () => {
    const { out, planFile, session, runs } = await studyOf(tinyPlan(16, 500));
    const [{ id, name }] = runs;
    const killed = expect(makeAtOnce(runs.slice(0, 1), options({ out, planFile }))).rejects.toThrow(
      new TryAgainError(
        `${name}: its process was ended by SIGKILL, as where memory runs out: fewer --jobs take less; the same command goes on after its last epoch`,
      ),
    );
    while (!session.store.lastEpoch(id)) await sleep(20);
    process.kill(livingHolder(session.store.lockFile(id))!.pid, 'SIGKILL');
    await killed;
    const stop = new AbortController();
    const begun = makeAtOnce(runs.slice(0, 2), options({ out, planFile, signal: stop.signal }));
    while (runs.slice(0, 2).some(({ id }) => !session.store.lastEpoch(id))) await sleep(20);
    stop.abort(new TryAgainError('stopped'));
    await expect(begun).rejects.toThrow('stopped');
    expect(runs.slice(0, 2).map(({ id }) => session.store.isInWork(id))).toEqual([false, false]);
    const lines: string[] = [];
    const progressOf = () => ({ ...quiet(), line: (text: string) => void lines.push(text) });
    const wrong = makeAtOnce([run('none')], options({ out, planFile, progressOf }));
    await expect(wrong).rejects.toThrow('none: the plan has no run "none"');
    expect(lines).toHaveLength(1);
  }, 120_000);
});
