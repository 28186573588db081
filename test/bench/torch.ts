/** The PyTorch peer as a child process; absent where Debian's `python3-torch` (or another PyTorch) is not installed. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { ModelConfig } from 'ner-distill/model/config';

/** Debian's own interpreter first: `python3` on the path is often another one, without PyTorch. */
const INTERPRETERS = ['/usr/bin/python3', 'python3'];

export class TorchPeer {
  private readonly answers: AsyncIterator<string>;

  private constructor(private readonly child: ChildProcess) {
    this.answers = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
  }

  /** `undefined` where no interpreter has PyTorch. */
  static start(): TorchPeer | undefined {
    const python = INTERPRETERS.find(name => spawnSync(name, ['-c', 'import torch']).status === 0);
    if (!python) return undefined;
    return new TorchPeer(
      spawn(python, [join(__dirname, 'torch_peer.py')], { stdio: ['pipe', 'pipe', 'inherit'] }),
    );
  }

  open(config: ModelConfig, threads: number) {
    return this.ask<{ version: string; build: string; parameters: number }>({
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
    return this.ask<{ gradients: number; optimizer: number }>({ do: 'step', ...request });
  }

  infer(batches: number[][][]) {
    return this.ask<{ seconds: number }>({ do: 'infer', batches });
  }

  close(): void {
    this.child.kill();
  }

  private async ask<Answer>(request: object): Promise<Answer> {
    this.child.stdin?.write(`${JSON.stringify(request)}\n`);
    const { value, done } = await this.answers.next();
    if (done) throw new Error('the PyTorch peer ended');
    return JSON.parse(value) as Answer;
  }
}
