/** Timing for benchmarks: medians of interleaved rounds, so that a noisy neighbour slows all competitors alike. */

/** Something to be timed, one round at a time. */
export interface Competitor {
  readonly name: string;
  readonly round: () => Promise<void> | void;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Seconds a round of each competitor: the median of `rounds`, after one that is not timed. */
export async function timeInTurn(
  competitors: readonly Competitor[],
  rounds: number,
): Promise<Map<string, number>> {
  const times = new Map(competitors.map(({ name }) => [name, [] as number[]]));
  for (let round = 0; round <= rounds; round++)
    for (const { name, round: run } of competitors) {
      const start = performance.now();
      await run();
      if (round > 0) times.get(name)?.push((performance.now() - start) / 1000);
    }
  return new Map([...times].map(([name, seconds]) => [name, median(seconds)]));
}
