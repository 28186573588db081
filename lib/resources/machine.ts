/** The machine that a measurement was taken on, for `versions.txt`: nobody can compare latencies without it. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism, cpus, release, totalmem, type } from 'node:os';
import { join } from 'node:path';

/** What latency and energy depend on. */
export interface Machine {
  readonly cpu: string;
  /** Cores that this process may use. */
  readonly cores: number;
  readonly memoryBytes: number;
  /** Name and version of the operating system's kernel. */
  readonly kernel: string;
  /** The frequency governor of the first core, such as `performance`; `null` where the system does not tell. */
  readonly governor: string | null;
  readonly node: string;
  /** Threads that the numerical engine was told to use; `null` where it chooses. */
  readonly threads: number | null;
  /** Version by package, of those that numbers can depend on; `null` where one is not installed. */
  readonly packages: Readonly<Record<string, string | null>>;
}

const PACKAGES = [
  'onnxruntime-node',
  '@tensorflow/tfjs',
  '@tensorflow/tfjs-backend-wasm',
  '@tensorflow/tfjs-node-gpu',
  '@huggingface/tokenizers',
  'danfojs-node',
  'plotly.js-dist',
  'tslab',
];

/** @param threads threads that the numerical engine was told to use; default: it chooses. */
export function describeMachine(threads: number | null = null): Machine {
  return {
    cpu: cpus()[0]?.model.trim() || 'unknown',
    cores: availableParallelism(),
    memoryBytes: totalmem(),
    kernel: `${type()} ${release()}`,
    governor: firstLine('/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor'),
    node: process.version,
    threads,
    packages: Object.fromEntries(PACKAGES.map(name => [name, installedVersion(name)])),
  };
}

/** The text of `versions.txt`: one `name: value` a line. */
export function formatVersions(machine: Machine = describeMachine()): string {
  const { cpu, cores, kernel, node, packages } = machine;
  const lines = {
    cpu,
    cores,
    memory: `${(machine.memoryBytes / 2 ** 30).toFixed(1)} GiB`,
    kernel,
    governor: machine.governor ?? 'not readable',
    threads: machine.threads ?? 'chosen by the engine',
    node,
    ...packages,
  };
  return Object.entries(lines)
    .map(([name, value]) => `${name}: ${value ?? 'not installed'}\n`)
    .join('');
}

/** Read from the folder of the package, since not every package exports its `package.json`. */
function installedVersion(name: string): string | null {
  const folders = createRequire(__filename).resolve.paths(name) ?? [];
  for (const folder of folders) {
    const text = readOrNull(join(folder, name, 'package.json'));
    if (text !== null) return (JSON.parse(text) as { version: string }).version;
  }
  return null;
}

function firstLine(path: string): string | null {
  return readOrNull(path)?.split('\n')[0] || null;
}

function readOrNull(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
