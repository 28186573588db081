/**
 * The run store: one folder a training, named by the hash of everything that determines its result. What is there is
 * read, what is missing is made, and what was cut short goes on from its last epoch.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { toCsv } from '../csv';
import { InputError } from '../errors';
import { writeFileAtomically } from '../files';
import { canonicalJson, prettyJson } from '../json';
import { enumerated } from '../listed';
import { isLocked, withLock } from '../lock';
import { type Checkpoint, loadCheckpoint, saveCheckpoint } from '../model/checkpoint';
import { encodeSafetensors, loadSafetensors } from '../model/safetensors';
import type { WordTokenizer } from '../tokenization/tokenizer';
import type { HistoryRow, TrainingState } from '../training/trainer';
import {
  derivation,
  deriveMetrics,
  isTotalCounts,
  type RunMetrics,
  type TotalCounts,
  type TrainingRecord,
} from './metrics';
import type { RunConfig } from './run-config';
import { isOfThisSource } from './source-digest';
import { ROLES, type StudyRun } from './study';

/** What a run is in the study that asked for it last: the run does not depend on it, a reader of the list does. */
export interface RunPart extends Pick<StudyRun, 'role' | 'student' | 'form' | 'beta'> {
  readonly criticalTypes: readonly string[];
}

/** A folder of the store, done or not. */
export interface StoredRun {
  readonly id: string;
  /**
   * `begun`: cut short after an epoch, or before it; `outdated`: made by older source, so that no study reads it;
   * `damaged`: a file that it must have cannot be read.
   */
  readonly state: 'done' | 'begun' | 'outdated' | 'damaged';
  /** Which file of a damaged or outdated run, and what is wrong with it; `null` for the others. */
  readonly damage: string | null;
  /** Whether a living process is making it. */
  readonly locked: boolean;
  /** `null` where it was not written yet, and in a damaged run. */
  readonly config: RunConfig | null;
  readonly metrics: RunMetrics | null;
  /** `null` where it was not kept. */
  readonly part: RunPart | null;
  /** Of all its files. */
  readonly bytes: number;
}

/** What a finished run leaves. */
export interface RunArtefacts {
  readonly checkpoint: Checkpoint;
  readonly tokenizer: Pick<WordTokenizer, 'definition' | 'config'>;
  readonly record: TrainingRecord;
  readonly history: readonly HistoryRow[];
  /** CoNLL columns of each part: word, gold, predicted. */
  readonly predictions: Readonly<Record<'validation' | 'test', string>>;
}

