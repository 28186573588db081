/** Runs a trained model over sentences: logits or hidden states, and tags. */
import type { LabelSet } from '../corpus/labels';
import type { Sentence } from '../corpus/sentence';
import type { Engine, Evaluation } from '../engine/engine';
import type { ModelConfig } from '../model/config';
import type { Parameters } from '../model/parameters';
import { forward, lookups, programData, programVariables } from '../model/token-classifier';
import type { EncodedSentence } from '../tokenization/align';
import { batchesByLength, bucketOf, fromFirstPieces, padBatch } from '../tokenization/batch';
import type { TeacherSignal } from './losses/loss';

export interface PredictionOptions {
  readonly batchSize: number;
  readonly padId: number;
  readonly signal?: AbortSignal;
  readonly onBatch?: (done: number, total: number) => void;
}

/** A model on an engine, ready to be asked; `dispose` frees what the engine compiled. */
export class Predictor {
  private readonly evaluation: Evaluation;

  /** @param output what it is asked for: logits `[words, C]`, or the last layer's output `[words, D]` */
  constructor(
    engine: Engine,
    readonly config: ModelConfig,
    private readonly output: TeacherSignal = 'logits',
  ) {
    this.evaluation = engine.evaluation((variables, data) => ({
      [output]: forward(config, variables, data)[output],
    }));
  }

  /** The output of each sentence at its words' first pieces; words that were cut off have none. */
  async outputs(
    parameters: Parameters,
    sentences: readonly EncodedSentence[],
    { batchSize, padId, signal, onBatch }: PredictionOptions,
  ): Promise<Float32Array[]> {
    const results = new Array<Float32Array>(sentences.length);
    const batches = batchesByLength(sentences, batchSize);
    for (const [index, members] of batches.entries()) {
      signal?.throwIfAborted();
      const rows = members.map(i => sentences[i]);
      const values = await this.ofBatch(parameters, rows, batchSize, padId);
      values.forEach((value, row) => {
        results[members[row]] = value;
      });
      onBatch?.(index + 1, batches.length);
    }
    return results;
  }

  /** One batch, padded to the bucket of its longest sentence: what a latency protocol times. */
  async ofBatch(
    parameters: Parameters,
    sentences: readonly EncodedSentence[],
    batchSize: number,
    padId: number,
  ): Promise<Float32Array[]> {
    const longest = Math.max(...sentences.map(({ ids }) => ids.length));
    const batch = padBatch(sentences, batchSize, bucketOf(longest, this.config.maxPositions), padId);
    const variables = programVariables(parameters, lookups(this.config, batch));
    const { [this.output]: output } = await this.evaluation.run(variables, programData(batch));
    return fromFirstPieces(sentences, output.values as Float32Array, output.shape[1], batch.length);
  }

  dispose(): Promise<void> {
    return this.evaluation.dispose();
  }
}

/** The tag of highest logit for each word; `O` for words that were cut off. */
export function tagsOf(
  sentences: readonly Pick<Sentence, 'words'>[],
  logits: readonly Float32Array[],
  labels: Pick<LabelSet, 'size' | 'tag'>,
): string[][] {
  const classes = labels.size;
  return sentences.map(({ words }, i) =>
    words.map((_, word) => {
      const scores = logits[i].subarray(word * classes, (word + 1) * classes);
      if (scores.length === 0) return 'O';
      let best = 0;
      for (let c = 1; c < classes; c++) if (scores[c] > scores[best]) best = c;
      return labels.tag(best);
    }),
  );
}
