/** Locks between processes: who holds one, when it is void, and that no two hold it at once. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { InputError, TryAgainError } from 'ner-distill/errors';
import { writeFileAtomically } from 'ner-distill/files';
import { checkLock, isLocked, withLock } from 'ner-distill/lock';
import { describe, expect, it, vi } from 'vitest';

const LIB = resolve(__dirname, '../lib');

const newFile = () => join(mkdtempSync(join(tmpdir(), 'lock-')), 'deep', 'lock');

describe('a lock', () => {
  it('names its process while the work is done, and is gone afterwards, also after a failure', async () => {
    const file = newFile();
    const seen = await withLock(file, 'it', async () => readFileSync(file, 'utf8'));
    expect(JSON.parse(seen)).toMatchObject({ pid: process.pid, host: hostname() });
    expect(existsSync(file)).toBe(false);
    await expect(withLock(file, 'it', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(existsSync(file)).toBe(false);
  });

  it('of a living process is refused in a sentence', async () => {
    const file = newFile();
    await withLock(file, 'it', async () => {});
    // Process 1 lives as long as the machine does.
    writeFileSync(file, '1');
    await expect(withLock(file, 'the study in x', async () => 0)).rejects.toThrow(
      'the study in x is being worked on by process 1: wait until it has ended',
    );
    expect(readFileSync(file, 'utf8')).toBe('1');
    expect(readdirSync(dirname(file))).toEqual(['lock']);
  });

  it('whose folder cannot be made says so in a sentence', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'lock-'));
    writeFileSync(join(folder, 'file'), '');
    const file = join(folder, 'file', 'deep', 'lock');
    await expect(withLock(file, 'it', async () => 0)).rejects.toThrow(
      new InputError(`${file}: cannot be written (ENOTDIR: not a directory)`),
    );
  });

  it('of a process that is gone is void, at once', async () => {
    const file = newFile();
    const { pid } = spawnSync(process.execPath, ['-e', '']);
    await withLock(file, 'it', async () => {});
    writeFileSync(file, String(pid));
    expect(await withLock(file, 'it', async () => 7)).toBe(7);
  });

  it('of a process with a number that is used again is void', async () => {
    const file = newFile();
    const text = await withLock(file, 'it', async () => readFileSync(file, 'utf8'));
    if (JSON.parse(text).started === null) return;
    // The process that started this one lives, but it is not the one that took the lock.
    writeFileSync(file, JSON.stringify({ ...JSON.parse(text), pid: process.ppid, started: '1' }));
    expect(isLocked(file)).toBe(false);
    expect(await withLock(file, 'it', async () => 7)).toBe(7);
    expect(readdirSync(dirname(file))).toEqual([]);
  });

  it.each(['', '{"pid": 1', 'null', '[]', '{"pid": "1"}', '-1', '1.5'])(
    'that names no process, such as %j, is void',
    async content => {
      const file = newFile();
      await withLock(file, 'it', async () => {});
      writeFileSync(file, content);
      expect(isLocked(file)).toBe(false);
      expect(await withLock(file, 'it', async () => 7)).toBe(7);
    },
  );

  it('clears away what processes that were killed at it have left, and nothing else', async () => {
    const file = newFile();
    const text = await withLock(file, 'it', async () => readFileSync(file, 'utf8'));
    const { pid } = spawnSync(process.execPath, ['-e', '']);
    const left = JSON.stringify({ ...JSON.parse(text), pid, started: '1' });
    writeFileSync(`${file}-${pid}`, left);
    writeFileSync(`${file}-${pid}-void`, left);
    writeFileSync(`${file}-0123456789ab`, left);
    writeFileSync(`${file}-after-0123456789ab`, left);
    writeFileSync(`${file}-${process.ppid}`, String(process.ppid));
    writeFileSync(`${file}-of-mine-1`, 'no lock');
    await withLock(file, 'it', async () => {});
    expect(readdirSync(dirname(file)).sort()).toEqual([`lock-${process.ppid}`, 'lock-of-mine-1'].sort());
  });

  it('is waited for where there is time', async () => {
    const file = newFile();
    await withLock(file, 'it', async () => {});
    const other = spawn(process.execPath, ['-e', 'process.stdin.resume()'], {
      stdio: ['pipe', 'ignore', 'inherit'],
    });
    await once(other, 'spawn');
    writeFileSync(file, String(other.pid));
    const waiting = withLock(file, 'it', async () => 7, { patience: 60_000 });
    await expect(withLock(join(dirname(file), 'other'), 'it', async () => 8)).resolves.toBe(8);
    expect(isLocked(file)).toBe(true);
    other.stdin?.end();
    expect(await waiting).toBe(7);
  });

  it('is held by one piece of work of this process at a time', async () => {
    const file = newFile();
    const events: string[] = [];
    const work = (name: string) => async () => {
      events.push(`${name} begins`);
      expect(isLocked(file)).toBe(true);
      await sleep(5);
      events.push(`${name} ends`);
    };
    await Promise.all(['a', 'b', 'c'].map(name => withLock(file, 'it', work(name))));
    expect(events).toEqual(['a', 'b', 'c'].flatMap(name => [`${name} begins`, `${name} ends`]));
    expect(isLocked(file)).toBe(false);
    expect(existsSync(file)).toBe(false);
  });

  it('that was taken over by another is not removed at the end', async () => {
    const file = newFile();
    await withLock(file, 'it', async () => writeFileSync(file, '1'));
    expect(readFileSync(file, 'utf8')).toBe('1');
    expect(readdirSync(dirname(file))).toEqual(['lock']);
  });
});

describe('a lock of a process that cannot be seen', () => {
  /** A lock as a process elsewhere has taken it, by its own number of seconds between signs of life. */
  async function lockOf(there: object, every = 0.05): Promise<string> {
    const file = newFile();
    const text = await withLock(file, 'it', async () => readFileSync(file, 'utf8'));
    const { pid } = spawnSync(process.execPath, ['-e', '']);
    writeFileSync(file, JSON.stringify({ ...JSON.parse(text), pid, token: 'ffffffffffff', every, ...there }));
    return file;
  }
  const NODE7 = { host: 'node7', boot: 'another', space: 'pid:[7]', since: '2026-11-26 11:58:03 UTC' };

  it.each([
    [
      'on another machine',
      NODE7,
      'process \\d+ of the machine "node7", which has it since 2026-11-26 11:58:03 UTC',
    ],
    [
      'on a machine of the same name, or before this one was started again',
      { boot: 'another' },
      'process \\d+',
    ],
    ['in another PID namespace', { space: 'pid:[7]' }, 'process \\d+ of another container of this machine'],
  ])('%s is waited for, and taken over when no sign of life has come', async (_, there, who) => {
    const file = await lockOf(there);
    const said: string[] = [];
    const onWait = (sentence: string) => said.push(sentence);
    expect(isLocked(file)).toBe(true);
    expect(await withLock(file, 'the run x', async () => 7, { patience: 60_000, onWait })).toBe(7);
    expect(said).toHaveLength(1);
    expect(said[0]).toMatch(new RegExp(`^the run x: waiting for ${who}`));
    expect(readdirSync(dirname(file))).toEqual([]);
  });

  it.each([0, -3600, 3600])(
    'whose clock is %i s off is held while its time changes, however long',
    async off => {
      const file = await lockOf(NODE7);
      let beats = 0;
      const beating = setInterval(() => utimesSync(file, 0, Date.now() / 1000 + off + beats++ / 100), 10);
      const waiting = withLock(file, 'it', async () => beats, { patience: 60_000 });
      // Four signs of life, of 0.05 s each, have passed several times then.
      await vi.waitUntil(() => beats >= 60, { timeout: 30_000 });
      expect(isLocked(file)).toBe(true);
      clearInterval(beating);
      expect(await waiting).toBe(beats);
    },
  );

  it('is refused where nobody waits, with the machine and what to do where nothing runs there', async () => {
    const file = await lockOf(NODE7);
    const refused = withLock(file, 'it', async () => 0);
    await expect(refused).rejects.toThrow(TryAgainError);
    await expect(refused).rejects.toThrow(
      / of the machine "node7": wait until it has ended; if nothing works on it there any more, delete /,
    );
  });

  it('of an older version, which gives no sign of life, stands', async () => {
    const file = await lockOf({ ...NODE7, every: null });
    await expect(withLock(file, 'it', async () => 0, { patience: 300 })).rejects.toThrow('"node7"');
  });

  it('is taken over by one of many', async () => {
    const file = await lockOf(NODE7);
    const log = join(dirname(file), 'log');
    const work = `withLock(${JSON.stringify(file)}, 'it', async () => {
      fs.appendFileSync(${JSON.stringify(log)}, '[');
      await new Promise(resolve => setTimeout(resolve, 20));
      fs.appendFileSync(${JSON.stringify(log)}, ']');
    }, { patience: 60_000 })`;
    const rivals = ['a', 'b', 'c', 'd'].map(host => onHost(host, work, '30'));
    for (const rival of rivals) expect(await rival.ended).toBe(0);
    expect(readFileSync(log, 'utf8')).toBe('[][][][]');
  }, 60_000);

  it('that is suspended and comes back puts nothing in its place any more', async () => {
    const file = newFile();
    const folder = dirname(file);
    const holder = onHost(
      'node7',
      `withLock(${JSON.stringify(file)}, 'the run x', async () => {
        const output = openFile(${JSON.stringify(join(folder, 'weights'))});
        output.write('of node7');
        process.stdout.write('has it');
        process.stdin.once('data', () => {});
        await require('node:events').once(process.stdin, 'data');
        output.close();
      })`,
      '0.1',
    );
    await once(holder.process.stdout!, 'data');
    holder.process.kill('SIGSTOP');
    await withLock(
      file,
      'it',
      async () => {
        writeFileAtomically(join(folder, 'weights'), 'ours');
        holder.process.kill('SIGCONT');
        holder.process.stdin!.write('go on');
        expect(await holder.ended).toBe(1);
        checkLock(file);
      },
      { patience: 60_000 },
    );
    expect(holder.errors()).toContain(
      'the run x: process ' +
        `${process.pid} of the machine "${hostname()}" has taken it over while this process gave no sign of life; nothing more is written there`,
    );
    expect(readFileSync(join(folder, 'weights'), 'utf8')).toBe('ours');
  }, 60_000);

  it('gives signs of life while its process is too busy to answer', async () => {
    const file = newFile();
    const block = `{
      const times = new Set();
      while (times.size < 3) {
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
        times.add(fs.statSync(${JSON.stringify(file)}).mtimeMs);
      }
    }`;
    const holder = onHost('node7', `withLock(${JSON.stringify(file)}, 'it', async () => ${block})`, '0.1');
    expect(await holder.ended).toBe(0);
  }, 60_000);

  it('is noticed to be gone with its folder', async () => {
    const file = newFile();
    const work = async () => {
      rmSync(dirname(file), { recursive: true });
      checkLock(file);
    };
    await expect(withLock(file, 'the run x', work)).rejects.toThrow(
      `the run x: its folder ${dirname(file)} is gone; nothing more is written there`,
    );
  });

  it('and does not make its folder again to write into it', async () => {
    const file = newFile();
    const work = async () => {
      rmSync(dirname(file), { recursive: true });
      writeFileAtomically(join(dirname(file), 'model', 'weights'), 'late');
    };
    await expect(withLock(file, 'the run x', work)).rejects.toThrow(
      `the run x: its folder ${dirname(file)} is gone; nothing more is written there`,
    );
    expect(existsSync(dirname(file))).toBe(false);
  });
});

