/**
 * The page of an export as a reader has it: served from a folder of a server of files, opened in Chromium, typed into. What it
 * finds is held against `predict` at the same precision. Skipped where there is no Chromium.
 */
import { createReadStream, existsSync, mkdtempSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import axe from 'axe-core';
import { openInput } from 'ner-distill/corpus/streams';
import { exportModel } from 'ner-distill/export/export-model';
import { PRECISIONS, type Precision } from 'ner-distill/inference/precision';
import { Tagger } from 'ner-distill/prediction/tagger';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { saveModel } from '../prediction/model';
import { finishRun } from './run';

const BROWSERS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const executablePath = process.env.CHROMIUM ?? BROWSERS.find(path => existsSync(path));
const why = executablePath ? '' : ' (skipped: Chromium is not installed)';

const WORDS = 'Ann Lee left Aldmark Bank and Bo'.split(' ');
const TEXT = [
  'Ann Lee left the Bank of Aldmark (U.S.), and Bo-Lee saw 1,000.5 of them.',
  '',
  '  two   spaces\tand a tab before Ann ',
  // Longer than the 32 places of the model, which then reads it in parts, as it does a word of that length; the end is in the last.
  `${'Bo saw Ann and Lee left Aldmark . '.repeat(12)}Bank ${'xyz'.repeat(30)} Ann`,
  'דנה עבדה בחברת Aldmark Bank בתל אביב',
  'Ann 👩‍👩‍👧‍👦 left 🏦 Aldmark 東京 Łódź e\u0301 \u200b\ufe0f',
  `<b>Ann</b> & "Bo" <img src=x onerror="document.title='hostile'">`,
].join('\n');

/** An entity as the page shows it. */
interface Shown {
  readonly text: string;
  readonly type: string;
  readonly confidence: number;
}

const TYPES: Readonly<Record<string, string>> = { PER: 'person, critical', ORG: 'organisation' };

describe.skipIf(!executablePath)(`the page of an export in Chromium${why}`, () => {
  const model = saveModel(WORDS);
  const tags = WORDS.map(() => 'O');
  const run = finishRun(model, { words: WORDS, gold: tags, predicted: tags });
  const folder = join(model.results, 'runs', run, 'model');
  const out = mkdtempSync(join(tmpdir(), 'page-'));
  const complaints: string[] = [];
  const requests: string[] = [];
  let browser: Browser;
  let server: Server;
  let site: string;
  /** That of the graph in 8 bits. */
  let page: Page;

  beforeAll(async () => {
    for (const page of PRECISIONS) await exportModel(folder, join(out, page), { page });
    const types: Record<string, string> = {
      '.html': 'text/html',
      '.js': 'text/javascript',
      '.wasm': 'application/wasm',
    };
    // What stands under isolated/ is the same, with the headers that let it have threads; under broken/ there is no model.
    server = createServer(({ url = '' }, response) => {
      const [, place, name] = /^\/a\/(isolated|plain|broken)\/(.*)$/.exec(url) ?? [];
      const file = join(out, name?.endsWith('/') ? `${name}index.html` : (name ?? ''));
      if (!name || !existsSync(file) || (place === 'broken' && name.endsWith('.onnx'))) {
        response.writeHead(404).end();
        return;
      }
      const headers = {
        'content-type': types[extname(file)] ?? 'application/octet-stream',
        ...(place === 'isolated' && {
          'cross-origin-opener-policy': 'same-origin',
          'cross-origin-embedder-policy': 'require-corp',
        }),
      };
      response.writeHead(200, headers);
      // Of two cores onnxruntime would take one.
      if (place === 'isolated' && name.endsWith('worker.js'))
        response.write("Object.defineProperty(navigator, 'hardwareConcurrency', { value: 4 });");
      createReadStream(file).pipe(response);
    });
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    site = `http://127.0.0.1:${(server.address() as AddressInfo).port}/a`;
    browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
    page = await open(`${site}/plain/int8/`);
  });
  afterAll(async () => {
    await browser?.close();
    server?.close();
  });

  /** A page that is open, whose complaints and requests are noted. */
  async function open(address: string): Promise<Page> {
    const opened = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    opened.setDefaultTimeout(100_000);
    opened.on('console', message => complaints.push(message.text()));
    opened.on('pageerror', error => complaints.push(String(error)));
    opened.on('request', request => requests.push(request.url()));
    await opened.goto(address);
    return opened;
  }

  const said = (page: Page, what: RegExp) => page.locator('#status', { hasText: what }).waitFor();

  /** The entities that the page shows in a text, once it has tagged it. */
  async function shown(page: Page, text: string, words: number): Promise<Shown[]> {
    await page.locator('#text').fill(text);
    await said(page, new RegExp(`in ${words} words?: [\\d.]+ ms`));
    expect((await page.locator('#output p').allTextContents()).length).toBe(text.split('\n').length);
    const marks = page.locator('#output mark');
    const found = await marks.evaluateAll(all =>
      all.map(mark => [mark.querySelector('bdi')!.textContent!, mark.querySelector('span')!.textContent!]),
    );
    const rows = await page.locator('#entities tbody tr').evaluateAll(all =>
      all.map(({ children }) => {
        const [entity, type, confidence] = [...children].map(cell => cell.textContent!);
        return [entity, `${type}, ${confidence}`];
      }),
    );
    expect(rows).toEqual(found);
    return found.map(([text, label]) => {
      const [, type, confidence] = /^(.*), ([\d.]+)\s%$/.exec(label)!;
      return { text, type, confidence: Number(confidence) / 100 };
    });
  }

  /** Both find the same, and are as sure of it but for the last digit that is shown. */
  function expectSame(found: readonly Shown[], expected: readonly Shown[]): void {
    const what = (entities: readonly Shown[]) => entities.map(({ text, type }) => [text, type]);
    expect(what(found)).toEqual(what(expected));
    found.forEach(({ confidence }, i) => {
      expect(Math.abs(confidence - expected[i].confidence)).toBeLessThan(0.00101);
    });
  }

  /** What `predict` finds in plain text, with the number of words. */
  async function predicted(
    text: string,
    precision: Precision = 'fp32',
  ): Promise<{ entities: Shown[]; words: number }> {
    const bytes = (async function* () {
      yield Buffer.from(text);
    })();
    const { sentences } = await openInput(bytes, 'text', 'text');
    const tagger = await Tagger.open(folder, { engine: 'onnx', threads: 1, precision });
    const entities: Shown[] = [];
    let words = 0;
    for await (const sentence of sentences) {
      const [tagged] = await tagger.tag([sentence.words]);
      words += sentence.words.length;
      for (const { type, start, end, confidence } of tagged.entities) {
        const [begin, last] = [sentence.starts![start], end - 1];
        const stop = sentence.starts![last] + sentence.words[last].length;
        entities.push({ text: sentence.text!.slice(begin, stop), type: TYPES[type], confidence });
      }
    }
    await tagger.dispose();
    return { entities, words };
  }

  it('finds what predict finds, in text of all kinds', async () => {
    const { entities, words } = await predicted(TEXT);
    expect(new Set(entities.map(({ type }) => type))).toEqual(new Set(Object.values(TYPES)));
    const page = await open(`${site}/plain/fp32/`);
    expectSame(await shown(page, TEXT, words), entities);
    expect(await page.locator('#output').innerText()).toContain('document.title');
    expect(await page.locator('#output img').count()).toBe(0);
    expect(await page.title()).toBe('Entities in text: person and organisation');
  });

  it('finds in 8 bits what predict finds in 8 bits', async () => {
    const { entities, words } = await predicted(TEXT, 'int8');
    expectSame(await shown(page, TEXT, words), entities);
  });

  it('has threads where the server allows them, and finds the same', async () => {
    const page = await open(`${site}/isolated/fp32/`);
    const { entities, words } = await predicted(TEXT);
    expectSame(await shown(page, TEXT, words), entities);
    expect(await page.locator('#status').innerText()).toContain(' with 2 threads.');
  });

  it('answers while it tags ten thousand words, and leaves them for a newer text', async () => {
    const long = 'Ann Lee left Aldmark Bank . Bo saw it \n'.repeat(1112);
    await page.locator('#text').fill(long);
    await page.locator('progress[aria-label="Words that are tagged"]').waitFor();
    await page.locator('#text').fill('Ann');
    await said(page, /in 1 word:/);
    expect(await page.locator('#output').innerText()).toContain('Ann');
    await page.locator('#text').fill(long);
    await page.locator('#text').press('Control+Enter');
    await said(page, /in 10008 words:/);
    expect(await page.locator('#output p').count()).toBe(1113);
    expect(await page.locator('progress').isHidden()).toBe(true);
  });

  it('says that there is nothing to tag, and takes the table away', async () => {
    await page.locator('#text').fill(' \n\n');
    await said(page, /^There is no text to tag\.$/);
    expect(await page.locator('#entities').isHidden()).toBe(true);
  });

  it('is accessible on a telephone, in a light scheme and in a dark one', async () => {
    await page.setViewportSize({ width: 390, height: 800 });
    await shown(page, 'Ann Lee left Aldmark Bank , דנה', 7);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
    await page.evaluate(axe.source);
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      const { violations, passes } = await page.evaluate(() =>
        (globalThis as unknown as { axe: typeof axe }).axe.run(),
      );
      expect(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([]);
      expect(passes.map(({ id }) => id)).toContain('color-contrast');
    }
  });

  it('asks for nothing but its own files, and the console is silent', () => {
    expect(requests.filter(url => !url.startsWith(site) && !url.startsWith('blob:'))).toEqual([]);
    expect(complaints).toEqual([]);
  });

  it('says in one sentence that its model is not there', async () => {
    const page = await open(`${site}/broken/fp32/`);
    const trouble = page.locator('#trouble', { hasText: '.' });
    expect(await trouble.innerText()).toBe(
      'The model cannot be used: onnx/model.onnx cannot be loaded (404).',
    );
    expect(await page.locator('progress').isHidden()).toBe(true);
  });

  it('says in one sentence that it is to be served, where it is opened as a file', async () => {
    const page = await open(pathToFileURL(join(out, 'int8/index.html')).href);
    expect(await page.locator('#trouble').innerText()).toMatch(
      /^Browsers load a model only from a server: run /,
    );
  });
});
