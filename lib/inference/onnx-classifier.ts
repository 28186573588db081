/**
 * A token classifier of any architecture as an ONNX graph, in the layout that transformers.js and optimum use: `config.json`
 * names its labels, its tokenizer takes words apart. It is only asked for its logits, so that nothing needs to be known
 * of what stands between its inputs and them.
 */
import { createHash, type Hash } from 'node:crypto';
import { closeSync, existsSync, openSync, readFileSync, readSync } from 'node:fs';
import { dirname, join, resolve, sep } from 'node:path';
import { sum } from 'd3-array';
import { onnx } from 'onnx-proto';
import { sha256 } from '../digest';
import { loadRuntime } from '../engine/onnx/session';
import { InputError, reasonOf } from '../errors';
import { readJson } from '../json';
import { inBrief, listedBriefly } from '../listed';
import { ARCHITECTURES, isArchitecture } from '../model/architectures';
import { CONFIG_FILE } from '../model/checkpoint';
import { labelsOf } from '../model/config';
import type { EncodedBatch } from '../tokenization/batch';
import { loadTokenizer, type WordTokenizer } from '../tokenization/tokenizer';
import { ATTENTION_MASK, graphInputs, INPUT_IDS, LOGITS, TOKEN_TYPE_IDS } from './graph-inputs';
import { InferenceModel } from './inference-model';

const GRAPH_FILES = ['onnx/model.onnx', 'model.onnx'];
const INPUTS = [INPUT_IDS, ATTENTION_MASK, TOKEN_TYPE_IDS];
/** Where a configuration gives no length, or none that is one: what most encoders take. */
const USUAL_LENGTH = 512;

/** A folder that was looked into: its graph reads pieces and gives a number for each label. */
export interface OnnxClassifier {
  /** The file of the graph. */
  readonly file: string;
  /** What its logits stand for, in their order. */
  readonly labels: readonly string[];
  readonly tokenizer: WordTokenizer;
  /** Longest sequence in pieces. */
  readonly maxLength: number;
  /** Numbers in its weights. */
  readonly parameters: number;
  /** SHA-256 of all that its answers depend on, in hexadecimal. */
  readonly digest: string;
  /** Makes it ready to be asked for its logits. */
  open(threads: number): Promise<InferenceModel>;
}

/**
 * Opens a folder; no weight is laid out for computing before the model is opened.
 * @throws InputError that names the file, and what of it cannot be used
 */
export function openOnnxClassifier(folder: string): OnnxClassifier {
  const file = GRAPH_FILES.map(name => join(folder, name)).find(path => existsSync(path));
  if (file === undefined)
    throw new InputError(`${folder}: there is no ${GRAPH_FILES.join(' or ')} in this folder`);
  const configFile = join(folder, CONFIG_FILE);
  const config = readJson(configFile, 'cannot be read as JSON', 'cannot be read as JSON');
  const labels = labelsOf(config ?? {});
  if ('lack' in labels) throw new InputError(`${configFile}: ${labels.lack}`);
  const tokenizer = loadTokenizer(folder);
  const bytes = bytesOf(file);
  const graph = graphOf(bytes, file);
  const output = checkedOutput(graph, labels.length, file);
  checkInputs(graph, file);
  const maxLength = longestSequence(config as Record<string, unknown>, folder);
  const hash = createHash('sha256').update(bytes);
  for (const weights of externalFiles(graph, file)) addFile(hash, weights);
  hash.update(JSON.stringify([labels, sha256(tokenizer.definition), maxLength]));
  return {
    file,
    labels,
    tokenizer,
    maxLength,
    parameters: countWeights(graph),
    digest: hash.digest('hex'),
    open: threads => opened(file, output, labels.length, threads),
  };
}

