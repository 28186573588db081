/** The identity of the code that computes: part of every run's, so that a changed loss never reads a run of the old one. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describeMachine } from '../resources/machine';

/** Folders of this library whose code determines a run's numbers. */
const NUMERICAL_SOURCE = ['corpus', 'tokenization', 'model', 'engine', 'training', 'evaluation'];

/** Of the experiment, what decides where a run starts, how it is made and what its settings are. */
const EXPERIMENT_SOURCE = ['initial-states.ts', 'make-run.ts', 'planned-runs.ts', 'pretrained.ts'];

/** Packages that compute, whose versions count as source. */
const NUMERICAL_PACKAGES = [
  'onnxruntime-node',
  '@tensorflow/tfjs',
  '@tensorflow/tfjs-backend-wasm',
  '@huggingface/tokenizers',
];

let sourceDigestOnce: string | undefined;

/** A digest of the numerical source itself, so that a changed loss never reads a run of the old one. */
export function sourceDigest(): string {
  if (sourceDigestOnce) return sourceDigestOnce;
  const lib = join(__dirname, '..');
  const files = NUMERICAL_SOURCE.flatMap(folder =>
    readdirSync(join(lib, folder), { recursive: true, withFileTypes: true })
      .filter(entry => entry.isFile() && entry.name.endsWith('.ts'))
      .map(entry => join(entry.parentPath ?? entry.path, entry.name)),
  );
  const hash = createHash('sha256');
  const alone = [
    'random.ts',
    'resources/quantile.ts',
    ...EXPERIMENT_SOURCE.map(name => `experiment/${name}`),
  ];
  for (const file of [...files, ...alone.map(name => join(lib, name))].sort())
    hash
      .update(relative(lib, file).replaceAll('\\', '/'))
      .update(readFileSync(file, 'utf8').replaceAll('\r\n', '\n'));
  const { packages } = describeMachine();
  hash.update(JSON.stringify(NUMERICAL_PACKAGES.map(name => [name, packages[name]])));
  sourceDigestOnce = hash.digest('hex');
  return sourceDigestOnce;
}
