/**
 * The run store: one folder a training, named by the hash of everything that determines its result. What is there is
 * read, what is missing is made, and what was cut short goes on from its last epoch. Every file has a digest that is held
 * against what is read: what is not as it was written is named, and made again where it can be.
 */
import {
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  utimesSync,
} from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { toCsv } from '../csv';
import { InputError, reasonOf } from '../errors';
import { sweepTemporary, writeFileAtomically } from '../files';
import { canonicalJson, parseJson, prettyJson } from '../json';
import { listedBriefly } from '../listed';
import { checkLock, clearVoidLock, isLocked, type LockOptions, LostLockError, withLock } from '../lock';
import { makeFolder } from '../make-folder';
import { type Checkpoint, checkpointFiles, loadCheckpoint } from '../model/checkpoint';
import { decodeSafetensors, encodeSafetensors } from '../model/safetensors';
import { WEIGHTS_FILE } from '../model/weights';
import type { WordTokenizer } from '../tokenization/tokenizer';
import { TOKENIZER_FILE } from '../tokenizer-files';
import type { HistoryRow, TrainingState } from '../training/trainer';
import { ifPossible, KeptMetrics } from './kept-metrics';
import { deriveMetrics, type RunMetrics, type TotalCounts, type TrainingRecord } from './metrics';
import { type QuantizedModelRecord, QuantizedRun } from './quantized-run';
import { type GivenConfig, type RunConfig, runId, type StoredConfig } from './run-config';
import {
  DIVERGED_FILE,
  EPOCH_TENSORS,
  HISTORY_FILE,
  LOCK_FILE,
  METRICS_FILE,
  MODEL_FOLDER,
  PART_FILE,
  PARTIAL_FOLDER,
  PREDICTIONS_FILE,
  QUANTIZED_FOLDER,
  RECORD_FILE,
  RUN_CONFIG_FILE,
  type RunFiles,
  removeRunFiles,
  runFilesIn,
  STATE_FILE,
  TOKENIZER_CONFIG_FILE,
  VALIDATION_FILE,
} from './run-files';
import {
  DamagedFileError,
  DONE,
  damageIn,
  type FolderContent,
  readSealedJson,
  SealedFolder,
  writeSealedJson,
} from './sealed';
import { isOfThisSource } from './source-digest';
import type { StudyRun } from './study';

/** What a run is in the study that asked for it last: the run does not depend on it, a reader of the list does. */
export interface RunPart extends Pick<StudyRun, 'name' | 'role' | 'student' | 'form' | 'beta'> {
  readonly criticalTypes: readonly string[];
}

/** A folder of the store, done or not. */
export interface StoredRun {
  readonly id: string;
  /**
   * `begun`: cut short after an epoch, or before it; `outdated`: made by older source, so that no study reads it;
   * `damaged`: a file is not as it was written. Of weights and predictions only sizes are looked at.
   */
  readonly state: 'done' | 'begun' | 'outdated' | 'damaged';
  /** Which file, and what is wrong with it; `null` where nothing is. Of a run that is done it is one for readers only. */
  readonly damage: string | null;
  /** Whether a living process is making it. */
  readonly locked: boolean;
  /** `null` where it was not written yet, and in a damaged run. */
  readonly config: StoredConfig | null;
  readonly metrics: RunMetrics | null;
  /** Of its model in 8 bits: bytes of its file, and the scores; `null` where it has not predicted, or is damaged. */
  readonly quantized: { readonly bytes: number; readonly metrics: RunMetrics } | null;
  /** `null` where it was not kept. */
  readonly part: RunPart | null;
  /** Of its own files. */
  readonly bytes: number;
  /** What else stands in its folder, as paths within it. */
  readonly foreign: readonly string[];
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

/** What a teacher that was given leaves. */
export interface GivenArtefacts extends Pick<RunArtefacts, 'record' | 'predictions'> {
  /** Of a model of this library, so that it can be asked again where it was given from is gone. */
  readonly saved: Pick<RunArtefacts, 'checkpoint' | 'tokenizer'> | null;
}

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
const GIVEN_FIELDS = ['given', 'digest', 'corpus', 'tags', 'source', 'model'];
const EPOCH_FOLDER = /^epoch-(\d+)$/;

/** What makes a damaged run whole again, for those who only read it. */
const REMEDY = '; the command that made the run (train, distill or reproduce) makes it anew';

export class RunStore {
  private readonly said = new Set<string>();

