/** An inference graph in onnxruntime: one session for batches of every size and length. */
import type { InferenceSession } from 'onnxruntime-node';
import { loadRuntime } from '../engine/onnx/session';
import type { EncodedSentence } from '../tokenization/align';
import { batchesByLength } from '../tokenization/batch';
import { batchLogits } from './graph-batch';

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
    const runtime = { session: this.session, Tensor: loadRuntime().Tensor };
    const results = new Array<Float32Array>(sentences.length);
    for (const members of batchesByLength(sentences, batchSize)) {
      const rows = members.map(i => sentences[i]);
      const values = await batchLogits(runtime, rows, padId);
      values.forEach((value, row) => {
        results[members[row]] = value;
      });
    }
    return results;
  }

  release(): Promise<void> {
    return this.session.release();
  }
}
