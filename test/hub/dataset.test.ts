/** Data sets of the Hub: which files are which split of which configuration. */
import { readFileSync } from 'node:fs';
import { resolveDataset } from 'ner-distill/hub/dataset';
import { describe, expect, it } from 'vitest';
import type { Files } from './fake-hub';
import { openHub, optionsFor, temporaryFolder } from './hub.fixture';

const CONVERTED = 'refs/convert/parquet';

/** Resolves a name in a Hub with one data set, `tiny/data`. */
async function resolved(text: string, revisions: Readonly<Record<string, Files>>) {
  const { main: files = { 'README.md': '#' }, ...rest } = revisions;
  const hub = await openHub({ 'tiny/data': { kind: 'dataset', files, revisions: rest } });
  const options = optionsFor(hub, temporaryFolder());
  const { files: found, pinned, configuration, folder } = await resolveDataset(text, options);
  return {
    hub,
    pinned,
    configuration,
    files: found.map(({ file, split }) => [split, file.slice(folder.length + 1)]),
    contents: found.map(({ file }) => readFileSync(file, 'utf8')),
  };
}

const files = (...paths: string[]): Files => Object.fromEntries(paths.map(path => [path, path]));

describe('a data set of the Hub', () => {
  it('is what the Hub converted to Parquet, split by split, the parts of each in order', async () => {
    const found = await resolved('hf:tiny/data', {
      main: files('data.py', 'train.jsonl'),
      [CONVERTED]: files(
        'tiny/train/0001.parquet',
        'tiny/train/0000.parquet',
        'tiny/validation/0000.parquet',
        'tiny/test/0000.parquet',
      ),
    });
    expect(found.configuration).toBe('tiny');
    expect(found.files).toEqual([
      ['train', 'tiny/train/0000.parquet'],
      ['train', 'tiny/train/0001.parquet'],
      ['validation', 'tiny/validation/0000.parquet'],
      ['test', 'tiny/test/0000.parquet'],
    ]);
    expect(found.contents[1]).toBe('tiny/train/0001.parquet');
    expect(found.pinned).toBe(`hf:tiny/data@${found.hub.commit('tiny/data', CONVERTED)}:tiny`);
  });

  it('downloads only the configuration and the splits that are named', async () => {
    const {
      hub,
      files: found,
      pinned,
    } = await resolved('hf:tiny/data:de/test/dev', {
      [CONVERTED]: files(
        'en/train/0000.parquet',
        'de/train/0000.parquet',
        'de/validation/0000.parquet',
        'de/test/0000.parquet',
      ),
    });
    expect(found).toEqual([
      ['test', 'de/test/0000.parquet'],
      ['validation', 'de/validation/0000.parquet'],
    ]);
    expect(hub.seen.filter(({ path }) => path.includes('train'))).toEqual([]);
    expect(pinned).toMatch(/^hf:tiny\/data@[0-9a-f]{40}:de\/test\/dev$/);
  });

  it.each([
    ['hf:tiny/data', 'what main has where the Hub converted nothing'],
    ['hf:tiny/data@main', 'what the revision has that is named'],
    ['hf:tiny/data@main:default', 'what the configuration has that is named'],
  ])('%s is %s', async text => {
    const main = files(
      'data/train-00001-of-00002.parquet',
      'data/train-00000-of-00002.parquet',
      'data/test-00000-of-00001.parquet',
      'README.md',
    );
    expect((await resolved(text, { main })).files).toEqual([
      ['train', 'data/train-00000-of-00002.parquet'],
      ['train', 'data/train-00001-of-00002.parquet'],
      ['test', 'data/test-00000-of-00001.parquet'],
    ]);
  });

  it.each([
    [
      ['train.jsonl', 'dev.jsonl', 'test.jsonl', 'requirements.txt', 'train.csv'],
      ['train.jsonl', 'dev.jsonl', 'test.jsonl'],
    ],
    [
      ['eng.train.conll', 'eng.testa.conll', 'eng.testb.conll'],
      ['eng.train.conll', 'eng.testa.conll', 'eng.testb.conll'],
    ],
    [
      ['data/train.txt', 'data/valid.txt', 'data/test.txt', 'LICENSE.txt'],
      ['data/train.txt', 'data/valid.txt', 'data/test.txt'],
    ],
    [
      ['train.parquet', 'val_en.parquet', 'testing.parquet'],
      ['train.parquet', 'val_en.parquet', 'testing.parquet'],
    ],
  ])('%j has the splits train, validation and test', async (paths, expected) => {
    const { files: found } = await resolved('hf:tiny/data@main', { main: files(...paths) });
    expect(found).toEqual([
      ['train', expected[0]],
      ['validation', expected[1]],
      ['test', expected[2]],
    ]);
  });

  it.each([
    [
      'hf:tiny/data',
      { [CONVERTED]: files('de/train/0000.parquet', 'en/train/0000.parquet') },
      'found the configurations de, en; name one, such as hf:tiny/data:de',
    ],
    [
      'hf:tiny/data:fr',
      { [CONVERTED]: files('de/train/0000.parquet', 'en/train/0000.parquet') },
      'found the configurations de, en, expected "fr"',
    ],
    [
      'hf:tiny/data:de/extra',
      { [CONVERTED]: files('de/train/0000.parquet', 'de/test/0000.parquet') },
      'found the splits train, test, expected "extra"',
    ],
    [
      'hf:tiny/data',
      { [CONVERTED]: files('de/partial-train/0000.parquet') },
      'found de/partial-train/0000.parquet: the Hub has converted only the beginning of this split; expected the whole, as hf:organisation/name@main may have it',
    ],
    [
      'hf:tiny/data',
      { [CONVERTED]: files('de/train/0000.parquet', 'de/train/0002.parquet') },
      'found de/train/0000.parquet and de/train/0002.parquet for the split "train"; expected one file, or all 2 parts of one',
    ],
    [
      'hf:tiny/data@main',
      { main: files('data/train-00000-of-00003.parquet', 'data/train-00001-of-00003.parquet') },
      'found data/train-00000-of-00003.parquet and data/train-00001-of-00003.parquet for the split "train"; expected one file, or all 3 parts of one',
    ],
    [
      'hf:tiny/data@main',
      { main: files('train.jsonl', 'train_small.jsonl') },
      'found train.jsonl and train_small.jsonl for the split "train"; expected one file, or all 2 parts of one',
    ],
    [
      'hf:tiny/data',
      { main: files('README.md', 'data.zip') },
      'found no data files; expected files such as train.parquet, data/train-00000-of-00001.parquet or train.jsonl',
    ],
  ] as [string, Record<string, Files>, string][])(
    '%s is refused with a sentence, case %#',
    async (text, revisions, message) => {
      await expect(resolved(text, revisions)).rejects.toThrow(
        new RegExp(`^tiny/data\\S*: ${message.replace(/[.*+?^$()|[\]\\]/g, '\\$&')}$`),
      );
    },
  );

  it('says that after a revision, which may have slashes, a split needs a configuration', async () => {
    const main = { main: files('train.jsonl') };
    await expect(resolved('hf:tiny/data@main/train', main)).rejects.toThrow(
      /^tiny\/data: has no revision "main\/train" on \S+ \(a revision may have slashes: after one, a split needs :configuration\)$/,
    );
    await expect(resolved('hf:tiny/data@other', main)).rejects.toThrow(
      /^tiny\/data: has no revision "other" on \S+$/,
    );
    await expect(resolveDataset('hf:a/b:c//d')).rejects.toThrow(
      /\(a revision may have slashes: after one, a split needs :configuration\)$/,
    );
  });

  it.each(['hf:', 'hf:data', 'hf:a/b/', 'hf:../b', 'hf:a/b:c//d', 'tiny/data', 'hf:a/b--c'])(
    '%j names none',
    async text => {
      await expect(resolveDataset(text)).rejects.toThrow(
        `${JSON.stringify(text)}: expected hf:organisation/name, with @revision, :configuration and /split where they are wanted`,
      );
    },
  );

  it('names what strangers named on one line, and not all of hundreds', async () => {
    const many = Array.from({ length: 40 }, (_, i) => `c${i}\n\x1b[31m/train/0000.parquet`);
    const message = await resolved('hf:tiny/data', { [CONVERTED]: files(...many) }).catch(
      error => error.message,
    );
    expect(message).toMatch(/^[\x20-\x7e…]+$/);
    expect(message).toMatch(/ and 10 more; name one, /);
  });

  it('is taken from the cache without the Hub where main alone is there', async () => {
    const hub = await openHub({ 'tiny/data': { kind: 'dataset', files: files('train.jsonl') } });
    const home = temporaryFolder();
    await resolveDataset('hf:tiny/data', optionsFor(hub, home));
    const offline = optionsFor(hub, home, { HF_HUB_OFFLINE: '1' });
    expect((await resolveDataset('hf:tiny/data', offline)).files).toHaveLength(1);
    await expect(resolveDataset('hf:tiny/other', offline)).rejects.toThrow(
      /^tiny\/other@refs\/convert\/parquet: HF_HUB_OFFLINE is set/,
    );
  });

  it('is taken from the cache without the Hub, and not in part', async () => {
    const hub = await openHub({
      'tiny/data': {
        kind: 'dataset',
        revisions: { [CONVERTED]: files('en/train/0000.parquet', 'en/test/0000.parquet') },
      },
    });
    const home = temporaryFolder();
    await resolveDataset('hf:tiny/data:en/train', optionsFor(hub, home));
    const offline = optionsFor(hub, home, { HF_HUB_OFFLINE: '1' });
    expect((await resolveDataset('hf:tiny/data:en/train', offline)).files).toHaveLength(1);
    await expect(resolveDataset('hf:tiny/data:en', offline)).rejects.toThrow(/lacks en\/test\/0000\.parquet/);
  });
});
