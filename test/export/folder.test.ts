/** A folder that is whole or not there, and never takes the place of what is somebody else's. */
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
import { RECORD_FILE, writeFolder } from 'ner-distill/export/folder';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';

let parent: string;
let out: string;
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'export-'));
  out = join(parent, 'out');
});

const files = (text: string) => ({ 'a.txt': () => text, 'in/b.bin': () => Uint8Array.of(1, 2) });
const write = (text = 'first') => writeFolder(out, files(text), { by: 'a test' });
const content = () => readFileSync(join(out, 'a.txt'), 'utf8');
const all = () => readdirSync(out, { recursive: true }).sort();

describe('a folder', () => {
  it('is written with a record of what it holds', () => {
    const record = write();
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

  it('may be there and empty, or be an export that nobody changed, whatever files that had', () => {
    mkdirSync(out);
    write();
    write('second');
    expect(content()).toBe('second');
    writeFolder(out, { 'c.txt': () => 'c' }, {});
    expect(all()).toEqual(['c.txt', RECORD_FILE]);
    expect(readdirSync(parent)).toEqual(['out']);
  });

  const put = (name: string, text = 'mine') => writeFileSync(join(out, name), text);
  it.each<[string, () => void, string]>([
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
      () => {
        write();
        mkdirSync(join(out, 'mine'));
      },
      'found "mine", which no export has written',
    ],
    [
      'a file beside an export',
      () => {
        write();
        put('in/mine');
      },
      'found "in/mine"',
    ],
    [
      'a link that leads nowhere',
      () => {
        write();
        symlinkSync('nowhere', join(out, 'mine'));
      },
      'found "mine"',
    ],
    [
      'a changed export',
      () => {
        write();
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
  ])('does not take the place of %s', (_, prepare, message) => {
    prepare();
    const before = existsSync(out) && readdirSync(parent, { recursive: true }).sort();
    expect(() => write('second')).toThrow(message);
    expect(readdirSync(parent, { recursive: true }).sort()).toEqual(before);
  });

  it('does not take the place of the working directory, which an empty name stands for', () => {
    onTestFinished(() => void vi.restoreAllMocks());
    vi.spyOn(process, 'cwd').mockReturnValue(parent);
    writeFileSync(join(parent, 'mine'), 'x');
    expect(() => writeFolder('', files('first'), {})).toThrow('found "mine", which no export has written');
    expect(readdirSync(parent)).toEqual(['mine']);
  });

  it('is made in one that nobody can have prepared', () => {
    const prepared = `${out}.${process.pid}.tmp`;
    mkdirSync(prepared);
    writeFileSync(join(prepared, 'mine'), 'x');
    write();
    expect(all()).toEqual(['a.txt', 'in', 'in/b.bin', RECORD_FILE]);
    expect(readFileSync(join(prepared, 'mine'), 'utf8')).toBe('x');
    expect(statSync(out).mode & 0o777).toBe(statSync(prepared).mode & 0o777);
  });

  it('is as it was where a file cannot be made', () => {
    write();
    const failing = {
      'a.txt': () => 'second',
      'b.txt': () => {
        throw new Error('no');
      },
    };
    expect(() => writeFolder(out, failing, {})).toThrow('no');
    expect(content()).toBe('first');
    expect(readdirSync(parent)).toEqual(['out']);
  });

  it('where a link leads is written there', () => {
    const there = join(parent, 'there');
    mkdirSync(there);
    symlinkSync(there, out);
    write();
    expect(readdirSync(there)).toContain('a.txt');
    expect(content()).toBe('first');
  });
});
