/** The examples of docs/extending.md fit the library as it is. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = join(__dirname, '../..');
const diffs = readFileSync(join(ROOT, 'docs/extending.md'), 'utf8').matchAll(/```diff\n([\s\S]*?)```/g);
/** Of each file its lines in a diff. */
const changes = [...diffs].flatMap(([, diff]) =>
  diff.split(/^\+\+\+ /m).flatMap(part => {
    const [file, ...lines] = part.split('\n');
    return file === '' ? [] : [{ file, lines }];
  }),
);

describe('the examples of docs/extending.md', () => {
  it('are of six kinds of things, and more than twice as many files', () => {
    expect(changes.length).toBeGreaterThan(12);
  });

  it.each(changes)('$file has the lines that stay and those that go, in this order', ({ file, lines }) => {
    const before = lines.filter(line => /^[ -]./.test(line)).map(line => line.slice(1));
    const path = join(ROOT, file);
    if (!existsSync(path)) return expect(before).toEqual([]);
    const text = readFileSync(path, 'utf8').split('\n');
    let from = 0;
    const missing = before.filter(line => {
      const at = text.indexOf(line, from);
      from = at < 0 ? from : at + 1;
      return at < 0;
    });
    expect(missing).toEqual([]);
  });
});
