/**
 * A Hugging Face Hub on loopback with repositories of a test's own, over real HTTP and with a content network on another
 * port: it answers as the Hub does (https://huggingface.co/docs/hub/api, and what `huggingface_hub` relies on), and fails
 * where a test says so. `huggingface_hub` 2.4 downloads from it.
 */
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Files = Readonly<Record<string, string | Uint8Array>>;

export interface FakeRepository {
  readonly kind?: 'model' | 'dataset';
  /** Files of `main`. */
  readonly files?: Files;
  /** Files of other branches, such as `refs/convert/parquet`. */
  readonly revisions?: Readonly<Record<string, Files>>;
  /** Everybody may see what it holds; only the Hub's token gets it. */
  readonly gated?: boolean;
  /** Without the Hub's token it is not there. */
  readonly private?: boolean;
}

/** What goes wrong with a request, instead of its answer or with it. */
export interface Fault {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** The connection is cut after so many bytes of the body, of which the last may get lost. */
  readonly cutAfter?: number;
  /** The body goes on for ever. */
  readonly endless?: boolean;
  /** Nothing comes. */
  readonly silent?: boolean;
  /** Ranges are not known: the whole file comes. */
  readonly noRanges?: boolean;
  /** Waited for before the answer, so that a test can look meanwhile. */
  readonly until?: Promise<unknown>;
}

export interface SeenRequest {
  readonly method: string;
  /** Path and query, with `cdn:` before it where it went to the content network. */
  readonly path: string;
  readonly authorization?: string;
  readonly range?: string;
}

export interface FakeHub {
  /** For `HF_ENDPOINT`. */
  readonly url: string;
  readonly cdnUrl: string;
  readonly seen: SeenRequest[];
  /** Replaces a repository, or adds one. */
  put(name: string, repository: FakeRepository): void;
  commit(name: string, revision?: string): string;
  /** The name of a file's content in a cache. */
  blob(name: string, path: string, revision?: string): string;
  /** The next `times` requests whose path matches go wrong. */
  fail(path: RegExp, fault: Fault, times?: number): void;
  /** Changes the listing of a repository before it is sent. */
  listing(change: (entries: TreeEntry[]) => TreeEntry[]): void;
  close(): Promise<void>;
}

export interface TreeEntry {
  type: string;
  oid: string;
  size: number;
  path: string;
  lfs?: { oid: string; size: number; pointerSize: number };
}

/** Content from here on, or with these endings, is not in git itself but on the content network. */
const LARGE = 100_000;
const LARGE_ENDINGS = /\.(safetensors|parquet|onnx|bin)$/;
const TOKEN = 'hf_tokenOfTheTest';

const digest = (algorithm: string, ...parts: (string | Uint8Array)[]) =>
  parts.reduce((hash, part) => hash.update(part), createHash(algorithm)).digest('hex');

const gitBlob = (content: Uint8Array) => digest('sha1', `blob ${content.length}\0`, content);

