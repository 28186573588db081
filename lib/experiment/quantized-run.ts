/**
 * What a run's model in 8 bits predicted, as the run's folder keeps it in `int8/`. It is derived: of the run's weights, by
 * the code that rounds and the runtime that computes, all of which it names; where one of them is another now, it is made
 * again. The run itself does not depend on it.
 */
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { canonicalJson, prettyJson } from '../json';
import { KeptMetrics } from './kept-metrics';
import { deriveMetrics, type RunMetrics, type TrainingRecord } from './metrics';
import type { StoredConfig } from './run-config';
import { METRICS_FILE, PREDICTIONS_FILE, QUANTIZED_RECORD_FILE, VALIDATION_FILE } from './run-files';
import { type DamagedFileError, DONE, damageIn, SealedFolder } from './sealed';
import { quantizationDigest } from './source-digest';

/** The run of which it is. */
export interface QuantizedOf {
  readonly id: string;
  /** Digest of its files. */
  readonly digest: string;
  readonly config: StoredConfig;
  readonly record: TrainingRecord;
}

/** Of the ONNX file in 8 bits, which is not kept: `export` writes the same. */
export interface QuantizedModelRecord {
  readonly bytes: number;
  readonly sha256: string;
}

/** What determines the predictions. */
interface Origin {
  readonly run: string;
  readonly by: string;
}

/** What makes it whole again, for those who only read it. */
const REMEDY = '; "reproduce", and "gate" with --precision int8, make it anew';

export class QuantizedRun {
  private readonly sealed: SealedFolder;

  constructor(
    private readonly folder: string,
    private readonly of: QuantizedOf,
  ) {
    this.sealed = new SealedFolder(folder, `the predictions in 8 bits of the run ${of.id}`, REMEDY);
  }

  /** Whether it was finished; its files may have been damaged since. */
  get isDone(): boolean {
    return existsSync(join(this.folder, DONE));
  }

  /** Throws a DamagedFileError where a file is not as it was written; `sizes` does not read predictions. */
  check(of: 'sizes' | 'content'): void {
    this.sealed.check(of);
  }

  /** Whether it is of the run's present files, by the code and the runtime that are here. @throws DamagedFileError */
  get isCurrent(): boolean {
    const { bytes: _, sha256: __, ...origin } = this.record();
    return canonicalJson(origin) === canonicalJson(this.origin);
  }

  /** @throws DamagedFileError */
  get bytes(): number {
    return this.record().bytes;
  }

  /** Path of the words, gold and predicted tags of a part. @throws DamagedFileError */
  predictionsFile(part: 'validation' | 'test' = 'test'): string {
    const name = part === 'test' ? PREDICTIONS_FILE : VALIDATION_FILE;
    this.sealed.check('content', [name]);
    return join(this.folder, name);
  }

  /** The scores; what only training says of a run, its epochs, they have none of. @throws DamagedFileError */
  metrics(criticalTypes: readonly string[], say: (line: string) => void): RunMetrics {
    const kept = this.keptMetrics;
    return kept.orDerived(kept.read(say), criticalTypes, critical => this.derived(critical));
  }

  /** All files that are not as they were written; every one is read. */
  damages(): DamagedFileError[] {
    if (!this.isDone) return [];
    const damages = this.sealed.damages();
    if (damages.length > 0) return damages;
    return [damageIn(() => this.keptMetrics.check(critical => this.derived(critical))) ?? []].flat();
  }

  /** The marker comes last, and that of what stood there before goes first, then its scores: without it a folder counts as empty. */
  write(model: QuantizedModelRecord, predictions: Readonly<Record<'validation' | 'test', string>>): void {
    for (const name of [DONE, METRICS_FILE]) rmSync(join(this.folder, name), { force: true });
    this.sealed.write({
      [QUANTIZED_RECORD_FILE]: () => prettyJson({ ...model, ...this.origin }),
      [VALIDATION_FILE]: () => predictions.validation,
      [PREDICTIONS_FILE]: () => predictions.test,
    });
  }

  private get origin(): Origin {
    return { run: this.of.digest, by: quantizationDigest() };
  }

  private record(): QuantizedModelRecord & Origin {
    return JSON.parse(this.sealed.read(QUANTIZED_RECORD_FILE).toString('utf8'));
  }

  private get keptMetrics(): KeptMetrics {
    const { id } = this.of;
    const of = `the scores in 8 bits of the run ${id} with the files ${this.sealed.digest}`;
    return new KeptMetrics(join(this.folder, METRICS_FILE), of);
  }

  private derived(criticalTypes: readonly string[]): RunMetrics {
    const { config, record } = this.of;
    const files = { validation: this.predictionsFile('validation'), test: this.predictionsFile('test') };
    return deriveMetrics(files, config, { ...record, epochs: [] }, criticalTypes);
  }
}
