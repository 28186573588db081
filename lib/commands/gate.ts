/** `ner-distill gate`: whether a model keeps what must be kept, for a build that must fail where it does not. */
import type { Command } from 'commander';
import { MEASURES, scoreOf, shortfall, worseEnd } from '../evaluation/measures';
import { confidence } from './arguments';
import { addBoundOptions, type BoundFlags, boundFlag, boundsOf } from './bound-options';
import { storeIn } from './results';

interface GateFlags extends BoundFlags {
  readonly run: string;
  readonly results: string;
  readonly confidence?: number;
  readonly json: boolean;
}

export function addGate(program: Command): void {
  const command = program
    .command('gate')
    .description('check a run against bounds on the test part; the exit code is 1 where one is broken')
    .requiredOption('--run <id>', 'id of the run, or its beginning')
    .option('--results <folder>', 'of the study that has the run', 'results');
  addBoundOptions(command)
    .option(
      '--confidence <share>',
      'hold the worse end of the bootstrap interval of this confidence, such as 0.95, against the bounds (default: the scores themselves)',
      confidence,
    )
    .option('--json', 'print JSON', false)
    .action((flags: GateFlags) => {
      const { InputError } = require('../errors') as typeof import('../errors');
      const { intervalsOfRun } =
        require('../experiment/statistics') as typeof import('../experiment/statistics');
      const store = storeIn(flags.results);
      const { id, damage, metrics } = store.find(flags.run);
      if (damage !== null) throw new InputError(damage);
      if (!metrics)
        throw new InputError(`${store.pathOf(id)}: the run is not finished, so it has no scores yet`);
      const bounds = boundsOf(flags);
      const measures = MEASURES.filter(({ key }) => bounds[key] !== undefined);
      if (measures.length === 0)
        throw new InputError(`expected a bound: one of ${MEASURES.map(boundFlag).join(', ')}`);
      const intervals =
        flags.confidence === undefined
          ? null
          : intervalsOfRun(store.predictionsFile(id), metrics.derived.criticalTypes, flags.confidence);
      const checks = measures.map(measure => {
        const bound = bounds[measure.key]!;
        const score = scoreOf(measure, metrics.test);
        const interval = intervals?.[measure.key];
        const held = intervals ? (interval ? worseEnd(measure, interval) : null) : score;
        const short = shortfall(measure, held, bound);
        return {
          measure: measure.title,
          bound,
          score,
          held,
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
      checks.forEach(({ measure, bound, score, held, short, kept }, i) => {
        const end = measures[i].better === 'higher' ? 'lower' : 'upper';
        const low = intervals
          ? `, ${end} end of the ${100 * flags.confidence!} % interval ${percent(held)}`
          : '';
        const verdict = kept
          ? `keeps the bound of ${percent(bound)}`
          : `breaks the bound of ${percent(bound)} by ${(100 * short).toFixed(2)} points`;
        process.stdout.write(`${measure} ${percent(score)}${low}: ${verdict}\n`);
      });
    });
}
