/** `ner-distill doctor`: what it says of this machine, and of one that lacks something. */
import { chmodSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  examineJupyter,
  examineNode,
  examinePackages,
  examineResults,
} from 'ner-distill/commands/actions/doctor';
import { describeMachine } from 'ner-distill/resources/machine';
import { describe, expect, it } from 'vitest';
import { command } from '../command';

const folder = mkdtempSync(join(tmpdir(), 'doctor-'));

function run(...args: string[]) {
  return command(['doctor', ...args]);
}

describe('doctor', () => {
  it('finds what is needed on a machine that runs these tests', () => {
    const { status, stdout } = run('--json', '--results', join(folder, 'new'));
    const { ok, node, engine, results, machine } = JSON.parse(stdout);
    expect([status, ok, node.ok, engine.ok, results.ok]).toEqual([0, true, true, true, true]);
    expect(node.found).toBe(`Node ${process.versions.node}`);
    expect(machine.node).toBe(process.version);
    expect(engine.found).toMatch(/^\S.*, \d+ threads?: \S/);
    expect(results.found).toBe(`${join(folder, 'new')} (to be made in ${folder}) can be written`);
  });

  it('exits with 1 where results cannot be written, and says what to do', () => {
    const file = join(folder, 'file');
    writeFileSync(file, '');
    const { status, stdout } = run('--results', join(file, 'results'));
    expect(status).toBe(1);
    expect(stdout).toContain(
      `✗ results   ${join(file, 'results')} (to be made in ${file}): ${file} is a file`,
    );
    expect(stdout).toContain('→ name another folder with --out');
    expect(stdout).toContain('Studies cannot be run here yet');
  });
});

describe('what is looked at', () => {
  it('refuses an old Node', () => {
    expect(['20.19.0', '22.1.0'].map(version => examineNode(version).ok)).toEqual([true, true]);
    expect(examineNode('20.18.3').ok).toBe(false);
    expect(examineNode('18.20.1')).toEqual({
      ok: false,
      found: 'Node 18.20.1',
      remedy: 'install Node 20.19 or newer from https://nodejs.org',
    });
  });

  it('names packages that are missing, but not those that are there for a GPU', () => {
    const { packages } = describeMachine();
    expect(examinePackages({ ...packages, '@tensorflow/tfjs-node-gpu': null }).ok).toBe(true);
    expect(examinePackages({ ...packages, tslab: null })).toMatchObject({
      ok: false,
      found: 'missing: tslab',
    });
  });

  it.skipIf(process.getuid?.() === 0)(
    'refuses a folder without permission (skipped for root, who has it)',
    () => {
      const locked = join(folder, 'locked');
      mkdirSync(locked);
      chmodSync(locked, 0o500);
      expect(examineResults(join(locked, 'results')).ok).toBe(false);
    },
  );

  it('says how to install Jupyter where there is none', () => {
    const { jupyter } = examineJupyter(undefined);
    expect(jupyter).toMatchObject({
      ok: false,
      found: 'not found',
      remedy: expect.stringContaining('install'),
    });
    const found = { command: 'jupyter', args: ['notebook'], version: '7.1.0' };
    expect(examineJupyter(found).jupyter).toEqual({ ok: true, found: 'jupyter notebook, version 7.1.0' });
  });
});
