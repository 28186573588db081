/** Holds the scores of a run's model, as it was trained or in 8 bits, or the worse ends of their intervals, against bounds; sets the exit code. */
import { InputError } from '../../errors';
import { levelOf } from '../../evaluation/format';
import { MEASURES, scoreOf, shortfall, worseEnd } from '../../evaluation/measures';
import { quantizeRun } from '../../experiment/quantize-run';
import { intervalsOfRun } from '../../experiment/statistics';
import type { Precision } from '../../inference/precision';
import { prettyJson } from '../../json';
import { noteLines } from '../../report/note-lines';
import { type BoundFlags, boundFlag, boundsOf } from '../bound-options';
import { storeIn } from './results';

interface GateFlags extends BoundFlags {
  readonly run: string;
  readonly results: string;
  readonly confidence?: number;
  readonly precision: Precision;
  readonly json: boolean;
}

export async function gate(flags: GateFlags): Promise<void> {
  const store = storeIn(flags.results);
  const { id, damage, metrics: trained } = store.find(flags.run);
  if (damage !== null) throw new InputError(damage);
  if (!trained) throw new InputError(`${store.pathOf(id)}: the run is not finished, so it has no scores yet`);
  const bounds = boundsOf(flags);
  const measures = MEASURES.filter(({ key }) => bounds[key] !== undefined);
  if (measures.length === 0)
    throw new InputError(`expected a bound: one of ${MEASURES.map(boundFlag).join(', ')}`);
  const { precision, confidence } = flags;
  const quantized = precision === 'int8' ? await quantizeRun(store, id) : null;
  const { criticalTypes } = trained.derived;
  const metrics = quantized?.metrics(criticalTypes, line => store.say(line)) ?? trained;
  const intervals =
    confidence === undefined
      ? null
      : intervalsOfRun(quantized?.predictionsFile() ?? store.predictionsFile(id), criticalTypes, confidence);
  const checks = measures.map(measure => {
    const bound = bounds[measure.key]!;
    const score = scoreOf(measure, metrics.test);
    const interval = intervals?.[measure.key];
    const held = intervals ? (interval ? worseEnd(measure, interval) : null) : score;
    const short = shortfall(measure, held, bound);
    return { measure: measure.title, bound, score, held, short, kept: short === 0 };
  });
  const kept = checks.every(check => check.kept);
  if (!kept) process.exitCode = 1;
  if (flags.json) {
    const { notes } = metrics;
    process.stdout.write(
      prettyJson({ run: id, precision, confidence: confidence ?? null, kept, checks, notes }),
    );
    return;
  }
  checks.forEach(({ measure, bound, score, held, short, kept }, i) => {
    const end = measures[i].better === 'higher' ? 'lower' : 'upper';
    const digits = digitsFor(held, bound);
    const percent = (value: number | null) =>
      value === null ? 'none' : `${(100 * value).toFixed(digits)} %`;
    const low = intervals
      ? `, ${end} end of the ${levelOf({ confidence: confidence! })} interval ${percent(held)}`
      : '';
    const verdict = kept
      ? `keeps the bound of ${percent(bound)}`
      : `breaks the bound of ${percent(bound)} by ${(100 * short).toFixed(digits)} points`;
    process.stdout.write(`${measure}${quantized ? ' in 8 bits' : ''} ${percent(score)}${low}: ${verdict}\n`);
  });
  for (const line of noteLines(metrics.notes)) process.stdout.write(`${line}\n`);
}

/** Two decimals of per cent, or as many as tell a score from the bound that it misses. */
function digitsFor(score: number | null, bound: number): number {
  const isTold = (digits: number) => (100 * (score ?? 0)).toFixed(digits) !== (100 * bound).toFixed(digits);
  return score === bound ? 2 : ([2, 3, 4, 5, 6, 7, 8].find(isTold) ?? 2);
}
