/** What a sweep's tests allow to say about β, in one or two sentences. */
import { max, min } from 'd3-array';
import { DECIDING, type Measure, measureOf } from '../evaluation/measures';
import type { Comparison, Study } from '../experiment/study';
import { listed } from '../listed';

/** The usual level, to which Holm's correction keeps the chance of any false claim. */
export const LEVEL = 0.05;

/**
 * Which β differ from vanilla in a measure beyond chance, or that none does, with the numbers behind it. With one seed only the
 * chance of the test sentences is known; with several it says how large a difference must be to be seen.
 */
export function sentenceOnBeta(
  { comparisons }: Pick<Study, 'comparisons'>,
  measure: Measure = DECIDING,
): string {
  const family = comparisons.filter(({ of }) => of[measure].pHolm !== null);
  const tested = family.filter(({ beta }) => beta !== null);
  const name = measureOf(measure).long;
  if (tested.length === 0)
    return `No β > 0 was compared with vanilla in ${name}, so nothing can be said about β.`;
  const basis = basisOf(family);
  const beyond = tested.filter(comparison => adjusted(comparison, measure) <= LEVEL);
  if (beyond.length === 0) {
    const least = min(tested, comparison => adjusted(comparison, measure))!;
    return (
      `No β > 0 differs from vanilla in ${name} by more than chance can explain (${basis}: ${atLeast(least)}), so this study gives no reason to prefer one.` +
      limitOf(tested, measure)
    );
  }
  const changes = beyond.map(
    comparison =>
      `β = ${comparison.beta} (${comparison.form}) ${changed(comparison.of[measure].difference!)} (p ${shown(adjusted(comparison, measure))})`,
  );
  const others = tested.length - beyond.length;
  const rest =
    others === 0
      ? ''
      : `; the other ${others === 1 ? 'one differs' : `${others} differ`} no more than chance can explain`;
  return `Against vanilla, ${listed(changes, 'and')} in ${name}${rest} (${basis}).${limitOf(tested, measure)}`;
}

function adjusted({ of }: Comparison, measure: Measure): number {
  return of[measure].pHolm!;
}

function basisOf(family: readonly Comparison[]): string {
  const count = family.length === 1 ? 'one comparison' : `${family.length} comparisons`;
  const seeds = [...new Set(family.map(comparison => comparison.seeds.length))].sort((a, b) => a - b);
  const several = seeds.filter(each => each > 1);
  const over = [
    ...(seeds.includes(1) ? ['approximate randomisation over the test sentences'] : []),
    ...(several.length > 0
      ? [`Student's t over ${listed(several.map(String), 'and')} seeds and the test sentences`]
      : []),
  ];
  return `${count} with vanilla by ${over.join(', and where there are several seeds ')}, Holm's correction`;
}

/** What such a study cannot tell. */
function limitOf(tested: readonly Comparison[], measure: Measure): string {
  if (tested.some(({ seeds }) => seeds.length === 1))
    return ' With one seed this holds for these trained models; what another training would give cannot be said.';
  const detectable = max(tested, ({ of }) => of[measure].detectable);
  // Where nothing varies there is nothing to tell it from.
  if (detectable === undefined) return '';
  return ` A difference of ${(100 * detectable).toFixed(1)} points would be seen in 80 of 100 such studies, before that correction.`;
}

function changed(difference: number): string {
  return `${difference >= 0 ? 'gains' : 'loses'} ${(100 * Math.abs(difference)).toFixed(2)} points`;
}

function shown(p: number): string {
  return p < 0.001 ? '< 0.001' : `= ${p.toFixed(3)}`;
}

function atLeast(p: number): string {
  return p >= 0.995 ? 'every p = 1' : `every p ≥ ${(Math.floor(100 * p) / 100).toFixed(2)}`;
}
