/**
 * Notebook 1 in Jupyter itself: a server with the kernel as `npm run jupyter` sets it up, a browser, all cells. In the Jupyter
 * that is installed or that `NER_DISTILL_JUPYTER` names, a command as `jupyter lab` is; skipped where there is neither, or no
 * Chromium.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
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
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const NOTEBOOK = '01-data-and-labels.ipynb';
const BROWSERS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const executablePath = process.env.CHROMIUM ?? BROWSERS.find(path => existsSync(path));
const [command, ...args] = process.env.NER_DISTILL_JUPYTER?.split(' ') ?? [];
const jupyter = command === undefined ? findJupyter() : { command, args, version: '' };
const missing =
  jupyter === undefined
    ? 'Jupyter is not installed'
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
  let given: string;

  beforeAll(async () => {
    // A copy, since the page saves the notebook; in the project, where its imports are found.
    mkdirSync(JUPYTER_FOLDER, { recursive: true });
    folder = mkdtempSync(join(JUPYTER_FOLDER, 'test-'));
    cpSync(join(PROJECT_FOLDER, 'notebooks', NOTEBOOK), join(folder, NOTEBOOK));
    given = readFileSync(join(folder, NOTEBOOK), 'utf8');
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
        "--IdentityProvider.token=''",
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
    'runs every cell of the first notebook and shows its tables and its figure, which is live at once',
    async () => {
      const page = await browser.newPage();
      page.setDefaultTimeout(PATIENCE_MS);
      const isLab = jupyter!.args.includes('lab');
      await page.goto(`${address}/${isLab ? 'lab/tree' : 'notebooks'}/${NOTEBOOK}`);
      await page.locator('.jp-Cell, .cell').first().waitFor();
      const ui = (await page.locator('.jp-Notebook').count()) > 0 ? ofLab(page) : ofClassic(page);
      expect(await page.locator('.js-plotly-plot').count()).toBe(0);
      await ui.runAll();
      const numbers = await ui.numbers();
      expect(numbers).toEqual(numbers.map((_, i) => i + 1));
      expect(await page.locator(ui.errors).allTextContents()).toEqual([]);
      const tables = page.locator(`${ui.output} table`);
      expect(await tables.count()).toBeGreaterThanOrEqual(6);
      // The corpus: 3,000 sentences of the sample's training part.
      expect(await tables.filter({ hasText: '3,000' }).count()).toBeGreaterThan(0);
      const figure = page.locator(`${ui.output} .js-plotly-plot`);
      await figure.locator('.main-svg').first().waitFor();
      expect(await figure.count()).toBe(1);
      expect((await figure.boundingBox())?.height).toBeGreaterThan(100);
      await ui.save();
      const read = () => readFileSync(join(folder, NOTEBOOK), 'utf8');
      const deadline = Date.now() + PATIENCE_MS;
      // It is empty for a moment while it is written.
      while ((read() === given || !read().trimEnd().endsWith('}')) && Date.now() < deadline) await sleep(200);
      const saved = read();
      expect(saved).not.toBe(given);
      // The picture, and not Plotly itself, which is megabytes.
      expect(saved).toContain('data:image/svg+xml;base64,');
      expect(saved.length).toBeLessThan(400_000);
    },
    2 * PATIENCE_MS,
  );
});

/** What is done and looked at in a page of Jupyter. */
interface Ui {
  readonly output: string;
  readonly errors: string;
  runAll(): Promise<void>;
  /** Of the code cells. */
  numbers(): Promise<number[]>;
  save(): Promise<void>;
}

/** Jupyter Notebook 6. */
function ofClassic(page: Page): Ui {
  // A cell that waits or runs has a star, one that ran a number, one after a failure nothing.
  const prompts =
    "Jupyter.notebook.get_cells().filter(cell => cell.cell_type === 'code').map(cell => cell.input_prompt_number)";
  return {
    output: '.output_area',
    errors: '.output_stderr, .output_error',
    async runAll() {
      await page.waitForFunction('window.Jupyter?.notebook?.kernel?.is_connected()');
      await page.evaluate('Jupyter.notebook.execute_all_cells()');
      await page.waitForFunction(`!${prompts}.includes('*')`);
    },
    numbers: () => page.evaluate<number[]>(prompts),
    save: () => page.evaluate('Jupyter.notebook.save_notebook().then(() => {})'),
  };
}

/** JupyterLab 4 and Notebook 7. Cells out of sight have text contents, but no inner texts. */
function ofLab(page: Page): Ui {
  const prompts = page.locator('.jp-Notebook .jp-CodeCell .jp-InputPrompt');
  const texts = async () => (await prompts.allTextContents()).map(text => text.replace(/[[\]:\s]/g, ''));
  const choose = async (menu: string, item: RegExp) => {
    await page.locator('.lm-MenuBar-item', { hasText: menu }).first().click();
    await page.locator('.lm-Menu-item', { hasText: item }).first().click();
  };
  return {
    output: '.jp-OutputArea-output',
    errors:
      '[data-mime-type="application/vnd.jupyter.stderr"], [data-mime-type="application/vnd.jupyter.error"]',
    async runAll() {
      await page.locator('.jp-Notebook .jp-Cell').first().click();
      // The committed numbers stand there until the kernel is up and cells wait for it.
      await choose('Kernel', /^Restart Kernel and Clear Outputs/);
      await page.locator('.jp-Dialog .jp-mod-accept').click();
      await page.locator('.jp-Dialog').waitFor({ state: 'detached' });
      await choose('Run', /^Run All Cells$/);
      const last = prompts.last();
      while (!/\d/.test((await last.textContent()) ?? '')) await sleep(300);
    },
    numbers: async () => (await texts()).map(Number),
    save: async () => {
      await page.keyboard.press('Escape');
      await page.keyboard.press('Control+s');
    },
  };
}
