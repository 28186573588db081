/**
 * `npm run notebooks`: executes the notebooks on the preset `sample` and keeps them with their outputs, as they are
 * committed. They are executed twice: the first time makes the runs, the second reads them from the store, so that
 * nothing that is kept depends on how the first went.
 */
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { InputError } from '../errors';
import { planOf } from '../experiment/plan';
import { writeFileAtomically } from '../files';
import { PROJECT_FOLDER } from './jupyter';
import { executeNotebook, NOTEBOOKS, reproduce } from './reproduce';

/** GitHub shows no larger ones in good time, and a history of them would weigh. */
const MOST_BYTES = 400_000;

async function refresh(): Promise<void> {
  const out = join(PROJECT_FOLDER, 'results');
  const print = (text: string) => void process.stdout.write(text);
  await reproduce({ plan: planOf('sample'), out, dryRun: false, print });
  for (const name of NOTEBOOKS) {
    const { notebook, executed } = await executeNotebook(name, out);
    const text = readFileSync(executed, 'utf8');
    check(name, text);
    writeFileAtomically(notebook, text);
    print(`${name}: ${Math.round(text.length / 1000)} kB\n`);
  }
}

function check(name: string, text: string): void {
  const bytes = Buffer.byteLength(text);
  if (bytes > MOST_BYTES)
    throw new InputError(
      `notebook ${name} has ${bytes} bytes with its outputs, expected at most ${MOST_BYTES}`,
    );
  for (const folder of [PROJECT_FOLDER, homedir()])
    if (text.includes(folder))
      throw new InputError(`notebook ${name} shows a path of this machine: ${folder}`);
}

refresh().catch(error => {
  process.stderr.write(`error: ${(error as Error).message}\n`);
  process.exitCode = 1;
});
