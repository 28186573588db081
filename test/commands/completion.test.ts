/** What the Tab key offers, and the scripts in the shells that are here. */
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { command } from '../command';

const offered = (...words: string[]) => {
  const { status, stdout, stderr } = command(['completion', 'bash', '--', ...words]);
  expect([status, stderr]).toEqual([0, '']);
  return stdout.split('\n').slice(0, -1);
};

describe('completion', () => {
  it('offers every command, and those within a command', () => {
    const listed = (...words: string[]) => {
      const { stdout } = command([...words, '--help']);
      return [...stdout.split('Commands:')[1].matchAll(/^ {2}([a-z]+)/gm)].map(([, name]) => name);
    };
    expect(listed()).toContain('completion');
    expect(offered('')).toEqual(listed());
    expect(offered('tr')).toEqual(['train']);
    expect(offered('runs', '')).toEqual(listed('runs'));
  });

  it('offers the options of the command, and those of all commands', () => {
    expect(offered('train', '--mod')).toEqual(['--model']);
    expect(offered('runs', 'list', '-')).toEqual(['--results', '--json', '--help', '--version', '--quiet']);
  });

  it('offers the values of an option or an argument that has a list of them, and else leaves files to the shell', () => {
    expect(offered('train', '--model', '')).toEqual(['teacher', 'student']);
    expect(offered('train', '--model', '=', 's')).toEqual(['student']);
    expect(offered('train', '--model', '=')).toEqual(['teacher', 'student']);
    expect(offered('completion', '')).toEqual(['bash', 'zsh', 'fish']);
    expect(offered('convert', '--to', '')).toEqual(['conll', 'conllu', 'jsonl']);
    expect(offered('evaluate', '--format', 'c')).toEqual(['csv', 'conlleval']);
    expect(offered('evaluate', '--scheme', 'IOB')).toEqual(['IOB1', 'IOB2', 'IOBES']);
    expect(offered('distill', '--loss', 'v')).toEqual(['vanilla']);
    expect(offered('distill', '--forms', 'w')).toEqual(['weighted']);
    for (const name of ['train', 'predict', 'latency'])
      expect(offered(name, '--engine', '')).toEqual(['auto', 'onnx', 'tensorflow', 'wasm', 'cpu']);
    expect(offered('train', '--preset', 's')).toEqual(['smoke', 'sample', 'scratch']);
    expect(offered('evaluate', '--file', '')).toEqual([]);
    expect(offered('convert', '')).toEqual([]);
  });

  it('takes a value that is called as a command is for a value', () => {
    expect(offered('evaluate', '--file', 'train', '--str')).toEqual(['--strict']);
  });

  it('refuses a shell that it does not know', () => {
    expect(command(['completion', 'tcsh'])).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('Allowed choices are bash, zsh, fish.'),
    });
  });
});

describe('the script of', () => {
  const folder = mkdtempSync(join(tmpdir(), 'completion-'));
  const env = { ...process.env, PATH: `${folder}${delimiter}${process.env.PATH}` };
  beforeAll(() => {
    // Stands for the command: what it is asked, in brackets.
    const stub = '#!/bin/sh\nfor word; do printf "[%s]" "$word"; done\necho\necho second\n';
    writeFileSync(join(folder, 'ner-distill'), stub);
    chmodSync(join(folder, 'ner-distill'), 0o755);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const has = (shell: string) => spawnSync(shell, ['-c', ':']).status === 0;
  const inShell = (shell: string, use: string) =>
    execFileSync(shell, ['-c', `${command(['completion', shell]).stdout}\n${use}`], {
      env,
      encoding: 'utf8',
    });

  it.runIf(has('bash'))('bash asks for the words up to the cursor, and takes a line for an offer', () => {
    const use = `COMP_WORDS=(ner-distill train 'a b' ''); COMP_CWORD=3; _ner_distill; printf '<%s>' "\${COMPREPLY[@]}"; complete -p ner-distill`;
    expect(inShell('bash', use)).toBe(
      '<[completion][bash][--][train][a b][]><second>complete -o default -F _ner_distill ner-distill\n',
    );
  });

  it.runIf(has('fish'))('fish likewise', () => {
    expect(inShell('fish', "complete -C 'ner-distill train '")).toContain('[completion][fish][--][train][]');
  });

  it.runIf(has('zsh'))('zsh likewise', () => {
    const stubs = `compdef() { :; }; compadd() { shift; print -l -- "\${(P@)1}"; }`;
    const { stdout } = command(['completion', 'zsh']);
    const use = `${stubs}\n${stdout}\nt() { local -a words=(ner-distill train ''); local CURRENT=3; _ner_distill; }; t`;
    expect(execFileSync('zsh', ['-f', '-c', use], { env, encoding: 'utf8' })).toBe(
      '[completion][zsh][--][train][]\nsecond\n',
    );
  });
});
