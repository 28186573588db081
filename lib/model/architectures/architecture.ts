/**
 * What one architecture of encoders says of itself: Hugging Face's names of its parameters and of its settings, and the
 * few places where its forward pass differs. All else of a token classifier is common to them.
 */

/** Names of one layer's parts; each stands for a `.weight` and a `.bias`. */
export interface LayerNames {
  readonly query: string;
  readonly key: string;
  readonly value: string;
  readonly attentionOutput: string;
  readonly attentionNorm: string;
  readonly intermediate: string;
  readonly output: string;
  readonly outputNorm: string;
}

export interface ModelNames {
  readonly wordEmbeddings: string;
  readonly positionEmbeddings: string;
  /** Of an architecture with token types. */
  readonly tokenTypeEmbeddings?: string;
  readonly embeddingNorm: string;
  readonly layers: readonly LayerNames[];
  readonly classifier: string;
}

export interface ArchitectureDefinition {
  /** transformers' class of its token classifier. */
  readonly className: string;
  /** What the name of every parameter but the classifier's begins with; a checkpoint of the encoder alone lacks it. */
  readonly prefix: string;
  /** Hugging Face's names of the parameters. */
  readonly names: (layers: number) => ModelNames;
  /** Its names of settings in `config.json`. */
  readonly fields: {
    readonly hiddenSize: string;
    readonly layers: string;
    readonly heads: string;
    readonly intermediateSize: string;
    readonly dropout: string;
    readonly attentionDropout: string;
    readonly activation: string;
  };
  /** Settings that `config.json` has beside those, with the one value that they have here. */
  readonly constants: Readonly<Record<string, unknown>>;
  readonly layerNormEpsilon: number;
  /** Rows of the token-type embedding, of which a sentence reads the first; 0: there is none. */
  readonly tokenTypes: number;
  /**
   * Whether the position table begins with rows that no token reads, up to that of the padding token's id: fairseq counts
   * positions from the row behind it. Else the first token of a sentence reads the first row.
   */
  readonly positionsBehindPadding: boolean;
  /** Whether what attention gives is dropped before it is added to its input. */
  readonly dropsAttended: boolean;
}
