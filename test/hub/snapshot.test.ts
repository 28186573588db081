/** Files of a repository into the cache that Python shares: what is asked, what is kept, and what goes wrong on the way. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { InputError } from 'ner-distill/errors';
import { CachedRepository, copied, hardLinked } from 'ner-distill/hub/cache';
import type { HubId } from 'ner-distill/hub/id';
import { type Choice, snapshot } from 'ner-distill/hub/snapshot';
import { describe, expect, it } from 'vitest';
import { filesBelow, IMPATIENT, openHub, optionsFor, temporaryFolder } from './hub.fixture';

const MODEL: HubId = { kind: 'model', name: 'tiny/bert', revision: 'main' };
const CONFIG = '{"model_type":"bert"}\n';
const WEIGHTS = Buffer.alloc(300_000, 'weights ');
const FILES = {
  'README.md': '# Tiny',
  'config.json': CONFIG,
  'onnx/graph.json': '{}',
  'model.safetensors': WEIGHTS,
};
const ALL: Choice = paths => paths.filter(path => path !== 'README.md');
const ONLY =
  (...needed: string[]): Choice =>
  () =>
    needed;

const hashOf = (algorithm: string, ...parts: (string | Uint8Array)[]) =>
  parts.reduce((hash, part) => hash.update(part), createHash(algorithm)).digest('hex');

/** Hub, cache and options for one model. */
async function tiny(files: Readonly<Record<string, string | Uint8Array>> = FILES) {
  const hub = await openHub({ 'tiny/bert': { files } });
  const home = temporaryFolder();
  const folder = join(home, 'hub', 'models--tiny--bert');
  const options = optionsFor(hub, home);
  const blob = (path: string) => join(folder, 'blobs', hub.blob('tiny/bert', path));
  const incomplete = () => `${blob('model.safetensors')}.ner-distill.incomplete`;
  return {
    hub,
    home,
    folder,
    options,
    blob,
    incomplete,
    get: (choice = ALL) => snapshot(MODEL, choice, options),
  };
}

/** The sentence that something fails with. */
async function sentence(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => expect.fail('nothing failed'),
    error => error,
  );
  expect(error).toBeInstanceOf(InputError);
  expect(error.message).not.toContain('\n');
  return error.message;
}

