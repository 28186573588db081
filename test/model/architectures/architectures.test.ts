/** What must hold of every architecture, whichever are added, and what is published of those that there are. */
import { ARCHITECTURES, type Architecture, isArchitecture } from 'ner-distill/model/architectures';
import {
  firstPosition,
  fromHuggingFace,
  labelsOf,
  type ModelConfig,
  toHuggingFace,
} from 'ner-distill/model/config';
import { initialParameters, isDecayed, parameterShapes } from 'ner-distill/model/parameters';
import { dropoutPlaces, lookups } from 'ner-distill/model/token-classifier';
import { countParameters } from 'ner-distill/resources/parameters';
import { describe, expect, it } from 'vitest';
import golden from '../../fixtures/golden.json';

const NAMES = Object.keys(ARCHITECTURES) as Architecture[];
const TAGS = ['O', 'B-PER', 'I-PER', 'B-ORG', 'I-ORG', 'B-LOC', 'I-LOC', 'B-MISC', 'I-MISC'];

const configOf = (architecture: Architecture): ModelConfig => ({
  architecture,
  vocabularySize: 50,
  hiddenSize: 8,
  layers: 2,
  heads: 2,
  intermediateSize: 12,
  maxPositions: 16,
  ...(ARCHITECTURES[architecture].positionsBehindPadding && { padId: 4 }),
  dropout: 0.1,
  attentionDropout: 0.25,
  tags: TAGS,
});

describe.each(NAMES)('the architecture %s', name => {
  const architecture = ARCHITECTURES[name];
  const config = configOf(name);
  const { layers, ...others } = architecture.names(3);

  it('is known by its name', () => {
    expect(isArchitecture(name)).toBe(true);
  });

  it('gives each part a name of its own, all but the classifier with its prefix', () => {
    const names = [...Object.values(others), ...layers.flatMap(layer => Object.values(layer))];
    expect(layers).toHaveLength(3);
    expect(new Set(names).size).toBe(names.length);
    const { classifier, ...encoder } = others;
    for (const each of [...Object.values(encoder), ...layers.flatMap(layer => Object.values(layer))])
      expect(each.startsWith(`${architecture.prefix}.`), each).toBe(true);
    expect(classifier.startsWith(`${architecture.prefix}.`)).toBe(false);
  });

  it('names a token-type embedding exactly if it has token types', () => {
    expect('tokenTypeEmbeddings' in others).toBe(architecture.tokenTypes > 0);
  });

  it('has as many parameters as its parts add up to', () => {
    const [d, f, rows] = [8, 12, firstPosition(config) + 16];
    const layer = 4 * (d * d + d) + (f * d + f) + (d * f + d) + 2 * 2 * d;
    const embeddings = (50 + rows + architecture.tokenTypes) * d + 2 * d;
    expect(countParameters(Object.values(parameterShapes(config)))).toBe(
      embeddings + 2 * layer + TAGS.length * (d + 1),
    );
    expect(Object.keys(initialParameters(config, 1))).toEqual(Object.keys(parameterShapes(config)));
  });

  it('starts LayerNorms at 1 and decays weights alone', () => {
    const parameters = initialParameters(config, 1);
    const own = architecture.names(config.layers);
    const norms = [
      own.embeddingNorm,
      ...own.layers.flatMap(layer => [layer.attentionNorm, layer.outputNorm]),
    ];
    for (const each of norms) {
      expect(new Set(parameters[`${each}.weight`].values), each).toEqual(new Set([1]));
      expect([`${each}.weight`, `${each}.bias`].some(isDecayed), each).toBe(false);
    }
    const decayed = Object.keys(parameters).filter(isDecayed);
    // All tables and matrices, which have two dimensions.
    expect(decayed).toEqual(Object.keys(parameters).filter(each => parameters[each].shape.length === 2));
  });

  it('reads rows that its tables have, up to the longest sequence', () => {
    const batch = {
      batchSize: 1,
      length: 16,
      inputIds: new Int32Array(16),
      attentionMask: new Float32Array(16),
    };
    const shapes = parameterShapes(config);
    for (const { table, ids } of lookups(config, batch))
      for (const id of ids) expect(id, table).toBeLessThan(shapes[table][0]);
    const positions = lookups(config, batch)[1].ids;
    expect([positions[0], positions[15]]).toEqual([
      firstPosition(config),
      shapes[others.positionEmbeddings][0] - 1,
    ]);
  });

  it('drops at embeddings and output, and at two or three places of a layer', () => {
    const places = dropoutPlaces(config, { batch: 1, length: 16, places: 16 });
    expect(places).toHaveLength(2 + 2 * (architecture.dropsAttended ? 3 : 2));
  });

  it('has a config.json that gives its shape back', () => {
    const json = JSON.parse(JSON.stringify(toHuggingFace(config)));
    expect(json).toMatchObject({ model_type: name, architectures: [architecture.className] });
    expect({ ...fromHuggingFace(json, 'config.json'), tags: labelsOf(json) }).toEqual(config);
  });
});

