/** What `package.json` tells npm. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { KEEPING_MEMORY } from 'ner-distill/allocator';
import { describe, expect, it } from 'vitest';

const read = (name: string) => JSON.parse(readFileSync(join(__dirname, '..', name), 'utf8'));
const { allowScripts, engines } = read('package.json');
const packages: Record<string, { hasInstallScript?: boolean; engines?: { node?: string } }> =
  read('package-lock.json').packages;

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

  it('asks for a Node that the test runner starts on, as the lockfile does', () => {
    expect(packages['node_modules/vite'].engines?.node).toMatch(/^\^20\.19\.0 /);
    expect(engines.node).toBe('>=20.19.0');
    expect(packages[''].engines?.node).toBe(engines.node);
  });
});
