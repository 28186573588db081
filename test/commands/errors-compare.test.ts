/** `errors` and `compare` from outside, on two sentences. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { command } from '../command';

const folder = mkdtempSync(join(tmpdir(), 'errors-compare-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
function write(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}
function run(...args: string[]) {
  return command(args);
}
/** The cells of the line that begins with a name. */
function cellsOf(text: string, name: string): string[] | undefined {
  const lines = text.split('\n').map(line => line.trim().split(/ {2,}/));
  return lines.find(([first]) => first === name)?.slice(1);
}

const gold = write('gold.txt', 'Ann B-PER\nmet O\nBo B-PER\n\nAcme B-ORG\nfell O\n');
const teacher = write('teacher.txt', 'Ann B-PER\nmet O\nBo B-PER\n\nAcme O\nfell O\n');
const student = write('student.txt', 'Ann B-PER\nmet O\nBo B-ORG\n\nAcme B-ORG\nfell O\n');
const train = write('train.txt', 'Ann B-PER\nleft O\n');

describe('errors', () => {
  const files = ['--gold', gold, '--predicted', student];

  it('prints outcomes, confusion and slices', () => {
    const { status, stdout, stderr } = run('errors', ...files, '--train', train);
    expect([status, stderr]).toEqual([0, '']);
    expect(cellsOf(stdout, 'all')).toEqual(['2', '1', '0', '0', '0', '0']);
    expect(cellsOf(stdout, 'gold \\ predicted')).toEqual(['ORG', 'PER', 'missed']);
    expect(cellsOf(stdout, 'training: seen with this type')).toEqual([
      '1',
      '1',
      '1',
      '100.00',
      '100.00',
      '100.00',
    ]);
  });

  it('prints JSON with every error, its text and its line', () => {
    const { outcomes, errors, scores } = JSON.parse(
      run('errors', ...files, '--json', '--critical', 'ORG').stdout,
    );
    expect(outcomes).toMatchObject({ correct: 2, 'wrong type': 1 });
    expect(scores.coverage).toBe(1);
    expect(errors).toEqual([
      {
        sentence: 1,
        line: 3,
        outcome: 'wrong type',
        gold: { type: 'PER', start: 2, end: 3, text: 'Bo' },
        predicted: { type: 'ORG', start: 2, end: 3, text: 'Bo' },
      },
    ]);
  });

  it('writes a page of its own', () => {
    const out = join(folder, 'pages', 'errors.html');
    const { status, stderr } = run('errors', ...files, '--out', out);
    expect([status, stderr]).toEqual([0, `wrote ${out}\n`]);
    expect(readFileSync(out, 'utf8')).toContain('PER “Bo” predicted as ORG “Bo”');
  });

  it('executes notebook 5 on the files, in the reading that was asked for', () => {
    const out = join(folder, 'executed.ipynb');
    // As conlleval reads it, the I- begins a PER; strictly it is no entity.
    const loose = write('loose.txt', 'Ann I-PER\nmet O\nBo B-PER\n\nAcme B-ORG\nfell O\n');
    const { status, stderr } = run(
      'errors',
      '--gold',
      gold,
      '--predicted',
      loose,
      '--train',
      train,
      '--strict',
      '--notebook',
      out,
    );
    expect([status, stderr]).toEqual([0, `wrote ${out}\n`]);
    expect(readFileSync(out, 'utf8')).toContain(
      'loose.txt: of 3 gold entities 2 correct, 0 wrong type, 0 wrong boundary, 0 wrong type and boundary, 1 missed',
    );
  });

  it('takes training in any format of a corpus, and notes a strict reading that finds nothing', () => {
    const numbered = write('train.conllu', '1\tAnn\tB-PER\n2\tleft\tO\n');
    expect(
      cellsOf(run('errors', ...files, '--train', numbered).stdout, 'training: seen with this type'),
    ).toEqual(['1', '1', '1', '100.00', '100.00', '100.00']);
    const note =
      'read strictly in IOBES, the gold tags have no entity; read leniently they have 3: are they in another scheme?\n';
    expect(run('errors', ...files, '--scheme', 'IOBES').stderr).toBe(note);
    const { stdout, stderr } = run('evaluate', ...files, '--scheme', 'IOBES');
    expect(stderr).toBe(note);
    expect(cellsOf(stdout, 'overall')).toEqual(['–', '–', '–', '0', '0', '0']);
    expect(run('compare', teacher, student, '--gold', gold, '--scheme', 'IOBES').stderr).toBe(note);
  });

  it('refuses bad input in one sentence and writes nothing', () => {
    const out = join(folder, 'none.html');
    const { status, stderr } = run('errors', '--gold', gold, '--predicted', train, '--out', out);
    expect(status).toBe(1);
    expect(stderr).toMatch(
      /^error: .*train\.txt:2: found the word "left", expected the word "met" as in .*gold\.txt:2\n$/,
    );
    expect(existsSync(out)).toBe(false);
    expect(run('errors', '--gold', gold, '--predicted', gold, '--most-sentences', '5').stderr).toBe(
      'error: --most-sentences says nothing alone: expected --out with it\n',
    );
  });

  it('says in its help how to open the notebook on files', () => {
    const { stdout } = run('errors', '--help');
    expect(stdout).toContain('NER_DISTILL_GOLD=gold.txt NER_DISTILL_PREDICTED=mine.txt jupyter lab');
  });
});

