/** An inference graph in onnxruntime: one session for batches of every size and length. */
import type { InferenceSession } from 'onnxruntime-node';
import { loadRuntime } from '../engine/onnx/session';
import type { EncodedSentence } from '../tokenization/align';
import { batchesByLength, fromFirstPieces, padBatch } from '../tokenization/batch';
import { ATTENTION_MASK, INPUT_IDS, LOGITS, TOKEN_TYPE_IDS } from './inference-graph';

export class GraphSession {
  private constructor(private readonly session: InferenceSession) {}

  /** @param model an ONNX file's bytes @throws InputError where onnxruntime cannot be loaded */
  static async open(model: Uint8Array, threads: number): Promise<GraphSession> {
    const options = { intraOpNumThreads: threads, logSeverityLevel: 3 } as const;
    return new GraphSession(await loadRuntime().InferenceSession.create(model, options));
  }

  /** Logits `[words, C]` of each sentence at its words' first pieces; words that were cut off have none. */
  async outputs(
    sentences: readonly EncodedSentence[],
    { batchSize, padId }: { readonly batchSize: number; readonly padId: number },
  ): Promise<Float32Array[]> {
    const results = new Array<Float32Array>(sentences.length);
    for (const members of batchesByLength(sentences, batchSize)) {
      const rows = members.map(i => sentences[i]);
      const values = await this.ofBatch(rows, padId);
      values.forEach((value, row) => {
        results[members[row]] = value;
      });
    }
    return results;
  }

  /** The same of one batch, padded to its longest sentence. */
  private async ofBatch(sentences: readonly EncodedSentence[], padId: number): Promise<Float32Array[]> {
    const { Tensor } = loadRuntime();
    const length = Math.max(...sentences.map(({ ids }) => ids.length));
    const { inputIds, attentionMask } = padBatch(sentences, sentences.length, length, padId);
    const values: Readonly<Record<string, BigInt64Array>> = {
      [INPUT_IDS]: BigInt64Array.from(inputIds, BigInt),
      [ATTENTION_MASK]: BigInt64Array.from(attentionMask, BigInt),
      [TOKEN_TYPE_IDS]: new BigInt64Array(inputIds.length),
    };
    const shape = [sentences.length, length];
    const feeds = this.session.inputNames.map(name => [name, new Tensor('int64', values[name], shape)]);
    const { [LOGITS]: logits } = await this.session.run(Object.fromEntries(feeds));
    return fromFirstPieces(sentences, logits.data as Float32Array, logits.dims[2], length);
  }

  release(): Promise<void> {
    return this.session.release();
  }
}
