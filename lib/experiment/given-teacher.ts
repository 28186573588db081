/**
 * A teacher that is not trained but given: a token classifier in Hugging Face's layout, one of any architecture as an ONNX
 * graph, or the logits that another tool wrote. It reads by its own tokenizer, in windows where a sentence is longer than a
 * sequence of it, so that it says something of every word; and is known by the digest of what was given.
 */
import { mean } from 'd3-array';
import type { Corpus, Sentence } from '../corpus/sentence';
import { sha256 } from '../digest';
import type { Engine } from '../engine/engine';
import { InputError } from '../errors';
import { atEachWord } from '../inference/each-word';
import { type BatchOptions, InferenceModel } from '../inference/inference-model';
import { openOnnxClassifier } from '../inference/onnx-classifier';
import { canonicalJson } from '../json';
import { type Checkpoint, checkWhole, openCheckpoint, tokenizerBeside } from '../model/checkpoint';
import type { ModelConfig } from '../model/config';
import { modelNames, type Parameters } from '../model/parameters';
import { digestOfParameters } from '../model/safetensors';
import type { EncodedSentence } from '../tokenization/align';
import type { WordTokenizer } from '../tokenization/tokenizer';
import type { TeacherSignal } from '../training/losses/loss';
import { numberOfParameters } from './model-size';
import type { StudyPlan } from './plan-schema';
import { columnsOf, pretrainedStart } from './pretrained';
import type { GivenKind } from './run-config';
import { readTeacherLogits } from './teacher-logits';

export interface GivenTeacher {
  readonly kind: GivenKind;
  readonly digest: string;
  /** `null` where it is no model of this library. */
  readonly model: ModelConfig | null;
  /** Number of scalar parameters; `null` where that is not known. */
  readonly parameters: number | null;
  /** What there is to say of it, in sentences. */
  readonly notes: readonly string[];
  /** Whether it says something of the validation and the test part, so that it can be scored. */
  readonly isScored: boolean;
  /** Its weights for the tags of the corpus, and its tokenizer; only of a model. */
  readonly saved: (() => { readonly checkpoint: Checkpoint; readonly tokenizer: WordTokenizer }) | null;
  /** Its logits `[words, C]`, or hidden states `[words, D]`, at every word of each of these sentences; logits that were given, of the corpus alone. */
  answers(
    sentences: readonly Pick<Sentence, 'words'>[],
    of: TeacherSignal,
    options: Omit<BatchOptions, 'padId'>,
  ): Promise<readonly Float32Array[]>;
}

/** How a teacher is called in messages. */
export const GIVEN_KINDS: Readonly<Record<GivenKind, string>> = {
  model: 'a model',
  onnx: 'an ONNX model',
  logits: 'a file of logits',
};

/**
 * @param given of a plan, with models in folders
 * @param tags of the corpus, in the order of its classes
 * @throws InputError that names the file, and what of it cannot be used or is not of this corpus
 */
export function openGivenTeacher(
  given: NonNullable<StudyPlan['givenTeacher']>,
  corpus: Corpus,
  tags: readonly string[],
  engine: Engine,
): GivenTeacher {
  const { train, valid, test } = corpus;
  const used = new Set([train, valid, test].flat().flatMap(sentence => sentence.tags));
  const columns: Columns = (labels, file) => columnsOf(labels, tags, used, file);
  if ('model' in given) return givenModel(given.model, tags, columns, engine);
  if ('onnx' in given) return givenOnnx(given.onnx, columns, engine);
  return givenLogits(given.logits, corpus, columns);
}

/** Where the answers of a teacher with these labels have the tags of the corpus. */
type Columns = (labels: readonly string[], file: string) => ReturnType<typeof columnsOf>;

/**
 * How far below the mean of its other logits a teacher has a tag that it does not know and no word has. Its probability is
 * then at most e⁻¹⁰ over their number, since the mean of e^z is at least e to the mean of z. A number that is lower still would
 * be all that logit matching, whose differences are squared, sees.
 */
const FAR_BELOW = 10;

