/**
 * Requests to the Hub over Node's `fetch`: tried again with growing waits, given up when nothing comes, redirects followed
 * here. The token goes to the Hub's own address alone, and into no message.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { InputError } from '../errors';
import type { HubId } from './id';
import { labelOf } from './id';
import type { HubSettings } from './settings';

/**
 * Why the Hub did not give what was asked for: it cannot be reached; it is busy or broken; it wants a token; it has no
 * such thing; what it says cannot be.
 */
export type HubFailure = 'unreachable' | 'busy' | 'refused' | 'no revision' | 'missing' | 'wrong';

export class HubError extends InputError {
  constructor(
    message: string,
    readonly failure: HubFailure,
  ) {
    super(message);
  }
}

/** How long is waited; milliseconds. */
export interface Patience {
  /** Tries without a byte in between. */
  readonly tries: number;
  /** Wait before the second try; it doubles from try to try. */
  readonly firstWait: number;
  /** What the Hub may ask to wait between two tries. */
  readonly longestWait: number;
  /** How long nothing may come. */
  readonly silence: number;
}

export const PATIENCE: Patience = { tries: 5, firstWait: 500, longestWait: 60_000, silence: 30_000 };

/** As in browsers and curl's advice; the Hub needs three. */
const MOST_REDIRECTS = 10;

/** A page of a listing has a thousand entries and less than a megabyte; without a bound, an endless answer fills memory. */
const MOST_ANSWER_BYTES = 16 * 1024 * 1024;

/** A million files; also, each page names the next one, which could go in a circle. */
const MOST_PAGES = 1000;

/** Statuses that another try may change (RFC 9110). */
const PASSING = new Set([408, 429, 500, 502, 503, 504]);

/** What no second try changes where not even the first request was answered: no network, no such host, a proxy's certificate. */
const LASTING = /^(ENOTFOUND|ECONNREFUSED|ENETUNREACH|EHOSTUNREACH|bad port)$|CERT|TLS|SSL|UNABLE_TO/;

/** A try that failed and may be made again. */
class Passing extends Error {
  constructor(
    readonly failed: HubError,
    /** Milliseconds that the Hub asks to wait. */
    readonly wait?: number,
    readonly lasting = false,
  ) {
    super(failed.message);
  }
}

export type Chunks = AsyncGenerator<Uint8Array, void, void>;

export class Connection {
  private answered = false;

  constructor(
    readonly settings: HubSettings,
    readonly patience: Patience = PATIENCE,
    readonly onNotice: (sentence: string) => void = () => {},
    private readonly signal?: AbortSignal,
  ) {}

  /**
   * Makes a request and has its answer used, up to `tries` times: a try that got on (`progress` grew) counts as the first.
   * @param once given to each try; what it throws itself ends the matter
   */
  async request<T>(
    url: string,
    headers: () => Record<string, string>,
    once: (response: Response, chunks: Chunks) => Promise<T>,
    { tries = this.patience.tries, progress = () => 0 }: { tries?: number; progress?: () => number } = {},
  ): Promise<T> {
    for (let tried = 1, before = progress(); ; tried++) {
      try {
        return await this.exchange(url, headers(), once);
      } catch (error) {
        if (!(error instanceof Passing)) throw error;
        if (progress() > before) [tried, before] = [1, progress()];
        if (tried >= tries || error.lasting) throw error.failed;
        const wait = error.wait ?? this.patience.firstWait * 2 ** (tried - 1);
        if (wait > this.patience.longestWait)
          throw new HubError(
            `${error.message} and asks to wait ${Math.ceil(wait / 1000)} s; try again then`,
            'busy',
          );
        if (wait > 2000) this.onNotice(`${error.message}; next try in ${Math.ceil(wait / 1000)} s`);
        await this.pause(wait);
      }
    }
  }

  /** Waits, less where the whole is called off. */
  async pause(milliseconds: number): Promise<void> {
    await sleep(milliseconds, undefined, { signal: this.signal }).catch(() => this.signal?.throwIfAborted());
  }