const canUnshare = spawnSync('unshare', ['-pmf', '--mount-proc', 'true']).status === 0;

describe.skipIf(!canUnshare)('a lock between two PID namespaces of one machine', () => {
  it('is held by one, and void at the heartbeat when the other was killed', async () => {
    const file = newFile();
    const inside = ['unshare', '-pmf', '--mount-proc', '--kill-child'];
    const work = `withLock(${JSON.stringify(file)}, 'it', async () => {
      process.stdout.write('has it');
      await new Promise(resolve => setTimeout(resolve, 600_000));
    })`;
    const holder = run(inside, work, { NER_DISTILL_HEARTBEAT: '1' });
    await once(holder.process.stdout!, 'data');
    await expect(withLock(file, 'it', async () => 0, { patience: 300 })).rejects.toThrow(
      'of another container of this machine',
    );
    holder.process.kill('SIGKILL');
    expect(await withLock(file, 'it', async () => 7, { patience: 60_000 })).toBe(7);
  }, 60_000);
});

/** Another process of this machine that takes it for another, with its own name. */
function onHost(host: string, code: string, heartbeat = '0.05') {
  const renamed = `require('node:os').hostname = () => ${JSON.stringify(host)};`;
  return run([], code, { NER_DISTILL_HEARTBEAT: heartbeat }, renamed);
}

function run(before: readonly string[], work: string, env: Record<string, string>, setup = '') {
  const script = `${setup}
    const fs = require('node:fs');
    require(${JSON.stringify(join(LIB, 'loader.cjs'))});
    const { withLock } = require(${JSON.stringify(join(LIB, 'lock.ts'))});
    const { openFile } = require(${JSON.stringify(join(LIB, 'files.ts'))});
    ${work}.then(() => process.exit(0), error => { console.error(error.message); process.exit(1); });`;
  const [program, ...args] = [...before, process.execPath, '-e', script];
  const child = spawn(program, args, { env: { ...process.env, ...env } });
  let text = '';
  child.stderr.on('data', data => {
    text += data;
  });
  return { process: child, ended: once(child, 'exit').then(([status]) => status), errors: () => text };
}
