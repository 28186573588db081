/**
 * A model as others take it: a folder in Hugging Face's layout with weights, tokenizer and a card, and in `onnx/` the graphs
 * that transformers.js and optimum look for there.
 */
import { join } from 'node:path';
import { checkOnnxSize, encodeOnnx } from '../engine/onnx/onnx-graph';
import { openEngine } from '../engine/select';
import { InputError } from '../errors';
import { readPair } from '../evaluation/compare';
import { factCounts, factsTable } from '../evaluation/facts';
import { readPredictions } from '../evaluation/predictions';
import { scores } from '../evaluation/scores';
import { readingOf, tagsBy } from '../experiment/quantize-run';
import { type RunStore, runOfModel } from '../experiment/runs';
import { inferenceGraph, inferenceInputs } from '../inference/inference-graph';
import { InferenceModel } from '../inference/inference-model';
import type { Precision } from '../inference/precision';
import { quantizedGraph } from '../inference/quantize';
import { prettyJson } from '../json';
import {
  type Checkpoint,
  CONFIG_FILE,
  loadCheckpoint,
  openCheckpoint,
  tokenizerBeside,
} from '../model/checkpoint';
import { type ModelConfig, toHuggingFace } from '../model/config';
import { type NumberType, storedAs } from '../model/number-types';
import { encodeSafetensors } from '../model/safetensors';
import { WEIGHTS_FILE } from '../model/weights';
import { checkTags, trainedLength } from '../prediction/tagger';
import type { WordTokenizer } from '../tokenization/tokenizer';
import { TOKENIZER_FILE } from '../tokenizer-files';
import { type Files, type FolderRecord, writeFolder } from './folder';
import { modelCard, type RunFacts, type ScoresIn8Bits } from './model-card';
import { pageFiles } from './page';

/** Where transformers.js looks for the graphs. */
export const ONNX_FILE = 'onnx/model.onnx';
export const QUANTIZED_FILE = 'onnx/model_quantized.onnx';

export interface ExportRecord extends FolderRecord {
  /** What wrote it. */
  readonly by: string;
  /** Id of the run; `null` of a model that is that of no run. */
  readonly run: string | null;
  readonly numberType: NumberType;
  /** The graph that its page runs, and how many bytes a browser loads in all; `null` without a page. */
  readonly page: { readonly graph: string; readonly bytes: number } | null;
}

export interface ExportOptions {
  /** Of the weights in `model.safetensors`; default `float32`. */
  readonly numberType?: NumberType;
  /** Whether the graph in 8 bits is scored on the test part of a run, which takes about as long as its prediction did. */
  readonly scores?: boolean;
  /** The precision of the graph that a page beside it runs in a browser; default: there is no page. */
  readonly page?: Precision;
}

/**
 * Writes the model in a folder in Hugging Face's layout to another, with all that other runtimes want of it.
 * @param out a new or empty folder, or one that an export has written
 * @throws InputError where the model cannot be read, the place is taken, a number does not fit its type, or the weights do
 * not fit into an ONNX file
 */
export async function exportModel(
  folder: string,
  out: string,
  { numberType = 'float32', scores = true, page }: ExportOptions = {},
): Promise<ExportRecord> {
  return writeFolder(out, () => contentsOf(folder, { numberType, scores, page }));
}

/** The files of an export, and what its record says beside them. */
async function contentsOf(
  folder: string,
  {
    numberType,
    scores: withScores,
    page,
  }: Required<Pick<ExportOptions, 'numberType' | 'scores'>> & ExportOptions,
) {
  const weightsFile = join(folder, WEIGHTS_FILE);
  const { bytes } = openCheckpoint(folder);
  explaining(weightsFile, () => checkOnnxSize(bytes));
  const { config, parameters } = loadCheckpoint(folder);
  const tokenizer = tokenizerBeside(folder, config);
  if (page) checkTags(folder, config);
  const stored = explaining(weightsFile, () => storedAs(parameters, numberType));
  const graph = inferenceGraph(config, parameters);
  const found = runOf(folder);
  const in8Bits = found && withScores ? await scoresOf({ config, parameters }, tokenizer, found) : null;
  const run = found && { ...found.facts, in8Bits };
  const { name, version } = require('../package.json') as { name: string; version: string };
  const graphs: Readonly<Record<Precision, { path: string; content: () => Uint8Array }>> = {
    fp32: { path: ONNX_FILE, content: () => encodeOnnx(graph) },
    int8: { path: QUANTIZED_FILE, content: () => encodeOnnx(quantizedGraph(graph, config)) },
  };
  const facts = { config, numberType, version, run };
  const pageGraph = page && graphs[page];
  const written =
    pageGraph &&
    (await pageFiles({
      ...facts,
      maxLength: trainedLength(folder) ?? config.maxPositions,
      graph: { path: pageGraph.path, bytes: pageGraph.content().length },
      precision: page,
      tokenizer: tokenizer.definition,
    }));
  const files: Files = {
    'README.md': () => modelCard({ ...facts, page: pageGraph?.path }),
    [CONFIG_FILE]: () => prettyJson({ ...toHuggingFace(config), dtype: numberType }),
    [WEIGHTS_FILE]: () => encodeSafetensors(stored),
    ...tokenizerFiles(tokenizer, config),
    ...Object.fromEntries(Object.values(graphs).map(({ path, content }) => [path, content])),
    ...written?.files,
  };
  const about = {
    by: `${name} ${version}`,
    run: run?.id ?? null,
    numberType,
    page: written && pageGraph ? { graph: pageGraph.path, bytes: written.bytes } : null,
  };
  return { files, about };
}

