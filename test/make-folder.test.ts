/** Folders, also where none can be made. */
import { once } from 'node:events';
import { existsSync, mkdtempSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
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

  it('is made by several at once, none of whom fails', async () => {
    const shared = { base, loader: require.resolve('../lib/loader.cjs'), turn: new SharedArrayBuffer(4) };
    const code = `const { workerData: { base, loader, turn }, parentPort } = require('node:worker_threads');
require(loader);
const { makeFolder } = require(require('node:path').join(loader, '../make-folder.ts'));
const at = new Int32Array(turn);
const failures = [];
for (let i = 0; i < 500; i++) {
  Atomics.add(at, 0, 1);
  while (Atomics.load(at, 0) < 2 * (i + 1));
  try { makeFolder(\`\${base}/several/\${i}/a/b\`); } catch (error) { failures.push(error.message); }
}
parentPort.postMessage(failures);`;
    const workers = [0, 1].map(() => new Worker(code, { eval: true, workerData: shared }));
    const failures = await Promise.all(workers.map(worker => once(worker, 'message')));
    expect(failures.flat(2)).toEqual([]);
  });

  // `mkdirSync` with `recursive` would not come back.
  it.skipIf(!existsSync('/proc/self'))('is not tried without end where the system makes none', () => {
    expect(() => makeFolder('/proc/none/of/these')).toThrow('ENOENT');
  });
});
