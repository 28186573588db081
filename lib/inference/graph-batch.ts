/** One batch through the graph of a model, in onnxruntime wherever it runs: in Node or in a browser. */
import type { InferenceSession, TensorConstructor } from 'onnxruntime-node';
import type { EncodedSentence } from '../tokenization/align';
import { fromFirstPieces, padBatch } from '../tokenization/batch';

/** Inputs and output, under the names that transformers gives them. */
export const INPUT_IDS = 'input_ids';
export const ATTENTION_MASK = 'attention_mask';
export const TOKEN_TYPE_IDS = 'token_type_ids';
export const LOGITS = 'logits';

/** What of an onnxruntime runs a graph that is open. */
export interface GraphRuntime {
  readonly session: InferenceSession;
  readonly Tensor: TensorConstructor;
}

/** Logits `[words, C]` of each sentence of a batch, padded to its longest, at its words' first pieces. */
export async function batchLogits(
  { session, Tensor }: GraphRuntime,
  sentences: readonly EncodedSentence[],
  padId: number,
): Promise<Float32Array[]> {
  const length = Math.max(...sentences.map(({ ids }) => ids.length));
  const { inputIds, attentionMask } = padBatch(sentences, sentences.length, length, padId);
  const values: Readonly<Record<string, BigInt64Array>> = {
    [INPUT_IDS]: BigInt64Array.from(inputIds, BigInt),
    [ATTENTION_MASK]: BigInt64Array.from(attentionMask, BigInt),
    [TOKEN_TYPE_IDS]: new BigInt64Array(inputIds.length),
  };
  const shape = [sentences.length, length];
  const feeds = session.inputNames.map(name => [name, new Tensor('int64', values[name], shape)]);
  const { [LOGITS]: logits } = await session.run(Object.fromEntries(feeds));
  return fromFirstPieces(sentences, logits.data as Float32Array, logits.dims[2], length);
}
