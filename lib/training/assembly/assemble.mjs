// Compiles adamw.ts to WebAssembly and writes it, as base64, into ../adamw-wasm.ts. Run by `npm run assemble`.
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';

const at = name => fileURLToPath(new URL(name, import.meta.url));

/** The compiled module, a Uint8Array. */
export async function assemble() {
  let binary;
  const { error, stderr } = await asc.main(
    [
      'adamw.ts',
      '--outFile',
      'adamw.wasm',
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
  const base64 = Buffer.from(await assemble()).toString('base64');
  const lines = base64
    .match(/.{1,100}/g)
    .map(line => `  '${line}',`)
    .join('\n');
  writeFileSync(
    at('../adamw-wasm.ts'),
    `/** Compiled from assembly/adamw.ts by \`npm run assemble\`; not to be edited. */\nexport const ADAMW_WASM = [\n${lines}\n].join('');\n`,
  );
}
