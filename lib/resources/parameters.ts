/** The size of a model: the sum of the elements of its parameters, as PyTorch's `sum(p.numel())`. */

/**
 * The number of scalar parameters.
 * @param shapes the shape of each parameter; a scalar's is empty.
 */
export function countParameters(shapes: Iterable<readonly number[]>): number {
  let sum = 0;
  for (const shape of shapes) sum += shape.reduce((product, size) => product * size, 1);
  return sum;
}
