/** Quantiles by the R-7 method (Hyndman and Fan 1996), the default of R, NumPy and d3: linear between order statistics. */

/**
 * The `p`-quantile (0 ≤ p ≤ 1) of values in any order; `NaN` of none.
 */
export function quantile(values: readonly number[], p: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const position = (sorted.length - 1) * p;
  const below = Math.floor(position);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (sorted[above] - sorted[below]) * (position - below);
}
