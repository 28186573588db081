/**
 * `ner-distill` as from outside, in a thread of this process instead of a process of its own: what takes most of a second
 * to load is loaded once for all tests of a file. Signals, working folders and environments of their own need `lib/bin.cjs`.
 */
import { join } from 'node:path';
import { MessageChannel, receiveMessageOnPort, type TransferListItem, Worker } from 'node:worker_threads';

export interface CommandResult {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command that takes longer hangs. */
const PATIENCE_MS = 110_000;

let thread: ReturnType<typeof start> | undefined;

/** Runs a command to its end; meanwhile this thread waits. @param input what the command reads as its standard input */
export function command(args: readonly string[], input = ''): CommandResult {
  thread ??= start();
  const { port, finished } = thread;
  Atomics.store(finished, 0, 0);
  port.postMessage({ args, text: input });
  if (Atomics.wait(finished, 0, 0, PATIENCE_MS) === 'timed-out') {
    thread = undefined;
    throw new Error(`"ner-distill ${args.join(' ')}" did not end`);
  }
  return receiveMessageOnPort(port)!.message;
}

function start() {
  const finished = new Int32Array(new SharedArrayBuffer(4));
  const { port1, port2 } = new MessageChannel();
  const worker = new Worker(join(__dirname, 'command-thread.cjs'), {
    workerData: { port: port2, finished },
    transferList: [port2 as unknown as TransferListItem],
    execArgv: [],
  });
  worker.unref();
  port1.unref();
  return { port: port1, finished };
}
