/** Makes one run: trains the model from its initial state, evaluates it, and keeps everything in the store. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { formatConll } from '../corpus/formats/conll';
import type { LabelSet } from '../corpus/labels';
import type { Corpus } from '../corpus/sentence';
import type { Engine } from '../engine/engine';
import { countSpans, type Scores, scoresOfCounts } from '../evaluation/scores';
import { bootstrapIntervals } from '../evaluation/significance';
import { writeFileAtomically } from '../files';
import { encodeSafetensors, loadSafetensors } from '../model/checkpoint';
import { type Parameters, parameterShapes } from '../model/parameters';
import { countParameters } from '../resources/parameters';
import type { EncodedSplit } from '../tokenization/align';
import { SubwordDropout } from '../tokenization/subword-dropout';
import type { WordTokenizer } from '../tokenization/tokenizer';
import { Predictor, tagsOf } from '../training/predict';
import { type TrainingTask, train } from '../training/trainer';
import type { InitialStates } from './initial-states';
import type { PlannedRun } from './planned-runs';
import { formatDuration, type Progress } from './progress';
import type { RunStore } from './runs';

/** Sentences a batch when a model is only asked, not trained. */
export const PREDICTION_BATCH = 32;

/** What runs are made of and with. */
export interface Workshop {
  readonly store: RunStore;
  readonly states: InitialStates;
  readonly corpus: Corpus;
  readonly labels: LabelSet;
  readonly tokenizer: WordTokenizer;
  readonly encoded: Readonly<Record<'train' | 'valid' | 'test', EncodedSplit>>;
  readonly engine: Engine;
  readonly progress: Progress;
  readonly signal?: AbortSignal;
}

/** Trains, evaluates and keeps a run whose teacher, where it has one, is in the store. */
export async function makeRun(workshop: Workshop, { id, name, config, initial }: PlannedRun): Promise<void> {
  const { store, states, corpus, labels, tokenizer, encoded, engine, progress, signal } = workshop;
  const teacherLogits = config.teacher === null ? undefined : await logitsOfTeacher(workshop, config.teacher);
  const predictor = new Predictor(engine, config.model);
  const evaluate = async (parameters: Parameters, part: 'valid' | 'test') => {
    const logits = await predictor.logits(parameters, encoded[part].sentences, {
      batchSize: PREDICTION_BATCH,
      padId: tokenizer.special.pad,
      signal,
    });
    const predicted = tagsOf(corpus[part], logits, labels);
    const gold = corpus[part].map(({ tags }) => tags);
    const counts = countSpans(gold, predicted);
    return { predicted, counts, scores: scoresOfCounts(counts, config.criticalTypes) };
  };
  const criticalIds = labels.criticalIds(config.criticalTypes);
  const task: TrainingTask<Scores> = {
    engine,
    config: config.model,
    initial: states.load(initial),
    loss: config.loss,
    critical: labels.tags.map((_, label) => criticalIds.includes(label)),
    sentences: encoded.train.sentences,
    maxLength: config.maxLength,
    special: tokenizer.special,
    subwords: new SubwordDropout(tokenizer),
    teacherLogits,
    settings: config.training,
    validate: async parameters => (await evaluate(parameters, 'valid')).scores,
  };
  const started = performance.now();
  const resume = store.loadEpoch(id);
  if (resume) progress.line(`${name}: goes on after epoch ${resume.epoch} of ${config.training.epochs}`);
  try {
    const end = await train(task, {
      signal,
      resume,
      onProgress: ({ epoch, epochs, step, steps, loss, rate, secondsLeft }) =>
        progress.update(
          `${name}: epoch ${epoch}/${epochs}, step ${step}/${steps}, loss ${loss.toFixed(3)}, ${rate.toFixed(0)} sentences/s, ${formatDuration(secondsLeft)} left`,
        ),
      onEpoch: (state, validation) => {
        store.saveEpoch(id, config, state());
        progress.update(`${name}: validation ${brief(validation)}`);
      },
    });
    // The test part is read here for the first and only time, by a model that is finished.
    const test = await evaluate(end.parameters, 'test');
    const validation = await evaluate(end.parameters, 'valid');
    store.finish(id, config, {
      checkpoint: { config: config.model, parameters: end.parameters },
      tokenizer: tokenizer.definition,
      history: end.history,
      predictions: formatConll(corpus.test, test.predicted),
      metrics: {
        parameters: countParameters(Object.values(parameterShapes(config.model))),
        validation: validation.scores,
        test: test.scores,
        intervals: {
          validation: bootstrapIntervals(validation.counts, config.criticalTypes),
          test: bootstrapIntervals(test.counts, config.criticalTypes),
        },
        epochs: end.validations,
        truncated: encoded.test.truncated,
      },
    });
    const seconds = (performance.now() - started) / 1000;
    progress.line(`${name}: trained in ${formatDuration(seconds)}, ${brief(test.scores)} (run ${id})`);
  } finally {
    await predictor.dispose();
  }
}

/** A teacher's logits on the training part: computed once, kept on disk, shared by all its students. */
async function logitsOfTeacher(workshop: Workshop, teacher: string): Promise<Float32Array[]> {
  const { store, labels, tokenizer, encoded, engine, progress, signal } = workshop;
  const file = join(store.folder, 'teacher-logits', `${teacher}.safetensors`);
  const { sentences } = encoded.train;
  const classes = labels.size;
  const counts = sentences.map(({ firstPieces }) => firstPieces.length * classes);
  if (!existsSync(file)) {
    const { config, parameters } = store.checkpoint(teacher);
    const predictor = new Predictor(engine, config);
    const logits = await predictor.logits(parameters, sentences, {
      batchSize: PREDICTION_BATCH,
      padId: tokenizer.special.pad,
      signal,
      onBatch: (done, total) => progress.update(`teacher's logits: batch ${done}/${total}`),
    });
    await predictor.dispose();
    const values = new Float32Array(counts.reduce((sum, count) => sum + count, 0));
    let offset = 0;
    for (const rows of logits) {
      values.set(rows, offset);
      offset += rows.length;
    }
    writeFileAtomically(
      file,
      encodeSafetensors({ logits: { shape: [values.length / classes, classes], values } }),
    );
  }
  const { values } = loadSafetensors(file).logits;
  let offset = 0;
  return counts.map(count => {
    offset += count;
    return values.subarray(offset - count, offset);
  });
}

/** The three scores that matter, in per cent. */
export function brief({ overall, critical, coverage }: Scores): string {
  const percent = (value: number | null) => (value === null ? 'none' : (100 * value).toFixed(2));
  return `F1 ${percent(overall.f1)}, F1 critical ${percent(critical.f1)}, Coverage ${percent(coverage)}`;
}