describe('a snapshot', () => {
  it('has the wanted files in the layout of Python: content by hash, links by commit, the commit of the branch', async () => {
    const { hub, folder, get } = await tiny();
    const commit = hub.commit('tiny/bert');
    const found = await get();
    expect(found.folder).toBe(join(folder, 'snapshots', commit));
    const git = (content: string) => hashOf('sha1', `blob ${content.length}\0${content}`);
    const sha256 = hashOf('sha256', WEIGHTS);
    expect(filesBelow(folder)).toEqual(
      [
        `blobs/${git(CONFIG)}`,
        `blobs/${git('{}')}`,
        `blobs/${sha256}`,
        'refs/main',
        `snapshots/${commit}/config.json`,
        `snapshots/${commit}/model.safetensors`,
        `snapshots/${commit}/onnx/graph.json`,
        `trees/${commit}.json`,
      ].sort(),
    );
    expect(readFileSync(join(folder, 'refs/main'), 'utf8')).toBe(commit);
    expect(readFileSync(join(found.folder, 'model.safetensors')).equals(WEIGHTS)).toBe(true);
    expect(readlinkSync(join(found.folder, 'onnx/graph.json'))).toBe(`../../../blobs/${git('{}')}`);
    expect(filesBelow(dirname(folder)).filter(path => path.endsWith('.lock'))).toEqual([]);
  });

  it('tells how many bytes are there, of how many', async () => {
    const { get, options } = await tiny();
    await get();
    const total = CONFIG.length + 2 + WEIGHTS.length;
    const done = options.progress.map(each => each.done);
    expect(options.progress.every(each => each.total === total)).toBe(true);
    expect(done).toEqual([...done].sort((a, b) => a - b));
    expect(done.at(-1)).toBe(total);
  });

  it('asks once again what the branch is, and gets nothing that is there', async () => {
    const { hub, get } = await tiny();
    await get();
    hub.seen.length = 0;
    await get();
    expect(hub.seen.map(({ path }) => path.split('?')[0])).toEqual(['/api/models/tiny/bert/revision/main']);
  });

  it('of a commit asks nothing more: it never changes', async () => {
    const { hub, get, options } = await tiny();
    const { commit, folder } = await get();
    hub.seen.length = 0;
    expect((await snapshot({ ...MODEL, revision: commit }, ALL, options)).folder).toBe(folder);
    expect(hub.seen).toEqual([]);
  });

  it('follows a branch that moved, and keeps what did not change', async () => {
    const { hub, folder, get } = await tiny();
    const first = await get();
    hub.put('tiny/bert', { files: { ...FILES, 'config.json': '{}' } });
    hub.seen.length = 0;
    const second = await get();
    expect(second.commit).not.toBe(first.commit);
    expect(hub.seen.some(({ path }) => path.includes('safetensors'))).toBe(false);
    expect(readFileSync(join(first.folder, 'config.json'), 'utf8')).toBe(CONFIG);
    expect(readFileSync(join(folder, 'refs/main'), 'utf8')).toBe(second.commit);
  });

  it('is found page by page in a long listing', async () => {
    const many = Object.fromEntries(Array.from({ length: 25 }, (_, i) => [`part-${i}.json`, `${i}`]));
    const hub = await openHub({ 'tiny/bert': { files: many } }, { pageSize: 10 });
    const found = await snapshot(MODEL, ALL, optionsFor(hub, temporaryFolder()));
    expect([...found.files].sort()).toEqual(Object.keys(many).sort());
    expect(hub.seen.filter(({ path }) => path.includes('/tree/'))).toHaveLength(3);
  });

  it('of a data set lies under another name, and under its own revision', async () => {
    const revision = 'refs/convert/parquet';
    const hub = await openHub({
      'tiny/data': { kind: 'dataset', revisions: { [revision]: { 'tiny/train/0000.parquet': 'PAR1' } } },
    });
    const home = temporaryFolder();
    const id: HubId = { kind: 'dataset', name: 'tiny/data', revision };
    const { folder } = await snapshot(id, ALL, optionsFor(hub, home));
    expect(readFileSync(join(folder, 'tiny/train/0000.parquet'), 'utf8')).toBe('PAR1');
    expect(readFileSync(join(home, 'hub/datasets--tiny--data/refs', revision), 'utf8')).toBe(
      hub.commit('tiny/data', revision),
    );
  });

  it('lies where HF_HUB_CACHE says', async () => {
    const { hub } = await tiny();
    const cache = join(temporaryFolder(), 'elsewhere');
    const { folder } = await snapshot(
      MODEL,
      ALL,
      optionsFor(hub, temporaryFolder(), { HF_HUB_CACHE: cache }),
    );
    expect(folder.startsWith(join(cache, 'models--tiny--bert'))).toBe(true);
  });

  it.each([
    ['hard links', hardLinked],
    ['copies', copied],
  ])('has %s where the system makes no links', (_, way) => {
    const repository = new CachedRepository(temporaryFolder(), MODEL);
    mkdirSync(join(repository.folder, 'blobs'), { recursive: true });
    writeFileSync(repository.blob('abc'), 'content');
    const refused = () => {
      throw Object.assign(new Error('operation not permitted'), { code: 'EPERM' });
    };
    repository.place('abc', 'commit', 'sub/file.txt', [refused, way]);
    const file = join(repository.snapshot('commit'), 'sub/file.txt');
    expect(lstatSync(file).isFile()).toBe(true);
    expect(readFileSync(file, 'utf8')).toBe('content');
    expect(filesBelow(repository.snapshot('commit'))).toEqual(['sub/file.txt']);
  });

  it('replaces a file that lost a part', async () => {
    const { blob, get } = await tiny();
    const { folder } = await get();
    truncateSync(blob('model.safetensors'), 1000);
    await get();
    expect(readFileSync(join(folder, 'model.safetensors')).equals(WEIGHTS)).toBe(true);
  });
});

