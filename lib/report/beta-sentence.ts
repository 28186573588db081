/** The one sentence about β that a sweep's tests allow. */
import { DECIDING, type Measure, measureOf } from '../evaluation/measures';
import type { Comparison, Study } from '../experiment/study';
import { listed } from '../listed';

/** The usual level, to which Holm's correction keeps the chance of any false claim. */
const LEVEL = 0.05;

/** Which β differ from vanilla in a measure beyond chance, or that none does, with the numbers behind it. */
export function sentenceOnBeta(
  { comparisons, seeds }: Pick<Study, 'comparisons' | 'seeds'>,
  measure: Measure = DECIDING,
): string {
  const family = comparisons.filter(({ of }) => of[measure].pHolm !== null);
  const tested = family.filter(({ beta }) => beta !== null);
  const name = measureOf(measure).long;
  if (tested.length === 0)
    return `No β > 0 was compared with vanilla in ${name}, so nothing can be said about β.`;
  const adjusted = ({ of }: Comparison) => of[measure].pHolm!;
  const count = family.length === 1 ? 'one comparison' : `${family.length} comparisons`;
  const basis = `${count} with vanilla by approximate randomisation over the test sentences, Holm's correction, ${
    seeds.length === 1 ? 'one seed' : `${seeds.length} seeds`
  }`;
  const beyond = tested.filter(comparison => adjusted(comparison) <= LEVEL);
  if (beyond.length === 0) {
    const least = Math.min(...tested.map(adjusted));
    return `No β > 0 differs from vanilla in ${name} by more than chance can explain (${basis}: ${atLeast(least)}), so this study gives no reason to prefer one.`;
  }
  const changes = beyond.map(
    comparison =>
      `β = ${comparison.beta} (${comparison.form}) ${changed(comparison.of[measure].difference!)} (p ${shown(adjusted(comparison))})`,
  );
  const others = tested.length - beyond.length;
  const rest =
    others === 0
      ? ''
      : `; the other ${others === 1 ? 'one differs' : `${others} differ`} no more than chance can explain`;
  return `Against vanilla, ${listed(changes, 'and')} in ${name}${rest} (${basis}).`;
}

function changed(difference: number): string {
  return `${difference >= 0 ? 'gains' : 'loses'} ${(100 * Math.abs(difference)).toFixed(2)} points`;
}

function shown(p: number): string {
  return p < 0.001 ? '< 0.001' : `= ${p.toFixed(3)}`;
}

function atLeast(p: number): string {
  return `every p ≥ ${(Math.floor(100 * p) / 100).toFixed(2)}`;
}
