/** The command line from outside: what it prints, where, and the exit code. */
import { spawnSync } from 'node:child_process';
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeFormatRule } from 'ner-distill/corpus/formats';
import { formatConll } from 'ner-distill/corpus/formats/conll';
import { describeSchemeRule } from 'ner-distill/corpus/schemes';
import { describeSplittingRule } from 'ner-distill/corpus/sources';
import { describe, expect, it } from 'vitest';
import { type CommandResult, command } from './command';
import random from './fixtures/conlleval-random.json';
import golden from './fixtures/golden.json';

const folder = mkdtempSync(join(tmpdir(), 'cli-'));

function write(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

function run(...args: string[]): CommandResult {
  return command(args);
}

const sentencesOf = (tags: string[][]): { words: string[]; tags: string[] }[] =>
  tags.map(tags => ({ words: tags.map((_, i) => `w${i}`), tags }));

describe('--quiet', () => {
  it.each([
    ['before the command', (...args: string[]) => run('--quiet', ...args)],
    ['behind it', (...args: string[]) => run(...args, '--quiet')],
  ])('%s: nothing but results and errors is said', (_, quietly) => {
    const corpus = write('corpus.txt', 'Lee B-PER\n');
    const loud = run('convert', corpus, '--to', 'jsonl');
    expect(loud.stderr).not.toBe('');
    expect(quietly('convert', corpus, '--to', 'jsonl')).toEqual({ ...loud, stderr: '' });
    expect(run('convert', corpus, '--to', 'jsonl')).toEqual(loud);
    expect(quietly('convert', 'none.txt', '--to', 'jsonl').stderr).toBe(
      'error: none.txt: there is no such file\n',
    );
  });
});

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
    expect(Object.keys(scores)).toEqual([
      'overall',
      'byType',
      'critical',
      'coverage',
      'accuracy',
      'macro',
      'weighted',
    ]);
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

  it('reads strictly in the scheme that is named', () => {
    const file = write('ioe2.txt', 'a I-X I-X\nb E-X I-X\n');
    const correct = (...flags: string[]): number =>
      JSON.parse(run('evaluate', '--file', file, '--json', ...flags).stdout).overall.correct;
    expect([correct(), correct('--scheme', 'IOE2')]).toEqual([1, 0]);
  });

  it('prints the layout of conlleval, and CSV', () => {
    const layout = run('evaluate', '--file', both, '--format', 'conlleval').stdout;
    expect(layout.split('\n')[0]).toBe(
      `processed ${gold.flat().length} tokens with ${expected.gold} phrases; found: ${expected.found} phrases; correct: ${expected.correct}.`,
    );
    const [header, overall] = run('evaluate', '--file', both, '--format', 'csv').stdout.split('\r\n');
    expect(header).toMatch(/^types,matching,precision_fraction,/);
    expect(overall).toMatch(/^overall,exact,0\.296/);
  });

  it('adds intervals and the credit for overlaps on request', () => {
    const flags = [
      '--intervals',
      '--resamples',
      '50',
      '--seed',
      '3',
      '--confidence',
      '0.8',
      '--min-overlap',
      '60',
    ];
    const { intervals, overlap, overall } = JSON.parse(
      run('evaluate', '--file', both, '--json', ...flags).stdout,
    );
    expect(intervals.f1).toMatchObject({ confidence: 0.8, resamples: 50 });
    expect(intervals.f1.low).toBeLessThanOrEqual(overall.f1);
    expect(overlap.overall.strict.correct).toBeLessThanOrEqual(overall.correct);
    expect(Object.keys(overlap.overall.partial)).toEqual(
      expect.arrayContaining(['correct', 'incorrect', 'partial', 'missed', 'spurious']),
    );
  });

  it.each([
    ['a critical type that no file has', ['--critical', 'PER,XYZ'], 'no critical type "XYZ" in'],
    ['no files', [], 'expected either --file, or both --gold and --predicted'],
    ['an unknown scheme', ['--scheme', 'BIO2'], 'Expected one of IO, IOB1, IOB2, IOE1, IOE2, IOBES, BILOU'],
    [
      'a confidence of no intervals',
      ['--confidence', '0.9'],
      '--confidence says nothing alone: expected --intervals with it',
    ],
    [
      'two layouts',
      ['--json', '--format', 'csv'],
      '--json says nothing beside --format csv: expected one of them',
    ],
    [
      'what conlleval has no place for',
      ['--format', 'conlleval', '--overlap'],
      '--overlap says nothing beside --format conlleval',
    ],
    ['an unknown format', ['--format', 'xml'], 'Expected one of table, json, csv, conlleval'],
    ['an impossible overlap', ['--min-overlap', '0'], 'Expected 1 to 100'],
    ['an impossible confidence', ['--confidence', '95'], 'Expected a number between 0 and 1'],
    ['no resamples', ['--resamples', '0'], 'Expected a whole number, 1 or more'],
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

  it('refuses a tag that the strict scheme does not have, with file and line', () => {
    const file = write('single.txt', 'a O O\nb O S-PER\n');
    const { status, stderr } = run('evaluate', '--file', file, '--strict');
    expect(status).toBe(1);
    expect(stderr).toMatch(/^error: .*single\.txt:2: tag "S-PER" is not O, B- or I-[^\n]+\n$/);
  });

  it('refuses a file without a column of tags, and one without a sentence', () => {
    const bare = write('bare.txt', 'a\nb\n');
    expect(run('evaluate', '--gold', bare, '--predicted', bare).stderr).toMatch(
      /^error: .*bare\.txt:1: found 1 column, expected at least 2\n$/,
    );
    const empty = write('empty.txt', '\n');
    expect(run('evaluate', '--file', empty).stderr).toMatch(
      /^error: .*empty\.txt: found no sentence[^\n]*\n$/,
    );
  });

  it('refuses files with different words', () => {
    const files = [write('one.txt', 'a O\nb O\n'), write('other.txt', 'a O\nc O\n')];
    const { status, stderr } = run('evaluate', '--gold', files[0], '--predicted', files[1]);
    expect(status).toBe(1);
    expect(stderr).toMatch(/other\.txt:2: found the word "c", expected the word "b" as in .*one\.txt:2\n$/);
  });
});

describe('the program', () => {
  it('prints its version', () => {
    const { version } = JSON.parse(readFileSync(join(__dirname, '../package.json'), 'utf8'));
    expect(run('--version')).toMatchObject({ status: 0, stdout: `${version}\n`, stderr: '' });
  });

  it('prints help and exits with 0', () => {
    const { status, stdout } = run('--help');
    expect(status).toBe(0);
    expect(stdout).toContain('evaluate');
  });

  it('tells in the help of a study how its files are read', () => {
    const { stdout } = run('reproduce', '--help');
    for (const rule of [describeSplittingRule, describeFormatRule, describeSchemeRule])
      expect(stdout).toContain(`\n${rule}\n`);
    expect(stdout).toMatch(/^ +--accumulation <n> .*\n( .*\n)* +--subword-dropout <rate> /m);
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

  it.each([
    [['runs', 'track', ''], '<folder>'],
    [['reproduce', '--out', ''], '--out <folder>'],
    [['runs', 'list', '--results', ''], '--results <folder>'],
    [['compare', 'a.txt', ''], '<second>'],
    [['predict', '--model', 'm', 'a.txt', ''], '[files...]'],
  ])('refuses an empty text, as a variable gives that is not set: %j', (line, what) => {
    expect(run(...line)).toEqual({
      status: 1,
      stdout: '',
      stderr: `error: ${what}: found an empty text, expected a value\n`,
    });
  });

  it('is a process with these streams and this exit code', () => {
    const program = (...args: string[]) =>
      spawnSync(process.execPath, [join(__dirname, '../lib/bin.cjs'), ...args], { encoding: 'utf8' });
    for (const args of [['evaluate', '--file', join(folder, 'none')], ['--version']])
      expect(program(...args)).toMatchObject(run(...args));
  });

  it.skipIf(!existsSync('/dev/full'))(
    'may do later where the disk of its output is full: exit code 75',
    () => {
      const full = openSync('/dev/full', 'w');
      const { status, stderr } = spawnSync(
        process.execPath,
        [join(__dirname, '../lib/bin.cjs'), '--version'],
        {
          stdio: ['ignore', full, 'pipe'],
          encoding: 'utf8',
        },
      );
      closeSync(full);
      expect([status, stderr]).toEqual([
        75,
        'error: the standard output cannot be written (ENOSPC: no space left on device)\n',
      ]);
    },
  );
});
