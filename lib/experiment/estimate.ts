/**
 * How long a study will take here, told before it starts: real training steps and predictions of each model at two of
 * the lengths that its batches have, times the batches of each length that there are to do.
 */
import { max, rollup, sum } from 'd3-array';
import { namedAs } from '../errors';
import { InferenceModel } from '../inference/inference-model';
import { canonicalJson } from '../json';
import { initialParameters, type Parameters } from '../model/parameters';
import { Random } from '../random';
import { quantile } from '../resources/quantile';
import type { EncodedSentence } from '../tokenization/align';
import { batchesByLength, shuffledBatches } from '../tokenization/batch';
import { SubwordDropout } from '../tokenization/subword-dropout';
import { signalWidth } from '../training/step-program';
import { train } from '../training/trainer';
import { PREDICTION_BATCH } from './make-run';
import { numberOfParameters } from './model-size';
import type { StudySession } from './paper';
import type { PlannedRun } from './planned-runs';
import type { RunConfig } from './run-config';
import type { Role } from './study';
import { threadsOf } from './threads';

export interface RunEstimate {
  readonly name: string;
  readonly id: string;
  /** The part that it plays in the study. */
  readonly kind: Role;
  /** Ids of the runs that must be there before. */
  readonly needs: readonly string[];
  /** What the store has of it. */
  readonly state: 'done' | 'begun' | 'to do';
  /** Epochs that are left. */
  readonly epochsLeft: number;
  /** Seconds that are left; 0 where it is done. */
  readonly seconds: number;
  /** Bytes that the process which makes it will have at most. */
  readonly memory: number;
  /** That it is trained with. */
  readonly threads: number;
}

/** How many batches have each length. */
export type Lengths = ReadonlyMap<number, number>;

/** Seconds of one batch of a length, and of preparing the engine before the first. */
export interface Timing {
  readonly length: number;
  readonly seconds: number;
  readonly preparation: number;
}

/** Steps that are timed after the first, which also prepares the engine: at most so many, and no more after a second. */
const MOST_STEPS = 16;
const LEAST_STEPS = 2;
const ENOUGH_MS = 1000;

/** @param times in milliseconds: the start, then the end of each step */
function isEnough(times: readonly number[]): boolean {
  const steps = times.length - 2;
  return steps >= MOST_STEPS || (steps >= LEAST_STEPS && times[times.length - 1] - times[1] >= ENOUGH_MS);
}

/** Seconds left for each run of a plan. */
export async function estimateRuns(session: StudySession, signal?: AbortSignal): Promise<RunEstimate[]> {
  const steps = new Map<string, readonly Timing[]>();
  const predictions = new Map<string, readonly Timing[]>();
  const estimates: RunEstimate[] = [];
  const runs = session.planned();
  const sizes = new Map(runs.map(({ id, config }) => [id, numberOfParameters(config.model)]));
  const asked = new Set(runs.flatMap(({ loss }) => loss.teacher)).size;
  const given = await estimateGiven(session, asked, signal);
  if (given) estimates.push(given);
  const sizeOfGiven = session.given?.parameters ?? 0;
  /** Of runs that go through the same sentences in the same batches. */
  const lengths = new Map<string, Lengths>();
  for (const planned of runs) {
    const { id, name, config, part } = planned;
    const done = session.store.isWhole(id);
    const begun = done ? undefined : session.store.lastEpoch(id);
    const epochsLeft = done ? 0 : config.training.epochs - (begun ?? 0);
    let seconds = 0;
    if (!done) {
      const { batchSize, seed } = config.training;
      const lengthsOf = (name: string, sentences: readonly EncodedSentence[], batches: () => number[][]) => {
        const longest = config.model.maxPositions;
        const key = `${name} ${longest}`;
        const known = lengths.get(key) ?? paddedLengths(batches(), sentences, longest);
        lengths.set(key, known);
        return known;
      };
      const text = session.text?.encoded ?? [];
      const training = [...session.encoded.train.sentences, ...(config.unlabelled ? text : [])];
      const epoch = lengthsOf(`epoch of ${training.length} ${batchSize} ${seed}`, training, () =>
        shuffledBatches(training, batchSize, new Random(seed)),
      );
      const predicted = (part: 'train' | 'valid' | 'test' | 'text') => {
        const sentences = part === 'text' ? text : session.encoded[part].sentences;
        return lengthsOf(part, sentences, () => batchesByLength(sentences, PREDICTION_BATCH));
      };
      const model = canonicalJson(config.model);
      const kind = canonicalJson([model, batchSize]);
      // Drawn once a model: a large one has a hundred million of them.
      const parameters = steps.has(kind) && predictions.has(model) ? {} : initialParameters(config.model, 0);
      if (!steps.has(kind))
        steps.set(
          kind,
          await namedAs(name, timeTraining(session, planned, parameters, { training, epoch }, signal)),
        );
      if (!predictions.has(model))
        predictions.set(model, await timePrediction(session, planned, parameters, predicted('test')));
      const [step, prediction] = [steps.get(kind)!, predictions.get(model)!];
      seconds =
        secondsOf(step, epoch, epochsLeft) +
        secondsOf(prediction, predicted('valid'), epochsLeft) +
        secondsOf(prediction, predicted('test'), 1);
      // The teacher of each seed is asked once for all that losses need of it on the training part, and on text.
      if (part.role === 'teacher')
        for (const asks of ['train', 'text'] as const)
          seconds += asked * secondsOf(prediction, predicted(asks), 1);
    }
    estimates.push({
      id,
      name,
      state: done ? 'done' : begun === undefined ? 'to do' : 'begun',
      epochsLeft,
      seconds,
      kind: part.role,
      needs: session.needsOf(planned),
      threads: threadsOf(config.model, session.engine.threads),
      memory: memoryOf(config, config.teacher === null ? 0 : (sizes.get(config.teacher) ?? sizeOfGiven)),
    });
  }
  return estimates;
}

