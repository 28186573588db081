/** What happens on the disk beside a kernel while its cells run: it must neither end a study nor change what cells mean. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Kernel } from 'ner-distill/notebook/kernel';
import { runNotebook } from 'ner-distill/notebook/runner';
import { afterAll, expect, it } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'neighbours-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A package that cells can import. */
function writePackage(name: string): void {
  const path = join(folder, 'node_modules', name);
  mkdirSync(path, { recursive: true });
  writeFileSync(join(path, 'package.json'), JSON.stringify({ name, main: 'index.js', types: 'index.d.ts' }));
  writeFileSync(join(path, 'index.d.ts'), 'export const answer: number;\n');
  writeFileSync(join(path, 'index.js'), 'exports.answer = 42;\n');
}

it('packages that come, change and go while a cell runs are nothing to it, nor to the next', async () => {
  writePackage('used');
  const install = `
const fs = require('fs');
const settle = () => new Promise(done => setTimeout(done, 400));
for (let round = 0; round < 3; round++) {
  for (const name of ['@types/new', 'new', 'used/types']) fs.mkdirSync('node_modules/' + name, { recursive: true });
  fs.writeFileSync('node_modules/new/index.d.ts', 'export {};');
  fs.writeFileSync('node_modules/used/package.json', '{}');
  fs.writeFileSync('node_modules/used/index.d.ts', 'export const other: string;');
  await settle();
  for (const name of ['@types', 'new', 'used']) fs.rmSync('node_modules/' + name, { recursive: true });
  await settle();
}`;
  const cells = [
    `import { answer } from 'used';\nanswer`,
    install,
    `const twice: number = 2 * answer;\ntwice`,
  ].map(source => ({ cell_type: 'code', metadata: {}, source, outputs: [], execution_count: null }));
  const [path, out] = ['in.ipynb', 'out.ipynb'].map(name => join(folder, name));
  writeFileSync(path, JSON.stringify({ nbformat: 4, nbformat_minor: 5, metadata: {}, cells }));
  expect((await runNotebook(path, { out })).failure).toBeUndefined();
  const outputs = JSON.parse(readFileSync(out, 'utf8')).cells.map((cell: { outputs: { text: string[] }[] }) =>
    cell.outputs.map(({ text }) => text.join('')),
  );
  expect(outputs).toEqual([['42\n'], [], ['84\n']]);
});

it('a module beside the notebook is found once it is there, and read anew when it has changed', async () => {
  const said: string[] = [];
  const kernel = await Kernel.start({
    cwd: folder,
    onMessage: ({ content }) => said.push(`${content.text}`),
  });
  const run = async (answer?: number) => {
    if (answer !== undefined) writeFileSync(join(folder, 'beside.ts'), `export const answer = ${answer};\n`);
    await sleep(500);
    await kernel.execute("import { answer } from './beside';\nanswer").reply;
  };
  try {
    await run();
    await run(1);
    await run(2);
  } finally {
    await kernel.stop();
  }
  expect(said).toEqual([expect.stringContaining("Cannot find module './beside'"), '1\n', '2\n']);
});
