/** Latency of inference by a fixed protocol. (Types first; see the functions below.) */

export interface LatencySummary {
  /** Mean over repeats of the mean seconds per batch. */
  readonly meanSeconds: number;
  /** Standard deviation (n − 1) of the repeats' means; 0 where there is one repeat. */
  readonly stdSeconds: number;
  /** R-7 quantiles of all single batch times, in seconds. */
  readonly p50: number;
  readonly p90: number;
  readonly p95: number;
  readonly p99: number;
  readonly warmup: number;
  /** N: timed batches a repeat. */
  readonly batches: number;
  /** M. */
  readonly repeats: number;
  readonly batchSize: number;
  readonly sentencesPerSecond: number;
}
