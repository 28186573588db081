/** Folders, also where none can be made. */
import { existsSync, mkdtempSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeFolder } from 'ner-distill/make-folder';
import { describe, expect, it } from 'vitest';

describe('a folder', () => {
  const base = mkdtempSync(join(tmpdir(), 'folder-'));

  it('is made with those above it, where it is not there', () => {
    const folder = join(base, 'a', 'b', 'c');
    makeFolder(folder);
    makeFolder(folder);
    expect(statSync(folder).isDirectory()).toBe(true);
  });

  it('is not made in the place of a file, or below one', () => {
    const file = join(base, 'file');
    writeFileSync(file, '');
    expect(() => makeFolder(file)).toThrow('EEXIST');
    expect(() => makeFolder(join(file, 'a', 'b'))).toThrow('ENOTDIR');
  });

  // `mkdirSync` with `recursive` would not come back.
  it.skipIf(!existsSync('/proc/self'))('is not tried without end where the system makes none', () => {
    expect(() => makeFolder('/proc/none/of/these')).toThrow('ENOENT');
  });
});
