/** A model as that of a finished run of a store, with predictions that the test gives. */
import { type RunConfig, runId } from 'ner-distill/experiment/run-config';
import { RunStore } from 'ner-distill/experiment/runs';
import type { SavedModel } from '../prediction/model';

interface Made {
  readonly words: readonly string[];
  readonly gold: readonly string[];
  readonly predicted: readonly string[];
  readonly teacher?: string | null;
}

/** The id of the run, whose only critical type is PER. */
export function finishRun(
  { results, config, parameters, tokenizer }: SavedModel,
  { words, gold, predicted, teacher = null }: Made,
): string {
  const columns = (tags: readonly string[]) =>
    `${words.map((word, i) => `${word} ${gold[i]} ${tags[i]}\n`).join('')}\n`;
  const runConfig: RunConfig = {
    loss: { name: teacher ? 'vanilla' : 'cross-entropy', settings: {}, source: 'l' },
    criticalTypes: ['PER'],
    corpus: 'c',
    tokenizer: 't',
    initialWeights: 'i',
    source: 's',
    model: config,
    maxLength: 32,
    training: {
      epochs: 1,
      batchSize: 1,
      learningRate: 0.1,
      warmup: 0,
      weightDecay: 0,
      maxNorm: 1,
      wordDropout: 0,
      subwordDropout: 0,
      accumulation: 1,
      seed: 1,
    },
    teacher,
    engine: 'onnx',
  };
  const id = runId(runConfig);
  new RunStore(results).finish(id, runConfig, {
    checkpoint: { config, parameters },
    tokenizer,
    record: {
      threads: 1,
      epochs: [],
      truncated: { words: 0, entities: 0 },
      notes: ['half of it is made up'],
    },
    history: [],
    predictions: { validation: columns(gold), test: columns(predicted) },
  });
  return id;
}
