/** A sentence of a corpus before any model: words and their BIO (IOB2) tags, one each. */
export interface Sentence {
  readonly words: readonly string[];
  readonly tags: readonly string[];
  /** The document it stands in, counted from 0 within its file; files without document marks are one document. */
  readonly document: number;
}

/** The three parts of a corpus, as an experiment uses them. */
export interface Corpus {
  readonly name: string;
  readonly train: readonly Sentence[];
  readonly valid: readonly Sentence[];
  readonly test: readonly Sentence[];
}
