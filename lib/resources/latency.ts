/** Latency of inference by a fixed protocol: warm-up, then M repeats of N timed batches. */
import { deviation, mean, sum } from 'd3-array';
import { InputError } from '../errors';
import { quantile } from './quantile';

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
  /** Further repeats are added until the timed batches together took this many seconds; default 0. */
  readonly minSeconds?: number;
}

export interface LatencySummary extends LatencyProtocol {
  /** Mean over repeats of the mean seconds per batch. */
  readonly meanSeconds: number;
  /** Standard deviation (n − 1) of the repeats' means; 0 where there is one repeat. */
  readonly stdSeconds: number;
  /** R-7 quantiles of all single batch times, in seconds. */
  readonly p50: number;
  readonly p90: number;
  readonly p95: number;
  readonly p99: number;
  /** Repeats that were made: M of the protocol, or more where `minSeconds` asked for them. */
  readonly repeats: number;
  /** Of all timed batches together. */
  readonly timedSeconds: number;
  readonly sentencesPerSecond: number;
}

export interface LatencyOptions {
  /** A clock in milliseconds that never goes back; default `performance.now`. */
  readonly now?: () => number;
  /** Called before the first and after every repeat, outside of what is timed: where counters are read. */
  readonly onRepeat?: () => void;
}

/**
 * Times `run`, which takes one batch, by the protocol: warm-up once, then M repeats of N timed batches. What `run` leaves
 * out (making the session, tokenisation) is not in the numbers.
 * @param run takes the number of the batch, counted from 0 in the warm-up and again in the timed batches.
 * @throws InputError for a protocol that times nothing.
 */
export async function measureLatency(
  run: (batch: number) => Promise<void>,
  protocol: LatencyProtocol,
  { now = () => performance.now(), onRepeat = () => {} }: LatencyOptions = {},
): Promise<LatencySummary> {
  checkProtocol(protocol);
  for (let i = 0; i < protocol.warmup; i++) await run(i);
  onRepeat();
  const repeats: number[][] = [];
  let timedSeconds = 0;
  let batch = 0;
  while (repeats.length < protocol.repeats || timedSeconds < (protocol.minSeconds ?? 0)) {
    const seconds: number[] = [];
    for (let n = 0; n < protocol.batches; n++) {
      const start = now();
      await run(batch++);
      seconds.push((now() - start) / 1000);
    }
    repeats.push(seconds);
    timedSeconds += sum(seconds);
    onRepeat();
  }
  return summarizeLatency(repeats, protocol);
}

/**
 * With t[m][n] the time of batch n in repeat m: the latency is the mean over m of the means over n, and its deviation
 * that of those M means. Quantiles are of all M·N times.
 * @param repeats seconds of every timed batch of every repeat, N and M at least 1.
 */
export function summarizeLatency(
  repeats: readonly (readonly number[])[],
  protocol: LatencyProtocol,
): LatencySummary {
  const all = repeats.flat();
  const means = repeats.map(seconds => mean(seconds)!);
  const meanSeconds = mean(means)!;
  return {
    ...protocol,
    meanSeconds,
    stdSeconds: deviation(means) ?? 0,
    p50: quantile(all, 0.5),
    p90: quantile(all, 0.9),
    p95: quantile(all, 0.95),
    p99: quantile(all, 0.99),
    repeats: repeats.length,
    timedSeconds: sum(all),
    sentencesPerSecond: protocol.batchSize / meanSeconds,
  };
}

/** Throws an `InputError` for a protocol that times nothing or never ends. */
export function checkProtocol({ minSeconds = 0, ...counts }: LatencyProtocol): void {
  const least = { warmup: 0, batches: 1, repeats: 1, batchSize: 1 } as const;
  for (const [name, bound] of Object.entries(least)) {
    const value = counts[name as keyof typeof least];
    if (!Number.isInteger(value) || value < bound)
      throw new InputError(
        `latency protocol: ${name} is ${value}, expected a whole number of at least ${bound}`,
      );
  }
  if (!(minSeconds >= 0 && minSeconds < Number.POSITIVE_INFINITY))
    throw new InputError(`latency protocol: minSeconds is ${minSeconds}, expected a number, 0 or more`);
}
