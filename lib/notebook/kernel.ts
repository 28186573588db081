/**
 * A client of one tslab kernel: starts the stock kernel as a child process and speaks the Jupyter messaging
 * protocol (version 5.3) to it over ZeroMQ.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createHmac, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { capability, Dealer, Subscriber } from 'zeromq';
import { KEEPING_MEMORY } from '../allocator';
import { TryAgainError } from '../errors';
import { STEADY_KERNEL } from './jupyter';

/** It needs 1–2 s on a laptop, and has needed more than 60 where ten processes share each core; one that dies is told at once. */
const STARTUP_SECONDS = 300;
/** How long a kernel may take to end by itself after it was asked to. */
const SHUTDOWN_SECONDS = 2;
/** How often a kernel that starts is asked whether it is there, in milliseconds. */
const ASKED_EVERY_MS = 200;
/** How much of what the kernel process itself printed goes into the message of its death. */
const LAST_WORDS = 2000;
/** Of a Unix socket, in bytes: macOS takes 103, Linux 107; Node cuts off what is longer, without a word. */
const LONGEST_PATH = 103;
const DELIMITER = '<IDS|MSG>';

/** A message of the kernel, as far as the runner needs it. */
export interface KernelMessage {
  readonly type: string;
  /** Id of the request that it answers. */
  readonly parent: string;
  readonly content: Readonly<Record<string, unknown>>;
}

export interface KernelOptions {
  /** Folder in which the kernel runs and from which cells resolve their imports. */
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Starts the kernel as a Jupyter does that was told of it by tslab, without its mends (`steady-kernel.cjs`). */
  readonly stock?: boolean;
  /** Ends the kernel at once, also while it starts; whoever waits for it gets an error "stopped". */
  readonly signal?: AbortSignal;
  /** Gets every message that the kernel publishes, also one that arrives after its cell has ended. */
  readonly onMessage: (message: KernelMessage) => void;
}

interface Pending {
  reply?: Readonly<Record<string, unknown>>;
  idle: boolean;
  readonly done: (reply: Readonly<Record<string, unknown>>) => void;
  readonly fail: (error: Error) => void;
}

/** A running kernel. `start` makes one; `stop` must be called in the end. */
export class Kernel {
  private readonly session = randomBytes(16).toString('hex');
  private readonly pending = new Map<string, Pending>();
  private readonly shell = new Dealer({ linger: 0, reconnectInterval: 50 });
  private readonly control = new Dealer({ linger: 0, reconnectInterval: 50 });
  /** No message may be dropped, however slowly they are read. */
  private readonly iopub = new Subscriber({ linger: 0, reconnectInterval: 50, receiveHighWaterMark: 0 });
  private readonly key = randomBytes(32).toString('hex');
  private process!: ChildProcess;
  private folder!: string;
  private lastWords = '';
  private death: Error | null = null;
  private readonly killWithUs = () => this.process.kill('SIGKILL');
  private readonly stopped = () => this.kill('stopped');

  private constructor(private readonly options: KernelOptions) {}

  /** Starts a kernel and waits until it answers; throws where it dies or stays silent, a `TryAgainError` where it is killed. */
  static async start(options: KernelOptions): Promise<Kernel> {
    const kernel = new Kernel(options);
    try {
      options.signal?.addEventListener('abort', kernel.stopped);
      if (options.signal?.aborted) kernel.stopped();
      await kernel.launch();
      await kernel.becomeReady();
      return kernel;
    } catch (error) {
      await kernel.stop();
      throw error;
    }
  }

  /** Runs one cell; resolves with the reply after everything that the cell published has been handed on. */
  execute(code: string): { readonly id: string; readonly reply: Promise<Readonly<Record<string, unknown>>> } {
    return this.request('execute_request', {
      code,
      silent: false,
      store_history: true,
      user_expressions: {},
      allow_stdin: false,
      stop_on_error: true,
    });
  }

  /** The kernel's answer to who it is; also a barrier, after which all that was published before has arrived. */
  info(): Promise<Readonly<Record<string, unknown>>> {
    return this.request('kernel_info_request', {}).reply;
  }

