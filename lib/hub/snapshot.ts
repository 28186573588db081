/**
 * The files of a repository that are wanted, in a folder of the cache: from the Hub where it answers, else as they were when
 * they last came from it.
 */
import { InputError } from '../errors';
import { inBrief, listedBriefly } from '../listed';
import { blobName, CachedRepository, checkPath, type RemoteFile, statsOf } from './cache';
import { fetchBlob } from './download';
import { type HubId, isCommit, labelOf } from './id';
import { Connection, HubError, type Patience } from './requests';
import { type Environment, hubSettings } from './settings';

export interface HubProgress {
  /** Path in the repository. */
  readonly file: string;
  /** Bytes of all wanted files that are there, what was there before included. */
  readonly done: number;
  readonly total: number;
}

export interface HubOptions {
  readonly environment?: Environment;
  readonly onProgress?: (progress: HubProgress) => void;
  /** A sentence on what a person should know: a wait, or files out of the cache because the Hub does not answer. */
  readonly onNotice?: (sentence: string) => void;
  readonly signal?: AbortSignal;
  readonly patience?: Patience;
}

export interface Snapshot {
  readonly folder: string;
  readonly commit: string;
  /** Paths of the wanted files in the folder, as the repository has them. */
  readonly files: readonly string[];
}

/** Which of a repository's paths are wanted. @throws InputError where it is not among them; the message follows the repository's name */
export type Choice = (paths: readonly string[]) => readonly string[];

/**
 * @throws HubError where the Hub does not give them and the cache has them not, InputError where the cache cannot be written
 */
export async function snapshot(id: HubId, choose: Choice, options: HubOptions = {}): Promise<Snapshot> {
  const settings = hubSettings(options.environment);
  if (statsOf(settings.cache)?.isDirectory() === false)
    throw new InputError(
      `${settings.cache}: found a file, expected the folder of the cache (HF_HUB_CACHE, HF_HOME)`,
    );
  const repository = new CachedRepository(settings.cache, id);
  const cached = fromCache(repository, id, choose);
  if (settings.offline) {
    if ('folder' in cached) return cached;
    throw new HubError(
      `${labelOf(id)}: HF_HUB_OFFLINE is set, and the cache ${settings.cache} ${cached.lack}; unset it once, so that it can be downloaded`,
      'unreachable',
    );
  }
  // What a commit holds never changes.
  if ('folder' in cached && isCommit(id.revision) && repository.listing(cached.commit)) return cached;
  const connection = new Connection(settings, options.patience, options.onNotice, options.signal);
  try {
    // With something to fall back on, nobody waits long for a Hub that does not answer.
    const tries = 'folder' in cached ? 2 : undefined;
    const { commit, listing } = await listingOf(connection, repository, id, tries);
    const wanted = chosen(id, choose, listing);
    await fetchAll(connection, repository, id, commit, wanted, options.onProgress);
    attempt(() => repository.setCommit(id.revision, commit));
    return { folder: repository.snapshot(commit), commit, files: wanted.map(({ path }) => path) };
  } catch (error) {
    if (!(error instanceof Unanswered)) throw error;
    if (!('folder' in cached)) throw withoutCache(error.failed, id, settings.cache, cached.lack);
    options.onNotice?.(
      `${error.failed.message}; ${labelOf(id)} is taken from the cache as it was (commit ${cached.commit.slice(0, 7)})`,
    );
    return cached;
  }
}

/** The Hub did not say what a repository holds. */
class Unanswered extends Error {
  constructor(readonly failed: HubError) {
    super(failed.message);
  }
}

function withoutCache(failed: HubError, id: HubId, cache: string, lack: string): HubError {
  if (failed.failure === 'refused') return failed;
  return new HubError(`${labelOf(id)}: ${failed.message}, and the cache ${cache} ${lack}`, failed.failure);
}

/** What the cache has of what is wanted, if that is all of it. */
function fromCache(repository: CachedRepository, id: HubId, choose: Choice): Snapshot | { lack: string } {
  const commit = repository.commitOf(id.revision);
  const present = commit === undefined ? [] : repository.filesIn(commit);
  if (commit === undefined || present.length === 0) return { lack: 'has nothing of it' };
  const listing = repository.listing(commit);
  const sizes = new Map(listing?.map(({ path, size }) => [path, size]));
  try {
    const files = choose(listing?.map(({ path }) => path) ?? present);
    for (const path of files) checkPath(path);
    const isThere = (path: string) => repository.has(commit, path, sizes.get(path));
    const missing = files.filter(path => !isThere(path));
    if (missing.length > 0) return { lack: `lacks ${listedBriefly(missing)}` };
    return { folder: repository.snapshot(commit), commit, files };
  } catch (error) {
    if (error instanceof InputError) return { lack: `has not all of it (${printable(error.message)})` };
    throw error;
  }
}

