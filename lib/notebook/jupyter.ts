/**
 * Jupyter on this machine: whether it is there, and the TypeScript kernel told to it in a folder of the project, so that
 * nothing in a person's home changes.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { KEEPING_MEMORY } from '../allocator';
import { InputError } from '../errors';
import { writeFileAtomically } from '../files';
import { prettyJson } from '../json';

/** The name by which notebooks ask for the kernel; tslab's own. */
const KERNEL_NAME = 'tslab';
export const PROJECT_FOLDER = resolve(__dirname, '../..');
/** Mends tslab's kernel where it is loaded before it. */
export const STEADY_KERNEL = resolve(__dirname, 'steady-kernel.cjs');
/** Where the kernel is told of; not under version control. */
export const JUPYTER_FOLDER = join(PROJECT_FOLDER, '.jupyter');

/** A command that starts the notebook server. */
export interface Jupyter {
  readonly command: string;
  readonly args: readonly string[];
  readonly version: string;
}

/** In the order in which they are tried. */
const SERVERS: readonly (readonly [string, ...string[]])[] = [
  ['jupyter', 'notebook'],
  ['jupyter', 'lab'],
  ['jupyter-notebook'],
  ['jupyter-lab'],
  ['python3', '-m', 'notebook'],
  ['python3', '-m', 'jupyterlab'],
  ['py', '-m', 'notebook'],
];

/** The first Jupyter that answers: `jupyter notebook`, else `jupyter lab`, else Python's modules of these names. */
export function findJupyter(lab = false): Jupyter | undefined {
  const wanted = lab ? SERVERS.filter(server => server.join(' ').includes('lab')) : SERVERS;
  for (const [command, ...args] of wanted) {
    const { status, stdout } = spawnSync(command, [...args, '--version'], { encoding: 'utf8' });
    if (status === 0) return { command, args, version: stdout.trim() };
  }
  return undefined;
}

/** How to get Jupyter on a system, named as `process.platform` names it. */
export function howToInstallJupyter(platform: NodeJS.Platform = process.platform): string {
  if (platform === 'darwin') return 'brew install jupyterlab';
  if (platform === 'win32') return 'py -m pip install notebook';
  return 'sudo apt install jupyter-notebook (Debian, Ubuntu) or, for JupyterLab, sudo apt install pipx && pipx install jupyterlab';
}

/** @throws InputError that says how to install it. */
export function requireJupyter(lab = false): Jupyter {
  const jupyter = findJupyter(lab);
  if (jupyter) return jupyter;
  throw new InputError(
    `${lab ? 'JupyterLab' : 'Jupyter'} was not found; install it with: ${howToInstallJupyter()}`,
  );
}

/**
 * Writes the kernel's specification (https://jupyter-client.readthedocs.io/en/stable/kernels.html#kernel-specs) and returns
 * its file. The kernel is this Node with the tslab of this project, mended (`steady-kernel.cjs`).
 */
export function installKernel(folder: string = JUPYTER_FOLDER): string {
  const file = kernelFile(folder);
  const specification = {
    argv: [
      process.execPath,
      '--require',
      STEADY_KERNEL,
      require.resolve('tslab/bin/tslab'),
      'kernel',
      '--config-path={connection_file}',
    ],
    display_name: 'TypeScript',
    language: 'typescript',
    env: KEEPING_MEMORY,
  };
  writeFileAtomically(file, prettyJson(specification));
  return file;
}

/**
 * Where every Jupyter of this person finds kernels
 * (https://docs.jupyter.org/en/latest/use/jupyter-directories.html#data-files).
 */
export function jupyterDataFolder(
  platform: NodeJS.Platform = process.platform,
  environment: NodeJS.ProcessEnv = process.env,
): string {
  if (environment.JUPYTER_DATA_DIR) return environment.JUPYTER_DATA_DIR;
  if (platform === 'darwin') return join(homedir(), 'Library', 'Jupyter');
  if (platform === 'win32')
    return join(environment.APPDATA ?? join(homedir(), 'AppData', 'Roaming'), 'jupyter');
  return join(environment.XDG_DATA_HOME || join(homedir(), '.local', 'share'), 'jupyter');
}

/** The file of the kernel's specification, where `installKernel` has written it. */
export function installedKernel(folder: string = JUPYTER_FOLDER): string | undefined {
  const file = kernelFile(folder);
  return existsSync(file) ? file : undefined;
}

function kernelFile(folder: string): string {
  return join(folder, 'kernels', KERNEL_NAME, 'kernel.json');
}

/** An environment in which Jupyter finds the kernel that `installKernel` put into a folder, before any other. */
export function jupyterEnvironment(
  folder: string = JUPYTER_FOLDER,
  environment: NodeJS.ProcessEnv = process.env,
): NodeJS.ProcessEnv {
  const path = [folder, environment.JUPYTER_PATH].filter(Boolean).join(delimiter);
  return { ...environment, JUPYTER_PATH: path };
}
