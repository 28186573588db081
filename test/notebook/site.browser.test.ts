/**
 * The web site as Sphinx builds it, and in Chromium. Skipped where `sphinx-build` is not on the PATH
 * (`pip install -r docs/site/requirements.txt`); what needs Chromium, also without that.
 */
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { JSDOM } from 'jsdom';
import { PROJECT_FOLDER } from 'ner-distill/notebook/jupyter';
import { NOTEBOOKS } from 'ner-distill/notebook/reproduce';
import { findSphinx } from 'ner-distill/notebook/site';
import { chromium } from 'playwright-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { type CommandResult, command } from '../command';

const BROWSERS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const executablePath = process.env.CHROMIUM ?? BROWSERS.find(path => existsSync(path));
const missing = findSphinx() === undefined ? 'sphinx-build is not on the PATH' : undefined;
/** For a machine under load. */
const PATIENCE_MS = 300_000;

it('asks for executed notebooks in one sentence', async () => {
  const results = mkdtempSync(join(tmpdir(), 'no-study-'));
  const { status, stderr } = await command(['site', '--results', results, '--out', join(results, 'site')]);
  const first = join(results, 'notebooks', '01-data-and-labels.ipynb');
  expect([status, stderr]).toEqual([
    1,
    `error: ${first}: is not there; "npm run reproduce -- --out ${results}" makes it\n`,
  ]);
});

describe.skipIf(missing !== undefined)(`the site${missing ? ` (skipped: ${missing})` : ''}`, () => {
  const out = join(mkdtempSync(join(tmpdir(), 'site-')), 'site');
  let built: CommandResult;

  beforeAll(async () => {
    const results = mkdtempSync(join(tmpdir(), 'study-'));
    cpSync(join(PROJECT_FOLDER, 'notebooks'), join(results, 'notebooks'), { recursive: true });
    writeFileSync(
      join(results, 'report.html'),
      '<!doctype html><title>Report</title><h1 id="top">Report</h1>',
    );
    mkdirSync(out);
    writeFileSync(join(out, 'mine.html'), 'mine');
    built = await command(['site', '--results', results, '--out', out]);
  }, PATIENCE_MS);

  it('is built without a warning', () => {
    expect(built).toMatchObject({ status: 0, stderr: '', stdout: `Open ${join(out, 'index.html')}\n` });
  });

  it('leaves what else stands in its folder, and nothing beside it', () => {
    expect(readFileSync(join(out, 'mine.html'), 'utf8')).toBe('mine');
    expect(readdirSync(dirname(out))).toEqual(['site']);
  });

  it('has every notebook and document, the report of the study, and no link that leads nowhere', () => {
    const pages = readdirSync(out, { recursive: true, encoding: 'utf8' })
      .filter(file => file.endsWith('.html') && !/^(_static|genindex|search)/.test(file))
      .map(file => join(out, file));
    const names = pages.map(file => relative(out, file).replaceAll('\\', '/'));
    expect(names).toEqual(expect.arrayContaining(NOTEBOOKS.map(name => `notebooks/${name}.html`)));
    expect(names).toEqual(expect.arrayContaining(['README.html', 'README.ru.html', 'docs/store.html']));
    const documents = new Map<string, Document>();
    const documentOf = (file: string) => {
      if (!documents.has(file)) documents.set(file, new JSDOM(readFileSync(file, 'utf8')).window.document);
      return documents.get(file)!;
    };
    const broken: string[] = [];
    let looked = 0;
    for (const page of pages)
      for (const element of documentOf(page).querySelectorAll('[href], [src]')) {
        const link = element.getAttribute('href') ?? element.getAttribute('src')!;
        if (/^[a-z]+:/.test(link)) continue;
        looked++;
        const [path, fragment] = link.split('#').map(decodeURIComponent);
        const place = path === '' ? page : resolve(dirname(page), path.replace(/\?.*$/, ''));
        const isThere = existsSync(place) && statSync(place).isFile();
        const isFound =
          isThere &&
          (!fragment || !place.endsWith('.html') || documentOf(place).getElementById(fragment) !== null);
        if (!isFound) broken.push(`${relative(out, page)}: ${link}`);
      }
    expect(broken).toEqual([]);
    expect(looked).toBeGreaterThan(1000);
    expect(documentOf(join(out, 'index.html')).querySelector('a[href="report.html"]')).not.toBeNull();
  });

  it('loads nothing from elsewhere', () => {
    for (const name of NOTEBOOKS) {
      const { document } = new JSDOM(readFileSync(join(out, 'notebooks', `${name}.html`), 'utf8')).window;
      const loaded = [...document.querySelectorAll('script[src], link[rel=stylesheet], img')];
      const places = loaded.map(each => each.getAttribute('src') ?? each.getAttribute('href') ?? '');
      expect(places.filter(place => /^(https?:)?\/\//.test(place))).toEqual([]);
    }
  });

  it.skipIf(executablePath === undefined)(
    `has live figures and set formulas on a desktop and on a telephone${executablePath ? '' : ' (skipped: Chromium is not installed)'}`,
    async () => {
      const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
      try {
        for (const width of [1280, 390]) {
          const page = await browser.newPage({ viewport: { width, height: 900 } });
          page.setDefaultTimeout(PATIENCE_MS);
          const problems: string[] = [];
          page.on('pageerror', error => problems.push(error.message));
          page.on('requestfailed', request => problems.push(request.url()));
          await page.goto(pathToFileURL(join(out, 'notebooks/02-teacher-and-students.html')).href);
          const places = page.locator('[data-figure]');
          expect(await places.count()).toBe(3);
          await page.waitForFunction("document.querySelectorAll('.js-plotly-plot .main-svg').length >= 3");
          for (const place of await places.all()) {
            const { width: taken, height } = (await place.locator('.main-svg').first().boundingBox())!;
            expect(taken).toBeLessThanOrEqual(width);
            expect(height).toBeGreaterThan(100);
          }
          // The loss, with its two terms in braces below.
          expect(await page.locator('math[display=block] munder mo:text("⏟")').count()).toBe(2);
          expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
          expect(problems).toEqual([]);
          await page.close();
        }
      } finally {
        await browser.close();
      }
    },
    PATIENCE_MS,
  );
});
