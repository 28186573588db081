/** `ner-distill predict` from outside, with a small model of random weights. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { OUTPUT_FORMATS } from 'ner-distill/corpus/formats';
import { describe, expect, it } from 'vitest';
import { command } from '../command';
import { RUN, saveModel } from '../prediction/model';

const model = saveModel('Ann Lee left Aldmark Bank and Bo'.split(' '));

function run(args: readonly string[], input = '') {
  return command(['predict', '--engine', 'onnx', '--threads', '1', ...args], input);
}
const withModel = ['--model', RUN, '--results', model.results];

describe('predict', () => {
  it('reads the standard input and writes in its kind', () => {
    const text = run(withModel, 'Ann left.\nBo Lee');
    expect([text.status, text.stderr]).toEqual([0, '']);
    const objects = text.stdout
      .trim()
      .split('\n')
      .map(line => JSON.parse(line));
    expect(objects.map(({ tokens }) => tokens)).toEqual([
      ['Ann', 'left', '.'],
      ['Bo', 'Lee'],
    ]);
    const byBeginning = ['--model', RUN.slice(0, 5), '--results', model.results];
    expect(run(byBeginning, 'Ann left.\nBo Lee').stdout).toBe(text.stdout);
    const columns = run(['--model', model.folder], 'Ann B-PER\nleft O\n\nBo B-PER\n');
    expect(columns.stdout.replace(/ \S+$/gm, '')).toBe('Ann\nleft\n\nBo\n\n');
    expect(columns.stdout).toMatch(/^(\S+ (O|[BI]-(PER|ORG))\n|\n)+$/);
  });

  it('gives more sentences than are read at once in their order, whatever the batch', () => {
    const input = Array.from({ length: 75 }, (_, i) => `Ann ${i} ${'Lee '.repeat(i % 5)}`).join('\n');
    const tokens = (batch: string) => run([...withModel, '--batch-size', batch], input).stdout;
    const lines = tokens('2').trim().split('\n');
    expect(lines.map(line => JSON.parse(line).tokens[1])).toEqual(
      Array.from({ length: 75 }, (_, i) => String(i)),
    );
    const tagsOf = (text: string) =>
      text
        .trim()
        .split('\n')
        .map(line => JSON.parse(line).tags);
    expect(tagsOf(tokens('16'))).toEqual(tagsOf(tokens('2')));
  });

  it('takes any token from JSON to JSON, and refuses one that columns cannot have with its line', () => {
    const input = '{"tokens":["Ann","\\n","", "a\\tb"]}\n';
    const { tokens, tags } = JSON.parse(run(withModel, input).stdout);
    expect(tokens).toEqual(['Ann', '\n', '', 'a\tb']);
    expect(tags).toHaveLength(4);
    const refused = run([...withModel, '--to', 'conll'], `{"tokens":["Ann"]}\n${input}`);
    expect([refused.status, refused.stdout, refused.stderr]).toEqual([
      1,
      '',
      'error: standard input:2: the word "\\n" cannot stand in CoNLL columns, in JSON lines it can\n',
    ]);
  });

  it('says what it guessed of the input', () => {
    const { stdout, stderr } = run(withModel, '# id 7\tdomain=en\nAnn _ B-PER\nleft _ O\n');
    expect(stdout.replace(/ \S+$/gm, '')).toBe('Ann\nleft\n\n');
    expect(stderr).toBe('note: standard input: 1 line begins with # and was skipped as a comment\n');
  });

  it('reads files and writes one, which is whole or not there', () => {
    const [one, two, bad] = ['one.txt', 'two.jsonl', 'bad.jsonl'].map(name => join(model.results, name));
    writeFileSync(one, 'Ann left\n');
    writeFileSync(two, '{"id": "b", "tokens": ["Bo"]}\n');
    writeFileSync(bad, '{"tokens": ["Bo"]}\n{"tokens": 1}\n');
    const out = join(model.results, 'out', 'tagged.jsonl');
    expect(run([...withModel, one, two, '--out', out])).toEqual({ status: 0, stdout: '', stderr: '' });
    const lines = readFileSync(out, 'utf8')
      .trim()
      .split('\n')
      .map(line => JSON.parse(line));
    expect(lines.map(({ id, text }) => [id, text])).toEqual([
      [undefined, 'Ann left'],
      ['b', 'Bo'],
    ]);
    const failed = join(model.results, 'failed', 'tagged.jsonl');
    expect(run([...withModel, one, bad, '--out', failed]).stderr).toBe(
      `error: ${bad}:2: found other values, expected a list of strings in "tokens"\n`,
    );
    expect(existsSync(failed)).toBe(false);
    expect(readdirSync(join(model.results, 'failed'))).toEqual([]);
  });

  it('writes all files in the format of the first, and a mark where a further one begins in columns', () => {
    const [columns, lines] = ['mixed.conll', 'mixed.jsonl'].map(name => join(model.results, name));
    writeFileSync(columns, 'Ann B-PER\n');
    writeFileSync(lines, '{"tokens": []}\n{"tokens": ["Bo"]}\n');
    const { stdout } = run([...withModel, columns, lines, columns]);
    expect(stdout.replace(/ \S+$/gm, '')).toBe('Ann\n\n-DOCSTART-\n\nBo\n\n-DOCSTART-\n\nAnn\n\n');
    const objects = run([...withModel, lines, columns])
      .stdout.trim()
      .split('\n');
    expect(objects.map(line => JSON.parse(line).tokens)).toEqual([[], ['Bo'], ['Ann']]);
  });

  it('writes with --scores what is read as the same tags, and the confidence of each word and entity', () => {
    const gold = join(model.results, 'gold.conll');
    writeFileSync(gold, '-DOCSTART- O\n\nAnn B-PER\nLee I-PER\nleft O\n\nAldmark B-ORG\nBank I-ORG\n');
    for (const to of OUTPUT_FORMATS) {
      const [plain, scored] = [[], ['--scores']].map((flags, i) => {
        const out = join(model.results, `${i}.${to}`);
        expect(run([...withModel, gold, '--to', to, '--out', out, ...flags]).stderr).toBe('');
        return command(['evaluate', '--gold', gold, '--predicted', out, '--json']);
      });
      expect(scored).toEqual(plain);
      expect(scored.status).toBe(0);
    }
    const lines = readFileSync(join(model.results, '1.jsonl'), 'utf8').trim().split('\n');
    for (const { tokens, scores, entities } of lines.map(line => JSON.parse(line))) {
      expect(scores).toHaveLength(tokens.length);
      for (const { start, end, confidence } of entities)
        expect(confidence).toBe(Math.min(...scores.slice(start, end)));
    }
    const columns = readFileSync(join(model.results, '1.conll'), 'utf8');
    expect(columns).toMatch(/^-DOCSTART- 1\.0000 O\n\n(\S+ [01]\.\d{4} (O|[BI]-(PER|ORG))\n|\n)+$/);
    const [first] = lines.map(line => JSON.parse(line).scores);
    expect(
      columns
        .match(/[01]\.\d{4}/g)
        ?.slice(1, 4)
        .map(Number),
    ).toEqual(first);
    // What is in columns with scores can be tagged again.
    expect(run([...withModel, join(model.results, '1.conll')]).stdout).toBe(
      readFileSync(join(model.results, '0.conll'), 'utf8'),
    );
  });

  it('gives 0 as the confidence of a word that no sequence holds', () => {
    const { stdout } = run([...withModel, '--scores'], `{"tokens": ["Ann", "${'left'.repeat(15)}"]}`);
    const { tags, scores } = JSON.parse(stdout);
    expect([tags[1], scores[1]]).toEqual(['O', 0]);
    expect(scores[0]).toBeGreaterThan(0);
  });

  it('writes CoNLL-U with one header, whatever the inputs', () => {
    const one = join(model.results, 'one.conllu');
    writeFileSync(one, '1\tAnn\tO\n\n1\tBo\tO\n2\tLee\tO\n');
    const { stdout } = run([...withModel, one, one, '--to', 'conllu']);
    const sentences = '# text = Ann\n1\tAnn\tT\n\n# text = Bo Lee\n1\tBo\tT\n2\tLee\tT\n\n';
    expect(stdout.replace(/\t(O|[BI]-(PER|ORG))$/gm, '\tT')).toBe(
      `# global.columns = ID FORM NER\n${sentences}# newdoc\n${sentences}`,
    );
  });

  it('says nothing with --quiet but errors', () => {
    const { stdout, stderr } = run([...withModel, '--quiet'], '# id 7\tdomain=en\nAnn _ B-PER\n');
    expect([stdout.replace(/ \S+$/gm, ''), stderr]).toEqual(['Ann\n\n', '']);
    expect(run([...withModel, '--quiet', 'none.txt']).stderr).toBe(
      'error: none.txt: there is no such file\n',
    );
  });

  it.each([
    [['--model', 'none'], 'error: none: there is no model'],
    [[...withModel, 'none.txt'], 'error: none.txt: there is no such file'],
    [[...withModel, '--max-length', '99'], 'error: the longest sequence is 99, expected 3 to 32'],
    [[...withModel, '--batch-size', '0'], 'Expected a whole number, 1 or more.'],
    [[...withModel, '--batch-size', '1.5'], 'Expected a whole number, 1 or more.'],
    [[...withModel, '--to', 'xml'], `Expected one of ${OUTPUT_FORMATS.join(', ')}.`],
    [[], "required option '--model <model>' not specified"],
  ])('refuses %j with one sentence', (args, message) => {
    const { status, stdout, stderr } = run(args, 'Ann');
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toContain(message);
  });
});

describe.skipIf(process.platform === 'win32')('a process that predicts', () => {
  const folder = join(model.results, 'process');
  mkdirSync(folder);
  const start = (...args: string[]) => {
    const bin = join(__dirname, '../../lib/bin.cjs');
    const child = spawn(process.execPath, [bin, 'predict', '--threads', '1', ...withModel, ...args]);
    let stderr = '';
    child.stderr.on('data', text => {
      stderr += text;
    });
    // It may end before it has read all.
    child.stdin.on('error', () => {});
    const ended = once(child, 'close').then(([code, signal]) => ({ code, signal, stderr }));
    return { child, ended };
  };

  it('ends by the signal that stops it, without a word, and leaves the file that was there', async () => {
    const out = join(folder, 'stopped.jsonl');
    writeFileSync(out, 'before');
    const { child, ended } = start('--out', out);
    child.stdin.write('Ann left\n'.repeat(2000));
    while (readdirSync(folder).length < 2) await setTimeout(20);
    child.kill('SIGINT');
    expect(await ended).toEqual({ code: null, signal: 'SIGINT', stderr: '' });
    expect(readdirSync(folder)).toEqual(['stopped.jsonl']);
    expect(readFileSync(out, 'utf8')).toBe('before');
  });

  it('ends with 0, without a word, where the reader of its output has read enough', async () => {
    const { child, ended } = start();
    child.stdout.once('data', () => child.stdout.destroy());
    // The input goes on.
    const more = setInterval(() => child.stdin.write('Ann left\n'.repeat(5000)), 20);
    expect(await ended).toEqual({ code: 0, signal: null, stderr: '' });
    clearInterval(more);
  });

  it('ends at an error, although the input that it reads ahead may go on', async () => {
    const { child, ended } = start('--to', 'conll');
    child.stdin.write('{"tokens": ["a\\tb"]}\n'.repeat(1100));
    expect(await ended).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(
        /^error: standard input:1: the word "a\\tb" cannot stand in CoNLL columns/,
      ),
    });
    child.stdin.destroy();
  });
});
