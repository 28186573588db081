/** Looks whether a machine has everything that the laboratory needs, and what to do where it has not. */
import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Engine } from '../../engine/engine';
import { ENGINE_NAMES, openEngine } from '../../engine/select';
import { prettyJson } from '../../json';
import { counted } from '../../listed';
import { findJupyter, howToInstallJupyter, installedKernel, type Jupyter } from '../../notebook/jupyter';
import { describeMachine, type Machine } from '../../resources/machine';
import { shown } from '../../shown';

export async function doctor({ results, json }: { results: string; json: boolean }): Promise<void> {
  const examination = await examine(results);
  process.stdout.write(json ? prettyJson(examination) : formatExamination(examination));
  if (!examination.ok) process.exitCode = 1;
}

/** Something that was looked at; `remedy` says what to do where it is not as it should be. */
export interface Finding {
  readonly ok: boolean;
  readonly found: string;
  readonly remedy?: string;
}

export interface Examination {
  /** Whether studies can be run. */
  readonly ok: boolean;
  readonly machine: Machine;
  readonly node: Finding;
  /** What `--engine auto` takes, and why, tried with a small program. */
  readonly engine: Finding;
  /** The engines that cannot be used here, with the reason. */
  readonly otherEngines: Readonly<Record<string, string>>;
  readonly packages: Finding;
  readonly results: Finding;
  /** For working in notebooks; not needed for studies. */
  readonly jupyter: Finding;
  readonly kernel: Finding;
}

/** Packages without which nothing runs; the others are for a GPU or have a substitute. */
const NEEDED = ['@tensorflow/tfjs', '@huggingface/tokenizers', 'danfojs-node', 'plotly.js-dist', 'tslab'];
/** What computes on a GPU; optional, npm drops it where it cannot be built. */
const GPU_PACKAGE = '@tensorflow/tfjs-node-gpu';
/** As `engines` of lib/package.json. */
const OLDEST_NODE = '20.19';

/** Looks at everything. @param results the output folder that is to be written */
export async function examine(results: string): Promise<Examination> {
  const { engine, otherEngines } = await examineEngines();
  const machine = describeMachine(engine.threads);
  const node = examineNode(process.versions.node);
  const packages = examinePackages(machine.packages);
  const folder = examineResults(results);
  return {
    ok: [node, engine.finding, packages, folder].every(({ ok }) => ok),
    machine,
    node,
    engine: engine.finding,
    otherEngines,
    packages,
    results: folder,
    ...examineJupyter(findJupyter()),
  };
}

/** @param version such as `20.11.1` */
export function examineNode(version: string): Finding {
  const [major, minor] = version.split('.').map(Number);
  const [oldestMajor, oldestMinor] = OLDEST_NODE.split('.').map(Number);
  const ok = major > oldestMajor || (major === oldestMajor && minor >= oldestMinor);
  return {
    ok,
    found: `Node ${version}`,
    ...(!ok && { remedy: `install Node ${OLDEST_NODE} or newer from https://nodejs.org` }),
  };
}

/** @param packages version by name, `null` where one is not installed */
export function examinePackages(packages: Machine['packages']): Finding {
  const missing = NEEDED.filter(name => packages[name] === null);
  return {
    ok: missing.length === 0,
    found: missing.length === 0 ? 'installed' : `missing: ${missing.join(', ')}`,
    ...(missing.length > 0 && { remedy: 'run npm ci in the folder of the project' }),
  };
}

/** Looks at the folder, or at the nearest one above it that exists, and makes nothing. */
export function examineResults(results: string): Finding {
  let folder = resolve(results);
  while (!existsSync(folder) && dirname(folder) !== folder) folder = dirname(folder);
  const found = existsSync(results) ? results : `${results} (to be made in ${folder})`;
  const remedy = 'name another folder with --out';
  if (!statSync(folder).isDirectory()) return { ok: false, found: `${found}: ${folder} is a file`, remedy };
  try {
    accessSync(folder, constants.W_OK);
    return { ok: true, found: `${found} can be written` };
  } catch {
    return { ok: false, found: `${found} cannot be written`, remedy };
  }
}