  /** A `fetch` for the Hub's own package, whose answers it reads whole. What is no success becomes a sentence here. */
  fetchFor(id: HubId, tries?: number): typeof fetch {
    const fetched = new Set<string>();
    return async input => {
      const url = this.atEndpoint(String(input));
      if (fetched.has(url) || fetched.size >= MOST_PAGES)
        throw new HubError(`${this.settings.host}: the listing of ${labelOf(id)} does not end`, 'wrong');
      fetched.add(url);
      return this.request(
        url,
        () => ({ accept: 'application/json' }),
        async (response, chunks) => {
          if (!response.ok) throw refusal(id, response, this.settings);
          const text = await this.textOf(chunks, id);
          return new Response(text, { status: response.status, headers: response.headers });
        },
        { tries },
      );
    };
  }

  /** The JSON that an answer consists of, checked here because the package's messages would not say whose it is. */
  private async textOf(chunks: Chunks, id: HubId): Promise<string> {
    const { host } = this.settings;
    const parts: Uint8Array[] = [];
    let bytes = 0;
    for await (const chunk of chunks) {
      bytes += chunk.length;
      if (bytes > MOST_ANSWER_BYTES)
        throw new HubError(
          `${host}: an answer about ${labelOf(id)} does not end (more than ${MOST_ANSWER_BYTES} bytes)`,
          'wrong',
        );
      parts.push(chunk);
    }
    const text = Buffer.concat(parts).toString('utf8');
    try {
      JSON.parse(text);
      return text;
    } catch {
      throw new HubError(
        `${host}: the answer about ${labelOf(id)} is not JSON, so this is no Hugging Face Hub, or a proxy stands before it`,
        'wrong',
      );
    }
  }

  /** A mirror may pass on the Hub's own addresses: the person asked for the mirror. */
  private atEndpoint(url: string): string {
    const hub = 'https://huggingface.co/';
    return url.startsWith(hub) ? `${this.settings.endpoint}/${url.slice(hub.length)}` : url;
  }

  /** One try: the request, its redirects, and the use of what comes. */
  private async exchange<T>(
    url: string,
    headers: Record<string, string>,
    once: (response: Response, chunks: Chunks) => Promise<T>,
  ): Promise<T> {
    this.signal?.throwIfAborted();
    const stop = new AbortController();
    const onAbort = () => stop.abort();
    this.signal?.addEventListener('abort', onAbort);
    let timer: NodeJS.Timeout | undefined;
    const alive = () => {
      clearTimeout(timer);
      timer = setTimeout(() => stop.abort(), this.patience.silence);
    };
    const failure = (error: unknown): unknown => {
      if (this.signal?.aborted) return this.signal.reason;
      return this.passing(stop.signal.aborted ? 'SILENT' : codeOf(error));
    };
    try {
      alive();
      const response = await this.follow(url, headers, stop.signal, failure);
      this.answered = true;
      if (PASSING.has(response.status))
        throw new Passing(
          new HubError(`${this.settings.host} answered ${response.status}`, 'busy'),
          waitAskedFor(response.headers),
        );
      async function* chunks(): Chunks {
        const reader = response.body?.getReader();
        while (reader) {
          alive();
          const { done, value } = await reader.read().catch(error => {
            throw failure(error);
          });
          // What is done with it takes as long as it takes.
          clearTimeout(timer);
          if (done) return;
          yield value;
        }
      }
      return await once(response, chunks());
    } finally {
      clearTimeout(timer);
      this.signal?.removeEventListener('abort', onAbort);
      // Closes the connection of an answer that was not read to its end.
      stop.abort();
    }
  }

  private async follow(
    url: string,
    headers: Record<string, string>,
    signal: AbortSignal,
    failure: (error: unknown) => unknown,
  ): Promise<Response> {
    const { endpoint, host, token } = this.settings;
    const wrong = (what: string) => new HubError(`${host}: ${what}`, 'wrong');
    let at = addressOf(url);
    for (let redirects = 0; at && redirects <= MOST_REDIRECTS; redirects++) {
      const own = token !== undefined && at.origin === new URL(endpoint).origin;
      const response: Response = await fetch(at, {
        headers: {
          ...headers,
          'user-agent': 'ner-distill',
          ...(own && { authorization: `Bearer ${token}` }),
        },
        redirect: 'manual',
        signal,
      }).catch(error => {
        throw failure(error);
      });
      if (![301, 302, 303, 307, 308].includes(response.status)) return response;
      await response.body?.cancel().catch(() => {});
      const location = response.headers.get('location');
      const next = location ? addressOf(location, at) : undefined;
      if (!next) throw wrong('a redirect leads to no address');
      if (at.protocol === 'https:' && next.protocol !== 'https:')
        throw wrong(`a redirect leads away from https, to ${next.host}`);
      at = next;
    }
    throw wrong(
      at ? `more than ${MOST_REDIRECTS} redirects, one after the other` : 'a link leads to no address',
    );
  }