describe('a download that is cut', () => {
  it('goes on from there within the same call', async () => {
    const { hub, get } = await tiny();
    hub.fail(/^cdn:/, { cutAfter: 100_000 });
    const { folder } = await get();
    expect(readFileSync(join(folder, 'model.safetensors')).equals(WEIGHTS)).toBe(true);
    const [first, second, ...more] = hub.seen.filter(({ path }) => path.startsWith('cdn:'));
    expect([first.range, more]).toEqual([undefined, []]);
    const from = Number(/^bytes=(\d+)-$/.exec(second.range!)![1]);
    expect(from).toBeGreaterThan(0);
    expect(from).toBeLessThanOrEqual(100_000);
  });

  it('again and again gets there too, as long as each time something comes', async () => {
    const { hub, get } = await tiny();
    hub.fail(/^cdn:/, { cutAfter: 40_000 }, 7);
    const { folder } = await get();
    expect(readFileSync(join(folder, 'model.safetensors')).equals(WEIGHTS)).toBe(true);
  });

  it('goes on in the next call, with nothing under the name of the whole meanwhile', async () => {
    const { hub, folder, get, incomplete, blob } = await tiny();
    hub.fail(/^cdn:/, { cutAfter: 100_000 });
    hub.fail(/^cdn:/, { status: 503 }, 3);
    const message = await sentence(get());
    const kept = readFileSync(incomplete());
    expect(kept.equals(WEIGHTS.subarray(0, kept.length))).toBe(true);
    expect(message).toBe(
      `tiny/bert: model.safetensors: ${new URL(hub.url).host} answered 503 after ${kept.length} of 300000 bytes; these are kept, and the same command goes on from there`,
    );
    expect(existsSync(blob('model.safetensors'))).toBe(false);
    expect(filesBelow(folder).filter(path => /refs|model\.safetensors/.test(path))).toEqual([]);
    hub.seen.length = 0;
    await get();
    expect(hub.seen.find(({ path }) => path.startsWith('cdn:'))?.range).toBe(`bytes=${kept.length}-`);
    expect(existsSync(incomplete())).toBe(false);
  });

  it('begins anew where the server has no ranges', async () => {
    const { hub, get } = await tiny();
    hub.fail(/^cdn:/, { cutAfter: 100_000 });
    hub.fail(/^cdn:/, { noRanges: true });
    expect(readFileSync(join((await get()).folder, 'model.safetensors')).equals(WEIGHTS)).toBe(true);
  });

  it('begins anew where what was left is damaged, or longer than the file', async () => {
    for (const rest of [Buffer.alloc(200_000, 'other'), Buffer.alloc(400_000, 'other')]) {
      const { get, incomplete } = await tiny();
      mkdirSync(dirname(incomplete()), { recursive: true });
      writeFileSync(incomplete(), rest);
      expect(readFileSync(join((await get()).folder, 'model.safetensors')).equals(WEIGHTS)).toBe(true);
    }
  });

  it('is one that fell silent, too', async () => {
    const { hub, get } = await tiny();
    hub.fail(/^cdn:/, { silent: true });
    await get();
    hub.fail(/revision/, { silent: true }, 9);
    const fresh = optionsFor(hub, temporaryFolder());
    const patience = { ...IMPATIENT, silence: 50 };
    expect(await sentence(snapshot(MODEL, ALL, { ...fresh, patience }))).toMatch(/sent nothing for 1 s/);
  });

  it('ends at once where it is called off, and keeps what came', async () => {
    const { hub, options, incomplete } = await tiny();
    const stop = new AbortController();
    hub.fail(/^cdn:/, { cutAfter: 100_000 });
    hub.fail(/^cdn:/, { silent: true }, 9);
    const onProgress = ({ done }: { done: number }) => {
      if (done > 1000) stop.abort(new Error('called off'));
    };
    await expect(snapshot(MODEL, ALL, { ...options, signal: stop.signal, onProgress })).rejects.toThrow(
      'called off',
    );
    expect(readFileSync(incomplete()).length).toBeGreaterThan(0);
  });
});

