/**
 * Models on disk in Hugging Face's layout: `config.json`, `model.safetensors` and `tokenizer.json`. A folder is opened, which
 * compares what its configuration says with what the header of its weights holds; then parameters are read by their names.
 * So trained models and pretrained encoders come in by one door, whatever else their files hold and however old they are.
 */
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { sum } from 'd3-array';
import { sizeOf } from '../engine/engine';
import { InputError } from '../errors';
import { writeFileAtomically } from '../files';
import { prettyJson, readJson } from '../json';
import { inBrief } from '../listed';
import { loadTokenizer, type WordTokenizer } from '../tokenization/tokenizer';
import { ARCHITECTURES } from './architectures';
import { type EncoderConfig, fromHuggingFace, labelsOf, type ModelConfig, toHuggingFace } from './config';
import {
  checkShapes,
  modelNames,
  others,
  type Parameter,
  type Parameters,
  parameterShapes,
} from './parameters';
import { encodeSafetensors, type TensorFile } from './safetensors';
import { openWeights, WEIGHTS_FILE } from './weights';

export interface Checkpoint {
  readonly config: ModelConfig;
  readonly parameters: Parameters;
}

/** A folder that was looked into: its encoder is whole, by the header of its weights, of which none is read yet. */
export interface OpenCheckpoint {
  readonly folder: string;
  /** The file of the weights. */
  readonly file: string;
  readonly config: EncoderConfig;
  /** What each row of the trained classifier stands for, or a sentence that says why there is none to be used. */
  readonly labels: readonly string[] | { readonly lack: string };
  /** Tensors among the encoder's layers that the configuration does not ask for; `undefined` is none. */
  readonly unasked: string | undefined;
  /** Tensors of neither encoder nor classifier, nor of what is known to be passed over; `undefined` is none. */
  readonly further: string | undefined;
  /** Of these what would give other tags than the classifier alone: a CRF, a recurrent layer, a layer below the classifier, a part of the embeddings. */
  readonly deciding: string | undefined;
  /** Of the encoder's parameters in 32-bit floats. */
  readonly bytes: number;
  /** Reads parameters by the names that `parameterShapes` gives. */
  read(names: Iterable<string>): Parameters;
  /**
   * The same parameters, each read when its values are asked for, every time, and kept by nobody here.
   * @throws InputError as `read` does: all are looked at once
   */
  readOnDemand(names: Iterable<string>): Parameters;
}

export const CONFIG_FILE = 'config.json';

/** Saves a model so that Hugging Face's transformers and `loadCheckpoint` read it. */
export function saveCheckpoint(folder: string, checkpoint: Checkpoint): void {
  mkdirSync(folder, { recursive: true });
  for (const [name, content] of Object.entries(checkpointFiles(checkpoint)))
    writeFileAtomically(join(folder, name), content());
}

/** The files of a saved model by their names; each is made when it is asked for, since weights are large. */
export function checkpointFiles({ config, parameters }: Checkpoint): Record<string, () => string | Buffer> {
  return {
    [WEIGHTS_FILE]: () => encodeSafetensors(parameters),
    [CONFIG_FILE]: () => prettyJson(toHuggingFace(config)),
  };
}

/**
 * Loads a trained token classifier.
 * @param options `onDemand`: parameters are read from the file whenever they are asked for, so that they take no memory
 * @throws InputError where the folder is none: a tensor is missing or of another shape, the encoder has parts that its
 * configuration does not know, there is no classifier whose rows its labels name, or it is not what decides
 */
export function loadCheckpoint(folder: string, { onDemand = false } = {}): Checkpoint {
  const opened = openCheckpoint(folder);
  checkWhole(opened);
  const { config: encoder, labels, read, readOnDemand } = opened;
  if ('lack' in labels)
    throw new InputError(
      `${labels.lack}; expected a trained classifier whose rows id2label names, such as "ner-distill train --teacher-checkpoint ${folder}" makes`,
    );
  const config = { ...encoder, tags: labels };
  const names = Object.keys(parameterShapes(config));
  return { config, parameters: onDemand ? readOnDemand(names) : read(names) };
}

