/**
 * The run store: one folder a training, named by the hash of everything that determines its result. What is there is
 * read, what is missing is made, and what was cut short goes on from its last epoch.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { toCsv } from '../csv';
import { InputError } from '../errors';
import type { Scores } from '../evaluation/scores';
import { writeFileAtomically } from '../files';
import { isLocked, withLock } from '../lock';
import {
  type Checkpoint,
  encodeSafetensors,
  loadCheckpoint,
  loadSafetensors,
  saveCheckpoint,
} from '../model/checkpoint';
import type { ModelConfig } from '../model/config';
import type { Loss } from '../training/losses';
import type { HistoryRow, TrainingSettings, TrainingState } from '../training/trainer';
import type { Role, RunIntervals } from './study';

/** Everything that determines the result of a training. */
export interface RunConfig {
  readonly role: Role;
  readonly loss: Loss;
  readonly criticalTypes: readonly string[];
  /** Digests, SHA-256 in hexadecimal. */
  readonly corpus: string;
  readonly tokenizer: string;
  readonly initialWeights: string;
  /** Of the numerical source of this library. */
  readonly source: string;
  readonly model: ModelConfig;
  /** Longest sequence in pieces; the model may have more positions. */
  readonly maxLength: number;
  readonly training: TrainingSettings;
  /** Id of the run whose model teaches; `null` without a teacher. */
  readonly teacher: string | null;
  readonly engine: string;
}

/** `metrics.json`: nothing in it depends on the clock or on chance, so that two runs of one id are equal in bytes. */
export interface RunMetrics {
  readonly parameters: number;
  readonly validation: Scores;
  readonly test: Scores;
  readonly intervals: RunIntervals;
  /** On validation, after each epoch. */
  readonly epochs: readonly Scores[];
  /** What the longest sequence cut off in the test part. */
  readonly truncated: { readonly words: number; readonly entities: number };
}

/** A folder of the store, done or not. */
export interface StoredRun {
  readonly id: string;
  /** `begun`: cut short after an epoch, or before it; `damaged`: a file that it must have cannot be read. */
  readonly state: 'done' | 'begun' | 'damaged';
  /** Which file of a damaged run, and what is wrong with it; `null` for the others. */
  readonly damage: string | null;
  /** Whether a living process is making it. */
  readonly locked: boolean;
  /** `null` where it was not written yet, and in a damaged run. */
  readonly config: RunConfig | null;
  readonly metrics: RunMetrics | null;
  /** Name of its student in the plan that asked for the run last; `null` for a teacher, or where it was not kept. */
  readonly student: string | null;
  /** Of all its files. */
  readonly bytes: number;
}

/** What a finished run leaves. */
export interface RunArtefacts {
  readonly checkpoint: Checkpoint;
  readonly tokenizer: string;
  readonly metrics: RunMetrics;
  readonly history: readonly HistoryRow[];
  /** CoNLL columns: word, gold, predicted, on the test part. */
  readonly predictions: string;
}

/** Has transformers take `tokenizer.json` as it stands; BERT's own class would drop case whatever it says. */
const TOKENIZER_CONFIG = {
  tokenizer_class: 'PreTrainedTokenizerFast',
  pad_token: '[PAD]',
  unk_token: '[UNK]',
  cls_token: '[CLS]',
  sep_token: '[SEP]',
  mask_token: '[MASK]',
};

const DONE = 'done';
/** Of a run: the test part's words, gold and predicted tags. */
export const PREDICTIONS_FILE = 'predictions.conll';
const STUDENT_FILE = 'student.json';
const ID_LENGTH = 16;
/** What is read of any run, whatever made it: a file that lacks one of these is not what its name says. */
const CONFIG_FIELDS = [
  'role',
  'loss.kind',
  'criticalTypes',
  'initialWeights',
  'source',
  'model.architecture',
  'model.layers',
  'model.hiddenSize',
  'training.seed',
  'teacher',
];
const METRICS_FIELDS = ['parameters'].concat(
  ['validation', 'test'].flatMap(part =>
    ['overall.f1', 'critical.f1', 'coverage', 'byType'].map(field => `${part}.${field}`),
  ),
);
const EPOCH_FOLDER = /^epoch-(\d+)$/;

export function runId(config: RunConfig): string {
  return createHash('sha256').update(canonicalJson(config)).digest('hex').slice(0, ID_LENGTH);
}

export class RunStore {
  /** @param folder the study's output folder; runs stand in `runs/` under it */
  constructor(readonly folder: string) {}

