/** `runs clean` beside trainings that begin while it works. */
import { existsSync, mkdirSync, mkdtempSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cleanRuns } from 'ner-distill/commands/actions/runs';
import { RunStore } from 'ner-distill/experiment/runs';
import { writeSealedJson } from 'ner-distill/experiment/sealed';
import { latencyFile } from 'ner-distill/experiment/store-files';
import { afterEach, expect, it, vi } from 'vitest';

afterEach(() => vi.restoreAllMocks());

it('keeps a run that has been taken up since it was listed, with its measurement, and goes on with the others', async () => {
  const results = mkdtempSync(join(tmpdir(), 'clean-'));
  const [taken, other] = ['0', '1'].map(digit => digit.repeat(16));
  const measured = (id: string) => latencyFile(id.slice(0, 12)).path;
  for (const id of [taken, other]) {
    mkdirSync(join(results, 'runs', id), { recursive: true });
    writeSealedJson(join(results, measured(id)), latencyFile(id.slice(0, 12)).of, { models: [{ id }] });
  }
  const remove = RunStore.prototype.remove;
  vi.spyOn(RunStore.prototype, 'remove').mockImplementation(function (this: RunStore, run) {
    // The process that started this one lives.
    if (run.id === taken) writeFileSync(this.lockFile(taken), String(process.ppid));
    return remove.call(this, run);
  });
  const lines: string[] = [];
  vi.spyOn(process.stdout, 'write').mockImplementation(text => lines.push(String(text)) > 0);
  const bytes = statSync(join(results, measured(other))).size;
  await cleanRuns({ results, yes: true });
  expect(lines).toEqual([
    `${taken}, unknown: in work, kept\n`,
    `deleted ${other}, unknown, 0 B: unfinished\n`,
    `deleted ${measured(other)}, ${bytes} B: none of its runs is kept\n`,
    `freed ${bytes} B\n`,
  ]);
  const left = [join('runs', taken), measured(taken), join('runs', other), measured(other), 'lock'];
  expect(left.map(path => existsSync(join(results, path)))).toEqual([true, true, false, false, false]);
});
