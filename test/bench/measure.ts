/** Timing for benchmarks: interleaved rounds, so that a noisy neighbour slows all competitors alike. */

/** Something to be timed, one round at a time. */
export interface Competitor {
  readonly name: string;
  /** What a round needs and is not timed. */
  readonly prepare?: () => void;
  readonly round: () => Promise<Taken | undefined> | undefined;
}

/** What a peer in a process of its own has timed itself; without it the call is timed. */
interface Taken {
  readonly seconds: number;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Seconds of each round of each competitor: `rounds` of them, after one that does not count. */
export async function timeInTurn(
  competitors: readonly Competitor[],
  rounds: number,
): Promise<(name: string) => readonly number[]> {
  const times = new Map(competitors.map(({ name }) => [name, [] as number[]]));
  for (let round = 0; round <= rounds; round++)
    for (const { name, prepare, round: run } of competitors) {
      prepare?.();
      const start = performance.now();
      const taken = await run();
      const seconds = taken?.seconds ?? (performance.now() - start) / 1000;
      if (round > 0) times.get(name)?.push(seconds);
    }
  return name => times.get(name)!;
}

/** A power law y = a · x^exponent through points, by least squares on their logarithms. */
export interface PowerLaw {
  readonly exponent: number;
  /** Standard error of the exponent; 0 of two points, which a line goes through. */
  readonly error: number;
}

export function powerLaw(points: readonly (readonly [x: number, y: number])[]): PowerLaw {
  const logs = points.map(([x, y]) => [Math.log(x), Math.log(y)]);
  const [meanX, meanY] = [0, 1].map(of => logs.reduce((sum, log) => sum + log[of], 0) / logs.length);
  const squares = logs.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
  const exponent = logs.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0) / squares;
  const residual = logs.reduce((sum, [x, y]) => sum + (y - meanY - exponent * (x - meanX)) ** 2, 0);
  const degrees = logs.length - 2;
  return { exponent, error: degrees > 0 ? Math.sqrt(residual / degrees / squares) : 0 };
}