/** @param pageSize entries on a page of a listing; the Hub has 1,000 */
export async function fakeHub(
  repositories: Readonly<Record<string, FakeRepository>>,
  { pageSize = 1000, token = TOKEN } = {},
): Promise<FakeHub> {
  const held = new Map(Object.entries(repositories));
  const seen: SeenRequest[] = [];
  const faults: { path: RegExp; fault: Fault; times: number }[] = [];
  let changed = (entries: TreeEntry[]) => entries;
  const contents = new Map<string, Uint8Array>();

  const filesOf = (repository: FakeRepository, revision: string): Files | undefined => {
    const branches = { main: repository.files ?? {}, ...repository.revisions };
    return (
      branches[revision as keyof typeof branches] ??
      Object.values(branches).find(files => commitOf(files) === revision)
    );
  };
  const commitOf = (files: Files) =>
    digest('sha1', ...Object.entries(files).flatMap(([path, content]) => [path, '\0', content, '\0']));
  const bytesOf = (content: string | Uint8Array) =>
    typeof content === 'string' ? Buffer.from(content) : content;
  const entryOf = (path: string, content: Uint8Array): TreeEntry => {
    if (content.length < LARGE && !LARGE_ENDINGS.test(path))
      return { type: 'file', oid: gitBlob(content), size: content.length, path };
    const sha256 = digest('sha256', content);
    const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${sha256}\nsize ${content.length}\n`;
    return {
      type: 'file',
      oid: gitBlob(Buffer.from(pointer)),
      size: content.length,
      path,
      lfs: { oid: sha256, size: content.length, pointerSize: pointer.length },
    };
  };

  const listen = async (prefix: string, answer: (request: IncomingMessage, reply: Reply) => void) => {
    const server = createServer(async (request, response) => {
      const path = `${prefix}${request.url}`;
      const { authorization, range } = request.headers;
      seen.push({ method: request.method!, path, authorization, range });
      const fault = faults.find(each => each.times > 0 && each.path.test(path));
      if (fault) fault.times--;
      const reply = new Reply(request, response, fault?.fault ?? {});
      if (fault?.fault.silent) return;
      await fault?.fault.until;
      if (fault?.fault.status !== undefined) reply.send(fault.fault.status, {}, fault.fault.body ?? '');
      else answer(request, reply);
    });
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    return server;
  };

  const cdn = await listen('cdn:', (request, reply) => {
    // As S3: what is signed in the address takes no other authorization.
    if (request.headers.authorization) return reply.send(400, {}, 'Only one auth mechanism allowed');
    const content = contents.get(request.url!.replace(/^\/|\?.*$/g, ''));
    if (!content) return reply.send(404, {}, 'NoSuchKey');
    reply.sendFile(content, { etag: `"${digest('md5', content)}"` });
  });

  const hub = await listen('', (request, reply) => {
    const [path, query] = request.url!.split('?');
    const known = request.headers.authorization === `Bearer ${token}`;
    if (request.headers.authorization && !known)
      return reply.error(401, undefined, 'Invalid credentials in Authorization header');
    const api = /^\/api\/(model|dataset)s\/([^/]+\/[^/]+)\/(revision|tree)\/(.+)$/.exec(path);
    const resolve = /^\/(datasets\/)?([^/]+\/[^/]+)\/resolve\/([^/]+)\/(.+)$/.exec(path);
    const cached = /^\/api\/resolve-cache\/(model|dataset)s\/([^/]+\/[^/]+)\/([^/]+)\/(.+)$/.exec(path);
    const name = (api ?? resolve ?? cached)?.[2] ?? '';
    const kind = (api ?? cached)?.[1] ?? (resolve?.[1] ? 'dataset' : 'model');
    const repository = held.get(name);
    if (!repository || (repository.kind ?? 'model') !== kind || (repository.private && !known))
      // Who has no token shall not learn what there is.
      return known
        ? reply.error(404, 'RepoNotFound', 'Repository not found')
        : reply.error(401, undefined, 'Invalid username or password.');
    const revision = decodeURIComponent((api ? api[4] : (resolve ?? cached)![3]).replace(/\/$/, ''));
    const files = filesOf(repository, revision);
    if (!files) return reply.error(404, 'RevisionNotFound', `Invalid rev id: ${revision}`);
    const commit = commitOf(files);
    if (api?.[3] === 'revision')
      return reply.json({
        _id: '621ffdc036468d709f174338',
        id: name,
        sha: commit,
        private: repository.private ?? false,
        gated: repository.gated ? 'manual' : false,
        downloads: 0,
        likes: 0,
        tags: [],
        lastModified: '2024-02-19T11:06:12.000Z',
        siblings: Object.keys(files).map(rfilename => ({ rfilename })),
      });
    if (api) {
      const folders = new Set(
        Object.keys(files).flatMap(each => {
          const parts = each.split('/').slice(0, -1);
          return parts.map((_, i) => parts.slice(0, i + 1).join('/'));
        }),
      );
      const entries = changed([
        ...[...folders].map(each => ({ type: 'directory', oid: digest('sha1', each), size: 0, path: each })),
        ...Object.entries(files).map(([each, content]) => entryOf(each, bytesOf(content))),
      ]);
      const from = Number(new URLSearchParams(query).get('cursor') ?? 0);
      const next = `<${url(hub)}${path}?recursive=true&cursor=${from + pageSize}>; rel="next"`;
      return reply.json(
        entries.slice(from, from + pageSize),
        from + pageSize < entries.length ? { link: next } : {},
      );
    }
    if (repository.gated && !known)
      return reply.error(401, 'GatedRepo', `Access to model ${name} is restricted.`);
    const file = decodeURIComponent((resolve ?? cached)![4]);
    if (files[file] === undefined) return reply.error(404, 'EntryNotFound', 'Entry not found');
    const content = bytesOf(files[file]);
    const entry = entryOf(file, content);
    const headers = {
      'x-repo-commit': commit,
      'accept-ranges': 'bytes',
      etag: `"${entry.lfs?.oid ?? entry.oid}"`,
    };
    if (entry.lfs) {
      contents.set(`xet-bridge-us/${entry.lfs.oid}`, content);
      const location = `${url(cdn)}/xet-bridge-us/${entry.lfs.oid}?X-Amz-Signature=0123456789abcdef`;
      const linked = { 'x-linked-size': String(content.length), 'x-linked-etag': headers.etag };
      return reply.send(
        302,
        { ...headers, ...linked, etag: `"${entry.oid}"`, location },
        `Found. ${location}`,
      );
    }
    // What git holds comes from the Hub itself, by way of a relative redirect.
    if (resolve)
      return reply.send(
        307,
        { ...headers, location: `/api/resolve-cache/${kind}s/${name}/${commit}/${resolve[4]}` },
        '',
      );
    reply.sendFile(content, headers);
  });

  return {
    url: url(hub),
    cdnUrl: url(cdn),
    seen,
    put: (name, repository) => void held.set(name, repository),
    commit: (name, revision = 'main') => commitOf(filesOf(held.get(name)!, revision)!),
    blob(name, path, revision = 'main') {
      const entry = entryOf(path, bytesOf(filesOf(held.get(name)!, revision)![path]));
      return entry.lfs?.oid ?? entry.oid;
    },
    fail: (path, fault, times = 1) => void faults.push({ path, fault, times }),
    listing(change) {
      changed = change;
    },
    async close() {
      for (const server of [hub, cdn]) {
        server.closeAllConnections();
        await new Promise(resolve => server.close(resolve));
      }
    },
  };
}

function url(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

class Reply {
  constructor(
    private readonly request: IncomingMessage,
    private readonly response: ServerResponse,
    private readonly fault: Fault,
  ) {}

  json(value: unknown, headers: Readonly<Record<string, string>> = {}): void {
    this.send(200, { 'content-type': 'application/json', ...headers }, JSON.stringify(value));
  }

  error(status: number, code: string | undefined, message: string): void {
    const headers = { 'x-error-message': message, ...(code && { 'x-error-code': code }) };
    this.send(status, { ...headers, 'content-type': 'application/json' }, JSON.stringify({ error: message }));
  }

  sendFile(whole: Uint8Array, headers: Readonly<Record<string, string>>): void {
    const content = this.fault.body === undefined ? whole : Buffer.from(this.fault.body);
    const range = this.fault.noRanges ? null : /^bytes=(\d+)-(\d*)$/.exec(this.request.headers.range ?? '');
    if (!range) {
      this.send(200, headers, content);
      return;
    }
    const [from, to] = [
      Number(range[1]),
      Math.min(range[2] ? Number(range[2]) : Infinity, content.length - 1),
    ];
    if (from >= content.length) {
      this.send(416, { 'content-range': `bytes */${content.length}` }, '');
      return;
    }
    const part = content.subarray(from, to + 1);
    this.send(206, { ...headers, 'content-range': `bytes ${from}-${to}/${content.length}` }, part);
  }

  send(status: number, headers: Readonly<Record<string, string>>, body: string | Uint8Array): void {
    const { cutAfter, endless } = this.fault;
    const bytes = Buffer.from(body as Uint8Array);
    const length = endless ? {} : { 'content-length': String(bytes.length) };
    this.response.writeHead(status, { ...length, ...headers, ...this.fault.headers });
    if (this.request.method === 'HEAD') this.response.end();
    else if (endless) this.goOn(bytes);
    else if (cutAfter === undefined || cutAfter >= bytes.length) this.response.end(bytes);
    // Ended a little later, and not reset: a client throws away what came together with the end.
    else
      this.response.write(bytes.subarray(0, cutAfter), () =>
        setTimeout(() => this.response.socket?.end(), 30),
      );
  }

  private goOn(bytes: Buffer): void {
    if (this.response.destroyed) return;
    this.response.write(bytes.length > 0 ? bytes : 'x', () => setImmediate(() => this.goOn(bytes)));
  }
}
