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
    takeTensorTypes(made);
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
 * The part of tfjs that the declarations name, by the files that tfjs has it from: tensors, with their operations as methods.
 * Of those that `import * as tf` declares they are the same.
 */
const TENSOR_TYPES = {
  module: 'tfjs',
  text: [
    ...['tensor', 'types', 'tensor_info', 'kernel_registry'].map(
      part => `export * from '${inTfjs(part)}';\n`,
    ),
    `import '${inTfjs('public/chained_ops/register_all_chained_ops')}';\n`,
  ].join(''),
};

function inTfjs(file: string): string {
  return `@tensorflow/tfjs-core/dist/${file}`;
}

/** tfjs declares in 600 files what models are made of, and every cell that imports the library would have all of them read. */
function takeTensorTypes(types: string): void {
  const { module, text } = TENSOR_TYPES;
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
