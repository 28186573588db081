/** `ner-distill export` from outside. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { RUN, saveModel } from '../prediction/model';

const { results } = saveModel('Ann Lee left Aldmark Bank and Bo'.split(' '));
const out = join(results, 'exported');

function run(...args: string[]) {
  const all = [join(__dirname, '../../lib/bin.cjs'), 'export', '--results', results, ...args];
  const { status, stdout, stderr } = spawnSync(process.execPath, all, { encoding: 'utf8' });
  return { status, stdout, stderr };
}

it('writes a folder and says what it wrote', () => {
  const { status, stdout, stderr } = run(
    '--run',
    RUN.slice(0, 6),
    '--out',
    out,
    '--dtype',
    'bfloat16',
    '--page',
    'fp32',
  );
  expect([status, stderr]).toEqual([0, '']);
  expect(stdout).toMatch(/^.*exported: a model of no run, so without scores\n {2}README\.md, /);
  expect(stdout).toContain('  onnx/model_quantized.onnx, ');
  expect(stdout).toMatch(
    /\n {2}index\.html, [\d.]+ kB\n(?:.*\n)*The page, index\.html, loads 14\.\d MB; a browser opens it from a server, such as "npx http-server" in this folder\.\n$/,
  );
  const again = JSON.parse(run('--run', RUN, '--out', out, '--json').stdout);
  expect(again).toMatchObject({ folder: out, run: null, numberType: 'float32', page: null });
  expect(readdirSync(out)).toContain('model.safetensors');
});

it('says in one sentence why it does not', () => {
  const other = join(results, 'other');
  expect(run('--run', 'ffff', '--out', other)).toMatchObject({
    status: 1,
    stdout: '',
    stderr: expect.stringMatching(/^error: ffff: there is no model [^\n]*\n$/),
  });
  expect(run('--run', RUN, '--out', results).stderr).toMatch(
    /^error: .*found "[^\n]*", which no export has written; [^\n]*\n$/,
  );
  expect(run('--run', RUN, '--out', other, '--dtype', 'int8').stderr).toContain(
    'Expected one of float32, float16, bfloat16.',
  );
  expect(run('--run', RUN, '--out', other, '--page', 'fp16').stderr).toContain(
    'Allowed choices are fp32, int8.',
  );
  expect(existsSync(other)).toBe(false);
});
