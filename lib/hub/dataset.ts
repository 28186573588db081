/**
 * The data files of a data set on the Hugging Face Hub: which of a repository's files are the parts (*splits*) of which
 * variant (*configuration*), told by their names, as the Hub's own viewer and Python's `datasets` tell them.
 */
import { join } from 'node:path';
import { group } from 'd3-array';
import { InputError } from '../errors';
import { listed, listedBriefly } from '../listed';
import { CachedRepository, checkPath } from './cache';
import { isCommit, isRepositoryName, labelOf, MAIN, revisionOf } from './id';
import { HubError } from './requests';
import { type Environment, hubSettings } from './settings';
import { type HubOptions, type Snapshot, snapshot } from './snapshot';

export const DATASET_PREFIX = 'hf:';

const AFTER_A_REVISION = 'a revision may have slashes: after one, a split needs :configuration';

/** How a data set of the Hub is named, for help texts and messages. */
export const DATASET_PLACES = `hf:organisation/name, with @revision, :configuration and /split where they are wanted, such as hf:eriktks/conll2003, hf:organisation/name/train or hf:organisation/name@main:en/train (${AFTER_A_REVISION})`;

export interface DatasetFile {
  readonly file: string;
  /** As the repository names it: `train`, `validation`, `test`, …. Files of one split follow one another. */
  readonly split: string;
}

/** What a cache has of a data set. */
export interface CachedDataset {
  readonly name: string;
  readonly folder: string;
  readonly configuration: string;
  readonly files: readonly DatasetFile[];
}

export interface ResolvedDataset extends CachedDataset {
  /** How to name it so that it stays the same. */
  readonly pinned: string;
}

/** Where the Hub keeps what it has converted to Parquet of every public data set. */
const CONVERTED = 'refs/convert/parquet';

/** Endings of data files, the best first: where a data set has several, one is taken. */
const ENDINGS = ['parquet', 'jsonl', 'json', 'conllu', 'conll', 'iob2', 'bio', 'txt', 'tsv', 'csv'];

/** Words in a file's name that say of which split it is. */
const SPLITS: readonly (readonly [string, RegExp])[] = [
  ['train', /^train(ing)?$/],
  ['validation', /^(validation|valid|val|dev|development|eval|testa)$/],
  ['test', /^(test|testing|testb)$/],
];

/** What describes the columns of a data set, at its top; downloaded with it. */
const DESCRIPTIONS = ['README.md', 'dataset_infos.json', 'dataset_info.json', 'labels.txt'];

interface Wish {
  readonly name: string;
  readonly revision?: string;
  readonly configuration?: string;
  readonly splits: readonly string[];
}

interface DataFile {
  readonly path: string;
  readonly configuration: string;
  readonly split: string;
  readonly ending: string;
  /** Which of how many, where a split is in several files. */
  readonly part?: number;
  readonly parts?: number;
}

/**
 * @param text `hf:organisation/name[@revision][:configuration][/split…]`; without a revision what the Hub converted to
 * Parquet is taken, else the data files of `main`
 * @throws InputError where the text names no data set, or it cannot be had, or has no such configuration or split
 */
export async function resolveDataset(text: string, options: HubOptions = {}): Promise<ResolvedDataset> {
  const wish = wishOf(text);
  const from = (revision: string) =>
    snapshot(
      { kind: 'dataset', name: wish.name, revision },
      paths => {
        const data = picked(paths, wish).map(({ path }) => path);
        return data.length === 0 ? [] : [...data, ...DESCRIPTIONS.filter(each => paths.includes(each))];
      },
      options,
    );
  const found = await (wish.revision === undefined
    ? convertedOrMain(from)
    : from(wish.revision).catch(error => {
        throw asMeant(error, wish.revision!);
      }));
  const files = picked(found.files, wish);
  if (files.length === 0)
    throw new InputError(
      `${wish.name}: found no data files; expected files such as train.parquet, data/train-00000-of-00001.parquet or train.jsonl`,
    );
  const [{ configuration }] = files;
  const pinned = labelOf({ kind: 'dataset', name: wish.name, revision: found.commit });
  return {
    name: wish.name,
    folder: found.folder,
    pinned: `${DATASET_PREFIX}${pinned}:${configuration}${wish.splits.map(split => `/${split}`).join('')}`,
    configuration,
    files: filesIn(found.folder, files),
  };
}

function filesIn(folder: string, files: readonly DataFile[]): DatasetFile[] {
  return files.map(({ path, split }) => ({ file: join(folder, path), split }));
}

/**
 * A data set that `resolveDataset` has brought, by its pinned name, without asking the Hub.
 * @throws InputError where the name is not pinned, and where the cache has it not
 */
export function cachedDataset(pinned: string, environment?: Environment): CachedDataset {
  const wish = wishOf(pinned);
  const { name, revision = MAIN } = wish;
  const repository = new CachedRepository(hubSettings(environment).cache, {
    kind: 'dataset',
    name,
    revision,
  });
  const paths = repository.listing(revision)?.map(({ path }) => path) ?? repository.filesIn(revision);
  const files = isCommit(revision) ? picked(paths, wish) : [];
  for (const { path } of files) checkPath(path);
  if (files.length === 0 || !files.every(({ path }) => repository.has(revision, path)))
    throw new InputError(
      `${pinned}: the data set is not in the cache by this name; expected one that was brought, as "bringDataset" names it by its commit`,
    );
  const folder = repository.snapshot(revision);
  const [{ configuration }] = files;
  return { name, folder, configuration, files: filesIn(folder, files) };
}

/** A data set brought into the cache, by the name that stays, with which `cachedDataset` finds it. */
export async function bringDataset(text: string, options?: HubOptions): Promise<string> {
  return (await resolveDataset(text, options)).pinned;
}

