/**
 * Runs a notebook without Jupyter: executes its cells in order in a stock tslab kernel and saves the notebook with its
 * outputs, as `jupyter nbconvert --execute` would.
 */
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { InputError, mayDoLater, TryAgainError } from '../errors';
import { writeFileAtomically } from '../files';
import { parseJson } from '../json';
import { updateDeclarations } from './declarations';
import { Kernel, type KernelMessage } from './kernel';
import { CellOutputs, type Displays } from './outputs';

export interface RunNotebookOptions {
  /** Where the executed notebook is written, also after a failure, with what there was until then. */
  readonly out: string;
  /** Added to the environment of this process. */
  readonly env?: Readonly<Record<string, string>>;
  /** Gets what cells print to stdout, as it comes. */
  readonly onOutput?: (text: string) => void;
  /** Ends the kernel; the run then fails with the reason "stopped". */
  readonly signal?: AbortSignal;
  /** Folder of the kernel, from which cells resolve imports; the notebook's own, as in Jupyter, unless given. */
  readonly cwd?: string;
}

export interface NotebookRun {
  readonly ok: boolean;
  /** `cell` counts code cells that are not empty from 1, as the brackets beside them do; 0 is the kernel's start. */
  readonly failure?: {
    readonly cell: number;
    readonly message: string;
    /** The same may do later, as of a `TryAgainError`. */
    readonly again?: true;
  };
  /** Wall-clock time of the whole run. */
  readonly seconds: number;
}

interface Cell {
  cell_type: string;
  source: string | string[];
  execution_count?: number | null;
  outputs?: unknown;
}
interface Notebook {
  nbformat: number;
  metadata: Record<string, unknown>;
  cells: Cell[];
}

/** Time for promises that nobody awaits to be rejected after the last cell, in milliseconds. */
const LATE_REJECTION_MS = 300;
/** How much of a failed cell's stderr goes into the message; a line of minified source can be a megabyte long. */
const MESSAGE_LINES = 30;
const MESSAGE_COLUMNS = 500;

/**
 * Executes the code cells of the notebook at `path` in order until one fails. A cell may take as long as it likes.
 * @throws InputError where the file is not a notebook of format 4.
 */
export async function runNotebook(path: string, options: RunNotebookOptions): Promise<NotebookRun> {
  const started = performance.now();
  const notebook = await readNotebook(path);
  await updateDeclarations();
  const failure = await execute(notebook, dirname(resolve(path)), options);
  writeFileAtomically(options.out, `${JSON.stringify(notebook, null, 1)}\n`);
  return { ok: !failure, ...(failure && { failure }), seconds: (performance.now() - started) / 1000 };
}

async function execute(
  notebook: Notebook,
  folder: string,
  options: RunNotebookOptions,
): Promise<NotebookRun['failure']> {
  const code = notebook.cells.filter(cell => cell.cell_type === 'code');
  for (const cell of code) Object.assign(cell, { outputs: [], execution_count: null });
  const cells = code.filter(cell => sourceOf(cell).trim() !== '');
  const displays: Displays = new Map();
  const outputs = new Map<string, CellOutputs>();
  let current = new CellOutputs(displays);
  let uncaught: NotebookRun['failure'];

  const onMessage = (message: KernelMessage) => {
    if (message.type === 'stream' && message.content.name === 'stdout')
      options.onOutput?.(String(message.content.text));
    // What arrives late belongs to the cell that sent it.
    const cell = outputs.get(message.parent) ?? current;
    cell.add(message);
    // tslab answers "ok" to a cell with an error that nothing catches; `steady-kernel.cjs` tells of those alone in this way.
    if (message.type === 'error')
      uncaught ??= {
        cell: [...outputs.values()].indexOf(cell) + 1,
        message: lastLines(
          `an error that nothing catches: ${message.content.ename}: ${message.content.evalue}`,
        ),
        ...(message.content.ename === TryAgainError.name && { again: true }),
      };
  };

  let kernel: Kernel | undefined;
  let number = 0;
  try {
    const { cwd = folder, env, signal } = options;
    kernel = await Kernel.start({ cwd, env, signal, onMessage });
    notebook.metadata.language_info = (await kernel.info()).language_info;
    for (const cell of cells) {
      number++;
      current = new CellOutputs(displays);
      Object.assign(cell, { outputs: current, execution_count: number });
      const { id, reply } = kernel.execute(sourceOf(cell));
      outputs.set(id, current);
      const { status } = await reply;
      // A rejection that nobody handles is reported just after the reply.
      await kernel.info();
      if (status !== 'ok')
        return { cell: number, ...reasonOf(current.stderr, `the kernel answered "${status}"`) };
      if (uncaught) return uncaught;
    }
    await sleep(LATE_REJECTION_MS);
    return uncaught;
  } catch (error) {
    const { message } = error as Error;
    current.addError('KernelError', message);
    return { cell: number, message, ...(mayDoLater(error) && { again: true }) };
  } finally {
    await kernel?.stop();
  }
}

async function readNotebook(path: string): Promise<Notebook> {
  const text = await readFile(path, 'utf8');
  const notebook = parseJson(text, { file: path }) as Notebook;
  if (notebook?.nbformat !== 4 || !Array.isArray(notebook.cells))
    throw new InputError(`${path} is not a notebook of format 4 (nbformat is ${notebook?.nbformat})`);
  notebook.metadata ??= {};
  return notebook;
}

function sourceOf(cell: Cell): string {
  return typeof cell.source === 'string' ? cell.source : cell.source.join('');
}

/** Of the input, as Node prints it: a class of one's own stands before the name, as in `LostLockError [TryAgainError]`. */
const OF_INPUT = /^(?:\w+ \[)?(InputError|TryAgainError)\]?: (.*?)\n {4}at /ms;

/** What a cell that failed said last: the sentence of an `InputError`, else the error with where it comes from. */
function reasonOf(
  stderr: string,
  silent: string,
): Pick<NonNullable<NotebookRun['failure']>, 'message' | 'again'> {
  const [, name, sentence] = OF_INPUT.exec(stderr) ?? [];
  return {
    message: lastLines(sentence ?? stderr) || silent,
    ...(name === TryAgainError.name && { again: true }),
  };
}

function lastLines(text: string): string {
  const lines = text.trim().split('\n').slice(-MESSAGE_LINES);
  return lines
    .map(line => (line.length > MESSAGE_COLUMNS ? `${line.slice(0, MESSAGE_COLUMNS)}…` : line))
    .join('\n');
}

/** The failure of a notebook as one sentence: its error without where in the code it came from, which the notebook itself has. */
export function describeFailure({ cell, message }: NonNullable<NotebookRun['failure']>): string {
  const lines = message.split('\n').map(line => line.trim());
  const error = lines.find(line => /^(\w+: )?\w*(Error|Exception)\b/.test(line));
  return `cell ${cell} failed: ${error ?? lines.filter(line => line !== '').join(' ')}`;
}