async function listingOf(
  connection: Connection,
  repository: CachedRepository,
  id: HubId,
  tries?: number,
): Promise<{ commit: string; listing: readonly RemoteFile[] }> {
  try {
    const commit = isCommit(id.revision)
      ? id.revision
      : await asking(connection, id, () => askCommit(connection, id, tries));
    const known = repository.listing(commit);
    if (known) return { commit, listing: known };
    const listing = await asking(connection, id, () =>
      askListing(connection, { ...id, revision: commit }, tries),
    );
    attempt(() => repository.setListing(commit, listing));
    return { commit, listing };
  } catch (error) {
    if (error instanceof HubError && /^(unreachable|busy|refused)$/.test(error.failure))
      throw new Unanswered(error);
    throw error;
  }
}

/** @throws HubError where the Hub's package finds an answer to be of another form than a Hub's */
async function asking<T>(connection: Connection, id: HubId, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof TypeError || error instanceof RangeError)
      throw notAHub(connection, id, 'an answer of another form');
    throw error;
  }
}

async function askCommit(connection: Connection, id: HubId, tries?: number): Promise<string> {
  const { datasetInfo, modelInfo } = await import('@huggingface/hub');
  const asked = {
    name: id.name,
    revision: id.revision,
    hubUrl: connection.settings.endpoint,
    fetch: connection.fetchFor(id, tries),
  };
  const { sha } =
    id.kind === 'model'
      ? await modelInfo({ ...asked, additionalFields: ['sha'] })
      : await datasetInfo({ ...asked, additionalFields: ['sha'] });
  if (typeof sha !== 'string' || !isCommit(sha)) throw notAHub(connection, id, `the commit ${inBrief(sha)}`);
  return sha;
}

async function askListing(connection: Connection, id: HubId, tries?: number): Promise<RemoteFile[]> {
  const { listFiles } = await import('@huggingface/hub');
  const files = new Map<string, RemoteFile>();
  const entries = listFiles({
    repo: { type: id.kind, name: id.name },
    revision: id.revision,
    recursive: true,
    hubUrl: connection.settings.endpoint,
    fetch: connection.fetchFor(id, tries),
  });
  for await (const { type, path, size, oid, lfs, xetHash } of entries) {
    if (type !== 'file') continue;
    const file = { path, size: lfs?.size ?? size, oid: oid ?? '', sha256: lfs?.oid, xetHash };
    if (!isRemoteFile(file)) throw notAHub(connection, id, `the entry ${inBrief(file)}`);
    files.set(path, file);
  }
  return [...files.values()];
}

/** Whether an entry is one: its hashes become names of files. */
function isRemoteFile({ path, size, oid, sha256 }: RemoteFile): boolean {
  return (
    typeof path === 'string' &&
    Number.isSafeInteger(size) &&
    size >= 0 &&
    /^([0-9a-f]{40}|[0-9a-f]{64})$/.test(oid) &&
    (sha256 === undefined || /^[0-9a-f]{64}$/.test(sha256))
  );
}

function notAHub({ settings }: Connection, id: HubId, found: string): HubError {
  return new HubError(`${settings.host}: for ${labelOf(id)} found ${found}, which no Hub says`, 'wrong');
}

function chosen(id: HubId, choose: Choice, listing: readonly RemoteFile[]): RemoteFile[] {
  const byPath = new Map(listing.map(file => [file.path, file]));
  try {
    return choose([...byPath.keys()]).map(path => {
      checkPath(path);
      return byPath.get(path)!;
    });
  } catch (error) {
    if (error instanceof InputError) throw new InputError(`${labelOf(id)}: ${printable(error.message)}`);
    throw error;
  }
}

/** A sentence that names what a stranger named, on one line and without control of the terminal. */
function printable(sentence: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
  return sentence.replace(/[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, '�');
}

async function fetchAll(
  connection: Connection,
  repository: CachedRepository,
  id: HubId,
  commit: string,
  wanted: readonly RemoteFile[],
  onProgress: HubOptions['onProgress'],
): Promise<void> {
  const missing = wanted.filter(({ path, size }) => !repository.has(commit, path, size));
  const bytes = (files: readonly RemoteFile[]) => files.reduce((sum, { size }) => sum + size, 0);
  const total = bytes(wanted);
  let before = total - bytes(missing);
  for (const file of missing) {
    let told = -1;
    const tell = (bytes: number) => {
      if (bytes !== told) onProgress?.({ file: file.path, done: before + bytes, total });
      told = bytes;
    };
    await fetchBlob(connection, repository, id, commit, file, tell);
    repository.place(blobName(file), commit, file.path);
    tell(file.size);
    before += file.size;
  }
}

/** For what only spares a later request: a cache that may only be read still serves what it has. */
function attempt(work: () => void): void {
  try {
    work();
  } catch {
    // A later request says what is wrong, if it is.
  }
}
