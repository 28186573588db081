/**
 * Mutations of every file that a store keeps: a bit flipped, the file cut short, made longer, gone, or another's in its
 * place. Each is named, and made again where it can be, with the same bytes.
 */
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { InputError } from 'ner-distill/errors';
import { StudySession } from 'ner-distill/experiment/paper';
import { silentProgress } from 'ner-distill/experiment/progress';
import { RunStore } from 'ner-distill/experiment/runs';
import { damageIn } from 'ner-distill/experiment/sealed';
import { checkStoreFile, DISTILLED, storeFilesIn } from 'ner-distill/experiment/store-files';
import { pathsIn } from 'ner-distill/files';
import { findModel } from 'ner-distill/prediction/find-model';
import { hiddenStatesLoss } from 'ner-distill/training/losses/hidden-states';
import { beforeAll, describe, expect, it } from 'vitest';
import { tinyPlan } from './tiny.fixture';

const PLAN = tinyPlan(32, 2);
const newFolder = () => mkdtempSync(join(tmpdir(), 'damage-'));
const out = newFolder();
/** Opens a study of a teacher, a vanilla student and one of hidden states; `lines` gets what it says. */
async function open(folder: string, lines: string[] = [], signal?: AbortSignal, update = (_: string) => {}) {
  const progress = { ...silentProgress, update, line: (text: string) => void lines.push(text) };
  return StudySession.open(PLAN, folder, { progress, signal });
}
const makeAll = async (session: StudySession) => {
  const runs = [await session.teacher(), await session.vanilla()];
  runs.push(await session.distil({ loss: hiddenStatesLoss({ beta: 2 }) }));
  for (const run of runs) await session.quantized(run);
  return runs;
};
/** Every file of a store with its bytes, but for what a clock is in. */
const contentOf = (folder: string) =>
  Object.fromEntries(
    pathsIn(folder)
      .filter(path => !path.startsWith('latency/'))
      .map(path => [path, readFileSync(join(folder, path)).toString('latin1')]),
  );
const copyOf = (folder: string) => {
  const copy = newFolder();
  cpSync(folder, copy, { recursive: true });
  return copy;
};

let whole: Record<string, string>;
let ids: { teacher: string; vanilla: string; hidden: string };
/** The same, with the vanilla student cut short after its first epoch. */
let begun: string;
beforeAll(async () => {
  const session = await open(out);
  const [teacher, vanilla, hidden] = await makeAll(session);
  ids = { teacher: teacher.id, vanilla: vanilla.id, hidden: hidden.id };
  await session.latency(vanilla);
  whole = contentOf(out);
  begun = copyOf(out);
  rmSync(join(begun, 'runs', vanilla.id), { recursive: true });
  const stop = new AbortController();
  const stopping = await open(begun, [], stop.signal, text => {
    if (text.startsWith('vanilla: validation')) stop.abort(new InputError('stopped'));
  });
  await expect(stopping.vanilla()).rejects.toThrow('stopped');
});

/** Bytes that are not these, made from them. @param another of the same kind, of something else */
const MUTATIONS: Record<string, (bytes: Buffer, another: Buffer) => Buffer | null> = {
  'a bit flipped at the beginning': bytes => flipped(bytes, 0),
  'a bit flipped within': bytes => flipped(bytes, Math.floor(bytes.length / 3)),
  'a bit flipped before the end': bytes => flipped(bytes, bytes.length - 2),
  'a bit flipped at the end': bytes => flipped(bytes, bytes.length - 1),
  'its last byte cut off': bytes => bytes.subarray(0, -1),
  'half of it cut off': bytes => bytes.subarray(0, bytes.length / 2),
  'no byte left': () => Buffer.of(),
  'a byte more': bytes => Buffer.concat([bytes, Buffer.of(0)]),
  'an empty line more': bytes => Buffer.concat([bytes, Buffer.from('\n')]),
  "another's content": (_, another) => another,
  'no such file': () => null,
};

function flipped(bytes: Buffer, place: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[place] ^= 1 << (place % 8);
  return copy;
}

