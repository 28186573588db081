/** What `package.json` tells npm. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, relative } from 'node:path';
import { KEEPING_MEMORY } from 'ner-distill/allocator';
import { describe, expect, it } from 'vitest';

const read = (name: string) => JSON.parse(readFileSync(join(__dirname, '..', name), 'utf8'));
const { allowScripts, engines } = read('package.json');
const packages: Record<
  string,
  { name?: string; hasInstallScript?: boolean; engines?: { node?: string }; resolved?: string }
> = read('package-lock.json').packages;

it('starts the command with what keeps its memory', () => {
  const firstLine = readFileSync(join(__dirname, '../lib/bin.cjs'), 'utf8').split('\n')[0];
  const settings = Object.entries(KEEPING_MEMORY).map(([name, value]) => `${name}=${value}`);
  expect(firstLine).toBe(`#!/usr/bin/env -S ${settings.join(' ')} node`);
});

describe('package.json', () => {
  it('says of every package with an install script whether it may run', () => {
    const withScripts = Object.entries(packages).flatMap(([path, { hasInstallScript }]) =>
      hasInstallScript ? [path.replace(/^.*node_modules\//, '')] : [],
    );
    expect(Object.keys(allowScripts).sort()).toEqual([...new Set(withScripts)].sort());
  });

  it('has danfojs-node load none of the packages that it would make requests with', async () => {
    expect(Object.keys(packages).filter(path => /node_modules\/(request|har-validator)$/.test(path))).toEqual(
      ['node_modules/request'],
    );
    expect(packages['node_modules/request'].resolved).toBe('lib/report/no-request');
    const load = createRequire(__filename);
    const danfo: typeof import('danfojs-node') = load('danfojs-node');
    new danfo.DataFrame([[1]]).loc({ rows: [0] });
    // Those of jsdom, which figures are drawn with, are its own, and kept.
    const abandoned = /^node_modules.(request|form-data|tough-cookie|qs|uuid|har-validator|http-signature)\b/;
    const root = join(__dirname, '..');
    const loaded = Object.keys(load.cache).filter(path => abandoned.test(relative(root, path)));
    expect(loaded).toEqual([]);
    await expect(danfo.readCSV('http://127.0.0.1/table.csv')).rejects.toThrow(
      'danfojs-node reads no addresses in this project: save the file and read it by its path',
    );
  });

  it('has danfojs-node compute with the one tfjs that is here', () => {
    const copies = Object.entries(packages).filter(
      ([path, { name }]) => (name ?? path.replace(/^.*node_modules\//, '')) === '@tensorflow/tfjs',
    );
    expect(copies.map(([path]) => path)).toEqual(['node_modules/@tensorflow/tfjs']);
    const load = createRequire(__filename);
    const danfo: typeof import('danfojs-node') = load('danfojs-node');
    expect(danfo.tensorflow).toBe(load('@tensorflow/tfjs'));
  });

  it('asks for a Node that the test runner starts on, as the lockfile does', () => {
    // What both take.
    expect(packages['node_modules/vite'].engines?.node).toBe('^20.19.0 || >=22.12.0');
    expect(packages['node_modules/vitest'].engines?.node).toBe('^20.0.0 || ^22.0.0 || >=24.0.0');
    expect(engines.node).toBe('^20.19.0 || ^22.12.0 || >=24.0.0');
    expect(packages[''].engines?.node).toBe(engines.node);
  });
});
