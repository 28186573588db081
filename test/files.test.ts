/** Outputs: plain files are replaced as a whole, everything else is written through, and no input is lost. */
import { execFileSync, spawn } from 'node:child_process';
import fs, {
  chmodSync,
  closeSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { InputError } from 'ner-distill/errors';
import { leftBehindIn, openFile, pathsIn, writeFileAtomically } from 'ner-distill/files';
import { checkOutputFolder, checkOutputs } from 'ner-distill/output-checks';
import { afterAll, describe, expect, it, vi } from 'vitest';

const root = mkdtempSync(join(tmpdir(), 'files-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let folders = 0;
/** An empty folder of its own for each test. */
function newFolder(): string {
  const folder = join(root, String(folders++));
  mkdirSync(folder);
  return folder;
}
const isRoot = process.getuid?.() === 0;
const onLinux = process.platform === 'linux';

describe('a plain file', () => {
  it('has its old content until the new one is whole, and nothing else is left beside it', () => {
    const folder = newFolder();
    const file = join(folder, 'deep', 'out.txt');
    writeFileAtomically(file, 'old');
    const output = openFile(file);
    output.write('ne');
    output.write('w');
    expect(readFileSync(file, 'utf8')).toBe('old');
    output.close();
    expect(readFileSync(file, 'utf8')).toBe('new');
    writeFileAtomically(file, 'newest');
    expect(readdirSync(join(folder, 'deep'))).toEqual(['out.txt']);
  });

  it('keeps its mode, and its owner where we may give files away', () => {
    const file = join(newFolder(), 'out.txt');
    writeFileSync(file, 'old');
    chmodSync(file, 0o640);
    if (isRoot) execFileSync('chown', ['65534:65534', file]);
    writeFileAtomically(file, 'new');
    const { mode, uid } = statSync(file);
    expect(mode & 0o7777).toBe(0o640);
    if (isRoot) expect(uid).toBe(65534);
  });

  it('may have the longest name that there is', () => {
    const file = join(newFolder(), 'ж'.repeat(127));
    writeFileAtomically(file, 'new');
    expect(readFileSync(file, 'utf8')).toBe('new');
  });

  it.each(['a folder', 'a name that ends as those of folders do'])('is not %s', what => {
    const folder = newFolder();
    const name = what === 'a folder' ? folder : `${join(folder, 'out')}/`;
    expect(() => writeFileAtomically(name, 'x')).toThrow(InputError);
    expect(() => writeFileAtomically(name, 'x')).toThrow(/^[^\n]*folder, expected (a|that of a) file\)$/);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('is not written through a name that somebody else has prepared', () => {
    const folder = newFolder();
    const victim = join(folder, 'victim');
    writeFileSync(victim, 'theirs');
    const file = join(folder, 'out.txt');
    const first = openFile(file);
    const [temporary] = readdirSync(folder).filter(name => name.endsWith('.tmp'));
    first.discard();
    symlinkSync(victim, join(folder, temporary));
    writeFileAtomically(file, 'ours');
    expect(readFileSync(victim, 'utf8')).toBe('theirs');
    expect(readFileSync(file, 'utf8')).toBe('ours');
  });
});

describe('a link', () => {
  it.each(['to a file', 'to nothing yet', 'to a link'])('%s stays, and its target is written', what => {
    const folder = newFolder();
    mkdirSync(join(folder, 'elsewhere'));
    const target = join(folder, 'elsewhere', 'target.txt');
    if (what !== 'to nothing yet') writeFileSync(target, 'old');
    const link = join(folder, 'link');
    symlinkSync(join('elsewhere', 'target.txt'), what === 'to a link' ? join(folder, 'second') : link);
    if (what === 'to a link') symlinkSync('second', link);
    const before = readlinkSync(link);
    writeFileAtomically(link, 'new');
    expect(readlinkSync(link)).toBe(before);
    expect(readFileSync(target, 'utf8')).toBe('new');
    expect(readdirSync(join(folder, 'elsewhere'))).toEqual(['target.txt']);
  });

  it('that leads in a circle is told of', () => {
    const link = join(newFolder(), 'link');
    symlinkSync('link', link);
    expect(() => writeFileAtomically(link, 'x')).toThrow(
      `${link}: cannot be written (its links lead in a circle)`,
    );
  });
});

describe.runIf(onLinux)('what is no plain file', () => {
  // A node of our own with the numbers of /dev/null: a fault must not cost the machine its own.
  it.runIf(isRoot).each(['itself', 'through a link'])('is still there: a device, %s', how => {
    const folder = newFolder();
    const device = join(folder, 'null');
    execFileSync('mknod', [device, 'c', '1', '3']);
    const link = join(folder, 'link');
    symlinkSync('null', link);
    writeFileAtomically(how === 'itself' ? device : link, 'gone');
    expect(lstatSync(device).isCharacterDevice()).toBe(true);
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
    expect(readdirSync(folder)).toEqual(['link', 'null']);
  });

  it('hands on what is written: a FIFO', async () => {
    const folder = newFolder();
    const fifo = join(folder, 'fifo');
    execFileSync('mkfifo', [fifo]);
    const reader = spawn('cat', [fifo]);
    let read = '';
    reader.stdout.on('data', chunk => {
      read += chunk;
    });
    writeFileAtomically(fifo, 'through');
    await new Promise(done => reader.on('close', done));
    expect(read).toBe('through');
    expect(lstatSync(fifo).isFIFO()).toBe(true);
  });

  it('goes on where it stands: an open file by its number', () => {
    const file = join(newFolder(), 'log');
    const descriptor = openSync(file, 'w');
    writeFileAtomically(`/dev/fd/${descriptor}`, 'one ');
    writeFileAtomically(`/proc/self/fd/${descriptor}`, 'two');
    closeSync(descriptor);
    expect(readFileSync(file, 'utf8')).toBe('one two');
    expect(() => writeFileAtomically(`/dev/fd/${descriptor}`, 'x')).toThrow(/cannot be written \(EBADF/);
  });

  it('is told of when it is full', () => {
    const folder = newFolder();
    const link = join(folder, 'full');
    if (isRoot) execFileSync('mknod', [join(folder, 'device'), 'c', '1', '7']);
    symlinkSync(isRoot ? 'device' : '/dev/full', link);
    expect(() => writeFileAtomically(link, 'x')).toThrow(
      `${link}: cannot be written (ENOSPC: no space left on device)`,
    );
  });
});

describe('the temporary file of a process that was killed', () => {
  /** The number of a process that has ended. */
  const dead = Number(execFileSync(process.execPath, ['-p', 'process.pid'], { encoding: 'utf8' }));
  const alive = process.ppid;
  const names = (folder: string) => {
    const output = openFile(join(folder, 'out.txt'));
    const [own] = readdirSync(folder).filter(name => name.endsWith('.tmp'));
    output.discard();
    return (pid: number) => own.replace(`.${process.pid}.`, `.${pid}.`);
  };

  it('is found, and nothing else is', () => {
    const folder = newFolder();
    const name = names(newFolder());
    const kept = [
      name(alive),
      `out.txt.${dead}.tmp`,
      name(dead).replace(/[0-9a-f]{8}-/, 'ffffffff-'),
      'notes.tmp',
      name(dead).replace('.tmp', ''),
    ];
    mkdirSync(join(folder, 'in'));
    for (const each of [...kept, name(dead), join('in', name(dead))]) writeFileSync(join(folder, each), '');
    expect(leftBehindIn(folder)).toEqual([join('in', name(dead)), name(dead)].sort());
    writeFileAtomically(join(folder, 'out.txt'), 'x');
    expect(readdirSync(folder).sort()).toEqual([...kept, 'in', 'out.txt'].sort());
  });

  it('is none of ours that are being written', () => {
    const folder = newFolder();
    const output = openFile(join(folder, 'out.txt'));
    expect(leftBehindIn(folder)).toEqual([]);
    output.discard();
    const left = join(folder, names(newFolder())(process.pid));
    writeFileSync(left, 'of one that had our number before us');
    expect(leftBehindIn(folder)).toHaveLength(1);
  });
});

describe('outputs are held against inputs', () => {
  const folder = newFolder();
  const input = join(folder, 'input.txt');
  writeFileSync(input, 'x');
  linkSync(input, join(folder, 'hard'));
  symlinkSync('input.txt', join(folder, 'soft'));
  symlinkSync('.', join(folder, 'here'));
  symlinkSync('new.txt', join(folder, 'dangling'));
  const at = (name: string) => join(folder, name);

  it.each([
    ['the same name', at('input.txt')],
    ['a relative name', relative(process.cwd(), at('input.txt'))],
    ['a way around', `${folder}/./here/../${folder.split('/').at(-1)}/input.txt`],
    ['a hard link', at('hard')],
    ['a link', at('soft')],
    ['a folder that is a link', at('here/input.txt')],
  ])('by %s', (_, output) => {
    expect(() => checkOutputs({ '--out': output }, [undefined, input])).toThrow(
      `--out ${output}: would replace ${input}, which is read; expected another file`,
    );
    expect(() => checkOutputs({ '--out': input }, [output])).toThrow(InputError);
  });

  it('and against each other, also where they are not there yet', () => {
    expect(() => checkOutputs({ '--out': at('new.txt'), '--facts': at('dangling') }, [input])).toThrow(
      `${at('dangling')}: --out and --facts would both write it; expected two files`,
    );
    expect(() => checkOutputs({ '--out': at('no/a'), '--facts': at('no/./a') }, [])).toThrow(InputError);
    expect(() => checkOutputs({ '--out': '-', '--facts': '/dev/stdout' }, [])).toThrow(InputError);
  });

  it('a folder stands for its files', () => {
    expect(() => checkOutputs({ '--out': at('plan.json') }, [at('here')])).toThrow(
      'would stand among the files of',
    );
    expect(() => checkOutputs({ '--out': at('results/plan.json') }, [folder])).not.toThrow();
  });

  it('different files are fine, and so is /dev/null for everything', () => {
    expect(() =>
      checkOutputs({ '--out': at('new.txt'), '--facts': at('other.txt'), '--json': undefined }, [input]),
    ).not.toThrow();
    expect(() => checkOutputs({ '--out': '/dev/null', '--facts': '/dev/null' }, ['/dev/null'])).not.toThrow();
  });
});

it('a folder of outputs is none where a file stands, and not the standard output', () => {
  const folder = newFolder();
  writeFileSync(join(folder, 'file'), '');
  expect(() => checkOutputFolder(join(folder, 'file', 'deeper'))).toThrow(/is not a folder/);
  expect(() => checkOutputFolder('-')).toThrow(/found the standard output, expected a folder/);
  expect(() => checkOutputFolder(join(folder, 'new', 'deeper'))).not.toThrow();
  expect(existsSync(join(folder, 'new'))).toBe(false);
});

it('files are found in all depths, and links in a circle are not followed', () => {
  const folder = newFolder();
  mkdirSync(join(folder, 'a'));
  writeFileSync(join(folder, 'a', 'x'), '');
  symlinkSync('..', join(folder, 'a', 'back'));
  symlinkSync('loop', join(folder, 'loop'));
  expect(pathsIn(folder)).toEqual(['a/back', 'a/x', 'loop']);
});

it('a folder that is gone when its turn comes counts as empty, and the one that was asked for does not', () => {
  const folder = newFolder();
  for (const name of ['a', 'b']) {
    mkdirSync(join(folder, name));
    writeFileSync(join(folder, name, 'x'), '');
  }
  const read = fs.readdirSync;
  const reading = vi.spyOn(fs, 'readdirSync').mockImplementation(((path: string, options: object) => {
    const entries = read(path, options as { withFileTypes: true });
    if (path === folder) rmSync(join(folder, 'a'), { recursive: true });
    return entries;
  }) as unknown as typeof fs.readdirSync);
  syncBuiltinESMExports();
  try {
    expect(pathsIn(folder)).toEqual(['b/x']);
    expect(reading).toHaveBeenCalledTimes(3);
  } finally {
    reading.mockRestore();
    syncBuiltinESMExports();
  }
  expect(() => pathsIn(join(folder, 'a'))).toThrow(
    new InputError(`${join(folder, 'a')}: the folder cannot be read (ENOENT)`),
  );
});