/** What transformers and transformers.js read of a tokenizer. */
function tokenizerFiles(tokenizer: WordTokenizer, config: ModelConfig): Files {
  const special = Object.entries(tokenizer.config).filter(([name]) => name.endsWith('_token'));
  const settings = {
    ...tokenizer.config,
    model_max_length: config.maxPositions,
    model_input_names: inferenceInputs(config),
  };
  const pieces = [...tokenizer.vocabulary].sort(([, a], [, b]) => a - b);
  // In a vocab.txt the id of a piece is the number of its line.
  const isWordPiece = tokenizer.continuation !== '' && pieces.every(([, id], line) => id === line);
  return {
    [TOKENIZER_FILE]: () => tokenizer.definition,
    'tokenizer_config.json': () => prettyJson(settings),
    'special_tokens_map.json': () => prettyJson(Object.fromEntries(special)),
    ...(isWordPiece && { 'vocab.txt': () => pieces.map(([piece]) => `${piece}\n`).join('') }),
  };
}

interface FoundRun {
  readonly facts: Omit<RunFacts, 'in8Bits'>;
  /** Of the test part. */
  readonly predictionsFile: string;
}

/** What is known of the run whose model stands in the folder; `null` where it is that of none that can be read. */
function runOf(folder: string): FoundRun | null {
  const found = runOfModel(folder);
  if (!found?.store.ids().includes(found.id)) return null;
  const { store, id } = found;
  const { state, config, metrics, part, damage } = store.find(id);
  if (state === 'damaged') throw new InputError(damage!);
  // The run of an older version, whose scores this one does not read.
  if (!config || !metrics) return null;
  const teacher = 'given' in config ? null : config.teacher;
  const counts = factsOf(store, id, teacher, metrics.derived.criticalTypes);
  return {
    facts: { id, config, metrics, part, factCounts: counts },
    predictionsFile: store.predictionsFile(id),
  };
}

/** How a model in 8 bits does on the test part of a run, and how many of the run's entities it finds. */
async function scoresOf(
  { config, parameters }: Checkpoint,
  tokenizer: WordTokenizer,
  { facts, predictionsFile }: FoundRun,
): Promise<ScoresIn8Bits> {
  const { sentences } = readPredictions({ file: predictionsFile });
  const model = await InferenceModel.open(await openEngine('onnx'), config, parameters, {
    precision: 'int8',
  });
  const reading = readingOf(facts.config, config);
  const predicted = await tagsBy(model, { config, tokenizer, ...reading }, sentences).finally(() =>
    model.dispose(),
  );
  const gold = sentences.map(sentence => sentence.gold);
  const { correct: kept, predicted: all } = scores(
    sentences.map(sentence => sentence.predicted),
    predicted,
    { critical: [] },
  ).overall;
  return {
    scores: scores(gold, predicted, { critical: facts.metrics.derived.criticalTypes }),
    kept,
    added: all - kept,
  };
}

/** Who found which critical entities, where the predictions of a teacher are there. */
function factsOf(
  store: RunStore,
  id: string,
  teacher: string | null,
  critical: readonly string[],
): RunFacts['factCounts'] {
  if (teacher === null || critical.length === 0 || !store.isDone(teacher)) return null;
  const files = [store.predictionsFile(teacher), store.predictionsFile(id)] as const;
  const [first, second] = readPair(files, undefined).map(({ sentences }) => sentences);
  const rows = factsTable(
    {
      words: first.map(({ words }) => words),
      gold: first.map(({ gold }) => gold),
      teacher: first.map(({ predicted }) => predicted),
      student: second.map(({ predicted }) => predicted),
    },
    critical,
  );
  return factCounts(rows);
}

/** With the file in front of what is wrong with what it holds. */
function explaining<T>(file: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw error instanceof InputError ? new InputError(`${file}: ${error.message}`) : error;
  }
}