/** @throws InputError where the weights are of more than the model, so that its answers would not be those it was trained to */
export function checkWhole({ file, unasked, deciding }: OpenCheckpoint): void {
  if (unasked !== undefined)
    throw new InputError(`${file}: ${unasked} not part of this model; check its ${CONFIG_FILE}`);
  if (deciding !== undefined)
    throw new InputError(
      `${file}: ${deciding} of neither the encoder nor its classifier, so that the tags would not be the model's own; expected a linear classifier on the encoder, and nothing on it such as a CRF`,
    );
}

/** The tokenizer beside a model. @throws InputError where it has pieces that the model has no row for */
export function tokenizerBeside(
  folder: string,
  { vocabularySize }: Pick<ModelConfig, 'vocabularySize'>,
): WordTokenizer {
  const tokenizer = loadTokenizer(folder);
  if (tokenizer.vocabularySize > vocabularySize)
    throw new InputError(
      `${folder}: the tokenizer has ${tokenizer.vocabularySize} pieces, the model ${vocabularySize}`,
    );
  return tokenizer;
}

/**
 * Opens a folder. What its files hold beside the model is passed over: buffers of any type, poolers, heads of other tasks;
 * of what else there is, whoever opens it decides.
 * @throws InputError that names the file, and what of the encoder is missing, has another shape or cannot be
 */
export function openCheckpoint(folder: string): OpenCheckpoint {
  const configFile = join(folder, CONFIG_FILE);
  const json = readConfig(configFile);
  const config = fromHuggingFace(json, configFile);
  const weights = openWeights(folder);
  const { file, entries } = weights;
  // Names are made for every layer, so that a number of layers must be known to be one first.
  if (config.layers > entries.size)
    throw new InputError(
      `${configFile}: ${ARCHITECTURES[config.architecture].fields.layers} is ${config.layers}, but ${file} holds ${entries.size} tensors, fewer than that`,
    );
  const { classifier, layers } = modelNames(config);
  const head = [`${classifier}.weight`, `${classifier}.bias`];
  const expected = Object.entries(parameterShapes({ ...config, tags: [] }));
  const encoder = Object.fromEntries(expected.filter(([name]) => !head.includes(name)));
  const names = currentNames(weights, config, name => Object.hasOwn(encoder, name) || head.includes(name));
  const shapes = Object.fromEntries([...names].map(([name, found]) => [name, entries.get(found)!.shape]));
  checkShapes(shapes, encoder, file);

  // "bert.encoder.layer.", of "bert.encoder.layer.0.attention.self.query".
  const [stem] = layers[0].query.split('0.');
  const used = new Set(names.values());
  const read = (wanted: Iterable<string>): Parameters => {
    const ours = [...wanted];
    const tensors = weights.read(ours.map(name => names.get(name)!));
    return Object.fromEntries(ours.map(name => [name, tensors[names.get(name)!]]));
  };
  const { prefix } = ARCHITECTURES[config.architecture];
  const rest = [...entries.keys()].filter(name => !used.has(name));
  const prefixed = (name: string) => currentName(name, config, () => false);
  const isOfLayer = (name: string) => prefixed(name).startsWith(stem);
  const unasked = rest.filter(isOfLayer);
  const bare = (name: string) => prefixed(name).slice(prefix.length + 1);
  const further = rest.filter(name => !isOfLayer(name) && !PASSED_OVER.test(bare(name)));
  const { hiddenSize } = config;
  const isLayer = (name: string) => entries.get(name)!.shape.join() === `${hiddenSize},${hiddenSize}`;
  const deciding = further.filter(
    name => DECIDES.test(name) || isLayer(name) || bare(name).startsWith('embeddings.'),
  );
  const told = (found: readonly string[]) =>
    found.length > 0 ? `tensor ${inBrief(found[0])}${others(found)} is` : undefined;
  return {
    folder,
    file,
    config,
    labels: labelsOfRows(json, configFile, file, head, shapes, config),
    bytes: sum(Object.values(encoder), shape => 4 * sizeOf(shape)),
    unasked: told(unasked),
    further: told(further),
    deciding: told(deciding),
    read,
    readOnDemand: wanted =>
      Object.fromEntries(
        [...wanted].map((name): [string, Parameter] => {
          const valuesOf = () => read([name])[name];
          const place = weights.placeOf(names.get(name)!);
          const { shape } = valuesOf();
          return [
            name,
            {
              shape,
              place,
              get values() {
                return valuesOf().values;
              },
            },
          ];
        }),
      ),
  };
}