/** Sentences that a given teacher is timed on. */
const TIMED_SENTENCES = 2 * PREDICTION_BATCH;

/**
 * What asking a teacher takes that is given; `null` where one is trained, or only its logits are read.
 * @param asked how many signals losses need of it on the training part
 */
async function estimateGiven(
  session: StudySession,
  asked: number,
  signal?: AbortSignal,
): Promise<RunEstimate | null> {
  const { given, corpus, store } = session;
  const run = session.givenRun;
  if (!given || !run) return null;
  const done = store.isWhole(run.id);
  const timed = corpus.test.slice(0, TIMED_SENTENCES);
  const secondsOfOne = async () => {
    const start = performance.now();
    await given.answers(timed, 'logits', { batchSize: PREDICTION_BATCH, signal });
    return (performance.now() - start) / 1000 / timed.length;
  };
  const answered = corpus.train.length + (session.text?.sentences.length ?? 0);
  const sentences = asked * answered + corpus.valid.length + corpus.test.length;
  const seconds = done || given.kind === 'logits' ? 0 : sentences * (await secondsOfOne());
  return {
    id: run.id,
    name: run.name,
    kind: run.part.role,
    needs: session.needsOf(run),
    threads: session.engine.threads,
    state: done ? 'done' : 'to do',
    epochsLeft: 0,
    seconds,
    memory: MEMORY_OF_PROCESS + 4 * VALUES_OF_ASKED * (given.parameters ?? 0),
  };
}

/** Node, the libraries, a corpus of usual size and graphs, in bytes. */
const MEMORY_OF_PROCESS = 500e6;
/** Of float32 values a parameter: itself, its gradient and two moments, and copies of them when an epoch is kept. */
const VALUES_A_PARAMETER = 10;
/** Of a model that is only asked: its weights, and packed once more by the engine. */
const VALUES_OF_ASKED = 2;
/** Of a layer for each piece and unit of width, forward and backward: after Korthikanti et al. 2022, in float32. */
const VALUES_A_UNIT = 17;

/**
 * Bytes that training needs at most, from the sizes of the model and of its longest batch; the teacher is there while it is
 * asked.
 * @param teacher its number of parameters, 0 without one
 */
export function memoryOf({ model, maxLength, training }: RunConfig, teacher: number): number {
  const pieces = Math.ceil(training.batchSize / training.accumulation) * maxLength;
  const layer = VALUES_A_UNIT * pieces * model.hiddenSize + 4 * model.heads * pieces * maxLength;
  const values =
    VALUES_A_PARAMETER * numberOfParameters(model) + model.layers * layer + VALUES_OF_ASKED * teacher;
  return MEMORY_OF_PROCESS + 4 * values;
}

/** How many of the batches have which length. */
export function paddedLengths(
  batches: readonly (readonly number[])[],
  sentences: readonly EncodedSentence[],
  longest: number,
): Map<number, number> {
  return rollup(
    batches,
    alike => alike.length,
    members => Math.min(longest, Math.max(...members.map(i => sentences[i].ids.length))),
  );
}

