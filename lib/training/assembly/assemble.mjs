// Compiles the sources of this folder to WebAssembly and writes each, as base64, into ../NAME-wasm.ts: `npm run assemble`.
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';

const NAMES = ['adamw', 'dropout'];
const at = name => fileURLToPath(new URL(name, import.meta.url));

/** The compiled module, a Uint8Array. */
export async function assemble(name) {
  let binary;
  const { error, stderr } = await asc.main(
    [
      `${name}.ts`,
      '--outFile',
      `${name}.wasm`,
      '--optimizeLevel',
      '3',
      '--enable',
      'simd',
      '--runtime',
      'stub',
      '--importMemory',
      '--maximumMemory',
      '65536',
      '--noAssert',
      '--baseDir',
      at('.'),
    ],
    {
      writeFile: (_, contents) => {
        binary = contents;
      },
    },
  );
  if (error) throw new Error(`${error.message}\n${stderr}`);
  return binary;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const name of NAMES) {
    const base64 = Buffer.from(await assemble(name)).toString('base64');
    const lines = base64
      .match(/.{1,100}/g)
      .map(line => `  '${line}',`)
      .join('\n');
    const source = `/** Compiled from assembly/${name}.ts by \`npm run assemble\`; not to be edited. */
export const ${name.toUpperCase()}_WASM = [\n${lines}\n].join('');\n`;
    writeFileSync(at(`../${name}-wasm.ts`), source);
  }
}
