/**
 * What those who import the library see of it (`lib/types`, generated, not committed). Type declarations: tslab checks every
 * `.ts` file that a cell can reach, again for each cell that imports; these it takes as they are, which saves seconds a
 * notebook. And the names that an ES module can import. `npm ci` and `npm pack` make them, and whoever starts a kernel here
 * has them made anew where the source has changed since.
 */
import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';

const LIB = resolve(__dirname, '..');
const TYPES = join(LIB, 'types');
/** Written last. */
const MODULE = 'index.mjs';

/** Makes the declarations where there are none or a source is newer. @param types the folder where they stand */
export async function updateDeclarations(types = TYPES): Promise<void> {
  if (areFresh(types)) return;
  const made = `${types}-${process.pid}`;
  const old = `${made}-old`;
  try {
    // `npm run types` checks the source; a source that is being worked on may have errors.
    const compiler = [require.resolve('typescript/bin/tsc'), '--noCheck'];
    await promisify(execFile)(process.execPath, [...compiler, '--project', LIB, '--outDir', made]).catch(
      error => {
        if (!existsSync(join(made, 'index.d.ts'))) throw error;
      },
    );
    takeCore(made);
    writeFileSync(join(made, MODULE), await moduleText());
    // Two steps with nothing between: the cell of another study may be looking for them.
    if (existsSync(types)) renameSync(types, old);
    renameSync(made, types);
  } catch {
    // Without declarations, or where another process was quicker, cells work as well; only their types are missing or old.
  } finally {
    for (const folder of [made, old]) rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * tfjs declares in 600 files what models are made of, its own kinds of layers, data sets, converters and backends with it, and every
 * cell that imports the library would have all of them read. The declarations, and `tf` of the library, name its core alone, with the
 * operations of tensors as their methods; for a cell that imports `@tensorflow/tfjs` these are the same.
 */
const TFJS = {
  module: 'tfjs',
  text: `export * from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops';
`,
};

function takeCore(types: string): void {
  const { module, text } = TFJS;
  for (const file of readdirSync(types, { recursive: true }) as string[]) {
    if (!file.endsWith('.d.ts')) continue;
    const path = join(types, file);
    const above = relative(join(path, '..'), types).replaceAll('\\', '/') || '.';
    const declared = readFileSync(path, 'utf8');
    writeFileSync(path, declared.replaceAll("from '@tensorflow/tfjs'", `from '${above}/${module}'`));
  }
  writeFileSync(join(types, `${module}.d.ts`), text);
}

/** An ES module must have its names in its text; Node does not find those of a CommonJS module that is compiled as it is loaded. */
async function moduleText(): Promise<string> {
  const { metafile } = await build({
    entryPoints: [join(LIB, 'index.ts')],
    format: 'esm',
    metafile: true,
    write: false,
  });
  const [{ exports }] = Object.values(metafile.outputs);
  return `import library from '../boot.cjs';\nexport const { ${exports.join(', ')} } = library;\n`;
}

function areFresh(types: string): boolean {
  const made = statSync(join(types, MODULE), { throwIfNoEntry: false })?.mtimeMs;
  if (made === undefined) return false;
  return !readdirSync(LIB, { recursive: true, withFileTypes: true }).some(entry => {
    const folder = entry.parentPath ?? entry.path;
    const isSource = entry.isFile() && entry.name.endsWith('.ts') && !folder.startsWith(TYPES);
    return isSource && statSync(join(folder, entry.name)).mtimeMs > made;
  });
}

if (require.main === module) void updateDeclarations();