function put(file: string, content: Buffer | null): void {
  if (content) writeFileSync(file, content);
  else rmSync(file);
}

const RUN_FILES = [
  ...['config.json', 'done', 'history.csv', 'metrics.json', 'part.json'],
  ...['predictions.conll', 'training.json', 'validation.conll', 'model/config.json'],
  ...['model/model.safetensors', 'model/tokenizer.json', 'model/tokenizer_config.json'],
  ...['done', 'metrics.json', 'model.json', 'predictions.conll', 'validation.conll'].map(
    name => `int8/${name}`,
  ),
];
/** Without them a run is whole, too: they are made again from the others. */
const MADE_AGAIN = ['metrics.json', 'part.json', 'int8/metrics.json', 'int8/done'];
const EPOCH_FILES = [
  ...['done', 'state.json', 'parameters.safetensors'],
  ...['first-moments.safetensors', 'second-moments.safetensors'],
];

it('the files that are mutated are all that there are', () => {
  const of = (id: string) => pathsIn(join(out, 'runs', id)).sort();
  for (const id of Object.values(ids)) expect(of(id)).toEqual([...RUN_FILES].sort());
  expect(readdirSync(join(begun, 'runs', ids.vanilla)).sort()).toEqual(
    ['config.json', 'part.json', 'partial'].sort(),
  );
  expect(readdirSync(join(begun, 'runs', ids.vanilla, 'partial', 'epoch-1')).sort()).toEqual(
    [...EPOCH_FILES].sort(),
  );
  expect(readdirSync(out).sort()).toEqual(
    ['distilled.json', 'initial', 'latency', 'runs', 'teacher-hidden', 'teacher-logits'].sort(),
  );
  expect(storeFilesIn(out).map(({ path }) => path.split('/')[0])).toEqual([
    ...['latency', 'initial', 'initial', 'teacher-logits', 'teacher-hidden', 'distilled.json'],
  ]);
});

describe.each(Object.keys(MUTATIONS))('with %s', mutation => {
  const mutate = MUTATIONS[mutation];
  const isGone = mutation === 'no such file';

  it.each(RUN_FILES)('%s of a run is named', name => {
    const store = new RunStore(out);
    const [file, another] = [ids.vanilla, ids.hidden].map(id => store.pathOf(id, name));
    const before = readFileSync(file);
    const mutated = mutate(before, readFileSync(another));
    // The tokenizer of all runs is one.
    if (mutated?.equals(before)) return;
    put(file, mutated);
    try {
      const damages = new RunStore(out).damagesOf(ids.vanilla).map(damage => damage.message);
      if (isGone && (MADE_AGAIN.includes(name) || name === 'done')) expect(damages).toEqual([]);
      else expect(damages).toEqual([expect.stringContaining(`${file}: `)]);
      for (const sentence of damages) expect(sentence).not.toContain('\n');
      // A read-only command.
      if (name.startsWith('model/') || (name === 'done' && mutated !== null && mutated.length > 0))
        expect(() => findModel(ids.vanilla, out)).toThrow(isGone ? /no model|no such file/ : file);
      // What the list looks at shows at once.
      const lists = ['done', 'config.json'].includes(name) || (mutated && mutated.length !== before.length);
      if (lists && !isGone && !MADE_AGAIN.includes(name) && !name.startsWith('int8/'))
        expect(store.find(ids.vanilla).damage).toContain(`${file}: `);
    } finally {
      writeFileSync(file, before);
    }
  });

  it.each(EPOCH_FILES)('%s of an epoch is named, and the epoch not gone on from', name => {
    const lines: string[] = [];
    const store = new RunStore(begun, line => lines.push(line));
    const file = store.pathOf(ids.vanilla, 'partial', 'epoch-1', name);
    const others = EPOCH_FILES.filter(each => each !== name && each.split('.')[1] === name.split('.')[1]);
    const before = readFileSync(file);
    const another = others.length > 0 ? readFileSync(join(dirname(file), others[0])) : Buffer.from('{}');
    put(file, mutate(before, another));
    try {
      expect(store.damagesOf(ids.vanilla).map(({ message }) => message)).toEqual([
        expect.stringContaining(`${file}: `),
      ]);
      expect(store.loadEpoch(ids.vanilla)).toBeUndefined();
      expect(lines).toEqual([expect.stringContaining(`${file}: `)]);
    } finally {
      writeFileSync(file, before);
    }
    expect(store.loadEpoch(ids.vanilla)?.epoch).toBe(1);
  });

  it('each file beside the runs is named', () => {
    if (isGone) return;
    for (const each of storeFilesIn(out)) {
      const file = join(out, each.path);
      const another = storeFilesIn(out).find(other => other.path !== each.path && other.kind === each.kind);
      const before = readFileSync(file);
      const mutated = mutate(before, another ? readFileSync(join(out, another.path)) : Buffer.from('{}'));
      put(file, mutated);
      try {
        expect(damageIn(() => checkStoreFile(out, each))?.message, each.path).toContain(`${file}: `);
      } finally {
        writeFileSync(file, before);
      }
    }
  });
});

