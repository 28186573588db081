/** The command `reproduce` from outside, without training: what it refuses, and what a dry run says. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type CommandResult, command } from './command';

const folder = mkdtempSync(join(tmpdir(), 'cli-reproduce-'));

async function reproduce(...args: string[]): Promise<CommandResult> {
  return command(['reproduce', ...args]);
}

/** A corpus folder with train, valid and test of the same text. */
function corpusOf(name: string, text: string): string {
  mkdirSync(join(folder, name));
  for (const part of ['train', 'valid', 'test']) writeFileSync(join(folder, name, `${part}.txt`), text);
  return join(folder, name);
}

function file(name: string, text: string): string {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
}

/** A sentence with an entity of each of so many types. */
const typed = (types: number) => Array.from({ length: types }, (_, i) => `a B-T${i}\n`).join('');

const good = corpusOf('good', 'Ada B-PER\nLovelace I-PER\nsleeps O\n\nAcme B-ORG\n');
const ragged = corpusOf('ragged', 'Ada B-PER\nLovelace\n');
const malformed = corpusOf('malformed', 'Ada B-PER\nLovelace PER\n');
const smoke = ['--preset', 'smoke', '--engine', 'cpu'];

describe('reproduce refuses in one sentence, and writes nothing:', () => {
  const cases: [string, string[], string | RegExp][] = [
    [
      'an unknown preset',
      ['--preset', 'huge'],
      'unknown preset "huge": expected one of smoke, sample, scratch, paper',
    ],
    ['an unknown flag', ['--unknown'], "unknown option '--unknown'"],
    ['an argument too many', ['smoke'], 'too many arguments'],
    [
      'scratch without a corpus',
      ['--preset', 'scratch'],
      'the preset "scratch" needs a corpus: --data with a folder, or a data set of the Hugging Face Hub such as hf:eriktks/conll2003',
    ],
    [
      'a corpus folder that is missing',
      ['--data', join(folder, 'none')],
      `${join(folder, 'none')}: there is no such folder`,
    ],
    [
      'a ragged corpus',
      ['--data', ragged],
      `${join(ragged, 'train.txt')}:2: found 1 column, expected 2 as on line 1`,
    ],
    ['a malformed tag', ['--data', malformed], `${join(malformed, 'train.txt')}:2: tag "PER" is not O or B-`],
    [
      'a tokenizer that is not JSON',
      [...smoke, '--tokenizer', file('tokenizer.json', 'BERT')],
      'tokenizer.json: not a tokenizer.json',
    ],
    [
      'a tokenizer that is missing',
      [...smoke, '--tokenizer', join(folder, 'none.json')],
      'none.json: the tokenizer cannot be read',
    ],
    [
      'a critical type that the corpus lacks',
      [...smoke, '--data', good, '--critical', 'PER,GENE'],
      'critical type "GENE" is not in the tag set (PER, ORG)',
    ],
    [
      'a corpus of too many types',
      [...smoke, '--critical', 'T0', '--data', corpusOf('types', typed(2001))],
      'has 2001 entity types, expected at most 2000: a model has two classes for each',
    ],
    [
      'a number that is none',
      ['--learning-rate', 'fast'],
      /--learning-rate.*'fast' is invalid. Expected a number/,
    ],
    ['a number that is not whole', ['--seed', '1.5'], /--seed.*'1.5' is invalid. Expected a whole number/],
    ['β that is none', ['--betas', '0.1,,0.2'], /--betas.*'0.1,,0.2' is invalid. Expected a number/],
    ['β below 0', ['--betas=-1'], 'distillation.betas[0]: found -1, expected a number from 0 on'],
    ['an unknown form', ['--forms', 'cosine'], /'cosine' is invalid. Expected one of logits, weighted/],
    ['an unknown engine', ['--engine', 'abacus'], 'unknown engine "abacus": expected one of auto, onnx'],
    [
      'a test part that cannot fill a batch of the latency protocol',
      [...smoke, '--data', good],
      'latency protocol: a batch of 16 is larger than the test part (2 sentences)',
    ],
    [
      'no layers',
      ['--teacher-layers', '0'],
      'teacher.layers: found 0, expected a whole number from 1 to 128',
    ],
    [
      'a plan with an unknown setting',
      ['--plan', file('unknown.json', '{"student": {}}')],
      /unknown\.json: student: found a setting that is not known, expected an object with preset/,
    ],
    [
      'a plan with a wrong setting',
      ['--plan', file('wrong.json', '{"students": [{"layers": 0}]}')],
      /wrong\.json: students\[0\]\.layers: found 0, expected a whole number from 1 to 128/,
    ],
    ['no run at a time', ['--jobs', '0'], /--jobs.*'0' is invalid. Expected a whole number, 1 or more/],
    [
      'jobs of a list',
      ['--jobs', '2', '--list-runs'],
      "'--jobs <n>' cannot be used with option '--list-runs'",
    ],
    [
      'seeds and a seed',
      ['--seed', '1', '--seeds', '2'],
      "'--seeds <n or list>' cannot be used with option '--seed",
    ],
    ['no seeds', ['--seeds', '0'], /Expected a number from 1 to 100, or a list of seeds/],
  ];

  it.concurrent.each(cases)('%s', async (name, args, message) => {
    const out = join(folder, `out of ${name}`);
    const { status, stdout, stderr } = await reproduce('--out', out, ...args);
    expect(stderr).toMatch(/^error: [^\n]+\n$/);
    if (typeof message === 'string') expect(stderr).toContain(message);
    else expect(stderr).toMatch(message);
    expect([status, stdout]).toEqual([1, '']);
    expect(existsSync(out)).toBe(false);
  });

  it.concurrent.each([
    ['an output folder that is a file', (taken: string) => taken],
    ['an output folder under a file', (taken: string) => join(taken, 'below')],
  ])('%s', async (name, outOf) => {
    const taken = file(`taken by ${name}`, 'mine');
    const { status, stdout, stderr } = await reproduce(...smoke, '--out', outOf(taken));
    expect(stderr).toMatch(/^error: .*: the output folder cannot be written \(.* is not a folder\)\n$/);
    expect([status, stdout]).toEqual([1, '']);
    expect(readFileSync(taken, 'utf8')).toBe('mine');
  });
});

