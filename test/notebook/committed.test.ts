/** The notebooks as they are committed: executed to the end, small, with a table and a figure, and of no one machine. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { NOTEBOOKS } from 'ner-distill/notebook/reproduce';
import { describe, expect, it } from 'vitest';

interface Output {
  readonly output_type: string;
  readonly name?: string;
  readonly data?: Readonly<Record<string, unknown>>;
}
interface Cell {
  readonly cell_type: string;
  readonly source: readonly string[] | string;
  readonly execution_count?: number | null;
  readonly outputs?: readonly Output[];
}

describe.each(NOTEBOOKS)('notebook %s', name => {
  const text = readFileSync(join(__dirname, '../../notebooks', `${name}.ipynb`), 'utf8');
  const { cells } = JSON.parse(text) as { cells: Cell[] };
  const code = cells.filter(
    ({ cell_type, source }) => cell_type === 'code' && [source].flat().join('').trim() !== '',
  );
  const outputs = code.flatMap(({ outputs }) => outputs ?? []);

  it('was executed from its first cell to its last, and nothing failed', () => {
    expect(code.map(({ execution_count }) => execution_count)).toEqual(code.map((_, i) => i + 1));
    expect(outputs.filter(({ output_type, name }) => output_type === 'error' || name === 'stderr')).toEqual(
      [],
    );
  });

  it('shows a table and a figure, the figure as a picture too', () => {
    const html = outputs.map(({ data }) => [data?.['text/html'] ?? ''].flat().join(''));
    expect(html.some(part => part.includes('<table'))).toBe(true);
    const figures = outputs.filter(({ data }) => data?.['application/vnd.plotly.v1+json']);
    expect(figures.length).toBeGreaterThan(0);
    for (const { data } of figures)
      expect([data?.['text/html']].flat().join('')).toContain('data:image/svg+xml;base64,');
  });

  it('has at most 400 kB, and no path, time of day or host of the machine that executed it', () => {
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(400_000);
    expect(text).not.toMatch(/(^|[\s"'(=])\/(home|Users|root|tmp|work|private|var)\//m);
    expect(text).not.toMatch(/\d{4}-\d{2}-\d{2}T\d{2}:\d{2}/);
  });
});
