/** `npm run bench`: speeds as ratios against peers measured in the same run. */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { Command, Option } from 'commander';
import { KEEPING_MEMORY } from 'ner-distill/allocator';
import { describeMachine } from 'ner-distill/resources/machine';
import { growthRows } from './growth';
import { inferenceRows } from './inference';
import { jobRows } from './job';
import { memoryRows } from './memory';
import { paddingRows } from './padding';
import { formatRows, type Row } from './rows';
import { startRows } from './start';
import { stepRows } from './step';
import { textRows } from './text';

interface BenchOptions {
  readonly json?: string;
  readonly figure?: string;
  readonly small: boolean;
  readonly sentences?: string;
  readonly preset: string;
  readonly rounds: number;
  readonly threads: number;
  readonly wasm: boolean;
  readonly only?: readonly string[];
}

const SECTIONS: Readonly<Record<string, (options: BenchOptions) => Promise<Row[]> | Row[]>> = {
  step: stepRows,
  padding: paddingRows,
  job: jobRows,
  inference: inferenceRows,
  memory: memoryRows,
  text: textRows,
  start: startRows,
  growth: growthRows,
};

async function main(): Promise<void> {
  const names = Object.keys(SECTIONS);
  const options = new Command('bench')
    .description('measures this library against peers in one run')
    .option('--json <file>', 'also write the results as JSON')
    .option('--rounds <n>', 'timed rounds of each; medians are shown, with the least and the most', Number, 7)
    .option('--threads <n>', 'threads of each', Number, cpus().length)
    .option('--no-wasm', 'leave out the slow wasm engine')
    .option('--sentences <file>', 'of the section inference: a corpus in place of CoNLL-2003 or the sample')
    .option('--preset <name>', 'of the section job: sample or smoke', 'sample')
    .option('--figure <file>', 'of the section growth: also draw it, as SVG')
    .option('--small', 'of the section growth: the three smallest sizes alone, to see that it works', false)
    .addOption(new Option('--only <sections...>', 'which sections').choices(names))
    .parse()
    .opts<BenchOptions>();
  const machine = describeMachine(options.threads);
  console.log(
    `${machine.cpu}, ${machine.cores} cores, Node ${machine.node}, onnxruntime ${machine.packages['onnxruntime-node']}, ${options.threads} threads\n`,
  );
  const rows: Row[] = [];
  for (const name of options.only ?? names) {
    process.stderr.write(`measuring: ${name}\n`);
    rows.push(...(await SECTIONS[name](options)));
  }
  console.log(formatRows(rows));
  if (options.json) writeFileSync(options.json, `${JSON.stringify({ machine, rows }, null, 2)}\n`);
}

// Under the environment that `ner-distill` and the notebooks' kernels are started with; the peers' processes get it too.
if (process.env.MALLOC_TRIM_THRESHOLD_ !== undefined) void main();
else {
  const { status } = spawnSync(process.execPath, [...process.execArgv, ...process.argv.slice(1)], {
    env: { ...KEEPING_MEMORY, ...process.env },
    stdio: 'inherit',
  });
  process.exitCode = status ?? 1;
}
