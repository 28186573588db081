/** Output on a disk that is full: one sentence, and what was there before. */
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { openOutput } from 'ner-distill/prediction/output';
import { afterAll, expect, it } from 'vitest';

const LIB = join(__dirname, '../../lib');
const LOADER = join(LIB, 'loader.cjs');
const folder = mkdtempSync(join(tmpdir(), 'output-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('puts a file in its place when it is whole', async () => {
  const file = join(folder, 'deep', 'out.txt');
  const output = await openOutput(file);
  await output.write('Ann ');
  await output.write('left');
  expect(existsSync(file)).toBe(false);
  await output.close();
  expect(readFileSync(file, 'utf8')).toBe('Ann left');
  expect(readdirSync(join(folder, 'deep'))).toEqual(['out.txt']);
});

// A limit on the size of files stands for a disk that is full. It is that of a process, and holds for all its files.
it.skipIf(process.platform === 'win32')(
  'leaves the old file and no other where not all can be written',
  () => {
    const file = join(folder, 'full', 'out.txt');
    mkdirSync(dirname(file));
    writeFileSync(file, 'before');
    const script = `
      require(${JSON.stringify(LOADER)});
      const { openOutput } = require(${JSON.stringify(join(LIB, 'prediction/output.ts'))});
      (async () => {
        const output = await openOutput(${JSON.stringify(file)});
        try {
          for (let i = 0; i < 10; i++) await output.write('x'.repeat(100_000));
        } catch (error) {
          console.log(error.name + ': ' + error.message);
        }
        await output.discard();
      })();`;
    const { stdout } = spawnSync('sh', ['-c', 'ulimit -f 8 && exec "$0" -e "$1"', process.execPath, script], {
      encoding: 'utf8',
      env: { ...process.env, TSX_DISABLE_CACHE: '1' },
    });
    expect(stdout).toBe(`InputError: ${file}: cannot be written (EFBIG: file too large)\n`);
    expect(readdirSync(dirname(file))).toEqual(['out.txt']);
    expect(readFileSync(file, 'utf8')).toBe('before');
  },
);

it('says which file cannot be made', async () => {
  writeFileSync(join(folder, 'file'), '');
  await expect(openOutput(join(folder, 'file', 'out.txt'))).rejects.toThrow(
    `${join(folder, 'file', 'out.txt')}: cannot be written (`,
  );
});