  /**
   * @param folder the study's output folder; runs stand in `runs/` under it
   * @param tell gets a line on each file that was damaged and is made again
   */
  constructor(
    readonly folder: string,
    private readonly tell: (line: string) => void = () => {},
  ) {}

  /** Tells a line, such as of a damaged file, once. */
  say(line: string): void {
    if (!this.said.has(line)) this.tell(line);
    this.said.add(line);
  }

  pathOf(id: string, ...parts: string[]): string {
    return join(this.folder, 'runs', id, ...parts);
  }

  /** Held while the run is made. */
  lockFile(id: string): string {
    return this.pathOf(id, LOCK_FILE);
  }

  /**
   * Does the work on a run that no other process may do meanwhile. What one that had the lock before, and is only suspended,
   * has half written is removed, so that it can put none of it in its place.
   * @throws TryAgainError where another process holds the lock
   */
  withRun<T>(id: string, what: string, work: () => Promise<T>, options?: LockOptions): Promise<T> {
    const alone = async () => {
      for (const folder of ['', MODEL_FOLDER]) sweepTemporary(this.pathOf(id, folder));
      for (const name of this.epochFolders(id))
        if (!EPOCH_FOLDER.test(name))
          rmSync(this.pathOf(id, PARTIAL_FOLDER, name), { recursive: true, force: true });
      return work();
    };
    return withLock(this.lockFile(id), what, alone, options);
  }

  /** Whether a run is finished; its files may have been damaged since. */
  isDone(id: string): boolean {
    return existsSync(this.pathOf(id, DONE));
  }

  /** When the first of some finished runs began and the last one ended, by the times of their files. */
  spanOf(ids: readonly string[]): { readonly from: Date; readonly to: Date } | undefined {
    const timeOf = (id: string, file: string) =>
      statSync(this.pathOf(id, file), { throwIfNoEntry: false })?.mtimeMs ?? Number.POSITIVE_INFINITY;
    const ends = ids.map(id => timeOf(id, DONE)).filter(Number.isFinite);
    if (ends.length === 0) return undefined;
    const begins = ids.map(id => timeOf(id, PART_FILE));
    return { from: new Date(Math.min(...begins, ...ends)), to: new Date(Math.max(...ends)) };
  }

  /** Whether a run is finished, and its files have the sizes that they were written with. */
  isWhole(id: string): boolean {
    return damageIn(() => this.sealed(id).check('sizes')) === null;
  }

  // ------------------------------------------------------------------------------------------------ which runs there are

