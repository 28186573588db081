/** A measurement as a row of a table, in the notebook and on the command line alike. */
import type { ModelLatency } from '../experiment/measure-model';

/** Times of a batch in milliseconds. */
export function latencyRow(latency: ModelLatency) {
  const ms = (seconds: number) => 1000 * seconds;
  return {
    batch: latency.batchSize,
    length: String(latency.length),
    mean_ms: ms(latency.meanSeconds),
    std_ms: ms(latency.stdSeconds),
    p50_ms: ms(latency.p50),
    p90_ms: ms(latency.p90),
    p95_ms: ms(latency.p95),
    p99_ms: ms(latency.p99),
    'sentences/s': Math.round(latency.sentencesPerSecond),
    energy_per_1000_joules: latency.joulesPer1000Sentences,
    M: latency.repeats,
    tokenize_ms: ms(latency.tokenizationSeconds),
    session_ms: ms(latency.sessionSeconds),
  };
}
