// Compiles the sources of this folder to WebAssembly and writes each, as base64, into ../NAME-wasm.ts, and the digests of both
// into `compiled.sha256`: `npm run assemble`, which brings the compiler (100 MB) into npm's cache.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const NAMES = ['adamw', 'dropout'];
const HERE = fileURLToPath(new URL('.', import.meta.url));

/** The compiled module. */
function assemble(name) {
  const binary = `${name}.wasm`;
  const options = [
    ['--outFile', binary],
    ['--optimizeLevel', '3'],
    ['--enable', 'simd'],
    ['--runtime', 'stub'],
    ['--importMemory'],
    ['--maximumMemory', '65536'],
    ['--noAssert'],
  ];
  // npm's commands are scripts of the shell on Windows.
  const shell = process.platform === 'win32';
  execFileSync('asc', [`${name}.ts`, ...options.flat()], { cwd: HERE, shell, stdio: 'inherit' });
  const compiled = readFileSync(join(HERE, binary));
  rmSync(join(HERE, binary));
  return compiled;
}

const digests = [];
for (const name of NAMES) {
  const lines = assemble(name)
    .toString('base64')
    .match(/.{1,100}/g)
    .map(line => `  '${line}',`)
    .join('\n');
  const compiled = `/** Compiled from assembly/${name}.ts by \`npm run assemble\`; not to be edited. */
export const ${name.toUpperCase()}_WASM = [\n${lines}\n].join('');\n`;
  writeFileSync(join(HERE, `../${name}-wasm.ts`), compiled);
  for (const file of [`${name}.ts`, `../${name}-wasm.ts`]) {
    const digest = createHash('sha256')
      .update(readFileSync(join(HERE, file)))
      .digest('hex');
    digests.push(`${digest}  ${file}\n`);
  }
}
writeFileSync(join(HERE, 'compiled.sha256'), digests.join(''));
