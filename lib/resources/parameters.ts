/** The size of a model: the sum of the elements of its parameters, as PyTorch's `sum(p.numel())`. */
import { sum } from 'd3-array';

/**
 * The number of scalar parameters.
 * @param shapes the shape of each parameter; a scalar's is empty.
 */
export function countParameters(shapes: Iterable<readonly number[]>): number {
  return sum(shapes, shape => shape.reduce((product, size) => product * size, 1));
}
