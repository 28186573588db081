/** Which model to take: the smallest, the fastest or the best of those that keep what must be kept. */
import { InputError } from '../errors';
import { type ByMeasure, MEASURES, type Measure } from '../evaluation/significance';

/** A model with what it costs and what it finds, on one part of the corpus. */
export interface Candidate {
  readonly name: string;
  readonly runs: readonly string[];
  /** Number of scalar parameters. */
  readonly parameters: number;
  /** `null` where it was not measured. */
  readonly latencyMs: number | null;
  /** Scores as fractions, over seeds where there are several. */
  readonly score: ByMeasure<number | null>;
  /** Lower ends of their 95 % intervals. */
  readonly low: ByMeasure<number | null>;
}

export type Preference = 'smallest' | 'fastest' | 'best';

export interface Selection {
  readonly prefer: Preference;
  /** Lowest scores that are acceptable, as fractions. */
  readonly least: Partial<ByMeasure<number>>;
  /** Whether the scores themselves or the lower ends of their intervals must reach the bounds. */
  readonly by: 'score' | 'low';
}

/**
 * The model to take. Of equals, in this order: fewer parameters, a higher F1_critical, the earlier.
 * @throws InputError where no model reaches the bounds, saying which comes nearest and by how much it falls short; and
 * where the fastest is asked for and none was measured.
 */
export function selectModel(candidates: readonly Candidate[], { prefer, least, by }: Selection): Candidate {
  const bounds = MEASURES.flatMap(measure =>
    least[measure] === undefined ? [] : [{ measure, bound: least[measure] as number }],
  );
  const shortfall = (candidate: Candidate): number =>
    Math.max(0, ...bounds.map(({ measure, bound }) => bound - (candidate[by][measure] ?? 0)));
  const kept = candidates.filter(candidate => shortfall(candidate) === 0);
  if (kept.length === 0) {
    const nearest = [...candidates].sort((a, b) => shortfall(a) - shortfall(b))[0];
    throw new InputError(
      nearest
        ? `no model reaches the bounds: "${nearest.name}" comes nearest and falls ${(100 * shortfall(nearest)).toFixed(2)} points short`
        : 'there is no model to choose from',
    );
  }
  if (prefer === 'fastest' && kept.every(({ latencyMs }) => latencyMs === null))
    throw new InputError(
      'the latency of these models was not measured on this machine, so none is the fastest',
    );
  const cost = (candidate: Candidate): number =>
    prefer === 'smallest'
      ? candidate.parameters
      : prefer === 'fastest'
        ? (candidate.latencyMs ?? Number.POSITIVE_INFINITY)
        : -(candidate.score.f1Critical ?? 0);
  return [...kept].sort(
    (a, b) =>
      cost(a) - cost(b) ||
      a.parameters - b.parameters ||
      (b.score.f1Critical ?? 0) - (a.score.f1Critical ?? 0),
  )[0];
}

/**
 * Those than which no other costs no more and scores no less, with one of the two better (Pareto). Of models alike in
 * both the first is taken.
 */
export function paretoFront(
  candidates: readonly Candidate[],
  cost: (candidate: Candidate) => number | null,
  measure: Measure = 'f1Critical',
): Candidate[] {
  const points = candidates.flatMap(candidate => {
    const [x, y] = [cost(candidate), candidate.score[measure]];
    return x === null || y === null ? [] : [{ candidate, x, y }];
  });
  const dominated = (point: (typeof points)[number], i: number) =>
    points.some(
      (other, j) =>
        other.x <= point.x && other.y >= point.y && (other.x < point.x || other.y > point.y || j < i),
    );
  return points
    .filter((point, i) => !dominated(point, i))
    .sort((a, b) => a.x - b.x)
    .map(({ candidate }) => candidate);
}