const DONE = 'done';
/** Of a run: the test part's words, gold and predicted tags. */
export const PREDICTIONS_FILE = 'predictions.conll';
const VALIDATION_FILE = 'validation.conll';
const METRICS_FILE = 'metrics.json';
const RECORD_FILE = 'training.json';
const HISTORY_FILE = 'history.csv';
const PART_FILE = 'part.json';
/** What is read of any run, whatever made it: a file that lacks one of these is not what its name says. */
const CONFIG_FIELDS = [
  'loss.name',
  'loss.settings',
  'criticalTypes',
  'initialWeights',
  'source',
  'model.architecture',
  'model.layers',
  'model.hiddenSize',
  'training.seed',
  'teacher',
];
const EPOCH_FOLDER = /^epoch-(\d+)$/;

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
        `${folder}: "${prefix}" is the beginning of ${ids.length} runs, ${enumerated(ids)}; expected that of one`,
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
      part: this.partOf(id),
      bytes: files.reduce(
        (sum, file) => sum + (statSync(this.pathOf(id, file), { throwIfNoEntry: false })?.size ?? 0),
        0,
      ),
    };
  }

  private contentOf(id: string): Pick<StoredRun, 'state' | 'damage' | 'config' | 'metrics'> {
    try {
      const done = this.isDone(id);
      const config = done || existsSync(this.pathOf(id, 'config.json')) ? this.config(id) : null;
      const outdated = config !== null && !isOfThisSource(config);
      return {
        state: outdated ? 'outdated' : done ? 'done' : 'begun',
        damage: null,
        config,
        metrics: done ? this.metrics(id) : null,
      };
    } catch (error) {
      if (error instanceof OutdatedRunError)
        return { state: 'outdated', damage: error.message, config: null, metrics: null };
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

  /** Keeps what a run is in the study that asks for it, where the folder can be written to: it is only for readers. */
  keepPart(id: string, part: RunPart): void {
    if (canonicalJson(this.partOf(id)) !== canonicalJson(part))
      writeIfPossible(this.pathOf(id, PART_FILE), prettyJson(part));
  }

  /** What a run is in the study that asked for it last; `null` where that was not kept. */
  partOf(id: string): RunPart | null {
    const file = this.pathOf(id, PART_FILE);
    try {
      const part = existsSync(file) ? readObject<RunPart>(file, []) : null;
      return part && isPart(part) ? part : null;
    } catch {
      // Only for readers; the next plan that asks for the run writes it anew.
      return null;
    }
  }

  /**
   * What determines a run.
   * @throws InputError where the file is not there, is not what a run leaves, or is what an older version left
   */
  config(id: string): RunConfig {
    const file = this.pathOf(id, 'config.json');
    const older = readObject<{ readonly loss?: { readonly kind?: unknown } } | null>(file, []);
    if (older?.loss?.kind !== undefined) throw new OutdatedRunError(file);
    return readObject(file, CONFIG_FIELDS);
  }

  /**
   * The scores of a finished run, read where they were derived by the code that is here, else derived from its predictions
   * and kept, where the folder can be written to.
   * @param criticalTypes default: those of the study that asked for the run last, or that the scores were kept for
   * @throws InputError as `config` does, and where what they are derived from cannot be read
   */
  metrics(id: string, criticalTypes?: readonly string[]): RunMetrics {
    const config = this.config(id);
    const file = this.pathOf(id, METRICS_FILE);
    const kept = keptMetrics(file);
    const critical =
      criticalTypes ??
      this.partOf(id)?.criticalTypes ??
      config.criticalTypes ??
      kept?.derived.criticalTypes ??
      [];
    if (canonicalJson(kept?.derived ?? null) === canonicalJson(derivation(critical))) return kept!;
    const files = { validation: this.pathOf(id, VALIDATION_FILE), test: this.predictionsFile(id) };
    const metrics = deriveMetrics(files, config, this.record(id), critical);
    writeIfPossible(file, prettyJson(metrics));
    return metrics;
  }

  private record(id: string): TrainingRecord {
    const file = this.pathOf(id, RECORD_FILE);
    const record = readObject<TrainingRecord>(file, [
      'epochs',
      'truncated.words',
      'truncated.entities',
      'notes',
    ]);
    if (!Array.isArray(record.epochs) || !record.epochs.every(isTotalCounts))
      throw new InputError(`${file}: found "epochs" that are no counts of spans after each epoch`);
    if (!Array.isArray(record.notes) || !record.notes.every(note => typeof note === 'string'))
      throw new InputError(`${file}: found "notes" that are no list of sentences`);
    return record;
  }

  /** Every step of the training. */
  history(id: string): HistoryRow[] {
    const [head, ...lines] = readText(this.pathOf(id, HISTORY_FILE)).trimEnd().split('\n');
    const names = head.split(',');
    return lines.map(line => {
      const values = line.split(',').map(Number);
      return Object.fromEntries(names.map((name, i) => [name, values[i]])) as HistoryRow;
    });
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
    const { checkpoint, tokenizer, record, history, predictions } = artefacts;
    writeFileAtomically(this.pathOf(id, 'config.json'), prettyJson(config));
    writeFileAtomically(this.pathOf(id, RECORD_FILE), prettyJson(record));
    writeFileAtomically(this.pathOf(id, HISTORY_FILE), toCsv(history, 'unix'));
    writeFileAtomically(this.pathOf(id, VALIDATION_FILE), predictions.validation);
    writeFileAtomically(this.predictionsFile(id), predictions.test);
    this.metrics(id);
    saveCheckpoint(this.pathOf(id, 'model'), checkpoint);
    writeFileAtomically(this.pathOf(id, 'model', 'tokenizer.json'), tokenizer.definition);
    const tokenizerConfig = { ...tokenizer.config, model_max_length: checkpoint.config.maxPositions };
    writeFileAtomically(this.pathOf(id, 'model', 'tokenizer_config.json'), prettyJson(tokenizerConfig));
    writeFileAtomically(this.pathOf(id, DONE), '');
    rmSync(this.pathOf(id, 'partial'), { recursive: true, force: true });
  }

  /** Keeps the state after an epoch; the one before it is dropped only when this one is whole. */
  saveEpoch(id: string, config: RunConfig, state: TrainingState<TotalCounts>): void {
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

  loadEpoch(id: string): TrainingState<TotalCounts> | undefined {
    const last = this.lastEpoch(id);
    if (last === undefined) return undefined;
    const at = (name: string) => this.pathOf(id, 'partial', `epoch-${last}`, name);
    const state = readObject<{
      epoch: number;
      steps: number;
      history: HistoryRow[];
      validations: TotalCounts[];
    }>(at('state.json'), ['epoch', 'steps', 'history', 'validations']);
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

/** A run in the layout of an older version, which had a loss's name in `loss.kind`. */
class OutdatedRunError extends InputError {
  constructor(file: string) {
    super(
      `${file}: the run was made by an older version, whose scores this one does not read; its folder "model" can be used, "runs clean --yes" deletes such runs, and the same command as then makes it anew`,
    );
  }
}

/** Writes what can be made again. */
function writeIfPossible(file: string, content: string): void {
  try {
    writeFileAtomically(file, content);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
  }
}

function isPart({ role, student, form, beta, criticalTypes }: RunPart): boolean {
  const isText = (value: unknown) => typeof value === 'string';
  return (
    ROLES.includes(role) &&
    [student, form].every(value => value === null || isText(value)) &&
    (beta === null || Number.isFinite(beta)) &&
    Array.isArray(criticalTypes) &&
    criticalTypes.every(isText)
  );
}

/** `null` where there are none, or none that can be read: they can be derived again. */
function keptMetrics(file: string): RunMetrics | null {
  try {
    const metrics = existsSync(file) ? readObject<RunMetrics>(file, ['derived']) : null;
    return Array.isArray(metrics?.derived.criticalTypes) ? metrics : null;
  } catch {
    return null;
  }
}

/** A file's JSON object, checked for fields that it must have, such as `loss.name`. */
function readObject<T>(file: string, fields: readonly string[]): T {
  const text = readText(file);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new InputError(`${file}: not JSON (${(error as Error).message})`);
  }
  const at = (path: string) =>
    path.split('.').reduce<unknown>((part, name) => (part as Record<string, unknown> | null)?.[name], value);
  const lacking = fields.find(field => at(field) === undefined);
  if (lacking !== undefined)
    throw new InputError(`${file}: found no "${lacking}", which every run has there`);
  return value as T;
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') throw new InputError(`${file}: there is no such file, but a finished run has one`);
    throw new InputError(`${file}: the file cannot be read (${code})`);
  }
}
