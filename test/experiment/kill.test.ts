/**
 * A sweep that is killed, again and again, at moments drawn from a seed: in the middle of writing a file, between two, under
 * a lock. Each time the same command goes on; the end is that of a sweep that nobody disturbed, to the last byte.
 *
 * A moment is the so-manieth call that changes a file, not a time, so that a slow machine changes nothing. Most deaths are
 * played in this process, which costs no start: from the call on nothing changes any file, whatever the code still tries.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs, { mkdtempSync, readFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { StudySession } from 'ner-distill/experiment/paper';
import { silentProgress } from 'ner-distill/experiment/progress';
import type { StudyRun } from 'ner-distill/experiment/study';
import { pathsIn } from 'ner-distill/files';
import { Random } from 'ner-distill/random';
import { beforeAll, expect, it } from 'vitest';
import { tinyPlan } from './tiny.fixture';

const PLAN = tinyPlan(16, 2);
/** A sweep has some 600 calls that change files. */
const MOST_CALLS = 100;

/**
 * Calls `die` at the so-manieth call that changes a file in a folder: before it, or, where it writes, after half of what
 * was to be written; and at all calls after it, as long as `die` returns. Gives what puts everything back.
 * As text it runs in another process, too.
 */
function countCalls(
  node: Pick<typeof import('node:fs'), 'openSync'>,
  folder: string,
  calls: number,
  die: () => void,
): () => void {
  type Call = (...args: unknown[]) => unknown;
  const functions = node as unknown as Record<string, Call>;
  const names = ['openSync', 'writeSync', 'fsyncSync', 'writeFileSync', 'renameSync', 'linkSync', 'rmSync'];
  const originals = [...names, 'mkdirSync', 'rmdirSync'].map(name => [name, functions[name]] as const);
  const open = new Set<unknown>();
  const isOurs = (file: unknown) => open.has(file) || String(file).startsWith(folder);
  let left = calls;
  for (const [name, original] of originals)
    functions[name] = (...args) => {
      const [file, content] = args;
      if (isOurs(file) && !(name === 'openSync' && content === 'r')) {
        const isLast = left-- === 0;
        if (isLast && name === 'writeSync')
          original(file, content, 0, Math.floor((content as Uint8Array).length / 2));
        if (left < 0) die();
      }
      const result = original(...args);
      if (name === 'openSync' && isOurs(file)) open.add(result);
      return result;
    };
  return () => {
    for (const [name, original] of originals) functions[name] = original;
  };
}

const newFolder = () => mkdtempSync(join(tmpdir(), 'kill-'));
const contentOf = (folder: string) =>
  Object.fromEntries(
    pathsIn(folder).map(path => [path, readFileSync(join(folder, path)).toString('latin1')]),
  );
/** Makes what is missing of the sweep in a folder; `lines` gets what it says. */
async function sweep(folder: string, lines: string[] = []): Promise<StudyRun[]> {
  const progress = { ...silentProgress, line: (text: string) => void lines.push(text) };
  const session = await StudySession.open(PLAN, folder, { progress });
  const runs = await session.all();
  await session.quantized(runs[0]);
  return runs;
}
/** A death is no damage: nothing that it leaves may be taken for a file that was changed. */
const DAMAGE = /changed since|damaged|anew|is there no|unexpected/;

let runs: StudyRun[];
let whole: Record<string, string>;
beforeAll(async () => {
  const undisturbed = newFolder();
  runs = await sweep(undisturbed);
  whole = contentOf(undisturbed);
});

it('that dies over and over ends as one that does not', async () => {
  const folder = newFolder();
  const random = new Random(1);
  const lines: string[] = [];
  let deaths = 0;
  for (let dead = true; dead; ) {
    dead = false;
    const revive = countCalls(fs, folder, random.integer(MOST_CALLS), () => {
      dead = true;
      throw new Error('dead');
    });
    syncBuiltinESMExports();
    try {
      await sweep(folder, lines);
    } catch (error) {
      expect(dead, String(error)).toBe(true);
      deaths++;
    } finally {
      revive();
      syncBuiltinESMExports();
    }
  }
  expect(deaths).toBeGreaterThan(15);
  expect(lines.filter(line => DAMAGE.test(line))).toEqual([]);
  expect(lines.some(line => line.includes('goes on after epoch 1 of 2'))).toBe(true);
  expect(await sweep(folder)).toEqual(runs);
  // Half-written files of a process that lives, as this one does, are not swept away.
  const left = Object.entries(contentOf(folder)).filter(([path]) => !path.endsWith('.tmp'));
  expect(Object.fromEntries(left)).toEqual(whole);
});

it('whose processes are killed (SIGKILL) ends as one that is not', async () => {
  const folder = newFolder();
  const script = (calls: number) => `
    const node = require('node:fs');
    const countCalls = ${countCalls.toString()};
    countCalls(node, ${JSON.stringify(folder)}, ${calls}, () => process.kill(process.pid, 'SIGKILL'));
    const { StudySession } = require('ner-distill');
    const progress = { update() {}, line: text => process.stdout.write(text + '\\n') };
    StudySession.open(${JSON.stringify(PLAN)}, ${JSON.stringify(folder)}, { progress }).then(s => s.all());`;
  for (const calls of [30, 90, 150]) {
    const child = spawn(process.execPath, ['-e', script(calls)], {
      cwd: resolve(__dirname, '../..'),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => {
        said += chunk;
      });
    expect(await once(child, 'close'), said).toEqual([null, 'SIGKILL']);
    expect(said).not.toMatch(DAMAGE);
  }
  const lines: string[] = [];
  expect(await sweep(folder, lines)).toEqual(runs);
  expect(lines.filter(line => DAMAGE.test(line))).toEqual([]);
  expect(contentOf(folder)).toEqual(whole);
});
