/** A plan as a list of runs, and each of them by itself, as schedulers want it: from outside. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { command } from '../command';
import { tinyPlan } from '../experiment/tiny.fixture';

const BIN = resolve(__dirname, '../../lib/bin.cjs');
const folder = mkdtempSync(join(tmpdir(), 'run-'));
const out = join(folder, 'out');
const PLAN = join(folder, 'plan.json');
writeFileSync(PLAN, JSON.stringify({ ...tinyPlan(16, 1), seeds: [1, 2] }));

interface ListedRun {
  readonly id: string;
  readonly name: string;
  readonly kind: string;
  readonly needs: readonly string[];
  readonly done: boolean;
  readonly seconds: number;
  readonly memory: number;
}
const listed = (): ListedRun[] =>
  JSON.parse(command(['reproduce', '--plan', PLAN, '--out', out, '--list-runs', '--json']).stdout);
const run = (id: string, ...options: string[]) =>
  command(['run', id, '--plan', PLAN, '--out', out, ...options]);

let before: ListedRun[];
const idOf = (name: string) => before.find(each => each.name === name)!.id;
beforeAll(() => {
  before = listed();
});

describe('reproduce --list-runs', () => {
  it('has the teachers first, and says of each run what it needs, in runs, seconds and bytes', () => {
    expect(before.slice(0, 3).map(({ kind }) => kind)).toEqual(['teacher', 'teacher', 'control']);
    expect(before.filter(({ needs }) => needs.length > 0).map(({ name }) => name)).toEqual(
      [1, 2].flatMap(seed =>
        ['vanilla', 'constrained (logits, β = 0.5)', 'constrained (weighted, β = 0.5)'].map(
          name => `${name}, seed ${seed}`,
        ),
      ),
    );
    const vanilla = before.find(({ name }) => name === 'vanilla, seed 2')!;
    expect(vanilla.needs).toEqual([idOf('teacher, seed 2')]);
    expect(Math.min(...before.map(({ seconds }) => seconds))).toBeGreaterThan(0);
    expect(Math.min(...before.map(({ memory }) => memory))).toBeGreaterThan(1e8);
    expect(before.some(({ done }) => done)).toBe(false);
    expect(existsSync(out)).toBe(false);
  });

  it.each([
    [['--json'], '--json says nothing alone: expected --list-runs with it'],
    [['--cores', '2'], '--cores says nothing alone: expected --nodes with it'],
    [['--submit'], '--submit says nothing alone: expected --slurm with it'],
    [
      ['--slurm', 'x', '--time', '1 day'],
      '--time: found "1 day", expected a time as Slurm takes it, such as 2:00:00',
    ],
    [
      ['--slurm', 'x', '--time', 'long'],
      '--time: found "long", expected a time as Slurm takes it, such as 2:00:00',
    ],
    [
      ['--slurm', 'x', '--memory', '8Q'],
      '--memory: found "8Q", expected a size as Slurm takes it, such as 8G',
    ],
    [['--slurm', 'x', '--account', 'a;b'], '--account: found "a;b", expected what Slurm takes, in one word'],
    [
      ['--slurm', 'x', '--dry-run', '--submit'],
      "option '--slurm <folder>' cannot be used with option '--dry-run'",
    ],
    [['--slurm', 'x', '--list-runs'], "option '--slurm <folder>' cannot be used with option '--list-runs'"],
    [['--nodes', '2', '--list-runs'], "option '--list-runs' cannot be used with option '--dry-run'"],
    [['--nodes', '0'], "option '--nodes <n>' argument '0' is invalid. Expected a whole number, 1 or more."],
  ])('%j is refused', (options, message) => {
    expect(command(['reproduce', '--plan', PLAN, '--out', out, ...options])).toMatchObject({
      status: 1,
      stderr: `error: ${message}\n`,
    });
  });
});

describe('run', () => {
  it('makes one run and what it needs, once', () => {
    const id = idOf('vanilla, seed 2');
    const first = run(id.slice(0, 8));
    expect([first.status, first.stderr]).toEqual([0, '']);
    expect(first.stdout).toContain('teacher, seed 2: trained');
    expect(first.stdout).toContain(`model: ${join(out, 'runs', id, 'model')}\n`);
    expect(
      listed()
        .filter(({ done }) => done)
        .map(({ name }) => name),
    ).toEqual(['teacher, seed 2', 'vanilla, seed 2']);
    // The plan of the folder is taken where none is given.
    const again = command(['run', id, '--out', out]);
    expect(again.status).toBe(0);
    expect(again.stdout).toContain('vanilla, seed 2: read from the store');
    expect(again.stdout).not.toContain('trained');
  });

  it('refuses what is no run of the plan, with exit code 1', () => {
    expect(run('xyz')).toMatchObject({
      status: 1,
      stderr:
        'error: the plan has no run "xyz"; "reproduce --list-runs" with the same plan shows those that it has\n',
    });
    expect(run('').status).toBe(1);
    const elsewhere = join(folder, 'elsewhere');
    expect(command(['run', 'xyz', '--plan', PLAN, '--out', elsewhere]).status).toBe(1);
    expect(existsSync(elsewhere)).toBe(false);
  });

  it('that another process makes is not waited for with --no-wait, or for so long only: exit code 75', () => {
    const id = idOf('teacher, seed 1');
    mkdirSync(join(out, 'runs', id), { recursive: true });
    const lock = join(out, 'runs', id, 'lock');
    writeFileSync(lock, String(process.ppid));
    for (const options of [['--no-wait'], ['--wait', '1']])
      expect(run(idOf('vanilla, seed 1'), ...options)).toMatchObject({
        status: 75,
        stderr: `error: the run ${id} (teacher, seed 1) is being worked on by process ${process.ppid}: wait until it has ended\n`,
      });
    const status = command(['status', '--results', out]).stdout;
    expect(status).toMatch(new RegExp(`${id} +teacher, seed 1 +running +process ${process.ppid}; `));
    expect(status).toContain(`\n${before.length} runs: 2 done, 1 running, ${before.length - 3} to do\n`);
    writeFileSync(lock, '');
  });

  it('waits for another process, says for whom, and goes on when that is gone', async () => {
    const id = idOf('student without teacher, seed 1');
    const lock = join(out, 'runs', id, 'lock');
    mkdirSync(join(out, 'runs', id), { recursive: true });
    writeFileSync(lock, String(process.ppid));
    const child = spawn(BIN, ['run', id, '--plan', PLAN, '--out', out], { stdio: 'pipe' });
    let text = '';
    child.stdout.on('data', data => {
      text += data;
    });
    const ended = once(child, 'close');
    await vi.waitUntil(() => text.includes('waiting'), { timeout: 120_000 });
    expect(text).toContain(
      `the run ${id} (student without teacher, seed 1): waiting for process ${process.ppid}\n`,
    );
    writeFileSync(lock, '');
    expect((await ended)[0]).toBe(0);
  }, 180_000);

  it.each([
    ['xargs', ['-P', '3', '-I', 'ID', BIN, 'run', 'ID']],
    ['parallel', ['-j', '3', BIN, 'run', '{}']],
  ])(
    'of a list, several at once under %s, makes each once',
    (program, args) => {
      if (spawnSync(program, ['--version']).status !== 0) return;
      const place = join(folder, program);
      const names = ['teacher, seed 1', 'vanilla, seed 1', 'student without teacher, seed 1'];
      const { stdout, stderr, status } = spawnSync(program, [...args, '--plan', PLAN, '--out', place], {
        encoding: 'utf8',
        input: names.map(name => `${idOf(name)}\n`).join(''),
      });
      expect(status, stderr).toBe(0);
      for (const name of names)
        expect(stdout.match(new RegExp(`^${name}: trained in`, 'gm'))).toHaveLength(1);
    },
    120_000,
  );

  it('that is told to stop keeps its epochs and exits with 75', async () => {
    const long = join(folder, 'long.json');
    writeFileSync(long, JSON.stringify(tinyPlan(16, 500)));
    const place = join(folder, 'long');
    const [{ id }] = JSON.parse(
      command(['reproduce', '--plan', long, '--out', place, '--list-runs', '--json']).stdout,
    );
    const child = spawn(BIN, ['run', id, '--plan', long, '--out', place], { stdio: 'ignore' });
    const epochs = join(place, 'runs', id, 'partial');
    while (!existsSync(epochs)) await sleep(20);
    child.kill('SIGTERM');
    expect(await once(child, 'exit')).toEqual([75, null]);
    const [status] = JSON.parse(command(['status', '--results', place, '--json']).stdout);
    expect(status).toMatchObject({ id, state: 'begun', of: 500, holder: null });
    expect(status.epochs).toBeGreaterThan(0);
  }, 60_000);

  it('listens for the signal to stop before it loads what trains', () => {
    const preload = join(folder, 'preload.cjs');
    // Told to stop as soon as it listens; what is loaded then was loaded before.
    writeFileSync(
      preload,
      `process.once('newListener', event => {
        if (event !== 'SIGINT' || Object.keys(require.cache).some(file => file.endsWith('paper.ts'))) return;
        setImmediate(() => process.kill(process.pid, 'SIGTERM'));
      });`,
    );
    const env = { ...process.env, NODE_OPTIONS: `--require ${preload}` };
    const place = join(folder, 'early');
    const { status, stderr } = spawnSync(BIN, ['run', before[0].id, '--plan', PLAN, '--out', place], {
      encoding: 'utf8',
      env,
    });
    expect([status, stderr]).toEqual([
      75,
      expect.stringMatching(/stopped; the same command goes on from here\n$/),
    ]);
  });

  it('that failed is shown with the last line of its log, and one that was stopped as what it is', () => {
    const id = idOf('vanilla, seed 1');
    const log = join(out, 'logs', `${id}.log`);
    mkdirSync(join(out, 'logs'), { recursive: true });
    const statusAfter = (text: string) => {
      writeFileSync(log, text);
      return command(['status', '--results', out]).stdout;
    };
    expect(statusAfter('vanilla: epoch 1\nerror: no more\n')).toMatch(
      new RegExp(`${id} +vanilla, seed 1 +failed +error: no more\n`),
    );
    expect(statusAfter('error: vanilla, seed 1: stopped; the same command goes on from here\n')).toMatch(
      new RegExp(`${id} +vanilla, seed 1 +to do +–\n`),
    );
  });
});

describe('reproduce --slurm', () => {
  const jobs = join(folder, "jobs of o'hara");
  const slurm = (...options: string[]) =>
    command(['reproduce', '--plan', PLAN, '--out', out, '--slurm', jobs, ...options]);

  it('writes an array of the runs that others need, one of the others, and the report', () => {
    const { status, stdout } = slurm('--partition', 'gpu', '--account', 'lab', '--time', '2:00:00');
    expect([status, stdout]).toEqual([0, `wrote ${join(jobs, 'submit.sh')}\n`]);
    const text = (name: string) => readFileSync(join(jobs, name), 'utf8');
    const left = listed().filter(({ done }) => !done);
    const ids = (kinds: RegExp) => left.filter(({ kind }) => kinds.test(kind)).map(({ id }) => id);
    expect(text('teachers.txt').trim().split('\n')).toEqual(ids(/teacher/));
    expect(text('students.txt').trim().split('\n')).toEqual(ids(/^(?!teacher)/));
    expect(text('students.sbatch')).toContain(`#SBATCH --array=0-${ids(/^(?!teacher)/).length - 1}\n`);
    for (const name of ['teachers', 'students', 'report']) {
      for (const setting of ['partition=gpu', 'account=lab', 'time=2:00:00', 'requeue', 'signal=B:TERM@120'])
        expect(text(`${name}.sbatch`)).toContain(`#SBATCH --${setting}\n`);
      expect(spawnSync('bash', ['-n', join(jobs, `${name}.sbatch`)]).status).toBe(0);
    }
  });

  it('submits them, each after the one before, and prints the numbers of the jobs', () => {
    const bin = mkdtempSync(join(tmpdir(), 'sbatch-'));
    const log = join(bin, 'log');
    const sbatch = `#!/bin/sh\necho "$@" >> ${log}\nwc -l < ${log}\n`;
    writeFileSync(join(bin, 'sbatch'), sbatch);
    chmodSync(join(bin, 'sbatch'), 0o755);
    const { stdout } = spawnSync('sh', [join(jobs, 'submit.sh')], {
      encoding: 'utf8',
      env: { ...process.env, PATH: `${bin}:${process.env.PATH}` },
    });
    expect(stdout).toBe('teachers 1\nstudents 2\nreport 3\n');
    expect(readFileSync(log, 'utf8').trim().split('\n')).toEqual([
      `--parsable ${join(jobs, 'teachers.sbatch')}`,
      `--parsable --dependency=afterok:1 ${join(jobs, 'students.sbatch')}`,
      `--parsable --dependency=afterok:2 ${join(jobs, 'report.sbatch')}`,
    ]);
  });

  it('prints the numbers of those that were submitted before one was refused', () => {
    const bin = mkdtempSync(join(tmpdir(), 'sbatch-'));
    const log = join(bin, 'log');
    const sbatch = `#!/bin/sh\ntest -e ${log} && echo 'error: Invalid partition' >&2 && exit 1\necho 7 | tee ${log}\n`;
    writeFileSync(join(bin, 'sbatch'), sbatch);
    chmodSync(join(bin, 'sbatch'), 0o755);
    const words = ['reproduce', '--plan', PLAN, '--out', out, '--slurm', jobs, '--submit', '--quiet'];
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [join(__dirname, '../../lib/bin.cjs'), ...words],
      {
        encoding: 'utf8',
        env: { ...process.env, PATH: `${bin}:${process.env.PATH}` },
      },
    );
    expect([status, stdout]).toEqual([1, 'teachers 7\n']);
    expect(stderr).toMatch(
      /Invalid partition\nerror: .*submit\.sh: not all jobs were submitted \(exit code 1\); those whose numbers are printed were[^\n]*\n$/,
    );
  });

  it('has a task that makes the run of its number, and asks to be queued again where that may do later', () => {
    const bin = mkdtempSync(join(tmpdir(), 'scontrol-'));
    const [id] = readFileSync(join(jobs, 'teachers.txt'), 'utf8').split('\n');
    writeFileSync(join(bin, 'scontrol'), '#!/bin/sh\necho "$@"\n');
    writeFileSync(join(bin, 'sleep'), '#!/bin/sh\n');
    for (const name of ['scontrol', 'sleep']) chmodSync(join(bin, name), 0o755);
    writeFileSync(join(out, 'runs', id, 'lock'), String(process.ppid));
    const env = {
      ...process.env,
      PATH: `${bin}:${process.env.PATH}`,
      SLURM_JOB_ID: '12',
      SLURM_ARRAY_TASK_ID: '0',
    };
    const script = readFileSync(join(jobs, 'teachers.sbatch'), 'utf8').replace(
      ' run "$run"',
      ' run "$run" --no-wait',
    );
    const task = () => spawnSync('bash', ['-s'], { input: script, encoding: 'utf8', env });
    expect(task()).toMatchObject({ status: 75, stdout: 'requeue 12\n' });
    expect(readFileSync(join(out, 'logs', `${id}.log`), 'utf8')).toContain(
      `(teacher, seed 1) is being worked on`,
    );
    writeFileSync(join(out, 'runs', id, 'lock'), '');
    const killed = script.replace(`'${BIN}' run`, () => `sh -c 'kill -9 $$' run`);
    expect(killed).not.toBe(script);
    expect(spawnSync('bash', ['-s'], { input: killed, encoding: 'utf8', env }).status).toBe(137);
    expect(command(['status', '--results', out]).stdout).toMatch(
      new RegExp(`${id} +teacher, seed 1 +failed +error: ended by signal 9\n`),
    );
    expect(task()).toMatchObject({ status: 0, stdout: '' });
    expect(existsSync(join(out, 'runs', id, 'done'))).toBe(true);
  }, 60_000);
});
