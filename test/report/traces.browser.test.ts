/** Plotly without a browser draws what Plotly in a browser draws, for every type of trace that it draws here. */
import { existsSync } from 'node:fs';
import { renderSvg, whyNoPicture } from 'ner-distill/report/render';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EXAMPLES } from './traces.fixture';

const BROWSERS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const executablePath = process.env.CHROMIUM ?? BROWSERS.find(path => existsSync(path));

const variants: typeof EXAMPLES = {
  ...EXAMPLES,
  'heatmap, smooth': [{ ...EXAMPLES.heatmap[0], zsmooth: 'best' }],
  'violin with a box and points': [{ ...EXAMPLES.violin[0], box: { visible: true }, points: 'all' }],
};
const drawn = Object.entries(variants)
  .map(([name, data]) => ({ name, figure: { data, layout: { width: 500, height: 400 }, description: '' } }))
  .filter(({ figure }) => whyNoPicture(figure) === undefined);

/** How many elements of each kind a picture has. */
function elementsOf(svg: string) {
  const names = [...svg.matchAll(/<([a-zA-Z]+)[\s>]/g)].map(([, name]) => name);
  return Object.fromEntries(
    [...new Set(names)].sort().map(name => [name, names.filter(each => each === name).length]),
  );
}

describe.skipIf(!executablePath)(
  `a still picture${executablePath ? '' : ' (skipped: Chromium is not installed)'}`,
  () => {
    let browser: Browser;
    let page: Page;

    beforeAll(async () => {
      browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
      page = await browser.newPage();
      await page.addScriptTag({ path: require.resolve('plotly.js-dist') });
    });
    afterAll(() => browser?.close());

    it.each(drawn)('of $name has the elements that it has in Chromium', async ({ figure }) => {
      const inBrowser = await page.evaluate(async ({ data, layout }) => {
        const { Plotly } = window as unknown as {
          Plotly: {
            newPlot(...operands: unknown[]): Promise<HTMLElement>;
            Snapshot: { toSVG(...operands: unknown[]): string };
          };
        };
        const place = document.body.appendChild(document.createElement('div'));
        const graph = await Plotly.newPlot(place, data, layout, { staticPlot: true });
        const svg = Plotly.Snapshot.toSVG(graph, 'svg');
        place.remove();
        return svg;
      }, figure);
      expect(elementsOf(await renderSvg(figure))).toEqual(elementsOf(inBrowser));
    });
  },
);
