/** `runs clean` beside trainings that begin while it works. */
import { existsSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cleanRuns } from 'ner-distill/commands/actions/runs';
import { RunStore } from 'ner-distill/experiment/runs';
import { afterEach, expect, it, vi } from 'vitest';

afterEach(() => vi.restoreAllMocks());

it('keeps a run that has been taken up since it was listed, with its measurement, and goes on with the others', async () => {
  const results = mkdtempSync(join(tmpdir(), 'clean-'));
  const [taken, other] = ['0', '1'].map(digit => digit.repeat(16));
  const measured = (id: string) => join('latency', 'b'.repeat(12), `${id}.json`);
  mkdirSync(join(results, 'latency', 'b'.repeat(12)), { recursive: true });
  for (const id of [taken, other]) {
    mkdirSync(join(results, 'runs', id), { recursive: true });
    writeFileSync(join(results, measured(id)), '[]');
  }
  const remove = RunStore.prototype.remove;
  vi.spyOn(RunStore.prototype, 'remove').mockImplementation(function (this: RunStore, run) {
    // The process that started this one lives.
    if (run.id === taken) writeFileSync(this.lockFile(taken), String(process.ppid));
    return remove.call(this, run);
  });
  const lines: string[] = [];
  vi.spyOn(process.stdout, 'write').mockImplementation(text => lines.push(String(text)) > 0);
  await cleanRuns({ results, yes: true });
  expect(lines).toEqual([
    `${taken}, unknown: in work, kept\n`,
    `deleted ${other}, unknown, 0 B: unfinished\n`,
    `deleted ${measured(other)}, 2 B: its run is not kept\n`,
    'freed 2 B\n',
  ]);
  const left = [join('runs', taken), measured(taken), join('runs', other), measured(other), 'lock'];
  expect(left.map(path => existsSync(join(results, path)))).toEqual([true, true, false, false, false]);
});
