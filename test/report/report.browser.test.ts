/**
 * The report as a reader has it: opened in Chromium without a network, read, sorted, followed to a run, and hovered over.
 * Skipped where there is no Chromium.
 */
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import axe from 'axe-core';
import { analyseErrors } from 'ner-distill/evaluation/errors';
import { errorsPage } from 'ner-distill/report/errors-page';
import { writeOutputs } from 'ner-distill/report/outputs';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { evidence, study } from './study.fixture';

const BROWSERS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const executablePath = process.env.CHROMIUM ?? BROWSERS.find(path => existsSync(path));
const why = executablePath ? '' : ' (skipped: Chromium is not installed)';

describe.skipIf(!executablePath)(`the report in Chromium${why}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'report-browser-'));
  const complaints: string[] = [];
  const requests: string[] = [];
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    await writeOutputs(study, folder, 'node v20', evidence);
    browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
    page = await open('report.html');
  });
  afterAll(async () => {
    await browser?.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** A page of the folder, whose complaints and requests are noted. */
  async function open(name: string): Promise<Page> {
    const opened = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    opened.on('console', message => {
      if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
    });
    opened.on('pageerror', error => complaints.push(String(error)));
    opened.on('request', request => requests.push(request.url()));
    await opened.goto(pathToFileURL(join(folder, name)).href);
    return opened;
  }

  const table1 = () => page.locator('table.sortable').first();
  const firstColumn = () => table1().locator('tbody tr td:first-child').allTextContents();

  it('shows the numbers of Table 1', async () => {
    const text = await table1().innerText();
    expect(text).toContain('teacher');
    // F1 of precision 0.905 and recall 0.912, and its interval.
    expect(text).toContain('90.85');
    expect(text).toContain('89.20 to 92.20');
  });

  it('sorts by a column and back', async () => {
    const before = await firstColumn();
    const heading = table1().locator('th button', { hasText: /^F1, %$/ });
    await heading.click();
    expect(await firstColumn()).toEqual([
      'student without teacher',
      'teacher',
      'vanilla student',
      'constrained student (logits, β = 0.2)',
    ]);
    await heading.click();
    expect((await firstColumn())[0]).toBe('constrained student (logits, β = 0.2)');
    expect([...(await firstColumn())].sort()).toEqual([...before].sort());
  });

  it('leads from a row to the run behind it, and opens it', async () => {
    const row = table1().locator('tbody tr', { hasText: 'student without teacher' });
    await row.locator('a').first().click();
    const run = page.locator('details.run:target');
    expect(await run.getAttribute('id')).toBe('run-control--1');
    expect(await run.locator('pre').isVisible()).toBe(true);
    expect(await run.locator('pre').innerText()).toContain('"name": "control"');
  });

  it('has figures that answer the mouse', async () => {
    const figure = page.locator('figure').first();
    await figure.scrollIntoViewIfNeeded();
    const point = figure.locator('.scatterlayer .trace .point').first();
    const box = (await point.boundingBox())!;
    await page.mouse.move(box.x + box.width / 2 + 30, box.y + 30);
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2, { steps: 4 });
    const hover = figure.locator('.hoverlayer .hovertext');
    await hover.first().waitFor({ timeout: 10_000 });
    expect(await hover.first().textContent()).toMatch(/\d+\.\d\d %/);
    expect(await page.locator('figure .js-plotly-plot').count()).toBe(5);
  });

  it('has a page of errors whose numbers lead to their sentences', async () => {
    const missed = { words: ['Ann', 'left'], gold: ['B-PER', 'O'], predicted: ['O', 'O'] };
    const [sentences, critical] = [[missed, { ...missed, predicted: ['B-PER', 'O'] }], ['PER']];
    const analysis = analyseErrors(sentences, { critical });
    const html = await errorsPage({ title: 'Errors', sentences, analysis, critical });
    writeFileSync(join(folder, 'errors.html'), html);
    const errors = await open('errors.html');
    const visible = errors.locator('article:visible');
    const summary = errors.locator('#right > summary');
    expect(await visible.count()).toBe(1);
    await summary.click();
    expect(await visible.count()).toBe(2);
    await errors.locator('.numbers a').first().click();
    expect(await visible.count()).toBe(1);
    expect(await errors.locator('#chosen').innerText()).toContain('1 sentence (');
    await errors.locator('#chosen a').click();
    await errors.getByLabel('Search').fill(' ANN  left');
    expect(await errors.locator('#chosen').innerText()).toBe('“ANN left”: 2 sentences');
    await errors.getByLabel('Search').fill('nobody');
    expect(await visible.count()).toBe(0);
    expect(await summary.isVisible()).toBe(false);
  });

  it.each(['report.html', 'errors.html'])(
    'is accessible, on a screen and on a telephone, in the light and in the dark: %s',
    async name => {
      const opened = await open(name);
      await opened.evaluate(axe.source);
      for (const width of [1280, 390])
        for (const colorScheme of ['light', 'dark'] as const) {
          await opened.setViewportSize({ width, height: 844 });
          await opened.emulateMedia({ colorScheme });
          const { violations, passes } = await opened.evaluate(() =>
            (globalThis as unknown as { axe: typeof axe }).axe.run({ resultTypes: ['violations'] }),
          );
          expect(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([]);
          expect(passes.map(({ id }) => id)).toContain('color-contrast');
          expect(await opened.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
        }
      await opened.close();
    },
  );

  it('has what the paper prints, and all of a table, in sight on a screen', async () => {
    const opened = await open('report.html');
    for (const table of await opened.locator('main > .scroll').all())
      expect(await table.evaluate(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth)).toBe(0);
    const printed = opened.locator('.paper');
    expect(await printed.count()).toBeGreaterThan(20);
    await opened.close();
  });

  it('has figures that say what they show, once they are drawn, and fit a telephone', async () => {
    const opened = await open('report.html');
    await opened.setViewportSize({ width: 390, height: 844 });
    const drawn = opened.locator('figure .main-svg[role=img]');
    await drawn.nth(4).waitFor();
    expect(await opened.locator('figure [role=img]').count()).toBe(5);
    expect(await drawn.first().getAttribute('aria-label')).toContain(
      'vanilla student: F1, all types 91.05 (paper 91.17)',
    );
    for (const figure of await drawn.all()) expect((await figure.boundingBox())!.width).toBeLessThan(391);
    await opened.close();
  });

  it('has still pictures whose texts stay within them whatever the letters are', async () => {
    for (const figure of ['figure1', 'figure2', 'figure3', 'figure4', 'pareto']) {
      const opened = await open(`${figure}.svg`);
      const outside = await opened.evaluate(() => {
        const whole = document.documentElement.getBoundingClientRect();
        const texts = [...document.querySelectorAll<SVGTextElement>('text')];
        for (const text of texts) text.style.fontFamily = 'DejaVu Sans, Verdana';
        return texts.flatMap(text => {
          const { left, right } = text.getBoundingClientRect();
          return left < whole.left || right > whole.right ? [text.textContent] : [];
        });
      });
      expect([figure, outside]).toEqual([figure, []]);
      await opened.close();
    }
  });

  it('asks for nothing from elsewhere, and the console is silent', () => {
    expect(
      requests.filter(
        url => !url.startsWith('file:') && !url.startsWith('data:') && !url.startsWith('blob:'),
      ),
    ).toEqual([]);
    expect(complaints).toEqual([]);
  });

  it('runs nothing and asks for nothing even where HTML has got into a text', async () => {
    const hostile =
      '<script>window.hostile = 1</script><img src="x" onerror="window.hostile = 2"><img src="http://127.0.0.1:9/x"><script src="http://127.0.0.1:9/y"></script>';
    const report = readFileSync(join(folder, 'report.html'), 'utf8');
    writeFileSync(
      join(folder, 'hostile.html'),
      report.replace('<h2 id="figures">', `${hostile}<h2 id="figures">`),
    );
    const before = complaints.length;
    const opened = await open('hostile.html');
    expect(await opened.evaluate(() => 'hostile' in window)).toBe(false);
    expect(await opened.locator('figure .js-plotly-plot').count()).toBe(5);
    expect(
      complaints.slice(before).filter(text => text.includes('Content Security Policy')).length,
    ).toBeGreaterThan(3);
  });
});
