/** Latency of inference by a fixed protocol: warm-up, then M repeats of N timed batches. */
import { InputError } from '../errors';
import { quantile } from './quantile';

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

/** The study's protocol, whose numbers are given with every result. */
export interface LatencyProtocol {
  /** Batches run and not timed; the study's is 2. */
  readonly warmup: number;
  /** N: timed batches a repeat; the study's is 5. */
  readonly batches: number;
  /** M: repeats, between whose means the deviation is taken. */
  readonly repeats: number;
  /** Sentences in the batch that `run` takes. */
  readonly batchSize: number;
}

/**
 * Times `run`, which takes one batch, by the protocol: warm-up once, then M repeats of N timed batches. What `run` leaves
 * out (making the session, tokenisation) is not in the numbers.
 * @param now a clock in milliseconds that never goes back; default `performance.now`.
 * @throws InputError for a protocol that times nothing.
 */
export async function measureLatency(
  run: () => Promise<void>,
  protocol: LatencyProtocol,
  now: () => number = () => performance.now(),
): Promise<LatencySummary> {
  checkProtocol(protocol);
  for (let i = 0; i < protocol.warmup; i++) await run();
  const repeats: number[][] = [];
  for (let m = 0; m < protocol.repeats; m++) {
    const seconds: number[] = [];
    for (let n = 0; n < protocol.batches; n++) {
      const start = now();
      await run();
      seconds.push((now() - start) / 1000);
    }
    repeats.push(seconds);
  }
  return summarize(repeats, protocol);
}

function summarize(repeats: readonly (readonly number[])[], protocol: LatencyProtocol): LatencySummary {
  const all = repeats.flat();
  const means = repeats.map(mean);
  const meanSeconds = mean(means);
  return {
    meanSeconds,
    stdSeconds: standardDeviation(means),
    p50: quantile(all, 0.5),
    p90: quantile(all, 0.9),
    p95: quantile(all, 0.95),
    p99: quantile(all, 0.99),
    warmup: protocol.warmup,
    batches: protocol.batches,
    repeats: protocol.repeats,
    batchSize: protocol.batchSize,
    sentencesPerSecond: protocol.batchSize / meanSeconds,
  };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** With n − 1; 0 of one value. */
function standardDeviation(values: readonly number[]): number {
  if (values.length < 2) return 0;
  const center = mean(values);
  return Math.sqrt(values.reduce((sum, value) => sum + (value - center) ** 2, 0) / (values.length - 1));
}

function checkProtocol(protocol: LatencyProtocol): void {
  const least = { warmup: 0, batches: 1, repeats: 1, batchSize: 1 } as const;
  for (const [name, bound] of Object.entries(least)) {
    const value = protocol[name as keyof LatencyProtocol];
    if (!Number.isInteger(value) || value < bound)
      throw new InputError(
        `latency protocol: ${name} is ${value}, expected a whole number of at least ${bound}`,
      );
  }
}