  /** Ends the process at once; whoever waits for a reply gets `reason`. */
  kill(reason: string): void {
    this.die(new Error(reason));
    this.process?.kill('SIGKILL');
  }

  /** Asks the kernel to end, ends it where it does not, and cleans up. Safe to call twice. */
  async stop(): Promise<void> {
    process.off('exit', this.killWithUs);
    this.options.signal?.removeEventListener('abort', this.stopped);
    if (this.running() && this.death === null) {
      this.control.send(this.pack('shutdown_request', {}).frames).catch(() => {});
      await Promise.race([once(this.process, 'exit'), sleep(SHUTDOWN_SECONDS * 1000, null, { ref: false })]);
    }
    if (this.running()) {
      const gone = once(this.process, 'exit');
      this.process.kill('SIGKILL');
      await gone;
    }
    this.die(new Error('the kernel was stopped'));
    for (const socket of [this.shell, this.control, this.iopub]) socket.close();
    if (this.folder) await rm(this.folder, { recursive: true, force: true });
  }

  private running(): boolean {
    return (
      this.process?.pid !== undefined && this.process.exitCode === null && this.process.signalCode === null
    );
  }

  private async launch(): Promise<void> {
    this.folder = await mkdtemp(join(tmpdir(), 'ner-distill-kernel-'));
    const file = join(this.folder, 'connection.json');
    const { transport, ip, ports } = await placesFor(this.folder);
    const [shell, control, iopub, stdin, hb] = ports;
    const connection = {
      transport,
      ip,
      shell_port: shell,
      control_port: control,
      iopub_port: iopub,
      stdin_port: stdin,
      hb_port: hb,
      key: this.key,
      signature_scheme: 'hmac-sha256',
    };
    await writeFile(file, JSON.stringify(connection), { mode: 0o600 });
    this.shell.connect(`${transport}://${ip}:${shell}`);
    this.control.connect(`${transport}://${ip}:${control}`);
    this.iopub.connect(`${transport}://${ip}:${iopub}`);
    this.iopub.subscribe();
    if (this.death) throw this.death;
    this.spawn(file);
    this.read(this.shell, message => this.onReply(message));
    this.read(this.iopub, message => this.onPublished(message));
  }

