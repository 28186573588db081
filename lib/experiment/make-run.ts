/** Makes one run: trains the model from its initial state, evaluates it, and keeps everything in the store. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { formatConll } from '../corpus/formats/conll';
import type { LabelSet } from '../corpus/labels';
import type { Corpus } from '../corpus/sentence';
import type { WordsOfSentence } from '../corpus/unlabelled';
import type { Engine } from '../engine/engine';
import { countSpans, type Scores } from '../evaluation/scores';
import { InferenceModel } from '../inference/inference-model';
import { tagsOf } from '../inference/tags';
import type { ModelConfig } from '../model/config';
import type { Parameter, Parameters } from '../model/parameters';
import type { EncodedSentence, EncodedSplit } from '../tokenization/align';
import { SubwordDropout } from '../tokenization/subword-dropout';
import type { WordTokenizer } from '../tokenization/tokenizer';
import type { TeacherSignal } from '../training/losses/loss';
import { type TeacherSignals, type TrainingTask, train } from '../training/trainer';
import type { GivenTeacher } from './given-teacher';
import type { InitialStates } from './initial-states';
import { scoresOfTotals, type TotalCounts, totalCounts } from './metrics';
import type { GivenRun, PlannedRun } from './planned-runs';
import { formatDuration, type Progress } from './progress';
import type { RunConfig } from './run-config';
import type { RunStore } from './runs';
import { DamagedFileError, readSealedTensors, writeSealedTensors } from './sealed';
import { answersFile, type StoreFile } from './store-files';
import type { UnlabelledText } from './unlabelled';

/** Sentences a batch when a model is only asked, not trained. */
export const PREDICTION_BATCH = 32;

/** What runs are made of and with. */
export interface Workshop {
  readonly store: RunStore;
  readonly states: InitialStates;
  readonly corpus: Corpus;
  readonly labels: LabelSet;
  /** What bears on the scores, in sentences. */
  readonly notes: readonly string[];
  readonly tokenizer: WordTokenizer;
  readonly encoded: Readonly<Record<'train' | 'valid' | 'test', EncodedSplit>>;
  /** Without labels; `null` where there is none. */
  readonly text: UnlabelledText | null;
  /** The engine with the threads that a model of its size has. */
  engineOf(model: ModelConfig): Promise<Engine>;
  /** In place of a teacher that is trained. */
  readonly given: GivenTeacher | null;
  readonly progress: Progress;
  readonly signal?: AbortSignal;
}

/** Asks a teacher that was given for the validation and the test part, and keeps what it says as a run. */
export async function makeGivenRun(
  workshop: Workshop,
  given: GivenTeacher,
  { id, name, config }: GivenRun,
): Promise<void> {
  const { store, corpus, labels, notes, progress, signal } = workshop;
  const damage = store.isDone(id) ? store.damageOf(id) : null;
  if (damage) progress.line(`${name}: ${damage.file}: ${damage.found}; it is asked again`);
  const started = performance.now();
  const predicted = async (part: 'valid' | 'test') => {
    const onBatch = (done: number, total: number) => progress.update(`${name}: batch ${done}/${total}`);
    const logits = await given.answers(corpus[part], 'logits', {
      batchSize: PREDICTION_BATCH,
      signal,
      onBatch,
    });
    return formatConll(corpus[part], tagsOf(corpus[part], logits, labels));
  };
  store.finishGiven(id, config, {
    saved: given.saved?.() ?? null,
    predictions: { validation: await predicted('valid'), test: await predicted('test') },
    record: {
      epochs: [],
      truncated: { words: 0, entities: 0 },
      notes,
      threads: null,
      parameters: given.parameters,
    },
  });
  const seconds = (performance.now() - started) / 1000;
  const { test } = store.metrics(id);
  progress.line(
    `${name}: given, not trained; asked in ${formatDuration(seconds)}, ${brief(test)} (run ${id})`,
  );
}

