/** What a run is known by: everything that determines it, hashed. */
import { sha256 } from '../digest';
import { canonicalJson } from '../json';
import type { ModelConfig } from '../model/config';
import type { Settings } from '../training/losses/loss';
import type { TrainingSettings } from '../training/trainer';

/** Everything that determines the result of a training: weights and predictions. Scores are derived from these. */
export interface RunConfig {
  /** `source`: the digest of its source file, SHA-256 in hexadecimal; of a loss of one's own, the text of its functions. */
  readonly loss: { readonly name: string; readonly settings: Settings; readonly source: string };
  /** `null` where it is all the same to the loss which types are critical. */
  readonly criticalTypes: readonly string[] | null;
  /** Digests, SHA-256 in hexadecimal. */
  readonly corpus: string;
  /** Of text without labels; left out where nothing was learnt from any. */
  readonly unlabelled?: string;
  readonly tokenizer: string;
  readonly initialWeights: string;
  /** Of the numerical source of this library. */
  readonly source: string;
  readonly model: ModelConfig;
  /** Longest sequence in pieces; the model may have more positions. */
  readonly maxLength: number;
  readonly training: TrainingSettings;
  /** Id of the run whose model teaches; `null` without a teacher. */
  readonly teacher: string | null;
  readonly engine: string;
}

/** In which form a teacher was given that is not trained. */
export type GivenKind = 'model' | 'onnx' | 'logits';

/** Everything that determines what a teacher that was given answers: of the run, predictions, which nothing was trained for. */
export interface GivenConfig {
  readonly given: GivenKind;
  /**
   * Of what was given, SHA-256 in hexadecimal: of a model its weights, tokenizer, labels and longest sequence; of logits
   * their file.
   */
  readonly digest: string;
  readonly corpus: string;
  /** The tags that it is asked for, in their order. */
  readonly tags: readonly string[];
  /** Of the source that asks it. */
  readonly source: string;
  /** `null` where it is no model of this library. */
  readonly model: ModelConfig | null;
  readonly engine: string;
}

/** What determines a run of the store: a training, or a teacher that was given. */
export type StoredConfig = RunConfig | GivenConfig;

const ID_LENGTH = 16;

export function runId(config: StoredConfig): string {
  return sha256(canonicalJson(config)).slice(0, ID_LENGTH);
}