describe('is made again, and said', () => {
  /** A study on a copy in which one file is damaged; what it says and leaves. */
  async function mended(folder: string, path: string, damage = (bytes: Buffer) => flipped(bytes, 40)) {
    const copy = copyOf(folder);
    const file = join(copy, path);
    writeFileSync(file, damage(readFileSync(file)));
    const lines: string[] = [];
    const runs = await makeAll(await open(copy, lines));
    expect(runs.map(({ id }) => id)).toEqual(Object.values(ids));
    return { file, lines, content: contentOf(copy) };
  }

  it.each(['config.json', 'predictions.conll', 'model/tokenizer.json'])(
    'a run whose %s is damaged: by its weights, without training',
    async name => {
      const { file, lines, content } = await mended(out, `runs/${ids.vanilla}/${name}`);
      expect(content).toEqual(whole);
      expect(lines).toContainEqual(expect.stringMatching(/^vanilla: .*; its weights are whole/));
      expect(lines.find(line => line.includes('its weights are whole'))).toContain(file);
      expect(lines.some(line => line.includes('trained in'))).toBe(false);
    },
  );

  it.each(['model/model.safetensors', 'done', 'history.csv'])(
    'a run whose %s is damaged: by training',
    async name => {
      const { file, lines, content } = await mended(out, `runs/${ids.vanilla}/${name}`);
      expect(content).toEqual(whole);
      expect(lines.find(line => line.includes('it is trained anew'))).toContain(`vanilla: ${file}: `);
      expect(lines.filter(line => line.includes('trained in'))).toHaveLength(1);
    },
  );

  it('a teacher that is damaged, before a student learns from it', async () => {
    const copy = copyOf(begun);
    const file = join(copy, 'runs', ids.teacher, 'model', 'model.safetensors');
    writeFileSync(file, flipped(readFileSync(file), 4000));
    const lines: string[] = [];
    await makeAll(await open(copy, lines));
    expect(lines[0]).toContain(`teacher: ${file}: `);
    expect(contentOf(copy)).toEqual(whole);
  });

  it('an epoch, from the start where there is none before', async () => {
    const path = `runs/${ids.vanilla}/partial/epoch-1/second-moments.safetensors`;
    const { file, lines, content } = await mended(begun, path);
    expect(content).toEqual(whole);
    expect(lines.filter(line => line.startsWith(`${file}: `))).toEqual([
      expect.stringMatching(/the training goes on from the epoch before, or from the start$/),
    ]);
    expect(lines.some(line => line.includes('goes on after epoch'))).toBe(false);
  });

  it('an epoch, from the one before it where that is there', async () => {
    const copy = copyOf(begun);
    const partial = join(copy, 'runs', ids.vanilla, 'partial');
    cpSync(join(partial, 'epoch-1'), join(partial, 'epoch-2'), { recursive: true });
    const lines: string[] = [];
    const session = await open(copy, lines);
    await session.quantized(await session.vanilla());
    // All files of the newer are the older's: they fit each other, but not its name.
    expect(lines[0]).toContain(`${join(partial, 'epoch-2', 'done')}: `);
    expect(lines[1]).toBe('vanilla: goes on after epoch 1 of 2');
    expect(contentOf(copy)).toEqual(whole);
  });

  it('what a teacher answered', async () => {
    const { file, lines, content } = await mended(begun, `teacher-logits/${ids.teacher}.safetensors`);
    expect(content).toEqual(whole);
    expect(lines.filter(line => line.startsWith(file))).toEqual([expect.stringMatching(/: computed anew$/)]);
  });

  it('an initial state', async () => {
    const [state] = storeFilesIn(begun).filter(({ kind }) => kind === 'initial');
    for (const { path } of storeFilesIn(begun).filter(({ kind }) => kind === 'initial')) {
      const { file, lines } = await mended(begun, path);
      expect(lines.filter(line => line.startsWith(file))).toEqual([expect.stringMatching(/: drawn anew$/)]);
    }
    expect(existsSync(join(begun, state.path))).toBe(true);
  });

  it('scores and parts', async () => {
    for (const name of ['metrics.json', 'part.json']) {
      const { file, lines, content } = await mended(out, `runs/${ids.vanilla}/${name}`);
      expect(content).toEqual(whole);
      expect(lines.filter(line => line.startsWith(`${file}: `))).toHaveLength(1);
    }
  });

  it.each(['done', 'metrics.json', 'model.json', 'predictions.conll', 'validation.conll'])(
    'what a model in 8 bits left, where its %s is damaged',
    async name => {
      const { file, lines, content } = await mended(out, `runs/${ids.vanilla}/int8/${name}`);
      expect(content).toEqual(whole);
      const again = name === 'metrics.json' ? 'derived again from the predictions' : 'predicted again';
      expect(lines.filter(line => line.startsWith(`${file}: `))).toEqual([expect.stringContaining(again)]);
      expect(lines.some(line => line.includes('trained in'))).toBe(false);
    },
  );

  it('a latency', async () => {
    const copy = copyOf(out);
    const [{ path }] = storeFilesIn(copy);
    const file = join(copy, path);
    writeFileSync(file, readFileSync(file, 'utf8').replace(/"meanSeconds": \d/, '"meanSeconds": 9'));
    const lines: string[] = [];
    const session = await open(copy, lines);
    const run = session.results().runs.find(({ id }) => id === ids.vanilla)!;
    expect(run.latency).toBeNull();
    expect(lines).toEqual([expect.stringMatching(/: as if it had not been measured$/)]);
    expect((await session.latency(run))!.meanSeconds).toBeLessThan(9);
    expect(storeFilesIn(copy).map(each => damageIn(() => checkStoreFile(copy, each)))).not.toContainEqual(
      expect.anything(),
    );
  });

  it('what is damaged of a plan, before all of it is read; a student beside the plan is left out by name', async () => {
    const copy = copyOf(out);
    const files = [ids.vanilla, ids.hidden].map(id => join(copy, 'runs', id, 'predictions.conll'));
    for (const file of files) writeFileSync(file, flipped(readFileSync(file), 40));
    const session = await open(copy);
    await session.mend();
    const { runs, notes } = session.results();
    expect(runs.map(({ id }) => id)).toEqual([ids.teacher, ids.vanilla]);
    expect(notes).toContainEqual(
      expect.stringMatching(/^distilled \(hidden.*\) is left out: .*predictions\.conll: changed/),
    );
    expect(contentOf(copy)[`runs/${ids.vanilla}/predictions.conll`]).toBe(
      whole[`runs/${ids.vanilla}/predictions.conll`],
    );
  });

  it('nothing by those who only read: they refuse, and name the file', async () => {
    const copy = copyOf(out);
    const file = join(copy, 'runs', ids.vanilla, 'predictions.conll');
    writeFileSync(file, flipped(readFileSync(file), 40));
    const session = await open(copy);
    expect(() => session.predictions({ id: ids.vanilla })).toThrow(`${file}: changed since the run`);
    rmSync(join(copy, 'runs', ids.vanilla, 'metrics.json'));
    expect(() => session.results()).toThrow(`${file}: changed since the run`);
    expect(DISTILLED.path in contentOf(copy)).toBe(true);
  });
});
