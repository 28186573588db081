/** Which model to take: the smallest, the fastest or the best of those that keep what must be kept. */
import { InputError } from '../errors';
import {
  type ByMeasure,
  DECIDING,
  MEASURES,
  type Measure,
  measureOf,
  merit,
  shortfall,
} from '../evaluation/measures';
import type { Precision } from '../inference/precision';

/** A model with what it costs and what it finds, on one part of the corpus. */
export interface Candidate {
  readonly name: string;
  readonly runs: readonly string[];
  /** Number of scalar parameters; `null` where it is not known. */
  readonly parameters: number | null;
  readonly precision: Precision;
  /** Bytes of the file of the model; `null` of a teacher that was given and is no model of this library. */
  readonly bytes: number | null;
  /** `null` where it was not measured. */
  readonly latencyMs: number | null;
  /** Scores as fractions, over seeds where there are several. */
  readonly score: ByMeasure<number | null>;
  /** The worse ends of their 95 % intervals: the lower ones where higher is better. */
  readonly low: ByMeasure<number | null>;
}

export type Preference = 'smallest' | 'fastest' | 'best';

export interface Selection {
  readonly prefer: Preference;
  /** Worst scores that are acceptable, as fractions. */
  readonly least: Partial<ByMeasure<number>>;
  /** Whether the scores themselves or the worse ends of their intervals must reach the bounds. */
  readonly by: 'score' | 'low';
}

/**
 * The model to take. Of equals, in this order: fewer parameters, a higher F1_critical, the earlier.
 * @throws InputError where no model reaches the bounds, saying which comes nearest and by how much it falls short; and
 * where the fastest is asked for and none was measured.
 */
export function selectModel(candidates: readonly Candidate[], { prefer, least, by }: Selection): Candidate {
  const short = (candidate: Candidate): number =>
    Math.max(
      0,
      ...MEASURES.map(measure => {
        const bound = least[measure.key];
        return bound === undefined ? 0 : shortfall(measure, candidate[by][measure.key], bound);
      }),
    );
  const kept = candidates.filter(candidate => short(candidate) === 0);
  if (kept.length === 0) {
    const nearest = [...candidates].sort((a, b) => short(a) - short(b))[0];
    throw new InputError(
      nearest
        ? `no model reaches the bounds: "${nearest.name}" comes nearest and falls ${(100 * short(nearest)).toFixed(2)} points short`
        : 'there is no model to choose from',
    );
  }
  if (prefer === 'fastest' && kept.every(({ latencyMs }) => latencyMs === null))
    throw new InputError(
      'the latency of these models was not measured on this machine, so none is the fastest',
    );
  const quality = ({ score }: Candidate): number => merit(measureOf(DECIDING), score[DECIDING]);
  const size = ({ parameters }: Candidate): number => parameters ?? Number.MAX_VALUE;
  const cost = (candidate: Candidate): number =>
    prefer === 'smallest'
      ? size(candidate)
      : prefer === 'fastest'
        ? (candidate.latencyMs ?? Number.POSITIVE_INFINITY)
        : -quality(candidate);
  return [...kept].sort((a, b) => cost(a) - cost(b) || size(a) - size(b) || quality(b) - quality(a))[0];
}

/**
 * Those than which no other costs no more and is no worse, with one of the two better (Pareto). Of models alike in
 * both the first is taken.
 */
export function paretoFront(
  candidates: readonly Candidate[],
  cost: (candidate: Candidate) => number | null,
  measure: Measure = DECIDING,
): Candidate[] {
  const points = candidates.flatMap(candidate => {
    const [x, y] = [cost(candidate), candidate.score[measure]];
    return x === null || y === null ? [] : [{ candidate, x, y: merit(measureOf(measure), y) }];
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
