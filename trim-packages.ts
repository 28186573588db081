/**
 * Takes out of this project's `node_modules` what packages bring for others and nothing here reads: `npm ci` has it done at its
 * end (`prepare`). It is no part of the library that other projects install. `npm ci --ignore-scripts` keeps everything, and
 * everything works with it as well.
 */
import { lstatSync, readdirSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';

const LIBRARIES = 'libraries of other systems';
const BROWSER_BUILDS = 'what browsers would need for graphics cards';
const SOURCE_MAPS = 'source maps';

/** npm sets these where packages are installed for another system (`npm ci --os … --cpu …`). */
const { npm_config_os: os = process.platform, npm_config_cpu: cpu = process.arch } = process.env;

/**
 * Removes plain files, never one that a link leads to.
 * @param modules the folder `node_modules`
 * @param system as `linux/x64`
 * @returns bytes removed, by reason, and why the first file that could not be removed could not
 */
export function trim(modules: string, system: string) {
  const removed: Record<string, number> = {};
  let trouble: string | undefined;
  const isFolder = (path: string) => lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  const has = (path: string) => isFolder(join(modules, path));
  const visit = (folder: string): void => {
    for (const entry of readdirSync(join(modules, folder), { withFileTypes: true })) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      try {
        if (entry.isDirectory()) visit(path);
        const reason = entry.isFile() ? reasonToRemove(path, has, system) : undefined;
        if (reason === undefined) continue;
        const { size } = lstatSync(join(modules, path));
        unlinkSync(join(modules, path));
        removed[reason] = (removed[reason] ?? 0) + size;
      } catch (error) {
        trouble ??= (error as Error).message;
      }
    }
  };
  if (isFolder(modules)) visit('');
  return { removed, trouble };
}

/**
 * Why nothing here reads a file, or `undefined` where something may.
 * @param path from `node_modules`, with `/`
 * @param has whether there is a folder of such a path
 */
function reasonToRemove(path: string, has: (path: string) => boolean, system: string): string | undefined {
  const [, binaries, library] = /^(onnxruntime-node\/bin\/napi-v\d+)\/(\w+\/\w+)\//.exec(path) ?? [];
  // Where the package has none for this system, it stays as it came.
  if (library && library !== system && has(`${binaries}/${system}`)) return LIBRARIES;
  if (/^onnxruntime-web\/dist\/ort/.test(path)) {
    // `export --page` copies two of them.
    const isForProcessors = /\/ort(\.wasm|\.node|-wasm-simd-threaded\.(wasm|mjs)$)/.test(path);
    if (!isForProcessors) return BROWSER_BUILDS;
  }
  return /\.([cm]?[jt]s|css)\.map$/.test(path) ? SOURCE_MAPS : undefined;
}

if (require.main === module) {
  const { removed, trouble } = trim(join(__dirname, 'node_modules'), `${os}/${cpu}`);
  const parts = Object.entries(removed).map(([reason, bytes]) => `${reason} (${Math.round(bytes / 1e6)} MB)`);
  if (parts.length > 0)
    console.log(`removed from node_modules, as nothing here reads it: ${parts.join(', ')}`);
  if (trouble) console.log(`some of node_modules could not be removed, which does no harm: ${trouble}`);
}
