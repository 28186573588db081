/**
 * The identity of the code that computes: part of every run's, so that a changed loss never reads a run of the old one. A
 * run is its training and its predictions; what reads corpora, scores and shows them is no part of it.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import type { Architecture } from '../model/architectures';
import { describeMachine } from '../resources/machine';
import { lossKind } from '../training/losses';
import type { Loss } from '../training/losses/loss';
import type { GivenConfig, RunConfig } from './run-config';

const LIBRARY = join(__dirname, '..');
/** Folders of the library whose code determines what is trained and predicted. */
const NUMERICAL_FOLDERS = ['tokenization', 'model', 'engine', 'inference', 'training'];
/** Folders with a file for each kind: only the file of a run's own kind counts, so that a new one changes no run. */
const KINDS = { architectures: 'model/architectures', losses: 'training/losses' };
/** What the files of all kinds share. */
const SHARED = ['model/architectures/architecture.ts', 'training/losses/loss.ts'];
/** Single files: what is drawn, which classes there are, and of the experiment what puts a training together. */
const NUMERICAL_FILES = [
  'random.ts',
  'corpus/labels.ts',
  'experiment/make-run.ts',
  'experiment/pretrained.ts',
  'experiment/threads.ts',
];

/** Packages that compute, whose versions count as source. */
const NUMERICAL_PACKAGES = [
  'onnxruntime-node',
  '@tensorflow/tfjs',
  '@tensorflow/tfjs-backend-wasm',
  '@huggingface/tokenizers',
];

/** A digest of the numerical source for models of an architecture, losses apart. @param library another copy of `lib` */
export function sourceDigest(architecture: Architecture, library = LIBRARY): string {
  return once(`model ${architecture}`, library, () => [
    ...NUMERICAL_FOLDERS.flatMap(folder => sourcesIn(folder, library)).filter(file => !isOfAKind(file)),
    ...NUMERICAL_FILES,
    ...SHARED,
    ...withNeighbours(`${KINDS.architectures}/${architecture}.ts`, library),
  ]);
}

/**
 * A digest of the code that asks a teacher which was given.
 * @param architecture `null` where it is no model of this library
 */
export function givenDigest(architecture: Architecture | null, library = LIBRARY): string {
  return once(`given ${architecture}`, library, () => [
    ...['tokenization', 'inference'].flatMap(folder => sourcesIn(folder, library)),
    ...(architecture === null
      ? []
      : [
          ...['model', 'engine']
            .flatMap(folder => sourcesIn(folder, library))
            .filter(file => !isOfAKind(file)),
          ...withNeighbours(`${KINDS.architectures}/${architecture}.ts`, library),
          'model/architectures/architecture.ts',
        ]),
    'experiment/given-teacher.ts',
    'experiment/teacher-logits.ts',
    'experiment/pretrained.ts',
  ]);
}

/** A digest of the code that makes scores, and their intervals, of predictions. */
export function scoringDigest(library = LIBRARY): string {
  return once('scores', library, () => [
    ...['corpus', 'evaluation'].flatMap(folder => sourcesIn(folder, library)),
    'experiment/metrics.ts',
    'experiment/model-size.ts',
    'resources/parameters.ts',
    'resources/quantile.ts',
    'random.ts',
  ]);
}

/** A digest of the code that rounds models to 8 bits and has them predict, and of the runtime that computes. */
export function quantizationDigest(library = LIBRARY): string {
  return once('models in 8 bits', library, () => [
    ...sourcesIn('inference', library),
    'experiment/quantize-run.ts',
  ]);
}

/** What a run's id says of its loss: name, settings, and the digest of its source file, or the text of one's own. */
export function identityOfLoss({ name, settings, origin }: Loss, library = LIBRARY): RunConfig['loss'] {
  if ('text' in origin) return { name, settings, source: origin.text };
  const file = nameOf(origin.file, LIBRARY);
  return { name, settings, source: once(`loss ${file}`, library, () => withNeighbours(file, library)) };
}

/** Whether a run was made by the source that is here. */
export function isOfThisSource(config: RunConfig | GivenConfig): boolean {
  if ('given' in config) return config.source === givenDigest(config.model?.architecture ?? null);
  const { loss, model, source } = config;
  if (source !== sourceDigest(model.architecture)) return false;
  const kind = lossKind(loss.name);
  return kind === undefined || identityOfLoss(kind()).source === loss.source;
}

function isOfAKind(file: string): boolean {
  return Object.values(KINDS).some(folder => file.startsWith(`${folder}/`));
}

function sourcesIn(folder: string, library: string): string[] {
  return readdirSync(join(library, folder), { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile() && entry.name.endsWith('.ts'))
    .map(entry => nameOf(join(entry.parentPath ?? entry.path, entry.name), library));
}

function nameOf(file: string, library: string): string {
  return relative(library, file).replaceAll('\\', '/');
}

/** The file of a kind with those of other kinds from which it takes something. */
function withNeighbours(file: string, library: string): string[] {
  const folder = dirname(file);
  const found = new Set<string>();
  const add = (each: string): void => {
    if (found.has(each)) return;
    found.add(each);
    const text = readFileSync(join(library, each), 'utf8');
    for (const [, name] of text.matchAll(/from '\.\/([\w-]+)'/g)) add(`${folder}/${name}.ts`);
  };
  add(file);
  return [...found];
}

const known = new Map<string, string>();

/** The digest of files and of the packages that compute, taken once a process. */
function once(what: string, library: string, files: () => readonly string[]): string {
  const key = `${what} in ${library}`;
  let digest = known.get(key);
  if (digest === undefined) {
    const hash = createHash('sha256');
    for (const file of [...new Set(files())].sort())
      hash.update(file).update(readFileSync(join(library, file), 'utf8').replaceAll('\r\n', '\n'));
    const { packages } = describeMachine();
    hash.update(JSON.stringify(NUMERICAL_PACKAGES.map(name => [name, packages[name]])));
    digest = hash.digest('hex');
    known.set(key, digest);
  }
  return digest;
}
