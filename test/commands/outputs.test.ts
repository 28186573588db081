/** What commands do with their outputs and with hostile inputs: many cases, each at little cost. */
import {
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { command } from '../command';
import { RUN, saveModel } from '../prediction/model';

const folder = mkdtempSync(join(tmpdir(), 'outputs-'));
const model = saveModel('Ann Lee left Aldmark Bank and Bo'.split(' '));
afterAll(() => {
  for (const made of [folder, model.results]) rmSync(made, { recursive: true, force: true });
});

function write(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const run = (...args: string[]) => command(args);

const ROWS = 'Ann B-PER B-PER\nmet O O\n\nAcme B-ORG O\n';
const rows = write('rows.txt', ROWS);
const same = write('same.txt', ROWS);
const text = write('text.txt', 'Ann left.\n');
const withModel = ['--model', RUN, '--results', model.results, '--threads', '1', '--engine', 'onnx'];
const comparison = ['compare', rows, same, '--resamples', '10'];

describe('an output that is an input is refused, and the input stays', () => {
  linkSync(rows, join(folder, 'hard.txt'));
  symlinkSync('rows.txt', join(folder, 'soft.txt'));
  mkdirSync(join(folder, 'empty'));
  const another = (name: string) => join(folder, name);

  it.each([
    ['convert', [rows, '--out', rows]],
    ['convert by a hard link', [rows, '--out', another('hard.txt')], 'convert'],
    ['convert by a link', [another('soft.txt'), '--out', rows], 'convert'],
    ['errors', ['--file', rows, '--out', join(folder, 'empty', '..', 'rows.txt')]],
    ['errors of training', ['--file', same, '--train', rows, '--out', rows], 'errors'],
    ['errors of gold', ['--gold', rows, '--predicted', same, '--notebook', rows], 'errors'],
    ['compare', [rows, same, '--facts', rows]],
    ['compare with gold', [same, same, '--gold', rows, '--facts', rows], 'compare'],
    ['predict', [...withModel, text, rows, '--out', rows]],
  ] as [string, string[], string?][])('%s', (name, args, kind = name) => {
    const { status, stdout, stderr } = run(kind, ...args);
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^error: --\w+ .*: would replace .*, which is read; expected another file\n$/);
    expect(readFileSync(rows, 'utf8')).toBe(ROWS);
  });

  it('also where it is a part of the model', () => {
    const config = join(model.folder, 'config.json');
    const before = readFileSync(config, 'utf8');
    const { stderr } = run('predict', ...withModel, text, '--out', config);
    expect(stderr).toContain(`--out ${config}: would replace`);
    expect(readFileSync(config, 'utf8')).toBe(before);
  });

  it('also where it is the notebook of the project', () => {
    const notebook = join(__dirname, '../../notebooks/05-error-analysis.ipynb');
    const { stderr } = run('errors', '--file', rows, '--notebook', notebook);
    expect(stderr).toContain('would replace');
  });

  it('also where a study would stand among the files of its corpus', () => {
    const corpus = join(folder, 'corpus');
    mkdirSync(corpus);
    writeFileSync(join(corpus, 'train.txt'), ROWS);
    for (const kind of [['train'], ['distill', '--loss', 'vanilla'], ['reproduce']]) {
      const { stderr } = run(...kind, '--preset', 'scratch', '--data', corpus, '--out', corpus);
      expect(stderr).toMatch(/would stand among the files of .*, which are read; expected another folder\n$/);
    }
    expect(readdirSync(corpus)).toEqual(['train.txt']);
  });

  it('as is one output in the place of another', () => {
    const page = join(folder, 'page.html');
    const { stderr } = run('errors', '--file', rows, '--out', page, '--notebook', page);
    expect(stderr).toBe(`error: ${page}: --out and --notebook would both write it; expected two files\n`);
    expect(existsSync(page)).toBe(false);
  });
});

describe('- as an output is the standard output, and has it for itself', () => {
  it.each([
    ['convert', ['convert', rows, '--tag-column', '2', '--out', '-'], /^Ann B-PER\n/],
    ['predict', ['predict', ...withModel, text, '--out', '-'], /^\{"text":"Ann left\."/],
    ['errors', ['errors', '--file', rows, '--out', '-'], /^<!DOCTYPE html>.*<\/html>\n$/s],
    ['compare', [...comparison, '--facts', '-'], /^fate,type,.*\r\n$/s],
  ] as [string, string[], RegExp][])('%s', (_, args, expected) => {
    const { status, stdout } = run(...args);
    expect(status).toBe(0);
    expect(stdout).toMatch(expected);
    expect(existsSync('-')).toBe(false);
  });

  it('so that JSON cannot go there, too', () => {
    expect(run(...comparison, '--facts', '-', '--json').stderr).toBe(
      'error: -: --facts and --json would both write it; expected two files\n',
    );
  });

  it.each(['train', 'reproduce'])('and is no folder for %s', kind => {
    const { stderr } = run(kind, '--preset', 'smoke', '--out', '-');
    expect(stderr).toMatch(/^error: -: found the standard output, expected a folder[^\n]*\n$/);
  });
});

it.each([
  ['a folder for a file', ['convert', rows, '--out', folder], 'found a folder, expected a file'],
  ['a file for a folder', ['train', '--preset', 'smoke', '--out', rows], 'is not a folder'],
])('%s is one sentence', (_, args, expected) => {
  const { status, stderr } = run(...args);
  expect(status).toBe(1);
  expect(stderr).toMatch(new RegExp(`^error: [^\\n]*${expected}[^\\n]*\\n$`));
  expect(readFileSync(rows, 'utf8')).toBe(ROWS);
});

describe('whatever stands in a file, an error is one short line that a terminal shows', () => {
  const long = 'A'.repeat(200_000);
  const escapes = '\x1b]0;title\x07\x9b31m\u202e';
  const deep = '['.repeat(20_000);
  /** Characters that a terminal would obey: of the categories control and format, and separators of lines. */
  const obeyed = (text: string) =>
    text.match(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu)?.filter(found => found !== '\n') ?? [];
  const evaluate = (content: string) => ['evaluate', '--file', write('hostile.txt', content)];
  const convert = (content: string) => ['convert', write('hostile.jsonl', content)];
  const plan = (content: string) => ['reproduce', '--plan', write('plan.json', content), '--dry-run'];

  it.each([
    ['a long tag', evaluate(`Ann O B-${long}-\nBo O ${long}\n`)],
    ['a tag with quotation marks', evaluate(`Ann O "${'"'.repeat(5000)}\n`)],
    ['a tag with escapes', evaluate(`Ann O ${escapes}\n`)],
    ['a name with line breaks', ['evaluate', '--file', `no\n${escapes}`]],
    ['a name that is too long', ['evaluate', '--file', long]],
    ['JSON lines that are deep', convert(deep)],
    ['JSON lines that are long', convert(`{"${long}": 1}`)],
    ['JSON with a line break', convert('{"tokens": ["a\\nb"], "tags": ["O"]}')],
    ['a tag in JSON', convert(`{"tokens": ["a"], "tags": [${JSON.stringify(escapes + long)}]}`)],
    ['a plan that is deep', plan(deep)],
    ['a plan that is deep and whole', plan(`{"data": ${deep}${']'.repeat(20_000)}}`)],
    ['a plan of one long name', plan(`{"${long}": 1}`)],
    ['a plan with escapes', plan(JSON.stringify({ preset: escapes + long }))],
    ['a path with a zero', plan('{"data": "a\\u0000b"}')],
    ['an option that is unknown', ['evaluate', `--no\n${escapes}${long}`]],
    ['an option nearly known', ['evaluate', '--fil', rows]],
    ['the value of an option', ['convert', rows, '--to', `x\n${escapes}${long}`]],
    ['a command that is unknown', [`x\n${escapes}`]],
  ] as [string, string[]][])('%s', (_, args) => {
    const { status, stderr } = run(...args);
    expect(status).toBe(1);
    expect(stderr).toMatch(/^error: .+\n$/);
    expect(obeyed(stderr)).toEqual([]);
    expect(stderr.length).toBeLessThan(410);
    expect(stderr).not.toContain('unexpected;');
  });

  it('and so is what is printed of it', () => {
    const hostile = write(
      'escapes.txt',
      `${escapes.replace(/\s/g, '')} B-A${escapes} B-A${escapes}\nx O O\n`,
    );
    for (const args of [
      ['evaluate', '--file', hostile],
      ['evaluate', '--file', hostile, '--format', 'conlleval'],
      ['evaluate', '--file', hostile, '--json'],
      ['errors', '--file', hostile],
      ['errors', '--file', hostile, '--json'],
      ['compare', hostile, hostile, '--resamples', '10', '--critical', `A${escapes}`],
    ]) {
      const { status, stdout, stderr } = run(...args);
      expect([status, stderr]).toEqual([0, '']);
      expect(obeyed(stdout)).toEqual([]);
      expect(stdout).toContain('\\u001b');
    }
  });
});
