/** Holds the scores of a run, or the lower ends of their intervals, against bounds; sets the exit code. */
import { InputError } from '../../errors';
import { intervalsOfRun } from '../../experiment/statistics';
import { type BoundFlags, boundsOf } from '../bound-options';
import { storeIn } from './results';

interface GateFlags extends BoundFlags {
  readonly run: string;
  readonly results: string;
  readonly confidence?: number;
  readonly json: boolean;
}

const NAMES = { f1: 'F1', f1Critical: 'F1_critical', coverage: 'Coverage' } as const;

export function gate(flags: GateFlags): void {
  const store = storeIn(flags.results);
  const { id, damage, config, metrics } = store.find(flags.run);
  if (damage !== null) throw new InputError(damage);
  if (!metrics || !config)
    throw new InputError(`${store.pathOf(id)}: the run is not finished, so it has no scores yet`);
  const bounds = boundsOf(flags);
  const measures = Object.keys(bounds) as (keyof typeof bounds)[];
  if (measures.length === 0)
    throw new InputError('expected a bound: --min-coverage, --min-f1-critical or --min-f1');
  const { test } = metrics;
  const scores = { f1: test.overall.f1, f1Critical: test.critical.f1, coverage: test.coverage };
  const intervals =
    flags.confidence === undefined
      ? null
      : intervalsOfRun(store.predictionsFile(id), config.criticalTypes, flags.confidence);
  const checks = measures.map(measure => {
    const bound = bounds[measure]!;
    const value = intervals ? (intervals[measure]?.low ?? null) : scores[measure];
    const short = value === null ? bound : Math.max(0, bound - value);
    return {
      measure: NAMES[measure],
      bound,
      score: scores[measure],
      held: value,
      short,
      kept: short === 0,
    };
  });
  if (checks.some(({ kept }) => !kept)) process.exitCode = 1;
  if (flags.json) {
    process.stdout.write(
      `${JSON.stringify({ run: id, confidence: flags.confidence ?? null, kept: checks.every(({ kept }) => kept), checks }, null, 2)}\n`,
    );
    return;
  }
  const percent = (value: number | null) => (value === null ? 'none' : `${(100 * value).toFixed(2)} %`);
  for (const { measure, bound, score, held, short, kept } of checks) {
    const low = intervals ? `, lower end of the ${100 * flags.confidence!} % interval ${percent(held)}` : '';
    const verdict = kept
      ? `keeps the bound of ${percent(bound)}`
      : `breaks the bound of ${percent(bound)} by ${(100 * short).toFixed(2)} points`;
    process.stdout.write(`${measure} ${percent(score)}${low}: ${verdict}\n`);
  }
}