/** @param jupyter what was found, if anything */
export function examineJupyter(jupyter: Jupyter | undefined): Pick<Examination, 'jupyter' | 'kernel'> {
  const kernel = installedKernel();
  return {
    jupyter: jupyter
      ? { ok: true, found: `${[jupyter.command, ...jupyter.args].join(' ')}, version ${jupyter.version}` }
      : { ok: false, found: 'not found', remedy: howToInstallJupyter() },
    kernel: kernel
      ? { ok: true, found: kernel }
      : { ok: false, found: 'not set up yet', remedy: 'npm run jupyter sets it up in .jupyter/' },
  };
}

/** Why the engine that `auto` takes computes on the CPU. */
function onCpu(): string {
  const why =
    describeMachine().packages[GPU_PACKAGE] === null
      ? `${GPU_PACKAGE} is not installed`
      : 'TensorFlow sees no GPU here';
  return `${why}, and on a CPU onnxruntime is the fastest`;
}

async function examineEngines() {
  const otherEngines: Record<string, string> = {};
  for (const name of ENGINE_NAMES.filter(each => each !== 'auto')) {
    const reason = await openEngine(name).then(
      () => undefined,
      (error: Error) => error.message.trim(),
    );
    if (reason !== undefined) otherEngines[name] = reason;
  }
  try {
    const engine = await openEngine('auto');
    await tryEngine(engine);
    const why =
      engine.note ??
      (engine.name.includes('tensorflow') ? 'TensorFlow sees a GPU, which is the fastest there is' : onCpu());
    const found = `${engine.name}, ${counted(engine.threads, 'thread')}: ${why}`;
    return { engine: { finding: { ok: true, found }, threads: engine.threads }, otherEngines };
  } catch (error) {
    const finding = {
      ok: false,
      found: `none works: ${(error as Error).message}`,
      remedy: 'run npm ci in the folder of the project',
    };
    return { engine: { finding, threads: null }, otherEngines };
  }
}

/** 3² by the engine. */
async function tryEngine(engine: Engine): Promise<void> {
  const evaluation = engine.evaluation(({ x }) => ({ square: x.mul(x) }));
  const x = { shape: [1], values: Float32Array.of(3) };
  const { square } = await evaluation.run({ x }, {});
  await evaluation.dispose();
  if (square.values[0] !== 9) throw new Error(`the engine ${engine.name} gives 3 · 3 = ${square.values[0]}`);
}

/** The examination for people: a line for each thing, with a remedy under what is not as it should be. */
export function formatExamination(examination: Examination): string {
  const { machine, otherEngines } = examination;
  const mark = ({ ok }: Finding) => (ok ? '✓' : '✗');
  const line = (name: string, finding: Finding) =>
    `${mark(finding)} ${name.padEnd(9)} ${shown(finding.found)}\n${finding.remedy ? `  ${' '.repeat(9)} → ${finding.remedy}\n` : ''}`;
  const memory = (machine.memoryBytes / 2 ** 30).toFixed(1);
  const versions = Object.entries(machine.packages).map(
    ([name, version]) => `  ${' '.repeat(9)} ${name} ${version ?? 'not installed'}\n`,
  );
  const others = Object.entries(otherEngines).map(
    ([name, reason]) => `  ${' '.repeat(9)} ${name} is not used: ${firstSentence(reason)}\n`,
  );
  return [
    `  ${'machine'.padEnd(9)} ${machine.cpu}, ${machine.cores} cores, ${memory} GiB, ${machine.kernel}\n`,
    line('node', examination.node),
    line('engine', examination.engine),
    ...others,
    line('packages', examination.packages),
    ...versions,
    line('results', examination.results),
    line('jupyter', examination.jupyter),
    line('kernel', examination.kernel),
    examination.ok
      ? '\nStudies can be run: npm run reproduce\n'
      : '\nStudies cannot be run here yet: see the arrows above.\n',
  ].join('');
}

function firstSentence(text: string): string {
  return text.split('\n')[0].replace(/\s+/g, ' ').slice(0, 160);
}
