/** A small made-up study for tests of tables, figures and reports. */
import { byMeasure } from 'ner-distill/evaluation/measures';
import type { Score, Scores } from 'ner-distill/evaluation/scores';
import type { BootstrapInterval } from 'ner-distill/evaluation/significance';
import { planOf } from 'ner-distill/experiment/plan';
import type { RunConfig } from 'ner-distill/experiment/run-config';
import type { Comparison, Role, Study, StudyRun } from 'ner-distill/experiment/study';
import type { Evidence } from 'ner-distill/report/outputs';

function score(precision: number, recall: number): Score {
  const f1 = (2 * precision * recall) / (precision + recall);
  return { precision, recall, f1, support: 1000, predicted: 990, correct: Math.round(recall * 1000) };
}

export function scores(overall: [number, number], critical: [number, number]): Scores {
  return {
    overall: score(...overall),
    critical: score(...critical),
    byType: {
      PER: score(...critical),
      MISC: { precision: null, recall: null, f1: null, support: 0, predicted: 0, correct: 0 },
    },
    coverage: critical[1],
    accuracy: 0.98,
  };
}

export interface RunOptions {
  role: Role;
  form?: string;
  beta?: number;
  seed?: number;
  /** Name of the student; default that of the study's own. */
  student?: string;
  overall: [number, number];
  critical: [number, number];
  validationCritical?: [number, number];
  latencyMs?: number;
}

export function run(options: RunOptions): StudyRun {
  const { role, form = null, beta = role === 'vanilla' ? 0 : null, seed = 1, latencyMs } = options;
  return {
    id: `${role}-${form ?? ''}${beta ?? ''}-${seed}`,
    name: role,
    role,
    student: role === 'teacher' ? null : (options.student ?? 'student'),
    form,
    beta,
    seed,
    given: null,
    parameters: role === 'teacher' ? 108_898_569 : 66_369_801,
    precision: 'fp32',
    bytes: role === 'teacher' ? 435_600_000 : 265_500_000,
    validation: scores(options.overall, options.validationCritical ?? options.critical),
    test: scores(options.overall, options.critical),
    intervals: {
      validation: intervals(options.overall[1], (options.validationCritical ?? options.critical)[1]),
      test: intervals(options.overall[1], options.critical[1]),
    },
    notes: [],
    latency: latencyMs === undefined ? null : latency(latencyMs / 1000),
  };
}

/** From 2 points below to 1 above. */
function interval(value: number): BootstrapInterval {
  return { low: value - 0.02, high: value + 0.01, confidence: 0.95, resamples: 100 };
}

function intervals(f1: number, critical: number): StudyRun['intervals']['test'] {
  return byMeasure(({ over }) => interval(over === 'overall' ? f1 : critical));
}

/** A point of the sweep whose F1_critical differs as told, by chance as likely as told. */
export function comparison(
  form: string,
  beta: number | null,
  difference: number,
  adjusted: number,
  seeds: readonly number[] = [1],
): Comparison {
  const of = {
    difference,
    interval: interval(difference),
    pValue: adjusted / 2,
    pHolm: adjusted,
    pPermutation: null,
    detectable: seeds.length > 1 ? 0.0234 : null,
  };
  return { form, beta, seeds, of: byMeasure(() => of) };
}

function latency(seconds: number): StudyRun['latency'] {
  const quantiles = { p50: seconds, p90: seconds, p95: seconds, p99: seconds };
  const protocol = { warmup: 2, batches: 5, repeats: 3, batchSize: 16 };
  return {
    meanSeconds: seconds,
    stdSeconds: seconds / 20,
    ...quantiles,
    ...protocol,
    repeatSeconds: [0.95, 1, 1.05].map(of => of * seconds),
    session: '2026-11-26T12:00:00.000Z',
    sentencesPerSecond: 16 / seconds,
    timedSeconds: 15 * seconds,
    length: 'median',
    paddedLengths: [32],
    sessionSeconds: 0.5,
    tokenizationSeconds: 0.001,
    energy: {
      method: 'estimated',
      joules: 300 * seconds,
      cpuSeconds: 30 * seconds,
      wattsPerCore: 10,
      reason: 'there are no energy counters',
    },
    joulesPer1000Sentences: (1000 * 300 * seconds) / 240,
    load: { loadAverageBefore: 1, loadAverageAfter: 1, steal: 0, othersCores: 0, quiet: true },
  };
}

const SWEEP: readonly [string, number, [number, number], [number, number], number][] = [
  ['logits', 0.1, [0.911, 0.909], [0.921, 0.925], 4.55],
  ['logits', 0.2, [0.915, 0.912], [0.93, 0.929], 4.5],
  ['logits', 0.5, [0.913, 0.908], [0.928, 0.925], 4.6],
  ['weighted', 0.1, [0.908, 0.912], [0.917, 0.93], 4.52],
  ['weighted', 0.2, [0.906, 0.913], [0.915, 0.934], 4.48],
  ['weighted', 0.5, [0.9, 0.912], [0.905, 0.938], 4.51],
];

export const study: Study = {
  givenTeacher: null,
  preset: 'paper',
  corpus: 'conll2003',
  criticalTypes: ['PER', 'ORG'],
  betas: [0, 0.1, 0.2, 0.5],
  notes: ['There is no test file.'],
  forms: ['logits', 'weighted'],
  students: ['student'],
  seeds: [1],
  contrasts: [],
  comparisons: [comparison('logits', 0.2, 0.0123, 0.012), comparison('weighted', 0.5, -0.004, 0.8)],
  overSeeds: [],
  quantized: [],
  quantization: [],
  runs: [
    run({ role: 'teacher', overall: [0.905, 0.912], critical: [0.922, 0.906], latencyMs: 8.1 }),
    run({ role: 'control', overall: [0.9, 0.898], critical: [0.91, 0.902], latencyMs: 4.42 }),
    run({ role: 'vanilla', overall: [0.91, 0.911], critical: [0.92, 0.922], latencyMs: 4.47 }),
    ...SWEEP.map(([form, beta, overall, critical, latencyMs]) =>
      run({ role: 'constrained', form, beta, overall, critical, latencyMs }),
    ),
  ],
};

/** The specification with floats rounded to four decimals, so that a snapshot does not hold binary noise. */
export function rounded(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (_, x) => (typeof x === 'number' ? Number(x.toFixed(4)) : x)));
}

/** The teacher finds a fact that every student loses; the configuration of a run says little. */
export const evidence: Evidence = {
  plan: planOf('sample'),
  configOf: ({ role }) => ({ loss: { name: role } }) as unknown as RunConfig,
  predictionsOf: ({ role }) => [
    {
      words: ['Ann', 'Lee', 'left', '<b>'],
      gold: ['B-PER', 'I-PER', 'O', 'O'],
      predicted: role === 'teacher' ? ['B-PER', 'I-PER', 'O', 'O'] : ['B-PER', 'O', 'O', 'O'],
    },
  ],
};
