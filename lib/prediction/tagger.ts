/** A saved model at work: words in, tags and entities with their confidence out. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { min } from 'd3-array';
import { parseTag, TAG_FORM, toBio } from '../corpus/tags';
import type { Engine } from '../engine/engine';
import { openEngine } from '../engine/select';
import { InputError } from '../errors';
import { type Span, spansOf } from '../evaluation/spans';
import { readJson } from '../json';
import { type Checkpoint, CONFIG_FILE, loadCheckpoint, tokenizerBeside } from '../model/checkpoint';
import { type EncodedSentence, encodeWords } from '../tokenization/align';
import type { WordTokenizer } from '../tokenization/tokenizer';
import { Predictor } from '../training/predict';

export interface TaggerOptions {
  /** Default `auto`. */
  readonly engine?: string;
  /** Of the onnx engine; default: all cores. */
  readonly threads?: number;
  /** Sentences a batch, default 32. */
  readonly batchSize?: number;
  /** Longest sequence in pieces; default: what the run was trained with, else what the model has positions for. */
  readonly maxLength?: number;
}

/** An entity, and how sure the model is of it. */
export interface TaggedEntity extends Span {
  /** The lowest probability, over the words of the entity, that the model gives to the tag it has chosen there. */
  readonly confidence: number;
}

/** A sentence with what the model made of it. */
export interface Tagging {
  /** BIO tags, one a word; an `I-` that continues nothing is read as the begin of an entity. */
  readonly tags: readonly string[];
  /** The probability that the model gives to the tag it has chosen, one a word; 0 for a word that no sequence holds. */
  readonly confidences: readonly number[];
  readonly entities: readonly TaggedEntity[];
}

/** A model that is loaded; `dispose` frees it. */
export class Tagger {
  private readonly predictor: Predictor;
  /** Those of the first call, then whole batches as soon as more come, since an engine compiles for every batch size. */
  private rows = 0;

  private constructor(
    private readonly checkpoint: Checkpoint,
    private readonly tokenizer: WordTokenizer,
    readonly engine: Engine,
    private readonly batchSize: number,
    private readonly maxLength: number,
  ) {
    this.predictor = new Predictor(engine, checkpoint.config);
  }

  /** What there is to say of how words are taken apart, in sentences. */
  get notes(): readonly string[] {
    return this.tokenizer.notes;
  }

  /** Loads the model in a folder in Hugging Face's layout; an `InputError` says what of it cannot be used. */
  static async open(folder: string, options: TaggerOptions = {}): Promise<Tagger> {
    const checkpoint = loadCheckpoint(folder);
    const tokenizer = tokenizerBeside(folder, checkpoint.config);
    const { maxPositions, tags } = checkpoint.config;
    const wrong = tags.find(tag => parseTag(tag) === undefined);
    if (wrong !== undefined)
      throw new InputError(
        `${join(folder, CONFIG_FILE)}: the tag "${wrong}" of the model is not ${TAG_FORM}; id2label must name the rows of the classifier so`,
      );
    const maxLength = options.maxLength ?? trainedLength(folder) ?? maxPositions;
    if (maxLength < 3 || maxLength > maxPositions)
      throw new InputError(`the longest sequence is ${maxLength}, expected 3 to ${maxPositions} (${folder})`);
    const engine = await openEngine(options.engine, { threads: options.threads });
    return new Tagger(checkpoint, tokenizer, engine, options.batchSize ?? 32, maxLength);
  }

  /**
   * Tags sentences. One that is longer than a sequence is read in several, one after another, so that no word is left
   * out; a single word that is longer still is `O`.
   */
  async tag(sentences: readonly (readonly string[])[]): Promise<Tagging[]> {
    const windows = sentences.map(words => this.windowsOf(words));
    const encoded = windows.flat().map(({ encoded }) => encoded);
    if (encoded.length > this.rows)
      this.rows = this.rows === 0 ? Math.min(this.batchSize, encoded.length) : this.batchSize;
    const logits = await this.predictor.outputs(this.checkpoint.parameters, encoded, {
      batchSize: Math.max(1, this.rows),
      padId: this.tokenizer.special.pad,
    });
    let next = 0;
    return sentences.map((words, s) => {
      const tags = words.map(() => 'O');
      const confidences = words.map(() => 0);
      for (const { firstWord } of windows[s])
        this.choose(logits[next++]).forEach(({ tag, probability }, i) => {
          tags[firstWord + i] = tag;
          confidences[firstWord + i] = probability;
        });
      const entities = spansOf(tags).map(span => ({
        ...span,
        confidence: min(confidences.slice(span.start, span.end))!,
      }));
      return { tags: toBio(tags), confidences, entities };
    });
  }

  dispose(): Promise<void> {
    return this.predictor.dispose();
  }

  /** The parts of a sentence that fit into a sequence, with the index of the first word of each. */
  private windowsOf(words: readonly string[]): { firstWord: number; encoded: EncodedSentence }[] {
    const windows: { firstWord: number; encoded: EncodedSentence }[] = [];
    for (let firstWord = 0; firstWord < words.length; ) {
      // Each word has a piece, so that no more of them can fit.
      const next = words.slice(firstWord, firstWord + this.maxLength);
      const encoded = encodeWords(next, this.tokenizer, this.maxLength);
      const kept = encoded.firstPieces.length;
      if (kept > 0) windows.push({ firstWord, encoded: { ...encoded, labels: new Int32Array(kept) } });
      firstWord += Math.max(1, kept);
    }
    return windows;
  }

  /** The tag of highest probability at each word of logits `[words, C]`. */
  private choose(logits: Float32Array): { tag: string; probability: number }[] {
    const { tags } = this.checkpoint.config;
    return Array.from({ length: logits.length / tags.length }, (_, word) => {
      const row = logits.subarray(word * tags.length, (word + 1) * tags.length);
      let best = 0;
      for (let c = 1; c < row.length; c++) if (row[c] > row[best]) best = c;
      let sum = 0;
      for (const value of row) sum += Math.exp(value - row[best]);
      if (Number.isNaN(sum))
        throw new InputError('the model gives no numbers for a word: its weights are too large');
      return { tag: tags[best], probability: 1 / sum };
    });
  }
}

/** The longest sequence that the run of this model was trained with, where it is one of a run. */
function trainedLength(folder: string): number | undefined {
  const file = join(folder, '..', CONFIG_FILE);
  if (!existsSync(file)) return undefined;
  try {
    const { maxLength } = readJson(file) as { maxLength?: unknown };
    return typeof maxLength === 'number' ? maxLength : undefined;
  } catch {
    return undefined;
  }
}
