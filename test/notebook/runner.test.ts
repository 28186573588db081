import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KEEPING_MEMORY } from 'ner-distill/allocator';
import { TryAgainError } from 'ner-distill/errors';
import { Kernel } from 'ner-distill/notebook/kernel';
import { executeNotebook } from 'ner-distill/notebook/reproduce';
import { runNotebook } from 'ner-distill/notebook/runner';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';

interface SavedCell {
  outputs: {
    output_type: string;
    name?: string;
    text?: string[];
    data?: Record<string, unknown>;
    evalue?: string;
  }[];
  execution_count: number | null;
}

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'runner-test-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Runs cells as a notebook. Where the kernel runs in the repository packages are found, which takes it a second more. */
async function run(
  sources: string[],
  options: { signal?: AbortSignal; onOutput?: (text: string) => void; cwd?: string } = {},
) {
  const path = join(folder, 'in.ipynb');
  const out = join(folder, 'out', 'executed.ipynb');
  const cells = sources.map(source => ({
    cell_type: 'code',
    metadata: {},
    source,
    outputs: [],
    execution_count: 9,
  }));
  await writeFile(path, JSON.stringify({ nbformat: 4, nbformat_minor: 5, metadata: {}, cells }));
  const result = await runNotebook(path, { out, env: { GREETING: 'hello' }, ...options });
  const notebook = JSON.parse(await readFile(out, 'utf8'));
  expect(await readdir(join(folder, 'out'))).toEqual(['executed.ipynb']);
  return { result, notebook, cells: notebook.cells as SavedCell[] };
}

