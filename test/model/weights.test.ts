/** Weights in one file, in several with an index, and in none that can be read. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeSafetensors } from 'ner-distill/model/safetensors';
import { openWeights } from 'ner-distill/model/weights';
import { afterAll, describe, expect, it } from 'vitest';

const root = mkdtempSync(join(tmpdir(), 'weights-'));
afterAll(() => rmSync(root, { recursive: true }));

const vector = (...values: number[]) => ({ shape: [values.length], values: Float32Array.from(values) });
const SHARDS = {
  'model-00001-of-00002.safetensors': encodeSafetensors({ a: vector(1), b: vector(2, 3) }),
  'model-00002-of-00002.safetensors': encodeSafetensors({ c: vector(4) }),
};
const MAP = {
  a: 'model-00001-of-00002.safetensors',
  c: 'model-00002-of-00002.safetensors',
  b: 'model-00001-of-00002.safetensors',
};

function folderWith(files: Readonly<Record<string, string | Buffer>>): string {
  const folder = mkdtempSync(join(root, 'f-'));
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  return folder;
}
const indexed = (map: unknown, shards: Readonly<Record<string, Buffer>> = SHARDS) =>
  folderWith({
    ...shards,
    'model.safetensors.index.json': JSON.stringify({ metadata: {}, weight_map: map }),
  });

describe('weights in several files', () => {
  it('are read by name, in the order asked for', () => {
    const { entries, read } = openWeights(indexed(MAP));
    expect([...entries.keys()]).toEqual(['a', 'c', 'b']);
    expect(Object.entries(read(['c', 'b', 'a']))).toEqual([
      ['c', vector(4)],
      ['b', vector(2, 3)],
      ['a', vector(1)],
    ]);
  });

  it('are passed over where one file has them all', () => {
    const folder = indexed(MAP);
    writeFileSync(join(folder, 'model.safetensors'), encodeSafetensors({ a: vector(9) }));
    expect(openWeights(folder).read(['a'])).toEqual({ a: vector(9) });
  });

  it.each([
    [
      'a file is missing',
      indexed({ ...MAP, d: 'model-00003-of-00003.safetensors' }),
      /model-00003-of-00003\.safetensors: no such file$/,
    ],
    [
      'a tensor is elsewhere',
      indexed({ ...MAP, c: MAP.a }),
      /index\.json: tensor "c" is not in model-00001-of-00002\.safetensors, where the index has it$/,
    ],
    [
      'a name leads out of the folder',
      indexed({ a: '../model.safetensors' }),
      /index\.json: tensor "a" is in "\.\.\/model\.safetensors", expected the name of a safetensors file of this folder$/,
    ],
    ['a name is none', indexed({ a: 3 }), /tensor "a" is in 3, expected the name/],
    [
      'there is no map',
      indexed(undefined),
      /found no "weight_map", expected an object with the file of each tensor$/,
    ],
    ['there is nothing', folderWith({}), /model\.safetensors: no such file$/],
  ])('are refused where %s', (_, folder, message) => {
    expect(() => openWeights(folder)).toThrow(message);
  });

  it('are told how to come from a pickled file', () => {
    const folder = folderWith({ 'pytorch_model.bin': 'PK' });
    expect(() => openWeights(folder)).toThrow(
      /pytorch_model\.bin: weights that only Python reads; .*pip install torch safetensors && python -c 'import torch, .*, "model\.safetensors", \{"format": "pt"\}\)'$/,
    );
  });
});
