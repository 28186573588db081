/** Trains a token classifier with any loss, one epoch after the other, and can go on from any epoch. */
import type { Engine } from '../engine/engine';
import { InputError } from '../errors';
import type { ModelConfig } from '../model/config';
import { copyParameters, type Parameters } from '../model/parameters';
import { lookups } from '../model/token-classifier';
import { Random } from '../random';
import { type EncodedSentence, IGNORED } from '../tokenization/align';
import { chunk, type EncodedBatch, padBatch, placesOf, shuffledBatches } from '../tokenization/batch';
import type { SubwordDropout } from '../tokenization/subword-dropout';
import type { SpecialTokens } from '../tokenization/tokenizer';
import { DropoutMasks } from './dropout';
import { addTotals, type Loss, type TeacherSignal, totalsOf } from './losses/loss';
import { ADAMW_DEFAULTS, AdamW, type OptimizerState } from './optimizer';
import { type StepInputs, signalWidth, stepData, stepProgram, stepSizes } from './step-program';

export interface TrainingSettings {
  readonly epochs: number;
  readonly batchSize: number;
  /**
   * Parts that a batch is computed in, one after another: the memory of a part, the gradient of the whole. A change
   * draws other dropout, and no more.
   */
  readonly accumulation: number;
  /** The highest learning rate, reached at the end of the warm-up. */
  readonly learningRate: number;
  /** Share of all steps over which the learning rate rises from 0; then it falls linearly to 0. */
  readonly warmup: number;
  readonly weightDecay: number;
  /** The gradient is scaled down to this global norm. */
  readonly maxNorm: number;
  /** Share of word pieces that are read as `[UNK]` in training, so that a model learns to use the context. */
  readonly wordDropout: number;
  /**
   * Probability with which a match is passed over when a word is taken apart, so that it comes in other pieces each time;
   * for small corpora with many rare words. 0: words are read as they always are.
   */
  readonly subwordDropout: number;
  /** Drives the order of sentences, dropout, word dropout and subword dropout. */
  readonly seed: number;
}

/** One row of `history.csv`; after these columns those of the loss's terms, such as `crossEntropy`. */
export interface HistoryRow extends Readonly<Record<string, number>> {
  readonly step: number;
  readonly epoch: number;
  readonly learningRate: number;
  readonly gradientNorm: number;
  readonly loss: number;
}

/** Signals of a teacher, sentence by sentence, at the words' first pieces. */
export type TeacherSignals = Readonly<Partial<Record<TeacherSignal, readonly Float32Array[]>>>;

export interface TrainingTask<Validation> {
  readonly engine: Engine;
  readonly config: ModelConfig;
  /** Where the training starts; not changed. */
  readonly initial: Parameters;
  readonly loss: Loss;
  /** Whether each class id is of a critical type. */
  readonly critical: readonly boolean[];
  readonly sentences: readonly EncodedSentence[];
  /** Longest sequence in pieces, special tokens included: no sentence is longer, nor becomes so when it is read anew. */
  readonly maxLength: number;
  readonly special: SpecialTokens;
  /** Takes words apart where `settings.subwordDropout` is above 0. */
  readonly subwords?: SubwordDropout;
  /** What the loss needs of a teacher: its logits `[words, C]` of each sentence, its hidden states `[words, D]`. */
  readonly teacher?: TeacherSignals;
  readonly settings: TrainingSettings;
  /** Called after each epoch with the present parameters. */
  readonly validate: (parameters: Parameters) => Promise<Validation>;
}

/** All that a training needs to go on after an epoch as if it had never stopped. */
export interface TrainingState<Validation> {
  readonly epoch: number;
  readonly parameters: Parameters;
  readonly optimizer: OptimizerState;
  readonly history: readonly HistoryRow[];
  /** Of each epoch. */
  readonly validations: readonly Validation[];
}

export interface TrainingProgress {
  readonly epoch: number;
  readonly epochs: number;
  readonly step: number;
  readonly steps: number;
  readonly loss: number;
  /** Sentences a second since the start or the resumption. */
  readonly rate: number;
  readonly secondsLeft: number;
}