  /** Every run of the store, by id. */
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
        `${folder}: "${prefix}" is the beginning of ${ids.length} runs, ${listedBriefly(ids)}; expected that of one`,
      );
    return ids[0];
  }

  /** The ids that begin so; a whole id stands for itself alone, an empty text for none. */
  idsFrom(prefix: string): string[] {
    const ids = this.ids();
    if (ids.includes(prefix)) return [prefix];
    return prefix === '' ? [] : ids.filter(id => id.startsWith(prefix));
  }

  /** Folders among the runs that are none, by name: they are somebody else's. */
  foreignFolders(): string[] {
    return this.folders().filter(name => runFilesIn(this.pathOf(name), name) === null);
  }

  /** Names of the folders that are runs. */
  ids(): string[] {
    return this.folders().filter(name => runFilesIn(this.pathOf(name), name) !== null);
  }

  private folders(): string[] {
    const folder = join(this.folder, 'runs');
    if (!existsSync(folder)) return [];
    try {
      return readdirSync(folder, { withFileTypes: true })
        .filter(entry => entry.isDirectory())
        .map(({ name }) => name)
        .sort();
    } catch (error) {
      throw new InputError(`${folder}: the runs cannot be read (${reasonOf(error)})`);
    }
  }

  /** Whether a living process is making the run. */
  isInWork(id: string): boolean {
    return isLocked(this.lockFile(id));
  }

  private stored(id: string): StoredRun {
    // Asked before, too: what was read of a run that has been finished meanwhile is no state of it.
    const wasLocked = this.isInWork(id);
    const { bytes, foreign } = this.filesOf(id);
    const content = this.contentOf(id);
    return { id, ...content, locked: wasLocked || this.isInWork(id), bytes, foreign };
  }

  private filesOf(id: string): RunFiles {
    return runFilesIn(this.pathOf(id), id) ?? { own: [], foreign: [], bytes: 0 };
  }

  private contentOf(id: string): Omit<StoredRun, 'id' | 'locked' | 'bytes' | 'foreign'> {
    const { part, damage } = this.readPart(id);
    try {
      const done = this.isDone(id);
      const config = done || existsSync(this.pathOf(id, RUN_CONFIG_FILE)) ? this.config(id) : null;
      if (done) this.sealed(id).check('sizes');
      const outdated = config !== null && !isOfThisSource(config);
      const metrics = done ? this.metrics(id) : null;
      return {
        state: outdated ? 'outdated' : done ? 'done' : 'begun',
        damage: damage?.message ?? null,
        config,
        metrics,
        quantized: metrics && this.quantizedScores(id, metrics.derived.criticalTypes, 'sizes'),
        part,
      };
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      const outdated = error instanceof OutdatedRunError;
      const state = outdated ? 'outdated' : 'damaged';
      const config = outdated ? this.oldConfig(id) : null;
      return { state, damage: error.message, config, metrics: null, quantized: null, part };
    }
  }

  /**
   * Deletes a run's own files, unless another process is making it, or has changed it since it was listed in this state.
   * What only it needed is found by `leftovers`.
   */
  async remove({ id, state }: Pick<StoredRun, 'id' | 'state'>): Promise<'deleted' | 'changed' | 'in work'> {
    try {
      return await this.withRun(id, `the run ${id}`, async () => {
        if (this.contentOf(id).state !== state) return 'changed';
        removeRunFiles(this.pathOf(id), this.filesOf(id));
        return 'deleted';
      });
    } catch (error) {
      if (error instanceof InputError && this.isInWork(id)) return 'in work';
      throw error;
    }
  }

  // --------------------------------------------------------------------------------------- what a run is to who reads it

  /**
   * Keeps what a run is in the study that asks for it, where the folder can be written to: it is only for readers. The file keeps the
   * time at which it was first written, when the run was begun.
   */
  keepPart(id: string, part: RunPart): void {
    if (canonicalJson(this.partOf(id)) === canonicalJson(part)) return;
    const file = this.pathOf(id, PART_FILE);
    const begun = statSync(file, { throwIfNoEntry: false })?.mtime;
    ifPossible(() => {
      writeSealedJson(file, partOf(id), part);
      if (begun) utimesSync(file, begun, begun);
    });
  }

  /** What a run is in the study that asked for it last; `null` where that was not kept. */
  partOf(id: string): RunPart | null {
    const { part, damage } = this.readPart(id);
    if (damage) this.say(`${damage.message}: written again by the next study that asks for the run`);
    return part;
  }

  /** The next plan that asks for the run writes it anew where it is damaged. */
  private readPart(id: string): { readonly part: RunPart | null; readonly damage: DamagedFileError | null } {
    const file = this.pathOf(id, PART_FILE);
    if (!existsSync(file)) return { part: null, damage: null };
    try {
      return { part: readSealedJson<RunPart>(file, partOf(id)), damage: null };
    } catch (error) {
      if (!(error instanceof DamagedFileError)) throw error;
      return { part: null, damage: error };
    }
  }

  // -------------------------------------------------------------------------------------------------------- a run's files

  /**
   * What determines a run.
   * @throws InputError where the file is not there, is not what a run leaves, or is what an older version left
   */
  config(id: string): StoredConfig {
    const file = this.pathOf(id, RUN_CONFIG_FILE);
    const text = this.isDone(id) ? this.sealed(id).read(RUN_CONFIG_FILE).toString('utf8') : readText(file);
    const older = parsed<{ readonly loss?: { readonly kind?: unknown } } | null>(text, file, []);
    if (older?.loss?.kind !== undefined) throw new OutdatedRunError(file);
    const isGiven = (older as { readonly given?: unknown } | null)?.given !== undefined;
    const config = parsed<StoredConfig>(text, file, isGiven ? GIVEN_FIELDS : CONFIG_FIELDS);
    if (runId(config) !== id)
      throw new DamagedFileError(file, `what it says is not what the run ${id} is of`);
    return config;
  }

  /** Of a run of an older version, which has no digest: only for readers of a list. */
  private oldConfig(id: string): RunConfig | null {
    const file = this.pathOf(id, RUN_CONFIG_FILE);
    try {
      return parsed<RunConfig>(readText(file), file, CONFIG_FIELDS);
    } catch {
      return null;
    }
  }

  /**
   * The scores of a finished run, read where they were derived of its files by the code that is here, else derived and
   * kept, where the folder can be written to.
   * @param criticalTypes default: those of the study that asked for the run last, or that the scores were kept for
   * @throws InputError as `config` does, and where what they are derived from is not as it was written
   */
  metrics(id: string, criticalTypes?: readonly string[]): RunMetrics {
    const config = this.config(id);
    const ofRun = this.keptMetrics(id);
    const kept = ofRun.read(line => this.say(line));
    const critical =
      criticalTypes ??
      this.partOf(id)?.criticalTypes ??
      ('given' in config ? null : config.criticalTypes) ??
      kept?.derived.criticalTypes ??
      [];
    return ofRun.orDerived(kept, critical, types => this.derivedMetrics(id, config, types));
  }

  /** Of the run's very files. */
  private keptMetrics(id: string): KeptMetrics {
    const of = `the scores of the run ${id} with the files ${this.sealed(id).digest}`;
    return new KeptMetrics(this.pathOf(id, METRICS_FILE), of);
  }

  private derivedMetrics(id: string, config: StoredConfig, critical: readonly string[]): RunMetrics {
    const files = { validation: this.validationFile(id), test: this.predictionsFile(id) };
    return deriveMetrics(files, config, this.record(id), critical);
  }

  private record(id: string): TrainingRecord {
    return JSON.parse(this.sealed(id).read(RECORD_FILE).toString('utf8'));
  }

  /** Every step of the training, of a teacher that was given none. @throws InputError where the file is not as it was written */
  history(id: string): HistoryRow[] {
    if (!this.sealed(id).names.includes(HISTORY_FILE)) return [];
    const text = this.sealed(id).read(HISTORY_FILE).toString('utf8');
    const [head, ...lines] = text.trimEnd().split('\n');
    const names = head.split(',');
    return lines.map(line => {
      const values = line.split(',').map(Number);
      return Object.fromEntries(names.map((name, i) => [name, values[i]])) as HistoryRow;
    });
  }

  /** @throws InputError where a file of the model is not as it was written */
  checkpoint(id: string): Checkpoint {
    return loadCheckpoint(this.modelFolder(id));
  }

  /** Path of the test part's words, gold and predicted tags. @throws InputError where they are not as they were written */
  predictionsFile(id: string): string {
    return this.checkedFile(id, PREDICTIONS_FILE);
  }

  /** The same of the validation part. */
  validationFile(id: string): string {
    return this.checkedFile(id, VALIDATION_FILE);
  }

  /** Whether a finished run has a model: not where a teacher was given that is none of this library. */
  hasModel(id: string): boolean {
    return this.sealed(id).names.includes(`${MODEL_FOLDER}/${WEIGHTS_FILE}`);
  }

  /** Bytes of the file of a finished run's weights; `null` where it has no model. @throws InputError where they are not known */
  weightsBytes(id: string): number | null {
    return this.hasModel(id) ? this.sealed(id).bytesOf(`${MODEL_FOLDER}/${WEIGHTS_FILE}`) : null;
  }

  /** Path of the folder of a finished run's model. @throws InputError where a file in it is not as it was written */
  modelFolder(id: string): string {
    const run = this.sealed(id);
    if (!this.hasModel(id))
      throw new InputError(
        `${this.pathOf(id)}: the run is a teacher that was given, and has no model of its own`,
      );
    run.check(
      'content',
      run.names.filter(name => name.startsWith(`${MODEL_FOLDER}/`)),
    );
    return this.pathOf(id, MODEL_FOLDER);
  }

  private checkedFile(id: string, name: string): string {
    this.sealed(id).check('content', [name]);
    return this.pathOf(id, name);
  }

  /** The first file of a finished run that is not as it was written; `null` where all are. Every file is read. */
  damageOf(id: string): DamagedFileError | null {
    return damageIn(() => {
      this.sealed(id).check('content');
      this.config(id);
    });
  }

  /** The first that is not as it was written of the files that its scores are read from. */
  damageOfScores(id: string): DamagedFileError | null {
    return damageIn(() => {
      this.sealed(id).check('content', [RUN_CONFIG_FILE, RECORD_FILE, VALIDATION_FILE, PREDICTIONS_FILE]);
      this.config(id);
    });
  }

  /** All files of a run, finished or begun, that are not as they were written. Every file is read. */
  damagesOf(id: string): DamagedFileError[] {
    if (this.isDone(id) && !this.hasDigests(id)) return [new OutdatedRunError(this.pathOf(id, DONE))];
    const files = this.isDone(id) ? this.damagesOfFinished(id) : this.damagesOfBegun(id);
    return [...files, this.readPart(id).damage ?? []].flat();
  }

  private damagesOfFinished(id: string): DamagedFileError[] {
    const files = this.sealed(id).damages();
    if (files.length > 0) return files;
    const ofScores = () =>
      this.keptMetrics(id).check(types => this.derivedMetrics(id, this.config(id), types));
    return [
      damageIn(() => this.config(id)) ?? damageIn(ofScores) ?? [],
      this.quantizedOf(id).damages(),
    ].flat();
  }

  private damagesOfBegun(id: string): DamagedFileError[] {
    const hasConfig = existsSync(this.pathOf(id, RUN_CONFIG_FILE));
    return [
      ...this.epochs(id).flatMap(epoch => this.epoch(id, epoch).damages()),
      (hasConfig && damageIn(() => this.config(id))) || [],
    ].flat();
  }

  /** Of a run that is damaged: what its training ended with; `undefined` where that is damaged, too, or not there. */
  trained(
    id: string,
  ): Pick<TrainingState<TotalCounts>, 'parameters' | 'history' | 'validations'> | undefined {
    if (!this.isDone(id)) return undefined;
    const weights = `${MODEL_FOLDER}/${WEIGHTS_FILE}`;
    try {
      return {
        parameters: decodeSafetensors(this.sealed(id).read(weights), this.pathOf(id, weights)),
        history: this.history(id),
        validations: this.record(id).epochs,
      };
    } catch (error) {
      if (error instanceof DamagedFileError) return undefined;
      throw error;
    }
  }

  /** Whether a run is finished, by a version that kept digests of its files: an older one left the marker empty. */
  hasDigests(id: string): boolean {
    return (statSync(this.pathOf(id, DONE), { throwIfNoEntry: false })?.size ?? 0) > 0;
  }

  /** @throws InputError for a run of an older version */
  private sealed(id: string): SealedFolder {
    if (this.isDone(id) && !this.hasDigests(id)) throw new OutdatedRunError(this.pathOf(id, DONE));
    return new SealedFolder(this.pathOf(id), `the run ${id}`, REMEDY);
  }

  /** Writes a finished run. The marker comes last: a folder without it is not a run yet. */
  finish(id: string, config: RunConfig, artefacts: RunArtefacts): void {
    const { history, ...given } = artefacts;
    this.write(id, config, { ...given, saved: artefacts }, { [HISTORY_FILE]: () => toCsv(history, 'unix') });
    this.dropEpochs(id);
    this.metrics(id);
  }

  /** The same of a teacher that was given. */
  finishGiven(id: string, config: GivenConfig, artefacts: GivenArtefacts): void {
    this.write(id, config, artefacts);
    this.metrics(id);
  }

  private write(
    id: string,
    config: StoredConfig,
    { saved, record, predictions }: GivenArtefacts,
    ofTraining: FolderContent = {},
  ): void {
    checkLock(this.lockFile(id));
    const model = saved ? Object.entries(modelFilesOf(saved)) : [];
    new SealedFolder(this.pathOf(id), `the run ${id}`).write({
      [RUN_CONFIG_FILE]: () => prettyJson(config),
      [RECORD_FILE]: () => prettyJson(record),
      ...ofTraining,
      [VALIDATION_FILE]: () => predictions.validation,
      [PREDICTIONS_FILE]: () => predictions.test,
      ...Object.fromEntries(model.map(([name, content]) => [`${MODEL_FOLDER}/${name}`, content])),
    });
  }

  /** Removes what a process that was killed at the very end has left of a finished run. */
  tidy(id: string): void {
    try {
      this.dropEpochs(id);
      clearVoidLock(this.lockFile(id));
    } catch {
      // It only takes room.
    }
  }

  private dropEpochs(id: string): void {
    const partial = this.pathOf(id, PARTIAL_FOLDER);
    for (const name of this.epochFolders(id)) rmSync(join(partial, name), { recursive: true, force: true });
    if (existsSync(partial) && readdirSync(partial).length === 0) rmdirSync(partial);
  }

  // ------------------------------------------------------------------------------------------ its model in 8 bits

  /**
   * What a finished run's model in 8 bits predicted; `null` where it was not asked, or by other code or of other files than
   * are here, or what it left is damaged: it can be asked again.
   * @param of how far that is looked for
   * @throws InputError where the run itself is not as it was written
   */
  quantized(id: string, of: 'sizes' | 'content' = 'content'): QuantizedRun | null {
    const quantized = this.quantizedOf(id);
    if (!quantized.isDone) return null;
    return this.unlessDamaged(() => {
      quantized.check(of);
      return quantized.isCurrent ? quantized : null;
    });
  }

  /** Its scores, and bytes of the file of the model; `null` as `quantized` is. */
  quantizedScores(
    id: string,
    criticalTypes: readonly string[],
    of: 'sizes' | 'content' = 'content',
  ): StoredRun['quantized'] {
    const quantized = this.quantized(id, of);
    const say = (line: string) => this.say(line);
    return (
      quantized &&
      this.unlessDamaged(() => ({
        bytes: quantized.bytes,
        metrics: quantized.metrics(criticalTypes, say),
      }))
    );
  }

  private unlessDamaged<T>(read: () => T): T | null {
    let found: T | null = null;
    const damage = damageIn(() => {
      found = read();
    });
    if (damage) this.say(`${damage.file}: ${damage.found}; predicted again where it is asked for`);
    return found;
  }

  /** Keeps what the model in 8 bits predicted. */
  keepQuantized(
    id: string,
    model: QuantizedModelRecord,
    predictions: Readonly<Record<'validation' | 'test', string>>,
  ): void {
    this.quantizedOf(id).write(model, predictions);
  }

  private quantizedOf(id: string): QuantizedRun {
    return new QuantizedRun(this.pathOf(id, QUANTIZED_FOLDER), {
      id,
      digest: this.sealed(id).digest,
      config: this.config(id),
      record: this.record(id),
    });
  }

  // ------------------------------------------------------------------------------------------------ a run that is being made

  /** Keeps how a training diverged; its next try would end there again. */
  keepDivergence(id: string, found: string): void {
    ifPossible(() => writeSealedJson(this.pathOf(id, DIVERGED_FILE), divergenceOf(id), { found }));
  }

  /** How trainings diverged, by the ids of their runs. */
  divergences(): ReadonlyMap<string, string> {
    return new Map(
      this.folders().flatMap((id): [string, string][] => {
        const file = this.pathOf(id, DIVERGED_FILE);
        if (this.isDone(id) || !existsSync(file)) return [];
        try {
          return [[id, readSealedJson<{ readonly found: string }>(file, divergenceOf(id)).found]];
        } catch (error) {
          if (!(error instanceof DamagedFileError)) throw error;
          // It is tried again.
          return [];
        }
      }),
    );
  }

  /** Keeps the state after an epoch; the one before it is dropped only when this one is whole. */
  saveEpoch(id: string, config: RunConfig, state: TrainingState<TotalCounts>): void {
    checkLock(this.lockFile(id));
    const partial = this.pathOf(id, PARTIAL_FOLDER);
    const before = this.epochFolders(id);
    const temporary = join(partial, `incomplete-${process.pid}`);
    rmSync(temporary, { recursive: true, force: true });
    makeFolder(temporary);
    const { epoch, parameters, optimizer, history, validations } = state;
    const tensors = { parameters, ...optimizer };
    try {
      this.epoch(id, epoch).write(
        {
          [EPOCH_TENSORS.parameters]: () => encodeSafetensors(tensors.parameters),
          [EPOCH_TENSORS.firstMoments]: () => encodeSafetensors(tensors.firstMoments),
          [EPOCH_TENSORS.secondMoments]: () => encodeSafetensors(tensors.secondMoments),
          [STATE_FILE]: () => JSON.stringify({ epoch, steps: optimizer.steps, history, validations }),
        },
        temporary,
      );
    } catch (error) {
      // On a full disk its half would take the room that is lacking; who has the lock now may have one of this name.
      if (!(error instanceof LostLockError)) rmSync(temporary, { recursive: true, force: true });
      throw error;
    }
    writeFileAtomically(this.pathOf(id, RUN_CONFIG_FILE), prettyJson(config));
    checkLock(this.lockFile(id));
    rmSync(this.epochFolder(id, epoch), { recursive: true, force: true });
    renameSync(temporary, this.epochFolder(id, epoch));
    for (const name of before)
      if (name !== `epoch-${epoch}`) rmSync(join(partial, name), { recursive: true, force: true });
  }

  /** The last epoch that a training was cut short after; `undefined` where none was finished. */
  lastEpoch(id: string): number | undefined {
    return this.epochs(id).at(0);
  }

  /** The state after the last epoch that is as it was written; `undefined` where there is none. */
  loadEpoch(id: string): TrainingState<TotalCounts> | undefined {
    for (const epoch of this.epochs(id))
      try {
        return this.readEpoch(id, epoch);
      } catch (error) {
        if (!(error instanceof DamagedFileError)) throw error;
        this.say(`${error.message}: the training goes on from the epoch before, or from the start`);
      }
    return undefined;
  }

  private readEpoch(id: string, epoch: number): TrainingState<TotalCounts> {
    const folder = this.epoch(id, epoch);
    const tensors = (name: string) =>
      decodeSafetensors(folder.read(name), join(this.epochFolder(id, epoch), name));
    const { steps, ...state } = JSON.parse(folder.read(STATE_FILE).toString('utf8'));
    return {
      ...state,
      parameters: tensors(EPOCH_TENSORS.parameters),
      optimizer: {
        steps,
        firstMoments: tensors(EPOCH_TENSORS.firstMoments),
        secondMoments: tensors(EPOCH_TENSORS.secondMoments),
      },
    };
  }

  private epoch(id: string, epoch: number): SealedFolder {
    return new SealedFolder(this.epochFolder(id, epoch), `epoch ${epoch} of the run ${id}`);
  }

  private epochFolder(id: string, epoch: number): string {
    return this.pathOf(id, PARTIAL_FOLDER, `epoch-${epoch}`);
  }

  /** Those that are kept, the last one first. */
  private epochs(id: string): number[] {
    const numbers = this.epochFolders(id).flatMap(name => EPOCH_FOLDER.exec(name)?.[1] ?? []);
    return numbers.map(Number).sort((a, b) => b - a);
  }

  /** Names of those that are whole, and of those whose writing was cut short. */
  private epochFolders(id: string): string[] {
    const partial = this.pathOf(id, PARTIAL_FOLDER);
    if (!existsSync(partial)) return [];
    return readdirSync(partial).filter(name => /^(?:epoch|incomplete)-\d+$/.test(name));
  }
}