function givenModel(
  folder: string,
  tags: readonly string[],
  columnsIn: Columns,
  engine: Engine,
): GivenTeacher {
  const opened = openCheckpoint(folder);
  checkWhole(opened);
  const { file, config, labels } = opened;
  if ('lack' in labels)
    throw new InputError(
      `${labels.lack}; expected a teacher that is trained for the tags of the corpus, or --teacher-checkpoint, which trains it`,
    );
  const { columns, notes } = columnsIn(labels, file);
  const model: ModelConfig = { ...config, tags };
  const tokenizer = tokenizerBeside(folder, config);
  // No row of the classifier is drawn: each is its own, or that of a tag which no word has.
  const weights = () => withFarRows(pretrainedStart(folder, model, 0).parameters, model, columns);
  const known = digestOfParameters(weights());
  const checkpoint = (): Checkpoint => {
    const parameters = weights();
    if (digestOfParameters(parameters) !== known)
      throw new InputError(`${file}: the teacher has changed since the study began`);
    return { config: model, parameters };
  };
  return {
    kind: 'model',
    digest: sha256(canonicalJson([known, sha256(tokenizer.definition), config.maxPositions])),
    model,
    parameters: numberOfParameters(model),
    notes: [...tokenizer.notes, ...notes],
    isScored: true,
    saved: () => ({ checkpoint: checkpoint(), tokenizer }),
    async answers(sentences, output, options) {
      const opened = await InferenceModel.open(engine, model, checkpoint().parameters, { output });
      const ask = (encoded: readonly EncodedSentence[]) =>
        opened.outputs(encoded, { ...options, padId: tokenizer.special.pad });
      return atEachWord(sentences, tokenizer, config.maxPositions, ask).finally(() => opened.dispose());
    },
  };
}

function givenOnnx(folder: string, columnsIn: Columns, { threads }: Engine): GivenTeacher {
  const { file, labels, tokenizer, maxLength, parameters, digest } = openOnnxClassifier(folder);
  const { columns, notes } = columnsIn(labels, file);
  return {
    kind: 'onnx',
    digest,
    model: null,
    parameters,
    notes: [...tokenizer.notes, ...notes],
    isScored: true,
    saved: null,
    async answers(sentences, _, options) {
      const now = openOnnxClassifier(folder);
      if (now.digest !== digest)
        throw new InputError(`${file}: the teacher has changed since the study began`);
      const opened = await now.open(threads);
      const ask = (encoded: readonly EncodedSentence[]) =>
        opened.outputs(encoded, { ...options, padId: tokenizer.special.pad });
      const found = await atEachWord(sentences, tokenizer, maxLength, ask).finally(() => opened.dispose());
      return found.map(rows => withColumns(rows, labels.length, columns));
    },
  };
}

function givenLogits(file: string, corpus: Corpus, columnsIn: Columns): GivenTeacher {
  const { labels, digest, train, valid, test } = readTeacherLogits(file, corpus);
  const { columns, notes } = columnsIn(labels, file);
  const isScored = test !== null;
  const rowsOf = new Map<Pick<Sentence, 'words'>, Float32Array>();
  for (const [part, rows] of [
    [corpus.train, train],
    [corpus.valid, valid],
    [corpus.test, test],
  ] as const)
    rows?.forEach((each, i) => void rowsOf.set(part[i], each));
  const unscored = `${file}: holds the training part only, so that the teacher has no scores`;
  return {
    kind: 'logits',
    digest,
    model: null,
    parameters: null,
    notes: isScored ? notes : [...notes, unscored],
    isScored,
    saved: null,
    async answers(sentences) {
      return sentences.map(each => withColumns(rowsOf.get(each)!, labels.length, columns));
    },
  };
}

/** The rows `[words, C]` of logits with these of their columns; what has none is far below. */
function withColumns(
  rows: Float32Array,
  width: number,
  columns: readonly (number | undefined)[],
): Float32Array {
  const words = rows.length / width;
  const taken = new Float32Array(words * columns.length);
  for (let word = 0; word < words; word++) {
    const known = columns.map(column => (column === undefined ? undefined : rows[word * width + column]));
    const low = mean(known)! - FAR_BELOW;
    known.forEach((logit, i) => {
      taken[word * columns.length + i] = logit ?? low;
    });
  }
  return taken;
}

/** The same of a classifier: the mean of its rows gives the mean of its logits. */
function withFarRows(
  parameters: Parameters,
  config: ModelConfig,
  columns: readonly (number | undefined)[],
): Parameters {
  if (!columns.includes(undefined)) return parameters;
  const { classifier } = modelNames(config);
  const [weight, bias] = [`${classifier}.weight`, `${classifier}.bias`];
  const far = (name: string, below: number) => {
    const { shape, values } = parameters[name];
    const [, width = 1] = shape;
    const changed = values.slice();
    for (let i = 0; i < width; i++) {
      const low = mean(columns, (column, row) =>
        column === undefined ? undefined : values[row * width + i],
      )!;
      columns.forEach((column, row) => {
        if (column === undefined) changed[row * width + i] = low - below;
      });
    }
    return { shape, values: changed };
  };
  return { ...parameters, [weight]: far(weight, 0), [bias]: far(bias, FAR_BELOW) };
}
