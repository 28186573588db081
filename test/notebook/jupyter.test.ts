/** The kernel as Jupyter is told of it: what is written where, and that the command in it starts a kernel. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { KEEPING_MEMORY } from 'ner-distill/allocator';
import {
  howToInstallJupyter,
  installedKernel,
  installKernel,
  jupyterDataFolder,
  jupyterEnvironment,
} from 'ner-distill/notebook/jupyter';
import { describe, expect, it } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'kernel-'));

it.each([
  ['linux', { XDG_DATA_HOME: '/data' }, '/data/jupyter'],
  ['linux', {}, join(homedir(), '.local/share/jupyter')],
  ['darwin', {}, join(homedir(), 'Library/Jupyter')],
  ['win32', { APPDATA: '/roaming' }, '/roaming/jupyter'],
  ['linux', { JUPYTER_DATA_DIR: '/mine' }, '/mine'],
] as const)('Jupyter looks for kernels where its documents say: %s %j', (platform, environment, folder) =>
  expect(jupyterDataFolder(platform, environment)).toBe(folder),
);

describe('setting up the kernel', () => {
  it('writes a specification by the name that the notebooks ask for, once or again', () => {
    expect(installedKernel(folder)).toBeUndefined();
    const file = installKernel(folder);
    expect(installKernel(folder)).toBe(file);
    expect(installedKernel(folder)).toBe(file);
    expect(file).toBe(join(folder, 'kernels', 'tslab', 'kernel.json'));
    const { argv, env, language } = JSON.parse(readFileSync(file, 'utf8'));
    expect(language).toBe('typescript');
    expect(env).toEqual(KEEPING_MEMORY);
    expect(argv.at(-1)).toBe('--config-path={connection_file}');
    for (const path of argv.filter((part: string) => part.startsWith('/')))
      expect(existsSync(path)).toBe(true);
    const version = spawnSync(argv[0], [...argv.slice(1, -2), '--version'], { encoding: 'utf8' });
    expect([version.status, version.stdout]).toEqual([0, expect.stringMatching(/^tslab 1\.0/)]);
  });

  it('comes before what the environment names, and leaves the rest of it alone', () => {
    expect(jupyterEnvironment(folder, { JUPYTER_PATH: '/theirs', HOME: '/home/me' })).toEqual({
      JUPYTER_PATH: `${folder}${delimiter}/theirs`,
      HOME: '/home/me',
    });
    expect(jupyterEnvironment(folder, {}).JUPYTER_PATH).toBe(folder);
  });
});

it.each(['linux', 'darwin', 'win32'] as const)('says how to install Jupyter on %s', platform => {
  expect(howToInstallJupyter(platform)).toMatch(
    { linux: /apt install/, darwin: /brew install/, win32: /pip install/ }[platform],
  );
});