describe('several at once', () => {
  it('within a process download once', async () => {
    const { hub, get } = await tiny();
    await Promise.all([get(), get(), get()]);
    expect(hub.seen.filter(({ path }) => path.startsWith('cdn:'))).toHaveLength(1);
  });

  it('in two processes: the second waits for the first, and uses what it got', async () => {
    const { hub, get, options, folder, blob } = await tiny();
    // Another process holds the lock: it lives, as long as its input is open.
    const other = spawn(process.execPath, ['-e', 'process.stdin.resume()'], {
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    const name = hub.blob('tiny/bert', 'model.safetensors');
    const lock = join(dirname(folder), '.locks', 'models--tiny--bert', `${name}.ner-distill.lock`);
    mkdirSync(dirname(lock), { recursive: true });
    writeFileSync(lock, String(other.pid));
    const waiting = get();
    while (options.notices.length === 0) await new Promise(resolve => setTimeout(resolve, 5));
    expect(options.notices).toEqual([
      'another process is downloading model.safetensors of tiny/bert: waiting for it',
    ]);
    writeFileSync(blob('model.safetensors'), WEIGHTS);
    rmSync(lock);
    other.stdin!.end();
    await waiting;
    expect(hub.seen.filter(({ path }) => path.startsWith('cdn:'))).toEqual([]);
    expect(options.progress.at(-1)!.done).toBe(options.progress.at(-1)!.total);
  });

  it('on two machines: the second waits while something comes, and no longer', async () => {
    const { hub, get, options, folder, blob, incomplete } = await tiny();
    Object.assign(options, { patience: { ...IMPATIENT, silence: 900, longestWait: 100 } });
    const name = hub.blob('tiny/bert', 'model.safetensors');
    const lock = join(dirname(folder), '.locks', 'models--tiny--bert', `${name}.ner-distill.lock`);
    for (const file of [lock, incomplete()]) mkdirSync(dirname(file), { recursive: true });
    // Nobody here can tell whether a process of another machine lives.
    writeFileSync(lock, JSON.stringify({ pid: 4711, started: '1', boot: 'b', host: 'elsewhere' }));
    const waiting = get();
    waiting.catch(() => {});
    let come = 0;
    for (; come < 6000; come += 1000) {
      writeFileSync(incomplete(), WEIGHTS.subarray(0, come));
      await new Promise(resolve => setTimeout(resolve, 250));
      expect(await Promise.race([waiting.catch(() => 'given up'), 'waits'])).toBe('waits');
    }
    expect(await sentence(waiting)).toBe(
      `model.safetensors of tiny/bert is being worked on by process 4711 of the machine "elsewhere": wait until it has ended; if nothing works on it there any more, delete ${lock}`,
    );
    expect(existsSync(lock)).toBe(true);
    expect(readFileSync(incomplete())).toHaveLength(come - 1000);
    rmSync(lock);
    await get();
    expect(readFileSync(blob('model.safetensors'))).toEqual(WEIGHTS);
  });

  it('takes over from one that was killed', async () => {
    const { hub, get, folder, incomplete } = await tiny();
    const other = spawn(process.execPath, ['-e', '']);
    await new Promise(resolve => other.on('exit', resolve));
    const name = hub.blob('tiny/bert', 'model.safetensors');
    const lock = join(dirname(folder), '.locks', 'models--tiny--bert', `${name}.ner-distill.lock`);
    for (const file of [lock, incomplete()]) mkdirSync(dirname(file), { recursive: true });
    writeFileSync(lock, String(other.pid));
    writeFileSync(incomplete(), WEIGHTS.subarray(0, 250_000));
    await get();
    expect(hub.seen.find(({ path }) => path.startsWith('cdn:'))?.range).toBe('bytes=250000-');
  });
});

describe('without the Hub', () => {
  it('what the cache has at the branch is used, with a sentence', async () => {
    const { hub, get, home } = await tiny();
    const { folder, commit } = await get();
    await hub.close();
    const options = optionsFor(hub, home);
    expect((await snapshot(MODEL, ALL, options)).folder).toBe(folder);
    expect(options.notices).toHaveLength(1);
    expect(options.notices[0]).toMatch(
      /^127\.0\.0\.1:\d+ cannot be reached \([\w ]+\); tiny\/bert is taken from the cache as it/,
    );
    expect(options.notices[0]).toContain(`(commit ${commit.slice(0, 7)})`);
  });

  it.each([503, 429, 401, 403])('so it is where the Hub answers %i', async status => {
    const { hub, get, options } = await tiny();
    const { folder } = await get();
    hub.fail(/revision/, { status }, 2);
    expect((await get()).folder).toBe(folder);
    expect(options.notices).toHaveLength(1);
  });

  it('but not where it says that there is no such thing any more', async () => {
    const { hub, get } = await tiny();
    await get();
    hub.fail(/revision/, { status: 404, headers: { 'x-error-code': 'RevisionNotFound' } });
    expect(await sentence(get())).toBe(`tiny/bert: has no revision "main" on ${new URL(hub.url).host}`);
  });

  it('and nothing in the cache, a sentence says both', async () => {
    const { hub, home, options } = await tiny();
    await hub.close();
    expect(await sentence(snapshot(MODEL, ALL, options))).toBe(
      `tiny/bert: ${new URL(hub.url).host} cannot be reached (ECONNREFUSED), and the cache ${join(home, 'hub')} has nothing of it`,
    );
    const nowhere = optionsFor({ url: 'http://hub.invalid' }, home);
    expect(await sentence(snapshot(MODEL, ALL, nowhere))).toMatch(
      /^tiny\/bert: hub\.invalid cannot be reached \(E/,
    );
  });

  it('HF_HUB_OFFLINE asks nobody, and says what is missing', async () => {
    const { hub, home, get } = await tiny();
    const { folder } = await get(ONLY('config.json'));
    hub.seen.length = 0;
    const offline = optionsFor(hub, home, { HF_HUB_OFFLINE: '1' });
    expect((await snapshot(MODEL, ONLY('config.json'), offline)).folder).toBe(folder);
    expect(await sentence(snapshot(MODEL, ALL, offline))).toBe(
      `tiny/bert: HF_HUB_OFFLINE is set, and the cache ${join(home, 'hub')} lacks onnx/graph.json, model.safetensors; unset it once, so that it can be downloaded`,
    );
    expect(await sentence(snapshot({ ...MODEL, revision: 'v2' }, ALL, offline))).toMatch(/has nothing of it/);
    expect(hub.seen).toEqual([]);
  });

  it('what is not wanted may be missing, and so may the listing, which older Pythons do not keep', async () => {
    const { hub, home, folder, get } = await tiny();
    const { commit } = await get(ONLY('config.json'));
    const choice = ONLY('config.json');
    const offline = optionsFor(hub, home, { HF_HUB_OFFLINE: 'yes' });
    expect((await snapshot(MODEL, choice, offline)).files).toEqual(['config.json']);
    rmSync(join(folder, 'trees'), { recursive: true });
    expect((await snapshot({ ...MODEL, revision: commit }, choice, offline)).files).toEqual(['config.json']);
  });
});

describe('an answer that is no success', () => {
  const host = (hub: { url: string }) => new URL(hub.url).host;

  it('is a sentence: no such repository, or one that needs a token', async () => {
    const { hub, home } = await tiny();
    hub.put('tiny/private', { private: true, files: FILES });
    hub.put('tiny/gated', { gated: true, files: FILES });
    const of = (name: string, variables = {}) =>
      sentence(snapshot({ ...MODEL, name }, ALL, optionsFor(hub, home, variables)));
    for (const name of ['tiny/none', 'tiny/private'])
      expect(await of(name)).toBe(
        `${name}: there is no such model on ${host(hub)}, or it is gated or private: check the name, or set HF_TOKEN to a token that has access`,
      );
    expect(await of('tiny/none', { HF_TOKEN: 'hf_tokenOfTheTest' })).toBe(
      `tiny/none: there is no such model on ${host(hub)}`,
    );
    expect(await of('tiny/gated')).toBe(
      `tiny/gated: is gated or private on ${host(hub)}: ask for access on its page, and set HF_TOKEN to a token of yours`,
    );
    expect(await of('tiny/bert', { HF_TOKEN: 'hf_old' })).toBe(
      `${host(hub)} does not know the token in HF_TOKEN (or saved by huggingface_hub): renew it, or do without where tiny/bert is public`,
    );
    hub.fail(/resolve/, { status: 403, headers: { 'x-error-code': 'GatedRepo' } });
    expect(await of('tiny/gated', { HF_TOKEN: 'hf_tokenOfTheTest' })).toBe(
      `tiny/gated: is gated or private on ${host(hub)}, and the token in HF_TOKEN (or saved by huggingface_hub) gives no access to it`,
    );
  });

  it('is a sentence: no such revision, no such file', async () => {
    const { hub, options } = await tiny();
    expect(await sentence(snapshot({ ...MODEL, revision: 'v2' }, ALL, options))).toBe(
      `tiny/bert: has no revision "v2" on ${host(hub)}`,
    );
    hub.listing(entries => [...entries, { ...entries[1], path: 'gone.json' }]);
    expect(await sentence(snapshot(MODEL, ONLY('gone.json'), options))).toBe(
      `tiny/bert: has no file gone.json on ${host(hub)}`,
    );
  });

  it('with a token of the account is success, with it in HF_TOKEN or in the file of HF_HOME', async () => {
    const { hub, home } = await tiny();
    hub.put('tiny/private', { private: true, files: FILES });
    const id = { ...MODEL, name: 'tiny/private' };
    await snapshot(id, ALL, optionsFor(hub, home, { HF_TOKEN: 'hf_tokenOfTheTest\n' }));
    const second = temporaryFolder();
    writeFileSync(join(second, 'token'), 'hf_tokenOfTheTest\n');
    await snapshot(id, ALL, optionsFor(hub, second));
  });

  it('is asked again a few times where it may pass, after the wait that the Hub asks for', async () => {
    const { hub, get, options } = await tiny();
    hub.fail(/revision/, { status: 503 }, 2);
    hub.fail(/tree/, { status: 429, headers: { 'retry-after': '0' } }, 2);
    hub.fail(/^cdn:/, { status: 500 }, 2);
    await get();
    const fresh = optionsFor(hub, temporaryFolder());
    hub.fail(/revision/, { status: 503 }, 3);
    expect(await sentence(snapshot(MODEL, ALL, fresh))).toMatch(
      /^tiny\/bert: \S+ answered 503, and the cache/,
    );
    hub.fail(/revision/, { status: 429, headers: { 'retry-after': '3600' } });
    expect(await sentence(snapshot(MODEL, ALL, fresh))).toMatch(
      /answered 429 and asks to wait 3600 s; try again then/,
    );
    hub.fail(/revision/, { status: 429, headers: { ratelimit: '"api";r=0;t=300' } });
    expect(await sentence(snapshot(MODEL, ALL, fresh))).toMatch(/asks to wait 300 s/);
    expect(options.notices).toEqual([]);
  });
});

describe('a hostile Hub', () => {
  const EVIL = [
    '../evil.json',
    'a/../../evil.json',
    '/etc/evil.json',
    '..\\evil.json',
    'a\\b.json',
    'C:evil.json',
    'a/C:/evil.json',
    'a//b.json',
    './a.json',
    'evil\0.json',
    'evil\n.json',
    '',
  ];

  it.each(EVIL)('cannot place a file named %j', async path => {
    const { hub, home, options, get } = await tiny();
    hub.listing(entries => [...entries, { ...entries.find(each => each.path === 'config.json')!, path }]);
    expect(await sentence(get())).toBe(
      `tiny/bert: found a file named ${JSON.stringify(path)}; expected names that stay within their folder`,
    );
    expect(filesBelow(home).filter(file => !file.includes('/trees/'))).toEqual([]);
    expect(options.progress).toEqual([]);
  });

  it.each([
    ['a hash that is a path', { oid: '../../evil' }],
    ['a size that is none', { size: -1 }],
    ['a size beyond all numbers', { size: 1e300 }],
    ['the hash of large content as a path', { lfs: { oid: '../../../evil', size: 1, pointerSize: 1 } }],
  ])('cannot list %s', async (_, change) => {
    const { hub, get, home } = await tiny();
    hub.listing(entries =>
      entries.map(each => (each.path === 'config.json' ? { ...each, ...change } : each)),
    );
    expect(await sentence(get())).toMatch(
      /for tiny\/bert@[0-9a-f]{40} found the entry .*, which no Hub says$/,
    );
    expect(filesBelow(home)).toEqual([]);
  });

  it('cannot make links: what git holds as one is a file with its text', async () => {
    const { hub, get } = await tiny();
    hub.listing(entries => [...entries, { ...entries[1], type: 'symlink', path: 'link.json' }]);
    expect((await get()).files).not.toContain('link.json');
  });

  it('cannot pass other content of the same size, whole or from the middle on', async () => {
    const { hub, folder, get, incomplete } = await tiny();
    hub.fail(/^cdn:/, { body: Buffer.alloc(300_000, 'nothing') });
    expect(await sentence(get())).toMatch(
      /^tiny\/bert: model\.safetensors: what came from \S+ has the hash [0-9a-f]{64}, expected [0-9a-f]{64} as listed; it was thrown away$/,
    );
    expect(existsSync(incomplete())).toBe(false);
    hub.fail(/resolve-cache.*graph/, { body: '[]' });
    rmSync(folder, { recursive: true });
    expect(await sentence(get())).toMatch(
      /graph\.json: what came .* has the hash [0-9a-f]{40}, expected [0-9a-f]{40}/,
    );
    expect(filesBelow(folder).filter(file => /graph|refs/.test(file))).toEqual([]);
  });

  it('cannot pass content of another size, said or unsaid', async () => {
    const { hub, get, incomplete } = await tiny();
    hub.fail(/^cdn:/, { body: 'short' });
    expect(await sentence(get())).toMatch(/sends 5 bytes, and lists 300000 bytes$/);
    hub.fail(/^cdn:/, { endless: true });
    expect(await sentence(get())).toMatch(/sends more than that, and lists 300000 bytes$/);
    expect(existsSync(incomplete())).toBe(false);
    hub.fail(/^cdn:/, { cutAfter: 100_000 });
    hub.fail(/^cdn:/, { headers: { 'content-range': 'bytes 5-299999/300000' } });
    expect(await sentence(get())).toMatch(/sends another part than the one asked for/);
  });

  it('cannot fill the memory with an answer without an end, nor with a listing in a circle', async () => {
    const { hub, get } = await tiny();
    hub.fail(/tree/, { endless: true, status: 200, body: Buffer.alloc(1 << 22) });
    expect(await sentence(get())).toMatch(/an answer about tiny\/bert@[0-9a-f]{40} does not end/);
    const link = `<${hub.url}/api/models/tiny/bert/tree/main?again=1>; rel="next"`;
    hub.fail(/tree/, { headers: { link } }, 99);
    expect(await sentence(get())).toMatch(/the listing of tiny\/bert@[0-9a-f]{40} does not end$/);
  });

  it('cannot lead round in redirects, nor to what is no web address', async () => {
    const { hub, get } = await tiny();
    hub.fail(/revision/, { status: 302, headers: { location: '/api/models/tiny/bert/revision/main' } }, 99);
    expect(await sentence(get())).toMatch(/more than 10 redirects, one after the other$/);
    expect(hub.seen.length).toBe(11);
    const { hub: second, get: getSecond } = await tiny();
    for (const location of ['file:///etc/passwd', 'ftp://x/y', 'http://user:word@127.0.0.1/']) {
      second.fail(/revision/, { status: 302, headers: { location } });
      expect(await sentence(getSecond())).toMatch(/a redirect leads to no address$/);
    }
  });

  it('is no Hub where it answers otherwise than one', async () => {
    const { hub, get } = await tiny();
    hub.fail(/revision/, { status: 200, body: '<html>Please log in</html>' });
    expect(await sentence(get())).toMatch(
      /is not JSON, so this is no Hugging Face Hub, or a proxy stands before it$/,
    );
    for (const body of ['null', '[]', '7', '{"sha":7}']) {
      hub.fail(/revision/, { status: 200, body });
      expect(await sentence(get())).toMatch(/for tiny\/bert found .*, which no Hub says$/);
    }
    for (const body of ['null', '{}', '7', '[null]', '[{"type":"file"}]', '[{"type":"file","path":7}]']) {
      hub.fail(/tree/, { status: 200, body });
      expect(await sentence(get())).toMatch(/^127\S+: for tiny\/bert\S* found .*, which no Hub says$/);
    }
    hub.fail(/revision/, { status: 200, body: '{"sha":"../.."}' });
    expect(await sentence(get())).toMatch(/found the commit "\.\.\/\.\.", which no Hub says$/);
  });

  it('gets the token, and no other host does, nor any message', async () => {
    const { hub, home } = await tiny();
    const token = 'hf_tokenOfTheTest';
    const options = optionsFor(hub, home, { HF_TOKEN: token });
    await snapshot(MODEL, ALL, options);
    const sent = (elsewhere: boolean) =>
      hub.seen.filter(({ path }) => path.startsWith('cdn:') === elsewhere).map(each => each.authorization);
    expect(new Set(sent(false))).toEqual(new Set([`Bearer ${token}`]));
    expect(sent(true)).toEqual([undefined]);
    const link = `<${hub.cdnUrl}/api/models/tiny/bert/tree/main?cursor=1>; rel="next"`;
    hub.put('tiny/other', { files: FILES });
    hub.fail(/tree/, { headers: { link } });
    const message = await sentence(snapshot({ ...MODEL, name: 'tiny/other' }, ALL, options));
    expect(sent(true)).toEqual([undefined, undefined]);
    expect(message).not.toContain(token);
    const broken = 'hf_two\nlines';
    const refused = await sentence(snapshot(MODEL, ALL, optionsFor(hub, home, { HF_TOKEN: broken })));
    expect(refused).toBe('HF_TOKEN: found characters that no token has; expected one line, such as hf_…');
  });
});

describe('a disk', () => {
  it.skipIf(!existsSync('/dev/full'))('that is full stops the download with a sentence', async () => {
    const { get, incomplete, blob, home } = await tiny();
    mkdirSync(dirname(incomplete()), { recursive: true });
    symlinkSync('/dev/full', incomplete());
    expect(await sentence(get())).toBe(
      `tiny/bert: model.safetensors: the disk of the cache ${join(home, 'hub')} is full; 0 of 300000 bytes are kept, and with more room the same command goes on from there`,
    );
    expect(existsSync(blob('model.safetensors'))).toBe(false);
  });

  it.skipIf(process.getuid?.() === 0)('that cannot be written is named', async () => {
    const { get, home } = await tiny();
    chmodSync(home, 0o500);
    expect(await sentence(get())).toMatch(/cannot be written/);
    chmodSync(home, 0o700);
  });

  it('with a file where the cache should be is named', async () => {
    const { get, home } = await tiny();
    writeFileSync(join(home, 'hub'), '');
    expect(await sentence(get())).toBe(
      `${join(home, 'hub')}: found a file, expected the folder of the cache (HF_HUB_CACHE, HF_HOME)`,
    );
  });
});
