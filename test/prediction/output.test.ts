/** Output on a disk that is full: one sentence, and what was there before. */
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InputError } from 'ner-distill/errors';
import { openOutput } from 'ner-distill/prediction/output';
import { afterAll, expect, it } from 'vitest';

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

// A device of Linux that is always full.
it.skipIf(!existsSync('/dev/full')).each([1, 1_000_000])(
  'leaves the old file and no other where %i characters cannot be written',
  async length => {
    const file = join(folder, `full-${length}`, 'out.txt');
    const first = await openOutput(file);
    await first.write('before');
    await first.close();
    symlinkSync('/dev/full', `${file}.${process.pid}.tmp`);
    const output = await openOutput(file);
    const writing = (async () => {
      await output.write('x'.repeat(length));
      await new Promise(resolve => setTimeout(resolve, 20));
      await output.write('y');
      await output.close();
    })();
    await expect(writing).rejects.toThrow(InputError);
    await expect(writing).rejects.toThrow(`${file}: cannot be written (ENOSPC`);
    await output.discard();
    expect(readdirSync(join(folder, `full-${length}`))).toEqual(['out.txt']);
    expect(readFileSync(file, 'utf8')).toBe('before');
  },
);

it('says which file cannot be made', async () => {
  writeFileSync(join(folder, 'file'), '');
  await expect(openOutput(join(folder, 'file', 'out.txt'))).rejects.toThrow(
    `${join(folder, 'file', 'out.txt')}: cannot be written (`,
  );
});