/** Trains, evaluates and keeps a run whose teacher, where it has one, is in the store. */
export async function makeRun(workshop: Workshop, planned: PlannedRun): Promise<void> {
  const { store, states, corpus, labels, tokenizer, encoded, progress, signal } = workshop;
  const { id, name, config, loss, initial, part } = planned;
  const text = textOf(workshop, config);
  const engine = await workshop.engineOf(config.model);
  const batching = { batchSize: PREDICTION_BATCH, padId: tokenizer.special.pad, signal };
  const predict = async <Part extends 'valid' | 'test'>(parameters: Parameters, ...parts: Part[]) => {
    const model = await InferenceModel.open(engine, config.model, parameters);
    try {
      const tags: Partial<Record<Part, string[][]>> = {};
      for (const part of parts) {
        const logits = await model.outputs(encoded[part].sentences, batching);
        tags[part] = tagsOf(corpus[part], logits, labels);
      }
      return tags as Record<Part, string[][]>;
    } finally {
      await model.dispose();
    }
  };
  const gold = corpus.valid.map(({ tags }) => tags);
  const criticalIds = labels.criticalIds(config.criticalTypes ?? []);
  const trained = async () => {
    const task: TrainingTask<TotalCounts> = {
      engine,
      config: config.model,
      initial: states.load(initial),
      loss,
      critical: labels.tags.map((_, label) => criticalIds.includes(label)),
      // Mixed as the epoch is shuffled.
      sentences: [...encoded.train.sentences, ...(text?.encoded ?? [])],
      maxLength: config.maxLength,
      special: tokenizer.special,
      subwords: new SubwordDropout(tokenizer),
      teacher: await signalsOfTeacher(workshop, planned),
      settings: config.training,
      validate: async parameters => totalCounts(countSpans(gold, (await predict(parameters, 'valid')).valid)),
    };
    const resume = store.loadEpoch(id);
    if (resume) progress.line(`${name}: goes on after epoch ${resume.epoch} of ${config.training.epochs}`);
    return train(task, {
      signal,
      resume,
      onProgress: ({ epoch, epochs, step, steps, loss, rate, secondsLeft }) =>
        progress.update(
          `${name}: epoch ${epoch}/${epochs}, step ${step}/${steps}, loss ${loss.toFixed(3)}, ${rate.toFixed(0)} sentences/s, ${formatDuration(secondsLeft)} left`,
        ),
      onEpoch: (state, validation) => {
        store.saveEpoch(id, config, state());
        progress.update(`${name}: validation ${brief(scoresOfTotals(validation, part.criticalTypes))}`);
      },
    });
  };
  const damage = store.isDone(id) ? store.damageOf(id) : null;
  const kept = damage && store.trained(id);
  if (damage) {
    const remedy = kept ? 'its weights are whole, and it predicts again' : 'it is trained anew';
    progress.line(`${name}: ${damage.file}: ${damage.found}; ${remedy}`);
  }
  const started = performance.now();
  const end = kept ?? (await trained());
  // The test part is read here for the first and only time, by a model that is finished.
  const { valid, test } = await predict(end.parameters, 'valid', 'test');
  store.finish(id, config, {
    checkpoint: { config: config.model, parameters: end.parameters },
    tokenizer,
    history: end.history,
    predictions: { validation: formatConll(corpus.valid, valid), test: formatConll(corpus.test, test) },
    record: {
      threads: engine.threads,
      epochs: end.validations,
      truncated: encoded.test.truncated,
      notes: [...workshop.notes, ...(text?.notes ?? []), ...states.notesOf(initial)],
    },
  });
  const seconds = (performance.now() - started) / 1000;
  const how = kept ? 'made whole' : 'trained';
  progress.line(
    `${name}: ${how} in ${formatDuration(seconds)}, ${brief(store.metrics(id).test)} (run ${id})`,
  );
}

/** The text without labels that a run learns from; `null` where it learns from none. */
function textOf({ text }: Workshop, { unlabelled }: Pick<RunConfig, 'unlabelled'>): UnlabelledText | null {
  return unlabelled === undefined ? null : text;
}

