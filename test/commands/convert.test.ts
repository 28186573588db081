/** `ner-distill convert` from outside. */
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FORMATS } from 'ner-distill/corpus/formats';
import { describe, expect, it } from 'vitest';
import { command } from '../command';

const folder = mkdtempSync(join(tmpdir(), 'convert-'));
const iob1 = join(folder, 'iob1.txt');
writeFileSync(iob1, 'Ann NNP I-PER\nLee NNP B-PER\nleft VBD O\n');

function run(args: readonly string[], input?: string) {
  return command(['convert', ...args], input);
}

describe('convert', () => {
  it('writes BIO columns unless told otherwise, and says what it found', () => {
    expect(run([iob1])).toEqual({
      status: 0,
      stdout: 'Ann B-PER\nLee B-PER\nleft O\n\n',
      stderr: `${iob1}: tags in IOB1; 1 sentence, 3 words, 2 entities\n`,
    });
  });

  it('reads one format and scheme and writes another', () => {
    const out = join(folder, 'out.jsonl');
    expect(run([iob1, '--to', 'jsonl', '--scheme', 'BIOES', '--out', out]).stdout).toBe('');
    expect(readFileSync(out, 'utf8')).toBe('{"tokens":["Ann","Lee","left"],"tags":["S-PER","S-PER","O"]}\n');
    const { stdout, stderr } = run(['-', '--to', 'conllu'], readFileSync(out, 'utf8'));
    expect(stdout).toBe(
      '# global.columns = ID FORM NER\n# sent_id = 1\n# text = Ann Lee left\n1\tAnn\tB-PER\n2\tLee\tB-PER\n3\tleft\tO\n\n',
    );
    expect(stderr).toBe('-: JSON lines, tags in IOBES; 1 sentence, 3 words, 2 entities\n');
  });

  it('says how many entities IO runs together', () => {
    expect(run([iob1, '--scheme', 'io']).stderr).toContain('1 of them became one with the entity before');
  });

  it('takes the column of the tags', () => {
    expect(run(['-', '--tag-column', '2'], 'Ann B-PER x\n').stdout).toBe('Ann B-PER\n\n');
    expect(run(['-', '--tag-column', 'ner'], '{"tokens": ["a"], "ner": ["O"]}\n').stdout).toBe('a O\n\n');
  });

  it('says what it guessed, and refuses a word that columns cannot have with its line', () => {
    const from0 = run(['-', '--to', 'jsonl'], '0\tAnn\tB-PER\n1\tleft\tO\n');
    expect(from0.stdout).toBe('{"tokens":["Ann","left"],"tags":["B-PER","O"]}\n');
    expect(from0.stderr).toBe(
      '-: CoNLL-U, tags in IOB2; 1 sentence, 2 words, 1 entity\nnote: -: the first column numbers the words from 0 in every sentence and was skipped\n',
    );
    const tab = '\n{"tokens":["a\\tb","\\n",""],"tags":["B-PER","O","O"]}\n';
    expect(run(['-', '--to', 'jsonl'], tab).stdout).toBe(tab.slice(1));
    const refused = run(['-'], tab);
    expect([refused.status, refused.stdout, refused.stderr]).toEqual([
      1,
      '',
      'error: standard input:2: the word "a\\tb" cannot stand in CoNLL columns, in JSON lines it can\n',
    ]);
  });

  it.each([
    [['-', '--to', 'xml'], `Expected one of ${FORMATS.join(', ')}.`],
    [['-', '--scheme', 'X'], 'Expected one of IO, IOB1, IOB2, IOE1, IOE2, IOBES, BILOU.'],
    [
      ['-'],
      'error: standard input:2: tag "L-PER" is of BILOU, but "S-PER" on line 1 is of IOBES; expected one scheme in a file\n',
    ],
    [
      ['-', '--from-scheme', 'IOB2'],
      'error: standard input:1: tag "S-PER" is not of the scheme IOB2, which has O, B-, I-\n',
    ],
    [['none.txt'], 'error: none.txt: there is no such file\n'],
  ])('refuses %j with one sentence', (args, message) => {
    const { status, stdout, stderr } = run(args, 'a S-PER\nb L-PER\n');
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toContain(message);
  });
});
