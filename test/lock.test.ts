import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isLocked, withLock } from 'ner-distill/lock';
import { describe, expect, it } from 'vitest';

const newFile = () => join(mkdtempSync(join(tmpdir(), 'lock-')), 'deep', 'lock');

describe('a lock', () => {
  it('names its process while the work is done, and is gone afterwards, also after a failure', async () => {
    const file = newFile();
    const seen = await withLock(file, 'it', async () => readFileSync(file, 'utf8'));
    expect(seen).toBe(String(process.pid));
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
      'the study in x is being worked on by process 1: wait for it, or stop it',
    );
    expect(readFileSync(file, 'utf8')).toBe('1');
    expect(readdirSync(dirname(file))).toEqual(['lock']);
  });

  it('of a process that is gone is void', async () => {
    const file = newFile();
    const { pid } = spawnSync(process.execPath, ['-e', '']);
    await withLock(file, 'it', async () => {});
    writeFileSync(file, String(pid));
    expect(await withLock(file, 'it', async () => 7)).toBe(7);
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