describe('a dry run', () => {
  it('says what would be made and how long it would take, and writes nothing', async () => {
    const out = join(folder, 'dry');
    const flags = [
      '--preset',
      'smoke',
      '--engine',
      'onnx',
      '--threads',
      '1',
      '--betas',
      '0.2',
      '--dry-run',
      '--jobs',
      '2',
    ];
    const { status, stdout, stderr } = await reproduce('--out', out, ...flags);
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toContain('Preset smoke: corpus "sample" with 320 / 80 / 120 sentences');
    expect(stdout).toMatch(/^2 runs at a time, each with 1 thread\n/);
    expect(stdout).toContain('engine onnx, 1 thread\n');
    expect(stdout).toMatch(/^Simulated .*: 2 runs at a time here, about .* of training; on 16 cores .*\.$/m);
    const planned = stdout.matchAll(/^ {2}(\S.*?) +([0-9a-f]{16}) {2}about .+$/gm);
    expect([...planned].map(([, name]) => name)).toEqual([
      'teacher',
      'student without teacher',
      'vanilla',
      'constrained (logits, β = 0.2)',
      'constrained (weighted, β = 0.2)',
      'student without teacher, layer of the teacher',
      'vanilla, layer of the teacher',
    ]);
    expect(stdout).toMatch(
      /^Training takes about .* here; the notebooks and measuring latency add about .*\.$/m,
    );
    expect(existsSync(out)).toBe(false);
  });
});
