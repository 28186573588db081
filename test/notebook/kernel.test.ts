/** Where a kernel and its runner meet. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Kernel } from 'ner-distill/notebook/kernel';
import { afterEach, describe, expect, it, vi } from 'vitest';

interface Connection {
  transport: string;
  ip: string;
  shell_port: number;
  control_port: number;
  iopub_port: number;
  stdin_port: number;
  hb_port: number;
}

const folder = mkdtempSync(join(tmpdir(), 'kernel-test-'));
const servers: Server[] = [];
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  for (const server of servers.splice(0)) server.close();
  rmSync(folder, { recursive: true, force: true });
});

/** What a kernel answers that is started with the folder for temporary files at `temporary`, and where it listens. */
async function answerAt(temporary: string, meanwhile: (connection: Connection) => void = () => {}) {
  mkdirSync(temporary, { recursive: true });
  vi.stubEnv('TMPDIR', temporary);
  const connections: Connection[] = [];
  const methods = Kernel.prototype as unknown as { spawn(file: string): void };
  const { spawn } = methods;
  vi.spyOn(methods, 'spawn').mockImplementation(function (this: Kernel, file) {
    connections.push(JSON.parse(readFileSync(file, 'utf8')));
    meanwhile(connections[0]);
    spawn.call(this, file);
  });
  const texts: unknown[] = [];
  const kernel = await Kernel.start({
    cwd: process.cwd(),
    onMessage: ({ content }) => texts.push(content.text),
  });
  const [beside] = readdirSync(temporary);
  const files = readdirSync(join(temporary, beside)).sort();
  await kernel.execute('6 * 7').reply;
  await kernel.stop();
  expect(readdirSync(temporary)).toEqual([]);
  return { connection: connections[0], files, texts };
}

describe.skipIf(process.platform === 'win32')('a kernel', () => {
  it('listens at sockets in a folder of its own, which no other process can take', async () => {
    const { connection, files, texts } = await answerAt(folder);
    expect(connection.transport).toBe('ipc');
    expect(dirname(dirname(connection.ip))).toBe(folder);
    expect(files).toEqual(['at:1', 'at:2', 'at:3', 'at:4', 'at:5', 'connection.json']);
    expect(texts).toEqual(['42\n']);
  });

  it.each([80, 104, 150])(
    'listens at ports where the path to it is too long for sockets, as below one of %i bytes',
    async length => {
      const long = join(folder, 'a'.repeat(length - folder.length - 1));
      const { connection, files, texts } = await answerAt(long);
      expect(connection).toMatchObject({ transport: 'tcp', ip: '127.0.0.1' });
      expect(files).toEqual(['connection.json']);
      expect(texts).toEqual(['42\n']);
    },
  );

  it('hears a runner whose messages come while it begins to listen', async () => {
    // As zeromq does where the processor is with others between two lines of its `bind`: peers are heard, and nobody may
    // receive from the socket until the promise is fulfilled.
    const slow = join(folder, 'slow.cjs');
    mkdirSync(folder, { recursive: true });
    writeFileSync(
      slow,
      `const Module = require('node:module');
const load = Module._load;
const bound = new WeakMap();
Module._load = function (request, ...others) {
  const loaded = load.call(this, request, ...others);
  if (request !== 'zeromq' || Object.hasOwn(loaded.Router.prototype, 'bind')) return loaded;
  const { bindSync, receive } = loaded.Router.prototype;
  const methods = {
    bind(address) {
      bound.set(this, false);
      bindSync.call(this, address);
      return new Promise(done => setTimeout(done, 500)).then(() => void bound.set(this, true));
    },
    receive() {
      if (bound.get(this) === false) throw Object.assign(new Error('Socket is blocked by a bind'), { code: 'EBUSY' });
      return receive.call(this);
    },
  };
  for (const [name, value] of Object.entries(methods)) Object.defineProperty(loaded.Router.prototype, name, { value });
  return loaded;
};`,
    );
    vi.stubEnv('NODE_OPTIONS', `--require ${slow}`);
    const { texts } = await answerAt(join(folder, 'early'));
    expect(texts).toEqual(['42\n']);
  });

  it.each(['shell_port', 'iopub_port', 'control_port', 'stdin_port', 'hb_port'] as const)(
    'that finds its %s taken ends at once and says so',
    async port => {
      const start = answerAt(join(folder, 'a'.repeat(90)), connection =>
        servers.push(createServer().listen(connection[port], '127.0.0.1')),
      );
      await expect(start).rejects.toThrow(
        'the kernel ended with exit code 1; it last said:\nthe kernel cannot listen: Address already in use',
      );
    },
  );
});
