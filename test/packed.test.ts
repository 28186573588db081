/**
 * The library in a project of somebody else: packed by npm, unpacked in its `node_modules` beside the packages that it
 * declares, and no other. Those are links to the ones here, so that no network is needed.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const PROJECT = join(__dirname, '..');
/** The one entity of two that was found, in what Node runs and in what the compiler is to accept. */
const SCORES = "scores([['B-PER', 'O', 'B-ORG']], [['B-PER', 'O', 'O']], { critical: ['PER', 'ORG'] })";

describe('the packed library', () => {
  let folder: string;
  const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
  const node = (...args: string[]) =>
    execFileSync(process.execPath, args, { cwd: folder, encoding: 'utf8', stdio: 'pipe' });
  const compile = (options: string, name: string) => {
    try {
      const compiler = join(PROJECT, 'node_modules/typescript/bin/tsc');
      return node(compiler, '--noEmit', '--strict', '--skipLibCheck', ...options.split(' '), name);
    } catch (error) {
      return (error as { stdout: string }).stdout;
    }
  };

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'packed-'));
    const modules = join(folder, 'node_modules');
    mkdirSync(modules);
    const pack = ['pack', '--workspace', 'ner-distill', '--pack-destination', folder];
    // npm is a script of the shell on Windows.
    execFileSync('npm', pack, { cwd: PROJECT, shell: process.platform === 'win32', stdio: 'pipe' });
    execFileSync('tar', ['-xf', '../ner-distill-0.1.0.tgz'], { cwd: modules });
    renameSync(join(modules, 'package'), join(modules, 'ner-distill'));
    const { dependencies } = JSON.parse(readFileSync(join(modules, 'ner-distill/package.json'), 'utf8'));
    for (const name of [...Object.keys(dependencies), '@types/node']) {
      mkdirSync(dirname(join(modules, name)), { recursive: true });
      symlinkSync(join(PROJECT, 'node_modules', name), join(modules, name), 'junction');
    }
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('is imported by an ES module and required by a script', () => {
    write('module.mjs', `import { scores } from 'ner-distill';\nconsole.log(${SCORES}.critical.recall);`);
    write(
      'script.cjs',
      `const { scores } = require('ner-distill');\nconsole.log(${SCORES}.critical.recall);`,
    );
    expect(node('module.mjs')).toBe('0.5\n');
    expect(node('script.cjs')).toBe('0.5\n');
  });

  // Without `exports`, as older compilers look: test/notebook/declarations.test.ts.
  it.each(['--module nodenext', '--module esnext --moduleResolution bundler'])(
    'has its types for a compiler with %s',
    options => {
      write(
        'typed.ts',
        `import { type Scores, scores, toFrame } from 'ner-distill';
export const right: Scores = ${SCORES};
export const frame = toFrame([]);
export const recall: string = ${SCORES}.critical.recall;`,
      );
      expect(compile(options, 'typed.ts')).toMatch(
        /^typed\.ts\(4,14\): error TS2322: Type 'number \| null' is not assignable to type 'string'\..*\n.*\n$/,
      );
    },
  );

  it('brings its command', () => {
    write('both.txt', 'Lee B-PER B-PER\nmet O O\nAcme B-ORG O\n');
    const command = join('node_modules', 'ner-distill', 'bin.cjs');
    const { critical } = JSON.parse(node(command, 'evaluate', '--file', 'both.txt', '--json'));
    expect(critical).toMatchObject({ support: 2, correct: 1 });
  });

  it('names a package that a command needs and that is optional', () => {
    const command = join('node_modules', 'ner-distill', 'bin.cjs');
    const { status, stderr } = spawnSync(process.execPath, [command, 'reproduce', '--dry-run'], {
      cwd: folder,
      encoding: 'utf8',
    });
    expect(status).toBe(1);
    expect(stderr).toBe(
      'error: the package "zeromq" is needed for this and is not installed: npm install zeromq\n',
    );
  });

  it('has the licence and what it is for', () => {
    const packed = (name: string) => readFileSync(join(folder, 'node_modules/ner-distill', name), 'utf8');
    expect(packed('LICENSE')).toBe(readFileSync(join(PROJECT, 'LICENSE'), 'utf8'));
    expect(packed('README.md')).toContain("import { scores } from 'ner-distill'");
  });
});
