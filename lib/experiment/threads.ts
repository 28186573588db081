/**
 * With how many threads a model is trained and asked. onnxruntime divides a product of matrices among its threads, and from
 * widths of 128 on the last bits depend on how. So the number follows from the model, and from what the engine has: never from
 * how many runs are made at once, which are the same to the last bit whether others are made beside them or not.
 */
import type { ModelConfig } from '../model/config';

/**
 * Below this width a second thread costs more than it gives: at 128 two runs at once with a thread each take 12.3 ms a step
 * for 14.9 of one after the other with two (3 layers), and 7.8 for 11.1 (2 layers).
 */
const WIDE = 256;

/** @param most threads that the engine has: all cores, or `--threads` */
export function threadsOf({ hiddenSize }: Pick<ModelConfig, 'hiddenSize'>, most: number): number {
  return hiddenSize < WIDE ? 1 : most;
}