function modelFilesOf({ checkpoint, tokenizer }: NonNullable<GivenArtefacts['saved']>): FolderContent {
  return {
    ...checkpointFiles(checkpoint),
    [TOKENIZER_FILE]: () => tokenizer.definition,
    [TOKENIZER_CONFIG_FILE]: () =>
      prettyJson({ ...tokenizer.config, model_max_length: checkpoint.config.maxPositions }),
  };
}

/** What `diverged.json` is. */
function divergenceOf(id: string): string {
  return `how the training of the run ${id} diverged`;
}

/** What `part.json` is. */
function partOf(id: string): string {
  return `the part of the run ${id} in its study`;
}

/** A run of an older version: one whose files have no digests, or that has its loss's name in `loss.kind`. */
class OutdatedRunError extends DamagedFileError {
  constructor(file: string) {
    super(
      file,
      'the run was made by an older version, whose scores this one does not read',
      '; its folder "model" can be used, "runs clean --yes" deletes such runs, and the same command as then makes it anew',
    );
  }
}

/**
 * Where a folder is the model of a finished run, holds its files against what the run left.
 * @throws InputError where one is not
 */
export function checkModelOfRun(folder: string): void {
  const found = runOfModel(folder);
  found?.store.modelFolder(found.id);
}

/**
 * The file of the test part as the run of this model predicted it; `undefined` where the model is not one of a run.
 * @throws InputError where it is not as the run left it
 */
