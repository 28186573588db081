/** The shape of a token classifier, and its `config.json` as Hugging Face writes it. */
import { InputError } from '../errors';
import { inBrief, listedBriefly } from '../listed';
import { ARCHITECTURES, type Architecture, isArchitecture } from './architectures';

export interface ModelConfig {
  readonly architecture: Architecture;
  readonly vocabularySize: number;
  /** D, the width of every token's vector. */
  readonly hiddenSize: number;
  readonly layers: number;
  readonly heads: number;
  /** Width of the feed-forward layers. */
  readonly intermediateSize: number;
  /** The longest sequence, in tokens. */
  readonly maxPositions: number;
  /** Id of the padding token, where the architecture counts positions from behind it; default 1, as in transformers. */
  readonly padId?: number;
  /** Of embeddings and hidden layers, while training. */
  readonly dropout: number;
  /** Of attention probabilities, while training. */
  readonly attentionDropout: number;
  /** BIO tags in the order of the classifier's outputs. */
  readonly tags: readonly string[];
}
/** All of it but the classifier, which is a task's. */
export type EncoderConfig = Omit<ModelConfig, 'tags'>;

const DEFAULT_PAD_ID = 1;

/** Row of the position table that the first token of a sentence reads. */
export function firstPosition({
  architecture,
  padId = DEFAULT_PAD_ID,
}: Pick<ModelConfig, 'architecture' | 'padId'>): number {
  return ARCHITECTURES[architecture].positionsBehindPadding ? padId + 1 : 0;
}

/** Hugging Face's `config.json` of a model, as transformers reads it. */
export function toHuggingFace(config: ModelConfig): Record<string, unknown> {
  const { className, fields, constants, positionsBehindPadding } = ARCHITECTURES[config.architecture];
  return {
    architectures: [className],
    model_type: config.architecture,
    [fields.hiddenSize]: config.hiddenSize,
    [fields.layers]: config.layers,
    [fields.heads]: config.heads,
    [fields.intermediateSize]: config.intermediateSize,
    [fields.dropout]: config.dropout,
    [fields.attentionDropout]: config.attentionDropout,
    [fields.activation]: 'gelu',
    ...constants,
    vocab_size: config.vocabularySize,
    max_position_embeddings: firstPosition(config) + config.maxPositions,
    ...(positionsBehindPadding && { pad_token_id: config.padId ?? DEFAULT_PAD_ID }),
    id2label: Object.fromEntries(config.tags.map((tag, id) => [String(id), tag])),
    label2id: Object.fromEntries(config.tags.map((tag, id) => [tag, id])),
  };
}

/** What transformers takes where a `config.json` lacks the setting. */
const DEFAULTS: Readonly<Record<string, unknown>> = { type_vocab_size: 2, layer_norm_eps: 1e-12 };

/**
 * What a Hugging Face `config.json` says of the encoder; `labelsOf` reads what it says of the classifier.
 * @param file named in errors
 */
export function fromHuggingFace(json: unknown, file: string): EncoderConfig {
  const found = json as Record<string, unknown>;
  const architecture = found?.model_type;
  if (!isArchitecture(architecture))
    throw new InputError(
      `${file}: model_type is ${inBrief(architecture)}, expected one of ${Object.keys(ARCHITECTURES)
        .map(name => `"${name}"`)
        .join(', ')}`,
    );
  const { fields, layerNormEpsilon, tokenTypes, positionsBehindPadding } = ARCHITECTURES[architecture];
  const whole = (name: string, value: unknown, least: number): number => {
    if (!Number.isSafeInteger(value) || (value as number) < least)
      throw new InputError(
        `${file}: ${name} is ${inBrief(value)}, expected ${least === 1 ? 'a positive whole number' : `a whole number from ${least} on`}`,
      );
    return value as number;
  };
  const integer = (name: string): number => whole(name, found[name], 1);
  const rate = (name: string): number => {
    const value = found[name] ?? 0.1;
    if (typeof value !== 'number' || value < 0 || value >= 1)
      throw new InputError(`${file}: ${name} is ${inBrief(value)}, expected a number from 0 to below 1`);
    return value;
  };
  const onlyKnown = (name: string, expected: unknown): void => {
    const value = found[name] ?? DEFAULTS[name] ?? expected;
    if (value !== expected)
      throw new InputError(
        `${file}: ${name} is ${inBrief(value)}, expected ${JSON.stringify(expected)}, the only one that is known here`,
      );
  };
  onlyKnown(fields.activation, 'gelu');
  onlyKnown('layer_norm_eps', layerNormEpsilon);
  if (tokenTypes > 0) onlyKnown('type_vocab_size', tokenTypes);
  onlyKnown('position_embedding_type', 'absolute');
  const padding = positionsBehindPadding && {
    padId: whole('pad_token_id', found.pad_token_id ?? DEFAULT_PAD_ID, 0),
  };
  const first = firstPosition({ architecture, ...padding });
  const config: EncoderConfig = {
    architecture,
    vocabularySize: integer('vocab_size'),
    hiddenSize: integer(fields.hiddenSize),
    layers: integer(fields.layers),
    heads: integer(fields.heads),
    intermediateSize: integer(fields.intermediateSize),
    maxPositions: whole('max_position_embeddings', found.max_position_embeddings, first + 1) - first,
    ...padding,
    dropout: rate(fields.dropout),
    attentionDropout: rate(fields.attentionDropout),
  };
  if (config.hiddenSize % config.heads !== 0)
    throw new InputError(`${file}: ${config.heads} heads do not divide the hidden size ${config.hiddenSize}`);
  return config;
}

/**
 * The names of a classifier's rows, in their order: those of `id2label`, or, where it is missing, of `label2id`.
 * @returns a clause that says why, where there are no such names
 */
export function labelsOf(json: unknown): readonly string[] | { readonly lack: string } {
  const { id2label, label2id } = json as Record<string, unknown>;
  const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;
  const field = isObject(id2label) ? 'id2label' : 'label2id';
  const pairs: [string, unknown][] = isObject(id2label)
    ? Object.entries(id2label)
    : isObject(label2id)
      ? Object.entries(label2id).map(([name, id]) => [String(id), name])
      : [];
  if (pairs.length === 0) return { lack: 'there is no id2label that names the rows of the classifier' };
  const byId = new Map(pairs);
  const names = pairs.map((_, id) => byId.get(String(id)));
  const ids = pairs.map(([id]) => id);
  if (names.includes(undefined))
    return { lack: `${field} has the ids ${listedBriefly(ids)}, expected 0 to ${ids.length - 1}` };
  const unnamed = names.findIndex(name => typeof name !== 'string');
  if (unnamed >= 0)
    return { lack: `${field} names row ${unnamed} ${inBrief(names[unnamed])}, expected a text` };
  return names as string[];
}
