/**
 * Plotly's programs, as texts: all of it, which knows every type of trace, and what the report carries with it, which is a
 * tenth of that. Both are of one version, and draw what both know alike.
 */
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';

/** All of Plotly, 10 MB. */
export function plotlySource(): string {
  return readFileSync(require.resolve('plotly.js-dist'), 'utf8');
}

/** Scatter, bar and pie alone, 1 MB: for pages that carry it with them. */
export function smallPlotlySource(): string {
  return readFileSync(require.resolve('plotly.js-basic-dist-min'), 'utf8');
}

let packed: Promise<string> | undefined;

/** All of Plotly, compressed (gzip) and in the letters of base64: 3 MB. */
export function packedPlotly(): Promise<string> {
  packed ??= promisify(gzip)(plotlySource()).then(bytes => bytes.toString('base64'));
  return packed;
}
