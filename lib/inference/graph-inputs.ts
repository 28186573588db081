/** What the graph of a model reads and gives, by name; it needs nothing but a batch, so that it runs in a browser as well. */
import type { IntegerArray } from '../engine/engine';
import type { EncodedBatch } from '../tokenization/batch';

/** Inputs and output, under the names that transformers gives them. */
export const INPUT_IDS = 'input_ids';
export const ATTENTION_MASK = 'attention_mask';
export const TOKEN_TYPE_IDS = 'token_type_ids';
export const LOGITS = 'logits';

/** A batch as the graph of any model reads it, each `[B, S]`. */
export function graphInputs({
  batchSize,
  length,
  inputIds,
  attentionMask,
}: EncodedBatch): Record<string, IntegerArray> {
  const shape = [batchSize, length];
  return {
    [INPUT_IDS]: { shape, values: BigInt64Array.from(inputIds, BigInt) },
    [ATTENTION_MASK]: { shape, values: BigInt64Array.from(attentionMask, BigInt) },
    [TOKEN_TYPE_IDS]: { shape, values: new BigInt64Array(inputIds.length) },
  };
}
