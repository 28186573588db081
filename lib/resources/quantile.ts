/** Quantiles by the R-7 method (Hyndman and Fan 1996), the default of R, NumPy and d3: linear between order statistics. */
import { quantile as quantileOf } from 'd3-array';

/**
 * The `p`-quantile (0 ≤ p ≤ 1) of values in any order; `NaN` of none.
 */
export function quantile(values: readonly number[], p: number): number {
  return quantileOf(values, p) ?? Number.NaN;
}