function readConfig(file: string): unknown {
  if (!existsSync(file))
    throw new InputError(
      `${file}: cannot be read as JSON (there is no such file); expected a checkpoint folder with ${CONFIG_FILE} and ${WEIGHTS_FILE}`,
    );
  return readJson(file, 'cannot be read as JSON', 'cannot be read as JSON');
}

/** By names without the encoder's prefix: buffers, what pools, the heads of other tasks, and the weights of a loss. */
const PASSED_OVER =
  /^(embeddings\.(position_ids|token_type_ids)$|(pooler|classifier|pre_classifier|cls|lm_head|vocab_\w+|qa_outputs|loss\w*|criterion)\.)/;
/** Parts of a decoder, as libraries name them. */
const DECIDES = /crf|transitions?(\.|_|$)|lstm|(^|[._])(bi)?(gru|rnn)|weight_(ih|hh)_l\d/i;

/** What training in several processes puts before every name, and the older names of LayerNorm's parameters. */
const OLD_NAMES: readonly [RegExp, string][] = [
  [/^(module\.)+/, ''],
  [/\.gamma$/, '.weight'],
  [/\.beta$/, '.bias'],
];

/** A name as transformers has it today; a checkpoint of the encoder alone lacks the prefix. */
function currentName(
  name: string,
  { architecture }: Pick<EncoderConfig, 'architecture'>,
  isKnown: (name: string) => boolean,
): string {
  const { prefix } = ARCHITECTURES[architecture];
  const current = OLD_NAMES.reduce((text, [old, now]) => text.replace(old, now), name);
  return isKnown(current) || current.startsWith(`${prefix}.`) ? current : `${prefix}.${current}`;
}

/** Under which name the file has each parameter of the model. */
function currentNames(
  { file, entries }: TensorFile,
  config: EncoderConfig,
  isKnown: (name: string) => boolean,
): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  for (const name of entries.keys()) {
    const current = currentName(name, config, isKnown);
    if (!isKnown(current)) continue;
    const other = names.get(current);
    if (other !== undefined)
      throw new InputError(
        `${file}: tensors ${inBrief(other)} and ${inBrief(name)} are both "${current}" of the model, expected one of them`,
      );
    names.set(current, name);
  }
  return names;
}

/** The labels where they name the rows of a whole classifier; else why not, for a sentence. */
function labelsOfRows(
  json: unknown,
  configFile: string,
  file: string,
  [weight, bias]: readonly string[],
  shapes: Readonly<Record<string, readonly number[]>>,
  { hiddenSize }: EncoderConfig,
): OpenCheckpoint['labels'] {
  const missing = [weight, bias].find(name => !Object.hasOwn(shapes, name));
  if (missing !== undefined)
    return { lack: `${file}: there is no trained classifier (tensor "${missing}" is missing)` };
  const [rows] = shapes[weight];
  if (shapes[weight].join() !== `${rows},${hiddenSize}` || shapes[bias].join() !== `${rows}`)
    return {
      lack: `${file}: the classifier's tensors have shapes [${shapes[weight]}] and [${shapes[bias]}], expected [classes,${hiddenSize}] and [classes]`,
    };
  const labels = labelsOf(json);
  if ('lack' in labels) return { lack: `${configFile}: ${labels.lack}` };
  if (labels.length !== rows)
    return { lack: `${configFile}: id2label names ${labels.length} rows, the classifier has ${rows}` };
  return labels;
}
