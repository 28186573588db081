/** Where a checkpoint is: a folder, or a model of the Hugging Face Hub, which is brought into the cache. */
import { InputError } from '../errors';
import { listed } from '../listed';
import { TOKENIZER_PLACES, tokenizerFiles } from '../tokenizer-files';
import { CachedRepository, statsOf } from './cache';
import { CHECKPOINT_PLACES, isCommit, labelOf, modelId } from './id';
import { HubError } from './requests';
import { type Environment, hubSettings } from './settings';
import { type HubOptions, snapshot } from './snapshot';

export interface CheckpointOptions extends HubOptions {
  /** In which form the weights are wanted; default `safetensors`. */
  readonly weights?: keyof typeof WEIGHTS;
}

/** A checkpoint's folder, and how to name it so that it stays the same: a model of the Hub by its commit. */
export interface FoundCheckpoint {
  readonly folder: string;
  readonly pinned: string;
}

/** What models have for a tokenizer that only Python reads, and what is a part of one. */
const VOCABULARIES = /^(vocab\.(txt|json)|merges\.txt|(spiece|sentencepiece(\.bpe)?|tokenizer)\.model)$/;

const CONFIG = 'config.json';

/** The paths of a model's weights in a form; none where it has none in it. */
const WEIGHTS = {
  safetensors(paths: readonly string[]): string[] {
    if (paths.includes('model.safetensors')) return ['model.safetensors'];
    const index = 'model.safetensors.index.json';
    if (!paths.includes(index)) return [];
    const shards = paths.filter(path => /^model-\d+-of-\d+\.safetensors$/.test(path)).sort();
    const count = Number(/-of-(\d+)/.exec(shards.at(-1) ?? '')?.[1] ?? 1);
    if (shards.length !== count)
      throw new InputError(`found ${shards.length} of the ${count} parts that its weights are in`);
    return [index, ...shards];
  },
  onnx(paths: readonly string[]): string[] {
    const graph = ['onnx/model.onnx', 'model.onnx'].find(path => paths.includes(path));
    if (graph === undefined) return [];
    // As exporters name the files of weights: model.onnx_data, model.onnx_data_1, model.onnx.data, model.data.
    const isBeside = (path: string) =>
      [graph, graph.replace(/\.onnx$/, '')].some(
        stem => path.startsWith(stem) && /^[._]data([._-][\w.-]+)?$/.test(path.slice(stem.length)),
      );
    return [graph, ...paths.filter(isBeside)];
  },
};

/** What is wanted of a model, which is what is read: `name` is for the message that it lacks a part. */
function checkpointFiles(paths: readonly string[], form: keyof typeof WEIGHTS, name: string): string[] {
  const weights = WEIGHTS[form](paths);
  const expected = `expected ${CONFIG} and ${form === 'onnx' ? 'onnx/model.onnx' : 'model.safetensors'}`;
  if (weights.length === 0) {
    const others = paths.filter(path =>
      /^[^/]*\.(bin|h5|msgpack|ckpt|pt|pth|gguf)$|\.(onnx|safetensors)$/.test(path),
    );
    throw new InputError(
      `found ${others.length > 0 ? `weights in ${listed(others.slice(0, 5), 'and')} only` : 'no weights'}; ${expected}`,
    );
  }
  if (!paths.includes(CONFIG)) throw new InputError(`found no ${CONFIG}; ${expected}`);
  const tokenizer = tokenizerFiles(file => paths.includes(file));
  if (tokenizer.length === 0) throw new InputError(withoutTokenizer(paths, name));
  return [CONFIG, ...tokenizer, ...weights];
}

function withoutTokenizer(paths: readonly string[], name: string): string {
  const found = paths.filter(path => VOCABULARIES.test(path));
  const conversion = `python -c 'from transformers import AutoTokenizer; AutoTokenizer.from_pretrained("${name}").save_pretrained("FOLDER")'`;
  return `found ${found.length > 0 ? listed(found, 'and') : 'no tokenizer'}; expected ${TOKENIZER_PLACES}: ${conversion} makes the first, for a folder that has the model's other files too`;
}

/** The folder of what `findCheckpoint` has found and named, without asking the Hub. */
export function checkpointFolder(pinned: string, environment?: Environment): string {
  const id = statsOf(pinned)?.isDirectory() ? undefined : modelId(pinned);
  return id && isCommit(id.revision)
    ? new CachedRepository(hubSettings(environment).cache, id).snapshot(id.revision)
    : pinned;
}

/** The folder of a checkpoint: see `findCheckpoint`. */
export async function resolveCheckpoint(text: string, options?: CheckpointOptions): Promise<string> {
  return (await findCheckpoint(text, options)).folder;
}

/**
 * A folder that exists is taken; else `organisation/name` or `organisation/name@revision` is a model of the Hub, of which the
 * wanted files are downloaded.
 * @throws InputError where it is neither, or cannot be had
 */
export async function findCheckpoint(
  text: string,
  { weights = 'safetensors', ...options }: CheckpointOptions = {},
): Promise<FoundCheckpoint> {
  const found = statsOf(text);
  if (found?.isDirectory()) return { folder: text, pinned: text };
  if (found) throw new InputError(`${text}: found a file; expected ${CHECKPOINT_PLACES}`);
  const id = modelId(text);
  if (!id) throw new InputError(`${text}: there is no such folder; expected ${CHECKPOINT_PLACES}`);
  try {
    const { folder, commit } = await snapshot(id, paths => checkpointFiles(paths, weights, id.name), options);
    return { folder, pinned: labelOf({ ...id, revision: commit }) };
  } catch (error) {
    // Whoever mistyped a folder should not look for the fault in the network.
    if (error instanceof HubError && !text.includes('@') && error.failure !== 'wrong')
      throw new HubError(`${error.message} (and there is no folder ${text} here)`, error.failure);
    throw error;
  }
}
