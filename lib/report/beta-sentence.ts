/** The one sentence about β that a sweep's tests allow. */
import type { Measure } from '../evaluation/significance';
import type { Comparison, Study } from '../experiment/study';

/** The usual level, to which Holm's correction keeps the chance of any false claim. */
const LEVEL = 0.05;

const NAMES: Readonly<Record<Measure, string>> = {
  f1: 'F1 over all types',
  f1Critical: 'F1_critical',
  coverage: 'Coverage',
};

/** Which β differ from vanilla in a measure beyond chance, or that none does, with the numbers behind it. */
export function sentenceOnBeta(
  { comparisons, seeds }: Pick<Study, 'comparisons' | 'seeds'>,
  measure: Measure = 'f1Critical',
): string {
  const tested = comparisons.filter(({ of }) => of[measure].pHolm !== null);
  const name = NAMES[measure];
  if (tested.length === 0)
    return `No β > 0 was compared with vanilla in ${name}, so nothing can be said about β.`;
  const adjusted = ({ of }: Comparison) => of[measure].pHolm!;
  const count = tested.length === 1 ? 'one comparison' : `${tested.length} comparisons`;
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
  return `Against vanilla, ${listed(changes)} in ${name}${rest} (${basis}).`;
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

function listed(items: readonly string[]): string {
  return items.length === 1 ? items[0] : `${items.slice(0, -1).join(', ')} and ${items[items.length - 1]}`;
}
