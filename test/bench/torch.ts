/** The PyTorch peer as a child process; absent where no PyTorch is installed. */
import { join } from 'node:path';
import type { ModelConfig } from 'ner-distill/model/config';
import { LineProcess } from './line-process';
import { pythonWith } from './python';

export class TorchPeer {
  private constructor(private readonly process: LineProcess) {}

  /** `undefined` where no interpreter has PyTorch. */
  static start(): TorchPeer | undefined {
    const python = pythonWith('torch');
    return (
      python && new TorchPeer(new LineProcess(python.command, [join(__dirname, 'torch_peer.py')], 'PyTorch'))
    );
  }

  /** @returns its `version`: of PyTorch, how that is built, and with what model and optimizer it steps */
  open(config: ModelConfig, threads: number) {
    return this.process.ask<{ version: string; parameters: number }>({
      do: 'open',
      threads,
      vocabulary: config.vocabularySize,
      positions: config.maxPositions,
      width: config.hiddenSize,
      heads: config.heads,
      layers: config.layers,
      classes: config.tags.length,
      dropout: config.dropout,
    });
  }

  step(request: { ids: number[][]; labels: number[][]; teacher: number[][]; bfloat16: boolean }) {
    return this.process.ask<{ gradients: number; optimizer: number }>({ do: 'step', ...request });
  }

  close(): void {
    this.process.close();
  }
}
