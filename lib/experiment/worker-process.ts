/** A script of this library in a process of its own, which answers its parent by messages. */
import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import { KEEPING_MEMORY } from '../allocator';

export interface WorkerProcess {
  readonly child: ChildProcess;
  /** The end of what it has said on its error stream. */
  readonly lastWords: () => string;
}

/** @param script name of a file in this folder @param signal kills the process */
export function startWorker(script: string, signal?: AbortSignal): WorkerProcess {
  const child = fork(join(__dirname, script), {
    execArgv: ['--require', require.resolve('../loader.cjs')],
    env: { ...KEEPING_MEMORY, ...process.env },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    signal,
  });
  let words = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    words = (words + chunk.toString()).slice(-2000);
  });
  return { child, lastWords: () => words.trim() };
}