export function predictionsOfModel(folder: string): string | undefined {
  const found = runOfModel(folder);
  if (found) return found.store.predictionsFile(found.id);
  const file = resolve(folder, '..', PREDICTIONS_FILE);
  return existsSync(file) ? file : undefined;
}

/** The run whose model a folder is, where its files have digests. */
export function runOfModel(folder: string): { readonly store: RunStore; readonly id: string } | undefined {
  const run = resolve(folder, '..');
  const id = basename(run);
  const store = new RunStore(resolve(run, '..', '..'));
  const isModel = resolve(store.pathOf(id, MODEL_FOLDER)) === resolve(folder);
  return isModel && store.hasDigests(id) ? { store, id } : undefined;
}

/** The JSON object in a file's text, checked for fields that it must have, such as `loss.name`. */
function parsed<T>(text: string, file: string, fields: readonly string[]): T {
  let value: unknown;
  try {
    value = parseJson(text, { file });
  } catch (error) {
    throw new DamagedFileError(file, (error as Error).message.slice(file.length + 2));
  }
  const at = (path: string) =>
    path.split('.').reduce<unknown>((part, name) => (part as Record<string, unknown> | null)?.[name], value);
  const lacking = fields.find(field => at(field) === undefined);
  if (lacking !== undefined)
    throw new DamagedFileError(file, `found no "${lacking}", which every run has there`);
  return value as T;
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new DamagedFileError(file, `the file cannot be read (${code})`);
  }
}
