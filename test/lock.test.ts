/** Locks between processes: who holds one, when it is void, and that no two hold it at once. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { InputError } from 'ner-distill/errors';
import { isLocked, withLock } from 'ner-distill/lock';
import { describe, expect, it } from 'vitest';

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

  it('of a process that is gone is void', async () => {
    const file = newFile();
    const { pid } = spawnSync(process.execPath, ['-e', '']);
    await withLock(file, 'it', async () => {});
    writeFileSync(file, String(pid));
    expect(await withLock(file, 'it', async () => 7)).toBe(7);
  });

  it.each([
    ['number that is used again', { started: '1' }],
    ['start of the machine that is past', { boot: 'another' }],
  ])('of a process with a %s is void', async (_, change) => {
    const file = newFile();
    const text = await withLock(file, 'it', async () => readFileSync(file, 'utf8'));
    if (JSON.parse(text).started === null) return;
    // The process that started this one lives, but it is not the one that took the lock.
    writeFileSync(file, JSON.stringify({ ...JSON.parse(text), pid: process.ppid, ...change }));
    expect(isLocked(file)).toBe(false);
    expect(await withLock(file, 'it', async () => 7)).toBe(7);
    expect(readdirSync(dirname(file))).toEqual([]);
  });

  it('of another machine is refused, whatever runs here, with what to do where nothing runs there', async () => {
    const file = newFile();
    const text = await withLock(file, 'it', async () => readFileSync(file, 'utf8'));
    const { pid } = spawnSync(process.execPath, ['-e', '']);
    writeFileSync(file, JSON.stringify({ ...JSON.parse(text), pid, host: 'far-away', boot: 'another' }));
    expect(isLocked(file)).toBe(true);
    await expect(withLock(file, 'it', async () => 0)).rejects.toThrow(
      `it is being worked on by process ${pid} of the machine "far-away": wait until it has ended; if nothing works on it there any more, delete ${file}`,
    );
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
  });
});