async function opened(
  file: string,
  output: string,
  classes: number,
  threads: number,
): Promise<InferenceModel> {
  const { InferenceSession, Tensor } = loadRuntime();
  // By its path, so that onnxruntime finds the files of weights beside it.
  const session = await InferenceSession.create(file, {
    intraOpNumThreads: threads,
    logSeverityLevel: 3,
  }).catch(error => {
    throw new InputError(`${file}: onnxruntime cannot open it (${firstLine(error)})`);
  });
  const run = async (batch: EncodedBatch) => {
    const { batchSize, length } = batch;
    const data = graphInputs(batch);
    const feeds = session.inputNames.map(name => {
      const { values, shape } = data[name];
      return [name, new Tensor('int64', values, shape)];
    });
    const { [output]: logits } = await session.run(Object.fromEntries(feeds)).catch(error => {
      throw new InputError(
        `${file}: onnxruntime cannot run it on ${batchSize} × ${length} pieces (${firstLine(error)})`,
      );
    });
    if (logits.dims.join() !== `${batchSize},${length},${classes}`)
      throw new InputError(
        `${file}: the output "${output}" has the shape [${logits.dims}], expected [${batchSize},${length},${classes}]: a number for each sentence, piece and label`,
      );
    return { values: logits.data as Float32Array, classes };
  };
  // Without the mask it would take padding for text.
  const oneLength = !session.inputNames.includes(ATTENTION_MASK);
  return InferenceModel.ofGraph(run, () => session.release(), oneLength);
}

/** The first line of what onnxruntime says. */
function firstLine(error: unknown): string {
  return reasonOf(error).split('\n')[0];
}

// ------------------------------------------------------------------------------------------------------------- the graph

/** Bytes that are read at once: a file of weights may be longer than any buffer. */
const BLOCK_BYTES = 1 << 24;

function addFile(hash: Hash, file: string): void {
  const block = Buffer.alloc(BLOCK_BYTES);
  readable(file, () => {
    const descriptor = openSync(file, 'r');
    try {
      for (let read = -1; read !== 0; hash.update(block.subarray(0, read)))
        read = readSync(descriptor, block);
    } finally {
      closeSync(descriptor);
    }
  });
}

function bytesOf(file: string): Buffer {
  return readable(file, () => readFileSync(file));
}

function readable<T>(file: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new InputError(`${file}: cannot be read (${reasonOf(error)})`);
  }
}

function graphOf(bytes: Buffer, file: string): onnx.IGraphProto {
  let graph: onnx.IGraphProto | null | undefined;
  try {
    ({ graph } = onnx.ModelProto.decode(bytes));
  } catch {
    // Whatever it is, no protocol buffer of a model.
  }
  if (!graph?.output?.length) throw new InputError(`${file}: found no graph, expected an ONNX model`);
  return graph;
}

function checkInputs({ input, initializer }: onnx.IGraphProto, file: string): void {
  // Files of old list their weights among the inputs, too.
  const weights = new Set(initializer!.map(({ name }) => name));
  const read = input!.filter(({ name }) => !weights.has(name));
  const isKnown = ({ name, type }: onnx.IValueInfoProto) =>
    INPUTS.includes(name!) && type?.tensorType?.elemType === onnx.TensorProto.DataType.INT64;
  const wrong = read.find(each => !isKnown(each));
  const lacks = !read.some(({ name }) => name === INPUT_IDS);
  if (wrong || lacks)
    throw new InputError(
      `${file}: the graph reads ${listedBriefly(read.map(value => `${value.name} (${typeOf(value)})`))}, expected ${INPUT_IDS} and, if it wants them, ${ATTENTION_MASK} and ${TOKEN_TYPE_IDS}, all int64`,
    );
}

