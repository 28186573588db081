/** How long a study will take here, told before it starts: a few real steps of each model, times the steps to do. */
import { initialParameters } from '../model/parameters';
import { bucketOf } from '../tokenization/batch';
import { train } from '../training/trainer';
import type { PlannedRun, StudySession } from './paper';

export interface RunEstimate {
  readonly name: string;
  readonly id: string;
  /** What the store has of it. */
  readonly state: 'done' | 'begun' | 'to do';
  /** Epochs that are left. */
  readonly epochsLeft: number;
  /** Seconds of training that are left; 0 where it is done. */
  readonly seconds: number;
}

/** Batches of training that are timed after the first, which also compiles. */
const TIMED_STEPS = 4;
/** Training does forward and backward, three times the arithmetic of a forward pass alone. */
const FORWARD_SHARE = 1 / 3;

/** Seconds left for each run of a plan, measured by training a few batches of usual length from fresh weights. */
export async function estimateRuns(session: StudySession, signal?: AbortSignal): Promise<RunEstimate[]> {
  const speeds = new Map<string, number>();
  const estimates: RunEstimate[] = [];
  for (const planned of session.planned()) {
    const { id, name, config } = planned;
    const done = session.store.isDone(id);
    const begun = done ? undefined : session.store.lastEpoch(id);
    const epochsLeft = done ? 0 : config.training.epochs - (begun ?? 0);
    let seconds = 0;
    if (epochsLeft > 0) {
      const size = config.role === 'teacher' ? 'teacher' : 'student';
      const perSentence = speeds.get(size) ?? (await secondsPerSentence(session, planned, signal));
      speeds.set(size, perSentence);
      const { train: training, valid, test } = session.encoded;
      const evaluated = valid.sentences.length * epochsLeft + test.sentences.length;
      seconds = perSentence * (training.sentences.length * epochsLeft + evaluated * FORWARD_SHARE);
    }
    estimates.push({
      id,
      name,
      state: done ? 'done' : begun === undefined ? 'to do' : 'begun',
      epochsLeft,
      seconds,
    });
  }
  return estimates;
}

/** Of training, on sentences of the bucket that the mean length falls into, so that one session is compiled. */
async function secondsPerSentence(
  session: StudySession,
  { config }: PlannedRun,
  signal?: AbortSignal,
): Promise<number> {
  const { batchSize } = config.training;
  const { sentences } = session.encoded.train;
  const bucket = (length: number) => bucketOf(length, config.model.maxPositions);
  const mean = sentences.reduce((sum, { ids }) => sum + ids.length, 0) / sentences.length;
  const usual = sentences.filter(({ ids }) => bucket(ids.length) === bucket(mean));
  const rows = usual.length > 0 ? usual : sentences.slice(0, 1);
  const repeated = Array.from({ length: (TIMED_STEPS + 1) * batchSize }, (_, i) => rows[i % rows.length]);
  const times: number[] = [];
  await train(
    {
      engine: session.engine,
      config: config.model,
      initial: initialParameters(config.model, 0),
      loss: { kind: 'fine-tuning' },
      critical: config.model.tags.map(() => false),
      sentences: repeated,
      special: session.tokenizer.special,
      settings: { ...config.training, epochs: 1 },
      validate: async () => null,
    },
    { signal, onProgress: () => times.push(performance.now()) },
  );
  return (times[TIMED_STEPS] - times[0]) / 1000 / (TIMED_STEPS * batchSize);
}
