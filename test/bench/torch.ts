/** The PyTorch peer as a child process; absent where Debian's `python3-torch` (or another PyTorch) is not installed. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import type { ModelConfig } from 'ner-distill/model/config';
import { LineProcess } from './line-process';

/** Debian's own interpreter first: `python3` on the path is often another one, without PyTorch. */
const INTERPRETERS = ['/usr/bin/python3', 'python3'];

export class TorchPeer {
  private constructor(private readonly process: LineProcess) {}

  /** `undefined` where no interpreter has PyTorch. */
  static start(): TorchPeer | undefined {
    const python = INTERPRETERS.find(name => spawnSync(name, ['-c', 'import torch']).status === 0);
    if (!python) return undefined;
    return new TorchPeer(new LineProcess(python, [join(__dirname, 'torch_peer.py')], 'PyTorch'));
  }

  open(config: ModelConfig, threads: number) {
    return this.process.ask<{ version: string; build: string; parameters: number }>({
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

  step(request: { ids: number[][]; labels: number[][]; teacher: number[][] }) {
    return this.process.ask<{ gradients: number; optimizer: number }>({ do: 'step', ...request });
  }

  close(): void {
    this.process.close();
  }
}
