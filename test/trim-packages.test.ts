/** What is taken out of `node_modules` when packages have been installed, and what is never touched. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, sep } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { trim } from '../trim-packages';

describe('trim', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'trim-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** Files of ten bytes each. */
  function write(...paths: string[]): void {
    for (const path of paths) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), 'ten bytes.');
    }
  }
  const files = () =>
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter(entry => entry.isFile())
      .map(entry => join(entry.parentPath ?? entry.path, entry.name).slice(folder.length + 1))
      .map(path => path.split(sep).join('/'))
      .sort();

  it("leaves this system's library of onnxruntime", () => {
    const binaries = 'onnxruntime-node/bin/napi-v6';
    write(
      `${binaries}/linux/x64/libonnxruntime.so.1`,
      `${binaries}/linux/arm64/libonnxruntime.so.1`,
      `${binaries}/darwin/arm64/libonnxruntime.dylib`,
      `${binaries}/win32/x64/onnxruntime.dll`,
      'onnxruntime-node/dist/index.js',
    );
    expect(trim(folder, 'linux/x64')).toEqual({ removed: { 'libraries of other systems': 30 } });
    expect(files()).toEqual([`${binaries}/linux/x64/libonnxruntime.so.1`, 'onnxruntime-node/dist/index.js']);
  });

  it('leaves all libraries where there is none for this system', () => {
    write('onnxruntime-node/bin/napi-v6/linux/x64/libonnxruntime.so.1');
    expect(trim(folder, 'darwin/x64')).toEqual({ removed: {} });
    expect(files()).toHaveLength(1);
  });

  it('leaves of onnxruntime-web what computes on processors', () => {
    const kept = [
      'ort-wasm-simd-threaded.mjs',
      'ort-wasm-simd-threaded.wasm',
      'ort.node.min.js',
      'ort.wasm.bundle.min.mjs',
      'ort.wasm.min.js',
    ].map(name => `onnxruntime-web/dist/${name}`);
    write(
      ...kept,
      'onnxruntime-web/dist/ort-wasm-simd-threaded.jsep.wasm',
      'onnxruntime-web/dist/ort-wasm-simd-threaded.asyncify.mjs',
      'onnxruntime-web/dist/ort.bundle.min.mjs',
      'onnxruntime-web/dist/ort.webgpu.js',
    );
    const { removed } = trim(folder, 'linux/x64');
    expect(removed).toEqual({ 'what browsers would need for graphics cards': 40 });
    expect(files()).toEqual(kept);
  });

  it('removes the source maps of all packages, and nothing else that is called a map', () => {
    const kept = ['a/map.js', 'a/node_modules/b/world.map', 'a/roads.json.map'];
    write(...kept, 'a/index.js.map', 'a/node_modules/b/index.d.ts.map', '@c/d/e.mjs.map');
    expect(trim(folder, 'linux/x64')).toEqual({ removed: { 'source maps': 30 } });
    expect(files()).toEqual(kept.sort());
    expect(trim(folder, 'linux/x64')).toEqual({ removed: {} });
  });

  it('follows no link, and does nothing where node_modules is one', () => {
    write('elsewhere/index.js.map', 'modules/a/index.js');
    symlinkSync(join(folder, 'elsewhere'), join(folder, 'modules/linked'), 'junction');
    symlinkSync(join(folder, 'elsewhere'), join(folder, 'node_modules'), 'junction');
    for (const modules of ['modules', 'node_modules', 'missing'])
      expect(trim(join(folder, modules), 'linux/x64')).toEqual({ removed: {} });
    expect(existsSync(join(folder, 'elsewhere/index.js.map'))).toBe(true);
  });
});
