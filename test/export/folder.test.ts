/** A folder that is whole or not there, and never takes the place of what is somebody else's. */
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Files, RECORD_FILE, writeFolder } from 'ner-distill/export/folder';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';

let parent: string;
let out: string;
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'export-'));
  out = join(parent, 'out');
});

const files = (text: string) => ({ 'a.txt': () => text, 'in/b.bin': () => Uint8Array.of(1, 2) });
const writeTo = (place: string, made: Files, about = {}) =>
  writeFolder(place, async () => ({ files: made, about }));
const write = (text = 'first') => writeTo(out, files(text), { by: 'a test' });
const content = () => readFileSync(join(out, 'a.txt'), 'utf8');
const all = () => readdirSync(out, { recursive: true }).sort();

describe('a folder', () => {
  it('is written with a record of what it holds', async () => {
    const record = await write();
    expect(all()).toEqual(['a.txt', 'in', 'in/b.bin', RECORD_FILE]);
    expect(JSON.parse(readFileSync(join(out, RECORD_FILE), 'utf8'))).toEqual(record);
    expect(record).toEqual({
      by: 'a test',
      files: {
        // sha256sum of "first", and of the bytes 1 and 2.
        'a.txt': { bytes: 5, sha256: 'a7937b64b8caa58f03721bb6bacf5c78cb235febe0e70b1b84cd99541461a08e' },
        'in/b.bin': { bytes: 2, sha256: 'a12871fee210fb8619291eaea194581cbd2531e4b23759d225f6806923f63222' },
      },
    });
    expect(readdirSync(parent)).toEqual(['out']);
  });

  it('may be there and empty, or be an export that nobody changed, whatever files that had', async () => {
    mkdirSync(out);
    await write();
    await write('second');
    expect(content()).toBe('second');
    await writeTo(out, { 'c.txt': () => 'c' });
    expect(all()).toEqual(['c.txt', RECORD_FILE]);
    expect(readdirSync(parent)).toEqual(['out']);
  });

  const put = (name: string, text = 'mine') => writeFileSync(join(out, name), text);
  it.each<[string, () => void | Promise<void>, string]>([
    ['a file of its name', () => writeFileSync(out, 'mine'), 'found a file'],
    [
      'files of somebody',
      () => {
        mkdirSync(out);
        put('mine');
      },
      'found "mine", which no export has written',
    ],
    [
      'a folder of somebody',
      async () => {
        await write();
        mkdirSync(join(out, 'mine'));
      },
      'found "mine", which no export has written',
    ],
    [
      'a file beside an export',
      async () => {
        await write();
        put('in/mine');
      },
      'found "in/mine"',
    ],
    [
      'a link that leads nowhere',
      async () => {
        await write();
        symlinkSync('nowhere', join(out, 'mine'));
      },
      'found "mine"',
    ],
    [
      'a changed export',
      async () => {
        await write();
        put('a.txt');
      },
      'found "a.txt", which has changed since',
    ],
    [
      'a record of another kind',
      () => {
        mkdirSync(out);
        put(RECORD_FILE, '[]');
        put('mine');
      },
      'found "mine"',
    ],
  ])('does not take the place of %s', async (_, prepare, message) => {
    await prepare();
    const before = existsSync(out) && readdirSync(parent, { recursive: true }).sort();
    await expect(write('second')).rejects.toThrow(message);
    expect(readdirSync(parent, { recursive: true }).sort()).toEqual(before);
  });

  it('does not take the place of the working directory, which an empty name stands for', async () => {
    onTestFinished(() => void vi.restoreAllMocks());
    vi.spyOn(process, 'cwd').mockReturnValue(parent);
    writeFileSync(join(parent, 'mine'), 'x');
    await expect(writeTo('', files('first'))).rejects.toThrow('found "mine", which no export has written');
    expect(readdirSync(parent)).toEqual(['mine']);
  });

  it('is made in one that nobody can have prepared', async () => {
    const prepared = `${out}.${process.pid}.tmp`;
    mkdirSync(prepared);
    writeFileSync(join(prepared, 'mine'), 'x');
    await write();
    expect(all()).toEqual(['a.txt', 'in', 'in/b.bin', RECORD_FILE]);
    expect(readFileSync(join(prepared, 'mine'), 'utf8')).toBe('x');
    expect(statSync(out).mode & 0o777).toBe(statSync(prepared).mode & 0o777);
  });

  it('is as it was where a file cannot be made', async () => {
    await write();
    const failing = {
      'a.txt': () => 'second',
      'b.txt': () => {
        throw new Error('no');
      },
    };
    await expect(writeTo(out, failing)).rejects.toThrow('no');
    expect(content()).toBe('first');
    expect(readdirSync(parent)).toEqual(['out']);
  });

  it('where a link leads is written there', async () => {
    const there = join(parent, 'there');
    mkdirSync(there);
    symlinkSync(there, out);
    await write();
    expect(readdirSync(there)).toContain('a.txt');
    expect(content()).toBe('first');
  });

  it('is filled where it stands, where nothing can be put beside it', async () => {
    // No name beside it would be short enough.
    out = join(parent, 'x'.repeat(250));
    mkdirSync(out);
    await write();
    await write('second');
    expect(content()).toBe('second');
    expect(all()).toEqual(['a.txt', 'in', 'in/b.bin', RECORD_FILE]);
    const failing = { 'c.txt': () => Buffer.alloc(-1) };
    await expect(writeTo(out, failing)).rejects.toThrow();
    expect(all()).toEqual(['a.txt', 'in', 'in/b.bin', RECORD_FILE]);
    expect(content()).toBe('second');
  });

  it('may be the root of another file system', async context => {
    mkdirSync(out);
    const mount = spawnSync('mount', ['-t', 'tmpfs', 'tmpfs', out]);
    if (mount.status !== 0) return context.skip('this user cannot mount');
    onTestFinished(() => void spawnSync('umount', [out]));
    await write();
    await write('second');
    expect(content()).toBe('second');
    expect(all()).toEqual(['a.txt', 'in', 'in/b.bin', RECORD_FILE]);
    expect(readdirSync(parent)).toEqual(['out']);
  });

  it('is told to be out of reach before its files are made', async () => {
    writeFileSync(join(parent, 'file'), '');
    const contents = vi.fn();
    await expect(writeFolder(join(parent, 'file/out'), contents)).rejects.toThrow('cannot be written (');
    expect(contents).not.toHaveBeenCalled();
  });

  it('leaves no folders above it where it is not made', async () => {
    out = join(parent, 'a/b/c');
    await expect(writeTo(out, { 'a.txt': () => Buffer.alloc(-1) })).rejects.toThrow();
    expect(readdirSync(parent)).toEqual([]);
    await write();
    expect(content()).toBe('first');
  });

  it('leaves nothing behind where the process is stopped meanwhile', async () => {
    onTestFinished(() => void vi.restoreAllMocks());
    const kill = vi.spyOn(process, 'kill').mockReturnValue(true);
    const stopped = writeTo(out, {
      ...files('first'),
      'last.txt': () => {
        process.emit('SIGTERM', 'SIGTERM');
        expect(readdirSync(parent)).toEqual([]);
        throw new Error('the process has ended');
      },
    });
    await expect(stopped).rejects.toThrow('the process has ended');
    expect(kill).toHaveBeenCalledWith(process.pid, 'SIGTERM');
    expect(readdirSync(parent)).toEqual([]);
  });
});