describe('compare', () => {
  const models = [teacher, student, '--gold', gold];

  it('prints both scores, their difference and the facts', () => {
    const facts = join(folder, 'lost-facts.csv');
    const { status, stdout, stderr } = run('compare', ...models, '--facts', facts, '--resamples', '200');
    expect([status, stderr]).toEqual([0, `wrote ${facts}\n`]);
    // The teacher finds 2 of 3 and invents nothing; the student finds 2 of 3 with 3 predictions.
    expect(cellsOf(stdout, 'F1')?.slice(0, 3)).toEqual(['80.00', '66.67', '-13.33']);
    expect(cellsOf(stdout, 'Coverage')?.slice(0, 3)).toEqual(['66.67', '66.67', '0.00']);
    expect(cellsOf(stdout, 'all')).toEqual(['3', '1', '1', '1', '0']);
    expect(stdout).toContain('lost: 1\n  PER Bo (sentence 1, word 3), found ORG Bo\n');
    expect(stdout).toContain('gained: 1\n  ORG Acme (sentence 2, word 1)\n');
    expect(readFileSync(facts, 'utf8').split('\r\n').slice(0, 3)).toEqual([
      'fate,type,text,sentence,first_word,last_word,teacher,student',
      'kept,PER,Ann,1,1,1,PER Ann,PER Ann',
      'lost,PER,Bo,1,3,3,PER Bo,ORG Bo',
    ]);
  });

  it('prints JSON with fractions', () => {
    const { differences, factCounts } = JSON.parse(
      run('compare', ...models, '--json', '--critical', 'ORG').stdout,
    );
    expect(differences.coverage).toMatchObject({ first: 0, second: 1, difference: 1 });
    expect(differences.coverage.interval).toMatchObject({ confidence: 0.95, resamples: 10000 });
    expect(factCounts).toEqual([
      { type: 'ORG', facts: 1, kept: 0, lost: 0, gained: 1, missed: 0 },
      { type: 'all', facts: 1, kept: 0, lost: 0, gained: 1, missed: 0 },
    ]);
  });

  it('refuses models of different words, and a critical type that nothing has', () => {
    const other = run('compare', teacher, train, '--gold', gold);
    expect([other.status, other.stdout]).toEqual([1, '']);
    expect(other.stderr).toMatch(/^error: .*train\.txt:2: found the word "left"[^\n]+\n$/);
    expect(run('compare', ...models, '--critical', 'XYZ').stderr).toMatch(
      /^error: no critical type "XYZ" in [^\n]+\n$/,
    );
    expect(run('compare', '-', '-').stderr).toBe(
      'error: the standard input can be read once: give - for one file only\n',
    );
  });
});