export interface TrainingHooks<Validation> {
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: TrainingProgress) => void;
  /** Called after each epoch, after validation; what it keeps can be given as `resume`. */
  readonly onEpoch?: (state: () => TrainingState<Validation>, validation: Validation) => void | Promise<void>;
  readonly resume?: TrainingState<Validation>;
}

/** The loss or its gradient is no number any more. */
export class DivergenceError extends InputError {}

/**
 * Trains to the end of the last epoch and returns the state there.
 * @throws DivergenceError
 */
export async function train<Validation>(
  task: TrainingTask<Validation>,
  { signal, onProgress, onEpoch, resume }: TrainingHooks<Validation> = {},
): Promise<TrainingState<Validation>> {
  const { engine, config, loss, settings, sentences } = task;
  const stepsPerEpoch = Math.ceil(sentences.length / settings.batchSize);
  const steps = stepsPerEpoch * settings.epochs;
  const optimizer = openOptimizer(task, resume);
  const masks = new DropoutMasks();
  const differentiation = engine.differentiation(stepProgram(config, loss), stepSizes(config, loss));
  const history = [...(resume?.history ?? [])];
  const validations = [...(resume?.validations ?? [])];
  const started = performance.now();
  const firstStep = history.length;
  let step = firstStep;
  let epoch = resume?.epoch ?? 0;
  const stateNow = (): TrainingState<Validation> => {
    const optimizerState = optimizer.state();
    return {
      epoch,
      parameters: copyParameters(optimizer.parameters),
      optimizer: optimizerState,
      history: [...history],
      validations: [...validations],
    };
  };
  try {
    for (; epoch < settings.epochs; ) {
      const order = new Random(settings.seed).fork(`epoch ${epoch}`);
      for (const members of shuffledBatches(sentences, settings.batchSize, order)) {
        signal?.throwIfAborted();
        const parts = partsOf(task, members, step);
        const totals = parts.map(({ targets }) => totalsOf(loss, targets)).reduce(addTotals);
        const values = new Map<string, number>();
        const learningRate = learningRateAt(step, steps, settings);
        let gradientNorm = 0;
        for (const [index, part] of parts.entries()) {
          const tables = lookups(config, part.batch);
          const outputs = await differentiation.run(
            optimizer.variables(tables),
            stepData(config, loss, part, totals, masks),
            optimizer.gradients(tables),
          );
          for (const [name, output] of Object.entries(outputs))
            values.set(name, (values.get(name) ?? 0) + output.values[0]);
          if (index < parts.length - 1) optimizer.accumulate(tables);
          else gradientNorm = optimizer.step(tables, learningRate);
        }
        const { loss: lossValue, ...terms } = Object.fromEntries(values);
        if (!Number.isFinite(lossValue) || !Number.isFinite(gradientNorm))
          throw new DivergenceError(
            `step ${step + 1} gave a loss of ${lossValue} and a gradient of norm ${gradientNorm}: try a lower learning rate`,
          );
        step++;
        history.push({
          step,
          epoch: epoch + 1,
          learningRate,
          gradientNorm,
          loss: lossValue,
          ...terms,
        });
        const seconds = (performance.now() - started) / 1000;
        const done = step - firstStep;
        onProgress?.({
          epoch: epoch + 1,
          epochs: settings.epochs,
          step,
          steps,
          loss: lossValue,
          rate: (done * settings.batchSize) / seconds,
          secondsLeft: ((steps - step) * seconds) / done,
        });
      }
      epoch++;
      optimizer.flush();
      const validation = await task.validate(optimizer.parameters);
      validations.push(validation);
      await onEpoch?.(stateNow, validation);
    }
    return stateNow();
  } finally {
    await differentiation.dispose();
  }
}

