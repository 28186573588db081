/**
 * Latency of inference by a fixed protocol: warm-up, then M repeats of N timed batches. Several models are measured in turn,
 * so that what the machine does meanwhile befalls them alike, and are compared repeat by repeat.
 */
import { deviation, mean, range, sum } from 'd3-array';
import { jStat } from 'jstat';
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
  /** Further repeats are added until the timed batches took this many seconds a model, on average; default 0. */
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
  /** Mean seconds per batch of each repeat, in their order: models that were measured in turn are paired by them. */
  readonly repeatSeconds: readonly number[];
  /** Of all timed batches together. */
  readonly timedSeconds: number;
  readonly sentencesPerSecond: number;
}

export interface LatencyOptions {
  /** A clock in milliseconds that never goes back; default `performance.now`. */
  readonly now?: () => number;
  /** Called right before the timed batches of a repeat; what it returns is called right after: where counters are read. */
  readonly onRepeat?: (model: number) => () => void;
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
  options?: LatencyOptions,
): Promise<LatencySummary> {
  const [summary] = await measureInTurn([run], protocol, options);
  return summary;
}

/**
 * Times several models by the protocol, interleaved: in each repeat every model has its N timed batches, one model after
 * another, warmed up anew where another ran before it.
 * @param runs of each model, as in `measureLatency`
 * @returns of each model, all with as many repeats
 * @throws InputError for a protocol that times nothing.
 */
export async function measureInTurn(
  runs: readonly ((batch: number) => Promise<void>)[],
  protocol: LatencyProtocol,
  { now = () => performance.now(), onRepeat = () => () => {} }: LatencyOptions = {},
): Promise<LatencySummary[]> {
  checkProtocol(protocol);
  const { warmup, batches, repeats, minSeconds = 0 } = protocol;
  const seconds: number[][][] = runs.map(() => []);
  let timedSeconds = 0;
  let last: number | undefined;
  for (let repeat = 0; repeat < repeats || timedSeconds < minSeconds * runs.length; repeat++)
    for (const model of turnsOf(repeat, runs.length)) {
      const run = runs[model];
      if (model !== last) for (let i = 0; i < warmup; i++) await run(i);
      last = model;
      const times: number[] = [];
      const end = onRepeat(model);
      for (let n = 0; n < batches; n++) {
        const start = now();
        await run(repeat * batches + n);
        times.push((now() - start) / 1000);
      }
      end();
      seconds[model].push(times);
      timedSeconds += sum(times);
    }
  return seconds.map(times => summarizeLatency(times, protocol));
}

/**
 * Whose turn it is in a repeat, by number: from the next one on in every second repeat, and back in the one after it, so
 * that none is always first and a machine that slows down slows all alike: 0 1 2, 2 1 0, 1 2 0, 0 2 1, …
 */
function turnsOf(repeat: number, models: number): number[] {
  const turns = range(models).map(i => (i + Math.floor(repeat / 2)) % models);
  return repeat % 2 === 0 ? turns : turns.reverse();
}

/** How many times as fast as another, with the ends of a 95 % interval; these are `null` where there was one repeat. */
export interface Speedup {
  readonly times: number;
  readonly low: number | null;
  readonly high: number | null;
}

/**
 * How many times as fast a model is as another that was measured in turn with it: the geometric mean over repeats of the
 * ratio of their times, exp(d̄ ± t · s / √M), with d the logarithms of the ratios, s their deviation and t the 97.5 %
 * quantile of Student's t with M − 1 degrees of freedom.
 */
export function speedupOver(
  other: Pick<LatencySummary, 'repeatSeconds'>,
  model: Pick<LatencySummary, 'repeatSeconds'>,
): Speedup {
  const repeats = model.repeatSeconds.length;
  if (other.repeatSeconds.length !== repeats)
    throw new Error(`${other.repeatSeconds.length} repeats beside ${repeats}: not measured in turn`);
  const logs = model.repeatSeconds.map((seconds, m) => Math.log(other.repeatSeconds[m] / seconds));
  const center = mean(logs)!;
  if (repeats === 1) return { times: Math.exp(center), low: null, high: null };
  const reach = (jStat.studentt.inv(0.975, repeats - 1) * deviation(logs)!) / Math.sqrt(repeats);
  return { times: Math.exp(center), low: Math.exp(center - reach), high: Math.exp(center + reach) };
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
    repeatSeconds: means,
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