describe('runNotebook', () => {
  it('saves prints, values and displays, keeps harmless warnings, skips empty cells', async () => {
    const heard: string[] = [];
    const { result, cells, notebook } = await run(
      [
        'const greeting: string = process.env.GREETING + " world";\nconsole.log(greeting);',
        '',
        "for (let step = 1; step <= 3; step++) process.stdout.write('\\rstep ' + step);\nconsole.warn('only a warning')",
        "import { display, newDisplay } from 'tslab';\nconst later = newDisplay();\nlater.html('<b>old</b>');",
        "later.html('<b>new</b>'); 6 * 7",
        "typeof require('ner-distill')",
      ],
      { onOutput: text => heard.push(text), cwd: process.cwd() },
    );
    expect(result.failure).toBeUndefined();
    expect(result.ok).toBe(true);
    expect(cells[0].outputs).toEqual([{ output_type: 'stream', name: 'stdout', text: ['hello world\n'] }]);
    expect(cells[1]).toMatchObject({ outputs: [], execution_count: null });
    expect(cells[2].outputs).toEqual([
      { output_type: 'stream', name: 'stdout', text: ['step 3'] },
      { output_type: 'stream', name: 'stderr', text: ['only a warning\n'] },
    ]);
    expect(cells[3].outputs).toEqual([
      { output_type: 'display_data', data: { 'text/html': ['<b>new</b>'] }, metadata: {} },
    ]);
    expect(cells[4].outputs).toEqual([{ output_type: 'stream', name: 'stdout', text: ['42\n'] }]);
    expect(cells[4].execution_count).toBe(4);
    expect(heard.join('')).toContain('hello world\n');
    expect(notebook.metadata.language_info.name).toBe('typescript');
  });

  it('starts a kernel that keeps its memory, and loses no output of a cell that prints thousands of lines at once', async () => {
    const { result, cells } = await run([
      'for (let i = 1; i <= 20_000; i++) console.log(i)',
      `const expected = ${JSON.stringify(KEEPING_MEMORY)};
for (const [name, value] of Object.entries(expected)) if (process.env[name] !== value) throw new Error(name);
'kept'`,
    ]);
    expect(result.failure).toBeUndefined();
    expect(cells[0].outputs[0].text).toHaveLength(20_000);
    expect(cells[1].outputs[0].text).toEqual(['kept\n']);
  });

  it('mends the Danfo that a cell loads, of which a condition takes other rows', async () => {
    const { cells } = await run(
      [
        `import { DataFrame } from 'danfojs-node';
const frame = new DataFrame([[1, 'a'], [3, 'b'], [2, 'c']], { columns: ['n', 'name'] }).sortValues('n', { ascending: false })!;
frame.query(frame.n.gt(1))!.name.values.join()`,
      ],
      { cwd: process.cwd() },
    );
    expect(cells[0].outputs[0].text).toEqual(['b,c\n']);
  });

  it('stops at a cell that throws and says which', async () => {
    const { result, cells } = await run([
      '1 + 1',
      "throw new Error('no such corpus');",
      "console.log('never')",
    ]);
    expect(result.ok).toBe(false);
    expect(result.failure?.cell).toBe(2);
    expect(result.failure?.message).toContain('Error: no such corpus');
    expect(cells[1].outputs[0]).toMatchObject({ output_type: 'stream', name: 'stderr' });
    expect(cells[2]).toMatchObject({ outputs: [], execution_count: null });
  });

  it('says no more than its sentence of an error of the input', async () => {
    const sentence = 'eng.train:7: found 1 column, expected 2;\\nand this';
    const source = `const { InputError } = require('ner-distill');\nconsole.warn('before');\nthrow new InputError('${sentence}')`;
    const { result, cells } = await run([source], { cwd: process.cwd() });
    expect(result.failure).toEqual({
      cell: 1,
      // An error of the input is one line.
      message: 'eng.train:7: found 1 column, expected 2;\\nand this',
    });
    expect(cells[0].outputs[0].text?.join('')).toContain('    at ');
  });

  it.each([
    ['of a cell', 'LostLockError', 'throw error'],
    ['that nothing catches', 'TryAgainError', 'setTimeout(() => { throw error; }, 1); "left behind"'],
  ])('knows an error %s after which the same may do later', async (_, kind, fail) => {
    const source = `const { ${kind} } = require('${process.cwd()}/lib/${kind === 'LostLockError' ? 'lock' : 'errors'}');
const error = new ${kind}('out is locked by another process');
${fail}`;
    const { failure } = (await run(["require('ner-distill')", source], { cwd: process.cwd() })).result;
    expect(failure?.message).toMatch(/^(an error .*: TryAgainError: )?out is locked by another process$/);
    expect(failure?.again).toBe(true);
  });

  it('stops at a cell that does not compile', async () => {
    const { result } = await run(["const count: number = 'three';"]);
    expect(result.failure).toMatchObject({ cell: 1 });
    expect(result.failure?.message).toContain("1:7 - Type 'string' is not assignable to type 'number'.");
  });

  it('counts a rejection that nobody handles as a failure, and shows it below its cell', async () => {
    const { result, cells } = await run([
      "Promise.reject(new RangeError('dropped')); 'fine'",
      "console.log('never')",
    ]);
    expect(result.failure).toEqual({
      cell: 1,
      message: 'an error that nothing catches: RangeError: dropped',
    });
    expect(cells[0].outputs.map(({ output_type }) => output_type)).toEqual(['stream', 'error']);
    expect(cells[1].execution_count).toBeNull();
  });

  it('takes a late error for that of the cell that left its timer or promise, not of the one that runs', async () => {
    const pause = 'await new Promise(done => setTimeout(done, 250));';
    const during = await run([
      "void (async () => {\n  await new Promise(done => setTimeout(done, 60));\n  throw new Error('too late');\n})();",
      `${pause} 'second'`,
      "'never'",
    ]);
    expect(during.result.failure).toEqual({
      cell: 1,
      message: 'an error that nothing catches: Error: too late',
    });
    expect(during.cells[0].outputs).toMatchObject([{ output_type: 'error', evalue: 'too late' }]);
    // Where it shows that a cell before is meant, for readers that hear nothing of cells that have ended.
    expect(during.cells[1].outputs).toMatchObject([
      { name: 'stderr', text: ['From an earlier cell: Error: too late\n', expect.anything()] },
      { name: 'stdout', text: ['second\n'] },
    ]);
    const after = await run(["'first'", "setTimeout(() => { throw 'a text'; }, 60);\n'second'"]);
    expect(after.result.failure).toEqual({
      cell: 2,
      message: "an error that nothing catches: Error: 'a text'",
    });
  });

  it('takes neither words about errors nor errors of the kernel itself for errors of a cell', async () => {
    const own = 'Error: noise\n    at go (/x/node_modules/tslab/dist/converter.js:1:1)\n    at node:fs:1:1';
    const { result, cells } = await run([
      "console.error('UncaughtException: Error: it says')",
      `void Promise.reject(Object.assign(new Error('noise'), { stack: ${JSON.stringify(own)} }));`,
      "'last'",
    ]);
    expect(result.failure).toBeUndefined();
    expect(cells[1].outputs).toEqual([]);
    expect(cells[2].outputs).toMatchObject([{ text: ['last\n'] }]);
  });

  it('says that the kernel died in the middle of a cell', async () => {
    const { result, cells } = await run(["console.log('before'); await new Promise(() => process.exit(3))"]);
    expect(result.failure).toMatchObject({
      cell: 1,
      message: expect.stringContaining('ended with exit code 3'),
    });
    expect(cells[0].outputs.at(-1)).toMatchObject({ output_type: 'error' });
  });

  it('says of a kernel that was killed, as where memory runs out, that the same may do later', async () => {
    const { result } = await run(["'before'", "process.kill(process.pid, 'SIGKILL')"]);
    const message = 'the kernel was ended by SIGKILL, as where memory runs out';
    expect(result.failure).toEqual({ cell: 2, message, again: true });
    // The same where a notebook of the study is executed.
    const killed = join(folder, 'killed.cjs');
    await writeFile(killed, "if (process.argv.includes('kernel')) process.kill(process.pid, 'SIGKILL');");
    onTestFinished(() => void vi.unstubAllEnvs());
    vi.stubEnv('NODE_OPTIONS', `--require ${killed}`);
    const executed = executeNotebook('01-data-and-labels', join(folder, 'study'));
    await expect(executed).rejects.toBeInstanceOf(TryAgainError);
    await expect(executed).rejects.toThrow(`01-data-and-labels.ipynb: cell 0 failed: ${message}`);
  });

  it('ends an endless cell when it is told to stop', async () => {
    const controller = new AbortController();
    const { result, cells } = await run(["console.log('started');\nfor (;;) {}"], {
      signal: controller.signal,
      onOutput: () => controller.abort(),
    });
    expect(result.failure).toEqual({ cell: 1, message: 'stopped' });
    expect(cells[0].outputs[0].text).toEqual(['started\n']);
  });

  it('ends a kernel that does not come up when it is told to stop', async () => {
    const endless = join(folder, 'endless.cjs');
    const there = join(folder, 'there');
    await writeFile(
      endless,
      `if (process.argv.includes('kernel')) { require('fs').writeFileSync('${there}', String(process.pid)); for (;;); }`,
    );
    onTestFinished(() => void vi.unstubAllEnvs());
    vi.stubEnv('NODE_OPTIONS', `--require ${endless}`);
    const controller = new AbortController();
    const running = run(['1 + 1'], { signal: controller.signal });
    const pid = await vi.waitFor(async () => Number(await readFile(there, 'utf8')) || Promise.reject(), {
      timeout: 60_000,
    });
    controller.abort();
    const { result, cells } = await running;
    expect(result.failure).toEqual({ cell: 0, message: 'stopped' });
    expect(cells[0].execution_count).toBeNull();
    expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  });

  it('starts no kernel where it was told to stop before', async () => {
    const spawn = vi.spyOn(Kernel.prototype as unknown as { spawn(): void }, 'spawn');
    onTestFinished(() => void spawn.mockRestore());
    const { result } = await run(['1 + 1'], { signal: AbortSignal.abort() });
    expect(result.failure).toEqual({ cell: 0, message: 'stopped' });
    expect(spawn).not.toHaveBeenCalled();
  });

  it('refuses what is not a notebook', async () => {
    const path = join(folder, 'bad.ipynb');
    await writeFile(path, '{"nbformat": 3}');
    await expect(runNotebook(path, { out: join(folder, 'x.ipynb') })).rejects.toThrow(
      'is not a notebook of format 4',
    );
  });
});