/** The name of the output that holds logits: `logits`, or the only one that can. */
function checkedOutput({ output }: onnx.IGraphProto, classes: number, file: string): string {
  const shapeOf = ({ type }: onnx.IValueInfoProto) => type?.tensorType?.shape?.dim ?? [];
  // A size that is free, or not told, may be that of the labels.
  const fits = (value: onnx.IValueInfoProto) => {
    const [, , last] = shapeOf(value);
    const size = Number(last?.dimValue ?? 0);
    return (
      value.type?.tensorType?.elemType === onnx.TensorProto.DataType.FLOAT &&
      (shapeOf(value).length === 3 || (shapeOf(value).length === 0 && value.name === LOGITS)) &&
      (size === 0 || size === classes)
    );
  };
  const named = output!.filter(({ name }) => name === LOGITS);
  const fitting = (named.length > 0 ? named : output!).filter(fits);
  if (fitting.length !== 1)
    throw new InputError(
      `${file}: the graph gives ${listedBriefly(output!.map(value => `${value.name} (${typeOf(value)}${shapeText(shapeOf(value))})`))}, expected one output of 32-bit floats [sentences, pieces, ${classes}], with a number for each label of ${CONFIG_FILE}`,
    );
  return fitting[0].name!;
}

function typeOf({ type }: onnx.IValueInfoProto): string {
  return (
    onnx.TensorProto.DataType[type?.tensorType?.elemType ?? 0]
      ?.toLowerCase()
      .replace(/^undefined$/, 'no tensor') ?? 'of no known type'
  );
}

function shapeText(dims: readonly onnx.TensorShapeProto.IDimension[]): string {
  return ` [${dims.map(({ dimParam, dimValue }) => dimParam || String(dimValue ?? '?')).join(', ')}]`;
}

function countWeights({ initializer }: onnx.IGraphProto): number {
  const { FLOAT, FLOAT16, BFLOAT16, DOUBLE, INT8, UINT8 } = onnx.TensorProto.DataType;
  const ofWeights: readonly number[] = [FLOAT, FLOAT16, BFLOAT16, DOUBLE, INT8, UINT8];
  const sizes = initializer!
    .filter(({ dataType }) => ofWeights.includes(dataType!))
    .map(({ dims }) => dims!.reduce<number>((size, dim) => size * Number(dim), 1));
  // A single number is a constant of the formula, such as ε, or the scale of a table in 8 bits.
  return sum(sizes.filter(size => size > 1));
}

/**
 * The files that weights stand in beside the graph, in the order of their names.
 * @throws InputError where a graph names one outside its folder
 */
function externalFiles({ initializer }: onnx.IGraphProto, file: string): string[] {
  const names = initializer!.flatMap(({ externalData }) =>
    (externalData ?? []).flatMap(({ key, value }) => (key === 'location' ? [value!] : [])),
  );
  const folder = resolve(dirname(file));
  return [...new Set(names)].sort().map(name => {
    const path = resolve(folder, name);
    if (!path.startsWith(folder + sep))
      throw new InputError(
        `${file}: weights are in ${inBrief(name)}, expected a file in the folder of the graph`,
      );
    return path;
  });
}

// ------------------------------------------------------------------------------------------------------------- the length

/** The lesser of what the model has positions for and what its tokenizer is told. */
function longestSequence(config: Readonly<Record<string, unknown>>, folder: string): number {
  const { max_position_embeddings: positions, model_type: type, pad_token_id: pad } = config;
  const ofTokenizer = join(folder, 'tokenizer_config.json');
  const told = existsSync(ofTokenizer)
    ? (readJson(ofTokenizer) as { model_max_length?: unknown } | null)?.model_max_length
    : undefined;
  // RoBERTa's kin count positions from behind the padding token; of what is not known here none must be too many.
  const countsBehind = isArchitecture(type) ? ARCHITECTURES[type].positionsBehindPadding : true;
  const first = countsBehind && typeof pad === 'number' && pad >= 0 ? pad + 1 : 0;
  const isLength = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) > 2;
  // A tokenizer without a bound is told 10³⁰.
  const lengths = [told, isLength(positions) ? positions - first : undefined].filter(isLength);
  return lengths.length > 0 ? Math.min(...lengths) : USUAL_LENGTH;
}