const BASE: ModelConfig = {
  ...configOf('bert'),
  vocabularySize: 30522,
  hiddenSize: 768,
  layers: 12,
  heads: 12,
  intermediateSize: 3072,
  maxPositions: 512,
};

it.each<[keyof typeof golden.parameterCounts, ModelConfig]>([
  ['bert-base-uncased', BASE],
  ['distilbert-base-uncased', { ...BASE, architecture: 'distilbert', layers: 6 }],
  ['roberta-base', { ...BASE, architecture: 'roberta', vocabularySize: 50265 }],
])('%s has as many parameters as is published, or as transformers counts', (name, config) => {
  expect(countParameters(Object.values(parameterShapes(config)))).toBe(golden.parameterCounts[name]);
});

describe("RoBERTa's config.json", () => {
  /** What that of roberta-base says of its shape. */
  const json = {
    model_type: 'roberta',
    vocab_size: 50265,
    hidden_size: 768,
    num_hidden_layers: 12,
    num_attention_heads: 12,
    intermediate_size: 3072,
    hidden_act: 'gelu',
    hidden_dropout_prob: 0.1,
    attention_probs_dropout_prob: 0.1,
    max_position_embeddings: 514,
    type_vocab_size: 1,
    layer_norm_eps: 1e-5,
    pad_token_id: 1,
    id2label: { 0: 'O', 1: 'B-PER', 2: 'I-PER' },
  };
  const tags = ['O', 'B-PER', 'I-PER'];
  const read = (change: object) => ({ ...fromHuggingFace({ ...json, ...change }, 'config.json'), tags });

  it('has room for sequences of 512 tokens behind the rows of padding', () => {
    const config = read({});
    expect(config).toMatchObject({ architecture: 'roberta', maxPositions: 512, padId: 1 });
    expect(parameterShapes(config)['roberta.embeddings.position_embeddings.weight']).toEqual([514, 768]);
    expect(parameterShapes(config)['roberta.embeddings.token_type_embeddings.weight']).toEqual([1, 768]);
    expect(toHuggingFace(config)).toMatchObject(json);
  });

  it('says the id of padding, else it is 1', () => {
    expect(read({ pad_token_id: undefined })).toMatchObject({ padId: 1, maxPositions: 512 });
    expect(read({ pad_token_id: 0 })).toMatchObject({ padId: 0, maxPositions: 513 });
  });

  it.each([
    [{ layer_norm_eps: 1e-12 }, 'layer_norm_eps is 1e-12, expected 0.00001'],
    // transformers would take BERT's values.
    [{ layer_norm_eps: undefined }, 'layer_norm_eps is 1e-12, expected 0.00001'],
    [{ type_vocab_size: undefined }, 'type_vocab_size is 2, expected 1'],
    [{ pad_token_id: -1 }, 'pad_token_id is -1, expected a whole number from 0 on'],
    [{ max_position_embeddings: 2 }, 'max_position_embeddings is 2, expected a whole number from 3 on'],
  ])('is refused with %j', (change, message) => {
    expect(() => read(change)).toThrow(`config.json: ${message}`);
  });
});
