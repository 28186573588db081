/** Text without labels from the command line: one student, and the runs of a whole study. */
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { command } from '../command';
import { tinyPlan } from '../experiment/tiny.fixture';

const folder = mkdtempSync(join(tmpdir(), 'text-'));
const write = (name: string, content: string) => {
  const file = join(folder, name);
  writeFileSync(file, content);
  return file;
};
const PLAN = write('plan.json', JSON.stringify(tinyPlan(16, 1)));
const TEXT = write('text.txt', 'Ann Kessler left Port Halden .\nNobody came back .\n');
const out = join(folder, 'results');
const of = (...args: string[]) => command([...args, '--plan', PLAN, '--out', out]);

it('one student learns from it, and its control does not', () => {
  const [made] = JSON.parse(of('distill', '--unlabelled', TEXT, '--json').stdout);
  expect(made.notes.at(-1)).toBe('text without labels: text.txt, plain text, 2 sentences');
  // 16 sentences and 2, 8 a step.
  expect(
    readFileSync(join(out, 'runs', made.id, 'history.csv'), 'utf8')
      .trim()
      .split('\n'),
  ).toHaveLength(4);
  const [some, none] = [['--unlabelled', TEXT], []].map(
    text => JSON.parse(of('train', '--model', 'student', '--json', ...text).stdout)[0].id,
  );
  expect(some).toBe(none);
});

it('is part of a whole study: its distilled students are other runs', () => {
  const runs = (...text: string[]) =>
    JSON.parse(of('reproduce', '--list-runs', '--json', ...text).stdout) as { id: string; name: string }[];
  const without = new Set(runs().map(({ id }) => id));
  const changed = runs('--unlabelled', TEXT).filter(({ id }) => !without.has(id));
  expect(changed.map(({ name }) => name)).toEqual([
    'vanilla',
    'constrained (logits, β = 0.5)',
    'constrained (weighted, β = 0.5)',
  ]);
});

it('is refused by one sentence where there is none', () => {
  const empty = write('empty.txt', '');
  expect(of('distill', '--unlabelled', empty)).toEqual({
    status: 1,
    stdout: '',
    stderr: `error: ${empty}: found no sentence, expected text, a sentence a line, or a corpus\n`,
  });
});

it('is never replaced by the plan that is kept', () => {
  const { status, stderr } = command([
    'distill',
    '--plan',
    PLAN,
    '--unlabelled',
    join(out, 'plan.json'),
    '--out',
    out,
  ]);
  expect([status, stderr]).toEqual([1, expect.stringContaining('plan.json')]);
});
