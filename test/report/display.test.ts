import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Kernel } from 'ner-distill/notebook/kernel';
import { runNotebook } from 'ner-distill/notebook/runner';
import { show, showTable } from 'ner-distill/report/display';
import { toFrame } from 'ner-distill/report/tables';
import { afterEach, describe, expect, it, vi } from 'vitest';

/** A notebook of these cells, executed by a kernel. */
async function executed(source: readonly string[]) {
  const folder = await mkdtemp(join(tmpdir(), 'display-test-'));
  const cells = source.map(text => ({ cell_type: 'code', metadata: {}, source: text }));
  const path = join(folder, 'in.ipynb');
  await writeFile(path, JSON.stringify({ nbformat: 4, nbformat_minor: 5, metadata: {}, cells }));
  const run = await runNotebook(path, { out: path, cwd: process.cwd() });
  const notebook = JSON.parse(await readFile(path, 'utf8'));
  await rm(folder, { recursive: true });
  return { run, notebook };
}

describe('in a cell', () => {
  it('frames are computed with after an engine has recorded a program', async () => {
    const source = [
      `import { openEngine, tf, toFrame } from 'ner-distill';`,
      `const engine = await openEngine('onnx', { threads: 1 });
const square = engine.evaluation(({ x }: any) => ({ y: tf.square(x) }));
const { y } = await square.run({ x: { shape: [2], values: Float32Array.of(1, 3) } }, {});
const frame = toFrame([{ score: y.values[0] }, { score: y.values[1] }]);
console.log(frame['score'].mean(), frame.add(1).values, tf.ones([2]).add(1).dataSync());`,
    ];
    const { run, notebook } = await executed(source);
    expect(run.failure).toBeUndefined();
    expect(JSON.stringify(notebook.cells[1].outputs)).toContain(
      '5 [ [ 2 ], [ 10 ] ] Float32Array(2) [ 2, 2 ]',
    );
  });

  it('a figure comes as Plotly, as HTML with a picture and as words; tables and Markdown come in two forms', async () => {
    const library = JSON.stringify(resolve('lib/report/display.ts'));
    const figure = `{ data: [{ type: 'bar', x: ['a'], y: [1] }], layout: { width: 300, height: 200 }, description: 'one bar' }`;
    const source = [
      `require('ner-distill');\nconst { show, showTable, showMarkdown } = require(${library});`,
      `await show(${figure});`,
      `showTable([{ a: '<i>', b: 1, c: 2 }], ['b', 'a']);\nshowMarkdown('**bold**');`,
    ];
    const { run, notebook } = await executed(source);

    expect(run.failure).toBeUndefined();
    const [shown] = notebook.cells[1].outputs;
    expect(shown.data['application/vnd.plotly.v1+json'].data).toHaveLength(1);
    expect(shown.data['text/html'].join('')).toContain('<img src="data:image/svg+xml;base64,');
    expect(shown.data['text/plain']).toEqual(['one bar']);
    // Plotly itself came to the page with it, and is not kept.
    expect(JSON.stringify(shown).length).toBeLessThan(20_000);
    const [table, markdown] = notebook.cells[2].outputs;
    expect(table.data['text/html'].join('')).toContain('&#60;i&#62;');
    // What Jupyter takes no words of for mathematics, though there be two dollar signs.
    for (const each of [shown, table])
      expect(each.data['text/html'].join('')).toMatch(
        /^<div class="mathjax_ignore tex2jax_ignore">.*<\/div>$/s,
      );
    expect(table.data['text/plain']).toEqual(['b  a\n', '1  <i>']);
    expect(markdown.data['text/markdown']).toEqual(['**bold**']);
  });
});

describe("a Danfo frame as a cell's last expression", () => {
  it('is a table, escaped, with the labels of its rows; groups and series as well', async () => {
    const source = [
      `import { toFrame } from 'ner-distill';
const frame = toFrame(['<b>', 'ORG', '<b>'].map((type, i) => ({ type, amount: 1200 + i })));
frame`,
      'frame.loc({ columns: ["amount"] }).describe()',
      'frame.groupby(["type"])',
      'frame["type"].valueCounts()',
      'toFrame(Array.from({ length: 1500 }, (_, i) => ({ i })))',
      '({ columns: 1 })',
    ];
    const { run, notebook } = await executed(source);
    expect(run.failure).toBeUndefined();
    const outputs = notebook.cells.map((cell: { outputs: { data?: Record<string, string[]> }[] }) => {
      expect(cell.outputs).toHaveLength(1);
      return cell.outputs[0].data;
    });
    const textOf = (cell: number) => outputs[cell]['text/plain'].join('');
    expect(outputs[0]['text/html'].join('')).toContain('<td style="text-align:left">&#60;b&#62;</td>');
    expect(outputs[0]['text/html'].join('')).toContain('<td style="text-align:right">1,201</td>');
    // 1200, 1201 and 1202.
    expect(textOf(1)).toMatch(
      /^ +amount\ncount +3\nmean +1,201\nstd +1\nmin +1,200\nmedian +1,201\nmax +1,202\n/,
    );
    expect(textOf(2)).toBe('type  rows\n<b>      2\nORG      1');
    expect(textOf(3)).toBe('     value\n<b>      2\nORG      1');
    expect(textOf(4)).toMatch(/\n *59\nthe first 60 of 1,500 rows$/);
    expect(outputs[5]).toBeUndefined();
  });
});

describe('a stock kernel', () => {
  // Without its mends a kernel is deaf once in some hundreds of starts (`steady-kernel.cjs`).
  it('does not break at many outputs once the library is loaded', { retry: 2 }, async () => {
    const library = JSON.stringify(resolve('lib/report/display.ts'));
    const texts: unknown[] = [];
    const kernel = await Kernel.start({
      cwd: process.cwd(),
      stock: true,
      signal: AbortSignal.timeout(60_000),
      onMessage: ({ type, content }) => {
        // A stock kernel also reports what its neighbours write while it watches.
        if (type === 'stream' && content.name === 'stdout') texts.push(content.text);
      },
    });
    await kernel.execute(`require('ner-distill');\nrequire(${library});`).reply;
    texts.length = 0;
    const print = 'for (let i = 0; i < 2000; i++) process.stdout.write(String(i));';
    expect(await kernel.execute(print).reply).toMatchObject({ status: 'ok' });
    await kernel.stop();
    expect(texts).toHaveLength(2000);
  });
});

describe('outside a notebook', () => {
  afterEach(() => vi.restoreAllMocks());

  it('the plain text goes to stdout', () => {
    const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    showTable([{ a: 1 }]);
    expect(write).toHaveBeenCalledWith('a\n1\n');
  });

  it('a figure is its description, and one of an unknown type is refused', async () => {
    const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    const layout = { width: 300, height: 200 };
    await show({ data: [{ type: 'scatter3d', x: [1], y: [1], z: [1] }], layout, description: 'a point' });
    expect(write).toHaveBeenCalledWith('a point\n');
    await expect(show({ data: [{ type: 'heatmapp' }], layout, description: '' })).rejects.toThrow(
      '"heatmapp"',
    );
  });

  it('a Danfo frame is shown as rows are', () => {
    const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    const rows = [
      { type: 'PER', f1_percent: 91.3456 },
      { type: null, f1_percent: null },
    ];
    showTable(toFrame(rows));
    showTable(toFrame(rows), ['f1_percent']);
    expect(write).toHaveBeenNthCalledWith(1, 'type  F1, %\nPER   91.35\n–         –\n');
    expect(write).toHaveBeenNthCalledWith(2, 'F1, %\n91.35\n    –\n');
  });
});
