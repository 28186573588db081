/** The files of a run's folder, and which of those that stand in one are the store's own: others' are never touched. */
import { readdirSync, rmdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { pathsIn } from '../files';
import { CONFIG_FILE } from '../model/checkpoint';
import { WEIGHTS_FILE } from '../model/weights';
import { TOKENIZER_FILE } from '../tokenizer-files';
import { DONE } from './sealed';

/** Of a run: the test part's words, gold and predicted tags. */
export const PREDICTIONS_FILE = 'predictions.conll';
export const VALIDATION_FILE = 'validation.conll';
export const RUN_CONFIG_FILE = 'config.json';
export const METRICS_FILE = 'metrics.json';
export const RECORD_FILE = 'training.json';
export const HISTORY_FILE = 'history.csv';
export const PART_FILE = 'part.json';
/** That its training came to numbers that are none, and where. */
export const DIVERGED_FILE = 'diverged.json';
export const LOCK_FILE = 'lock';
export const MODEL_FOLDER = 'model';
export const TOKENIZER_CONFIG_FILE = 'tokenizer_config.json';
export const PARTIAL_FOLDER = 'partial';
/** What the model in 8 bits predicted, in files of the names that the run's own have. */
export const QUANTIZED_FOLDER = 'int8';
/** Of that model, and what it was made of. */
export const QUANTIZED_RECORD_FILE = 'model.json';
/** Of an epoch. */
export const STATE_FILE = 'state.json';
export const EPOCH_TENSORS = {
  parameters: 'parameters.safetensors',
  firstMoments: 'first-moments.safetensors',
  secondMoments: 'second-moments.safetensors',
} as const;

/** Names that others give files, too. */
const USUAL = [RUN_CONFIG_FILE, METRICS_FILE, HISTORY_FILE, ...inModel(CONFIG_FILE, WEIGHTS_FILE)];
const PECULIAR = [
  DONE,
  LOCK_FILE,
  PART_FILE,
  DIVERGED_FILE,
  RECORD_FILE,
  PREDICTIONS_FILE,
  VALIDATION_FILE,
  ...inModel(TOKENIZER_FILE, TOKENIZER_CONFIG_FILE),
  ...[DONE, QUANTIZED_RECORD_FILE, VALIDATION_FILE, PREDICTIONS_FILE, METRICS_FILE].map(
    name => `${QUANTIZED_FOLDER}/${name}`,
  ),
];
const OF_EPOCH = [DONE, STATE_FILE, ...Object.values(EPOCH_TENSORS)];
/** A write that was cut short, and what is left of taking a lock. */
const UNFINISHED =
  /(?:\.[0-9a-f]{8}-\d+)?\.\d+\.tmp$|(?<=^lock)-(?:(?:after-)?(?:[0-9a-f]{12}|none)|\d+(?:-void)?)$/;
const EPOCH_PATH = /^partial\/(?:epoch|incomplete)-\d+\//;
const OWN_FOLDER = /^(?:model|int8|partial|partial\/(?:epoch|incomplete)-\d+)$/;
const RUN_ID = /^[0-9a-f]{16}$/;

function inModel(...names: readonly string[]): string[] {
  return names.map(name => `${MODEL_FOLDER}/${name}`);
}

/** What stands in a folder of runs, as paths within it with `/`. */
export interface RunFiles {
  readonly own: readonly string[];
  readonly foreign: readonly string[];
  /** Of its own files. */
  readonly bytes: number;
}

/**
 * What stands in a folder; `null` where it is no run: a run's folder has an id for its name, and in it something that only
 * a run has, or nothing at all.
 */
export function runFilesIn(folder: string, id: string): RunFiles | null {
  if (!RUN_ID.test(id)) return null;
  const files = pathsIn(folder);
  const own = files.filter(isOwn);
  const isRun = files.length === 0 || own.some(isPeculiar);
  if (!isRun) return null;
  const bytes = own.reduce(
    (sum, file) => sum + (statSync(join(folder, file), { throwIfNoEntry: false })?.size ?? 0),
    0,
  );
  return { own, foreign: files.filter(file => !isOwn(file)), bytes };
}

/** Deletes a run's own files, and its folders that are empty then. */
export function removeRunFiles(folder: string, { own }: RunFiles): void {
  for (const file of own) rmSync(join(folder, file), { force: true });
  removeIfEmpty(folder);
}

function removeIfEmpty(folder: string, within = ''): void {
  for (const entry of readdirSync(join(folder, within), { withFileTypes: true })) {
    const path = within === '' ? entry.name : `${within}/${entry.name}`;
    if (entry.isDirectory() && OWN_FOLDER.test(path)) removeIfEmpty(folder, path);
  }
  if (readdirSync(join(folder, within)).length === 0) rmdirSync(join(folder, within));
}

function isOwn(file: string): boolean {
  return isPeculiar(file) || USUAL.includes(file.replace(UNFINISHED, ''));
}

function isPeculiar(file: string): boolean {
  const name = file.replace(UNFINISHED, '');
  return (
    PECULIAR.includes(name) || (EPOCH_PATH.test(name) && OF_EPOCH.includes(name.replace(EPOCH_PATH, '')))
  );
}