/** Linear warm-up, then linear decay to 0. */
export function learningRateAt(
  step: number,
  steps: number,
  { learningRate, warmup }: Pick<TrainingSettings, 'learningRate' | 'warmup'>,
): number {
  const warmupSteps = Math.round(steps * warmup);
  if (step < warmupSteps) return (learningRate * (step + 1)) / warmupSteps;
  return (learningRate * (steps - step)) / Math.max(1, steps - warmupSteps);
}

function openOptimizer<V>(
  { config, initial, settings, sentences, maxLength }: TrainingTask<V>,
  resume?: TrainingState<V>,
): AdamW {
  const { accumulation, weightDecay, maxNorm, subwordDropout } = settings;
  const batchSize = partSize(settings);
  const longest = sentences.reduce((length, { ids }) => Math.max(length, ids.length), 1);
  const length = Math.min(subwordDropout > 0 ? maxLength : longest, config.maxPositions);
  const empty: EncodedBatch = {
    batchSize,
    length,
    inputIds: new Int32Array(batchSize * length),
    attentionMask: new Float32Array(batchSize * length),
  };
  const tables = Object.fromEntries(
    lookups(config, empty).map(({ table, ids }) => [table, ids.length * accumulation]),
  );
  const options = { ...ADAMW_DEFAULTS, weightDecay, maxNorm };
  const optimizer = new AdamW(resume?.parameters ?? initial, tables, options, accumulation > 1);
  if (resume) optimizer.restore(resume.optimizer);
  return optimizer;
}

/** Sentences in a part of a batch. */
function partSize({ batchSize, accumulation }: TrainingSettings): number {
  return Math.ceil(batchSize / accumulation);
}

/** The parts that a batch is computed in; the last may have fewer sentences. */
function partsOf<V>(task: TrainingTask<V>, members: readonly number[], step: number): StepInputs[] {
  const { sentences, special, teacher, critical, settings } = task;
  return chunk(members, partSize(settings)).map((part, index) => {
    const draw = { seed: settings.seed, step: step * settings.accumulation + index };
    const rows = readAnew(
      task,
      part.map(i => sentences[i]),
      draw,
    );
    const batch = padBatch(rows, special.pad);
    if (settings.wordDropout > 0) dropWords(batch, special, settings.wordDropout, draw);
    const words = placesOf(rows, batch);
    // Sentences of which no word was kept have a place all the same, which counts in nothing.
    const places = words.length > 0 ? words : Int32Array.of(0);
    const labels = new Int32Array(places.length).fill(IGNORED);
    labels.set(rows.flatMap(({ labels }) => [...labels]));
    const signals = Object.entries(teacher ?? {}).map(([signal, ofSentences]) => {
      const width = signalWidth(task.config, signal as TeacherSignal);
      const values = new Float32Array(places.length * width);
      let end = 0;
      for (const [row, i] of part.entries()) {
        const { length } = rows[row].firstPieces;
        values.set(ofSentences[i].subarray(0, length * width), end);
        end += length * width;
      }
      return [signal, { shape: [places.length, width], values }];
    });
    return { batch, places, targets: { labels, critical, teacher: Object.fromEntries(signals) }, draw };
  });
}

function readAnew<V>(
  { subwords, settings, maxLength }: TrainingTask<V>,
  rows: readonly EncodedSentence[],
  { seed, step }: StepInputs['draw'],
): readonly EncodedSentence[] {
  const rate = settings.subwordDropout;
  if (rate === 0) return rows;
  if (!subwords) throw new Error('subword dropout needs the vocabulary');
  const random = new Random(seed).fork(`pieces of step ${step}`);
  return rows.map(row => subwords.reread(row, rate, maxLength, random));
}

function dropWords(
  { inputIds }: EncodedBatch,
  { pad, start, end, unknown }: SpecialTokens,
  rate: number,
  { seed, step }: StepInputs['draw'],
): void {
  const random = new Random(seed).fork(`words of step ${step}`);
  for (let i = 0; i < inputIds.length; i++) {
    const id = inputIds[i];
    if (id === pad || id === start || id === end) continue;
    if (random.chance(rate)) inputIds[i] = unknown;
  }
}