  pathOf(id: string, ...parts: string[]): string {
    return join(this.folder, 'runs', id, ...parts);
  }

  /** Held while the run is made. */
  lockFile(id: string): string {
    return this.pathOf(id, 'lock');
  }

  isDone(id: string): boolean {
    return existsSync(this.pathOf(id, DONE));
  }

  /** Every folder of the store, by id. */
  list(): StoredRun[] {
    return this.ids().map(id => this.stored(id));
  }

  /**
   * The run whose id begins so.
   * @throws InputError where there is none, or more than one
   */
  find(prefix: string): StoredRun {
    return this.stored(this.idOf(prefix));
  }

  /** The id that begins so; errors as `find`. */
  idOf(prefix: string): string {
    const folder = join(this.folder, 'runs');
    const ids = this.idsFrom(prefix);
    if (ids.length === 0)
      throw new InputError(`${folder}: there is no run "${prefix}"; "runs list" shows those that there are`);
    if (ids.length > 1)
      throw new InputError(
        `${folder}: "${prefix}" is the beginning of ${ids.length} runs, ${ids.join(', ')}; expected that of one`,
      );
    return ids[0];
  }

  /** The ids that begin so; a whole id stands for itself alone, an empty text for none. */
  idsFrom(prefix: string): string[] {
    const ids = this.ids();
    if (ids.includes(prefix)) return [prefix];
    return prefix === '' ? [] : ids.filter(id => id.startsWith(prefix));
  }

  private ids(): string[] {
    const folder = join(this.folder, 'runs');
    if (!existsSync(folder)) return [];
    return readdirSync(folder, { withFileTypes: true })
      .filter(entry => entry.isDirectory())
      .map(({ name }) => name)
      .sort();
  }

  private stored(id: string): StoredRun {
    const files = readdirSync(this.pathOf(id), { recursive: true, encoding: 'utf8' });
    return {
      id,
      ...this.contentOf(id),
      locked: isLocked(this.lockFile(id)),
      student: this.studentOf(id),
      bytes: files.reduce(
        (sum, file) => sum + (statSync(this.pathOf(id, file), { throwIfNoEntry: false })?.size ?? 0),
        0,
      ),
    };
  }

  private contentOf(id: string): Pick<StoredRun, 'state' | 'damage' | 'config' | 'metrics'> {
    try {
      if (this.isDone(id))
        return { state: 'done', damage: null, config: this.config(id), metrics: this.metrics(id) };
      const config = existsSync(this.pathOf(id, 'config.json')) ? this.config(id) : null;
      return { state: 'begun', damage: null, config, metrics: null };
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      return { state: 'damaged', damage: error.message, config: null, metrics: null };
    }
  }

  /**
   * Deletes a run, unless another process is making it. What only it needed is found by `leftovers`.
   * @throws InputError where one is
   */
  async remove(id: string): Promise<void> {
    await withLock(this.lockFile(id), `the run ${id}`, async () =>
      rmSync(this.pathOf(id), { recursive: true, force: true }),
    );
  }

  /** Keeps the name that a plan has for the run's student: a run does not depend on it, a reader of the list does. */
  nameStudent(id: string, student: string): void {
    if (this.studentOf(id) !== student)
      writeFileAtomically(this.pathOf(id, STUDENT_FILE), prettyJson({ name: student }));
  }

  private studentOf(id: string): string | null {
    const file = this.pathOf(id, STUDENT_FILE);
    try {
      return existsSync(file) ? readObject<{ name: string }>(file, ['name']).name : null;
    } catch {
      // Only a name, which the next plan that asks for the run writes anew.
      return null;
    }
  }

  /** Throws an `InputError` where the file is not there or is not what a run leaves; so does `metrics`. */
  config(id: string): RunConfig {
    return readObject(this.pathOf(id, 'config.json'), CONFIG_FIELDS);
  }

  metrics(id: string): RunMetrics {
    return readObject(this.pathOf(id, 'metrics.json'), METRICS_FIELDS);
  }

  checkpoint(id: string): Checkpoint {
    return loadCheckpoint(this.pathOf(id, 'model'));
  }

  /** File of the test part's words, gold and predicted tags. */
  predictionsFile(id: string): string {
    return this.pathOf(id, PREDICTIONS_FILE);
  }

