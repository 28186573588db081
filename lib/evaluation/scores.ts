/** Entity-level scores. (Types first; see the functions below.) */

/** Counts and their ratios (fractions, 0–1). A ratio is `null` where both gold and prediction are empty. */
export interface Score {
  readonly precision: number | null;
  readonly recall: number | null;
  readonly f1: number | null;
  /** Gold spans. */
  readonly support: number;
  /** Predicted spans. */
  readonly predicted: number;
  /** Spans that are in both, with the same type, start and end. */
  readonly correct: number;
}

/** What `evaluate` says of one set of predictions; also what a run keeps in `metrics.json`. */
export interface Scores {
  readonly overall: Score;
  readonly byType: Readonly<Record<string, Score>>;
  readonly critical: Score;
  /** Recovered ÷ gold critical spans. */
  readonly coverage: number | null;
  /** Share of tokens whose tag is right. */
  readonly accuracy: number | null;
}
