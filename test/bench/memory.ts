/** Peak memory of a process that does nothing else: training steps of one model, or a sweep of trainings. */
import { spawnSync } from 'node:child_process';
import { openEngine } from 'ner-distill/engine/select';
import type { BenchModel } from './models';
import { STUDENT, TEACHER } from './models';
import type { Row } from './rows';
import { ourSteps } from './step';

const MODELS: Readonly<Record<string, BenchModel>> = { student: STUDENT, teacher: TEACHER };
const LOADER = require.resolve('../../lib/loader.cjs');
const STEPS = 4;
const TRAININGS = 5;

/** In the child: prints the highest resident memory in bytes after each training of a few steps. */
async function measure(name: string, trainings: number, threads: number): Promise<void> {
  for (let training = 0; training < trainings; training++) {
    const steps = ourSteps(await openEngine('onnx', { threads }), {
      model: MODELS[name],
      batchSize: 16,
      length: 32,
    });
    for (let step = 0; step < STEPS; step++) await steps();
    await steps.dispose();
    console.log(process.resourceUsage().maxRSS * 1024);
  }
}

function peaks(name: string, trainings: number, threads: number): number[] {
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    ['--require', LOADER, __filename, name, String(trainings), String(threads)],
    { encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(stderr);
  return stdout.trim().split('\n').map(Number);
}

const gigabytes = (bytes: number) => `${(bytes / 1e9).toFixed(2)} GB`;

export function memoryRows({ threads }: { threads: number }): Row[] {
  const sweep = peaks('student', TRAININGS, threads);
  const [teacher] = peaks('teacher', 1, threads);
  const row = (what: string, ours: string, target: string, peer = ''): Row => ({
    what,
    ours,
    peer,
    ratio: null,
    target,
  });
  return [
    row(`peak memory, steps of ${STUDENT.name}, 16 × 32`, gigabytes(sweep[0]), '≤ 2.2 GB'),
    row(
      `  after ${TRAININGS} trainings one after the other`,
      gigabytes(sweep[TRAININGS - 1]),
      'flat',
      sweep.map(gigabytes).join(', '),
    ),
    row(`peak memory, steps of ${TEACHER.name}, 16 × 32`, gigabytes(teacher), '≤ 4 GB'),
  ];
}

if (require.main === module) {
  const [name, trainings, threads] = process.argv.slice(2);
  void measure(name, Number(trainings), Number(threads));
}
