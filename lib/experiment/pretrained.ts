/**
 * Where training starts other than at random weights: a checkpoint folder in Hugging Face's layout, as pretrained models
 * come, or some layers of a trained teacher, as DistilBERT was made.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LabelSet } from '../corpus/labels';
import { sizeOf } from '../engine/engine';
import { InputError } from '../errors';
import { ARCHITECTURES } from '../model/architectures';
import { type Checkpoint, CONFIG_FILE, loadSafetensors, WEIGHTS_FILE } from '../model/checkpoint';
import { firstPosition, fromHuggingFace, type ModelConfig } from '../model/config';
import {
  checkParameters,
  initialParameters,
  modelNames,
  type Parameter,
  type Parameters,
  parameterShapes,
} from '../model/parameters';

const TOKENIZER_FILE = 'tokenizer.json';

/** What a checkpoint's configuration says of the model's shape; its tags are not the study's. */
export function checkpointConfig(folder: string): Omit<ModelConfig, 'tags'> {
  const file = join(folder, CONFIG_FILE);
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new InputError(
      `${file}: cannot be read as JSON (${(error as Error).message}); expected a checkpoint folder with ${CONFIG_FILE} and ${WEIGHTS_FILE}`,
    );
  }
  const { tags: _, ...config } = fromHuggingFace(json, file, new LabelSet(['none']));
  return config;
}

/** Of that, what a plan says of a model. */
export function checkpointShape(
  folder: string,
): Pick<ModelConfig, 'architecture' | 'layers' | 'hiddenSize' | 'heads' | 'intermediateSize'> {
  const { architecture, layers, hiddenSize, heads, intermediateSize } = checkpointConfig(folder);
  return { architecture, layers, hiddenSize, heads, intermediateSize };
}

/** The tokenizer that a checkpoint was pretrained with. */
export function checkpointTokenizer(folder: string): string {
  const file = join(folder, TOKENIZER_FILE);
  if (!existsSync(file))
    throw new InputError(
      `${folder}: found no ${TOKENIZER_FILE}; expected the tokenizer that the checkpoint was made with, there or by --tokenizer`,
    );
  return file;
}

/** The older names of LayerNorm's parameters, as in bert-base-uncased. */
const OLD_NAMES: readonly [RegExp, string][] = [
  [/\.gamma$/, '.weight'],
  [/\.beta$/, '.bias'],
];

/**
 * The parameters of a checkpoint as a start for `config`. Heads for other tasks are left out; the classifier is newly
 * drawn from the seed where the checkpoint has none for the same tags.
 * @throws InputError where the checkpoint lacks a part of the model, or has it in another shape
 */
export function pretrainedParameters(folder: string, config: ModelConfig, seed: number): Parameters {
  const file = join(folder, WEIGHTS_FILE);
  const { classifier } = modelNames(config);
  const { prefix } = ARCHITECTURES[config.architecture];
  const shapes = parameterShapes(config);
  // Drawn with a model that is little more than a classifier: the rest would be thrown away.
  const drawn = initialParameters({ ...config, layers: 0, vocabularySize: 1, maxPositions: 1 }, seed);
  const currentName = (name: string): string => {
    const current = OLD_NAMES.reduce((text, [old, now]) => text.replace(old, now), name);
    return current in shapes ? current : `${prefix}.${current}`;
  };
  // Heads for other tasks, and buffers such as position_ids, which are no 32-bit floats.
  const tensors = loadSafetensors(file, name => currentName(name) in shapes);
  const found: Record<string, Parameter> = Object.fromEntries(
    Object.entries(tensors).map(([name, parameter]) => [currentName(name), parameter]),
  );
  const sameTags = tagsOfCheckpoint(folder)?.join() === config.tags.join();
  const parameters = Object.fromEntries(
    Object.keys(shapes).flatMap(name => {
      if (name.startsWith(`${classifier}.`) && !(sameTags && name in found)) return [[name, drawn[name]]];
      return name in found ? [[name, found[name]]] : [];
    }),
  );
  checkParameters(parameters, config, file);
  return parameters;
}

function tagsOfCheckpoint(folder: string): string[] | undefined {
  const { id2label } = JSON.parse(readFileSync(join(folder, CONFIG_FILE), 'utf8')) as {
    id2label?: Record<string, string>;
  };
  return id2label && Object.keys(id2label).map((_, id) => id2label[String(id)]);
}

/**
 * Which of the teacher's layers a student of `count` layers gets: evenly spaced from the first to the last, so that 6
 * of 12 are 0, 2, 4, 7, 9 and 11, those of DistilBERT. One alone is the first, whose inputs the embeddings are.
 */
export function evenlySpacedLayers(layers: number, count: number): number[] {
  if (count === 1) return [0];
  return Array.from({ length: count }, (_, i) => Math.round((i * (layers - 1)) / (count - 1)));
}

/**
 * A student's start from its teacher: embeddings and classifier as they are, layers evenly spaced. Between architectures,
 * the rows of positions are those that the same places of a sentence read. Where the student has no token types, the
 * teacher's row for the first segment, which every token of a sentence gets, is added to each position, so that the sums
 * are the same.
 * @throws InputError where the widths of the two differ
 */
export function parametersFromTeacher(teacher: Checkpoint, config: ModelConfig): Parameters {
  for (const size of ['hiddenSize', 'intermediateSize', 'heads', 'vocabularySize', 'maxPositions'] as const)
    if (teacher.config[size] !== config[size])
      throw new InputError(
        `a student from the teacher's layers: found ${size} ${config[size]}, expected the teacher's ${teacher.config[size]}`,
      );
  const [from, to] = [modelNames(teacher.config), modelNames(config)];
  const renamed = new Map([[to.wordEmbeddings, from.wordEmbeddings]]);
  const both = (ours: string, theirs: string) => {
    for (const part of ['weight', 'bias']) renamed.set(`${ours}.${part}`, `${theirs}.${part}`);
  };
  both(to.embeddingNorm, from.embeddingNorm);
  both(to.classifier, from.classifier);
  evenlySpacedLayers(teacher.config.layers, config.layers).forEach((layer, i) => {
    for (const [part, name] of Object.entries(to.layers[i]))
      both(name, from.layers[layer][part as keyof (typeof from.layers)[number]]);
  });
  const width = config.hiddenSize;
  const rowsFrom = ({ values }: Parameter, first: number) => values.subarray(first * width);
  const types = from.tokenTypeEmbeddings && teacher.parameters[from.tokenTypeEmbeddings].values;
  return Object.fromEntries(
    Object.entries(parameterShapes(config)).map(([name, shape]) => {
      const source = renamed.get(name);
      if (source !== undefined) return [name, { shape, values: teacher.parameters[source].values.slice() }];
      const table = { shape, values: new Float32Array(sizeOf(shape)) };
      if (name === to.positionEmbeddings) {
        const rows = rowsFrom(table, firstPosition(config));
        rows.set(rowsFrom(teacher.parameters[from.positionEmbeddings], firstPosition(teacher.config)));
        if (types && !to.tokenTypeEmbeddings) addToRows(rows, types.subarray(0, width));
      } else if (types && name === to.tokenTypeEmbeddings)
        table.values.set(types.subarray(0, table.values.length));
      return [name, table];
    }),
  );
}

function addToRows(rows: Float32Array, row: Float32Array): void {
  for (let i = 0; i < rows.length; i++) rows[i] += row[i % row.length];
}
