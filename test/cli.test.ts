/** The command line from outside: what it prints, where, and the exit code. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatConll } from 'ner-distill/corpus/conll';
import { describe, expect, it } from 'vitest';
import random from './fixtures/conlleval-random.json';
import golden from './fixtures/golden.json';

const folder = mkdtempSync(join(tmpdir(), 'cli-'));

function write(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

interface Result {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function run(...args: string[]): Result {
  return spawnSync(process.execPath, [join(__dirname, '../lib/bin.cjs'), ...args], { encoding: 'utf8' });
}

const sentencesOf = (tags: string[][]): { words: string[]; tags: string[] }[] =>
  tags.map(tags => ({ words: tags.map((_, i) => `w${i}`), tags }));

describe('evaluate', () => {
  const { gold, predicted, expected } = random[0];
  const both = write('both.txt', formatConll(sentencesOf(gold), predicted));

  it('prints the numbers of conlleval', () => {
    const { status, stdout, stderr } = run('evaluate', '--file', both);
    expect([status, stderr]).toEqual([0, '']);
    const [, overall] = stdout.split('\n');
    expect(overall.split(/ +/)).toEqual(
      ['overall', '29.63', '44.44', '35.56', expected.gold, expected.found, expected.correct].map(String),
    );
  });

  it('prints JSON with fractions', () => {
    const { status, stdout } = run('evaluate', '--file', both, '--json', '--critical', 'LOC');
    const scores = JSON.parse(stdout);
    expect(status).toBe(0);
    expect(Object.keys(scores)).toEqual(['overall', 'byType', 'critical', 'coverage', 'accuracy']);
    expect(Object.keys(scores.byType)).toEqual(['LOC', 'MISC', 'ORG', 'PER']);
    expect(scores.overall).toEqual({
      precision: 8 / 27,
      recall: 8 / 18,
      f1: 16 / 45,
      support: 18,
      predicted: 27,
      correct: 8,
    });
    expect(scores.critical).toEqual(scores.byType.LOC);
    expect(scores.coverage).toBe(scores.critical.recall);
  });

  it('takes gold and prediction from two files', () => {
    const goldFile = write('gold.txt', formatConll(sentencesOf(gold)));
    const predictedFile = write('predicted.txt', formatConll(sentencesOf(predicted)));
    const { status, stdout } = run('evaluate', '--gold', goldFile, '--predicted', predictedFile);
    expect(status).toBe(0);
    expect(stdout).toBe(run('evaluate', '--file', both).stdout);
  });

  it('reads strictly on request, from the tags as they stand in the file', () => {
    const { gold, predicted, lenientF1, strictF1 } = golden.seqeval.lenientVsStrict;
    const file = write('strict.txt', formatConll(sentencesOf(gold), predicted));
    const f1 = (...flags: string[]): number =>
      JSON.parse(run('evaluate', '--file', file, '--json', ...flags).stdout).overall.f1;
    expect([f1(), f1('--strict')]).toEqual([lenientF1, strictF1]);
  });

  it.each([
    ['a critical type that no file has', ['--critical', 'PER,XYZ'], 'no critical type "XYZ" in the files'],
    ['no files', [], 'expected either --file, or both --gold and --predicted'],
  ])('refuses %s in one sentence', (_, flags, message) => {
    const file = flags.length > 0 ? ['--file', both] : [];
    const { status, stdout, stderr } = run('evaluate', ...file, ...flags);
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^error: [^\n]+\n$/);
    expect(stderr).toContain(message);
  });

  it('refuses a malformed tag with file and line, and a missing file', () => {
    const bad = write('bad.txt', 'a O O\nb O I-\n');
    expect(run('evaluate', '--file', bad).stderr).toMatch(/^error: .*bad\.txt:2: tag "I-" is not [^\n]+\n$/);
    expect(run('evaluate', '--file', join(folder, 'none')).stderr).toMatch(
      /^error: .*none: there is no such file\n$/,
    );
  });

  it('refuses files with different words', () => {
    const files = [write('one.txt', 'a O\nb O\n'), write('other.txt', 'a O\nc O\n')];
    const { status, stderr } = run('evaluate', '--gold', files[0], '--predicted', files[1]);
    expect(status).toBe(1);
    expect(stderr).toMatch(/other\.txt:2: found the word "c", expected "b" as in .*one\.txt:2\n$/);
  });
});

describe('the program', () => {
  it('prints help and exits with 0', () => {
    const { status, stdout } = run('--help');
    expect(status).toBe(0);
    expect(stdout).toContain('evaluate');
  });

  it.each([
    [['evaluate', '--unknown'], "error: unknown option '--unknown'"],
    [['unknown'], "error: unknown command 'unknown'"],
  ])('refuses %j and exits with 1', (args, message) => {
    const { status, stdout, stderr } = run(...args);
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toContain(message);
    expect(stderr).not.toContain('    at ');
  });
});
