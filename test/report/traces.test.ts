/** The still picture of every type of trace of Plotly: drawn, or refused by name. */
import { readFileSync } from 'node:fs';
import { inflateSync } from 'node:zlib';
import { pathLength, pointAtLength } from 'ner-distill/report/path-length';
import { renderSvg, whyNoPicture } from 'ner-distill/report/render';
import { describe, expect, it } from 'vitest';
import { EXAMPLES } from './traces.fixture';

const layout = { width: 500, height: 400 };
const figureOf = (data: (typeof EXAMPLES)[string]) => ({ data, layout, description: '' });

/** What needs WebGL, or maps from the network. */
const REFUSED = [
  ...['scatter3d', 'surface', 'isosurface', 'volume', 'mesh3d', 'cone', 'streamtube'],
  ...['scattergl', 'scatterpolargl', 'splom', 'parcoords'],
  ...['scattergeo', 'choropleth', 'scattermap', 'choroplethmap', 'densitymap'],
].sort();

/** As the package's own description lists them. */
const readMe = readFileSync(require.resolve('plotly.js-dist/README.md'), 'utf8');
const TYPES = [.../Contains trace modules (.*)/.exec(readMe)![1].matchAll(/`(\w+)`/g)].map(
  ([, type]) => type,
);

describe('the still picture', () => {
  it('has an example here of every type that Plotly has', () =>
    expect(Object.keys(EXAMPLES).sort()).toEqual([...TYPES].sort()));

  it.each(TYPES.filter(type => !REFUSED.includes(type)))('draws %s', async type => {
    const svg = await renderSvg(figureOf(EXAMPLES[type]));
    expect(svg).not.toMatch(/NaN|undefined/);
    expect(svg).toMatch(/<(path|rect|image)[^>]*/);
  });

  it.each(REFUSED)('says by name that there is none of %s', async type => {
    const reason = whyNoPicture(figureOf(EXAMPLES[type]))!;
    expect(reason).toMatch(new RegExp(`^${type} is drawn (by WebGL|on maps from the network): .*\\.$`));
    await expect(renderSvg(figureOf(EXAMPLES[type]))).rejects.toThrow(reason);
  });

  it('is not that of a scatter where Plotly does not know the type', async () => {
    await expect(renderSvg(figureOf([{ type: 'boxx', y: [1] }]))).rejects.toThrow(
      /found a trace of type "boxx"; expected one of Plotly's: bar, barpolar, box,/,
    );
  });

  it('waits for no picture that a browser would load', () => {
    const images = [{ source: 'https://example.org/a.png' }];
    expect(whyNoPicture({ ...figureOf(EXAMPLES.bar), layout: { ...layout, images } })).toContain(
      'layout.images',
    );
    expect(whyNoPicture(figureOf([{ type: 'image', source: 'data:image/png;base64,' }]))).toContain('image');
  });
});

it('a contour has its labels along its lines', async () => {
  const svg = await renderSvg(figureOf([{ ...EXAMPLES.contour[0], contours: { showlabels: true } }]));
  const labels = /<g class="contourlabels">(.*?)<\/g>/s.exec(svg)?.[1] ?? '';
  const places = [...labels.matchAll(/<text[^>]*transform="rotate\(([-\d.]+)/g)].map(([, angle]) => +angle);
  expect(places.length).toBeGreaterThan(5);
  expect(new Set(places).size).toBeGreaterThan(3);
});

it('a heatmap has the colours of its values, in a PNG', async () => {
  const colorscale = [
    [0, '#ff0000'],
    [1, '#0000ff'],
  ];
  const trace = { type: 'heatmap', z: [[0, 1]], colorscale, showscale: false };
  const svg = await renderSvg(figureOf([trace]));
  const [, base64] = /<image[^>]*href="data:image\/png;base64,([^"]+)"/.exec(svg)!;
  const png = Buffer.from(base64, 'base64');
  const [width, height] = [png.readUInt32BE(16), png.readUInt32BE(20)];
  const length = png.readUInt32BE(33);
  const rows = inflateSync(png.subarray(41, 41 + length));
  expect(rows).toHaveLength(height * (4 * width + 1));
  expect([...rows.subarray(1, 5)]).toEqual([255, 0, 0, 255]);
  expect([...rows.subarray(rows.length - 4)]).toEqual([0, 0, 255, 255]);
});

describe('the length of a path', () => {
  it('is that of its straight parts, moves not counted', () => {
    const d = 'M0,0L3,4M10,10H12V13Z';
    expect(pathLength(d)).toBeCloseTo(5 + 2 + 3 + Math.hypot(2, 3), 10);
    expect(pointAtLength(d, 2.5)).toEqual({ x: 1.5, y: 2 });
    expect(pointAtLength(d, 6)).toEqual({ x: 11, y: 10 });
  });

  it('is that of a quarter of a circle, drawn as the usual curve', () => {
    const d = 'M100,0C100,55.2285,55.2285,100,0,1e2';
    expect(pathLength(d)).toBeCloseTo(50 * Math.PI, 0);
    const { x, y } = pointAtLength(d, pathLength(d) / 2);
    expect([x, y]).toEqual([expect.closeTo(100 * Math.SQRT1_2, 1), expect.closeTo(100 * Math.SQRT1_2, 1)]);
  });
});
