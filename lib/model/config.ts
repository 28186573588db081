/** The shape of a BERT or DistilBERT token classifier, and its `config.json` as Hugging Face writes it. */
import type { LabelSet } from '../corpus/labels';
import { InputError } from '../errors';

export type Architecture = 'bert' | 'distilbert';

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
  /** Of embeddings and hidden layers, while training. */
  readonly dropout: number;
  /** Of attention probabilities, while training. */
  readonly attentionDropout: number;
  /** BIO tags in the order of the classifier's outputs. */
  readonly tags: readonly string[];
}

/** Both architectures' LayerNorm ε. */
export const LAYER_NORM_EPSILON = 1e-12;
/** BERT tells two segments apart; a sentence is all of the first. */
export const TOKEN_TYPES = 2;

/** Names of one idea in the two architectures' configurations. */
const FIELDS = {
  bert: {
    hiddenSize: 'hidden_size',
    layers: 'num_hidden_layers',
    heads: 'num_attention_heads',
    intermediateSize: 'intermediate_size',
    dropout: 'hidden_dropout_prob',
    attentionDropout: 'attention_probs_dropout_prob',
    activation: 'hidden_act',
    className: 'BertForTokenClassification',
  },
  distilbert: {
    hiddenSize: 'dim',
    layers: 'n_layers',
    heads: 'n_heads',
    intermediateSize: 'hidden_dim',
    dropout: 'dropout',
    attentionDropout: 'attention_dropout',
    activation: 'activation',
    className: 'DistilBertForTokenClassification',
  },
} as const;

/** Hugging Face's `config.json` of a model, as transformers reads it. */
export function toHuggingFace(config: ModelConfig): Record<string, unknown> {
  const names = FIELDS[config.architecture];
  return {
    architectures: [names.className],
    model_type: config.architecture,
    [names.hiddenSize]: config.hiddenSize,
    [names.layers]: config.layers,
    [names.heads]: config.heads,
    [names.intermediateSize]: config.intermediateSize,
    [names.dropout]: config.dropout,
    [names.attentionDropout]: config.attentionDropout,
    [names.activation]: 'gelu',
    ...(config.architecture === 'bert'
      ? { type_vocab_size: TOKEN_TYPES, layer_norm_eps: LAYER_NORM_EPSILON }
      : { sinusoidal_pos_embds: false }),
    vocab_size: config.vocabularySize,
    max_position_embeddings: config.maxPositions,
    id2label: Object.fromEntries(config.tags.map((tag, id) => [String(id), tag])),
    label2id: Object.fromEntries(config.tags.map((tag, id) => [tag, id])),
  };
}

/**
 * Reads a Hugging Face `config.json`.
 * @param file named in errors
 * @param labels the tags of the classifier, where the file has none (a base model)
 */
export function fromHuggingFace(json: unknown, file: string, labels?: LabelSet): ModelConfig {
  const fields = json as Record<string, unknown>;
  const architecture = fields?.model_type;
  if (architecture !== 'bert' && architecture !== 'distilbert')
    throw new InputError(
      `${file}: model_type is ${JSON.stringify(architecture)}, expected "bert" or "distilbert"`,
    );
  const names = FIELDS[architecture];
  const integer = (name: string): number => {
    const value = fields[name];
    if (!Number.isInteger(value) || (value as number) < 1)
      throw new InputError(`${file}: ${name} is ${JSON.stringify(value)}, expected a positive whole number`);
    return value as number;
  };
  const rate = (name: string): number => {
    const value = fields[name] ?? 0.1;
    if (typeof value !== 'number' || value < 0 || value >= 1)
      throw new InputError(
        `${file}: ${name} is ${JSON.stringify(value)}, expected a number from 0 to below 1`,
      );
    return value;
  };
  const onlyKnown = (name: string, expected: unknown): void => {
    const value = fields[name] ?? expected;
    if (value !== expected)
      throw new InputError(
        `${file}: ${name} is ${JSON.stringify(value)}, expected ${JSON.stringify(expected)}, the only one that is known here`,
      );
  };
  onlyKnown(names.activation, 'gelu');
  onlyKnown('layer_norm_eps', LAYER_NORM_EPSILON);
  onlyKnown('position_embedding_type', 'absolute');
  const id2label = fields.id2label as Record<string, string> | undefined;
  const tags = labels?.tags ?? (id2label && Object.keys(id2label).map((_, id) => id2label[String(id)]));
  if (!tags || tags.some(tag => typeof tag !== 'string'))
    throw new InputError(`${file}: id2label is missing or has gaps, and no label set was given`);
  const config: ModelConfig = {
    architecture,
    vocabularySize: integer('vocab_size'),
    hiddenSize: integer(names.hiddenSize),
    layers: integer(names.layers),
    heads: integer(names.heads),
    intermediateSize: integer(names.intermediateSize),
    maxPositions: integer('max_position_embeddings'),
    dropout: rate(names.dropout),
    attentionDropout: rate(names.attentionDropout),
    tags,
  };
  if (config.hiddenSize % config.heads !== 0)
    throw new InputError(`${file}: ${config.heads} heads do not divide the hidden size ${config.hiddenSize}`);
  return config;
}