  private passing(code: string): Passing {
    const { host } = this.settings;
    const { silence } = this.patience;
    const sentence =
      code === 'SILENT'
        ? `${host} sent nothing for ${Math.ceil(silence / 1000)} s`
        : this.answered
          ? `the connection to ${host} broke (${code})`
          : `${host} cannot be reached (${code})`;
    return new Passing(
      new HubError(sentence, 'unreachable'),
      undefined,
      !this.answered && LASTING.test(code),
    );
  }
}

/** Ends a try as a cut connection does. */
export function cutOff(message: string): Error {
  return new Passing(new HubError(message, 'unreachable'));
}

/** An http(s) address without user and password; `undefined` where it is none. */
function addressOf(text: string, base?: URL): URL | undefined {
  try {
    const url = new URL(text, base);
    return /^https?:$/.test(url.protocol) && !url.username && !url.password ? url : undefined;
  } catch {
    return undefined;
  }
}

/** The system's name of what went wrong. Messages of `fetch` are left out: they may quote addresses with signatures. */
function codeOf(error: unknown): string {
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    const { code } = at as NodeJS.ErrnoException;
    // Node's client has names of its own for what is no error of the system: UND_ERR_SOCKET, UND_ERR_CONNECT_TIMEOUT.
    if (code === 'UND_ERR_SOCKET') return 'connection closed';
    if (typeof code === 'string') return code.replace('UND_ERR_', '');
    if (at.cause === undefined && !at.message.includes('//')) return at.message;
  }
  return 'no reason given';
}

/** Milliseconds: `Retry-After` in seconds or as a date, or the rest of the Hub's `RateLimit` window. */
function waitAskedFor(headers: Headers): number | undefined {
  const after = headers.get('retry-after')?.trim();
  if (after !== undefined && /^\d+$/.test(after)) return Number(after) * 1000;
  const date = after === undefined ? Number.NaN : Date.parse(after);
  if (!Number.isNaN(date)) return Math.max(0, date - Date.now());
  const window = /\br=0\s*;\s*t=(\d+)/.exec(headers.get('ratelimit') ?? '');
  return window ? Number(window[1]) * 1000 : undefined;
}

/**
 * What the Hub means by an answer that is no success. Without a token it answers 401 for what is private and for what is
 * not there alike.
 */
export function refusal(
  id: HubId,
  response: Response,
  { host, token }: HubSettings,
  file?: string,
): HubError {
  const { status } = response;
  const code = response.headers.get('x-error-code');
  const label = labelOf(id);
  if (code === 'RevisionNotFound')
    return new HubError(
      `${id.name}: has no revision ${JSON.stringify(id.revision)} on ${host}`,
      'no revision',
    );
  if (code === 'EntryNotFound') return new HubError(`${label}: has no file ${file} on ${host}`, 'missing');
  if (status === 401 && token !== undefined && /invalid/i.test(response.headers.get('x-error-message') ?? ''))
    return new HubError(
      `${host} does not know the token in HF_TOKEN (or saved by huggingface_hub): renew it, or do without where ${id.name} is public`,
      'refused',
    );
  if (
    code === 'GatedRepo' ||
    status === 403 ||
    (status === 401 && token !== undefined && code !== 'RepoNotFound')
  )
    return new HubError(
      token === undefined
        ? `${label}: is gated or private on ${host}: ask for access on its page, and set HF_TOKEN to a token of yours`
        : `${label}: is gated or private on ${host}, and the token in HF_TOKEN (or saved by huggingface_hub) gives no access to it`,
      'refused',
    );
  if (status === 401 && token === undefined)
    return new HubError(
      `${label}: there is no such ${id.kind} on ${host}, or it is gated or private: check the name, or set HF_TOKEN to a token that has access`,
      'refused',
    );
  if (status === 404 || status === 401 || status === 410)
    return new HubError(`${label}: there is no such ${id.kind} on ${host}`, 'missing');
  return new HubError(`${label}: ${host} answered ${status}`, 'wrong');
}
