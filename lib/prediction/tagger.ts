/** A saved model at work: words in, tags and entities with their confidence out. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseTag, TAG_FORM } from '../corpus/tags';
import type { Engine } from '../engine/engine';
import { openEngine } from '../engine/select';
import { InputError } from '../errors';
import { InferenceModel } from '../inference/inference-model';
import type { Precision } from '../inference/precision';
import { readJson } from '../json';
import { CONFIG_FILE, loadCheckpoint, tokenizerBeside } from '../model/checkpoint';
import type { ModelConfig } from '../model/config';
import { windowsOf } from '../tokenization/align';
import type { WordTokenizer } from '../tokenization/tokenizer';
import { type Tagging, taggingOf } from './tagging';

export interface TaggerOptions {
  /** Default `auto`. */
  readonly engine?: string;
  /** Of the onnx engine; default: all cores. */
  readonly threads?: number;
  /** Sentences a batch, default 32. */
  readonly batchSize?: number;
  /** Default `fp32`; `int8`, where the engine is onnx, takes a quarter of the memory and less time, and finds nearly the same. */
  readonly precision?: Precision;
  /** Longest sequence in pieces; default: what the run was trained with, else what the model has positions for. */
  readonly maxLength?: number;
}

/** A model that is loaded; `dispose` frees it. */
export class Tagger {
  private constructor(
    private readonly model: InferenceModel,
    private readonly labels: readonly string[],
    private readonly tokenizer: WordTokenizer,
    readonly engine: Engine,
    private readonly batchSize: number,
    private readonly maxLength: number,
  ) {}

  /** What there is to say of how words are taken apart, in sentences. */
  get notes(): readonly string[] {
    return this.tokenizer.notes;
  }

  /** Loads the model in a folder in Hugging Face's layout; an `InputError` says what of it cannot be used. */
  static async open(folder: string, options: TaggerOptions = {}): Promise<Tagger> {
    const engine = await openEngine(options.engine, { threads: options.threads });
    const { config, parameters } = loadCheckpoint(folder, { onDemand: engine.openGraph !== undefined });
    const tokenizer = tokenizerBeside(folder, config);
    const { maxPositions, tags } = config;
    checkTags(folder, config);
    const maxLength = options.maxLength ?? trainedLength(folder) ?? maxPositions;
    if (maxLength < 3 || maxLength > maxPositions)
      throw new InputError(`the longest sequence is ${maxLength}, expected 3 to ${maxPositions} (${folder})`);
    const { precision } = options;
    const model = await InferenceModel.open(engine, config, parameters, { precision });
    return new Tagger(model, tags, tokenizer, engine, options.batchSize ?? 32, maxLength);
  }

  /**
   * Tags sentences. One that is longer than a sequence is read in several, one after another, so that no word is left
   * out; a single word that is longer still is `O`.
   */
  async tag(sentences: readonly (readonly string[])[]): Promise<Tagging[]> {
    const windows = sentences.map(words => windowsOf(words, this.tokenizer, this.maxLength));
    const encoded = windows.flat().map(({ encoded }) => encoded);
    const logits = await this.model.outputs(encoded, {
      batchSize: this.batchSize,
      padId: this.tokenizer.special.pad,
    });
    let next = 0;
    return sentences.map((words, s) => {
      const first = next;
      next += windows[s].length;
      return taggingOf(words.length, windows[s], logits.slice(first, next), this.labels);
    });
  }

  dispose(): Promise<void> {
    return this.model.dispose();
  }
}

/** @throws InputError for a class of the model in a folder that is no tag of BIO's family */
export function checkTags(folder: string, { tags }: Pick<ModelConfig, 'tags'>): void {
  const wrong = tags.find(tag => parseTag(tag) === undefined);
  if (wrong !== undefined)
    throw new InputError(
      `${join(folder, CONFIG_FILE)}: the tag "${wrong}" of the model is not ${TAG_FORM}; id2label must name the rows of the classifier so`,
    );
}

/** The longest sequence that the run of this model was trained with, where it is one of a run. */
export function trainedLength(folder: string): number | undefined {
  const file = join(folder, '..', CONFIG_FILE);
  if (!existsSync(file)) return undefined;
  try {
    const { maxLength } = readJson(file) as { maxLength?: unknown };
    return typeof maxLength === 'number' ? maxLength : undefined;
  } catch {
    return undefined;
  }
}
