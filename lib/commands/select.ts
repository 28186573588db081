/** `ner-distill select`: the model of a study to take, among those that keep what must be kept. */
import { type Command, Option } from 'commander';
import { MEASURES } from '../evaluation/measures';
import type { Candidate, Preference } from '../experiment/select';
import type { TableRow } from '../report/tables';
import { addBoundOptions, type BoundFlags, boundsOf } from './bound-options';
import { studyIn } from './results';

interface SelectFlags extends BoundFlags {
  readonly results: string;
  readonly prefer: Preference;
  readonly by: 'value' | 'interval';
  readonly split: 'validation' | 'test';
  readonly figure?: string;
  readonly json: boolean;
}

export function addSelect(program: Command): void {
  const command = program
    .command('select')
    .description('choose the smallest, fastest or best model of a study that keeps bounds on its scores')
    .option('--results <folder>', 'of the study', 'results')
    .addOption(
      new Option('--prefer <what>', 'smallest (parameters), fastest (latency here) or best (F1_critical)')
        .choices(['smallest', 'fastest', 'best'])
        .default('smallest'),
    );
  addBoundOptions(command)
    .addOption(
      new Option(
        '--by <what>',
        'hold the score itself or the worse end of its 95 % interval against the bounds',
      )
        .choices(['value', 'interval'])
        .default('value'),
    )
    .addOption(
      new Option('--split <part>', 'what the scores are taken on; choose on validation, then gate on test')
        .choices(['validation', 'test'])
        .default('validation'),
    )
    .option('--figure <file>', 'draw the Pareto fronts there, as SVG')
    .option('--json', 'print JSON: the model chosen, all models, and the Pareto fronts', false)
    .action(async (flags: SelectFlags) => {
      const { join } = require('node:path') as typeof import('node:path');
      const { InputError } = require('../errors') as typeof import('../errors');
      const { PLAN_FILE } = require('../experiment/paper') as typeof import('../experiment/paper');
      const { paretoFront, selectModel } =
        require('../experiment/select') as typeof import('../experiment/select');
      const { writeFileAtomically } = require('../files') as typeof import('../files');
      const { paretoFigure } = require('../report/pareto-figure') as typeof import('../report/pareto-figure');
      const { renderSvg } = require('../report/render') as typeof import('../report/render');
      const { candidatesOf } = require('../report/summaries') as typeof import('../report/summaries');
      const { tableText } = require('../report/table-view') as typeof import('../report/table-view');
      const study = (await studyIn(flags.results)).results();
      if (study.runs.length === 0)
        throw new InputError(
          `${flags.results}: none of the runs that its plan asks for is there, or they were made by older numerical source; "npm run reproduce -- --plan ${join(flags.results, PLAN_FILE)} --out ${flags.results}" makes them`,
        );
      const candidates = candidatesOf(study, flags.split);
      const chosen = selectModel(candidates, {
        prefer: flags.prefer,
        by: flags.by === 'interval' ? 'low' : 'score',
        least: boundsOf(flags),
      });
      const fronts = {
        parameters: paretoFront(candidates, ({ parameters }) => parameters),
        latency: paretoFront(candidates, ({ latencyMs }) => latencyMs),
      };
      if (flags.figure !== undefined)
        writeFileAtomically(
          flags.figure,
          await renderSvg(paretoFigure(candidates, `${flags.split} part of ${study.corpus}`)),
        );
      if (flags.json) {
        const names = (models: readonly Candidate[]) => models.map(({ name }) => name);
        process.stdout.write(
          `${JSON.stringify({ chosen, models: candidates, fronts: { parameters: names(fronts.parameters), latency: names(fronts.latency) }, figure: flags.figure ?? null }, null, 2)}\n`,
        );
        return;
      }
      const row = (candidate: Candidate): TableRow => ({
        model: candidate.name,
        parameters: candidate.parameters,
        latency_ms: candidate.latencyMs,
        ...Object.fromEntries(
          MEASURES.flatMap(({ key, name, unit }) => [
            [`${name}_${unit}`, scaled(candidate.score[key])],
            [`${name}_low_${unit}`, scaled(candidate.low[key])],
          ]),
        ),
        'Pareto front': [
          ...(fronts.parameters.includes(candidate) ? ['parameters'] : []),
          ...(fronts.latency.includes(candidate) ? ['latency'] : []),
        ].join(', '),
      });
      process.stdout.write(`${tableText(candidates.map(row))}\n\n`);
      process.stdout.write(
        `chosen on the ${flags.split} part, the ${flags.prefer}: ${chosen.name} (run${chosen.runs.length > 1 ? 's' : ''} ${chosen.runs.join(', ')})\n`,
      );
      if (flags.figure !== undefined) process.stdout.write(`Pareto fronts: ${flags.figure}\n`);
    });
}

function scaled(fraction: number | null): number | null {
  return fraction === null ? null : 100 * fraction;
}