  private spawn(connectionFile: string): void {
    const tslab = require.resolve('tslab/bin/tslab');
    const preloaded = this.options.stock ? [] : [STEADY_KERNEL, join(__dirname, 'end-with-runner.cjs')];
    const requires = preloaded.flatMap(file => ['--require', file]);
    this.process = spawn(process.execPath, [...requires, tslab, 'kernel', '--config-path', connectionFile], {
      cwd: this.options.cwd,
      env: { ...KEEPING_MEMORY, ...process.env, ...this.options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const listen = (chunk: Buffer) => {
      this.lastWords = (this.lastWords + chunk.toString()).slice(-LAST_WORDS);
    };
    this.process.stdout?.on('data', listen);
    this.process.stderr?.on('data', listen);
    this.process.on('error', error =>
      this.die(new Error(`the kernel could not be started: ${error.message}`)),
    );
    this.process.on('close', (code, signal) => {
      if (signal === 'SIGKILL')
        return this.die(new TryAgainError(`the kernel was ended by ${signal}, as where memory runs out`));
      const how = signal ? `by signal ${signal}` : `with exit code ${code}`;
      const words = this.lastWords.trim();
      this.die(new Error(`the kernel ended ${how}${words ? `; it last said:\n${words}` : ''}`));
    });
    process.on('exit', this.killWithUs);
  }

  /**
   * Asks until a reply comes *and* the kernel's publications are heard: the subscription is made apart from the
   * other connections, and what was published before it is lost.
   */
  private async becomeReady(): Promise<void> {
    const deadline = Date.now() + STARTUP_SECONDS * 1000;
    while (Date.now() < deadline) {
      const answered = await Promise.race([this.info(), sleep(ASKED_EVERY_MS, null, { ref: false })]);
      if (answered !== null) return;
    }
    throw new Error(`the kernel did not answer within ${STARTUP_SECONDS} s`);
  }

  private request(type: string, content: object) {
    const { id, frames } = this.pack(type, content);
    const reply = new Promise<Readonly<Record<string, unknown>>>((done, fail) => {
      if (this.death) fail(this.death);
      else this.pending.set(id, { idle: false, done, fail });
    });
    this.shell.send(frames).catch((error: Error) => this.die(error));
    return { id, reply };
  }

  private pack(type: string, content: object): { id: string; frames: string[] } {
    const id = randomBytes(16).toString('hex');
    const date = new Date().toISOString();
    const header = {
      msg_id: id,
      session: this.session,
      username: 'runner',
      date,
      msg_type: type,
      version: '5.3',
    };
    const parts = [header, {}, {}, content].map(part => JSON.stringify(part));
    return { id, frames: [DELIMITER, sign(this.key, parts), ...parts] };
  }

  private async read(socket: Dealer | Subscriber, handle: (message: KernelMessage) => void): Promise<void> {
    try {
      for await (const frames of socket) handle(this.unpack(frames as Buffer[]));
    } catch (error) {
      this.kill(`the kernel sent what cannot be read: ${(error as Error).message}`);
    }
  }

  private unpack(frames: Buffer[]): KernelMessage {
    const start = frames.findIndex(frame => frame.toString() === DELIMITER);
    const [signature, ...parts] = frames.slice(start + 1);
    if (start < 0 || signature.toString() !== sign(this.key, parts))
      throw new Error('a message without signature');
    const [header, parent, , content] = parts.map(part => JSON.parse(part.toString()));
    return { type: header.msg_type, parent: parent.msg_id ?? '', content };
  }

  private onReply(message: KernelMessage): void {
    const pending = this.pending.get(message.parent);
    if (!pending) return;
    pending.reply = message.content;
    this.settle(message.parent, pending);
  }

  private onPublished(message: KernelMessage): void {
    const pending = this.pending.get(message.parent);
    if (message.type !== 'status') this.options.onMessage(message);
    else if (pending && message.content.execution_state === 'idle') {
      pending.idle = true;
      this.settle(message.parent, pending);
    }
  }

  /** A request is done when the reply came on one socket and "idle", the last publication, on the other. */
  private settle(id: string, pending: Pending): void {
    if (!pending.reply || !pending.idle) return;
    this.pending.delete(id);
    pending.done(pending.reply);
  }

  private die(error: Error): void {
    this.death ??= error;
    for (const pending of this.pending.values()) pending.fail(this.death);
    this.pending.clear();
  }
}

function sign(key: string, parts: readonly (string | Buffer)[]): string {
  const hash = createHmac('sha256', key);
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
}

/**
 * Where a kernel and its runner meet: at Unix sockets in the folder of the two, which nobody else can take, or at ports where the
 * system or the folder's disk has no such sockets, or its path is too long for them.
 */
async function placesFor(folder: string): Promise<{ transport: string; ip: string; ports: number[] }> {
  const ip = join(folder, 'at');
  const path = `${ip}:0`;
  if (capability.ipc && Buffer.byteLength(path) <= LONGEST_PATH && (await canListen(path)))
    return { transport: 'ipc', ip, ports: [1, 2, 3, 4, 5] };
  return { transport: 'tcp', ip: '127.0.0.1', ports: await freePorts(5) };
}

async function canListen(path: string): Promise<boolean> {
  const server = createServer().listen(path);
  const listens = await once(server, 'listening').then(
    () => true,
    () => false,
  );
  if (listens) await new Promise(closed => server.close(closed));
  return listens;
}

/**
 * Ports of the loopback interface that were free a moment ago, all different because they are held together. Until the kernel
 * takes them another process may: it then ends, and says so.
 */
async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer().listen(0, '127.0.0.1');
      await once(server, 'listening');
      return server;
    }),
  );
  const ports = servers.map(server => (server.address() as AddressInfo).port);
  await Promise.all(servers.map(server => new Promise(closed => server.close(closed))));
  return ports;
}
