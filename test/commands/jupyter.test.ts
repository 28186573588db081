/** `ner-distill jupyter` from outside, with a stand-in for Jupyter that prints the plan it was given. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { planOf } from 'ner-distill/experiment/plan';
import { describe, expect, it } from 'vitest';

const commands = mkdtempSync(join(tmpdir(), 'jupyter-'));
writeFileSync(join(commands, 'jupyter'), '#!/bin/sh\necho "Jupyter follows $NER_DISTILL_PLAN."\n', {
  mode: 0o755,
});

/** Which files are opened. */
const NOTEBOOKS_FOLDER = resolve(__dirname, '../../notebooks');
const OPENING = `Opening ${NOTEBOOKS_FOLDER}: 01-data-and-labels.ipynb, 02-teacher-and-students.ipynb, 03-resources.ipynb, 04-critical-knowledge.ipynb, 05-error-analysis.ipynb\n`;

/** A folder to work in, with a study in `results` where there is a plan. */
function folderWith(plan?: unknown): string {
  const folder = mkdtempSync(join(tmpdir(), 'jupyter-study-'));
  if (plan === undefined) return folder;
  mkdirSync(join(folder, 'results'));
  writeFileSync(join(folder, 'results', 'plan.json'), JSON.stringify(plan));
  return folder;
}

function jupyter(cwd: string, args: readonly string[] = [], variables: Record<string, string> = {}) {
  const { NER_DISTILL_PLAN: _, ...environment } = process.env;
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(__dirname, '../../lib/bin.cjs'), 'jupyter', ...args],
    {
      cwd,
      encoding: 'utf8',
      env: { ...environment, ...variables, PATH: `${commands}${delimiter}${process.env.PATH}` },
    },
  );
  return { status, stdout, stderr };
}

describe.skipIf(process.platform === 'win32')('jupyter (its stand-in is a shell script)', () => {
  const threeSeeds = planOf('smoke', { seeds: [1, 2, 3] });

  it('shows the study in results, where there is one', () => {
    const folder = folderWith(threeSeeds);
    expect(jupyter(folder)).toEqual({
      status: 0,
      stdout: `The notebooks show the study of ${join('results', 'plan.json')} (preset smoke, seeds 1, 2, 3).\n${OPENING}Jupyter follows ${join(folder, 'results', 'plan.json')}.\n`,
      stderr: '',
    });
  });

  it('shows the study that is asked for, by a flag rather than by the environment', () => {
    const [folder, other] = [folderWith(threeSeeds), folderWith(planOf('sample'))];
    const [plan, otherPlan] = [folder, other].map(each => join(each, 'results', 'plan.json'));
    expect(jupyter(folder, [], { NER_DISTILL_PLAN: otherPlan }).stdout).toBe(
      `The notebooks show the study of ${otherPlan} (preset sample, seed 1).\n${OPENING}Jupyter follows ${otherPlan}.\n`,
    );
    expect(jupyter(other, ['--plan', plan], { NER_DISTILL_PLAN: otherPlan }).stdout).toContain(
      `Jupyter follows ${plan}.\n`,
    );
  });

  it('says where there is none that the notebooks make the sample', () => {
    expect(jupyter(folderWith())).toEqual({
      status: 0,
      stdout: `There is no study in results yet: the notebooks make that of the preset sample, cell by cell.\n${OPENING}Jupyter follows .\n`,
      stderr: '',
    });
  });

  it('tells every Jupyter of the kernel, and opens nothing', () => {
    const data = mkdtempSync(join(tmpdir(), 'jupyter-data-'));
    const { status, stdout } = jupyter(folderWith(), ['--register'], { JUPYTER_DATA_DIR: data });
    const file = join(data, 'kernels', 'tslab', 'kernel.json');
    expect([status, stdout]).toEqual([
      0,
      `The kernel tslab stands in ${file}. In ${resolve(NOTEBOOKS_FOLDER, '..')}: jupyter lab notebooks\n`,
    ]);
    expect(existsSync(file)).toBe(true);
  });

  it('refuses a plan that is not there or not a plan, in a sentence', () => {
    expect(jupyter(folderWith(), ['--plan', 'nosuch.json'])).toEqual({
      status: 1,
      stdout: '',
      stderr: 'error: nosuch.json: the plan cannot be read (ENOENT: no such file or directory)\n',
    });
    expect(jupyter(folderWith({ preset: 'huge' })).stderr).toMatch(
      /^error: results.plan\.json: preset: found "huge", expected one of [^\n]*\n$/,
    );
  });
});