/** Seconds of all batches, `times` over; the engine is prepared once, if at all. Between the measured lengths lies a line. */
export function secondsOf(timings: readonly Timing[], lengths: Lengths, times: number): number {
  if (lengths.size === 0) return 0;
  const preparation = max(timings, timing => timing.preparation) ?? 0;
  return preparation + sum(lengths, ([length, count]) => count * times * secondsAt(timings, length));
}

function secondsAt(timings: readonly Timing[], length: number): number {
  const sorted = [...timings].sort((a, b) => a.length - b.length);
  const above = sorted.find(timing => timing.length >= length);
  const below = sorted.filter(timing => timing.length <= length).at(-1);
  if (!above || !below) {
    // Beyond what was measured, time grows with the length.
    const nearest = (above ?? below)!;
    return (nearest.seconds * length) / nearest.length;
  }
  if (above === below) return above.seconds;
  const share = (length - below.length) / (above.length - below.length);
  return below.seconds + share * (above.seconds - below.seconds);
}

/** The lengths at which to measure: that of the middle batch, and one that only a fiftieth is longer than. */
function measuredLengths(lengths: Lengths): number[] {
  const sorted = [...lengths]
    .sort(([a], [b]) => a - b)
    .flatMap(([length, count]) => Array<number>(count).fill(length));
  const at = (share: number) => sorted[Math.floor(share * (sorted.length - 1))];
  return [...new Set([at(0.5), at(0.98)])];
}

/** As many sentences of a length as asked for, the same again and again; the model cuts those that are too long for it. */
function sentencesOfLength(
  sentences: readonly EncodedSentence[],
  length: number,
  longest: number,
  count: number,
): EncodedSentence[] {
  const fitting = sentences.filter(({ ids }) => Math.min(longest, ids.length) === length);
  return Array.from({ length: count }, (_, i) => fitting[i % fitting.length]);
}

async function timeTraining(
  session: StudySession,
  { config, loss }: PlannedRun,
  initial: Parameters,
  { training, epoch }: { readonly training: readonly EncodedSentence[]; readonly epoch: Lengths },
  signal?: AbortSignal,
): Promise<Timing[]> {
  const { batchSize } = config.training;
  const timings: Timing[] = [];
  for (const length of measuredLengths(epoch)) {
    const sentences = sentencesOfLength(
      training,
      length,
      config.model.maxPositions,
      (2 + MOST_STEPS) * batchSize,
    );
    const times: number[] = [performance.now()];
    const enough = new AbortController();
    const timed = train(
      {
        engine: await session.engineOf(config.model),
        config: config.model,
        initial,
        loss,
        critical: config.model.tags.map(() => false),
        sentences,
        maxLength: config.maxLength,
        special: session.tokenizer.special,
        subwords: new SubwordDropout(session.tokenizer),
        teacher: Object.fromEntries(
          loss.teacher.map(of => [
            of,
            sentences.map(
              ({ firstPieces }) => new Float32Array(firstPieces.length * signalWidth(config.model, of)),
            ),
          ]),
        ),
        settings: { ...config.training, epochs: 1 },
        validate: async () => null,
      },
      {
        signal: enough.signal,
        onProgress: () => {
          times.push(performance.now());
          if (isEnough(times) || signal?.aborted) enough.abort();
        },
      },
    );
    await timed.catch(error => {
      if (!enough.signal.aborted) throw error;
    });
    signal?.throwIfAborted();
    timings.push(timingOf(length, times));
  }
  return timings;
}

async function timePrediction(
  session: StudySession,
  { config }: PlannedRun,
  parameters: Parameters,
  lengths: Lengths,
): Promise<Timing[]> {
  const model = await InferenceModel.open(await session.engineOf(config.model), config.model, parameters);
  const timings: Timing[] = [];
  try {
    for (const length of measuredLengths(lengths)) {
      const { sentences } = session.encoded.test;
      const batch = sentencesOfLength(sentences, length, config.model.maxPositions, PREDICTION_BATCH);
      const times = [performance.now()];
      while (!isEnough(times)) {
        await model.ofBatch(batch, session.tokenizer.special.pad);
        times.push(performance.now());
      }
      timings.push(timingOf(length, times));
    }
  } finally {
    await model.dispose();
  }
  return timings;
}

/** The first step prepares; of the others the median counts, which a disturbance moves little. */
function timingOf(length: number, times: readonly number[]): Timing {
  const steps = times.slice(1).map((time, i) => (time - times[i]) / 1000);
  const seconds = quantile(steps.slice(1), 0.5);
  return { length, seconds, preparation: Math.max(0, steps[0] - seconds) };
}
