/**
 * One file of a repository into the cache: what has come stays in an incomplete file that the next try, or the next run,
 * goes on with; what is complete is checked against its hash before it gets its name.
 */
import { createHash } from 'node:crypto';
import { constants, createReadStream, existsSync, renameSync, rmSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { InputError } from '../errors';
import { isLocked, withLock } from '../lock';
import { makeFolder } from '../make-folder';
import { blobName, type CachedRepository, type RemoteFile, sizeOf } from './cache';
import { type HubId, labelOf } from './id';
import { type Connection, cutOff, HubError, refusal } from './requests';

/** How often is looked whether another process has done, in milliseconds. */
const LOOK_EVERY = 200;

const MOST_LOST = 5;

/**
 * Has the content of a file in the cache. Several processes, or callers in one, may ask for the same: one downloads.
 * @param onBytes told how many bytes of the file are there
 * @throws HubError; InputError, too where another process has the lock and nothing comes any more
 */
export async function fetchBlob(
  connection: Connection,
  repository: CachedRepository,
  id: HubId,
  commit: string,
  file: RemoteFile,
  onBytes: (bytes: number) => void,
): Promise<void> {
  const name = blobName(file);
  const lock = repository.lock(name);
  const { silence, longestWait } = connection.patience;
  const isThere = () => sizeOf(repository.blob(name)) === file.size;
  let waiting = false;
  let [come, since] = [-1, performance.now()];
  // Who holds the lock may let go of it before we look again: then it is ours to take, unless it never was there.
  for (let lost = 0; !isThere(); ) {
    let ours = false;
    try {
      await withLock(lock, `${file.path} of ${labelOf(id)}`, async () => {
        ours = true;
        if (!isThere()) await new Download(connection, repository, id, commit, file, onBytes).run();
      });
    } catch (error) {
      if (ours || (!isLocked(lock) && ++lost > MOST_LOST)) throw error;
      if (!waiting && isLocked(lock))
        connection.onNotice(`another process is downloading ${file.path} of ${labelOf(id)}: waiting for it`);
      waiting ||= isLocked(lock);
      // Nobody here can see whether a process of another machine lives; one that does gets bytes, or waits for its next try.
      const now = sizeOf(repository.incomplete(name)) ?? 0;
      if (now !== come) [come, since] = [now, performance.now()];
      else if (performance.now() - since > silence + longestWait) throw error;
      await connection.pause(LOOK_EVERY);
    }
  }
}

class Download {
  private readonly name: string;
  private readonly incomplete: string;
  private readonly what: string;
  /** Bytes that have come. */
  private at = 0;

  constructor(
    private readonly connection: Connection,
    private readonly repository: CachedRepository,
    private readonly id: HubId,
    private readonly commit: string,
    private readonly file: RemoteFile,
    private readonly onBytes: (bytes: number) => void,
  ) {
    this.name = blobName(file);
    this.incomplete = repository.incomplete(this.name);
    this.what = `${labelOf(id)}: ${file.path}`;
  }

  async run(): Promise<void> {
    const begun = (sizeOf(this.incomplete) ?? 0) > 0;
    await this.receive();
    let hash = await this.hash();
    // What an earlier run left may be damaged: only a whole download speaks for the Hub.
    if (hash !== this.name && begun) {
      rmSync(this.incomplete);
      await this.receive();
      hash = await this.hash();
    }
    if (hash !== this.name) {
      rmSync(this.incomplete);
      throw new HubError(
        `${this.what}: what came from ${this.connection.settings.host} has the hash ${hash}, expected ${this.name} as listed; it was thrown away`,
        'wrong',
      );
    }
    try {
      renameSync(this.incomplete, this.repository.blob(this.name));
    } catch (error) {
      // A machine that shares the folder, and cannot see our lock, was quicker.
      if (!existsSync(this.repository.blob(this.name))) throw this.unwritten(error);
    }
  }

  /** Gets what is missing, over as many connections as it takes. */
  private async receive(): Promise<void> {
    const handle = await this.opened();
    try {
      this.at = (await handle.stat()).size;
      if (this.at > this.file.size) await this.restart(handle);
      this.onBytes(this.at);
      if (this.at < this.file.size || this.file.size === 0)
        await this.connection.request(
          this.url(),
          () => ({
            // What is compressed on the way has no ranges of the file.
            'accept-encoding': 'identity',
            ...(this.at > 0 && { range: `bytes=${this.at}-` }),
          }),
          (response, chunks) => this.take(handle, response, chunks),
          { progress: () => this.at },
        );
      await handle.sync();
    } catch (error) {
      if (error instanceof HubError && /^(unreachable|busy)$/.test(error.failure))
        throw new HubError(
          `${this.what}: ${error.message} after ${this.at} of ${this.file.size} bytes; these are kept, and the same command goes on from there`,
          error.failure,
        );
      throw error;
    } finally {
      await handle.close();
      if (this.at === 0 && this.file.size > 0) rmSync(this.incomplete, { force: true });
    }
  }

  private async take(
    handle: FileHandle,
    response: Response,
    chunks: AsyncIterable<Uint8Array>,
  ): Promise<void> {
    const { size, path } = this.file;
    const { settings } = this.connection;
    const lies = (found: string) =>
      new HubError(`${this.what}: ${settings.host} sends ${found}, and lists ${size} bytes`, 'wrong');
    if (response.status === 416) {
      await this.restart(handle);
      throw cutOff(`${settings.host} answered 416`);
    }
    if (!response.ok) throw refusal(this.id, response, settings, path);
    const range = /^bytes (\d+)-\d+\/(\d+)$/.exec(response.headers.get('content-range') ?? '');
    const total = range ? range[2] : response.status === 206 ? null : response.headers.get('content-length');
    if (total !== null && Number(total) !== size && !response.headers.has('content-encoding'))
      throw lies(`${total} bytes`);
    // A server without ranges begins anew, and so does the file.
    if (Number(range?.[1] ?? 0) !== this.at) await this.restart(handle);
    if (Number(range?.[1] ?? 0) !== this.at) throw lies('another part than the one asked for');
    for await (const chunk of chunks) {
      if (this.at + chunk.length > size) {
        await this.restart(handle);
        throw lies('more than that');
      }
      try {
        for (let written = 0; written < chunk.length; )
          written += (await handle.write(chunk, written, chunk.length - written, this.at + written))
            .bytesWritten;
      } catch (error) {
        throw this.unwritten(error);
      }
      this.at += chunk.length;
      this.onBytes(this.at);
    }
    if (this.at < size) throw cutOff(`the connection to ${settings.host} ended`);
  }

  private async restart(handle: FileHandle): Promise<void> {
    await handle.truncate(0);
    this.at = 0;
  }

  private url(): string {
    const { kind, name } = this.id;
    const path = this.file.path.split('/').map(encodeURIComponent).join('/');
    return `${this.connection.settings.endpoint}/${kind === 'dataset' ? 'datasets/' : ''}${name}/resolve/${this.commit}/${path}`;
  }

  private async opened(): Promise<FileHandle> {
    try {
      for (const folder of [dirname(this.incomplete), this.repository.snapshot(this.commit)])
        makeFolder(folder);
      return await open(this.incomplete, constants.O_RDWR | constants.O_CREAT);
    } catch (error) {
      throw this.unwritten(error);
    }
  }

  private unwritten(error: unknown): InputError {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOSPC' || code === 'EDQUOT')
      return new InputError(
        `${this.what}: the disk of the cache ${this.repository.cache} is full; ${this.at} of ${this.file.size} bytes are kept, and with more room the same command goes on from there`,
      );
    return new InputError(`${this.what}: the cache ${this.repository.cache} cannot be written (${message})`);
  }

  /** Of what has come: SHA-256, or git's hash of a blob for what git itself holds. */
  private async hash(): Promise<string> {
    const hash = createHash(this.name.length === 40 ? 'sha1' : 'sha256');
    if (this.file.sha256 === undefined) hash.update(`blob ${sizeOf(this.incomplete)}\0`);
    for await (const chunk of createReadStream(this.incomplete)) hash.update(chunk);
    return hash.digest('hex');
  }
}
