/** `npm run bench`: speeds as ratios against peers measured in the same run. */
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { Command } from 'commander';
import { openEngine } from 'ner-distill/engine/select';
import { describeMachine } from 'ner-distill/resources/machine';
import { benchModel, STUDENT } from './models';
import { gemmRate, type StepOptions, stepOperations, timeStep, timeTorchStep } from './step';
import { TorchPeer } from './torch';

interface Row {
  readonly what: string;
  readonly ours: string;
  readonly peer: string;
  /** How many times as fast as the peer. */
  readonly ratio: number | null;
}

interface BenchOptions {
  readonly json?: string;
  readonly rounds: number;
  readonly threads: number;
  readonly skipWasm: boolean;
}

const ms = (seconds: number) => `${(1000 * seconds).toFixed(1)} ms`;
const gigaflops = (rate: number) => `${(rate / 1e9).toFixed(0)} GFLOP/s`;

async function stepRows(options: BenchOptions): Promise<Row[]> {
  const { rounds, threads } = options;
  const rows: Row[] = [];
  const peer = TorchPeer.start();
  const sizes = [
    { model: STUDENT, batchSize: 16, length: 32, gemm: [512, 768, 3072] },
    { model: benchModel('4 × 256', 4, 256, 8000), batchSize: 16, length: 32, gemm: [512, 256, 1024] },
    { model: benchModel('3 × 128', 3, 128, 4000), batchSize: 16, length: 32, gemm: [512, 128, 512] },
  ] as const;
  for (const { gemm, ...size } of sizes) {
    const step: StepOptions = { ...size, rounds, threads };
    const name = `distillation step, ${size.model.name}, ${size.batchSize} × ${size.length}`;
    const ours = await timeStep(await openEngine('onnx', { threads }), step);
    const total = ours.gradients + ours.optimizer;
    if (size.model === STUDENT && !options.skipWasm) {
      const wasm = await timeStep(await openEngine('wasm'), { ...step, rounds: Math.min(2, rounds) });
      const wasmTotal = wasm.gradients + wasm.optimizer;
      rows.push({
        what: name,
        ours: ms(total),
        peer: `${ms(wasmTotal)} wasm engine`,
        ratio: wasmTotal / total,
      });
    }
    if (peer) {
      const torch = await timeTorchStep(peer, step);
      const about = `PyTorch ${torch.about.version} (${torch.about.build})`;
      const torchTotal = torch.gradients + torch.optimizer;
      rows.push(
        { what: name, ours: ms(total), peer: `${ms(torchTotal)} ${about}`, ratio: torchTotal / total },
        {
          what: '  forward and backward',
          ours: ms(ours.gradients),
          peer: ms(torch.gradients),
          ratio: torch.gradients / ours.gradients,
        },
        {
          what: '  clipping and AdamW',
          ours: ms(ours.optimizer),
          peer: ms(torch.optimizer),
          ratio: torch.optimizer / ours.optimizer,
        },
      );
    } else rows.push({ what: name, ours: ms(total), peer: 'no PyTorch here', ratio: null });
    const rate = stepOperations(step) / ours.gradients;
    const limit = await gemmRate(threads, ...(gemm as unknown as [number, number, number]));
    rows.push({
      what: '  share of the Gemm limit',
      ours: gigaflops(rate),
      peer: `${gigaflops(limit)} Gemm ${gemm.join(' × ')}`,
      ratio: rate / limit,
    });
    rows.push({
      what: '  peak memory so far',
      ours: `${(ours.peakBytes / 1e9).toFixed(2)} GB`,
      peer: '',
      ratio: null,
    });
  }
  peer?.close();
  return rows;
}

async function main(): Promise<void> {
  const options = new Command('bench')
    .description('measures this library against peers in one run')
    .option('--json <file>', 'also write the results as JSON')
    .option('--rounds <n>', 'timed rounds of each', Number, 7)
    .option('--threads <n>', 'threads of each', Number, cpus().length)
    .option('--skip-wasm', 'leave out the slow wasm engine', false)
    .parse()
    .opts<BenchOptions>();
  const rows = await stepRows(options);
  const machine = describeMachine(options.threads);
  const width = Math.max(...rows.map(({ what }) => what.length));
  console.log(
    `${machine.cpu}, ${machine.cores} cores, Node ${machine.node}, onnxruntime ${machine.packages['onnxruntime-node']}`,
  );
  for (const { what, ours, peer, ratio } of rows)
    console.log(
      `${what.padEnd(width)}  ${ours.padStart(14)}  ${ratio === null ? '' : `${ratio.toFixed(2)} ×`}`.padEnd(
        width + 28,
      ) + peer,
    );
  if (options.json) writeFileSync(options.json, `${JSON.stringify({ machine, rows }, null, 2)}\n`);
}

void main();
