/**
 * Notebook 1 in Jupyter itself: a notebook server with the kernel as `npm run jupyter` sets it up, a browser, all cells.
 * Skipped where there is no classic Jupyter (version 6) or no Chromium.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  findJupyter,
  installKernel,
  JUPYTER_FOLDER,
  jupyterEnvironment,
  PROJECT_FOLDER,
} from 'ner-distill/notebook/jupyter';
import { type Browser, chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const NOTEBOOK = '01-data-and-labels.ipynb';
const BROWSERS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const executablePath = process.env.CHROMIUM ?? BROWSERS.find(path => existsSync(path));
const jupyter = findJupyter();
const missing =
  jupyter === undefined
    ? 'Jupyter is not installed'
    : !jupyter.version.startsWith('6.')
      ? `Jupyter ${jupyter.version} has another page than version 6`
      : executablePath === undefined
        ? 'Chromium is not installed'
        : undefined;

/** For a machine under load; nothing waits longer than it has to. */
const PATIENCE_MS = 200_000;

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

describe.skipIf(missing !== undefined)(`in Jupyter${missing ? ` (skipped: ${missing})` : ''}`, () => {
  let folder: string;
  let server: ChildProcess;
  let browser: Browser;
  let address: string;
  let log = '';

  beforeAll(async () => {
    // A copy, since the page saves the notebook; in the project, where its imports are found.
    mkdirSync(JUPYTER_FOLDER, { recursive: true });
    folder = mkdtempSync(join(JUPYTER_FOLDER, 'test-'));
    cpSync(join(PROJECT_FOLDER, 'notebooks', NOTEBOOK), join(folder, NOTEBOOK));
    const state = join(folder, 'state');
    installKernel(join(state, 'project'));
    const port = await freePort();
    address = `http://127.0.0.1:${port}`;
    server = spawn(
      jupyter!.command,
      [
        ...jupyter!.args,
        folder,
        '--no-browser',
        '--allow-root',
        '--ip=127.0.0.1',
        `--port=${port}`,
        '--port-retries=0',
        "--NotebookApp.token=''",
      ],
      {
        env: {
          ...jupyterEnvironment(join(state, 'project')),
          JUPYTER_CONFIG_DIR: join(state, 'config'),
          JUPYTER_DATA_DIR: join(state, 'data'),
          JUPYTER_RUNTIME_DIR: join(state, 'runtime'),
        },
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    for (const stream of [server.stdout, server.stderr])
      stream?.on('data', chunk => {
        log += String(chunk);
      });
    const deadline = Date.now() + PATIENCE_MS;
    while (
      !(await fetch(`${address}/api`).then(
        response => response.ok,
        () => false,
      ))
    ) {
      if (server.exitCode !== null || Date.now() > deadline)
        throw new Error(`Jupyter did not start:\n${log}`);
      await sleep(200);
    }
    browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
  }, 2 * PATIENCE_MS);

  afterAll(async () => {
    await browser?.close();
    if (server?.exitCode === null) {
      const gone = once(server, 'exit');
      // It ends its kernels.
      server.kill('SIGTERM');
      await Promise.race([gone, sleep(10_000)]);
      server.kill('SIGKILL');
    }
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  });

  it(
    'runs every cell of the first notebook and shows its tables and its figure',
    async () => {
      const page = await browser.newPage();
      page.setDefaultTimeout(PATIENCE_MS);
      await page.goto(`${address}/notebooks/${NOTEBOOK}`);
      await page.waitForFunction('window.Jupyter?.notebook?.kernel?.is_connected()');
      await page.evaluate('Jupyter.notebook.execute_all_cells()');
      // A cell that waits or runs has a star, one that ran a number, one after a failure nothing.
      const prompts =
        "Jupyter.notebook.get_cells().filter(cell => cell.cell_type === 'code').map(cell => cell.input_prompt_number)";
      await page.waitForFunction(`!${prompts}.includes('*')`);
      expect(await page.locator('.output_stderr, .output_error').allInnerTexts()).toEqual([]);
      const numbers = await page.evaluate<number[]>(prompts);
      expect(numbers).toEqual(numbers.map((_, i) => i + 1));
      const tables = page.locator('.output_area table');
      expect(await tables.count()).toBeGreaterThanOrEqual(6);
      // The corpus: 3,000 sentences of the sample's training part.
      expect(await tables.filter({ hasText: '3,000' }).count()).toBeGreaterThan(0);
      const figure = page.locator('.output_area svg, .output_area img, .output_area .js-plotly-plot').first();
      expect((await figure.boundingBox())?.height).toBeGreaterThan(100);
    },
    2 * PATIENCE_MS,
  );
});
