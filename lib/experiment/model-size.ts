/** The size of a model that its configuration describes. */
import type { ModelConfig } from '../model/config';
import { parameterShapes } from '../model/parameters';
import { countParameters } from '../resources/parameters';

/** Scalar parameters, all together. */
export function numberOfParameters(model: ModelConfig): number {
  return countParameters(Object.values(parameterShapes(model)));
}
