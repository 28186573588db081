// Lets Node load the TypeScript of this library without a compile step.
//
// tsx keeps what it has compiled, and runs it at the next start as it finds it, in a folder of a known name under the
// temporary directory: there another user of the machine may have put something first. Here that folder stands in the
// project, beside the code itself, and is used only where nobody but us can have written in it; else nothing is kept.
const { lstatSync, mkdirSync } = require('node:fs');
const { _extensions } = require('node:module');
const { S_IFDIR, S_IFMT } = require('node:fs').constants;
const os = require('node:os');
const { join } = require('node:path');

/** Not below `node_modules`: tslab's file watcher does not bear changes there while a cell runs. */
const CACHE = join(__dirname, '../.cache');

/** Makes the folder where it is not there; `false` where it is not ours alone: no link, of this user, closed to all others. */
function isOurs(folder) {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const { uid, mode } = lstatSync(folder);
    // Windows has no such rights; there the folder has those of the project.
    return !process.geteuid || (uid === process.geteuid() && (mode & (S_IFMT | 0o077)) === S_IFDIR);
  } catch {
    return false;
  }
}

// tsx asks for both when it is loaded and not later: for the temporary directory, in which it makes a folder with the
// user's number, and whether it may keep anything at all.
const { tmpdir } = os;
const { TSX_DISABLE_CACHE } = process.env;
const user = process.geteuid ? process.geteuid() : os.userInfo().username;
if (isOurs(join(CACHE, `tsx-${user}`))) os.tmpdir = () => CACHE;
else process.env.TSX_DISABLE_CACHE = '1';
const byNode = _extensions['.js'];
try {
  require('tsx/cjs/api').register();
} finally {
  os.tmpdir = tmpdir;
  if (TSX_DISABLE_CACHE === undefined) delete process.env.TSX_DISABLE_CACHE;
}

// Packages are JavaScript as they are: read through for what tsx might have to compile, and for where their maps of sources
// lead, the bundles of TensorFlow.js would take as long again as to run.
const byTsx = _extensions['.js'];
_extensions['.js'] = (module, file) => {
  if (!/[\\/]node_modules[\\/]/.test(file)) return byTsx(module, file);
  const { sourceMapsEnabled } = process;
  process.setSourceMapsEnabled(false);
  try {
    byNode(module, file);
  } finally {
    process.setSourceMapsEnabled(sourceMapsEnabled);
  }
};