/** Whether a text names a data set of the Hub, not a path. */
export function isDatasetName(text: string): boolean {
  return text.startsWith(DATASET_PREFIX);
}

/** Whoever writes `@main/train` means the split of a revision. */
function asMeant(error: unknown, revision: string): unknown {
  if (!(error instanceof HubError && error.failure === 'no revision' && revision.includes('/'))) return error;
  return new HubError(`${error.message} (${AFTER_A_REVISION})`, error.failure);
}

async function convertedOrMain(from: (revision: string) => Promise<Snapshot>): Promise<Snapshot> {
  try {
    const converted = await from(CONVERTED);
    if (converted.files.length > 0) return converted;
  } catch (error) {
    if (!(error instanceof HubError)) throw error;
    // A cache may have the one and not the other.
    if (error.failure === 'unreachable')
      return from(MAIN).catch(() => {
        throw error;
      });
    if (error.failure !== 'no revision') throw error;
  }
  return from(MAIN);
}

function wishOf(text: string): Wish {
  const form =
    /^hf:(?<name>[^/@:]+\/[^/@:]+)(?:@(?<revision>[^:]+))?(?::(?<configuration>[^/]*))?(?<splits>(?:\/[^/]+)*)$/;
  const { name, revision, configuration, splits } = form.exec(text)?.groups ?? {};
  if (name === undefined || !isRepositoryName(name))
    throw new InputError(`${JSON.stringify(text)}: expected ${DATASET_PLACES}`);
  return {
    name,
    revision: revision === undefined ? undefined : revisionOf(revision, text),
    configuration: configuration || undefined,
    splits: splits.split('/').slice(1),
  };
}

/** Some data sets have a configuration for each of hundreds of languages. */
const MOST_NAMED = 30;

/** The files of the configuration and the splits that are wished for, split by split; none where there are no data files. */
function picked(paths: readonly string[], wish: Wish): DataFile[] {
  const files = dataFiles(paths);
  if (files.length === 0) return [];
  const configurations = group(files, file => file.configuration);
  const names = [...configurations.keys()].sort();
  const name = wish.configuration ?? (names.length === 1 ? names[0] : names.find(each => each === 'default'));
  if (name === undefined)
    throw new InputError(
      `found the configurations ${listedBriefly(names, MOST_NAMED)}; name one, such as hf:${wish.name}:${names[0]}`,
    );
  const ofName = configurations.get(name);
  if (!ofName)
    throw new InputError(
      `found the configurations ${listedBriefly(names, MOST_NAMED)}, expected ${JSON.stringify(name)}`,
    );
  const ending = ENDINGS.find(each => ofName.some(file => file.ending === each));
  const splits = group(
    ofName.filter(file => file.ending === ending),
    file => file.split,
  );
  const wanted =
    wish.splits.length > 0 ? wish.splits.map(split => splitNamed(split, splits)) : [...splits.keys()];
  return wanted.flatMap(split => checkedParts(split, splits.get(split)!));
}

function splitNamed(asked: string, splits: ReadonlyMap<string, unknown>): string {
  const split = [asked, splitOf(asked)].find(name => name !== undefined && splits.has(name));
  if (split === undefined)
    throw new InputError(
      `found the splits ${listedBriefly([...splits.keys()], MOST_NAMED)}, expected ${JSON.stringify(asked)}`,
    );
  return split;
}

/** The files of a split in order. @throws InputError where they are not one whole */
function checkedParts(split: string, files: readonly DataFile[]): DataFile[] {
  const sorted = [...files].sort((a, b) => (a.part ?? 0) - (b.part ?? 0));
  const whole = sorted.every(({ part }, i) => part === i || (part === undefined && sorted.length === 1));
  const parts = sorted[0].parts ?? sorted.length;
  if (!whole || sorted.length !== parts)
    throw new InputError(
      `found ${listed(
        sorted.slice(0, 5).map(({ path }) => path),
        'and',
      )} for the split "${split}"; expected one file, or all ${parts} parts of one`,
    );
  return sorted;
}

/** What the names of files say. Where there are files that the Hub converted, they alone count. */
function dataFiles(paths: readonly string[]): DataFile[] {
  const converted = paths.flatMap(path => {
    const [, configuration, split, part] = /^([^/]+)\/([^/]+)\/(\d+)\.parquet$/.exec(path) ?? [];
    return part === undefined ? [] : [{ path, configuration, split, ending: 'parquet', part: Number(part) }];
  });
  for (const { split, path } of converted)
    if (split.startsWith('partial-'))
      throw new InputError(
        `found ${path}: the Hub has converted only the beginning of this split; expected the whole, as hf:organisation/name@main may have it`,
      );
  if (converted.length > 0) return converted;
  return paths.flatMap(path => {
    const [, folder, stem, part, parts, ending] =
      /^(?:([^/]+)\/)?([^/]+?)(?:-(\d{5})-of-(\d{5}))?\.(\w+)$/.exec(path) ?? [];
    if (ending === undefined || !ENDINGS.includes(ending)) return [];
    const split = splitOf(stem) ?? (part === undefined ? undefined : stem);
    if (split === undefined) return [];
    const configuration = folder === undefined || folder === 'data' ? 'default' : folder;
    const numbers = part === undefined ? {} : { part: Number(part), parts: Number(parts) };
    return [{ path, configuration, split, ending, ...numbers }];
  });
}

/** The split that a name speaks of: `eng.testa`, `wnut17-dev`, `train_en`. */
function splitOf(name: string): string | undefined {
  const words = name.toLowerCase().split(/[^a-z]+/);
  return SPLITS.find(([, word]) => words.some(each => word.test(each)))?.[0];
}
