/** The other side of `command.ts`: does what `lib/bin.cjs` does, and keeps what is printed. */
const fs = require('node:fs');
const { Readable } = require('node:stream');
const { workerData } = require('node:worker_threads');
require('../lib/loader.cjs');
const { main } = require('../lib/cli.ts');

const { port, finished } = workerData;

const OUTPUTS = ['stdout', 'stderr'];
const printed = { stdout: [], stderr: [] };
for (const name of OUTPUTS)
  process[name].write = chunk => {
    printed[name].push(Buffer.from(chunk));
    return true;
  };
// Each command listens anew for what ends its process.
for (const emitter of [process, process.stdout]) emitter.setMaxListeners(0);

// Descriptor 0 is the input of the process that runs the tests.
let input = Buffer.alloc(0);
const { readFileSync } = fs;
fs.readFileSync = (file, ...options) => (file === 0 ? input : readFileSync(file, ...options));
Object.defineProperty(process, 'stdin', { get: () => Readable.from([input]) });

port.on('message', async ({ args, text }) => {
  input = Buffer.from(text);
  for (const name of OUTPUTS) printed[name] = [];
  process.exitCode = undefined;
  await main([process.execPath, 'ner-distill', ...args]);
  const [stdout, stderr] = OUTPUTS.map(name => Buffer.concat(printed[name]).toString());
  port.postMessage({ status: process.exitCode ?? 0, stdout, stderr });
  process.exitCode = undefined;
  Atomics.store(finished, 0, 1);
  Atomics.notify(finished, 0);
});