  /** Writes a finished run. The marker comes last: a folder without it is not a run yet. */
  finish(id: string, config: RunConfig, artefacts: RunArtefacts): void {
    const { checkpoint, tokenizer, metrics, history, predictions } = artefacts;
    writeFileAtomically(this.pathOf(id, 'config.json'), prettyJson(config));
    writeFileAtomically(this.pathOf(id, 'metrics.json'), prettyJson(metrics));
    writeFileAtomically(this.pathOf(id, 'history.csv'), toCsv(history, 'unix'));
    writeFileAtomically(this.predictionsFile(id), predictions);
    saveCheckpoint(this.pathOf(id, 'model'), checkpoint);
    writeFileAtomically(this.pathOf(id, 'model', 'tokenizer.json'), tokenizer);
    const tokenizerConfig = { ...TOKENIZER_CONFIG, model_max_length: checkpoint.config.maxPositions };
    writeFileAtomically(this.pathOf(id, 'model', 'tokenizer_config.json'), prettyJson(tokenizerConfig));
    writeFileAtomically(this.pathOf(id, DONE), '');
    rmSync(this.pathOf(id, 'partial'), { recursive: true, force: true });
  }

  /** Keeps the state after an epoch; the one before it is dropped only when this one is whole. */
  saveEpoch(id: string, config: RunConfig, state: TrainingState<Scores>): void {
    const partial = this.pathOf(id, 'partial');
    const before = existsSync(partial) ? readdirSync(partial) : [];
    const temporary = join(partial, `incomplete-${process.pid}`);
    rmSync(temporary, { recursive: true, force: true });
    mkdirSync(temporary, { recursive: true });
    const { epoch, parameters, optimizer, history, validations } = state;
    writeFileAtomically(join(temporary, 'parameters.safetensors'), encodeSafetensors(parameters));
    writeFileAtomically(
      join(temporary, 'first-moments.safetensors'),
      encodeSafetensors(optimizer.firstMoments),
    );
    writeFileAtomically(
      join(temporary, 'second-moments.safetensors'),
      encodeSafetensors(optimizer.secondMoments),
    );
    writeFileAtomically(
      join(temporary, 'state.json'),
      JSON.stringify({ epoch, steps: optimizer.steps, history, validations }),
    );
    writeFileAtomically(this.pathOf(id, 'config.json'), prettyJson(config));
    rmSync(join(partial, `epoch-${epoch}`), { recursive: true, force: true });
    renameSync(temporary, join(partial, `epoch-${epoch}`));
    for (const name of before)
      if (name !== `epoch-${epoch}`) rmSync(join(partial, name), { recursive: true, force: true });
  }

  /** The last epoch that a training was cut short after; `undefined` where none was finished. */
  lastEpoch(id: string): number | undefined {
    const partial = this.pathOf(id, 'partial');
    if (!existsSync(partial)) return undefined;
    const epochs = readdirSync(partial).flatMap(name => EPOCH_FOLDER.exec(name)?.[1] ?? []);
    return epochs.length > 0 ? Math.max(...epochs.map(Number)) : undefined;
  }

  loadEpoch(id: string): TrainingState<Scores> | undefined {
    const last = this.lastEpoch(id);
    if (last === undefined) return undefined;
    const at = (name: string) => this.pathOf(id, 'partial', `epoch-${last}`, name);
    const state = JSON.parse(readFileSync(at('state.json'), 'utf8')) as {
      epoch: number;
      steps: number;
      history: HistoryRow[];
      validations: Scores[];
    };
    return {
      epoch: state.epoch,
      history: state.history,
      validations: state.validations,
      parameters: loadSafetensors(at('parameters.safetensors')),
      optimizer: {
        steps: state.steps,
        firstMoments: loadSafetensors(at('first-moments.safetensors')),
        secondMoments: loadSafetensors(at('second-moments.safetensors')),
      },
    };
  }
}

/** A file's JSON object, checked for fields that it must have, such as `loss.kind`. */
function readObject<T>(file: string, fields: readonly string[]): T {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') throw new InputError(`${file}: there is no such file, but a finished run has one`);
    throw new InputError(
      code ? `${file}: the file cannot be read (${code})` : `${file}: not JSON (${message})`,
    );
  }
  const at = (path: string) =>
    path.split('.').reduce<unknown>((part, name) => (part as Record<string, unknown> | null)?.[name], value);
  const lacking = fields.find(field => at(field) === undefined);
  if (lacking !== undefined)
    throw new InputError(`${file}: found no "${lacking}", which every run has there`);
  return value as T;
}

/** JSON whose text does not depend on the order in which an object's fields were written. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, field) =>
    field && typeof field === 'object' && !Array.isArray(field)
      ? Object.fromEntries(Object.entries(field).sort(([a], [b]) => (a < b ? -1 : 1)))
      : field,
  );
}

export function prettyJson(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
