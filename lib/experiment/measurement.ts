/**
 * What a finished run's model costs on this machine: its latency by the plan's protocol, kept in the store beside the
 * run and not in it, since another machine measures something else.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Engine } from '../engine/engine';
import { InputError } from '../errors';
import { writeFileAtomically } from '../files';
import { type LatencyProtocol, type LatencySummary, measureLatency } from '../resources/latency';
import { describeMachine } from '../resources/machine';
import type { EncodedSentence } from '../tokenization/align';
import { batchesByLength } from '../tokenization/batch';
import type { WordTokenizer } from '../tokenization/tokenizer';
import { Predictor } from '../training/predict';
import type { Progress } from './progress';
import { canonicalJson, type RunStore } from './runs';
import type { StudyRun } from './study';

/** Of a study, what measuring its models needs. */
export interface MeasurementSetting {
  readonly store: RunStore;
  readonly engine: Engine;
  readonly protocol: LatencyProtocol;
  /** The test part, from which batches are taken. */
  readonly sentences: readonly EncodedSentence[];
  readonly tokenizer: WordTokenizer;
}

/** Measurements of the runs of a study on this machine: made once, then read. */
export class Measurements {
  constructor(private readonly setting: MeasurementSetting) {}

  /** What is in the store of a run; `null` where it was not measured here. */
  known(id: string): LatencySummary | null {
    const file = this.fileOf(id);
    return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as LatencySummary) : null;
  }

  /** Measures a run's model, on the test batch of median length, the same for every model; or reads what is known. */
  async of({ id, name }: Pick<StudyRun, 'id' | 'name'>, progress: Progress): Promise<LatencySummary> {
    const known = this.known(id);
    if (known) return known;
    progress.update(`${name}: measuring latency`);
    const { store, engine, protocol, tokenizer } = this.setting;
    const { config, parameters } = store.checkpoint(id);
    const batch = this.batch();
    const batchSize = batch.length;
    const predictor = new Predictor(engine, config);
    const runBatch = async () => {
      await predictor.batchLogits(parameters, batch, batchSize, tokenizer.special.pad);
    };
    await runBatch();
    const summary = await measureLatency(runBatch, protocol);
    await predictor.dispose();
    writeFileAtomically(this.fileOf(id), `${JSON.stringify(summary, null, 2)}\n`);
    progress.line(
      `${name}: latency ${(summary.meanSeconds * 1000).toFixed(2)} ± ${(summary.stdSeconds * 1000).toFixed(2)} ms a batch of ${batchSize}`,
    );
    return summary;
  }

  /**
   * The test batch of median length.
   * @throws InputError where the test part is smaller than a batch; a study is told so before it trains.
   */
  batch(): EncodedSentence[] {
    const { sentences, protocol } = this.setting;
    const { batchSize } = protocol;
    const batches = batchesByLength(sentences, batchSize).filter(batch => batch.length === batchSize);
    if (batches.length === 0)
      throw new InputError(
        `latency protocol: a batch of ${batchSize} is larger than the test part (${sentences.length} sentences)`,
      );
    return batches[Math.floor(batches.length / 2)].map(i => sentences[i]);
  }

  private fileOf(id: string): string {
    const { store, engine, protocol } = this.setting;
    const { name, threads } = engine;
    const setting = canonicalJson({ machine: describeMachine(threads), engine: name, protocol });
    const folder = createHash('sha256').update(setting).digest('hex').slice(0, 12);
    return join(store.folder, 'latency', folder, `${id}.json`);
  }
}