/** What a loss asks of the teacher, of the sentences of the run in their order. */
async function signalsOfTeacher(
  workshop: Workshop,
  { config, loss }: PlannedRun,
): Promise<TeacherSignals | undefined> {
  const { teacher } = config;
  if (teacher === null) return undefined;
  const text = textOf(workshop, config);
  const found: Partial<Record<TeacherSignal, readonly Float32Array[]>> = {};
  for (const signal of loss.teacher) found[signal] = await signalOfTeacher(workshop, teacher, signal, text);
  return found;
}

/** What a teacher is asked of. */
interface Asked {
  readonly sentences: readonly WordsOfSentence[];
  readonly encoded: readonly EncodedSentence[];
  /** Where its answer is kept. */
  readonly saved: StoreFile;
}

/** A teacher's answer on the training part, and on text behind it: computed once, kept on disk, shared by all its students. */
export async function signalOfTeacher(
  workshop: Workshop,
  teacher: string,
  of: TeacherSignal,
  text = workshop.text,
): Promise<readonly Float32Array[]> {
  const { corpus, encoded } = workshop;
  const training: Asked = {
    sentences: corpus.train,
    encoded: encoded.train.sentences,
    saved: answersFile(of, teacher),
  };
  const labelled = await answersOfTeacher(workshop, teacher, of, training);
  if (text === null) return labelled;
  const unlabelled = { ...text, saved: answersFile(of, teacher, text.digest) };
  return [...labelled, ...(await answersOfTeacher(workshop, teacher, of, unlabelled))];
}

async function answersOfTeacher(
  workshop: Workshop,
  teacher: string,
  of: TeacherSignal,
  { sentences, encoded, saved }: Asked,
): Promise<readonly Float32Array[]> {
  const { store, given } = workshop;
  const file = join(store.folder, saved.path);
  // A trained teacher reads as its students do; a given one says something of every word, whatever they read of a sentence.
  const lengths = given
    ? sentences.map(({ words }) => words.length)
    : encoded.map(({ firstPieces }) => firstPieces.length);
  let answers = savedAnswers();
  if (!answers) {
    const outputs = await askTeacher(workshop, teacher, of, { sentences, encoded });
    const words = lengths.reduce((sum, length) => sum + length, 0);
    const values = new Float32Array(outputs.reduce((sum, { length }) => sum + length, 0));
    let offset = 0;
    for (const rows of outputs) {
      values.set(rows, offset);
      offset += rows.length;
    }
    answers = { shape: [words, values.length / words], values };
    writeSealedTensors(file, saved.of, { [of]: answers });
  }
  const {
    shape: [, width],
    values,
  } = answers;
  let next = 0;
  return encoded.map(({ firstPieces }, i) => {
    const first = next;
    next += lengths[i];
    return values.subarray(first * width, (first + firstPieces.length) * width);
  });

  function savedAnswers(): Parameter | undefined {
    if (!existsSync(file)) return undefined;
    try {
      return readSealedTensors(file, saved.of).tensors[of];
    } catch (error) {
      if (!(error instanceof DamagedFileError)) throw error;
      store.say(`${error.message}: computed anew`);
      return undefined;
    }
  }
}

async function askTeacher(
  workshop: Workshop,
  teacher: string,
  of: TeacherSignal,
  { sentences, encoded }: Pick<Asked, 'sentences' | 'encoded'>,
): Promise<readonly Float32Array[]> {
  const { store, tokenizer, given, progress, signal } = workshop;
  const options = {
    batchSize: PREDICTION_BATCH,
    signal,
    onBatch: (done: number, total: number) => progress.update(`teacher's ${of}: batch ${done}/${total}`),
  };
  if (given) return given.answers(sentences, of, options);
  const { config, parameters } = store.checkpoint(teacher);
  const model = await InferenceModel.open(await workshop.engineOf(config), config, parameters, {
    output: of,
  });
  return model.outputs(encoded, { ...options, padId: tokenizer.special.pad }).finally(() => model.dispose());
}

/** The three scores that matter, in per cent. */
export function brief({ overall, critical, coverage }: Scores): string {
  const percent = (value: number | null) => (value === null ? 'none' : (100 * value).toFixed(2));
  return `F1 ${percent(overall.f1)}, F1 critical ${percent(critical.f1)}, Coverage ${percent(coverage)}`;
}
